"""Shows a run to who watches it: covered previews, and its figures twice a second, on the frame bus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from lfr_kit.detection.tiles import Zone, zone_px
from lfr_kit.errors import StoreError
from lfr_kit.live.camera_health import CameraHealth, Rate
from lfr_kit.live.feeds import Happening, News
from lfr_kit.live.fitness import PictureWatch, face_sizes
from lfr_kit.live.frame_bus import ALERTS, STATUS, BusPublisher
from lfr_kit.live.open_alerts import OpenAlerts
from lfr_kit.live.preview import NO_BOXES, CameraPreview, PreviewForm
from lfr_kit.live.preview_sender import PreviewSender
from lfr_kit.live.stage_times import Percentiles, StageTimes
from lfr_kit.live.status import CameraFigures, camera_values, run_values

if TYPE_CHECKING:
    from lfr_kit.live.deployment_run import DeploymentRun
    from lfr_kit.pipeline import Step
    from lfr_kit.records import Alert, Frame, Tracks

__all__ = ["CAPTURE_TO_ALERT", "CAPTURE_TO_DONE", "Broadcast"]

STATUS_EVERY_S = 0.5
REFRESH_EVERY_S = 1.0
LOOK_EVERY_S = 1.0
CAPTURE_TO_DONE, CAPTURE_TO_ALERT = "capture_to_done", "capture_to_alert"


class Broadcast:
    """A `Watcher` that publishes.

    Parameters
    ----------
    bus
        Where to.
    run
        Whose.
    forms
        Camera id -> how its previews are made, with its zone.
    recording
        Camera id -> how its recording does (`Recorder.status`); None where nothing is recorded.

    Attributes
    ----------
    status
        The last figures published; empty before the first.
    """

    def __init__(
        self,
        bus: BusPublisher,
        run: DeploymentRun,
        forms: Mapping[str, PreviewForm],
        recording: Callable[[str], Mapping[str, Any] | None] | None = None,
    ) -> None:
        self.status: dict[str, Any] = {}
        self._bus = bus
        self._run = run
        self._forms = dict(forms)
        self._recording = recording or (lambda camera_id: None)
        self._sender = PreviewSender(bus, forms)
        n_waiting = run.pipeline.detect_every - 1
        self._previews = {camera_id: CameraPreview(n_waiting=n_waiting) for camera_id in forms}
        self._open = OpenAlerts()
        self._pictures = {camera_id: PictureWatch() for camera_id in forms}
        self._looks = {camera_id: Rate() for camera_id in forms}
        self._times = StageTimes()
        self._camera_times = {camera_id: StageTimes() for camera_id in forms}
        self._outside = getattr(run.pipeline.detector, "outside_px", lambda camera_id: NO_BOXES)
        self._due_s: defaultdict[str, float] = defaultdict(float)
        self._started_at = datetime.now(UTC)
        self._has_new_alerts = False

    def saw(self, step: Step) -> None:
        """See `Watcher`: previews go out, latencies and looks are noted."""
        now = datetime.now(UTC)
        for frame, tracks in zip(step.frames, step.tracks, strict=True):
            self._note(frame, tracks, (now - frame.captured_at).total_seconds())
            alerts = self._open.of_camera(frame.camera_id)
            outside = NO_BOXES if tracks is None else self._outside(frame.camera_id)
            outgoing = self._previews[frame.camera_id].take(frame, tracks, alerts, outside)
            if outgoing is not None:
                self._sender.send(outgoing)
            if tracks is not None and len(tracks.ended_ids):
                self._open.end(frame.camera_id, tracks.ended_ids.tolist())
        if step.alerts and step.frames:
            newest = max(frame.captured_at for frame in step.frames)
            self._times.note(CAPTURE_TO_ALERT, (datetime.now(UTC) - newest).total_seconds())
        if self._has_new_alerts:
            self._has_new_alerts = False
            self.alerts_changed()

    def raised(self, alert: Alert) -> None:
        """See `Watcher`: from now on its face is shown."""
        self._open.add(alert)
        self._has_new_alerts = True

    def heard(self, news: News) -> None:
        """See `Watcher`."""
        if news.happening is not Happening.STARTED:
            self._forget(news.camera_id)

    def lit(self) -> None:
        """See `Watcher`."""

    def dark(self, why: str) -> None:
        """See `Watcher`: nothing of before is shown any more."""
        for camera_id in self._forms:
            self._forget(camera_id)

    def alerts_changed(self) -> None:
        """Tells viewers to ask the store."""
        now = datetime.now(UTC).isoformat()
        self._bus.publish(ALERTS, {"deployment_id": self._run.deployment_id, "at": now})

    def step(self, health: list[CameraHealth]) -> None:
        """After each round: figures, when they are due."""
        self._times.add(self._run.pipeline.statistics.stage_seconds)
        if self._is_due("open alerts", REFRESH_EVERY_S):
            self._refresh()
        if self._is_due("status", STATUS_EVERY_S):
            self._publish(health)

    def close(self) -> None:
        """Shows nothing more."""
        self._sender.close()

    def _publish(self, health: list[CameraHealth]) -> None:
        run = self._run
        values = run_values(run, run.store.clock(), self._started_at, self._times.percentiles())
        seen = run.pipeline.statistics.faces_seen_by_camera
        values["face_px"] = face_sizes(each for picture in self._pictures.values() for each in picture.face_px)
        values["cameras"] = [camera_values(each, self._figures(each, seen[each.camera_id])) for each in health]
        self.status = values
        self._bus.publish(STATUS, values)

    def _figures(self, health: CameraHealth, faces_seen: int) -> CameraFigures:
        camera_id = health.camera_id
        picture = self._pictures[camera_id]
        latency = self._camera_times[camera_id].percentiles().get(CAPTURE_TO_DONE, Percentiles(0.0, 0.0))
        return CameraFigures(
            looks_per_s=self._looks[camera_id].per_s(monotonic()),
            latency_ms=latency,
            faces_seen=faces_seen,
            face_px_median=picture.face_px_median,
            sharpness=picture.latest.sharpness if picture.latest else None,
            brightness=picture.latest.brightness if picture.latest else None,
            zone=_in_shares(self._forms[camera_id].zone, health.size_wh),
            warnings=picture.drift(),
            recording=self._recording(camera_id),
        )

    def _note(self, frame: Frame, tracks: Tracks | None, latency_s: float) -> None:
        camera_id = frame.camera_id
        self._times.note(CAPTURE_TO_DONE, latency_s)
        self._camera_times[camera_id].note(CAPTURE_TO_DONE, latency_s)
        if tracks is not None:
            self._looks[camera_id].add(monotonic())
            self._pictures[camera_id].faces(tracks.detections.boxes_px)
        if self._is_due(f"look at {camera_id}", LOOK_EVERY_S):
            self._pictures[camera_id].look(frame.image)

    def _refresh(self) -> None:
        try:
            self._open.refresh(self._run.store, self._run.deployment_id)
        except StoreError:
            return  # what was open a moment ago stays open until the store says otherwise

    def _forget(self, camera_id: str) -> None:
        self._previews[camera_id].forget()
        self._open.forget_camera(camera_id)
        self._sender.forget(camera_id)

    def _is_due(self, what: str, every_s: float) -> bool:
        now_s = monotonic()
        if now_s < self._due_s[what]:
            return False
        self._due_s[what] = now_s + every_s
        return True


def _in_shares(zone: Zone | None, size_wh: tuple[int, int]) -> list[tuple[float, float]] | None:
    """Corners in shares of the frame; of a camera that has shown none yet, only if they are shares already."""
    if zone is None:
        return None
    width, height = size_wh if all(size_wh) else (1, 1)
    return [(float(x) / width, float(y) / height) for x, y in zone_px(zone, (width, height))]
