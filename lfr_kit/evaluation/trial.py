"""A trial after the National Physical Laboratory's method: what cohort, filler and crowd say of one algorithm.

A **mated** transaction is one pass of a member of the cohort whose reference is on the list: found if the right
entry stands first at or above the threshold. Its misses are split: no face passed the gate (failure to acquire),
or the face scored too low, TPIR = (1 - FTA)(1 - FNIR of those acquired). A **non-mated** one is the same pass with
that reference taken off the list, or a pass of the crowd: false if anybody alerts.

The list is drawn anew from everybody else's references, many times; rates are means over the draws, with intervals
by resampling people, because the passes of one person stand or fall together.

References
----------
National Physical Laboratory, MS 43 (2023). ISO/IEC 19795-1 (FNIR(N, R, T), FPIR(N, T), failure to acquire).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError, TableError
from lfr_kit.evaluation.identification import OpenSetPoint, Searches, open_set_point
from lfr_kit.evaluation.list_search import ListSearch, RivalScoring, block_search, drawn_lists, stranger_tops
from lfr_kit.evaluation.rates import Rate
from lfr_kit.evaluation.threshold_sweep import SweepCurve, SweepInput, search_draws, sweep
from lfr_kit.evaluation.trial_manifest import TrialManifest
from lfr_kit.evaluation.trial_passes import TrialTemplates
from lfr_kit.matching.rivals import rival_scale

__all__ = [
    "SizeResult",
    "TrialNormalisation",
    "TrialPlan",
    "TrialResult",
    "TrialScores",
    "run_trial",
    "sizes_for",
    "trial_scores",
]

TrialNormalisation = Literal["none", "rivals"]
"""What scores of a trial are: cosines, or less rivals as the matcher scores with ``normalisation = "rivals"``."""

_USUAL_SIZES = (1_000, 10_000)
"""The sizes the National Physical Laboratory quotes; the third is that of the list at hand."""


@dataclass(frozen=True)
class TrialPlan:
    """What to draw and what to report.

    Attributes
    ----------
    list_sizes
        References drawn beside the mate; empty = 1,000 and 10,000 as far as there are so many, and all there are.
    n_draws, seed
        How often, and from which seed.
    n_thresholds
        Of the sweep.
    fpirs
        TPIR is given at these.
    n_resamples
        Of the people, for intervals.
    normalisation
        What scores are.
    """

    list_sizes: tuple[int, ...] = ()
    n_draws: int = 20
    seed: int = 0
    n_thresholds: int = 200
    fpirs: tuple[float, ...] = (1 / 100, 1 / 1000, 1 / 6000)
    n_resamples: int = 500
    normalisation: TrialNormalisation = "none"

    def __post_init__(self) -> None:
        if min(self.n_draws, self.n_thresholds - 1, self.n_resamples) < 1 or self.seed < 0:
            raise SettingError("trial: draws and resamples from 1, thresholds from 2, seed from 0")
        if not all(0 < fpir < 1 for fpir in self.fpirs):
            raise SettingError(f"fpir: each between 0 and 1, got {', '.join(map(str, self.fpirs))}")


@dataclass(frozen=True, eq=False)
class TrialScores:
    """Who is compared with whom.

    Attributes
    ----------
    person
        (p,) row in the manifest of who passes.
    is_mated
        (p,) of the cohort, with a reference that could be enrolled.
    mate_scores
        (p,) against the own reference; NaN = no face acquired, or not mated.
    listed
        (m,) rows in the manifest of the people whose references can be drawn.
    scores
        (p, m) cosines, float32; NaN rows = no face acquired, -inf = the person's own reference, never drawn.
    rivals
        The listed references, for scores less rivals, which depend on the list; None = scores are cosines.
    """

    person: NDArray[np.intp]
    is_mated: NDArray[np.bool_]
    mate_scores: NDArray[np.float64]
    listed: NDArray[np.intp]
    scores: NDArray[np.float32]
    rivals: RivalScoring | None = None

    @property
    def score_scale(self) -> str:
        """What searches score on."""
        return "cosine" if self.rivals is None else rival_scale()

    @property
    def own(self) -> NDArray[np.intp] | None:
        """(p,) which of those listed is the own reference, -1 = none; None if scores do not depend on it."""
        return None if self.rivals is None else _own_columns(self.person, self.listed)

    @property
    def is_acquired(self) -> NDArray[np.bool_]:
        """(p,) a face was acquired."""
        return ~np.isnan(self.scores[:, 0])

    def of(self, passes: NDArray[np.bool_], columns: NDArray[np.bool_] | None = None) -> TrialScores:
        """Some passes against some references."""
        chosen = np.ones(len(self.listed), bool) if columns is None else columns
        return TrialScores(
            self.person[passes],
            self.is_mated[passes],
            self.mate_scores[passes],
            self.listed[chosen],
            self.scores[np.ix_(passes, chosen)],
            None if self.rivals is None else replace(self.rivals, vectors=self.rivals.vectors[chosen]),
        )

    def stranger_tops(self, lists: Sequence[NDArray[np.intp]]) -> NDArray[np.float64]:
        """(p, l) best score on each of l lists, the own reference off it; NaN = no face, -inf = nobody else."""
        return stranger_tops(self.scores, lists, self.rivals, self.own)

    def search(self, columns: NDArray[np.intp]) -> ListSearch:
        """All passes against a list of these, with the own reference put on it."""
        (drawn,) = drawn_lists([columns], self.rivals)
        return block_search(self.scores, self.mate_scores.astype(np.float32), self.rivals, self.own)(drawn)

    def draws(
        self, n_enrolled: int, n_draws: int, seed: int, progress: Callable[[int], None] | None = None
    ) -> tuple[Searches, ...]:
        """Searches against random draws, with the people's rows in the manifest as their numbers."""
        numbers = np.where(self.is_mated, self.person, -1)
        given = SweepInput(numbers, self.mate_scores, self.scores, self.scores.shape[1], self.rivals, self.own)
        people = np.r_[self.person[self.is_mated], self.person]
        n_different = 1 if n_enrolled == len(self.listed) else n_draws
        found = search_draws(given, n_enrolled, n_different, seed, progress)
        return tuple(replace(each, people=people) for each in found)


