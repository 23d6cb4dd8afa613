"""Intervals by resampling people: passes of one person stand or fall together.

A resample is a set of weights: how often each person was drawn. So a statistic that can be computed with weights
needs no copying, and a rate is two sums. Rows whose person is not known (a negative number: the crowd) are each
taken for somebody of their own.

References
----------
B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 and 14 (percentile, BCa).
A. B. Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1 (2007) (several ways at once).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.rates import Rate, check_confidence

__all__ = [
    "BootstrapMethod",
    "bca_interval",
    "bootstrap_by_person",
    "draw_weights",
    "numbered",
    "rate_interval_by_person",
    "rates_interval_by_person",
]

Values = NDArray[np.float64]
Rows = NDArray[np.intp]
BootstrapMethod = Literal["percentile", "bca"]
_CELLS = 1 << 22
T = TypeVar("T", float, Values)


def numbered(people: ArrayLike) -> tuple[Rows, int]:
    """(n,) numbers 0 .. m - 1 of the people, and m; each negative entry becomes somebody of their own.

    Examples
    --------
    >>> rows, n_people = numbered([7, -1, 7, -1, 3])
    >>> rows.tolist(), n_people
    ([1, 2, 1, 3, 0], 4)
    """
    who = np.array(people, np.int64)
    if who.ndim != 1:
        raise RecordError(f"people: expected one number per row, (n,), got shape {who.shape}")
    unknown = who < 0
    if unknown.any():
        who[unknown] = np.arange(unknown.sum()) + max(int(who.max()), -1) + 1
    present, rows = np.unique(who, return_inverse=True)
    return np.asarray(rows, np.intp), len(present)


def draw_weights(n_people: int, n_resamples: int, rng: np.random.Generator) -> Rows:
    """(b, n_people) how often each was drawn in b resamples of as many people, with replacement.

    Raises
    ------
    SettingError
        If there are no people or no resamples.
    """
    if n_people < 1 or n_resamples < 1:
        raise SettingError(f"resampling: needs people and resamples, got {n_people} and {n_resamples}")
    return np.asarray(rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=n_resamples), np.intp)


def bootstrap_by_person(
    people: ArrayLike,
    statistic: Callable[[Values], T],
    n_resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
    method: BootstrapMethod = "percentile",
) -> tuple[T, T] | None:
    """Two-sided interval of a statistic of n rows, by resampling people with all their rows.

    Parameters
    ----------
    people
        (n,) number of the person of each row, negative = unknown. Or (k, n): person, day, camera, ...; each is
        resampled and a row counts the product of its weights, which is on the wide side.
    statistic
        Given how often each row counts, (n,); gives a number, or an array of one shape. NaN where it is not
        defined: such resamples are left out.
    method
        ``"percentile"``, or ``"bca"``: corrected for bias and skewness, at one more evaluation per person.

    Returns
    -------
    tuple or None
        (low, high) of what the statistic gives. None with fewer than two people, or if the statistic is not
        defined in half of the resamples: no interval is better than a wrong one.

    Raises
    ------
    RecordError, SettingError
        If `people` has another shape; if a setting is out of range.

    Notes
    -----
    A statistic that does not vary (no error at all) has an interval of no width, which means nothing; for rates
    `rate_interval_by_person` knows better.
    """
    check_confidence(confidence)
    if method not in ("percentile", "bca"):
        raise SettingError(f"method: percentile or bca, got {method!r}")
    ways = [numbered(way) for way in np.atleast_2d(np.asarray(people))]
    rows, n_people = ways[0]
    if n_people < 2:
        return None
    rng = np.random.default_rng(seed)
    drawn = [(draw_weights(m, n_resamples, rng), of_row) for of_row, m in ways]
    replicates = np.array(
        [
            statistic(np.prod([w[b][of_row] for w, of_row in drawn], axis=0, dtype=float))
            for b in range(n_resamples)
        ]
    )
    if np.isnan(replicates).mean() > 0.5:
        return None
    if method == "bca":
        estimate = np.asarray(statistic(np.ones(len(rows))))
        without = np.array([statistic((rows != person).astype(float)) for person in range(n_people)])
        low, high = bca_interval(replicates, estimate, without, confidence)
    else:
        low, high = _percentiles(replicates, confidence)
    ends: tuple[Any, Any] = (float(low), float(high)) if replicates.ndim == 1 else (low, high)
    return ends


def _percentiles(replicates: Values, confidence: float) -> tuple[Values, Values]:
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(replicates, [tail, 1 - tail], axis=0)
    return low, high


def bca_interval(
    replicates: ArrayLike, estimate: ArrayLike, without: ArrayLike, confidence: float = 0.95
) -> tuple[Values, Values]:
    """The interval corrected for bias and skewness (BCa) from finished resamples.

    Parameters
    ----------
    replicates
        (b, ...) the statistic of each resample.
    estimate
        (...) of the data themselves.
    without
        (m, ...) with each person left out in turn.

    Returns
    -------
    tuple
        (low, high), each (...). Where all replicates lie on one side of the estimate the correction is not
        defined, and the plain percentiles stand.
    """
    from scipy.special import ndtr, ndtri

    check_confidence(confidence)
    b, value, left = np.asarray(replicates, float), np.asarray(estimate, float), np.asarray(without, float)
    tail = (1 - confidence) / 2
    bias = ndtri(((b < value).mean(0) + (b <= value).mean(0)) / 2)
    gap = np.nanmean(left, axis=0) - left
    spread = np.nansum(gap**2, axis=0) ** 1.5
    skew = np.divide(np.nansum(gap**3, axis=0), 6 * spread, out=np.zeros_like(spread), where=spread > 0)
    ends = []
    for z, plain in ((ndtri(tail), tail), (ndtri(1 - tail), 1 - tail)):
        with np.errstate(invalid="ignore"):
            at = ndtr(bias + (bias + z) / (1 - skew * (bias + z)))
        at = np.where(np.isfinite(bias) & np.isfinite(at), at, plain)
        flat = b.reshape(len(b), -1)
        ends.append(np.array([np.nanquantile(c, q) for c, q in zip(flat.T, np.ravel(at), strict=True)]))
    return ends[0].reshape(value.shape), ends[1].reshape(value.shape)


def rates_interval_by_person(
    hits: ArrayLike, trials: ArrayLike, n_resamples: int = 2000, seed: int = 0, confidence: float = 0.95
) -> tuple[Values, Values]:
    """Percentile intervals of t rates at once, from sums per person.

    Parameters
    ----------
    hits
        (m, t) of m people, at t thresholds.
    trials
        (m,) of each.

    Returns
    -------
    tuple
        (low, high), each (t,). One resample of people serves all rates, so they move together.
    """
    check_confidence(confidence)
    of_person, n = np.asarray(hits, float), np.asarray(trials, float)
    rng = np.random.default_rng(seed)
    at_once = max(1, _CELLS // max(len(n), 1))
    replicates = []
    for start in range(0, n_resamples, at_once):
        weights = draw_weights(len(n), min(at_once, n_resamples - start), rng).astype(float)
        replicates.append((weights @ of_person) / (weights @ n)[:, None])
    return _percentiles(np.concatenate(replicates), confidence)


def rate_interval_by_person(
    people: ArrayLike,
    is_hit: ArrayLike,
    n_resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
    method: BootstrapMethod = "percentile",
) -> tuple[float, float] | None:
    """Interval of the share of hits, by resampling people: two sums per person instead of a call per resample.

    Parameters
    ----------
    people
        (n,) number of the person of each trial, negative = unknown.
    is_hit
        (n,) bool.

    Returns
    -------
    tuple or None
        None with fewer than two people. Without any hit, or without any miss, resampling shows no spread where
        there may be much: the interval is then the exact one with people instead of trials for a denominator.

    Raises
    ------
    RecordError
        If the arrays differ in length.
    """
    check_confidence(confidence)
    hits = np.asarray(is_hit, bool)
    rows, n_people = numbered(people)
    if hits.shape != rows.shape:
        raise RecordError(f"people, is_hit: expected one length, got {rows.shape} and {hits.shape}")
    if n_people < 2:
        return None
    if hits.all() or not hits.any():
        return Rate(n_people if hits.all() else 0, n_people, "people").interval(confidence)
    of_person, trials = np.bincount(rows, hits, n_people), np.bincount(rows, minlength=n_people).astype(float)
    weights = draw_weights(n_people, n_resamples, np.random.default_rng(seed))
    replicates = (weights @ of_person) / (weights @ trials)
    if method == "percentile":
        low, high = _percentiles(replicates, confidence)
    else:
        value = np.asarray(of_person.sum() / trials.sum())
        without = (of_person.sum() - of_person) / (trials.sum() - trials)
        low, high = bca_interval(replicates, value, without, confidence)
    return float(low), float(high)
