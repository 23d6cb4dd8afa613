"""Whether a camera's picture is fit to find faces in, and whether it drifts while nobody looks at it.

Before the opening a camera is held against limits: enough frames, enough light, sharp, faces large enough. While
it runs it is held against its own first looks: a lens that fogs up, a lamp that goes out or a mast that turns
shows in the figures long before anybody misses an alert. Measured on small grey pictures; none is kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lfr_kit.live.camera_health import CameraHealth
from lfr_kit.records import Image

__all__ = ["LIMITS", "FitnessLimits", "Look", "PictureWatch", "face_sizes", "fitness_findings", "look_at"]

_LOOK_WIDTH_PX = 320
_SCENE_WH = (16, 9)
_BASELINE_LOOKS = 30
_RECENT_LOOKS = 10
_DARKER, _BLURRED, _LIKE_BEFORE = 0.6, 0.4, 0.6
_KEPT_FACES = 500
_SIZE_EDGES_PX = (0, 11, 16, 24, 36, 54, 80, 120, 180, 270, 10_000)


@dataclass(frozen=True)
class FitnessLimits:
    """What a camera must reach before it goes live.

    Attributes
    ----------
    least_fps
        Frames per second: below, somebody who walks past is seen too few times.
    brightness
        Mean grey level, 0 to 255, from dusk to glare.
    least_sharpness
        Variance of the Laplacian of the grey picture at a width of 320 px, in percent of the picture's own
        variance: the same in any light. Streets have 10 to 80, out of focus less than 1.
    least_face_px
        Median height of the faces seen, brow to chin, in px; asked only once faces were seen.
    most_latency_ms
        From capture to alert, 95th percentile.
    """

    least_fps: float = 8.0
    brightness: tuple[float, float] = (40.0, 220.0)
    least_sharpness: float = 1.5
    least_face_px: float = 32.0
    most_latency_ms: float = 1000.0


LIMITS = FitnessLimits()


@dataclass(frozen=True, eq=False)
class Look:
    """One look at a picture: figures, and a scene of 16 x 9 grey cells."""

    brightness: float
    sharpness: float
    scene: NDArray[np.float32]


def look_at(image: Image) -> Look:
    """Measures a frame, (h, w, 3) uint8 RGB."""
    height = max(1, round(image.shape[0] * _LOOK_WIDTH_PX / image.shape[1]))
    small = cv2.resize(image, (_LOOK_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    scene = cv2.resize(grey, _SCENE_WH, interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = float(cv2.Laplacian(grey, cv2.CV_64F).var()) / max(float(grey.var()), 1.0)
    return Look(float(grey.mean()), 100 * detail, scene)


class PictureWatch:
    """Follows one camera's picture: about one look a second.

    Attributes
    ----------
    latest
        The last look; None before the first.
    """

    def __init__(self) -> None:
        self.latest: Look | None = None
        self._baseline: list[Look] = []
        self._recent: deque[Look] = deque(maxlen=_RECENT_LOOKS)
        self._face_px: deque[float] = deque(maxlen=_KEPT_FACES)

    def look(self, image: Image) -> None:
        """One more look; the first thirty are what later ones are held against."""
        self.latest = look_at(image)
        if len(self._baseline) < _BASELINE_LOOKS:
            self._baseline.append(self.latest)
        else:
            self._recent.append(self.latest)

    def faces(self, boxes_px: NDArray[np.floating]) -> None:
        """Notes how tall the faces of a frame are, (n, 4) x1 y1 x2 y2."""
        self._face_px.extend((boxes_px[:, 3] - boxes_px[:, 1]).tolist())

    @property
    def face_px(self) -> tuple[float, ...]:
        """Heights of the faces seen of late."""
        return tuple(self._face_px)

    @property
    def face_px_median(self) -> float | None:
        """Of the faces seen of late; None if there were none."""
        return float(np.median(self._face_px)) if self._face_px else None

    def drift(self) -> list[str]:
        """What changed since the first looks, in words; empty while too little was seen to say."""
        if len(self._recent) < _RECENT_LOOKS:
            return []
        then, now = _mean(self._baseline), _mean(self._recent)
        found = []
        if now.brightness < _DARKER * then.brightness:
            found.append("it is much darker than at the start; see to the light")
        if now.sharpness < _BLURRED * then.sharpness:
            found.append("the picture is much less sharp than at the start; clean or refocus the lens")
        if _likeness(then.scene, now.scene) < _LIKE_BEFORE:
            found.append("it shows another scene than at the start; somebody or something moved or covers it")
        return found


def face_sizes(heights_px: Iterable[float]) -> list[dict[str, float]]:
    """How many faces are how tall: bins from, to (px), n; empty ones at both ends left out.

    >>> face_sizes([17.0, 18.0, 50.0])
    [{'from': 16, 'to': 24, 'n': 2}, {'from': 24, 'to': 36, 'n': 0}, {'from': 36, 'to': 54, 'n': 1}]
    """
    counts, _ = np.histogram(list(heights_px), bins=_SIZE_EDGES_PX)
    filled = np.flatnonzero(counts)
    if not len(filled):
        return []
    return [
        {"from": _SIZE_EDGES_PX[i], "to": _SIZE_EDGES_PX[i + 1], "n": int(counts[i])}
        for i in range(filled[0], filled[-1] + 1)
    ]


def fitness_findings(
    health: CameraHealth, watch: PictureWatch, latency_p95_ms: float | None = None, limits: FitnessLimits = LIMITS
) -> list[str]:
    """What speaks against going live with a camera, in words with what to do; empty if nothing does."""
    if watch.latest is None:
        return [f"no picture: {health.why or 'it gives no frames'}"]
    return [
        *_of_picture(watch.latest, limits),
        *_below(health.fps, limits.least_fps, "{} frames a second, at least {} are needed; see its settings"),
        *_below(watch.face_px_median, limits.least_face_px, "faces are {} px tall, at least {}; move or zoom in"),
        *_above(latency_p95_ms, limits.most_latency_ms, "{} ms from capture to alert, at most {}; fewer cameras"),
    ]


def _of_picture(look: Look, limits: FitnessLimits) -> Iterable[str]:
    darkest, brightest = limits.brightness
    yield from _below(look.brightness, darkest, "too dark: grey level {}, at least {}; add light")
    yield from _above(look.brightness, brightest, "too bright: grey level {}, at most {}; turn it from the sun")
    yield from _below(
        look.sharpness, limits.least_sharpness, "not sharp: {}, at least {}; focus or clean the lens"
    )


def _below(value: float | None, least: float, words: str) -> list[str]:
    return [words.format(f"{value:.3g}", f"{least:.3g}")] if value is not None and value < least else []


def _above(value: float | None, most: float, words: str) -> list[str]:
    return [words.format(f"{value:.3g}", f"{most:.3g}")] if value is not None and value > most else []


def _mean(looks: Iterable[Look]) -> Look:
    every = list(looks)
    return Look(
        float(np.mean([each.brightness for each in every])),
        float(np.mean([each.sharpness for each in every])),
        np.mean([each.scene for each in every], axis=0),
    )


def _likeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Correlation of two scenes, -1 to 1, whatever their light; of scenes without any shape, 1."""
    x, y = a.ravel() - a.mean(), b.ravel() - b.mean()
    norm = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / norm if norm > 1.0 else 1.0
