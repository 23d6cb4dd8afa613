"""Paints figures into a picture and gives it the faults of a real camera."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from lfr_kit.sources.drawing import Floats, Pixels, fill_polygon, floats, pixels
from lfr_kit.sources.figure import Figure
from lfr_kit.sources.walking import Standing, View

__all__ = ["Blur", "SensorNoise", "face_box_px", "figure_transform", "jpeg_worn", "lit", "paint_figure"]


@dataclass(frozen=True)
class Blur:
    """How unsharp a figure is, in pixels.

    Attributes
    ----------
    defocus_px
        Standard deviation of the blur of the lens.
    motion_px
        How far the figure moves sideways while the shutter is open.
    """

    defocus_px: float = 0.0
    motion_px: float = 0.0


def figure_transform(figure: Figure, standing: Standing, view: View) -> Floats:
    """(2, 3) affine map from the largest cut-out's pixels to the picture: scaled, leaning, feet on the ground."""
    foot_x, foot_y = view.project(standing.x_m, standing.rise_m, standing.z_m)
    scale = view.focal_px / standing.z_m / figure.px_per_m
    pivot = (figure.foot_m[0] * figure.px_per_m, figure.foot_m[1] * figure.px_per_m)
    turn = floats(cv2.getRotationMatrix2D(pivot, standing.tilt_deg, scale))
    turn[:, 2] += (foot_x - pivot[0], foot_y - pivot[1])
    return turn


def face_box_px(figure: Figure, transform: Floats) -> Floats:
    """(4,) x1 y1 x2 y2 of the face in the picture; may reach past its border."""
    x1, y1, x2, y2 = floats(figure.face_box_m) * figure.px_per_m
    corners = floats([[x1, y1, 1], [x2, y1, 1], [x2, y2, 1], [x1, y2, 1]]) @ transform.T
    return np.concatenate([corners.min(0), corners.max(0)])


def paint_figure(
    picture: Pixels, figure: Figure, standing: Standing, view: View, blur: Blur, light: float
) -> None:
    """Paints legs, then the cut-out, into `picture` in place."""
    _paint_legs(picture, figure, standing, view, light)
    transform = figure_transform(figure, standing, view)
    # From the level just larger than needed: smooth small figures at little cost.
    scale = float(np.hypot(*transform[0, :2]))
    level = min(len(figure.levels) - 1, max(0, math.floor(-math.log2(scale))))
    cutout = figure.levels[level]
    transform = transform.copy()
    transform[:, 0] *= figure.levels[0].shape[1] / cutout.shape[1]
    transform[:, 1] *= figure.levels[0].shape[0] / cutout.shape[0]
    margin = 2 + round(2 * blur.defocus_px + blur.motion_px)
    x1, y1, x2, y2 = _covered(cutout, transform, picture, margin)
    if x1 >= x2 or y1 >= y2:
        return
    transform[:, 2] -= (x1, y1)
    shown = pixels(cv2.warpAffine(cutout, transform, (x2 - x1, y2 - y1), flags=cv2.INTER_LINEAR))
    _blend(picture[y1:y2, x1:x2], _blurred(shown, blur), light)


def lit(picture: Pixels, light: float) -> Pixels:
    """A copy of the picture, brighter or darker."""
    return pixels(cv2.convertScaleAbs(picture, alpha=light))


def jpeg_worn(picture: Pixels, quality: int) -> Pixels:
    """The picture after JPEG compression, as a network camera sends it."""
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


class SensorNoise:
    """Noise of a sensor in poor light; one large field of it, laid differently over every picture.

    Parameters
    ----------
    size_wh
        Of the pictures.
    deviation
        In grey levels.
    rng
        Where the noise comes from.
    """

    def __init__(self, size_wh: tuple[int, int], deviation: float, rng: np.random.Generator) -> None:
        width, height = size_wh
        field = rng.standard_normal((height + 128, width + 128), dtype=np.float32) * deviation
        colour = rng.standard_normal((height + 128, width + 128, 3), dtype=np.float32) * (0.45 * deviation)
        self._field = np.clip(np.round(field[..., None] + colour), -127, 127).astype(np.int16)
        self._above = np.maximum(self._field, 0).astype(np.uint8)
        self._below = np.maximum(-self._field, 0).astype(np.uint8)
        del self._field

    def add(self, picture: Pixels, rng: np.random.Generator) -> Pixels:
        """The picture with noise."""
        height, width = picture.shape[:2]
        y, x = (int(value) for value in rng.integers(0, 128, 2))
        part = np.s_[y : y + height, x : x + width]
        return pixels(cv2.subtract(cv2.add(picture, self._above[part]), self._below[part]))


