"""Groups compared from the passes themselves: passes of one person are not independent, and groups are of people.

Fisher's test takes every pass for a trial of its own. Ten passes of one hard face then look like ten proofs. Here
people are what is permuted, and passes are counted down to what they are worth, for a second test and before it
is said what could have been seen. Two people who look alike alert to each other: that is one likeness, not two.

References
----------
P. Good, Permutation, Parametric and Bootstrap Tests of Hypotheses (2005). Design effect: L. Kish, Survey Sampling
(1965). Pairs that share a person: P. Aronow et al., "Cluster-robust variance estimation for dyadic data",
Political Analysis 23 (2015).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.group_differences import compare_groups, fisher_p
from lfr_kit.evaluation.group_findings import Clustering, GroupComparison
from lfr_kit.evaluation.rates import Rate
from lfr_kit.evaluation.resampling import numbered

__all__ = ["alert_effect", "compare_groups_by_person", "counted_down", "design_effect", "permutation_p"]

Values = NDArray[np.float64]
_AT_ONCE = 500


def design_effect(hits: ArrayLike, trials: ArrayLike) -> float:
    """How many passes are worth one independent trial: the variance of the rate over that of independent passes.

    Parameters
    ----------
    hits, trials
        (m,) per person.

    Returns
    -------
    float
        At least 1. Without any hit, or without any miss, nothing shows how alike passes of one person are: then as
        many as a person has passes, on average, as if a person were one trial.
    """
    k, n = np.asarray(hits, float), np.asarray(trials, float)
    total = n.sum()
    if len(k) < 2 or not total:
        return 1.0
    rate = k.sum() / total
    if rate in (0.0, 1.0):
        return max(1.0, float(total / len(n)))
    of_people = len(k) / (len(k) - 1) * float(((k - rate * n) ** 2).sum())
    return max(1.0, of_people / float(total * rate * (1 - rate)))


def alert_effect(people: ArrayLike, nearest: ArrayLike, is_hit: ArrayLike) -> float:
    """`design_effect` of searches of strangers: those of one person, and alerts to one, stand or fall together.

    Parameters
    ----------
    people, nearest
        (n,) number of who is searched, and of who on the list is most like them.
    is_hit
        (n,) bool: an alert, to `nearest`.
    """
    hits = np.asarray(is_hit, bool)
    everybody = np.concatenate([np.asarray(people), np.asarray(nearest)[hits]])
    involved, m = numbered(everybody)
    searched, met = involved[: len(hits)], involved[len(hits) :]
    rate = float(hits.mean()) if len(hits) else 0.0
    if m < 2 or rate in (0.0, 1.0):
        return max(1.0, len(hits) / max(1, len(np.unique(searched))))
    of_person = np.bincount(searched, hits - rate, m) + np.bincount(met, minlength=m) - len(met) / m
    _, of_pair = np.unique(np.sort([searched[hits], met], axis=0), axis=1, return_counts=True)
    # Both people of a pair count what lies between the two, so that is taken off once.
    spread = m / (m - 1) * float((of_person**2).sum()) - (1 - rate) * float((of_pair**2).sum())
    return max(1.0, spread / (len(hits) * rate * (1 - rate)))


def counted_down(rate: Rate, effect: float) -> Rate:
    """As many independent trials as a rate is worth, whole ones, at least one."""
    trials = max(1, round(rate.trials / effect))
    return Rate(min(trials, round(rate.count / effect)), trials, rate.denominator)


def permutation_p(
    hits_a: tuple[ArrayLike, ArrayLike],
    hits_b: tuple[ArrayLike, ArrayLike],
    n_permutations: int = 4999,
    seed: int = 0,
) -> float:
    """Two-sided p that two groups of people have one rate, by dealing the people to the groups anew.

    Parameters
    ----------
    hits_a, hits_b
        (hits, trials) per person, each (m,).

    Returns
    -------
    float
        Share of dealings, the observed one included, in which the rates lie at least as far apart.

    Raises
    ------
    SettingError
        If there are no permutations.
    """
    if n_permutations < 1:
        raise SettingError(f"permutations: at least 1, got {n_permutations}")
    m = len(np.asarray(hits_a[0]))
    k, n = (
        np.concatenate([np.asarray(a, float), np.asarray(b, float)]) for a, b in zip(hits_a, hits_b, strict=True)
    )

    def gap(rows: NDArray[np.intp]) -> Values:
        in_a_k, in_a_n = k[rows[:, :m]].sum(1), n[rows[:, :m]].sum(1)
        apart: Values = np.abs(in_a_k / in_a_n - (k.sum() - in_a_k) / (n.sum() - in_a_n))
        return apart

    rng = np.random.default_rng(seed)
    everybody = np.arange(len(k))
    observed = gap(everybody[None])[0]
    as_far, left = 1, n_permutations
    while left:
        dealt = rng.permuted(np.tile(everybody, (min(left, _AT_ONCE), 1)), axis=1)
        as_far += int((gap(dealt) >= observed - 1e-12).sum())
        left -= len(dealt)
    return as_far / (1 + n_permutations)


def compare_groups_by_person(
    people: ArrayLike,
    group_of: Mapping[int, str],
    is_hit: ArrayLike,
    denominator: str,
    *,
    nearest: ArrayLike | None = None,
    seed: int = 0,
) -> GroupComparison:
    """`compare_groups` of passes, with everything it should know about the people who made them.

    Parameters
    ----------
    people
        (n,) number of the person of each pass.
    group_of
        Person -> the group they named. Passes of people who named none are left out.
    is_hit
        (n,) bool: what is counted.
    denominator
        What is counted over, e.g. ``"mated searches"``.
    nearest
        (n,) of searches of strangers, number of the person on the list who is most like the one searched.

    Raises
    ------
    RecordError
        If the arrays differ in length, or fewer than two groups have passes.
    """
    who, hits = np.asarray(people), np.asarray(is_hit, bool)
    if who.shape != hits.shape or who.ndim != 1:
        raise RecordError(f"people, is_hit: expected one length, got {who.shape} and {hits.shape}")
    named = np.array([person in group_of for person in who.tolist()], bool)
    groups, effects = {}, {}
    for name in dict.fromkeys(group_of.values()):
        mine = np.array([group_of.get(person) == name for person in who.tolist()], bool) & named
        rows, n_people = numbered(who[mine])
        groups[name] = (np.bincount(rows, hits[mine], n_people), np.bincount(rows, minlength=n_people))
        effects[name] = (
            design_effect(*groups[name])
            if nearest is None
            else alert_effect(who[mine], np.asarray(nearest)[mine], hits[mine])
        )
    rates = {name: Rate(int(k.sum()), int(n.sum()), denominator) for name, (k, n) in groups.items()}
    several = [name for name, (k, _) in groups.items() if len(k) > 1]
    worth = {name: counted_down(rates[name], effects[name]) for name in several}
    known = Clustering(
        n_people={name: len(k) for name, (k, _) in groups.items()},
        design_effects={name: effects[name] for name in several},
        p_values={
            (a, b): max(permutation_p(groups[a], groups[b], seed=seed), fisher_p(worth[a], worth[b]))
            for a, b in combinations(several, 2)
        },
    )
    return compare_groups(rates, clustering=known)