def _own_columns(person: NDArray[np.intp], listed: NDArray[np.intp]) -> NDArray[np.intp]:
    column_of = {int(each): column for column, each in enumerate(listed)}
    return np.array([column_of.get(int(each), -1) for each in person], np.intp)


def trial_scores(
    manifest: TrialManifest, templates: TrialTemplates, normalisation: TrialNormalisation = "none"
) -> TrialScores:
    """Cosines of every pass with every reference that could be enrolled, and what searches make of them.

    Raises
    ------
    TableError
        If nobody could be enrolled, or no face was acquired.
    SettingError
        If nobody knows from which cosine a rival counts in this embedding space.
    """
    passes, references = templates.passes, templates.references
    is_enrolled = references.is_acquired
    if is_enrolled.sum() < 2 or not passes.is_acquired.any():
        raise TableError(
            f"{manifest.trial_id}: {is_enrolled.sum()} people could be enrolled, {passes.is_acquired.sum()} "
            "passes gave a face: there is nothing to compare; look at the pictures, or at the gates (--admit all)"
        )
    listed, vectors = references.person[is_enrolled], references.vectors[is_enrolled]
    with np.errstate(invalid="ignore"):  # NaN rows: not acquired
        scores = passes.vectors @ vectors.T
    own = _own_columns(passes.person, listed)
    mated = own >= 0
    rows = np.flatnonzero(mated)
    mate_scores = np.full(len(passes), np.nan)
    mate_scores[rows] = scores[rows, own[rows]]
    has_face = rows[~np.isnan(mate_scores[rows])]
    scores[has_face, own[has_face]] = -np.inf
    rivals = RivalScoring.usual(vectors, passes.space_id) if normalisation == "rivals" else None
    return TrialScores(passes.person, mated, mate_scores, listed, scores, rivals)


def sizes_for(plan: TrialPlan, n_listed: int) -> tuple[int, ...]:
    """The list sizes of a plan, with `n_listed` references to draw from.

    Raises
    ------
    SettingError
        If more are asked for than there are.

    Examples
    --------
    >>> sizes_for(TrialPlan(), 1164), sizes_for(TrialPlan(), 35)
    ((1000, 1164), (35,))
    """
    asked = plan.list_sizes or (*(size for size in _USUAL_SIZES if size < n_listed), n_listed)
    wrong = [size for size in asked if not 1 <= size <= n_listed]
    if wrong:
        raise SettingError(
            f"list size: {wrong[0]:,} asked for, {n_listed:,} people could be enrolled; give sizes from 1 to "
            f"{n_listed:,}, or add filler"
        )
    return tuple(sorted(set(asked)))


@dataclass(frozen=True, eq=False)
class SizeResult:
    """What a list of one size gave.

    Attributes
    ----------
    n_enrolled
        References drawn beside the mate.
    curve
        Counts at every threshold, by draw.
    points
        TPIR at each FPIR asked for, with intervals.
    draws
        What every search gave.
    """

    n_enrolled: int
    curve: SweepCurve
    points: tuple[OpenSetPoint, ...]
    draws: tuple[Searches, ...]


