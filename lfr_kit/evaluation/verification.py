"""1:1 comparison: pairs of photographs, of the same person (mated) or of two (non-mated).

Scores are similarities: larger is more alike, a pair matches at or above the threshold. NaN stands for a
pair that could not be compared because a face was not acquired. It is never dropped: it counts as a wrong
answer in `k_fold_accuracy` and as a non-match in FNMR; in FMR, where it could only flatter, it is left out
of the denominator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.errors import RecordError
from lfr_kit.evaluation.det import DetCurve, ErrorPoint, det_curve_of, threshold_at_share
from lfr_kit.evaluation.rates import Rate

__all__ = [
    "FoldAccuracy",
    "best_threshold",
    "det_curve",
    "equal_error_rate",
    "error_rates",
    "fnmr_at_fmr",
    "k_fold_accuracy",
]

Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class FoldAccuracy:
    """Result of `k_fold_accuracy`.

    Attributes
    ----------
    accuracy
        Right answers over all pairs, pooled over the folds.
    by_fold
        The same per fold, in the order of the fold numbers.
    thresholds
        The threshold each fold was judged with: found on the others.
    """

    accuracy: Rate
    by_fold: tuple[Rate, ...]
    thresholds: tuple[float, ...]


def _checked(scores: ArrayLike, is_mated: ArrayLike) -> tuple[Scores, Flags]:
    s, mated = np.asarray(scores, np.float64), np.asarray(is_mated, bool)
    if s.ndim != 1 or s.shape != mated.shape:
        raise RecordError(f"scores, is_mated: expected two arrays of one length, got {s.shape} and {mated.shape}")
    return s, mated


def best_threshold(scores: ArrayLike, is_mated: ArrayLike) -> float:
    """The threshold with the most right answers: the middle of the gap between two neighbouring scores.

    Parameters
    ----------
    scores
        (n,) similarities; NaN is passed over, it is wrong at every threshold.
    is_mated
        (n,) bool.

    Returns
    -------
    float
        Among equally good gaps the middle one. -inf or inf where accepting all or none is best;
        inf where there is nothing to go by.

    Raises
    ------
    RecordError
        If the two arrays differ in length.
    """
    s, mated = _checked(scores, is_mated)
    acquired = ~np.isnan(s)
    values, where = np.unique(s[acquired], return_inverse=True)
    mated_at = np.bincount(where, mated[acquired], len(values))
    other_at = np.bincount(where, ~mated[acquired], len(values))
    # Gap i lies below values[i]: mated from i on match, non-mated before i do not.
    right = np.r_[mated_at[::-1].cumsum()[::-1], 0] + np.r_[0, other_at.cumsum()]
    edges = np.r_[-np.inf, values, np.inf]
    best = np.flatnonzero(right == right.max())
    i = best[len(best) // 2]
    return float(edges[i + 1] if i == len(values) else (edges[i] + edges[i + 1]) / 2)


def k_fold_accuracy(scores: ArrayLike, is_mated: ArrayLike, folds: ArrayLike) -> FoldAccuracy:
    """Accuracy as LFW's View 2 states it: each fold is judged with the best threshold of all others.

    Parameters
    ----------
    scores
        (n,) similarities; NaN = not acquired = wrong.
    is_mated
        (n,) bool.
    folds
        (n,) fold number of each pair.

    Raises
    ------
    RecordError
        If the arrays differ in length, or there are fewer than two folds.

    References
    ----------
    G. B. Huang et al., "Labeled Faces in the Wild", UMass Amherst Technical Report 07-49 (2007).
    """
    s, mated = _checked(scores, is_mated)
    fold = np.asarray(folds)
    numbers = np.unique(fold)
    if fold.shape != s.shape:
        raise RecordError(f"folds: one number per pair, {len(s)}, got {fold.shape}")
    _check_folds(numbers)
    by_fold, thresholds = [], []
    for number in numbers:
        here = fold == number
        threshold = best_threshold(s[~here], mated[~here])
        right = ((s[here] >= threshold) == mated[here]) & ~np.isnan(s[here])
        by_fold.append(Rate(int(right.sum()), int(here.sum()), "pairs"))
        thresholds.append(threshold)
    return FoldAccuracy(
        accuracy=Rate(sum(r.count for r in by_fold), len(s), "pairs"),
        by_fold=tuple(by_fold),
        thresholds=tuple(thresholds),
    )


def _check_folds(numbers: NDArray[np.intp]) -> None:
    if len(numbers) < 2:
        raise RecordError(
            "folds: at least two, since each is judged with the threshold of the others; "
            f"all pairs are in fold {numbers[0] if len(numbers) else 'none'}"
        )


def error_rates(scores: ArrayLike, is_mated: ArrayLike, threshold: float) -> tuple[Rate, Rate]:
    """(FMR, FNMR) at a threshold: non-mated pairs at or above it; mated pairs below it or not acquired.

    Raises
    ------
    RecordError
        If the arrays differ in length.
    """
    point = det_curve(scores, is_mated, [threshold]).point(0)
    return point.false_positive, point.false_negative


def det_curve(scores: ArrayLike, is_mated: ArrayLike, thresholds: ArrayLike | None = None) -> DetCurve:
    """FMR and FNMR over thresholds: by default at every score there is.

    Parameters
    ----------
    scores
        (n,) similarities; NaN = not acquired.
    is_mated
        (n,) bool.
    thresholds
        (t,) where to count.

    Raises
    ------
    RecordError
        If the arrays differ in length.
    """
    s, mated = _checked(scores, is_mated)
    return det_curve_of(s[mated], s[~mated], ("non-mated pairs compared", "mated pairs"), thresholds)


def fnmr_at_fmr(scores: ArrayLike, is_mated: ArrayLike, fmr: float) -> ErrorPoint:
    """FNMR at the lowest threshold whose FMR on these pairs is at most `fmr`.

    With fewer than 1 / fmr non-mated pairs the threshold lies above them all, and the FMR asked for is not
    resolved: the interval of `ErrorPoint.false_positive` says how far it may be off.

    Raises
    ------
    SettingError, RecordError
        If `fmr` is not in [0, 1]; if the arrays differ in length or there is no non-mated pair.
    """
    s, mated = _checked(scores, is_mated)
    return det_curve(s, mated, [threshold_at_share(s[~mated], fmr, "fmr")]).point(0)


def equal_error_rate(scores: ArrayLike, is_mated: ArrayLike) -> float | None:
    """Where FMR equals FNMR, on the straight line between the two thresholds around the crossing.

    Mated pairs that were not acquired count as non-matches. None without mated or without non-mated pairs.

    Raises
    ------
    RecordError
        If the arrays differ in length.
    """
    return det_curve(scores, is_mated).equal_error_rate()
