"""What a comparison of groups found, and the sentence that says it.

The sentence never says that groups are treated alike: it says what was detected, or how large a ratio could have
stayed unseen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lfr_kit.evaluation.rates import Rate

__all__ = ["Clustering", "GroupComparison", "GroupRate", "Interval", "PairDifference", "said_verdict"]

Interval = tuple[float, float]


@dataclass(frozen=True)
class Clustering:
    """What is known of the people behind the trials; see `group_passes.compare_groups_by_person`.

    Attributes
    ----------
    n_people
        Group -> people. A group of one person is not compared: it says something of them alone.
    design_effects
        Group -> how many passes are worth one independent trial, at least 1.
    p_values
        Pair -> p that knows of people: by permuting them, and by Fisher's test of passes counted down to what they
        are worth, the larger. Of this and Fisher's p, which takes passes for independent, the larger counts.
    """

    n_people: Mapping[str, int] = field(default_factory=dict)
    design_effects: Mapping[str, float] = field(default_factory=dict)
    p_values: Mapping[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True)
class GroupRate:
    """One group.

    Attributes
    ----------
    name, rate, interval
        The interval is exact.
    ratio_to_mean
        The rate over the geometric mean of all groups compared; None if any of them is zero.
    ratio_to_mean_interval
        With passes counted for what they are worth; None if the group is not compared.
    n_people
        None if not known.
    why_not_compared
        In words; empty if it is.
    """

    name: str
    rate: Rate
    interval: Interval
    ratio_to_mean: float | None
    ratio_to_mean_interval: Interval | None
    n_people: int | None
    why_not_compared: str


@dataclass(frozen=True)
class PairDifference:
    """Two groups.

    Attributes
    ----------
    higher, lower
        Names, by rate; in the order given where the rates are equal.
    fisher_p
        Two-sided.
    p_by_person
        As in `Clustering`; None if not computed.
    adjusted_p
        The larger of both, adjusted after Holm over all pairs.
    ratio
        Higher over lower; None if the lower is zero.
    ratio_interval
        On the logarithmic scale, with passes counted for what they are worth; half an event added where a count
        is at its end.
    detectable_ratio, detectable_difference
        Smallest that would have been seen with the chance asked for, at the level of Holm's first step; None =
        none.
    is_significant
        Adjusted p at or below the level.
    """

    higher: str
    lower: str
    fisher_p: float
    p_by_person: float | None
    adjusted_p: float
    ratio: float | None
    ratio_interval: Interval
    detectable_ratio: float | None
    detectable_difference: float | None
    is_significant: bool


@dataclass(frozen=True)
class GroupComparison:
    """Result of `compare_groups`.

    Attributes
    ----------
    groups
        In the order given.
    pairs
        Of the groups that are compared.
    max_min_ratio
        Highest over lowest rate; None if the lowest is zero or fewer than two groups are compared.
    gap
        Highest less lowest rate; None if fewer than two groups are compared.
    detectable_ratio, detectable_difference
        That would have been seen between any two groups: the largest of the pairs; None = not between all.
    alpha, power
        As asked for.
    verdict
        The sentence.
    """

    groups: tuple[GroupRate, ...]
    pairs: tuple[PairDifference, ...]
    max_min_ratio: float | None
    gap: float | None
    detectable_ratio: float | None
    detectable_difference: float | None
    alpha: float
    power: float
    verdict: str


def said_verdict(
    compared: Mapping[str, Rate],
    pairs: Sequence[PairDifference],
    why_not: Mapping[str, str],
    levels: tuple[float, float],
    is_by_person: bool,
) -> str:
    """The sentence.

    Parameters
    ----------
    compared
        The groups that are compared.
    pairs
        All pairs of them.
    why_not
        Group -> why it is not compared, in words; empty if it is.
    levels
        (alpha, power).
    is_by_person
        Whether it is known whose trials they are.
    """
    left_out = [f"{name} ({why})" for name, why in why_not.items() if why]
    parts = (
        [_finding(compared, pairs, levels)] if pairs else ["nothing to compare: fewer than two groups are left"]
    )
    if pairs and not is_by_person:
        parts.append("passes of one person were taken for independent, which makes findings too sure")
    if left_out:
        parts.append(f"not compared: {', '.join(left_out)}")
    return "; ".join(parts)


def _finding(compared: Mapping[str, Rate], pairs: Sequence[PairDifference], levels: tuple[float, float]) -> str:
    found = [pair for pair in pairs if pair.is_significant]
    others = [pair for pair in pairs if not pair.is_significant]
    method = f"Fisher's exact test, Holm, level {levels[0]:.3g}, power {levels[1]:.3g}"
    if not found:
        return f"no significant difference detected; {_unseen(others)} ({method})"
    said = ", ".join(_detected(pair, compared) for pair in found)
    rest = f"; no significant difference detected between the other pairs; {_unseen(others)}" if others else ""
    return f"significant difference detected: {said}{rest} ({method})"


def _detected(pair: PairDifference, compared: Mapping[str, Rate]) -> str:
    low, high = pair.ratio_interval
    ratio = "" if pair.ratio is None else f" {pair.ratio:.3g}"
    return (
        f"{pair.higher} {compared[pair.higher]} against {pair.lower} {compared[pair.lower]}, "
        f"ratio{ratio} [{low:.3g}, {high:.3g}], p {pair.adjusted_p:.2g}"
    )


def _unseen(pairs: Sequence[PairDifference]) -> str:
    """What could not have been seen between any of these pairs."""
    blind = [pair for pair in pairs if pair.detectable_difference is None]
    if blind:
        named = ", ".join(f"{pair.higher} and {pair.lower}" for pair in blind)
        return f"with these counts no difference at all could have been seen between {named}"
    ratios = [pair.detectable_ratio for pair in pairs if pair.detectable_ratio is not None]
    if len(ratios) == len(pairs):
        return f"with these counts a ratio below {max(ratios):.3g} could not have been seen"
    largest = max(pair.detectable_difference or 0.0 for pair in pairs)
    return f"with these counts a difference below {100 * largest:.2g} percentage points could not have been seen"