def _covered(cutout: Pixels, transform: Floats, picture: Pixels, margin: int) -> tuple[int, int, int, int]:
    """x1 y1 x2 y2 of what the cut-out covers of the picture."""
    height, width = cutout.shape[:2]
    corners = floats([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]]) @ transform.T
    x1, y1 = np.floor(corners.min(0)).astype(int) - margin
    x2, y2 = np.ceil(corners.max(0)).astype(int) + margin
    return max(0, int(x1)), max(0, int(y1)), min(picture.shape[1], int(x2)), min(picture.shape[0], int(y2))


def _blurred(shown: Pixels, blur: Blur) -> Pixels:
    if blur.motion_px >= 1:
        shown = pixels(cv2.blur(shown, (1 + round(blur.motion_px), 1)))
    if blur.defocus_px >= 0.35:
        shown = pixels(cv2.GaussianBlur(shown, (0, 0), blur.defocus_px))
    return shown


def _blend(target: Pixels, shown: Pixels, light: float) -> None:
    """Lays the cut-out (multiplied with alpha) over `target` in place."""
    through = cv2.merge([cv2.bitwise_not(shown[..., 3])] * 3)
    behind = cv2.multiply(target, through, scale=1 / 255)
    cv2.addWeighted(cv2.cvtColor(shown, cv2.COLOR_RGBA2RGB), light, behind, 1.0, 0.0, dst=behind)
    target[...] = behind


def _paint_legs(picture: Pixels, figure: Figure, standing: Standing, view: View, light: float) -> None:
    """Two legs in mid-step, shoes, and the shadow between them."""
    hip_m = figure.foot_m[1] - 1.05
    if view.project(0, hip_m, standing.z_m)[1] > picture.shape[0]:
        return
    _paint_shadow(picture, standing, view)
    for side in (-1, 1):
        forward = 0.3 * side * standing.stride
        lift = 0.07 * max(0.0, -side * standing.stride)
        tone = light * (0.92 if forward > 0 else 0.74)
        colour = tuple(value * tone for value in figure.clothes.trousers)
        _leg(picture, standing, view, (side, hip_m, forward, lift), colour)


def _leg(
    picture: Pixels,
    standing: Standing,
    view: View,
    step: tuple[int, float, float, float],
    colour: tuple[float, ...],
) -> None:
    side, hip_m, forward, lift = step
    x, z = standing.x_m, standing.z_m
    # The foot that is in front stands nearer to the camera.
    foot_z = max(0.4, z - forward)
    top = [view.project(x + side * offset, hip_m + standing.rise_m, z) for offset in (0.0, 0.165)]
    ankle = [view.project(x + side * offset, 0.09 + lift, foot_z) for offset in (0.13, 0.055)]
    fill_polygon(picture, [*top, *ankle], colour)
    shoe = [(0.05, 0.09), (0.135, 0.09), (0.15, 0.0), (0.045, 0.0)]
    dark = tuple(value * 0.55 for value in colour)
    fill_polygon(picture, [view.project(x + side * offset, y + lift, foot_z) for offset, y in shoe], dark)


def _paint_shadow(picture: Pixels, standing: Standing, view: View) -> None:
    x, y = view.project(standing.x_m, 0.0, standing.z_m)
    half_w, half_h = view.focal_px / standing.z_m * 0.42, view.focal_px / standing.z_m * 0.1
    x1, x2 = max(0, int(x - half_w)), min(picture.shape[1], int(x + half_w) + 1)
    y1, y2 = max(0, int(y - half_h)), min(picture.shape[0], int(y + half_h) + 1)
    if x1 >= x2 or y1 >= y2:
        return
    across = (np.arange(x1, x2, dtype=np.float32) - x) / half_w
    down = (np.arange(y1, y2, dtype=np.float32)[:, None] - y) / half_h
    keep = 1 - 0.45 * np.clip(1 - across**2 - down**2, 0, 1)
    area = picture[y1:y2, x1:x2]
    area[...] = (area * keep[..., None]).astype(np.uint8)
