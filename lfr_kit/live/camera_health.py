"""How a live camera does: frames a second, drops, a frozen picture, when it was last heard of. Figures only."""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

from lfr_kit.records import Image

__all__ = ["CameraCondition", "CameraHealth", "HealthLog", "Rate"]

FROZEN_AFTER_S = 5.0
"""A picture that stays the same to the last bit for so long comes from no living camera: sensors have noise."""
SILENT_AFTER_S = 3.0
"""Without a frame for so long a camera counts as lost, whatever its connection says."""
_SAMPLED = 37
"""Every so manieth byte is compared to see whether a picture is the same as before."""


class CameraCondition(StrEnum):
    """What a camera's light shows."""

    STARTING = "starting"
    LIVE = "live"
    LOST = "lost"
    FROZEN = "frozen"
    DARK = "dark"


@dataclass(frozen=True)
class CameraHealth:
    """A camera at one moment.

    Attributes
    ----------
    fps
        Frames that arrived, per second, over the last seconds.
    n_arrived, n_dropped
        Frames since the start, and those that a newer one replaced before the engine took them.
    n_connects
        How many times frames began to come.
    size_wh
        Of its frames; (0, 0) before the first.
    last_s_ago
        Seconds since its last frame; None before the first.
    why
        What is wrong with it, in words; empty if nothing is.
    n_waiting
        Frames that the engine has not taken yet: none, or the newest.
    """

    camera_id: str
    condition: CameraCondition
    fps: float
    n_arrived: int
    n_dropped: int
    n_connects: int
    size_wh: tuple[int, int]
    last_s_ago: float | None
    why: str = ""
    n_waiting: int = 0


class Rate:
    """Events per second over a window of time that moves along.

    >>> rate = Rate(window_s=2.0)
    >>> for at_s in (0.0, 0.5, 1.0, 1.5, 2.0):
    ...     rate.add(at_s)
    >>> rate.per_s(2.0), rate.per_s(10.0)
    (2.0, 0.0)
    """

    def __init__(self, *, window_s: float = 5.0) -> None:
        self.window_s = window_s
        self._times: deque[float] = deque(maxlen=2_000)
        self._began: float | None = None

    def add(self, at_s: float) -> None:
        """One more."""
        self._began = at_s if self._began is None else self._began
        self._times.append(at_s)

    def per_s(self, now_s: float) -> float:
        """How many a second of late; of a window that is not full yet, over the time it has."""
        if self._began is None:
            return 0.0
        n = sum(now_s - self.window_s < at_s <= now_s for at_s in self._times)
        lasted_s = min(self.window_s, now_s - self._began)
        return n / lasted_s if lasted_s > 0 else 0.0


class HealthLog:
    """What is noted of one camera, by its thread, and read by another.

    Parameters
    ----------
    camera_id
        Whose.
    """

    def __init__(self, camera_id: str) -> None:
        self.camera_id = camera_id
        self._lock = Lock()
        self._rate = Rate()
        self._is_dark = True
        self._why = ""
        self._n_arrived = 0
        self._n_connects = 0
        self._size_wh = (0, 0)
        self._last_at_s: float | None = None
        self._picture = 0
        self._same_since_s: float | None = None

    def arrived(self, image: Image, at_s: float) -> None:
        """A frame came."""
        picture = zlib.crc32(image.reshape(-1)[::_SAMPLED].tobytes())
        with self._lock:
            if self._picture != picture or self._same_since_s is None:
                self._picture, self._same_since_s = picture, at_s
            self._rate.add(at_s)
            self._n_arrived += 1
            self._last_at_s = at_s
            self._size_wh = image.shape[1], image.shape[0]
            self._why = ""

    def connected(self) -> None:
        """Frames begin to come."""
        with self._lock:
            self._n_connects += 1

    def broke(self, why: str) -> None:
        """They ceased."""
        with self._lock:
            self._why = why
            self._same_since_s = None

    def lit(self, is_lit: bool) -> None:
        """Whether it is being read."""
        with self._lock:
            self._is_dark = not is_lit
            self._same_since_s = None
            self._last_at_s = None if not is_lit else self._last_at_s

    def health(self, now_s: float, n_dropped: int, n_waiting: int = 0) -> CameraHealth:
        """How it does now."""
        with self._lock:
            last_s_ago = None if self._last_at_s is None else now_s - self._last_at_s
            condition, why = self._condition(now_s, last_s_ago)
            return CameraHealth(
                self.camera_id,
                condition,
                self._rate.per_s(now_s),
                self._n_arrived,
                n_dropped,
                self._n_connects,
                self._size_wh,
                last_s_ago,
                why,
                n_waiting,
            )

    def _condition(self, now_s: float, last_s_ago: float | None) -> tuple[CameraCondition, str]:
        if self._is_dark:
            return CameraCondition.DARK, ""
        if self._why:
            return CameraCondition.LOST, self._why
        if last_s_ago is None:
            return CameraCondition.STARTING, ""
        if last_s_ago > SILENT_AFTER_S:
            return CameraCondition.LOST, f"no frame for {last_s_ago:.0f} s; check its power and network"
        if self._same_since_s is not None and now_s - self._same_since_s > FROZEN_AFTER_S:
            same_s = now_s - self._same_since_s
            return CameraCondition.FROZEN, f"the picture has not changed for {same_s:.0f} s; restart the camera"
        return CameraCondition.LIVE, ""
