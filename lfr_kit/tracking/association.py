"""Which detection continues which track: the assignment of least cost. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from lfr_kit.tracking.boxes import buffered, iou, size_ratio_matrix

__all__ = ["Gate", "assign", "likeness"]

_FORBIDDEN = 1e6


@dataclass(frozen=True)
class Gate:
    """What two boxes must have in common to be one face.

    Attributes
    ----------
    min_iou
        Least (buffered) intersection over union, (0, 1].
    max_size_ratio
        Largest ratio of their sides, >= 1.
    """

    min_iou: float
    max_size_ratio: float


def likeness(
    tracks_px: NDArray[np.float64], detections_px: NDArray[np.float64], buffer: NDArray[np.float64], gate: Gate
) -> NDArray[np.float64]:
    """How well each detection continues each track.

    Parameters
    ----------
    tracks_px, detections_px
        (n, 4) predicted and (m, 4) detected boxes.
    buffer
        (n,) share by which track i and each detection are enlarged before they are compared: the
        less certain a prediction, the larger.
    gate
        Pairs that fail it get 0.

    Returns
    -------
    ndarray
        (n, m) float64 in [0, 1]: intersection over union of the enlarged boxes, or 0.
    """
    reach = buffer[:, None]
    grown = iou(buffered(tracks_px[:, None], reach), buffered(detections_px[None], reach))
    allowed = (grown >= gate.min_iou) & (size_ratio_matrix(tracks_px, detections_px) <= gate.max_size_ratio)
    return np.where(allowed, grown, 0.0)


def assign(scores: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (row, column) of the largest total of `scores`; pairs with score 0 are left out.

    Parameters
    ----------
    scores
        (n, m) in [0, 1]; 0 = not allowed.

    Examples
    --------
    >>> rows, columns = assign(np.array([[0.9, 0.8], [0.7, 0.0]]))
    >>> rows.tolist(), columns.tolist()
    ([0, 1], [1, 0])
    """
    if scores.size == 0:
        nothing = np.zeros(0, np.intp)
        return nothing, nothing
    rows, columns = linear_sum_assignment(np.where(scores > 0, 1 - scores, _FORBIDDEN))
    kept = scores[rows, columns] > 0
    return rows[kept], columns[kept]
