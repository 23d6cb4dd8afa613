"""Records the cameras that the authority names, in a thread of its own: looking never waits for it (L12).

It is a `Watcher`: what it is given are the frames that the engine had the right to look at, and no others. It
keeps the newest of each camera at a modest rate; what it cannot keep up with is dropped and counted. Whatever goes
wrong with recording - no room, a failing disk, the store away - stops the recording of that camera, is said, and
is tried again later; recognition goes on. The whole picture is recorded, also outside the zone of recognition.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from lfr_kit.errors import GovernanceError, LfrError
from lfr_kit.live.run_log import RunLog
from lfr_kit.live.segment_writer import Place, SegmentWriter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lfr_kit.live.feeds import News
    from lfr_kit.pipeline import Step
    from lfr_kit.records import Alert, Frame

__all__ = ["FIRST_PAUSE_S", "LONGEST_PAUSE_S", "Recorder", "RecordingState", "pause_after"]

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
_CLOSING_S = 30.0
_NICE = 10
"""How far the thread stands back for others, as `nice` counts."""


class RecordingState(StrEnum):
    """RECORDING: footage is kept now. WAITING: no frame, or dark. STOPPED: it fails, see why."""

    RECORDING = "recording"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass
class _Camera:
    """What is known of one camera's recording; shared by two threads under the recorder's lock."""

    newest: Frame | None = None
    due_s: float = 0.0
    must_end: bool = False
    state: RecordingState = RecordingState.WAITING
    why: str = ""
    retry_at_s: float = 0.0
    n_failures: int = 0
    n_frames: int = 0
    n_dropped: int = 0
    n_segments: int = 0
    since: datetime | None = None


class Recorder:
    """Records for one run.

    Parameters
    ----------
    place
        Where footage goes, and how it is made.
    camera_ids
        Which cameras the authority lets be recorded.
    clock
        Seconds that only rise.
    """

    def __init__(self, place: Place, camera_ids: Iterable[str], clock: Callable[[], float] = monotonic) -> None:
        self._place = place
        self._clock = clock
        self._cameras = {camera_id: _Camera() for camera_id in camera_ids}
        self._writers: dict[str, SegmentWriter] = {}
        self._log = RunLog(place.store, place.actor, place.deployment_id)
        self._changed = Condition()
        self._is_lit = False
        self._is_over = False
        self._has_settled = False
        self._thread = Thread(target=self._work, name="lfr-recorder", daemon=True)
        self._thread.start()

    def saw(self, step: Step) -> None:
        """See `Watcher`: keeps the newest frame of each camera, as often as is recorded."""
        now_s = self._clock()
        with self._changed:
            for frame in step.frames if self._is_lit else ():
                camera = self._cameras.get(frame.camera_id)
                if camera is None or now_s < max(camera.due_s, camera.retry_at_s):
                    continue
                camera.due_s = max(camera.due_s + 1 / self._place.live.recording_fps, now_s)
                camera.n_dropped += camera.newest is not None
                camera.newest = frame
                self._changed.notify()

    def raised(self, alert: Alert) -> None:
        """See `Watcher`."""

    def heard(self, news: News) -> None:
        """See `Watcher`: a camera that broke or changed begins a new segment."""
        with self._changed:
            camera = self._cameras.get(news.camera_id)
            if camera is not None:
                self._end(camera)

    def lit(self) -> None:
        """See `Watcher`: what was refused before is asked for again."""
        with self._changed:
            self._is_lit = True
            for camera in self._cameras.values():
                camera.retry_at_s = 0.0

    def dark(self, why: str) -> None:
        """See `Watcher`: nothing more is recorded, and what waits is let go."""
        with self._changed:
            self._is_lit = False
            for camera in self._cameras.values():
                self._end(camera)

    def status(self, camera_id: str) -> Mapping[str, Any] | None:
        """How the recording of a camera does, as plain values; None if it is not recorded at all."""
        with self._changed:
            camera = self._cameras.get(camera_id)
            if camera is None:
                return None
            return {
                "state": str(camera.state),
                "why": camera.why,
                "since": None if camera.since is None else camera.since.isoformat(),
                "frames": camera.n_frames,
                "dropped": camera.n_dropped,
                "segments": camera.n_segments,
            }

    def close(self) -> None:
        """Ends every segment; may be done twice."""
        self.dark("the run ends")
        with self._changed:
            self._is_over = True
            self._changed.notify()
        self._thread.join(_CLOSING_S)

    def _end(self, camera: _Camera) -> None:
        camera.newest, camera.must_end = None, True
        self._changed.notify()

    def _work(self) -> None:
        """The thread."""
        _stand_back()
        while (task := self._next()) is not None:
            camera_id, frame, must_end = task
            camera = self._cameras[camera_id]
            del task
            try:
                if must_end:
                    self._finish(camera_id, camera)
                if frame is not None:
                    self._record(camera_id, camera, frame)
            except Exception as error:  # whatever it is, it is the recording's alone
                self._fail(camera_id, camera, error)
            del frame

    def _next(self) -> tuple[str, Frame | None, bool] | None:
        """A camera with something to do; None once all is ended."""
        with self._changed:
            while True:
                for camera_id, camera in self._cameras.items():
                    if camera.newest is not None or camera.must_end:
                        found = camera_id, camera.newest, camera.must_end
                        camera.newest, camera.must_end = None, False
                        self._cameras[camera_id] = self._cameras.pop(camera_id)  # the others come first next time
                        return found
                if self._is_over:
                    return None
                self._changed.wait()

    def _record(self, camera_id: str, camera: _Camera, frame: Frame) -> None:
        writer = self._writers.get(camera_id)
        if writer is not None and not writer.takes(frame):
            self._finish(camera_id, camera)
            writer = None
        if writer is None:
            self._settle()
            writer = self._writers[camera_id] = SegmentWriter(self._place, frame)
        writer.write(frame)
        was_stopped = camera.n_failures > 0
        with self._changed:
            camera.state, camera.why, camera.n_failures = RecordingState.RECORDING, "", 0
            camera.since = writer.started_at
            camera.n_frames += 1
        if was_stopped:
            self._tell("recording_back", camera_id)

    def _settle(self) -> None:
        """Once, before the first segment: ends what a killed runner of this deployment left open."""
        if not self._has_settled:
            from lfr_kit.operations.recordings import settle

            settle(self._place.store, self._place.deployment_id, self._place.actor)
            self._has_settled = True

    def _finish(self, camera_id: str, camera: _Camera) -> None:
        writer = self._writers.get(camera_id)
        if writer is None:
            return
        writer.finish()
        del self._writers[camera_id]
        with self._changed:
            camera.state, camera.since = RecordingState.WAITING, None
            camera.n_segments += 1

    def _fail(self, camera_id: str, camera: _Camera, error: Exception) -> None:
        """Gives a segment up, and says why; tried again later, what the authority refuses only when lit anew."""
        writer = self._writers.pop(camera_id, None)
        if writer is not None:
            writer.give_up()
        why = str(error) if isinstance(error, LfrError) else f"{type(error).__name__}: {error}"
        with self._changed:
            camera.n_failures += 1
            pause_s = float("inf") if isinstance(error, GovernanceError) else pause_after(camera.n_failures)
            camera.state, camera.why, camera.since = RecordingState.STOPPED, why, None
            camera.retry_at_s = self._clock() + pause_s
            camera.newest = None
            is_first = camera.n_failures == 1
        if is_first:
            self._tell("recording_stopped", camera_id, code=type(error).__name__)

    def _tell(self, kind: str, camera_id: str, **data: str) -> None:
        with suppress(LfrError):
            self._log.cameras(kind, [camera_id], **data)


def pause_after(n_failures: int) -> float:
    """Seconds until a recording that failed so many times in a row is tried again.

    >>> [pause_after(n) for n in (1, 2, 3, 20)]
    [5.0, 10.0, 20.0, 300.0]
    """
    return min(FIRST_PAUSE_S * 2.0 ** min(n_failures - 1, 30), LONGEST_PAUSE_S)


def _stand_back() -> None:
    """Lets every other thread go first, where the system can do so for one thread (Linux)."""
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
