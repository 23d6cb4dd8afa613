"""What stands in for what a browser does not see: a runner, and people whose pictures are of somebody."""

from __future__ import annotations

import io
import threading
import time
from datetime import UTC, date, datetime, timedelta
from functools import cache
from types import TracebackType
from typing import Any

import numpy as np
from alerted import CAMERA, Opened, make_alert, shot
from painted_photos import SPACE
from PIL import Image
from recorded import authority
from served import Served
from sqlalchemy import update

from lfr_kit.errors import ModelMissingError
from lfr_kit.governance.authority import Authority
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.governance.watchlist import ReferencePicture
from lfr_kit.live.frame_bus import ALERTS, STATUS, BusPublisher, frames_of
from lfr_kit.models import model_path
from lfr_kit.operations.alert_shots import keep_shots
from lfr_kit.operations.alerts import raise_alert
from lfr_kit.sources.walkthrough import Walkthrough
from lfr_kit.store.repository import deployments as rows
from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.store import Store
from lfr_kit.store.tables.watchlists import watchlists

CAMERAS = ("north-1", "north-2")
PROBES, REFERENCES = ("portrait_obama_1", "portrait_biden"), ("portrait_obama_2", "portrait_biden")


@cache
def portrait(name: str) -> np.ndarray | None:
    """A public-domain portrait, head and shoulders; None where it is not on this machine."""
    try:
        found = Image.open(model_path(name)).convert("RGB")
    except ModelMissingError:
        return None
    found.thumbnail((500, 500))
    return np.asarray(found)


def with_portraits() -> type[Opened]:
    """An open deployment whose people have faces."""

    class Seen(Opened):
        def __init__(
            self, store: Store, deployment_id: str = "D-0000000001", plan: Authority | None = None
        ) -> None:
            began = store.clock() - timedelta(minutes=70)
            super().__init__(
                store, deployment_id, plan or authority(starts_at=began, ends_at=began + timedelta(hours=6))
            )

        def reference_jpeg(self, n: int) -> bytes:
            pixels = portrait(REFERENCES[n % len(REFERENCES)])
            if pixels is None:
                return super().reference_jpeg(n)
            encoded = io.BytesIO()
            Image.fromarray(pixels).save(encoded, "JPEG")
            return encoded.getvalue()

    return Seen


class Building(with_portraits()):  # type: ignore[misc]
    """A granted deployment whose list is still built: one entry to review, one to approve again, one wanting."""

    def __init__(self, store: Store) -> None:
        begins = store.clock() + timedelta(hours=2)
        plan = authority(
            embedder="scripted",
            space_id=SPACE,
            starts_at=begins,
            ends_at=begins + timedelta(hours=4),
        )
        super().__init__(store, "D-0000000002", plan)
        self.move(DeploymentState.GRANTED, watchlist_id=None)
        with store.engine.begin() as connection:
            own = watchlists.c.watchlist_id == self.watchlist_id
            connection.execute(update(watchlists).where(own).values(state="building"))
            key = store.vault.key(connection, f"watchlist:{self.watchlist_id}")
            picture_rows.delete_pictures(connection, self.entry_ids)
            picture_rows.insert_pictures(connection, key, self.watchlist_id, map(self._picture, range(3)))
        self.change_entry(0, status="pending_review")
        self.change_entry(1, status="pending_second_approval", category="missing_at_increased_risk")
        self.change_entry(2, status="quarantined", reasons=["legal_basis"])

    def _picture(self, n: int) -> picture_rows.NewPicture:
        entry_id = self.entry_ids[n]
        record = ReferencePicture(
            picture_id=f"Q-{entry_id}",
            entry_id=entry_id,
            picture_mac=f"{n:064}",
            captured_on=date(2025, 3, 1),
            quality=(86.0, 52.0, 31.0)[n],
            measures={"sharpness": 80 - 20 * n, "pose": 91.0},
        )
        return picture_rows.NewPicture(record, self.reference_jpeg(n), np.eye(48, dtype=np.float32)[n])


def alert_of(site: Served, n: int, camera_id: str = CAMERA) -> str:
    """An alert on the nth person of the list, as the runner raises it."""
    from dataclasses import replace

    seen = shot(camera_id, at=datetime.now(UTC), seed=n)
    pixels = portrait(PROBES[n % len(PROBES)])
    if pixels is not None:
        height, width = pixels.shape[:2]
        seen = replace(seen, image=pixels, box_px=(0, 0, width, height))
    return raise_alert(site.store, site.deployment_id, make_alert(site.opened.entry_ids[n], shot=seen))


def pictured(site: Served, alert_id: str, n: int, *qualities: float) -> None:
    """Further pictures of the face of `alert_of`, a second apart, as the runner keeps them."""
    from dataclasses import replace

    pixels = portrait(PROBES[n % len(PROBES)])
    for second, quality in enumerate(qualities, 1):
        seen = replace(shot(at=datetime.now(UTC) + timedelta(seconds=second), seed=second), quality=quality)
        if pixels is not None:
            height, width = pixels.shape[:2]
            image = pixels[second * 12 :, second * 12 :]
            seen = replace(seen, image=image, box_px=(0, 0, width - second * 12, height - second * 12))
        keep_shots(site.store, alert_id, [seen])


