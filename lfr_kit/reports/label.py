"""The one face of a clip that is shown: its box, the reference it may be, and that a person decides."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from lfr_kit.records import Image

__all__ = ["CAUTION", "labelled", "plate"]

CAUTION = "possible match: a person decides"
_AMBER = (255, 191, 71)
_INK = (11, 12, 12)


@cache
def _font(size_px: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which matplotlib brings along: it has Latin, Greek, Cyrillic and more."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    with as_file(files("matplotlib") / "mpl-data" / "fonts" / "ttf" / name) as path:
        return ImageFont.truetype(path, size_px)


def _fitted(text: str, font: ImageFont.FreeTypeFont, width_px: float) -> str:
    """The text, its end replaced by an ellipsis where it would not fit."""
    if font.getlength(text) <= width_px:
        return text
    while text and font.getlength(text + "…") > width_px:
        text = text[:-1]
    return text.rstrip() + "…"


@cache
def plate(reference_id: str, size_px: int, room_px: int) -> Image:
    """The words beside a face as a picture: name, and that a person decides.

    Parameters
    ----------
    reference_id
        Who it may be.
    size_px
        Height of the letters of the name.
    room_px
        Largest width; a longer name ends in an ellipsis.
    """
    name_font, small = _font(size_px, bold=True), _font(round(size_px * 0.8))
    pad, line = round(size_px * 0.5), round(size_px * 1.3)
    name, caution = _fitted(reference_id, name_font, room_px - 2 * pad), _fitted(CAUTION, small, room_px - 2 * pad)
    width = int(max(name_font.getlength(name), small.getlength(caution))) + 2 * pad
    canvas = PillowImage.new("RGB", (width, 2 * line + pad), _INK)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle([0, 0, max(3, size_px // 5), canvas.height], fill=_AMBER)
    draw.text((pad, pad // 2), name, font=name_font, fill=(255, 255, 255))
    draw.text((pad, pad // 2 + line), caution, font=small, fill=(222, 222, 222))
    return np.asarray(canvas)


def _corner(box: NDArray[np.floating], plate_wh: tuple[int, int], frame_wh: tuple[int, int]) -> tuple[int, int]:
    """Where the plate goes: above the box, else below it, else at the top; never out of the frame."""
    gap = 4
    left = int(np.clip(box[0], 0, max(frame_wh[0] - plate_wh[0], 0)))
    above = int(box[1]) - gap - plate_wh[1]
    below = int(box[3]) + gap
    if above >= 0:
        return left, above
    return left, below if below + plate_wh[1] <= frame_wh[1] else 0


def labelled(image: Image, box_px: NDArray[np.floating], reference_id: str) -> Image:
    """A copy of an image with one face boxed and named.

    Parameters
    ----------
    image
        (h, w, 3) uint8 RGB; not changed.
    box_px
        (4,) x1 y1 x2 y2 of the face.
    reference_id
        Who it may be.
    """
    height, width = image.shape[:2]
    size_px = int(np.clip(height / 40, 11, 34))
    marked = image.copy()
    x1, y1, x2, y2 = (int(v) for v in box_px)
    cv2.rectangle(marked, (x1, y1), (x2, y2), _AMBER, thickness=max(2, size_px // 7))
    words = plate(reference_id, size_px, width)
    x, y = _corner(box_px, (words.shape[1], words.shape[0]), (width, height))
    room = marked[y : y + words.shape[0], x : x + words.shape[1]]
    room[:] = words[: room.shape[0], : room.shape[1]]
    return marked
