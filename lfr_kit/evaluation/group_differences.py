"""Whether a rate differs between groups, and what these counts could not have shown.

Every two groups are held against one another by Fisher's exact test, the p values of all pairs are adjusted after
Holm, and beside every "no difference" stands the smallest ratio that could have been seen. Nothing here ever says
that there is no bias. Groups are what people said of themselves (`trial_manifest`); nobody's group is inferred.

References
----------
ISO/IEC 19795-10:2024 (differential performance: uncertainty, operational threshold). S. Holm, "A simple
sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979). P. Grother, NIST IR
8280 and 8429 (ratios to the geometric mean). Interval of a ratio: D. Katz et al., Biometrics 34 (1978).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.group_findings import (
    Clustering,
    GroupComparison,
    GroupRate,
    Interval,
    PairDifference,
    said_verdict,
)
from lfr_kit.evaluation.rates import Rate, check_confidence
from lfr_kit.evaluation.sample_size import minimum_detectable_difference, ratio_at

__all__ = ["Clustering", "GroupComparison", "GroupRate", "PairDifference", "compare_groups", "fisher_p", "holm"]


def fisher_p(a: Rate, b: Rate) -> float:
    """Two-sided p of Fisher's exact test that two rates are one; RecordError without trials."""
    from scipy.stats import fisher_exact

    if not a.trials or not b.trials:
        raise RecordError("Fisher's test needs trials in both groups")
    table = [[a.count, a.trials - a.count], [b.count, b.trials - b.count]]
    return min(1.0, float(fisher_exact(table).pvalue))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted so that the chance of any false finding among all stays at the level.

    Examples
    --------
    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.06, 0.06, 0.02]
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(np.asarray(p_values, float)[order] * factors))
    return tuple(float(p) for p in adjusted)


def compare_groups(
    counts: Mapping[str, Rate],
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    confidence: float = 0.95,
    clustering: Clustering | None = None,
) -> GroupComparison:
    """Compares one rate between groups: TPIR, or the misses, or FPIR.

    Parameters
    ----------
    counts
        Group -> rate, all over the same kind of trials. A group without trials, or of one person, is listed with
        the reason and not compared.
    alpha, power
        Level of the findings, over all pairs together; chance with which the detectable ratio would be seen.
    clustering
        The people behind the trials. Without it trials are taken for independent, which passes of one person are
        not, and the verdict says so.

    Raises
    ------
    RecordError
        If there are fewer than two groups, or rates over different denominators.
    SettingError
        If a setting is not between 0 and 1.
    """
    check_confidence(confidence)
    if not (0 < alpha < 1 and 0 < power < 1):
        raise SettingError(f"alpha and power must lie between 0 and 1, got {alpha} and {power}")
    if len(counts) < 2:
        raise RecordError(f"groups: at least two to compare, got {', '.join(counts) or 'none'}")
    if len(kinds := {rate.denominator for rate in counts.values()}) > 1:
        raise RecordError(f"groups: rates over different trials cannot be compared: {', '.join(sorted(kinds))}")
    known = clustering or Clustering()
    why_not = {name: _why_not(rate, known.n_people.get(name)) for name, rate in counts.items()}
    compared = {name: rate for name, rate in counts.items() if not why_not[name]}
    pairs = _pairs(compared, known, (alpha, power, confidence))
    values = [rate.count / rate.trials for rate in compared.values()]
    has_two = len(values) > 1
    return GroupComparison(
        groups=tuple(_group(name, counts, compared, confidence, known) for name in counts),
        pairs=pairs,
        max_min_ratio=max(values) / min(values) if has_two and min(values) else None,
        gap=max(values) - min(values) if has_two else None,
        detectable_ratio=_largest([pair.detectable_ratio for pair in pairs]),
        detectable_difference=_largest([pair.detectable_difference for pair in pairs]),
        alpha=alpha,
        power=power,
        verdict=said_verdict(compared, pairs, why_not, (alpha, power), clustering is not None),
    )


def _why_not(rate: Rate, n_people: int | None) -> str:
    if not rate.trials:
        return "no trials"
    return "one person" if n_people == 1 else ""


