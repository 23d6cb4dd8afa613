"""An open deployment whose authority lets one camera be recorded, and footage of it that is really encoded."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from alerted import CAMERA, OPERATOR, Opened
from recorded import authority

from lfr_kit.config import LiveSettings
from lfr_kit.governance.authority import Authority, authority_digest
from lfr_kit.governance.recording import Segment
from lfr_kit.live.segment_writer import Place, SegmentWriter
from lfr_kit.records import Frame
from lfr_kit.store.repository import deployments as deployment_rows
from lfr_kit.store.repository import recordings as rows
from lfr_kit.store.repository.deployments import Event
from lfr_kit.store.store import Store

NECESSARY = (
    "Complaints about officers at last year's fair could not be settled for want of footage, and the panel that "
    "looked into them asked for recordings of the entrance."
)
GRANT = {"cameras": [CAMERA], "why_necessary": NECESSARY}
LIVE = LiveSettings(recording_free_mb=0)


def granted_plan(**changes) -> Authority:
    """A plan that lets the first camera be recorded."""
    return authority(recording=GRANT, **changes)


def note_grant(store: Store, deployment_id: str, plan: Authority) -> None:
    """The grant of a plan, in the deployment's log."""
    with store.engine.begin() as connection:
        granted = Event(
            deployment_id=deployment_id,
            seq=0,
            at=store.clock(),
            actor_id="authorising_officer-1",
            kind="transition",
            data={"step": "grant", "authority_digest": authority_digest(plan)},
        )
        deployment_rows.add_event(connection, store.vault.key(connection, "store"), granted)


def opened_to_record(store: Store, deployment_id: str = "D-0000000001") -> Opened:
    """A deployment that is open, and was granted with recording."""
    opened = Opened(store, deployment_id, granted_plan())
    note_grant(store, deployment_id, opened.plan)
    return opened


def scene(n: int, at: datetime, camera_id: str = CAMERA, size_wh: tuple[int, int] = (320, 240)) -> Frame:
    """A frame in which a bar wanders over a fixed pattern: every frame another, and telling when it was taken."""
    width, height = size_wh
    image = np.random.default_rng(7).integers(0, 255, (height, width, 3), np.uint8)
    image[:, 4 * n % width : 4 * n % width + 40] = (250, 250, 250)
    return Frame(image=image, frame_index=n, captured_at=at, camera_id=camera_id, position_s=n / 5)


def begun(store: Store, deployment_id: str, n_frames: int = 25, **changes) -> SegmentWriter:
    """A segment that is being written: so many frames, five a second, from now on."""
    place = Place(store, OPERATOR, deployment_id, LIVE)
    began = store.clock()
    frames = [scene(n, began + timedelta(seconds=n / 5), **changes) for n in range(n_frames)]
    writer = SegmentWriter(place, frames[0])
    for frame in frames:
        writer.write(frame)
    return writer


def filmed(store: Store, deployment_id: str = "D-0000000001", n_frames: int = 25, **changes) -> Segment:
    """A whole segment."""
    writer = begun(store, deployment_id, n_frames, **changes)
    writer.finish()
    with store.reading() as connection:
        return rows.segment(connection, writer.segment_id)
