"""Reads one still picture, whatever its format, as 8-bit RGB the right way up.

Sizes are checked before anything is decoded: first the file's own size, then the size its header
states. Decoders allocate by the header and refuse data that does not fit it, and the size is looked
at once more after decoding, so neither a small file nor a lying header can fill the memory.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from lfr_kit.config import Limits, settings
from lfr_kit.errors import ImageError

__all__ = ["IMAGE_SUFFIXES", "SMALLEST_SIDE_PX", "is_image_file", "read_image"]

IMAGE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jp2", ".jpeg", ".jpg", ".mpo", ".png", ".ppm", ".pgm", ".tif", ".tiff", ".webp"}
)
"""Lower-case endings of the files that `read_image` takes."""

SMALLEST_SIDE_PX = 8
"""Pictures with a shorter side are refused: no face fits."""

# Only formats of photographs: fewer decoders face untrusted bytes.
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF")

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_opening = Lock()


def read_image(where: Path | str | bytes, limits: Limits | None = None) -> NDArray[np.uint8]:
    """One picture as 8-bit RGB.

    EXIF rotation is applied; CMYK, 16-bit, grey and palette pictures are converted; transparency is
    laid over white; of an animated picture the first frame is taken.

    Parameters
    ----------
    where
        A file, or the bytes of one.
    limits
        What is refused before decoding; the settings in force if None.

    Returns
    -------
    array
        (h, w, 3) uint8 RGB, read-only.

    Raises
    ------
    ImageError
        With `reason` ``not_found``, ``empty`` (no bytes), ``unreadable`` (not a picture, a format not
        taken, 0 x 0 pixels, no permission), ``truncated`` (cut off or damaged), ``too_large`` (file or
        picture, see `Limits`), ``too_small`` (a side under `SMALLEST_SIDE_PX`).
    """
    limits = limits or settings().limits
    name = "picture" if isinstance(where, bytes) else str(where)
    content = where if isinstance(where, bytes) else _content(Path(where), limits)
    _check_content(content, name, limits)
    image = _opened(content, name, limits)
    _check_size(image.size, name, limits)
    try:
        image.load()
        _check_size(image.size, name, limits)
        return _upright_rgb(image)
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(
            f"{name}: cut off or damaged ({error}); copy the file anew or use another picture", reason="truncated"
        ) from None


def is_image_file(path: Path) -> bool:
    """Whether the file's ending is one of a picture (its content is not looked at)."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def _content(path: Path, limits: Limits) -> bytes:
    if not path.exists():
        raise ImageError(f"{path}: no such file; check the path", reason="not_found")
    if not path.is_file():
        raise ImageError(f"{path}: not a file; give one picture", reason="unreadable")
    # One byte more than allowed is enough to know that the file is too large.
    try:
        with path.open("rb") as file:
            return file.read(int(limits.image_file_mb * 1e6) + 1)
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror})", reason="unreadable") from None


def _check_content(content: bytes, name: str, limits: Limits) -> None:
    if not content:
        raise ImageError(f"{name}: empty (0 bytes); copy the file anew", reason="empty")
    if len(content) > limits.image_file_mb * 1e6:
        raise ImageError(
            f"{name}: larger than {limits.image_file_mb:g} MB; "
            "use a smaller file or raise the setting limits.image_file_mb",
            reason="too_large",
        )


def _opened(content: bytes, name: str, limits: Limits) -> Image.Image:
    """The picture with its header read and nothing decoded."""
    try:
        # The filters of `warnings` are global, hence the lock. Pillow's own limit is not ours: it is checked next.
        with _opening, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Image.init()
            return Image.open(io.BytesIO(content), formats=[name for name in _FORMATS if name in Image.OPEN])
    except Image.DecompressionBombError:
        most = limits.image_megapixels
        raise ImageError(
            f"{name}: claims far more than {most:g} megapixels; use a smaller picture", reason="too_large"
        ) from None
    except UnidentifiedImageError:
        hint = "; HEIC is not read, save it as JPEG" if content[4:8] == b"ftyp" else ""
        raise ImageError(
            f"{name}: not a picture that can be read (JPEG, PNG, WebP, GIF, BMP, TIFF){hint}", reason="unreadable"
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError) as error:
        raise ImageError(
            f"{name}: damaged header ({error}); copy the file anew or use another picture", reason="unreadable"
        ) from None


def _check_size(size_wh: tuple[int, int], name: str, limits: Limits) -> None:
    width, height = size_wh
    if width * height > limits.image_megapixels * 1e6:
        raise ImageError(
            f"{name}: {width} x {height} px is more than {limits.image_megapixels:g} megapixels; "
            "scale it down or raise the setting limits.image_megapixels",
            reason="too_large",
        )
    if min(width, height) < SMALLEST_SIDE_PX:
        raise ImageError(
            f"{name}: {width} x {height} px is too small to hold a face; use a larger picture", reason="too_small"
        )


def _upright_rgb(image: Image.Image) -> NDArray[np.uint8]:
    # Asked after decoding: some formats keep their EXIF behind the pixels, and TIFF turns itself.
    turn = _UPRIGHT.get(_orientation(image))
    rgb = _rgb(image)
    if turn is not None:
        rgb = rgb.transpose(turn)
    pixels: NDArray[np.uint8] = np.asarray(rgb)
    pixels.flags.writeable = False
    return pixels


def _orientation(image: Image.Image) -> int:
    """EXIF tag 274; 1 (upright) where there is none or the EXIF block is damaged."""
    try:
        return int(image.getexif().get(274, 1))
    except Exception:  # a photo stays usable whatever is wrong with its notes
        return 1


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_eight_bit(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        shown = image.convert("RGBA")
        white = Image.new("RGBA", shown.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, shown).convert("RGB")
    return image.convert("RGB")


def _eight_bit(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Grey levels of a wider type on the scale 0..255; full scale is the next of 1, 255, 65535 or the maximum."""
    values = np.nan_to_num(grey.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    brightest = float(values.max(initial=0.0))
    if grey.dtype == np.uint16:
        full = 65535.0
    else:
        full = next((scale for scale in (1.0, 255.0, 65535.0) if brightest <= scale), brightest)
    scaled: NDArray[np.uint8] = np.clip(values * (255.0 / full) + 0.5, 0, 255).astype(np.uint8)
    return scaled