@cache
def street() -> list[bytes]:
    """Some pictures of an empty street."""
    footage = Walkthrough(walkers=(), size_wh=(960, 540))
    made = []
    for index in (0, 3, 6, 9):
        encoded = io.BytesIO()
        Image.fromarray(footage.image(index)).save(encoded, "JPEG", quality=80)
        made.append(encoded.getvalue())
    return made


def tell_what_happened(site: Served) -> None:
    """An hour of a deployment, in its log: opened, lit, dark for a while, faces seen."""
    began = site.opened.plan.starts_at

    def event(kind: str, minute: float, to: DeploymentState | None = None, **data: Any) -> rows.Event:
        return rows.Event(
            deployment_id=site.deployment_id,
            seq=0,
            at=began + timedelta(minutes=minute),
            actor_id="silver",
            kind=kind,
            to_state=to,
            data=data,
        )

    rng = np.random.default_rng(4)
    events = [event("transition", 1, DeploymentState.OPEN, step="open")]
    events += [event("lit", 2, camera_id=each) for each in CAMERAS]
    events += [event("dark", 31, camera_id=each, why="no officer is checked in") for each in CAMERAS]
    events += [event("lit", 35, camera_id=each) for each in CAMERAS]
    events += [
        event("faces_seen", minute + 0.5, camera_id=each, n=int(rng.integers(8, 30)), method="unique tracks")
        for minute in (*range(2, 31), *range(35, 69))
        for each in CAMERAS
    ]
    with site.store.engine.begin() as connection:
        key = site.store.vault.key(connection, "store")
        for each in sorted(events, key=lambda one: one.at):
            rows.add_event(connection, key, each)


class FakeRunner:
    """Publishes frames of two cameras and figures, until it is left."""

    def __init__(self, site: Served) -> None:
        self.site = site
        self.figures: dict[str, Any] = {}
        self.boxes: list[dict[str, Any]] = []
        self.started_at = datetime.now(UTC) - timedelta(minutes=52)
        self.n_frames = 0
        self._stop = threading.Event()
        self._told = threading.Event()

    def __enter__(self) -> FakeRunner:
        self._bus = BusPublisher(self.site.bus_dir, self.site.deployment_id)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends it; may be done twice."""
        self._stop.set()
        self._thread.join()
        self._bus.close()

    def alerts_changed(self) -> None:
        """Says so on the bus with the next frame."""
        self._told.set()

    def _run(self) -> None:
        pictures, told_at = street(), 0.0
        while not self._stop.wait(0.08):
            self.n_frames += 1
            for camera_id in CAMERAS if self.figures.get("is_lit", True) else ():
                self._bus.publish(frames_of(camera_id), self._header(camera_id), pictures[self.n_frames % 4])
            if self._told.is_set():
                self._told.clear()
                self._bus.publish(ALERTS, {"deployment_id": self.site.deployment_id, "at": now()})
            if time.monotonic() - told_at > 0.5:
                told_at = time.monotonic()
                self._bus.publish(STATUS, self.status())

    def _header(self, camera_id: str) -> dict[str, Any]:
        boxes = self.boxes if camera_id == CAMERA else []
        return {
            "camera_id": camera_id,
            "frame_index": self.n_frames,
            "captured_at": now(),
            "published_at": now(),
            "boxes": boxes,
        }

    def status(self) -> dict[str, Any]:
        """The figures of the moment."""
        is_lit = self.figures.get("is_lit", True)
        return {
            "deployment_id": self.site.deployment_id,
            "at": now(),
            "state": "open",
            "is_lit": is_lit,
            "why_dark": "",
            "started_at": self.started_at.isoformat(),
            "frames": self.n_frames,
            "faces_seen": 1604,
            "alerts_raised": 3,
            "waiting": 0,
            "threshold": 0.64,
            "n_enrolled": 3,
            "false_alerts": {
                "count": 1,
                "of": 1604,
                "colour": "green",
                "text": "1 of 1,604 faces seen (95 %: 1 in 288 to 1 in 63,355; ceiling 1 in 1,000): green",
            },
            "presence": {
                "is_present": is_lit,
                "n": int(is_lit),
                "teams": [{"team": "Alpha", "user_id": "officer", "seen_s_ago": 3.0, "camera_id": CAMERA}]
                if is_lit
                else [],
            },
            "latency_ms": {},
            "face_px": [{"from": 36, "to": 54, "n": 11}, {"from": 54, "to": 81, "n": 7}],
            "cameras": [_health(each, "live" if is_lit else "dark") for each in CAMERAS],
            **self.figures,
        }


def _health(camera_id: str, condition: str) -> dict[str, Any]:
    return {
        "camera_id": camera_id,
        "condition": condition,
        "fps": 12.4,
        "detect_fps": 12.4,
        "latency_ms_p50": 90,
        "latency_ms_p95": 180,
        "dropped": 2,
        "connects": 1,
        "size_wh": [960, 540],
        "faces_seen": 802,
        "face_px_median": 74.0,
        "sharpness": 40.0,
        "brightness": 120.0,
        "zone": None,
        "warnings": ["Faces are small: come nearer"] if camera_id == "north-2" else [],
    }


def now() -> str:
    return datetime.now(UTC).isoformat()
