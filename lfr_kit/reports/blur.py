"""Makes faces unrecognisable for good.

A Gaussian blur can be undone in part, and a fine mosaic still identifies people [1]. So each region is first
reduced to a handful of coarse, quantised means; what is drawn is made from those alone. What was thrown
away is in no pixel of the result.

References
----------
.. [1] McPherson, Shokri, Shmatikov: Defeating Image Obfuscation with Deep Learning, 2016, arXiv:1609.00408.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from lfr_kit.records import Image

__all__ = ["CELLS", "LEVELS", "alone", "blurred", "coarse"]

CELLS = 4
"""Cells along each side of a covered region: a face spans fewer than three."""
LEVELS = 24
"""Grey levels left in each channel of a cell."""
_HEAD_AXES = np.array([1.35, 1.6])
"""Half axes of a head's ellipse, in halves of the face's box: ears and hair are outside the box."""
_HEAD_RISE = 0.15
"""How far the middle of a head lies above that of its face, in halves of the box's height."""


def coarse(region: Image) -> Image:
    """The few means a region is reduced to: at most (CELLS, CELLS, 3) uint8, quantised to LEVELS."""
    height, width = region.shape[:2]
    cells = cv2.resize(region, (min(CELLS, width), min(CELLS, height)), interpolation=cv2.INTER_AREA)
    step = 256 / LEVELS
    levels: Image = ((np.floor(cells / step) + 0.5) * step).astype(np.uint8)
    return levels


def blurred(image: Image, boxes_px: Iterable[NDArray[np.floating]]) -> Image:
    """A copy of an image in which every box is covered, by the ellipse through its corners.

    Parameters
    ----------
    image
        (h, w, 3) uint8 RGB; not changed.
    boxes_px
        (4,) x1 y1 x2 y2 each; may reach past the border. Boxes outside, or without area, cover nothing.
        Where boxes overlap, later ones are made from what earlier ones left: never from the face itself.
    """
    covered = image.copy()
    for box in boxes_px:
        _cover(covered, np.asarray(box, np.float64))
    return covered


def alone(image: Image, box_px: NDArray[np.floating]) -> Image:
    """A copy of a picture of one person in which only that person's head is left; all round it is coarse means.

    Whoever stands beside or behind cannot be recognised, also where no detector saw them.

    Parameters
    ----------
    image
        (h, w, 3) uint8 RGB, a face with a margin; not changed.
    box_px
        (4,) x1 y1 x2 y2 of the face, brow to chin, in the picture. Without area, nothing is left.
    """
    box = np.asarray(box_px, np.float64)
    centre, half = (box[:2] + box[2:]) / 2, np.maximum((box[2:] - box[:2]) / 2, 0)
    axes = half * _HEAD_AXES
    x = np.arange(image.shape[1]) + 0.5 - centre[0]
    y = np.arange(image.shape[0]) + 0.5 - (centre[1] - half[1] * _HEAD_RISE)
    size_wh = image.shape[1], image.shape[0]
    left = np.asarray(cv2.resize(coarse(image), size_wh, interpolation=cv2.INTER_CUBIC), np.uint8)
    if (axes > 0).all():
        head = (y[:, None] / axes[1]) ** 2 + (x / axes[0]) ** 2 <= 1.0
        np.copyto(left, image, where=head[..., None])
    return left


def _cover(image: Image, box_px: NDArray[np.float64]) -> None:
    """Covers one box in place."""
    centre, half = (box_px[:2] + box_px[2:]) / 2, (box_px[2:] - box_px[:2]) / 2
    if (half <= 0).any():
        return
    half = half * np.sqrt(2)
    size_wh = np.array(image.shape[1::-1])
    x1, y1 = np.floor(np.clip(centre - half, 0, size_wh)).astype(int)
    x2, y2 = np.ceil(np.clip(centre + half, 0, size_wh)).astype(int)
    if x2 <= x1 or y2 <= y1:
        return
    region = image[y1:y2, x1:x2]
    veil = cv2.resize(coarse(region), (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)
    x = (np.arange(x1, x2) + 0.5 - centre[0]) / half[0]
    y = (np.arange(y1, y2) + 0.5 - centre[1]) / half[1]
    inside = y[:, None] ** 2 + x**2 <= 1.0
    cv2.copyTo(veil, inside.view(np.uint8), region)  # forty times as fast as `np.copyto`
