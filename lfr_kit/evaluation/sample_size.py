"""How many trials a statement needs, and what could not have been seen with those there were.

The power of Fisher's exact test is computed by adding up, over both counts, the chance of every pair of counts
that the test calls different: exact but for counts that happen less often than once in 10^10 times. Where those
are more than four million pairs (both groups with some hundred thousand trials and a middling rate), the normal
approximation with continuity correction stands in.

References
----------
Rule of 30: G. R. Doddington et al., "The NIST speaker recognition evaluation", Speech Communication 31 (2000); it
stands in ISO/IEC 19795-1. Power of two binomials: M. L. Casagrande et al., Biometrics 34 (1978).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.rates import Rate, check_confidence

__all__ = [
    "ERRORS_OF_RULE_OF_30",
    "detectable_rates",
    "fisher_power",
    "minimum_detectable_difference",
    "minimum_detectable_ratio",
    "ratio_at",
    "trials_for_rule_of_30",
    "trials_for_width",
    "trials_without_error",
]

ERRORS_OF_RULE_OF_30 = 30
"""With so many errors the true rate lies within 30 % of the one measured, with 90 % confidence."""

_RARE = 1e-10
_MOST_PAIRS = 4_000_000
_TIE = 1 + 1e-7  # two tables as likely as one another but for rounding


def trials_for_rule_of_30(rate: float) -> int:
    """Independent trials until 30 errors are expected.

    Raises
    ------
    SettingError
        If the rate is not in (0, 1].

    Examples
    --------
    >>> trials_for_rule_of_30(1 / 6000)
    180000
    """
    if not 0 < rate <= 1:
        raise SettingError(f"rate: must lie in (0, 1], got {rate}")
    return math.ceil(round(ERRORS_OF_RULE_OF_30 / rate, 6))


def trials_without_error(bound: float, confidence: float = 0.95) -> int:
    """Trials that must pass without an error to show that the rate is below `bound` (the rule of 3, exactly).

    Raises
    ------
    SettingError
        If `bound` or `confidence` is not in (0, 1).

    Examples
    --------
    >>> trials_without_error(1 / 1000)
    2995
    """
    check_confidence(confidence)
    if not 0 < bound < 1:
        raise SettingError(f"bound: must lie between 0 and 1, got {bound}")
    return math.ceil(math.log1p(-confidence) / math.log1p(-bound))


def trials_for_width(rate: float, half_width: float, confidence: float = 0.95) -> int:
    """Trials until the exact interval of a rate about `rate` reaches no further than `half_width` to either side.

    Counts are rounded to whole ones, so the width jumps a little: it holds for the number given, and within a few
    trials of the least such number.

    Raises
    ------
    SettingError
        If an argument is out of range.
    """
    check_confidence(confidence)
    if not 0 <= rate <= 1 or not 0 < half_width < 1:
        raise SettingError(f"width: needs a rate in [0, 1] and a width in (0, 1), got {rate} and {half_width}")

    def is_enough(n: int) -> bool:
        found = Rate(round(rate * n), n, "trials")
        low, high = found.interval(confidence)
        value = found.count / n
        return max(high - value, value - low) <= half_width

    high = 1
    while not is_enough(high):
        high *= 2
    return _least_whole(is_enough, high // 2, high)


def _least_whole(holds: Callable[[int], bool], low: int, high: int) -> int:
    """By halving: `low` does not hold, `high` does."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def fisher_power(rate_a: float, n_a: int, rate_b: float, n_b: int, alpha: float = 0.05) -> float:
    """Chance that Fisher's exact test (two-sided) calls two rates different when they are these.

    Parameters
    ----------
    rate_a, rate_b
        True rates, in [0, 1].
    n_a, n_b
        Independent trials.
    alpha
        Called different at or below this p, in (0, 1).

    Raises
    ------
    SettingError
        If an argument is out of range.
    """
    if not (0 <= rate_a <= 1 and 0 <= rate_b <= 1 and n_a >= 1 and n_b >= 1 and 0 < alpha < 1):
        raise SettingError(
            "power: needs rates in [0, 1], trials from 1 and alpha in (0, 1), "
            f"got {rate_a} of {n_a}, {rate_b} of {n_b}, {alpha}"
        )
    from scipy.stats import binom

    counts_a, counts_b = _likely(rate_a, n_a), _likely(rate_b, n_b)
    if len(counts_a) * len(counts_b) > _MOST_PAIRS:
        return _normal_power(rate_a, n_a, rate_b, n_b, alpha)
    chances_b = binom.pmf(counts_b, n_b, rate_b)
    totals = range(int(counts_a[0] + counts_b[0]), int(counts_a[-1] + counts_b[-1]) + 1)
    ends = np.array([_accepted_between(total, n_a, n_b, alpha) for total in totals])
    power = 0.0
    for row, (count, chance) in enumerate(zip(counts_a, binom.pmf(counts_a, n_a, rate_a), strict=True)):
        low, high = ends[row : row + len(counts_b)].T  # of the totals count + counts_b
        power += chance * chances_b[(count < low) | (count > high)].sum()
    return float(min(power, 1.0))


