"""Generated footage: people walk toward a street camera, and who is where is known."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError
from lfr_kit.records import Frame
from lfr_kit.sources.cast import Walker, default_walkers
from lfr_kit.sources.figure import Figure, make_figure
from lfr_kit.sources.painting import (
    Blur,
    SensorNoise,
    face_box_px,
    figure_transform,
    jpeg_worn,
    lit,
    paint_figure,
)
from lfr_kit.sources.read_ahead import read_ahead
from lfr_kit.sources.street import draw_street
from lfr_kit.sources.walking import FACE_HEIGHT_M, Standing, View, standing_at

__all__ = ["TrueFace", "Walker", "Walkthrough"]

_STARTED_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
_JPEG_QUALITY = 82
_NOISE = 3.2
_FOCUS_M = 4.5


@dataclass(frozen=True, eq=False)
class TrueFace:
    """Where somebody's face really is.

    Attributes
    ----------
    name
        Of the walker.
    box_px
        (4,) float32 x1 y1 x2 y2, hairline to chin; may reach past the border.
    visible
        0..1: the share of the box that is in the picture and behind nobody.
    """

    name: str
    box_px: NDArray[np.float32]
    visible: float


class Walkthrough:
    """Generated footage as a `FrameSource`; the same seed gives the same pixels.

    People walk toward the camera with sway; faces grow from 24 to 160 px in a picture 1280 px wide.
    They hide each other, blur with motion and distance, the light changes, and every picture carries
    sensor noise and JPEG artefacts.

    Parameters
    ----------
    walkers
        Who walks; None = the default cast of public-domain portraits, see `default_walkers`.
    size_wh
        (width, height) of the pictures in pixels.
    fps
        Frames per second.
    seconds
        Length.
    seed
        Of everything that is drawn by chance.
    camera_id
        Name of the camera that is played.

    Raises
    ------
    SettingError
        If a setting is out of range.
    """

    def __init__(
        self,
        walkers: Sequence[Walker] | None = None,
        *,
        size_wh: tuple[int, int] = (1280, 720),
        fps: float = 25.0,
        seconds: float = 14.0,
        seed: int = 0,
        camera_id: str = "walkthrough",
    ) -> None:
        if min(size_wh) < 64:
            raise SettingError(f"size_wh: at least 64 x 64, got {size_wh[0]} x {size_wh[1]}")
        if not fps > 0 or not seconds > 0:
            raise SettingError(f"fps and seconds: larger than 0, got {fps} and {seconds}")
        self.size_wh = size_wh
        self.fps = fps
        self.seconds = seconds
        self.seed = seed
        self.camera_id = camera_id
        self.view = View(size_wh)
        self._walkers = None if walkers is None else tuple(walkers)
        self._figures: list[Figure] | None = None
        self._drawn: tuple[NDArray[np.uint8], SensorNoise] | None = None

    @property
    def n_frames(self) -> int:
        """How many frames it gives."""
        return round(self.seconds * self.fps)

    @property
    def walkers(self) -> tuple[Walker, ...]:
        """Who walks. ModelMissingError if it is the default cast and a portrait is not on this machine."""
        if self._walkers is None:
            self._walkers = default_walkers()
        return self._walkers

    def __iter__(self) -> Iterator[Frame]:
        """Frames in order of time.

        Raises
        ------
        ModelMissingError
            At the first frame, if a portrait of the default cast is not on this machine.
        """
        return read_ahead(self._frames(), 4)

    def truth(self, frame_index: int) -> list[TrueFace]:
        """The faces of a frame, nearest last; also those hidden or outside the picture (`visible` 0)."""
        present = self._present(frame_index)
        boxes = [
            face_box_px(figure, figure_transform(figure, standing, self.view)) for _, figure, standing in present
        ]
        return [
            TrueFace(walker.name, box, _visible(box, boxes[i + 1 :], self.size_wh))
            for i, ((walker, _, _), box) in enumerate(zip(present, boxes, strict=True))
        ]

    def image(self, frame_index: int) -> NDArray[np.uint8]:
        """(h, w, 3) uint8 RGB, read-only: the picture of one frame, made on its own."""
        street, noise = self._stage()
        moment_s = frame_index / self.fps
        light = _daylight(moment_s)
        picture = lit(street, light)
        for _, figure, standing in self._present(frame_index):
            blur = _blur(standing, self.view, moment_s)
            paint_figure(picture, figure, standing, self.view, blur, light * _lamplight(standing))
        # Every frame has its own stream of chance, so that none depends on those before.
        chance = np.random.default_rng((self.seed, frame_index))
        worn = jpeg_worn(noise.add(picture, chance), _JPEG_QUALITY)
        worn.flags.writeable = False
        return worn

    def _frames(self) -> Generator[Frame, None, None]:
        for frame_index in range(self.n_frames):
            position_s = frame_index / self.fps
            yield Frame(
                image=self.image(frame_index),
                frame_index=frame_index,
                captured_at=_STARTED_AT + timedelta(seconds=position_s),
                camera_id=self.camera_id,
                position_s=position_s,
            )

    def _stage(self) -> tuple[NDArray[np.uint8], SensorNoise]:
        """The empty street and the noise, drawn once."""
        if self._drawn is None:
            rng = np.random.default_rng(self.seed)
            self._drawn = draw_street(self.view, rng), SensorNoise(self.size_wh, _NOISE, rng)
        return self._drawn

    def _present(self, frame_index: int) -> list[tuple[Walker, Figure, Standing]]:
        """Who is on the street, farthest first."""
        if self._figures is None:
            scale = self.size_wh[0] / 1280
            self._figures = [make_figure(w.portrait, w.clothes, w.height_m, scale) for w in self.walkers]
        moment_s = frame_index / self.fps
        found = [
            (walker, figure, standing)
            for walker, figure in zip(self.walkers, self._figures, strict=True)
            if (standing := standing_at(walker.gait, self.view, moment_s)) is not None
        ]
        return sorted(found, key=lambda one: -one[2].z_m)


def _daylight(moment_s: float) -> float:
    """Clouds pass: 0.8..1.1 of the mean light."""
    return 0.95 + 0.1 * math.sin(0.9 * moment_s + 0.5) + 0.05 * math.sin(2.3 * moment_s)


def _lamplight(standing: Standing) -> float:
    """Brighter and darker stretches along the street."""
    return 1.0 + 0.1 * math.sin(1.1 * standing.z_m + 1.4 * standing.x_m)


def _blur(standing: Standing, view: View, moment_s: float) -> Blur:
    """Out of focus away from 4.5 m; once in a while the focus hunts; steps shake."""
    face_px = view.focal_px * FACE_HEIGHT_M / standing.z_m
    off = abs(1 / standing.z_m - 1 / _FOCUS_M)
    hunting = 0.012 * max(0.0, math.sin(1.3 * moment_s)) ** 8
    sideways = abs(math.cos(2 * math.pi * 0.97 * moment_s)) * 0.018 * face_px
    return Blur(defocus_px=0.35 + 3.0 * off + hunting * face_px, motion_px=sideways)


def _visible(box: NDArray[np.float32], nearer: Sequence[NDArray[np.float32]], size_wh: tuple[int, int]) -> float:
    """The share of a box that is not covered; nearer people cover it with head and body."""
    x1, y1, x2, y2 = box
    across, down = np.meshgrid(np.linspace(x1, x2, 24), np.linspace(y1, y2, 24))
    free = (across >= 0) & (across < size_wh[0]) & (down >= 0) & (down < size_wh[1])
    for near_x1, near_y1, near_x2, near_y2 in nearer:
        height = near_y2 - near_y1
        middle = (near_x1 + near_x2) / 2
        head = (np.abs(across - middle) < 0.5 * height) & (down > near_y1 - 0.4 * height)
        body = (np.abs(across - middle) < 1.0 * height) & (down > near_y2 + 0.25 * height)
        free &= ~(head | body)
    return float(free.mean())
