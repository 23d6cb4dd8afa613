"""The newest frame of each live camera: work never falls behind the present, and no camera waits for another."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Condition

from lfr_kit.live.camera_health import CameraHealth
from lfr_kit.live.camera_worker import CameraWorker
from lfr_kit.live.feeds import News, Round
from lfr_kit.records import Frame

__all__ = ["NewestOfEach"]

_WAIT_S = 0.25


class NewestOfEach:
    """Live `Feeds`: whatever is new of any camera, at once.

    Parameters
    ----------
    sources
        Camera id -> what opens it, as `CameraWorker` takes it. Cameras are read from the first `take` on.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._arrived = Condition()
        self._workers = {
            camera_id: CameraWorker(camera_id, source, self._arrived) for camera_id, source in sources.items()
        }

    @property
    def camera_ids(self) -> tuple[str, ...]:
        """See `Feeds`; a live camera is never given up."""
        return tuple(self._workers)

    @property
    def n_frames(self) -> int | None:
        """See `Feeds`."""
        return None

    def take(self) -> Round:
        """See `Feeds`; waits for a quarter of a second at most."""
        for worker in self._workers.values():
            worker.start()
        news: list[News] = []
        frames: list[Frame] = []
        with self._arrived:
            self._arrived.wait_for(lambda: any(each.has_something for each in self._workers.values()), _WAIT_S)
            for worker in self._workers.values():
                told, frame = worker.take()
                news += told
                frames += [] if frame is None else [frame]
        return Round(tuple(news), tuple(frames))

    def darken(self) -> None:
        """See `Feeds`."""
        for worker in self._workers.values():
            worker.stop()

    def close(self) -> None:
        """See `Feeds`; waits for all of them at once."""
        self.darken()
        for worker in self._workers.values():
            worker.join()

    def health(self) -> list[CameraHealth]:
        """How each camera does, in the order of the authority."""
        return [worker.health() for worker in self._workers.values()]
