"""Arithmetic on boxes: (n, 4) x1 y1 x2 y2 in pixels. Pure functions, vectorised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["buffered", "from_boxes", "iou", "iou_matrix", "size_ratio_matrix", "to_boxes"]

Doubles = NDArray[np.float64]

_SMALLEST_PX = 1e-3


def iou(first: Doubles, second: Doubles) -> Doubles:
    """Intersection over union of boxes (..., 4) that broadcast together; 0 where a box has no area."""
    overlap = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
    np.maximum(overlap, 0, out=overlap)
    shared = overlap[..., 0] * overlap[..., 1]
    union = _areas(first) + _areas(second) - shared
    ratio: Doubles = np.divide(shared, union, out=np.zeros_like(union), where=union > 0)
    return ratio


def iou_matrix(first: NDArray[np.floating], second: NDArray[np.floating]) -> Doubles:
    """Intersection over union of every pair.

    Parameters
    ----------
    first, second
        (n, 4) and (m, 4) boxes x1 y1 x2 y2, same unit.

    Returns
    -------
    ndarray
        (n, m) float64 in [0, 1]; 0 where a box has no area.

    Examples
    --------
    >>> iou_matrix(np.array([[0, 0, 2, 2.0]]), np.array([[1, 0, 3, 2.0], [5, 5, 6, 6]])).round(3)
    array([[0.333, 0.   ]])
    """
    return iou(np.asarray(first, np.float64)[:, None], np.asarray(second, np.float64)[None])


def _areas(boxes: Doubles) -> Doubles:
    sides = boxes[..., 2:] - boxes[..., :2]
    return np.asarray(sides[..., 0] * sides[..., 1], np.float64)


def size_ratio_matrix(first: NDArray[np.floating], second: NDArray[np.floating]) -> Doubles:
    """Larger over smaller box side (root of the area) of every pair: (n, m) float64, at least 1."""
    sides = [np.sqrt(np.maximum(_areas(np.asarray(x, np.float64)), _SMALLEST_PX**2)) for x in (first, second)]
    ratio = sides[0][:, None] / sides[1][None]
    return np.asarray(np.maximum(ratio, 1 / ratio), np.float64)


def buffered(boxes: Doubles, share: NDArray[np.floating] | float) -> Doubles:
    """Boxes (..., 4) enlarged on each side by `share` (...) of their own width and height.

    Two faces that do not quite overlap because one moved fast do so after buffering.

    References
    ----------
    Yang et al., "Hard to track objects with irregular motions and similar appearances? Make it
    easier by buffering the matching space", WACV 2023 (buffered IoU).
    """
    pad = (boxes[..., 2:] - boxes[..., :2]) * np.asarray(share)[..., None]
    return np.concatenate([boxes[..., :2] - pad, boxes[..., 2:] + pad], axis=-1)


def from_boxes(boxes: NDArray[np.floating]) -> Doubles:
    """(n, 4) float64 centre x, centre y, log width, log height: what the filter follows.

    Sizes are logarithms, so that a face coming nearer grows by a steady rate and never below nothing.
    """
    corners = np.asarray(boxes, np.float64)
    sides = np.maximum(corners[:, 2:] - corners[:, :2], _SMALLEST_PX)
    return np.concatenate([(corners[:, :2] + corners[:, 2:]) / 2, np.log(sides)], axis=1)


def to_boxes(measures: Doubles) -> Doubles:
    """Inverse of `from_boxes`: (n, 4) float64 x1 y1 x2 y2."""
    half = np.exp(measures[:, 2:]) / 2
    return np.concatenate([measures[:, :2] - half, measures[:, :2] + half], axis=1)
