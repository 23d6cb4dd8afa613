"""Verification on a pair list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import RecordError
from lfr_kit.evaluation.photos import PhotoTemplates
from lfr_kit.evaluation.rates import Rate
from lfr_kit.evaluation.tables import PairList
from lfr_kit.evaluation.verification import FoldAccuracy, equal_error_rate, error_rates, k_fold_accuracy

__all__ = ["PairStudy", "study_pairs"]


@dataclass(frozen=True, eq=False)
class PairStudy:
    """How well pairs are told apart.

    Attributes
    ----------
    similarities
        (n,) cosine; NaN = not acquired.
    folds
        Accuracy, each fold with the threshold of the others.
    equal_error_rate
        None without mated or non-mated pairs.
    threshold
        Mean over the folds of the thresholds used.
    fmr, fnmr
        At `threshold`.
    pairs_failed
        Pairs with a face not acquired: all wrong.
    """

    similarities: NDArray[np.float64]
    folds: FoldAccuracy
    equal_error_rate: float | None
    threshold: float
    fmr: Rate
    fnmr: Rate
    pairs_failed: int


def study_pairs(pairs: PairList, photos: PhotoTemplates) -> PairStudy:
    """Compares the pairs of a list.

    Parameters
    ----------
    photos
        One per picture of `pairs.images`, same order.

    Raises
    ------
    RecordError
        If there is not one template or reason per picture, or there are fewer than two folds.
    """
    if len(photos) != len(pairs.images):
        raise RecordError(f"photos: expected one per picture, {len(pairs.images)}, got {len(photos)}")
    vectors = photos.vectors.astype(np.float64)
    if not vectors.shape[1]:
        vectors = np.full((len(photos), 1), np.nan)
    a, b = vectors[pairs.rows[:, 0]], vectors[pairs.rows[:, 1]]
    similarities = (a * b).sum(1)
    folds = k_fold_accuracy(similarities, pairs.is_mated, pairs.folds)
    with np.errstate(invalid="ignore"):  # of +inf and -inf, accept none and accept all, there is no mean
        threshold = float(np.mean(folds.thresholds))
    # Without a mean nothing matches.
    fmr, fnmr = error_rates(similarities, pairs.is_mated, np.inf if np.isnan(threshold) else threshold)
    return PairStudy(
        similarities=similarities,
        folds=folds,
        equal_error_rate=equal_error_rate(similarities, pairs.is_mated),
        threshold=threshold,
        fmr=fmr,
        fnmr=fnmr,
        pairs_failed=int(np.isnan(similarities).sum()),
    )
