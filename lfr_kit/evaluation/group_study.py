"""Equitability: how often people of each group are found, and strangers of each raise alerts, at one threshold.

Groups are what people said of themselves, in the manifest; nobody's group is ever inferred. A stranger is searched
twice: against lists of the natural **mix**, and against lists of the own group (**matched**), where look-alikes
are more frequent. Lists are dealt out so that none shares a person with another: a comparison is counted once; and
of two people who alert to each other it is known that they are one likeness.

References
----------
National Physical Laboratory, MS 43 (2023). ISO/IEC 19795-10:2024.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError, TableError
from lfr_kit.evaluation.calibrate import dealt_lists, dealt_tops
from lfr_kit.evaluation.det import threshold_at_share
from lfr_kit.evaluation.group_findings import GroupComparison
from lfr_kit.evaluation.group_passes import compare_groups_by_person
from lfr_kit.evaluation.trial import TrialScores
from lfr_kit.evaluation.trial_manifest import TrialManifest

__all__ = ["GroupPlan", "GroupStudy", "banded", "study_groups"]

_FOUND = "passes of the cohort"
_FALSE = "searches of strangers with a face"


@dataclass(frozen=True)
class GroupPlan:
    """What to compare.

    Attributes
    ----------
    kind
        Kind of group: a column of the table of people.
    threshold
        Least score of an alert; None = the one at which a share `fpir` of all strangers alerts on the mixed list.
    fpir
        Also what the thresholds of each group are given for.
    n_enrolled
        Size of a mixed list; None = everybody.
    leave_out
        Groups that are not compared.
    edges
        Of bands, where answers are numbers; empty = answers as they are.
    seed
        Deals the lists out, and permutes.
    """

    kind: str
    threshold: float | None = None
    fpir: float = 0.01
    n_enrolled: int | None = None
    leave_out: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    seed: int = 0


@dataclass(frozen=True, eq=False)
class GroupStudy:
    """Result of `study_groups`.

    Attributes
    ----------
    plan
        What was asked for.
    threshold
        In force.
    n_people
        Group -> people.
    n_mixed, n_matched
        Sizes of the lists; None = too few of some group are enrolled for a matched list.
    tpir, fpir_mixed, fpir_matched
        Comparisons; None where nobody of two groups has trials.
    equal_fpir
        Group -> threshold at which its own strangers alert at `plan.fpir` on the mixed list; None where there are
        too few searches to say.
    """

    plan: GroupPlan
    threshold: float
    n_people: Mapping[str, int]
    n_mixed: int
    n_matched: int | None
    tpir: GroupComparison | None
    fpir_mixed: GroupComparison | None
    fpir_matched: GroupComparison | None
    equal_fpir: Mapping[str, float | None]

    @property
    def comparisons(self) -> dict[str, GroupComparison]:
        """Measure, in words -> comparison."""
        named = {
            "people found (TPIR)": self.tpir,
            f"strangers who alert, mixed lists of {self.n_mixed:,} (FPIR)": self.fpir_mixed,
            f"strangers who alert, lists of {self.n_matched or 0:,} of the own group (FPIR)": self.fpir_matched,
        }
        return {name: each for name, each in named.items() if each is not None}

    @property
    def verdicts(self) -> dict[str, str]:
        """Measure -> its sentence."""
        return {name: each.verdict for name, each in self.comparisons.items()}


def banded(answer: str, edges: Sequence[float]) -> str:
    """The band of a number: ``under 25``, ``25 to 34``, ``35 and over``; what is no number stays as it is.

    Examples
    --------
    >>> [banded(age, (25, 35)) for age in ("24", "25", "40", "not said")]
    ['under 25', '25 to 34', '35 and over', 'not said']
    """
    try:
        value = float(answer)
    except ValueError:
        return answer
    ordered = sorted(edges)
    place = int(np.searchsorted(ordered, value, side="right"))
    if place == 0:
        return f"under {ordered[0]:g}"
    if place == len(ordered):
        return f"{ordered[-1]:g} and over"
    return f"{ordered[place - 1]:g} to {ordered[place] - 1:g}"


def study_groups(manifest: TrialManifest, scores: TrialScores, plan: GroupPlan) -> GroupStudy:
    """Compares the groups of one kind.

    Raises
    ------
    TableError
        If nobody said anything of this kind.
    SettingError
        If fewer than two groups are left, one has a single person, or a list is larger than the people there are.
    """
    group_of = _groups(manifest, plan)
    n_mixed = len(scores.listed) if plan.n_enrolled is None else plan.n_enrolled
    if not 1 <= n_mixed <= len(scores.listed):
        raise SettingError(f"list size: from 1 to the {len(scores.listed):,} who could be enrolled, got {n_mixed}")
    mixed = dealt_tops(scores, n_mixed, plan.seed)
    threshold = plan.threshold
    if threshold is None:
        threshold = threshold_at_share(mixed[np.isfinite(mixed)], plan.fpir, "fpir")
    n_matched = _matched_size(scores, group_of, n_mixed)
    return GroupStudy(
        plan=plan,
        threshold=threshold,
        n_people=dict(sorted(Counter(group_of.values()).items())),
        n_mixed=n_mixed,
        n_matched=n_matched,
        tpir=_found(scores, group_of, n_mixed, threshold, plan.seed),
        fpir_mixed=_false(_searches(scores, n_mixed, threshold, plan.seed), group_of, plan.seed),
        fpir_matched=None if n_matched is None else _matched(scores, group_of, n_matched, threshold, plan.seed),
        equal_fpir=_equal_fpir(scores, mixed, group_of, plan.fpir),
    )


def _groups(manifest: TrialManifest, plan: GroupPlan) -> dict[int, str]:
    """Row of a person -> group; SettingError where a group would be one person."""
    if plan.kind not in manifest.kinds_of_groups:
        kinds = ", ".join(manifest.kinds_of_groups) or "nothing"
        raise TableError(
            f"{manifest.trial_id}: nobody said anything of {plan.kind!r}; the table of people has: {kinds}"
        )
    answers = {row: each.groups[plan.kind] for row, each in enumerate(manifest.people) if plan.kind in each.groups}
    said = dict(sorted(answers.items(), key=lambda item: _in_order(item[1])))
    group_of = {row: banded(answer, plan.edges) if plan.edges else answer for row, answer in said.items()}
    group_of = {row: group for row, group in group_of.items() if group not in plan.leave_out}
    n_people = Counter(group_of.values())
    single = sorted(group for group, n in n_people.items() if n == 1)
    if single:
        raise SettingError(
            f"group {single[0]!r} of {plan.kind} has one person: a rate would tell of them and not of a group; "
            f"leave it out (--leave-out {single[0]!r}), or put them under a wider name in the table of people"
            + (f"; so also {', '.join(single[1:])}" if single[1:] else "")
        )
    if len(n_people) < 2:
        raise SettingError(
            f"{plan.kind}: needs two groups or more to compare, got {', '.join(n_people) or 'none'}"
        )
    return group_of


def _in_order(answer: str) -> tuple[float, str]:
    """Numbers by size, then words by the alphabet."""
    try:
        return float(answer), ""
    except ValueError:
        return float("inf"), answer


def _found(
    scores: TrialScores, group_of: Mapping[int, str], n_mixed: int, threshold: float, seed: int
) -> GroupComparison | None:
    """Passes of the cohort found at the threshold and first, beside the first of the mixed lists."""
    found = scores.search(dealt_lists(scores, n_mixed, seed)[0])
    with np.errstate(invalid="ignore"):
        is_found = (found.mates >= threshold) & (found.above == 0)
    return _compared(scores.person[scores.is_mated], group_of, is_found[scores.is_mated], _FOUND, seed)


@dataclass(frozen=True, eq=False)
class _Strangers:
    """Searches of strangers with a face: (n,) who, most like whom on the list by cosine, and whether it alerts."""

    people: NDArray[np.intp]
    nearest: NDArray[np.intp]
    is_hit: NDArray[np.bool_]


def _searches(scores: TrialScores, size: int, threshold: float, seed: int) -> _Strangers:
    lists = dealt_lists(scores, size, seed)
    tops = scores.stranger_tops(lists)
    is_search = np.isfinite(tops)
    nearest = np.stack([scores.listed[on][scores.scores[:, on].argmax(1)] for on in lists], axis=1)
    people = np.broadcast_to(scores.person[:, None], tops.shape)
    return _Strangers(people[is_search], nearest[is_search], tops[is_search] >= threshold)


def _false(found: _Strangers, group_of: Mapping[int, str], seed: int) -> GroupComparison | None:
    return _compared(found.people, group_of, found.is_hit, _FALSE, seed, found.nearest)


def _compared(
    people: NDArray[np.intp],
    group_of: Mapping[int, str],
    is_hit: NDArray[np.bool_],
    over: str,
    seed: int,
    nearest: NDArray[np.intp] | None = None,
) -> GroupComparison | None:
    walking = set(people.tolist())
    there = {row: group for row, group in group_of.items() if row in walking}
    if len(set(there.values())) < 2:
        return None
    return compare_groups_by_person(people, there, is_hit, over, nearest=nearest, seed=seed)


def _matched_size(scores: TrialScores, group_of: Mapping[int, str], n_mixed: int) -> int | None:
    """As many as the smallest group has enrolled, but for one: oneself; None where that is nobody."""
    listed = Counter(group_of[row] for row in scores.listed.tolist() if row in group_of)
    walking = {group_of[row] for row in scores.person.tolist() if row in group_of}
    smallest = min((listed[group] for group in walking), default=0)
    return min(smallest - 1, n_mixed) if smallest > 1 else None


def _matched(
    scores: TrialScores, group_of: Mapping[int, str], size: int, threshold: float, seed: int
) -> GroupComparison | None:
    """Each stranger against lists of the own group, all of one size."""
    groups = np.array([group_of.get(row, "") for row in scores.listed.tolist()])
    own = np.array([group_of.get(row, "") for row in scores.person.tolist()])
    found = [
        _searches(scores.of(own == group, groups == group), size, threshold, seed)
        for group in sorted(set(group_of.values()))
        if (own == group).any()
    ]
    people, nearest, is_hit = (
        np.concatenate([getattr(each, name) for each in found]) for name in ("people", "nearest", "is_hit")
    )
    return _false(_Strangers(people, nearest, is_hit), group_of, seed)


def _equal_fpir(
    scores: TrialScores, mixed: NDArray[np.float64], group_of: Mapping[int, str], fpir: float
) -> dict[str, float | None]:
    own = np.array([group_of.get(row, "") for row in scores.person.tolist()])
    found: dict[str, float | None] = {}
    for group in sorted(set(group_of.values())):
        tops = mixed[own == group]
        tops = tops[np.isfinite(tops)]
        found[group] = threshold_at_share(tops, fpir, "fpir") if len(tops) * fpir >= 1 else None
    return found
