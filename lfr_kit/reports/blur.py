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

__all__ = ["CELLS", "LEVELS", "blurred", "coarse"]

CELLS = 4
"""Cells along each side of a covered region: a face spans fewer than three."""
LEVELS = 24
"""Grey levels left in each channel of a cell."""


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
    veil = cv2.resize(coarse(region), (x2 - x1, y2 - y1), interpolation=cv2.INTER_CUBIC)
    x = (np.arange(x1, x2) + 0.5 - centre[0]) / half[0]
    y = (np.arange(y1, y2) + 0.5 - centre[1]) / half[1]
    inside = y[:, None] ** 2 + x**2 <= 1.0
    np.copyto(region, veil, where=inside[..., None])
