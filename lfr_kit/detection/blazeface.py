"""The arithmetic of BlazeFace: anchors, decoding, weighted suppression. Pure functions.

References
----------
Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019
(arXiv:1907.05047); the graphs ``face_detection_short_range`` and ``face_detection_full_range`` of
MediaPipe (Apache-2.0) fix the constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError

__all__ = [
    "N_LANDMARKS",
    "VARIANTS",
    "Candidates",
    "Variant",
    "anchor_centres",
    "box_iou",
    "decode",
    "face_scores",
    "raw_score",
    "suppress",
    "variant",
]

Floats = NDArray[np.float32]

N_LANDMARKS = 6
"""Right eye, left eye, nose tip, mouth centre, right ear, left ear (right = the person's right)."""

SUPPRESSION_IOU = 0.3
"""MediaPipe's ``min_suppression_threshold``."""

_CLIP = 100.0
"""MediaPipe clips raw scores to +-100 before the sigmoid."""


@dataclass(frozen=True)
class Variant:
    """One of the BlazeFace networks.

    Attributes
    ----------
    model
        Name of its model card.
    side_px
        Width and height of the network's input.
    grids
        (cells per side, anchors per cell) of each feature map, in the order of the outputs.
    smallest_px
        Height in pixels of the network's input from which it finds about four faces in five (measured on
        WIDER FACE photos with the full range network; a third less still gives every second one).
    """

    model: str
    side_px: int
    grids: tuple[tuple[int, int], ...]
    smallest_px: float


VARIANTS = {
    "full": Variant("blazeface_full_range", 192, ((48, 1),), 12.0),
    "short": Variant("blazeface_short_range", 128, ((16, 2), (8, 6)), 20.0),
}
"""``full``: faces up to about 5 m on a telephone; ``short``: up to 2 m, the better one for large faces."""


def variant(name: str) -> Variant:
    """The variant of that name; SettingError naming the right ones if there is none."""
    if name not in VARIANTS:
        raise SettingError(f"range: no BlazeFace {name!r}; there are: {', '.join(VARIANTS)}")
    return VARIANTS[name]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Faces before suppression: n rows each, in one common frame of reference.

    Attributes
    ----------
    boxes
        (n, 4) float32 x1 y1 x2 y2.
    landmarks
        (n, 6, 2) float32 x y.
    scores
        (n,) float32 in [0, 1].
    """

    boxes: Floats
    landmarks: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.boxes)

    def rows(self, rows: NDArray[np.intp]) -> Candidates:
        """Those rows only, in that order."""
        return Candidates(self.boxes[rows], self.landmarks[rows], self.scores[rows])


@cache
def anchor_centres(grids: tuple[tuple[int, int], ...]) -> Floats:
    """Centres of all anchors, (a, 2) float32 x y in 0..1 of the input, row by row.

    Anchors have a fixed size of 1: only their centres matter.

    >>> anchor_centres(((2, 1),)).tolist()
    [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]]
    """
    layers = []
    for n_cells, n_per_cell in grids:
        middle = (np.arange(n_cells, dtype=np.float32) + 0.5) / n_cells
        x, y = np.meshgrid(middle, middle)
        layers.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), n_per_cell, axis=0))
    centres = np.concatenate(layers).astype(np.float32)
    centres.flags.writeable = False
    return centres


def face_scores(raw: Floats) -> Floats:
    """Detection scores in [0, 1] from the network's raw ones: sigmoid, clipped as MediaPipe does."""
    clipped = np.clip(raw, -_CLIP, _CLIP).astype(np.float64)
    return (1 / (1 + np.exp(-clipped))).astype(np.float32)


def raw_score(score: float) -> float:
    """Inverse of `face_scores` for a threshold in (0, 1): comparing raw values saves the sigmoids."""
    return float(np.log(score / (1 - score)))


def decode(regressors: Floats, centres: Floats, side_px: int) -> tuple[Floats, Floats]:
    """Boxes and landmarks in 0..1 of the input.

    Parameters
    ----------
    regressors
        (n, 16) float32, offsets in input pixels: box centre x y, width, height, then 6 landmarks x y.
    centres
        (n, 2) float32: the anchor of each row.
    side_px
        Side of the network's input.

    Returns
    -------
    boxes : (n, 4) float32
        x1 y1 x2 y2; x2 >= x1 and y2 >= y1 also where the network answers a negative size.
    landmarks : (n, 6, 2) float32
    """
    values = regressors / np.float32(side_px)
    middle = values[:, :2] + centres
    half = np.abs(values[:, 2:4]) / 2
    landmarks = values[:, 4:].reshape(-1, N_LANDMARKS, 2) + centres[:, None]
    return np.concatenate([middle - half, middle + half], axis=1), landmarks


def _areas(boxes: Floats) -> Floats:
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    areas: Floats = sides[:, 0] * sides[:, 1]
    return areas


def intersections(a: Floats, b: Floats) -> Floats:
    """Area of overlap of each of n boxes with each of m: (n, m) float32."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.maximum(bottom_right - top_left, 0)
    area: Floats = shared[..., 0] * shared[..., 1]
    return area


def box_iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union of n boxes with m: (n, m) float32 in [0, 1]; 0 where both are empty."""
    shared = intersections(a, b)
    union = _areas(a)[:, None] + _areas(b)[None] - shared
    iou: Floats = np.where(union > 0, shared / np.maximum(union, 1e-12), 0).astype(np.float32)
    return iou


def suppress(
    found: Candidates,
    *,
    weights: Floats | None = None,
    overlaps: NDArray[np.bool_] | None = None,
) -> Candidates:
    """One row per face: MediaPipe's weighted non-maximum suppression.

    The best row takes in every row that overlaps it; box and landmarks become their mean, weighted,
    the score stays that of the best row.

    Parameters
    ----------
    found
        n candidates.
    weights
        (n,) float32, by default the scores: rank and weight of each row.
    overlaps
        (n, n) bool, which rows are the same face; by default IoU > 0.3.

    Returns
    -------
    Candidates
        m <= n rows, best first.
    """
    weights = found.scores if weights is None else weights
    overlaps = box_iou(found.boxes, found.boxes) > SUPPRESSION_IOU if overlaps is None else overlaps
    order = np.argsort(-weights, kind="stable")
    free = np.ones(len(found), bool)
    points = np.concatenate([found.boxes.reshape(-1, 2, 2), found.landmarks], axis=1)
    leaders, means = [], []
    for row in order:
        if not free[row]:
            continue
        group = np.flatnonzero(free & overlaps[row])
        group = group if len(group) else np.array([row])
        share = weights[group] / weights[group].sum()
        means.append(np.tensordot(share, points[group], axes=1))
        leaders.append(row)
        free[group] = False
        free[row] = False
    if not leaders:
        return found
    merged = np.asarray(means, np.float32)
    return Candidates(merged[:, :2].reshape(-1, 4), merged[:, 2:], found.scores[leaders])
