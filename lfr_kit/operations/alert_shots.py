"""Further pictures of the face an alert was raised on: of the same track, while somebody still has to judge it.

One picture may show a hand, a blur, a hat; a second one from a moment later often settles who it is. They go over
the border as the first did: only behind an alert that is in the store, only the face alone, sealed, and no more
than a few. Once nothing is left to be done on the alert, no further picture is taken of whoever it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from lfr_kit.errors import InputError
from lfr_kit.governance.adjudication import UNDECIDED
from lfr_kit.governance.deployment_state import RUNNABLE
from lfr_kit.governance.roles import SYSTEM, Action, Actor
from lfr_kit.governance.vocabulary import AlertState, Operation
from lfr_kit.store.repository import alert_shots as shot_rows
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.repository.alert_shots import FurtherShot
from lfr_kit.store.repository.alerts import AlertEvent, StoredAlert
from lfr_kit.store.repository.deployments import standing

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lfr_kit.records import BestShot
    from lfr_kit.store.store import Act, Store

__all__ = ["MOST_SHOTS", "face_jpeg", "keep_shots"]

MOST_SHOTS = 5
"""Most further pictures of one alert."""

_WANTED = UNDECIDED | {AlertState.VIABLE}
_JPEG_QUALITY = 92


def face_jpeg(shot: BestShot) -> bytes:
    """A fresh JPEG without metadata, its person alone in it."""
    from PIL import Image

    from lfr_kit.reports.blur import alone

    encoded = BytesIO()
    Image.fromarray(alone(shot.image, shot.box_px)).save(encoded, "JPEG", quality=_JPEG_QUALITY, exif=b"")
    return encoded.getvalue()


def keep_shots(store: Store, alert_id: str, shots: Sequence[BestShot], *, actor: Actor = SYSTEM) -> bool:
    """Keeps further pictures with an alert; those of a moment that is kept already change nothing.

    Parameters
    ----------
    shots
        Of the track the alert was raised on.

    Returns
    -------
    bool
        Whether more of them are wanted: False once somebody engages or nobody will, the entry was taken off its
        list, the deployment is not open, or there are `MOST_SHOTS`.

    Raises
    ------
    NotInStoreError
        If there is no such alert: nobody is pictured without one.
    InputError
        If a shot is another camera's.
    StoreBusyError, StoreFullError
        If nothing could be written.
    """
    with store.reading() as connection:
        stored = rows.alert(connection, alert_id)
        if not _are_wanted(connection, stored):
            return False
    if any(shot.camera_id != stored.camera_id for shot in shots):
        raise InputError(f"alert {alert_id}: a further picture is another camera's; only its own track's are kept")
    further = [
        FurtherShot(captured_at=shot.captured_at, quality=float(shot.quality), jpeg=face_jpeg(shot))
        for shot in shots
    ]
    with store.act(
        actor,
        Action.ALERT_RAISE,
        Operation.COLLECTION,
        subject=f"alert:{alert_id}",
        deployment_id=stored.deployment_id,
        justification="further pictures of the face that an alert was raised on",
    ) as act:
        stored = rows.alert(act.connection, alert_id, lock=True)
        if not _are_wanted(act.connection, stored, lock=True) or not _is_sought(act, stored):
            act.details["added"] = []
            return False
        key = act.key(rows.scope_of(stored))
        added = act.details["added"] = shot_rows.add(act.connection, key, alert_id, further, MOST_SHOTS)
        if added:
            rows.append_event(act.connection, key, stored, _pictured(act, stored, added))
        return _are_wanted(act.connection, stored)


def _are_wanted(connection: Connection, stored: StoredAlert, *, lock: bool = False) -> bool:
    n = shot_rows.count(connection, stored.alert_id)
    state = rows.deployment_state(connection, stored.deployment_id, lock=lock)
    return stored.state in _WANTED and n < MOST_SHOTS and state in RUNNABLE


def _is_sought(act: Act, stored: StoredAlert) -> bool:
    """Whether the entry is on the list still: of somebody who was taken off it nothing more is kept."""
    watchlist_id = standing(act.connection, stored.deployment_id).watchlist_id
    return rows.entry_is_searched(act.connection, stored.entry_id, watchlist_id, act.at)


def _pictured(act: Act, stored: StoredAlert, added: list[int]) -> AlertEvent:
    return AlertEvent(
        seq=0,
        at=act.at,
        actor_id=act.actor.user_id,
        kind="pictured",
        from_state=stored.state,
        to_state=stored.state,
        data={"shots": added},
    )
