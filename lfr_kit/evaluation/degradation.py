"""Good photographs made bad, step by step and repeatably: what a face far away, in motion or in the dark becomes.

Pure functions over (h, w, 3) uint8 pictures; none changes its argument, each is the identity at its neutral value,
and chance comes from a seed. `degraded` puts them together in the order in which a camera does: distance, lens,
motion, light, contrast of the haze, noise of the sensor, compression.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import RecordError, SettingError

__all__ = [
    "Degradation",
    "blurred",
    "contrasted",
    "degraded",
    "far_away",
    "jpeg_worn",
    "lit",
    "motion_blurred",
    "noisy",
]

Pixels = NDArray[np.uint8]

_TO_LINEAR = np.where(
    np.arange(256) / 255 <= 0.04045, np.arange(256) / 255 / 12.92, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4
)
"""Light of each grey level, 0..1 (sRGB, IEC 61966-2-1)."""


def far_away(image: Pixels, face_height_px: float, to_height_px: float) -> Pixels:
    """The picture as if its person stood farther away: shrunk, in the middle of a grey picture of the same size.

    Parameters
    ----------
    image
        (h, w, 3) uint8.
    face_height_px
        Of the face as it is.
    to_height_px
        Of the face as it shall be. A face that is not larger stays as it is: nothing is ever enlarged.

    Raises
    ------
    SettingError
        If a height is not larger than 0.
    """
    if face_height_px <= 0 or to_height_px <= 0:
        raise SettingError(f"face height: larger than 0 px, got {face_height_px} and {to_height_px}")
    scale = to_height_px / face_height_px
    if scale >= 1:
        return image.copy()
    import cv2

    height, width = image.shape[:2]
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
    around: Pixels = np.empty_like(image)
    around[:] = np.round(image.reshape(-1, 3).mean(0))
    top, left = (height - size_wh[1]) // 2, (width - size_wh[0]) // 2
    around[top : top + size_wh[1], left : left + size_wh[0]] = small
    return around


def blurred(image: Pixels, sigma_px: float) -> Pixels:
    """Out of focus: Gaussian blur of that standard deviation, the border mirrored.

    Raises
    ------
    SettingError
        If it is negative.
    """
    _at_least("blur", sigma_px, 0)
    if sigma_px == 0:
        return image.copy()
    import cv2

    side = 2 * math.ceil(4 * sigma_px) + 1
    return np.asarray(cv2.GaussianBlur(image, (side, side), sigma_px, borderType=cv2.BORDER_REFLECT_101), np.uint8)


def motion_blurred(image: Pixels, length_px: float, angle_deg: float = 0.0) -> Pixels:
    """Moved while the shutter was open: the mean along a line of that length; 0 degrees = sideways.

    Raises
    ------
    SettingError
        If the length is negative.
    """
    _at_least("motion", length_px, 0)
    if length_px < 1:
        return image.copy()
    import cv2

    kernel = _line(length_px, angle_deg)
    return np.asarray(cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.uint8)


def _line(length_px: float, angle_deg: float) -> NDArray[np.float32]:
    """Weights of a straight line through the middle, bilinear, adding up to one."""
    reach = math.ceil(length_px / 2) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    # An odd whole length sideways falls on pixel centres, and is the plain mean of so many pixels.
    n_points = max(math.ceil(length_px), 1) * (1 if length_px % 2 == 1 and angle_deg % 90 == 0 else 8)
    along = (np.arange(n_points) + 0.5) / n_points * length_px - length_px / 2
    turn = math.radians(angle_deg)
    x, y = along * math.cos(turn) + reach, -along * math.sin(turn) + reach
    left, top = np.floor(x + 1e-9).astype(int), np.floor(y + 1e-9).astype(int)
    for dx in (0, 1):
        for dy in (0, 1):
            weight = (1 - np.abs(x - left - dx)) * (1 - np.abs(y - top - dy))
            np.add.at(kernel, (top + dy, left + dx), np.maximum(weight, 0))
    return np.asarray(kernel / kernel.sum(), np.float32)


def lit(image: Pixels, light: float) -> Pixels:
    """With that many times the light, the exposure as it was: 0.25 is two stops darker; bright parts burn out.

    The factor is of light, not of grey levels, which are its roots.

    Raises
    ------
    SettingError
        If it is negative.
    """
    _at_least("light", light, 0)
    linear = np.minimum(_TO_LINEAR * light, 1.0)
    grey = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    table = np.round(255 * grey).astype(np.uint8)
    return np.asarray(table[image], np.uint8)


def contrasted(image: Pixels, contrast: float) -> Pixels:
    """Grey levels that many times as far from their mean: below 1 as through haze or glare.

    Raises
    ------
    SettingError
        If it is negative.
    """
    _at_least("contrast", contrast, 0)
    mean = float(image.mean())
    return np.asarray(np.clip(np.round((image.astype(np.float32) - mean) * contrast + mean), 0, 255), np.uint8)


def noisy(image: Pixels, deviation: float, seed: int = 0) -> Pixels:
    """With noise of that standard deviation in grey levels, of its own in each pixel and colour.

    Raises
    ------
    SettingError
        If it is negative.
    """
    _at_least("noise", deviation, 0)
    if deviation == 0:
        return image.copy()
    noise = np.random.default_rng(seed).standard_normal(image.shape, dtype=np.float32)
    return np.asarray(np.clip(np.round(image + deviation * noise), 0, 255), np.uint8)


def jpeg_worn(image: Pixels, quality: int) -> Pixels:
    """After JPEG compression of that quality, 1 to 95, colours at half resolution as cameras send them.

    Raises
    ------
    SettingError
        If it is out of range.
    """
    if not 1 <= quality <= 95:
        raise SettingError(f"jpeg: a quality of 1 to 95, got {quality}")
    from PIL import Image as PillowImage

    coded = io.BytesIO()
    PillowImage.fromarray(image).save(coded, "JPEG", quality=int(quality), subsampling="4:2:0")
    return np.array(PillowImage.open(coded).convert("RGB"), np.uint8)


@dataclass(frozen=True)
class Degradation:
    """What is done to a picture; every default does nothing.

    Attributes
    ----------
    face_height_px
        Height of the face, see `far_away`; None = as it is.
    blur_px, motion_px
        Of the picture as shrunk.
    motion_deg
        Direction of the motion; 0 = sideways.
    light, contrast
        Factors.
    noise
        Grey levels.
    jpeg_quality
        None = not compressed.
    """

    face_height_px: float | None = None
    blur_px: float = 0.0
    motion_px: float = 0.0
    motion_deg: float = 0.0
    light: float = 1.0
    contrast: float = 1.0
    noise: float = 0.0
    jpeg_quality: int | None = None


def degraded(image: Pixels, degradation: Degradation, *, face_height_px: float, seed: int = 0) -> Pixels:
    """A picture after all steps of a degradation; the same seed gives the same pixels.

    Parameters
    ----------
    image
        (h, w, 3) uint8 RGB.
    degradation
        The steps.
    face_height_px
        Of the face in `image`.
    seed
        Of the noise: another for each picture.

    Raises
    ------
    RecordError, SettingError
        If `image` is no such picture; if a step is out of range.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise RecordError(f"image: expected (h, w, 3) uint8, got {image.shape} {image.dtype}")
    if degradation.face_height_px is not None:
        image = far_away(image, face_height_px, degradation.face_height_px)
    image = motion_blurred(blurred(image, degradation.blur_px), degradation.motion_px, degradation.motion_deg)
    image = contrasted(lit(image, degradation.light), degradation.contrast)
    image = noisy(image, degradation.noise, seed)
    return image if degradation.jpeg_quality is None else jpeg_worn(image, degradation.jpeg_quality)


def _at_least(name: str, value: float, least: float) -> None:
    if not value >= least:
        raise SettingError(f"{name}: at least {least:g}, got {value}")
