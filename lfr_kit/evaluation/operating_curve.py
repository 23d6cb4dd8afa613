"""What one condition of watching costs: TPIR and FPIR at each of its levels, on the same people and draws.

Every level is searched with the same draws of who is enrolled, so that levels differ by the condition alone. Two
TPIRs are given: at the threshold of the first level, which is what an authority's frozen threshold does when the
light fails; and at a threshold found anew for the level, which is what the level would allow. Draws are pooled:
one threshold for all of them, as in operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.identification import (
    OpenSetPoint,
    Searches,
    false_positive_rate,
    open_set_point,
    true_positive_rate,
)
from lfr_kit.evaluation.open_set_study import MakeMatcher, search_draw
from lfr_kit.evaluation.photos import PhotoTemplates
from lfr_kit.evaluation.rates import Rate
from lfr_kit.evaluation.resampling import draw_weights, rate_interval_by_person
from lfr_kit.evaluation.split import Split

__all__ = ["CurveLevel", "CurvePlan", "Fall", "LevelResult", "fall_to", "search_level", "study_curve"]

Interval = tuple[float, float]


@dataclass(frozen=True)
class CurvePlan:
    """How levels are compared.

    Attributes
    ----------
    fpir
        Rate of strangers who may raise an alert: what thresholds are found for.
    n_draws, seed
        How often who is enrolled is drawn, and from which seed.
    shares_threshold
        Whether the first level's threshold means anything at the others: not where their scores are on
        different scales.
    """

    fpir: float = 0.01
    n_draws: int = 20
    seed: int = 0
    shares_threshold: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.fpir < 1:
            raise SettingError(f"fpir: between 0 and 1, got {self.fpir}")
        if self.n_draws < 1 or self.seed < 0:
            raise SettingError(f"draws at least 1 and seed at least 0, got {self.n_draws} and {self.seed}")


@dataclass(frozen=True, eq=False)
class CurveLevel:
    """One level of a condition.

    Attributes
    ----------
    level
        A number with the condition's unit, or a name.
    references
        r templates, one per person: those with probes and, behind or between them, filler without any.
    probes, people
        n templates, and the row in `references` of the person on each.
    n_enrolled
        People on the watchlist per draw: at most half of those with probes, filled up with filler.
    make_matcher
        Makes an empty matcher.
    """

    level: float | str
    references: PhotoTemplates
    probes: PhotoTemplates
    people: NDArray[np.intp]
    n_enrolled: int
    make_matcher: MakeMatcher

    def __post_init__(self) -> None:
        if len(self.probes) != len(self.people):
            raise RecordError(f"people: one per probe, {len(self.probes)}, got {len(self.people)}")
        n_with_probes = len(np.unique(self.people))
        most = n_with_probes // 2 + len(self.references) - n_with_probes
        if n_with_probes < 4:
            raise SettingError(f"people: at least 4 with a reference and a probe, got {n_with_probes}")
        if not 2 <= self.n_enrolled <= most:
            raise SettingError(
                f"enrol: {self.n_enrolled} people; here 2 to {most}: half of the {n_with_probes} with probes are "
                f"strangers, {len(self.references) - n_with_probes} more people are filler"
            )


@dataclass(frozen=True, eq=False)
class LevelResult:
    """What one level gave.

    Attributes
    ----------
    level, n_enrolled
        As in `CurveLevel`.
    at_own
        TPIR at the FPIR asked for, threshold found anew in each resample of the people.
    threshold
        Of the first level; None where it means nothing here.
    tpir, tpir_interval
        At `threshold`, pooled over draws, interval by resampling people; None without it.
    fpir, fpir_interval
        Likewise.
    failed
        Probes in which no face was acquired.
    n_people
        People with probes.
    score_scale
        Of the scores.
    searches
        All searches of all draws.
    """

    level: float | str
    n_enrolled: int
    at_own: OpenSetPoint
    threshold: float | None
    tpir: Rate | None
    tpir_interval: Interval | None
    fpir: Rate | None
    fpir_interval: Interval | None
    failed: Rate
    n_people: int
    score_scale: str
    searches: Searches


@dataclass(frozen=True)
class Fall:
    """At which level TPIR, at the first level's threshold, has fallen to a share of what it was there.

    Attributes
    ----------
    share
        E.g. 0.5.
    level
        Interpolated between two levels; None where it never falls that far.
    interval
        95 %, by resampling people: the end nearer to the first level, and the farther one; None = it does not fall
        that far within the levels.
    """

    share: float
    level: float | None
    interval: tuple[float | None, float | None]


def study_curve(
    levels: Sequence[CurveLevel], plan: CurvePlan, progress: Callable[[int], None] | None = None
) -> list[LevelResult]:
    """Results of all levels; the first is the one whose threshold is kept.

    Raises
    ------
    SettingError, RecordError
        If there is no level; if nobody was acquired among the strangers of one.
    """
    if not levels:
        raise SettingError("levels: at least one")
    results: list[LevelResult] = []
    threshold = None
    for level in levels:
        searches = search_level(level, plan)
        at_own = open_set_point([searches], plan.fpir, seed=plan.seed)
        if threshold is None and plan.shares_threshold:
            threshold = at_own.threshold
        results.append(_result(level, searches, at_own, threshold))
        if progress is not None:
            progress(1)
    return results


def search_level(level: CurveLevel, plan: CurvePlan) -> Searches:
    """Every draw's searches, one after the other; who is enrolled depends on seed, people and sizes only."""
    rng = np.random.default_rng(plan.seed)
    n_references = len(level.references)
    templates = PhotoTemplates(
        (*level.references.templates, *level.probes.templates), (*level.references.reasons, *level.probes.reasons)
    )
    person_of = np.concatenate([np.arange(n_references), level.people])
    found = []
    for _ in range(plan.n_draws):
        enrolled = _enrolled(level, rng)
        is_mated = np.isin(level.people, enrolled)
        split = Split(
            enrolled=enrolled,
            reference_rows=enrolled[:, None],
            mated_rows=n_references + np.flatnonzero(is_mated),
            non_mated_rows=n_references + np.flatnonzero(~is_mated),
            cohort_rows=np.zeros(0, np.intp),
        )
        searches, _ = search_draw(person_of, templates, split, level.make_matcher)
        found.append(searches)
    return Searches(
        people=np.concatenate([each.people for each in found]),
        is_mated=np.concatenate([each.is_mated for each in found]),
        is_right=np.concatenate([each.is_right for each in found]),
        top_scores=np.concatenate([each.top_scores for each in found]),
    )