def _normal_power(rate_a: float, n_a: int, rate_b: float, n_b: int, alpha: float) -> float:
    from scipy.special import ndtr, ndtri

    pooled = (rate_a * n_a + rate_b * n_b) / (n_a + n_b)
    needed = ndtri(1 - alpha / 2) * math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    needed += (1 / n_a + 1 / n_b) / 2
    spread = math.sqrt(rate_a * (1 - rate_a) / n_a + rate_b * (1 - rate_b) / n_b)
    gap = rate_b - rate_a
    return float(ndtr((gap - needed) / spread) + ndtr((-gap - needed) / spread))


def _likely(rate: float, n: int) -> NDArray[np.intp]:
    """The counts of `n` trials that are not rarer than `_RARE` in either tail."""
    from scipy.stats import binom

    low, high = binom.ppf([_RARE, 1 - _RARE], n, rate)
    return np.arange(max(int(low), 0), int(high) + 1)


@lru_cache(maxsize=200_000)
def _accepted_between(total: int, n_a: int, n_b: int, alpha: float) -> tuple[int, int]:
    """Least and largest count of A that the test does not call different, given the events of A and B together.

    A's count is then hypergeometric, and p is the chance of all counts that are no likelier: two tails.
    """
    from scipy.special import gammaln

    n = n_a + n_b
    mean = total * n_a / n
    reach = 13 * math.sqrt(mean * (n_b / n) * (n - total) / max(n - 1, 1)) + 6  # beyond: less than 1 in 10^20
    first, last = max(total - n_b, 0, int(mean - reach)), min(total, n_a, int(mean + reach) + 1)
    counts = np.arange(first, last + 1)
    logs = -(gammaln(counts + 1) + gammaln(n_a - counts + 1))
    logs -= gammaln(total - counts + 1) + gammaln(n_b - total + counts + 1)
    chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    rising = np.sort(chances)
    n_no_likelier = np.searchsorted(rising, chances * _TIE, side="right")
    accepted = counts[rising.cumsum()[n_no_likelier - 1] > alpha]
    return int(accepted[0]), int(accepted[-1])


def detectable_rates(
    rate: float, n_base: int, n_other: int, alpha: float = 0.05, power: float = 0.8
) -> tuple[float | None, float | None]:
    """The nearest rates below and above `rate` that Fisher's test would tell from it with chance `power`.

    Parameters
    ----------
    rate
        Of the group of `n_base` trials, in [0, 1]; the rates returned are of the group of `n_other`.

    Returns
    -------
    tuple
        None where no rate on that side would be told with that chance.

    Raises
    ------
    SettingError
        If an argument is out of range.
    """
    if not 0 < power < 1:
        raise SettingError(f"power: must lie between 0 and 1, got {power}")

    def is_seen(other: float) -> bool:
        return fisher_power(rate, n_base, other, n_other, alpha) >= power

    below, above = (_nearest(rate, end, 1 / n_other, is_seen) for end in (0.0, 1.0))
    return below, above


def _nearest(rate: float, end: float, step: float, is_seen: Callable[[float], bool]) -> float | None:
    """The first seen on the way from `rate` to `end`: by steps that double, then by halving to a thousandth."""
    room = abs(end - rate)
    side = 1.0 if end > rate else -1.0
    unseen = 0.0
    while step < room and not is_seen(rate + side * step):
        unseen, step = step, 2 * step
    if step >= room:
        if not room or not is_seen(end):
            return None
        step = room
    while step - unseen > 1e-3 * step:
        middle = (unseen + step) / 2
        unseen, step = (unseen, middle) if is_seen(rate + side * middle) else (middle, step)
    return end if step == room else rate + side * step


def minimum_detectable_difference(
    rate: float, n_base: int, n_other: int, alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """How far from `rate` another group's must lie to be seen with chance `power`, on the side with more room.

    Upwards for rates up to 1/2, else downwards; of both ways to assign the trials the larger. None if nothing can
    be seen. Arguments and errors as in `detectable_rates`.
    """
    gaps = []
    for n_first, n_second in {(n_base, n_other), (n_other, n_base)}:
        end = 1.0 if rate <= 0.5 else 0.0
        other = detectable_rates(rate, n_first, n_second, alpha, power)[1 if end else 0]
        gaps.append(None if other is None else abs(other - rate))
    found = [gap for gap in gaps if gap is not None]
    return max(found) if len(found) == len(gaps) else None


def minimum_detectable_ratio(
    rate: float, n_base: int, n_other: int, alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """The larger rate over the smaller, at `minimum_detectable_difference`.

    None if nothing can be seen, or if one of the two rates would be zero.

    Examples
    --------
    >>> round(minimum_detectable_ratio(0.01, 1000, 1000), 1)
    2.8
    """
    return ratio_at(rate, minimum_detectable_difference(rate, n_base, n_other, alpha, power))


def ratio_at(rate: float, difference: float | None) -> float | None:
    """The larger rate over the smaller where they lie `difference` apart, on the side of `rate` with more room.

    None if there is no difference to go by, or one of the two rates would be zero.
    """
    if difference is None:
        return None
    low, high = (rate, rate + difference) if rate <= 0.5 else (rate - difference, rate)
    return high / low if low > 0 else None