def _group(
    name: str, counts: Mapping[str, Rate], compared: Mapping[str, Rate], confidence: float, known: Clustering
) -> GroupRate:
    ratio, interval = None, None
    if name in compared and len(compared) > 1:
        rates = list(compared.values())
        weights = np.full(len(compared), -1 / len(compared))
        weights[list(compared).index(name)] += 1
        interval = _log_interval(rates, weights, confidence, _effects(compared, known))
        if all(rate.count for rate in rates):
            ratio = math.exp(float(weights @ np.log([rate.count / rate.trials for rate in rates])))
    n_people = known.n_people.get(name)
    return GroupRate(
        name=name,
        rate=counts[name],
        interval=counts[name].interval(confidence),
        ratio_to_mean=ratio,
        ratio_to_mean_interval=interval,
        n_people=n_people,
        why_not_compared=_why_not(counts[name], n_people),
    )


def _effects(names: Iterable[str], known: Clustering) -> NDArray[np.float64]:
    return np.array([max(1.0, known.design_effects.get(name, 1.0)) for name in names])


def _log_interval(
    rates: Sequence[Rate], weights: NDArray[np.float64], confidence: float, effects: NDArray[np.float64]
) -> Interval:
    """Of exp(sum of weights x log rates), by the delta method; half an event added if a count is 0 or all.

    `effects` are design effects: variances are so many times those of independent trials.
    """
    from scipy.special import ndtri

    is_at_end = any(rate.count in (0, rate.trials) for rate in rates)
    k = np.array([rate.count for rate in rates]) + (0.5 if is_at_end else 0.0)
    n = np.array([rate.trials for rate in rates]) + (1.0 if is_at_end else 0.0)
    middle = float(weights @ np.log(k / n))
    half = float(ndtri((1 + confidence) / 2) * np.sqrt((weights**2 * effects) @ ((1 - k / n) / k)))
    return math.exp(middle - half), math.exp(middle + half)


def _pairs(
    compared: Mapping[str, Rate], known: Clustering, levels: tuple[float, float, float]
) -> tuple[PairDifference, ...]:
    names = list(combinations(compared, 2))
    by_test = [fisher_p(compared[a], compared[b]) for a, b in names]
    by_person = [known.p_values.get((a, b), known.p_values.get((b, a))) for a, b in names]
    adjusted = holm([p if q is None else max(p, q) for p, q in zip(by_test, by_person, strict=True)])
    return tuple(
        _pair(pair, compared, known, ps, levels, len(names))
        for pair, ps in zip(names, zip(by_test, by_person, adjusted, strict=True), strict=True)
    )


def _pair(
    names: tuple[str, str],
    compared: Mapping[str, Rate],
    known: Clustering,
    ps: tuple[float, float | None, float],
    levels: tuple[float, float, float],
    n_pairs: int,
) -> PairDifference:
    alpha, power, confidence = levels
    higher, lower = sorted(names, key=lambda name: -(compared[name].count / compared[name].trials))
    high, low = compared[higher], compared[lower]
    difference, ratio = _detectable(names, compared, known, (alpha / n_pairs, power))
    return PairDifference(
        higher=higher,
        lower=lower,
        fisher_p=ps[0],
        p_by_person=ps[1],
        adjusted_p=ps[2],
        ratio=(high.count / high.trials) / (low.count / low.trials) if low.count else None,
        ratio_interval=_log_interval(
            [high, low], np.array([1.0, -1.0]), confidence, _effects((higher, lower), known)
        ),
        detectable_ratio=ratio,
        detectable_difference=difference,
        is_significant=ps[2] <= alpha,
    )


def _detectable(
    names: tuple[str, str], compared: Mapping[str, Rate], known: Clustering, levels: tuple[float, float]
) -> tuple[float | None, float | None]:
    """(difference, ratio) seen at (alpha, power), around the rate of both together, with passes counted down."""
    rates = [compared[name] for name in names]
    together = sum(rate.count for rate in rates) / sum(rate.trials for rate in rates)
    n_a, n_b = (
        max(1, round(rate.trials / effect)) for rate, effect in zip(rates, _effects(names, known), strict=True)
    )
    difference = minimum_detectable_difference(together, n_a, n_b, *levels)
    return difference, ratio_at(together, difference)


def _largest(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if known and len(known) == len(values) else None
