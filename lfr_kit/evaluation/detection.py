"""Boxes found against boxes that people drew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.rates import Rate

__all__ = [
    "HEIGHT_BANDS_PX",
    "BoxMatches",
    "DetectionRates",
    "HeightBand",
    "detection_rates",
    "iou",
    "match_boxes",
]

Boxes = NDArray[np.float64]

HEIGHT_BANDS_PX = (0.0, 16.0, 24.0, 32.0, 48.0, 96.0, float("inf"))
"""Edges of the height bands rates are given for: from the one up to below the next."""


@dataclass(frozen=True, eq=False)
class BoxMatches:
    """Which boxes of one picture belong together.

    Attributes
    ----------
    true_of_found
        (n,) row of the drawn box that each found box matches, -1 = none.
    found_of_true
        (m,) the other way round.
    true_heights_px, found_heights_px
        (m,) heights of the drawn boxes, (n,) of the found ones.
    """

    true_of_found: NDArray[np.intp]
    found_of_true: NDArray[np.intp]
    true_heights_px: NDArray[np.float64]
    found_heights_px: NDArray[np.float64]


@dataclass(frozen=True)
class HeightBand:
    """Faces and boxes from one height up to below another.

    Attributes
    ----------
    from_px, up_to_px
        Of drawn faces for recall, of found boxes for false ones.
    recall
        Faces of this height that were found.
    false_boxes
        Boxes of this height that match no drawn face of any size, of all boxes of this height.
    """

    from_px: float
    up_to_px: float
    recall: Rate
    false_boxes: Rate


@dataclass(frozen=True)
class DetectionRates:
    """Result of `detection_rates`.

    Attributes
    ----------
    recall
        Faces found, of those at least `smallest_face_px` high.
    false_boxes, images
        Boxes that match no drawn face of any size, over all pictures.
    by_height_px
        Per height band that holds a drawn face or a found box.
    """

    recall: Rate
    false_boxes: int
    images: int
    by_height_px: tuple[HeightBand, ...]

    @property
    def false_per_image(self) -> float | None:
        """False boxes per picture; None without pictures."""
        return self.false_boxes / self.images if self.images else None


def _boxes(value: ArrayLike, name: str) -> Boxes:
    boxes = np.asarray(value, np.float64)
    boxes = boxes.reshape(0, 4) if boxes.size == 0 else boxes
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise RecordError(f"{name}: expected shape (n, 4), got {boxes.shape}")
    return boxes


def iou(boxes_a: ArrayLike, boxes_b: ArrayLike) -> Boxes:
    """Intersection over union, (n, m), of boxes (n, 4) and (m, 4), x1 y1 x2 y2.

    Raises
    ------
    RecordError
        If a list of boxes has another shape.

    Examples
    --------
    >>> iou([[0, 0, 2, 2]], [[1, 0, 3, 2], [5, 5, 6, 6]]).round(3).tolist()
    [[0.333, 0.0]]
    """
    a, b = _boxes(boxes_a, "boxes_a")[:, None], _boxes(boxes_b, "boxes_b")[None]
    sides = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None)
    shared = sides.prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def match_boxes(
    found_px: ArrayLike, detection_scores: ArrayLike, true_px: ArrayLike, *, smallest_iou: float = 0.4
) -> BoxMatches:
    """Pairs found with drawn boxes, greedily: the surest first, each takes the free one it overlaps most.

    Parameters
    ----------
    found_px, true_px
        (n, 4) and (m, 4) x1 y1 x2 y2.
    detection_scores
        (n,) larger = surer; equal scores keep their order.
    smallest_iou
        What counts as found, in (0, 1], inclusive.

    Raises
    ------
    RecordError, SettingError
        If an array has another shape; if `smallest_iou` is out of range.
    """
    if not 0 < smallest_iou <= 1:
        raise SettingError(f"smallest_iou: must lie in (0, 1], got {smallest_iou}")
    true, found = _boxes(true_px, "true_px"), _boxes(found_px, "found_px")
    overlaps = iou(found, true)
    scores = np.asarray(detection_scores, np.float64)
    if scores.shape != overlaps.shape[:1]:
        raise RecordError(f"detection_scores: expected ({len(overlaps)},), got {scores.shape}")
    true_of_found = np.full(len(overlaps), -1, np.intp)
    found_of_true = np.full(len(true), -1, np.intp)
    for row in np.argsort(-scores, kind="stable"):
        free = np.where(found_of_true < 0, overlaps[row], 0.0)
        if len(free) and free.max() >= smallest_iou:
            column = int(free.argmax())
            true_of_found[row], found_of_true[column] = column, row
    return BoxMatches(true_of_found, found_of_true, true[:, 3] - true[:, 1], found[:, 3] - found[:, 1])


def detection_rates(
    matches: Sequence[BoxMatches],
    *,
    smallest_face_px: float = 16.0,
    bands_px: Sequence[float] = HEIGHT_BANDS_PX,
) -> DetectionRates:
    """Recall over all pictures, of faces at least `smallest_face_px` high; that and false boxes by height band.

    A found box that matches a smaller face is neither a hit nor false.

    Raises
    ------
    SettingError
        If the edges of the bands do not rise.
    """
    if any(not low < high for low, high in pairwise(bands_px)):
        raise SettingError(f"bands_px: the edges must rise, got {tuple(bands_px)}")
    heights = np.concatenate([m.true_heights_px for m in matches] or [np.zeros(0)])
    hits = np.concatenate([m.found_of_true >= 0 for m in matches] or [np.zeros(0, bool)])
    found_px = np.concatenate([m.found_heights_px for m in matches] or [np.zeros(0)])
    is_false = np.concatenate([m.true_of_found < 0 for m in matches] or [np.zeros(0, bool)])
    bands = []
    for low, high in pairwise(bands_px):
        found_here = (found_px >= low) & (found_px < high)
        band = HeightBand(
            from_px=low,
            up_to_px=high,
            recall=_recall(hits, (heights >= low) & (heights < high)),
            false_boxes=Rate(int((is_false & found_here).sum()), int(found_here.sum()), "boxes found"),
        )
        if band.recall.trials or band.false_boxes.trials:
            bands.append(band)
    return DetectionRates(
        recall=_recall(hits, heights >= smallest_face_px),
        false_boxes=int(is_false.sum()),
        images=len(matches),
        by_height_px=tuple(bands),
    )


def _recall(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Rate:
    return Rate(int((hits & among).sum()), int(among.sum()), "faces")
