"""Both errors of a decision by threshold, over all thresholds: the curve behind DET plots, 1:1 and 1:N alike.

Scores are similarities: larger is more alike, accepted at or above the threshold. NaN stands for a face that was
not acquired: a mated one is a miss at every threshold, a non-mated one, which could only flatter, is left out.

References
----------
A. Martin et al., "The DET curve in assessment of detection task performance", Eurospeech (1997).
ISO/IEC 19795-1 (DET as false negative against false positive rate).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.rates import Rate

__all__ = ["DetCurve", "ErrorPoint", "count_at_or_above", "det_curve_of", "threshold_at_share"]

Scores = NDArray[np.float64]
Counts = NDArray[np.intp]


@dataclass(frozen=True)
class ErrorPoint:
    """Both errors at one threshold.

    Attributes
    ----------
    threshold
        Accepted at or above it.
    false_positive
        FMR, or FPIR.
    false_negative
        FNMR, or FNIR.
    """

    threshold: float
    false_positive: Rate
    false_negative: Rate


@dataclass(frozen=True, eq=False)
class DetCurve:
    """Both errors at t thresholds, as counts.

    Attributes
    ----------
    thresholds
        (t,) rising.
    false_positives
        (t,) non-mated at or above each; falls.
    false_negatives
        (t,) mated below each, or not acquired; rises.
    n_non_mated, n_mated
        Of how many.
    denominators
        What was counted over, in words: non-mated, mated.
    """

    thresholds: Scores
    false_positives: Counts
    false_negatives: Counts
    n_non_mated: int
    n_mated: int
    denominators: tuple[str, str]

    def __len__(self) -> int:
        return len(self.thresholds)

    @property
    def false_positive_rates(self) -> Scores:
        """(t,); NaN without non-mated trials."""
        return _shares(self.false_positives, self.n_non_mated)

    @property
    def false_negative_rates(self) -> Scores:
        """(t,); NaN without mated trials."""
        return _shares(self.false_negatives, self.n_mated)

    def point(self, index: int) -> ErrorPoint:
        """Both rates, with their counts, at ``thresholds[index]``."""
        return ErrorPoint(
            threshold=float(self.thresholds[index]),
            false_positive=Rate(int(self.false_positives[index]), self.n_non_mated, self.denominators[0]),
            false_negative=Rate(int(self.false_negatives[index]), self.n_mated, self.denominators[1]),
        )

    def equal_error_rate(self) -> float | None:
        """Where both rates are equal, on the straight line between the two thresholds around the crossing.

        The curve is taken to begin where everything is accepted, at (1, 0). None without mated or without
        non-mated trials. Exact only if the curve has a threshold at every score, as `det_curve_of` gives it.
        """
        if not self.n_mated or not self.n_non_mated:
            return None
        positive, negative = np.r_[1.0, self.false_positive_rates], np.r_[0.0, self.false_negative_rates]
        i = int(np.argmax(negative >= positive))
        before, after = positive[i - 1] - negative[i - 1], negative[i] - positive[i]
        return float(positive[i - 1] + before / (before + after) * (positive[i] - positive[i - 1]))


def _shares(counts: Counts, of: int) -> Scores:
    return counts / of if of else np.full(len(counts), np.nan)


def count_at_or_above(scores: ArrayLike, thresholds: ArrayLike) -> Counts:
    """(t,) how many of `scores` (n,) lie at or above each of `thresholds` (t,); NaN never does.

    Examples
    --------
    >>> count_at_or_above([0.2, 0.5, float("nan"), 0.5], [0.1, 0.5, 0.6]).tolist()
    [3, 2, 0]
    """
    values = np.asarray(scores, np.float64)
    ordered = np.sort(values[~np.isnan(values)])
    return np.asarray(len(ordered) - np.searchsorted(ordered, np.asarray(thresholds, np.float64)), np.intp)


def det_curve_of(
    mated_scores: ArrayLike,
    non_mated_scores: ArrayLike,
    denominators: tuple[str, str],
    thresholds: ArrayLike | None = None,
) -> DetCurve:
    """The curve of mated scores (m,) against non-mated scores (n,).

    Parameters
    ----------
    denominators
        Of non-mated and of mated, in words.
    thresholds
        (t,) where to count. Default: at every score there is, and above them all (inf).

    Raises
    ------
    RecordError
        If `thresholds` holds NaN.
    """
    mated, non_mated = np.asarray(mated_scores, np.float64), np.asarray(non_mated_scores, np.float64)
    non_mated = non_mated[~np.isnan(non_mated)]
    if thresholds is None:
        scores = np.unique(np.r_[mated[~np.isnan(mated)], non_mated])
        at = np.append(scores, np.inf)
    else:
        at = np.sort(np.asarray(thresholds, np.float64))
    if np.isnan(at).any():
        raise RecordError("thresholds: NaN is none")
    return DetCurve(
        thresholds=at,
        false_positives=count_at_or_above(non_mated, at),
        false_negatives=len(mated) - count_at_or_above(mated, at),
        n_non_mated=len(non_mated),
        n_mated=len(mated),
        denominators=denominators,
    )


def threshold_at_share(scores: ArrayLike, share: float, name: str) -> float:
    """The lowest threshold at or above which at most `share` of `scores` (n,) lies; NaN is left out.

    Just above the first score that must not be accepted; -inf where all may. With fewer than 1 / share scores it
    lies above them all: the rate is then not resolved, only bounded (`rates.rule_of_three`).

    Parameters
    ----------
    name
        Of the rate, for messages: ``"fpir"``, ``"fmr"``.

    Raises
    ------
    SettingError, RecordError
        If `share` is not in [0, 1]; if there are no scores.
    """
    if not 0 <= share <= 1:
        raise SettingError(f"{name}: must lie in [0, 1], got {share}")
    values = np.asarray(scores, np.float64)
    ordered = np.sort(values[~np.isnan(values)])[::-1]
    if not len(ordered):
        raise RecordError(f"{name.upper()} needs non-mated scores: enrol fewer people, or add others")
    allowed = int(np.floor(share * len(ordered) + 1e-9))
    return float(np.nextafter(ordered[allowed], np.inf)) if allowed < len(ordered) else -np.inf
