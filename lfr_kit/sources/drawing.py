"""Drawing with parts of a pixel, typed: what street, figures and painting share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Floats", "Pixels", "fill_polygon", "floats", "pixels", "sixteenths"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def floats(values: ArrayLike) -> Floats:
    """A float32 array of anything, OpenCV's loosely typed results included."""
    return np.asarray(values, dtype=np.float32)


def pixels(values: ArrayLike) -> Pixels:
    """A uint8 array; the same object if it is one already."""
    return np.asarray(values, dtype=np.uint8)


def sixteenths(points: ArrayLike) -> Any:
    """Points (n, 2) in pixels as OpenCV's drawing takes them with ``shift=4``."""
    return np.round(np.clip(floats(points), -4000, 4000) * 16).astype(np.int32)


def fill_polygon(picture: NDArray[Any], points: Sequence[tuple[float, float]], colour: Sequence[float]) -> None:
    """Fills in place; edges are smooth in uint8 pictures only."""
    cv2.fillPoly(picture, [sixteenths(points)], tuple(map(float, colour)), cv2.LINE_AA, 4)
