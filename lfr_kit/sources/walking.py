"""How people walk toward a camera: where each is at every moment, and where that is in the picture.

World: metres; X to the right of the camera's axis, Y up from the ground, Z away from the camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["FACE_HEIGHT_M", "Gait", "Standing", "View", "standing_at"]

FACE_HEIGHT_M = 0.19
"""Hairline to chin of a grown person."""


@dataclass(frozen=True)
class View:
    """A pinhole camera that looks along the street.

    Attributes
    ----------
    size_wh
        (width, height) of its pictures in pixels.
    focal_per_width
        Focal length over picture width; 1.72 is a lens of 32 degrees.
    horizon_per_height
        Row of the horizon over picture height.
    height_m
        Of the camera above the ground.
    """

    size_wh: tuple[int, int]
    focal_per_width: float = 1.72
    horizon_per_height: float = 0.34
    height_m: float = 1.78

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return self.focal_per_width * self.size_wh[0]

    def project(self, x_m: float, y_m: float, z_m: float) -> tuple[float, float]:
        """Pixel (x, y) of a point of the world; z_m > 0."""
        width, height = self.size_wh
        scale = self.focal_px / z_m
        return width / 2 + scale * x_m, height * self.horizon_per_height + scale * (self.height_m - y_m)

    def depth_of(self, face_height_px: float) -> float:
        """Z in metres at which a face is so high in the picture."""
        return self.focal_px * FACE_HEIGHT_M / face_height_px


@dataclass(frozen=True)
class Gait:
    """One person's way of walking.

    Attributes
    ----------
    start_s
        When the face is `first_face_px` high.
    lane_m
        X at the start and where the face is 160 px high.
    speed_m_s
        Walking speed toward the camera.
    phase
        0..1, where in a step the person starts; makes people walk out of step.
    first_face_px
        Height of the face at the start, for a picture 1280 px wide.
    """

    start_s: float = 0.0
    lane_m: tuple[float, float] = (0.0, 0.0)
    speed_m_s: float = 1.4
    phase: float = 0.0
    first_face_px: float = 24.0


@dataclass(frozen=True)
class Standing:
    """Where a person is at one moment.

    Attributes
    ----------
    x_m, z_m
        On the ground.
    rise_m
        How far the head is above its mean height.
    tilt_deg
        Lean of the figure, counterclockwise.
    stride
        -1..1: which leg is in front.
    """

    x_m: float
    z_m: float
    rise_m: float
    tilt_deg: float
    stride: float


def standing_at(gait: Gait, view: View, moment_s: float) -> Standing | None:
    """Where the person is; None before they start and once they are behind the camera.

    Notes
    -----
    Heads rise and fall by about 2 cm at 2 steps per second and sway sideways by as much at half that
    (Murray, Drought and Kory 1964).
    """
    walked_s = moment_s - gait.start_s
    scale = view.size_wh[0] / 1280
    first_z = view.depth_of(gait.first_face_px * scale)
    last_z = view.depth_of(160 * scale)
    z_m = first_z - gait.speed_m_s * walked_s
    if walked_s < 0 or z_m < 0.55 * last_z:
        return None
    way = (first_z - z_m) / (first_z - last_z)
    step = 2 * math.pi * (walked_s * gait.speed_m_s / 1.45 + gait.phase)
    x_m = gait.lane_m[0] + (gait.lane_m[1] - gait.lane_m[0]) * way
    return Standing(
        x_m=x_m + 0.025 * math.sin(step) + 0.05 * math.sin(0.37 * step + 5 * gait.phase),
        z_m=z_m,
        rise_m=0.02 * math.cos(2 * step),
        tilt_deg=1.8 * math.sin(step + 0.6) + 1.5 * math.sin(0.31 * step + 3 * gait.phase),
        stride=math.sin(step),
    )
