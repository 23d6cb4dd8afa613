"""Open-set identification on photographs of people: draw who is enrolled, search everybody else, count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.embedding.fusion import fuse
from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.identification import Mates, OpenSetPoint, Searches, open_set_point, rank_one
from lfr_kit.evaluation.photos import PhotoTemplates
from lfr_kit.evaluation.split import Split, draw_split
from lfr_kit.records import CandidateList, Template
from lfr_kit.registry import create
from lfr_kit.stages import Matcher

__all__ = [
    "MakeMatcher",
    "OpenSetPlan",
    "OpenSetStudy",
    "matcher_maker",
    "search_draw",
    "searches_of",
    "study_open_set",
]

MakeMatcher = Callable[[NDArray[np.float32]], Matcher]
"""Makes an empty matcher; is given the templates of the cohort, (m, d), m = 0 without one."""


@dataclass(frozen=True)
class OpenSetPlan:
    """What to draw and what to report.

    Attributes
    ----------
    n_enrolled, n_draws, seed
        How many people are enrolled, how often that is drawn anew, and from which seed.
    photos_each, choose
        How many photographs make a reference, and which: the first or random ones.
    n_cohort
        People set aside for score normalisation.
    fpirs
        False positive identification rates TPIR is given at.
    """

    n_enrolled: int
    n_draws: int = 5
    seed: int = 0
    photos_each: int = 1
    choose: Literal["first", "random"] = "first"
    n_cohort: int = 0
    fpirs: tuple[float, ...] = (0.01, 0.001)

    def __post_init__(self) -> None:
        if self.n_draws < 1:
            raise SettingError(f"draws: at least 1, got {self.n_draws}")
        if self.seed < 0:
            raise SettingError(f"seed: at least 0, got {self.seed}")

    def draw(self, people: NDArray[np.intp], rng: np.random.Generator) -> Split:
        """One draw over the people on each photograph, (n,); SettingError if there are too few."""
        return draw_split(
            people,
            self.n_enrolled,
            rng,
            photos_each=self.photos_each,
            choose=self.choose,
            n_cohort=self.n_cohort,
        )

    def check(self, people: ArrayLike) -> None:
        """Raises SettingError if these people do not suffice: before minutes go into their templates."""
        self.draw(np.asarray(people, np.intp), np.random.default_rng(self.seed))


@dataclass(frozen=True, eq=False)
class OpenSetStudy:
    """Result, as means over the draws.

    Attributes
    ----------
    plan
        What was asked for.
    draws
        What every search gave.
    mated, non_mated
        Searches per draw.
    rank1
        Share of mated searches with the right person at rank 1.
    points
        TPIR at each FPIR asked for.
    failed_to_enrol
        People per draw none of whose photographs could be enrolled; searches for them are misses.
    """

    plan: OpenSetPlan
    draws: tuple[Searches, ...]
    mated: float
    non_mated: float
    rank1: float
    points: tuple[OpenSetPoint, ...]
    failed_to_enrol: float


def matcher_maker(name: str, normalisation: str = "none", n_cohort: int = 0) -> MakeMatcher:
    """Makes matchers of a name with score normalisation over a draw's own cohort.

    Raises
    ------
    SettingError
        If normalisation by cohort is asked for without one, or a cohort without it.
    """
    if (normalisation == "cohort") != (n_cohort > 0):
        raise SettingError("normalisation cohort needs --cohort N, people set aside; other normalisations none")

    def make(cohort: NDArray[np.float32]) -> Matcher:
        chosen: dict[str, Any] = {} if normalisation == "none" else {"normalisation": normalisation}
        if normalisation == "cohort":
            chosen["cohort"] = cohort
        matcher: Matcher = create("matcher", name, **chosen)
        return matcher

    return make


def study_open_set(
    people: ArrayLike,
    photos: PhotoTemplates,
    plan: OpenSetPlan,
    make_matcher: MakeMatcher,
    *,
    progress: Callable[[int], None] | None = None,
) -> OpenSetStudy:
    """Runs the draws of a plan.

    Parameters
    ----------
    people
        (n,) number of the person on each photograph.
    photos
        n templates or reasons.

    Raises
    ------
    SettingError
        If the plan asks for more people than there are.
    RecordError
        If `people` and `photos` differ in length, or nobody not enrolled was acquired.
    """
    person_of = np.asarray(people, np.intp)
    if len(person_of) != len(photos):
        raise RecordError(f"people: expected one per photograph, {len(photos)}, got {len(person_of)}")
    rng = np.random.default_rng(plan.seed)
    draws, not_enrolled = [], []
    for _ in range(plan.n_draws):
        searches, n_missing = search_draw(person_of, photos, plan.draw(person_of, rng), make_matcher)
        draws.append(searches)
        not_enrolled.append(n_missing)
        if progress is not None:
            progress(1)
    points = [open_set_point(draws, fpir, seed=plan.seed) for fpir in plan.fpirs]
    return OpenSetStudy(
        plan=plan,
        draws=tuple(draws),
        mated=float(np.mean([draw.is_mated.sum() for draw in draws])),
        non_mated=float(np.mean([(~draw.is_mated).sum() for draw in draws])),
        rank1=float(np.mean([rank_one(draw).value or 0.0 for draw in draws])),
        points=tuple(points),
        failed_to_enrol=float(np.mean(not_enrolled)),
    )


def search_draw(
    people: NDArray[np.intp], photos: PhotoTemplates, split: Split, make_matcher: MakeMatcher
) -> tuple[Searches, int]:
    """Enrols and searches one draw: what the searches gave, and how many people could not be enrolled."""
    vectors = photos.vectors[split.cohort_rows]
    matcher = make_matcher(vectors[~np.isnan(vectors).any(1)])
    references = _references(photos, split)
    if references:
        matcher.enrol(list(references), list(references.values()))
    rows = np.concatenate([split.mated_rows, split.non_mated_rows])
    is_mated = np.arange(len(rows)) < len(split.mated_rows)
    lists = _candidates(matcher, [photos.templates[row] for row in rows])
    wanted = [str(people[row]) if mated else None for row, mated in zip(rows, is_mated, strict=True)]
    return searches_of(people[rows], wanted, lists), len(split.enrolled) - len(references)


def _references(photos: PhotoTemplates, split: Split) -> dict[str, Template]:
    """Reference id (the person's number) -> one template fused from the photographs acquired."""
    references = {}
    for person, rows in zip(split.enrolled, split.reference_rows, strict=True):
        acquired = [t for row in rows if (t := photos.templates[row]) is not None]
        if acquired:
            references[str(person)] = fuse(acquired)
    return references


def _candidates(matcher: Matcher, probes: Sequence[Template | None]) -> list[CandidateList | None]:
    """Per probe its candidates; None where not acquired."""
    lists = iter(matcher.search([probe for probe in probes if probe is not None]))
    return [None if probe is None else next(lists) for probe in probes]


def searches_of(
    people: ArrayLike, wanted: Sequence[str | None], lists: Sequence[CandidateList | None]
) -> Searches:
    """What candidate lists came to.

    Parameters
    ----------
    people
        (n,) number of the person on each probe.
    wanted
        n ids of the right reference; None = a non-mated search.
    lists
        n candidate lists; None = no face acquired. The shortest says how many ranks were kept.

    Raises
    ------
    RecordError
        If the three differ in length.
    """
    tops, mate_scores = np.full(len(lists), np.nan), np.full(len(lists), np.nan)
    ranks = np.zeros(len(lists), np.intp)
    if len(wanted) != len(lists):
        raise RecordError(f"wanted: one per candidate list, {len(lists)}, got {len(wanted)}")
    for row, (mate, found) in enumerate(zip(wanted, lists, strict=True)):
        if found is None:
            continue
        tops[row] = found.comparison_scores[0] if len(found) else -np.inf
        if mate in found.reference_ids:
            at = found.reference_ids.index(mate)
            ranks[row], mate_scores[row] = at + 1, found.comparison_scores[at]
    n_kept = min((len(found) for found in lists if found is not None), default=1)
    return Searches(
        people=np.asarray(people, np.intp),
        is_mated=np.array([mate is not None for mate in wanted], bool),
        is_right=ranks == 1,
        top_scores=tops,
        mates=Mates(ranks, mate_scores, max(n_kept, 1)),
    )
