"""How often strangers reach a score, for lists of several sizes: what a threshold may rest on.

Every pass is searched against lists that share nobody: the references are dealt out into as many lists of one size
as there are references for. So no comparison of two pictures is counted twice, unlike with repeated draws. What
still stands or falls together, the searches of one stranger and those against one reference, is measured (the
design effect) and counted down: `n_false` of `n_searches` are as many *independent* searches as they are worth.

Thresholds lie just above a score, so that a chosen number of false alerts is at or above each: the exact upper
bound of the rate (Clopper-Pearson) is then that of an order statistic, chosen from the data or not.

References
----------
Design effect: L. Kish, Survey Sampling (1965). Two ways of clustering: A. C. Cameron et al., "Robust inference
with multiway clustering", Journal of Business & Economic Statistics 29 (2011).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.trial import TrialScores

__all__ = [
    "CalibrationRow",
    "calibration_rows",
    "calibration_sizes",
    "dealt_lists",
    "dealt_tops",
    "highest_pair",
]

_FALSE_COUNTS = (0, 1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 140, 220, 350)
"""Numbers of false alerts a threshold is looked for at; then ever more, up to one in fifty searches."""

_STEP = 1.7
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 400, 700, 1_000, 2_000, 5_000, 10_000, 20_000)
_FEWEST_FOR_EFFECT = 10
"""False alerts from which a design effect is estimated; with fewer, that of the next lower threshold is taken."""


@dataclass(frozen=True)
class CalibrationRow:
    """False alerts at one threshold on lists of one size.

    Attributes
    ----------
    n_enrolled, threshold
        Size of each list; least score of an alert.
    n_false, n_searches
        As many independent searches as the data are worth, rounded against the algorithm.
    counted_false, counted_searches
        As counted.
    design_effect
        How many counted searches are worth one.
    """

    n_enrolled: int
    threshold: float
    n_false: int
    n_searches: int
    counted_false: int
    counted_searches: int
    design_effect: float


def calibration_sizes(n_listed: int) -> tuple[int, ...]:
    """List sizes that `n_listed` references suffice for, all of them included.

    Examples
    --------
    >>> calibration_sizes(35)
    (1, 2, 5, 10, 20, 35)
    """
    return (*(size for size in _SIZES if size < n_listed), n_listed)


def calibration_rows(
    scores: TrialScores, sizes: Sequence[int] | None = None, seed: int = 0
) -> tuple[CalibrationRow, ...]:
    """Rows by size of the list, then by threshold.

    Parameters
    ----------
    sizes
        None = `calibration_sizes`.
    seed
        Deals the references out.

    Raises
    ------
    SettingError
        If a list is larger than the references there are.
    """
    n_listed = len(scores.listed)
    chosen = calibration_sizes(n_listed) if sizes is None else tuple(sorted(set(sizes)))
    if not all(1 <= size <= n_listed for size in chosen):
        raise SettingError(f"list size: from 1 to the {n_listed:,} who could be enrolled, got {chosen}")
    return tuple(row for size in chosen for row in _rows_of(size, dealt_tops(scores, size, seed), scores.person))


def dealt_tops(scores: TrialScores, size: int, seed: int = 0) -> NDArray[np.float64]:
    """(p, k) best score of each pass on each of the k lists that the references are dealt out into.

    NaN = no face acquired, -inf = the only entry was the person's own.
    """
    return scores.stranger_tops(dealt_lists(scores, size, seed))


def dealt_lists(scores: TrialScores, size: int, seed: int = 0) -> list[NDArray[np.intp]]:
    """The references dealt out into lists of (size,) columns that share nobody; who is over stays out."""
    order = np.random.default_rng(seed).permutation(len(scores.listed))
    n_lists = len(order) // size
    return list(order[: n_lists * size].reshape(n_lists, size))


def _rows_of(size: int, tops: NDArray[np.float64], people: NDArray[np.intp]) -> list[CalibrationRow]:
    is_search = np.isfinite(tops)
    n_searches = int(is_search.sum())
    highest = np.sort(tops[is_search])[::-1]
    rows: list[CalibrationRow] = []
    effect = 1.0
    for asked in reversed(_false_counts(len(highest))):
        threshold = _just_above(float(highest[asked]))
        with np.errstate(invalid="ignore"):
            false = tops >= threshold
        counted = int(false.sum())
        if counted >= _FEWEST_FOR_EFFECT:
            effect = _design_effect(false, is_search, people)
        if rows and rows[-1].threshold == threshold:
            continue
        rows.append(
            CalibrationRow(
                n_enrolled=size,
                threshold=threshold,
                n_false=math.ceil(counted / effect),
                n_searches=max(1, math.floor(n_searches / effect)),
                counted_false=counted,
                counted_searches=n_searches,
                design_effect=effect,
            )
        )
    return rows[::-1]


def _false_counts(n_searches: int) -> list[int]:
    counts = [n for n in _FALSE_COUNTS if n < n_searches]
    while counts and n_searches > 50 * _STEP * counts[-1] > 0:
        counts.append(math.ceil(counts[-1] * _STEP))
    return counts


def _just_above(score: float) -> float:
    """The next number with four decimals above a score."""
    return round(math.floor(score * 1e4 + 1) / 1e4, 4)


def _design_effect(false: NDArray[np.bool_], is_search: NDArray[np.bool_], people: NDArray[np.intp]) -> float:
    """Variance of the rate with searches of a stranger, and of a list, together, over that of as many alone."""
    _, rows = np.unique(people, return_inverse=True)
    n_people = int(rows.max()) + 1
    rate = float(false.sum() / is_search.sum())
    alone = float(is_search.sum()) * rate * (1 - rate)
    counts = [each.astype(float) for each in (false, is_search)]
    by_person = [np.asarray(np.bincount(rows, each.sum(1), n_people), np.float64) for each in counts]
    by_list = [each.sum(0) for each in counts]
    spread = _spread(by_person[0], by_person[1], rate) + _spread(by_list[0], by_list[1], rate)
    # Both ways of clustering count what chance alone does, so that is taken off once.
    return max(1.0, (spread - alone) / alone) if alone else 1.0


def _spread(false: NDArray[np.float64], searches: NDArray[np.float64], rate: float) -> float:
    """Sum of squares of what clusters deviate by; of fewer than ten clusters nothing is estimated."""
    n = len(false)
    if n < _FEWEST_FOR_EFFECT:
        return float(searches.sum()) * rate * (1 - rate)
    return float(n / (n - 1) * ((false - rate * searches) ** 2).sum())


def highest_pair(vectors: NDArray[np.float32], owners: Sequence[str] | None = None) -> float | None:
    """The highest cosine between two enrolled people; None with fewer than two.

    Parameters
    ----------
    vectors
        (n, d) float32 of unit length.
    owners
        n: whose each is; None = each of somebody else.
    """
    who = np.arange(len(vectors)) if owners is None else np.unique(np.asarray(owners), return_inverse=True)[1]
    best = -np.inf
    for start in range(0, len(vectors), 1024):
        scores = vectors[start : start + 1024] @ vectors.T
        scores[who[start : start + 1024, None] == who[None]] = -np.inf
        best = max(best, float(scores.max(initial=-np.inf)))
    return best if np.isfinite(best) else None
