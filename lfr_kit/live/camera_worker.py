"""One camera of a live run: opened, read and opened again on its own, whatever happens to it or to others.

A thread keeps the newest frame; what nobody takes in time is replaced and counted. A camera that breaks is opened
again after half a second, then each time after twice as long, at most every 8 s, until the run ends: nobody beside
the cameras should have to restart anything. One that comes and goes is waited for as long: each time is logged.
A recording stands for a camera: in real time, over and over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Condition, Event, Thread
from time import monotonic

from lfr_kit.errors import LfrError, SourceLostError
from lfr_kit.live.camera_health import CameraHealth, HealthLog
from lfr_kit.live.feeds import Happening, News
from lfr_kit.records import Frame
from lfr_kit.sources.camera import Camera

__all__ = ["CameraWorker"]

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0
STEADY_AFTER_S = 10.0
"""Frames for so long, and the next pause is the first again."""
_END_WITHIN_S = 7.0
"""A read that is under way ends by its own time-out."""


class CameraWorker:
    """Keeps the newest frame of one camera.

    Parameters
    ----------
    camera_id
        Its name in the frames.
    source
        What opens it, as an authority names it: ``camera:0``, an address, a recording, ``walkthrough``.
    arrived
        Told whenever there is a frame or news; the lock under which both are taken.
    clock
        Seconds that only rise.
    """

    def __init__(
        self, camera_id: str, source: str, arrived: Condition, clock: Callable[[], float] = monotonic
    ) -> None:
        self.camera_id = camera_id
        self._source = source
        self._arrived = arrived
        self._clock = clock
        self._began_s = clock()
        self._log = HealthLog(camera_id)
        self._newest: Frame | None = None
        self._news: deque[News] = deque(maxlen=100)
        self._n_dropped = 0
        self._n_frames = 0
        self._is_broken = False
        self._stop = Event()
        self._camera: Camera | None = None
        self._thread: Thread | None = None
        self._ending: Thread | None = None

    @property
    def has_something(self) -> bool:
        """Whether there is a frame or news to take; ask under `arrived`."""
        return self._newest is not None or bool(self._news)

    def start(self) -> None:
        """Begins to read; nothing happens if it does already."""
        if self._thread is not None:
            return
        self._stop = Event()
        self._log.lit(True)
        self._thread = Thread(
            target=self._read, args=(self._stop, self._ending), name=f"lfr-{self.camera_id}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Forgets its last frame and gives none any more; may be done twice.

        Nobody waits for a camera that does not answer: its thread lets it go by itself, before the next begins.
        """
        self._stop.set()
        if self._thread is not None:
            self._ending, self._thread = self._thread, None
        if self._camera is not None:
            self._camera.stop()
        self._log.lit(False)
        with self._arrived:
            self._newest = None
            self._news.clear()

    def join(self) -> None:
        """After `stop`: waits until the camera is let go, for a few seconds at most."""
        if self._ending is not None:
            self._ending.join(_END_WITHIN_S)

    def take(self) -> tuple[list[News], Frame | None]:
        """What happened, and the newest frame, if it was not taken before; call it under `arrived`."""
        news, self._news = list(self._news), deque(maxlen=100)
        frame, self._newest = self._newest, None
        return news, frame

    def health(self) -> CameraHealth:
        """How it does."""
        return self._log.health(self._clock(), self._n_dropped, int(self._newest is not None))

    def _read(self, stop: Event, before: Thread | None) -> None:
        """The thread: opens the camera again and again, once the thread before it has let it go."""
        if before is not None:
            before.join()
        pause_s = FIRST_PAUSE_S
        while not stop.is_set():
            n_before, began_s = self._n_frames, self._clock()
            try:
                self._follow(stop)
            except Exception as error:  # whatever it is, it is this camera's alone
                if stop.is_set():
                    return
                had_frames = self._n_frames > n_before
                if had_frames and self._is_over(error):
                    continue
                is_steady = had_frames and self._clock() - began_s >= STEADY_AFTER_S
                pause_s = FIRST_PAUSE_S if is_steady else pause_s
                self._broke(error)
            stop.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _follow(self, stop: Event) -> None:
        """One connection, until it breaks, with frames numbered and timed on from the last one's."""
        self._camera = camera = Camera(_device(self._source), camera_id=self.camera_id, give_up_after_s=0.0)
        first_index, began_s, size_wh = self._n_frames, self._clock() - self._began_s, None
        for frame in camera:
            if stop.is_set():
                return
            if size_wh is None:
                self._log.connected()
                self._tell(Happening.BACK if first_index else Happening.STARTED)
            elif size_wh != frame.size_wh:
                self._tell(Happening.CHANGED)
            size_wh = frame.size_wh
            index = first_index + frame.frame_index
            self._keep(replace(frame, frame_index=index, position_s=began_s + frame.position_s), stop)
            del frame

    def _keep(self, frame: Frame, stop: Event) -> None:
        self._n_frames, self._is_broken = frame.frame_index + 1, False
        self._log.arrived(frame.image, self._clock())
        with self._arrived:
            if not stop.is_set():
                self._n_dropped += self._newest is not None
                self._newest = frame
                self._arrived.notify_all()

    def _is_over(self, error: Exception) -> bool:
        """Whether a recording came to its end, to be played again; a camera that ends is broken."""
        is_over = isinstance(error, SourceLostError) and "://" not in self._source and not _is_device(self._source)
        if is_over:
            self._tell(Happening.CHANGED)
        return is_over

    def _broke(self, error: Exception) -> None:
        """Tells it once until frames come again, however often it is tried."""
        why = str(error) if isinstance(error, LfrError) else f"{type(error).__name__}: {error}"
        self._log.broke(why)
        if not self._is_broken:
            self._is_broken = True
            self._tell(Happening.BROKEN, type(error).__name__, why)

    def _tell(self, happening: Happening, code: str = "", why: str = "") -> None:
        with self._arrived:
            self._news.append(News(self.camera_id, happening, code, why))
            self._arrived.notify_all()


def _device(source: str) -> int | str:
    number = source.removeprefix("camera:")
    return int(number) if number.isdecimal() else source


def _is_device(source: str) -> bool:
    return isinstance(_device(source), int) or Path(source).is_char_device()