@dataclass(frozen=True, eq=False)
class TrialResult:
    """Result of `run_trial`.

    Attributes
    ----------
    manifest, plan
        What was asked for.
    scores
        All comparisons.
    sizes
        By size of the list.
    failed_to_enrol, failed_to_acquire
        People without a usable reference; passes without a usable face.
    reasons
        Why, reason code -> number: of references, of passes.
    space_id, score_scale
        The embedding space, and what scores are in it.
    """

    manifest: TrialManifest
    plan: TrialPlan
    scores: TrialScores
    sizes: tuple[SizeResult, ...]
    failed_to_enrol: Rate
    failed_to_acquire: Rate
    reasons: tuple[dict[str, int], dict[str, int]]
    space_id: str

    @property
    def score_scale(self) -> str:
        """See the class."""
        return self.scores.score_scale

    @cached_property
    def stranger_scores(self) -> NDArray[np.float64]:
        """(a,) the best score of each acquired pass against all of the list but the own reference."""
        tops = self.scores.stranger_tops([np.arange(len(self.scores.listed))])
        return np.asarray(tops[self.scores.is_acquired, 0], np.float64)

    @cached_property
    def mate_scores(self) -> NDArray[np.float64]:
        """(p,) against the own reference, everybody else on the list; NaN = no face acquired, or not mated."""
        return np.asarray(self.scores.search(np.arange(len(self.scores.listed))).mates, np.float64)

    def at(self, size: SizeResult, threshold: float) -> dict[str, Any]:
        """Everything at one threshold, as means over the draws; keys of `figures.json`."""
        one = sweep(size.draws, size.n_enrolled, [threshold])
        mated, non_mated = int(one.mated[0]), int(one.non_mated[0])
        found, false = float(one.true_positives.mean()), float(one.false_positives.mean())
        fta = Rate(int(one.not_acquired[0]), mated, "passes of the cohort")
        acquired = mated - fta.count
        return {
            "threshold": threshold,
            "tpir": found / mated if mated else None,
            "fta": fta.value,
            "fnir_of_acquired": 1 - found / acquired if acquired else None,
            "below_threshold": float(one.below.mean()),
            "another_first": float(one.outranked.mean()),
            "mated": mated,
            "fpir": false / non_mated if non_mated else None,
            "false": false,
            "non_mated": non_mated,
        }


def run_trial(
    manifest: TrialManifest,
    templates: TrialTemplates,
    plan: TrialPlan | None = None,
    progress: Callable[[int], None] | None = None,
) -> TrialResult:
    """Searches, sweeps and counts.

    Parameters
    ----------
    progress
        Called with the number of passes searched since the last call; each is searched once per list size.

    Raises
    ------
    TableError, SettingError
        If nothing can be compared; if a list is larger than the people who could be enrolled.
    SpaceMismatchError
        If references and passes are of two embedding spaces.
    """
    plan = plan or TrialPlan()
    scores = trial_scores(manifest, templates, plan.normalisation)
    sizes = sizes_for(plan, len(scores.listed))
    draws = [scores.draws(size, plan.n_draws, plan.seed, progress) for size in sizes]
    at = _thresholds(draws[-1], plan.n_thresholds)
    references, passes = templates.references, templates.passes
    return TrialResult(
        manifest=manifest,
        plan=plan,
        scores=scores,
        sizes=tuple(
            SizeResult(size, sweep(drawn, size, at), _points(drawn, plan), drawn)
            for size, drawn in zip(sizes, draws, strict=True)
        ),
        failed_to_enrol=Rate(int((~references.is_acquired).sum()), len(references), "people to enrol"),
        failed_to_acquire=Rate(int((~passes.is_acquired).sum()), len(passes), "passes"),
        reasons=(references.failed, passes.failed),
        space_id=passes.space_id,
    )


def _points(draws: Sequence[Searches], plan: TrialPlan) -> tuple[OpenSetPoint, ...]:
    if not draws[0].is_mated.any():
        return ()
    return tuple(open_set_point(draws, fpir, seed=plan.seed, n_resamples=plan.n_resamples) for fpir in plan.fpirs)


def _thresholds(draws: Sequence[Searches], n: int) -> NDArray[np.float64]:
    """(n,) from the median stranger of the longest list to just above the highest score."""
    strangers = np.concatenate([draw.stranger_scores for draw in draws])
    strangers = strangers[np.isfinite(strangers)]
    tops = np.concatenate([draw.top_scores for draw in draws])
    return np.linspace(np.median(strangers), np.nextafter(tops[np.isfinite(tops)].max(), np.inf), n)