def _enrolled(level: CurveLevel, rng: np.random.Generator) -> NDArray[np.intp]:
    """(e,) rows of the references of one draw; a longer list of the same seed holds a shorter one."""
    with_probes = rng.permutation(np.unique(level.people))
    filler = rng.permutation(np.setdiff1d(np.arange(len(level.references)), with_probes))
    own = with_probes[: min(level.n_enrolled, len(with_probes) // 2)]
    return np.sort(np.concatenate([own, filler[: level.n_enrolled - len(own)]])).astype(np.intp)


def _result(level: CurveLevel, searches: Searches, at_own: OpenSetPoint, threshold: float | None) -> LevelResult:
    tpir = fpir = tpir_interval = fpir_interval = None
    if threshold is not None:
        tpir, fpir = true_positive_rate(searches, threshold), false_positive_rate(searches, threshold)
        mated, strangers = searches.is_mated, ~searches.is_mated & ~np.isnan(searches.top_scores)
        tpir_interval = rate_interval_by_person(searches.people[mated], _hits(searches, threshold)[mated])
        alerted = searches.top_scores >= threshold
        fpir_interval = rate_interval_by_person(searches.people[strangers], alerted[strangers])
    return LevelResult(
        level=level.level,
        n_enrolled=level.n_enrolled,
        at_own=at_own,
        threshold=threshold,
        tpir=tpir,
        tpir_interval=tpir_interval,
        fpir=fpir,
        fpir_interval=fpir_interval,
        failed=Rate(level.probes.failed.total(), len(level.probes), "probes"),
        n_people=len(np.unique(level.people)),
        score_scale=_score_scale(level),
        searches=searches,
    )


def _score_scale(level: CurveLevel) -> str:
    """Of a search of whoever was acquired first; there is somebody, or no threshold would have been found."""
    acquired = next(t for t in (*level.probes.templates, *level.references.templates) if t is not None)
    (found,) = level.make_matcher(np.zeros((0, len(acquired.vector)), np.float32)).search([acquired])
    return found.score_scale


def _hits(searches: Searches, threshold: float) -> NDArray[np.bool_]:
    return np.asarray(searches.is_right & (searches.top_scores >= threshold))


def fall_to(results: Sequence[LevelResult], share: float = 0.5, *, seed: int = 0, n_resamples: int = 1000) -> Fall:
    """Where TPIR falls to a share of the first level's, on straight lines between the levels, best to worst.

    Parameters
    ----------
    results
        Numbered levels, the first the best, the others in order away from it.
    share
        In (0, 1).

    Raises
    ------
    SettingError
        If a level has no number or no shared threshold, or they are not in order.
    """
    at = np.array([r.level if isinstance(r.level, int | float) else np.nan for r in results], float)
    steps = np.diff(at)
    if not (np.all(steps > 0) or np.all(steps < 0)) or any(r.threshold is None for r in results):
        raise SettingError("a fall needs numbered levels in order, best first, at one threshold")
    n_people = int(max(r.searches.people.max() for r in results)) + 1
    hits, trials = np.zeros((2, len(results), n_people))
    for i, result in enumerate(results):
        found = result.searches
        hits[i] = np.bincount(found.people, _hits(found, result.threshold or 0.0), n_people)
        trials[i] = np.bincount(found.people, found.is_mated, n_people)
    present = np.flatnonzero(trials.sum(0))
    weights = np.zeros((n_resamples, n_people))
    weights[:, present] = draw_weights(len(present), n_resamples, np.random.default_rng(seed))
    curves = (weights @ hits.T) / np.maximum(weights @ trials.T, 1)
    value = _crossing(at, hits.sum(1) / np.maximum(trials.sum(1), 1), share)
    # NaN = never fell so far: sorts to the far end, which is where such a level lies.
    found_at = np.array([_crossing(at, curve, share) for curve in curves])
    away = np.where(np.isnan(found_at), np.inf, np.abs(found_at - at[0]))
    ends = np.quantile(away, [0.025, 0.975], method="nearest")
    sign = 1 if at[-1] > at[0] else -1
    low, high = (None if np.isinf(end) else float(at[0] + sign * end) for end in ends)
    return Fall(share, None if np.isnan(value) else value, (low, high))


def _crossing(at: NDArray[np.float64], values: NDArray[np.float64], share: float) -> float:
    """The level at which `values` first pass below `share` of their first; NaN where they do not."""
    bar = share * values[0]
    below = np.flatnonzero(values < bar)
    if not len(below) or values[0] <= 0:
        return float("nan")
    i = int(below[0])
    way = (values[i - 1] - bar) / (values[i - 1] - values[i])
    return float(at[i - 1] + way * (at[i] - at[i - 1]))
