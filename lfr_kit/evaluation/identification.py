"""1:N open-set search: some probes are of enrolled people (mated), most are of nobody enrolled (non-mated).

FNIR(N, R, T) = mated searches whose person does not stand among the first R with a score at or above T.
TPIR = 1 - FNIR; where nothing else is said, R = 1.
FPIR(N, T) = non-mated searches with any candidate at or above T. All depend on how many are enrolled, N.

A face that was not acquired (score NaN) is a miss in TPIR and at every rank; in FPIR, where it could only flatter,
it is left out of the denominator.

References
----------
ISO/IEC 19795-1, FNIR(N, R, T), FPIR(N, T) and the cumulative match characteristic (CMC).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.det import DetCurve, det_curve_of, threshold_at_share
from lfr_kit.evaluation.rates import Rate, interval_of_mean
from lfr_kit.evaluation.resampling import draw_weights

__all__ = [
    "MATED",
    "NON_MATED",
    "Mates",
    "OpenSetPoint",
    "Searches",
    "cumulative_matches",
    "det_curve",
    "false_negative_rate",
    "false_positive_rate",
    "open_set_point",
    "rank_one",
    "threshold_at_fpir",
    "tpir_gain",
    "true_positive_rate",
]

Scores = NDArray[np.float64]
Rows = NDArray[np.intp]

MATED = "mated searches"
NON_MATED = "non-mated searches with a face"
"""What TPIR and FPIR are counted over."""


@dataclass(frozen=True, eq=False)
class Mates:
    """Where the right person stood in each of n searches.

    Attributes
    ----------
    ranks
        (n,) from 1; 0 = not among the candidates, or a non-mated search.
    scores
        (n,) their score there; read only where the rank is at least 1.
    n_kept
        How many ranks were looked at: the length of a candidate list.
    """

    ranks: Rows
    scores: Scores
    n_kept: int


@dataclass(frozen=True, eq=False)
class Searches:
    """What n searches against one set of references gave.

    Attributes
    ----------
    people
        (n,) number of the person on each probe, enrolled or not; the same person has the same number in
        every draw.
    is_mated
        (n,) bool: that person is enrolled.
    is_right
        (n,) bool: that person stands at rank 1. False for non-mated searches.
    top_scores
        (n,) score of the rank 1 candidate; NaN = no face acquired, -inf = nobody was enrolled.
    mates
        Where the right person stands, if ranks beyond 1 were kept; None = only rank 1 is known.
    """

    people: Rows
    is_mated: NDArray[np.bool_]
    is_right: NDArray[np.bool_]
    top_scores: Scores
    mates: Mates | None = None

    def __post_init__(self) -> None:
        lengths = {len(self.people), len(self.is_mated), len(self.is_right), len(self.top_scores)}
        if self.mates is not None:
            lengths |= {len(self.mates.ranks), len(self.mates.scores)}
        if len(lengths) != 1:
            raise RecordError(f"searches: columns differ in length: {sorted(lengths)}")
        if (self.is_right & ~self.is_mated).any():
            raise RecordError("searches: only a mated search can have the right person at rank 1")
        if self.mates is not None and ((self.mates.ranks == 1) != self.is_right).any():
            raise RecordError("searches: is_right and the mates' ranks disagree about who stands at rank 1")

    def mate_scores(self, rank: int = 1) -> Scores:
        """(m,) per mated search the score of the right person; NaN if not among the first `rank`, or no face.

        Raises
        ------
        SettingError, RecordError
            If `rank` is below 1; if it is beyond the ranks that were kept.
        """
        if rank < 1:
            raise SettingError(f"rank: at least 1, got {rank}")
        kept = 1 if self.mates is None else self.mates.n_kept
        if rank > kept:
            raise RecordError(f"rank: {rank} is beyond the {kept} that were kept; search with more candidates")
        if self.mates is None:
            found = np.where(self.is_right, self.top_scores, np.nan)
        else:
            is_among = (self.mates.ranks >= 1) & (self.mates.ranks <= rank)
            found = np.where(is_among & ~np.isnan(self.top_scores), self.mates.scores, np.nan)
        return np.asarray(found[self.is_mated])

    @cached_property
    def stranger_scores(self) -> Scores:
        """Top scores of the non-mated searches in which a face was acquired."""
        return self.top_scores[self._strangers]

    @cached_property
    def _strangers(self) -> NDArray[np.bool_]:
        return ~self.is_mated & ~np.isnan(self.top_scores)


@dataclass(frozen=True)
class OpenSetPoint:
    """TPIR at one FPIR, over several draws of who is enrolled.

    Attributes
    ----------
    fpir
        Asked for.
    tpir
        Mean over the draws.
    interval
        95 %, by bootstrap over people: searches of one person stand or fall together, and the draws
        share their people. Thresholds are found anew in each resample.
    interval_over_draws
        95 % Student interval of the mean over draws: how far the choice of the enrolled moves it. None
        for one draw.
    threshold
        Mean over the draws of the lowest threshold that keeps to `fpir`.
    fpir_measured
        Non-mated searches at or above it, pooled over the draws.
    """

    fpir: float
    tpir: float
    interval: tuple[float, float]
    interval_over_draws: tuple[float, float] | None
    threshold: float
    fpir_measured: Rate


def threshold_at_fpir(stranger_scores: ArrayLike, fpir: float) -> float:
    """The lowest threshold at or above which at most a share `fpir` of `stranger_scores` (n,) lies.

    See `det.threshold_at_share`.

    Examples
    --------
    >>> scores = [0.1, 0.2, 0.3, 0.4]
    >>> 0.3 < threshold_at_fpir(scores, 0.25) < 0.3001
    True
    """
    return threshold_at_share(stranger_scores, fpir, "fpir")


def true_positive_rate(searches: Searches, threshold: float, rank: int = 1) -> Rate:
    """TPIR(N, R, T): mated searches with the right person among the first `rank`, at or above `threshold`.

    Raises
    ------
    SettingError, RecordError
        If `rank` is below 1 or beyond the ranks that were kept.
    """
    return false_negative_rate(searches, threshold, rank).complement


def false_negative_rate(searches: Searches, threshold: float, rank: int = 1) -> Rate:
    """FNIR(N, R, T): all other mated searches, those in which no face was acquired among them."""
    scores = searches.mate_scores(rank)
    return Rate(int((~(scores >= threshold)).sum()), len(scores), MATED)


def false_positive_rate(searches: Searches, threshold: float) -> Rate:
    """FPIR(N, T): non-mated searches with a candidate at or above `threshold`."""
    scores = searches.stranger_scores
    return Rate(int((scores >= threshold).sum()), len(scores), NON_MATED)


def rank_one(searches: Searches) -> Rate:
    """Mated searches whose person stands at rank 1, whatever the score."""
    return true_positive_rate(searches, -np.inf)


def cumulative_matches(searches: Searches, n_ranks: int) -> tuple[Rate, ...]:
    """CMC: for each rank from 1 to `n_ranks`, mated searches with the right person no further down.

    A closed-set measure: it says nothing of those who are not enrolled.

    Raises
    ------
    SettingError, RecordError
        If `n_ranks` is below 1 or beyond the ranks that were kept.
    """
    searches.mate_scores(n_ranks)  # refuses what was not kept before anything is counted
    return tuple(true_positive_rate(searches, -np.inf, rank) for rank in range(1, n_ranks + 1))


def det_curve(searches: Searches, rank: int = 1, thresholds: ArrayLike | None = None) -> DetCurve:
    """FPIR(N, T) and FNIR(N, R, T) over thresholds T: by default at every score there is."""
    return det_curve_of(searches.mate_scores(rank), searches.stranger_scores, (NON_MATED, MATED), thresholds)


def open_set_point(
    draws: Sequence[Searches], fpir: float, *, seed: int = 0, n_resamples: int = 500
) -> OpenSetPoint:
    """TPIR at `fpir` as mean over draws, with both intervals.

    Raises
    ------
    RecordError
        If there is no draw, or one without mated or non-mated searches.
    SettingError
        If `fpir` is not in [0, 1].
    """
    if not draws or not all(draw.is_mated.any() for draw in draws):
        raise RecordError("TPIR needs mated searches: people with more photographs than are enrolled")
    thresholds = [threshold_at_fpir(draw.stranger_scores, fpir) for draw in draws]
    at = list(zip(draws, thresholds, strict=True))
    rates = [true_positive_rate(draw, threshold).value for draw, threshold in at]
    false = [false_positive_rate(draw, threshold) for draw, threshold in at]
    resampled = _resampled_tpir(draws, fpir, np.random.default_rng(seed), n_resamples)
    low, high = np.quantile(resampled, [0.025, 0.975])
    return OpenSetPoint(
        fpir=fpir,
        tpir=float(np.mean(np.array(rates, np.float64))),
        interval=(float(low), float(high)),
        interval_over_draws=interval_of_mean(np.array(rates, np.float64)),
        threshold=float(np.mean(thresholds)),
        fpir_measured=Rate(sum(r.count for r in false), sum(r.trials for r in false), false[0].denominator),
    )


def tpir_gain(
    draws: Sequence[Searches],
    others: Sequence[Searches],
    fpir: float,
    *,
    seed: int = 0,
    n_resamples: int = 500,
) -> tuple[float, tuple[float, float]]:
    """By how much TPIR at `fpir` is higher in `draws` than in `others`, and the 95 % interval of that.

    Parameters
    ----------
    draws, others
        The same searches of the same people against the same lists, made in two ways: what they have in
        common - which people are hard, which strangers look like somebody - then cancels out, as every
        resample of the people counts for both.

    Raises
    ------
    RecordError
        If these are not the same searches.
    """
    paired = zip(draws, others, strict=False)
    same = (np.array_equal(a.people, b.people) and np.array_equal(a.is_mated, b.is_mated) for a, b in paired)
    if len(draws) != len(others) or not draws or not all(same):
        raise RecordError("a gain needs the same searches made in two ways: the same people, draws and seed")
    points = [open_set_point(each, fpir, seed=seed, n_resamples=1) for each in (draws, others)]
    resampled = [_resampled_tpir(each, fpir, np.random.default_rng(seed), n_resamples) for each in (draws, others)]
    low, high = np.quantile(resampled[0] - resampled[1], [0.025, 0.975])
    return points[0].tpir - points[1].tpir, (float(low), float(high))


def _resampled_tpir(draws: Sequence[Searches], fpir: float, rng: np.random.Generator, n_resamples: int) -> Scores:
    """(b,) mean TPIR over the draws, for b resamples of the people with replacement."""
    n_people = int(max(draw.people.max() for draw in draws)) + 1
    present = np.unique(np.concatenate([draw.people for draw in draws]))
    weights = np.zeros((n_resamples, n_people))
    weights[:, present] = draw_weights(len(present), n_resamples, rng)
    by_draw: Scores = np.stack([_weighted_tpir(draw, weights, fpir) for draw in draws])
    return np.asarray(by_draw.mean(0))


def _weighted_tpir(draw: Searches, weights: Scores, fpir: float) -> Scores:
    """(b,) TPIR at `fpir` where person p counts `weights[b, p]` times; 0 where no mated search is left."""
    strangers = draw.people[draw._strangers]
    order = np.argsort(-draw.stranger_scores)
    alerting = weights[:, strangers[order]].cumsum(1)
    # The first stranger who takes the share past fpir must not alert: the threshold lies above that score.
    over = alerting > fpir * alerting[:, -1:] + 1e-9
    bars = draw.stranger_scores[order][over.argmax(1)]
    bars = np.where(over.any(1), bars, -np.inf)
    right = np.flatnonzero(draw.is_right)
    right = right[np.argsort(-draw.top_scores[right])]
    hits = np.c_[np.zeros(len(weights)), weights[:, draw.people[right]].cumsum(1)]
    n_above = np.searchsorted(-draw.top_scores[right], -bars, side="left")
    trials = weights[:, draw.people[draw.is_mated]].sum(1)
    return np.asarray(hits[np.arange(len(weights)), n_above] / np.maximum(trials, 1))
