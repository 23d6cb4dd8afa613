"""A trial at many thresholds and several draws of filler: every pass against every draw, counted once.

A mated transaction is a pass against the filler and its own reference; a non-mated one the same pass with that
reference removed, or a pass of the crowd. Of each only the best filler scores and the rank of the own reference
are kept, (draws, passes): memory does not grow with the list and any number of thresholds is a lookup.

References
----------
National Physical Laboratory, MS 43 (2023). ISO/IEC 19795-1 (FNIR(N, R, T), FPIR(N, T), transactions).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.det import ErrorPoint, count_at_or_above
from lfr_kit.evaluation.filler import filler_draws
from lfr_kit.evaluation.identification import MATED, NON_MATED, Mates, Searches
from lfr_kit.evaluation.list_search import ListSearch, RivalScoring, block_search, drawn_lists, joined
from lfr_kit.evaluation.rates import Rate

__all__ = [
    "FillerScores",
    "SweepCurve",
    "SweepInput",
    "cosine_blocks",
    "search_draws",
    "sweep",
    "sweep_filler",
    "thresholds_between",
]

Scores = NDArray[np.float64]
Counts = NDArray[np.intp]
FillerScores = Callable[[slice], NDArray[np.float32]]
"""Scores of the passes in a slice against all filler, (b, f)."""

_BLOCK_BYTES = 1 << 24


@dataclass(frozen=True, eq=False)
class SweepInput:
    """Scores of p passes, of the cohort and of the crowd.

    Attributes
    ----------
    people
        (p,) number of the person of each pass; negative = the crowd: not on the list, never mated.
    mate_scores
        (p,) against the person's own reference; NaN = no face acquired (for the crowd always), -inf = the
        reference could not be enrolled.
    filler_scores
        (p, f) float32 against every filler, or a function that gives blocks of its rows. A row of NaN = no face
        acquired; -inf = this filler does not count for this pass.
    n_filler
        f.
    rivals, own
        For scores less rivals: the filler as a `RivalScoring`, and (p,) which of it is the own reference of each
        pass, -1 = none. The scores above are cosines then. None = they are taken as they are.
    """

    people: NDArray[np.intp]
    mate_scores: Scores
    filler_scores: NDArray[np.float32] | FillerScores
    n_filler: int
    rivals: RivalScoring | None = None
    own: NDArray[np.intp] | None = None

    def __post_init__(self) -> None:
        if (self.rivals is None) != (self.own is None):
            raise RecordError("rivals, own: scores less rivals need both")
        if self.people.shape != self.mate_scores.shape or self.people.ndim != 1:
            raise RecordError(
                f"people, mate_scores: one of each per pass, got {self.people.shape} and {self.mate_scores.shape}"
            )
        if not callable(self.filler_scores) and self.filler_scores.shape != (len(self.people), self.n_filler):
            raise RecordError(
                f"filler_scores: expected {(len(self.people), self.n_filler)}, got {self.filler_scores.shape}"
            )

    def block(self, rows: slice) -> NDArray[np.float32]:
        """Scores of some passes against all filler; RecordError if the function gives another shape."""
        found = self.filler_scores(rows) if callable(self.filler_scores) else self.filler_scores[rows]
        expected = (len(self.people[rows]), self.n_filler)
        if found.shape != expected:
            raise RecordError(f"filler_scores: expected a block of {expected}, got {found.shape}")
        return found


def cosine_blocks(probes: NDArray[np.float32], filler: NDArray[np.float32]) -> FillerScores:
    """Cosines of probes (p, d) and filler (f, d), unit vectors, block by block."""
    turned = np.ascontiguousarray(filler.T)
    return lambda rows: probes[rows] @ turned


def search_draws(
    given: SweepInput,
    n_enrolled: int,
    n_draws: int = 20,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> tuple[Searches, ...]:
    """What searches against several random draws of `n_enrolled` filler give.

    Parameters
    ----------
    n_enrolled
        Size of the list without the mate, which stands beside it in a mated search.
    progress
        Told of each block how many passes it had.

    Returns
    -------
    tuple
        Per draw: the mated searches of the cohort's passes, then the non-mated ones of all passes. A mate who
        scores as high as the best filler stands before it.

    Raises
    ------
    SettingError
        If more are to be drawn than there are filler.
    RecordError
        If scores are missing for some of the filler only.
    """
    lists = drawn_lists(filler_draws(given.n_filler, n_enrolled, n_draws, seed), given.rivals)
    found: list[list[ListSearch]] = [[] for _ in lists]
    step = max(1, _BLOCK_BYTES // (4 * given.n_filler))
    for start in range(0, len(given.people), step):
        rows = slice(start, min(start + step, len(given.people)))
        scores = given.block(rows)
        _check_missing(scores, start)
        own = None if given.own is None else given.own[rows]
        search = block_search(scores, given.mate_scores[rows].astype(np.float32), given.rivals, own)
        for each, drawn in zip(found, lists, strict=True):
            each.append(search(drawn))
        if progress is not None:
            progress(rows.stop - rows.start)
    return tuple(_searches(given, joined(each), n_enrolled) for each in found)


def _check_missing(scores: NDArray[np.float32], start: int) -> None:
    missing = np.isnan(scores)
    if not missing.any():
        return
    in_part = np.flatnonzero(missing.any(1) & ~missing.all(1))
    if len(in_part):
        filler = int(np.flatnonzero(missing[in_part[0]])[0])
        raise RecordError(
            f"filler_scores: pass {start + in_part[0]} has no score for filler {filler} but has others; "
            "leave out filler that could not be enrolled"
        )


def _searches(given: SweepInput, found: ListSearch, n_enrolled: int) -> Searches:
    cohort = np.flatnonzero(given.people >= 0)
    mates, best = found.mates[cohort].astype(np.float64), found.strangers.astype(np.float64)
    has_face = ~np.isnan(mates)
    if (has_face == np.isnan(best[cohort])).any():
        where = cohort[np.flatnonzero(has_face == np.isnan(best[cohort]))[0]]
        raise RecordError(f"pass {where}: has scores against its own reference or against filler, but not both")
    ranks = np.where(has_face & (mates > -np.inf), found.above[cohort] + 1, 0)
    tops = np.where(has_face, np.maximum(mates, found.others[cohort]), np.nan)
    others = np.zeros(len(best), np.intp)
    return Searches(
        people=np.r_[given.people[cohort], given.people],
        is_mated=np.arange(len(cohort) + len(best)) < len(cohort),
        is_right=np.r_[ranks == 1, others > 0],
        top_scores=np.r_[tops, best],
        mates=Mates(np.r_[ranks, others], np.r_[mates, np.full(len(best), np.nan)], n_enrolled + 1),
    )


@dataclass(frozen=True, eq=False)
class SweepCurve:
    """Counts of d draws at t thresholds.

    Attributes
    ----------
    n_enrolled
        N: references searched.
    rank
        R: a mated search is right with the person among the first R.
    thresholds
        (t,) rising.
    true_positives
        (d, t) mated: the right person, at or above the threshold.
    outranked
        (d, t) mated: at or above the threshold others only, or the right person too far down.
    below
        (d, t) mated: a face, but nobody at or above the threshold.
    not_acquired
        (d,) mated without a face. The four add up to `mated`.
    false_positives
        (d, t) non-mated: somebody at or above the threshold.
    mated, non_mated
        (d,) trials; the non-mated ones are those with a face.
    """

    n_enrolled: int
    rank: int
    thresholds: Scores
    true_positives: Counts
    outranked: Counts
    below: Counts
    not_acquired: Counts
    false_positives: Counts
    mated: Counts
    non_mated: Counts

    @property
    def tpir(self) -> Scores:
        """(t,) all draws together; NaN without mated searches."""
        return _share(self.true_positives, self.mated)

    @property
    def fpir(self) -> Scores:
        """(t,) all draws together; NaN without non-mated searches."""
        return _share(self.false_positives, self.non_mated)

    def at(self, index: int, draw: int) -> ErrorPoint:
        """FPIR and FNIR of one draw, with their counts, at ``thresholds[index]``.

        Of one draw: the passes are the same in all, so their sum has not that many trials.
        """
        return ErrorPoint(
            threshold=float(self.thresholds[index]),
            false_positive=Rate(int(self.false_positives[draw, index]), int(self.non_mated[draw]), NON_MATED),
            false_negative=Rate(int(self.true_positives[draw, index]), int(self.mated[draw]), MATED).complement,
        )


def _share(counts: Counts, trials: Counts) -> Scores:
    total = trials.sum()
    return np.asarray(counts.sum(0) / total if total else np.full(counts.shape[1], np.nan), np.float64)


def thresholds_between(draws: Sequence[Searches], n: int = 200) -> Scores:
    """(n,) evenly spaced from the lowest to just above the highest score of any search.

    Raises
    ------
    SettingError, RecordError
        If `n` is below 2; if no search has a score.
    """
    if n < 2:
        raise SettingError(f"thresholds: at least 2, got {n}")
    tops = np.concatenate([draw.top_scores for draw in draws] or [np.zeros(0)])
    tops = tops[np.isfinite(tops)]
    if not len(tops):
        raise RecordError("thresholds: no search has a score; was no face acquired?")
    return np.linspace(tops.min(), np.nextafter(tops.max(), np.inf), n)


def sweep(draws: Sequence[Searches], n_enrolled: int, thresholds: ArrayLike, rank: int = 1) -> SweepCurve:
    """Counts what searches of any matcher gave, at every threshold.

    Raises
    ------
    RecordError
        If there is no draw or no threshold, a threshold is NaN, or ranks up to `rank` were not kept.
    """
    at = np.sort(np.asarray(thresholds, np.float64).ravel())
    if not draws or not len(at) or np.isnan(at).any():
        raise RecordError(f"sweep: needs draws and thresholds, none of them NaN, got {len(draws)} and {len(at)}")
    tops = [draw.top_scores[draw.is_mated] for draw in draws]
    hits = np.array([count_at_or_above(draw.mate_scores(rank), at) for draw in draws])
    alerts = np.array([count_at_or_above(scores, at) for scores in tops])
    mated = np.array([len(scores) for scores in tops])
    missing = np.array([np.isnan(scores).sum() for scores in tops])
    return SweepCurve(
        n_enrolled=n_enrolled,
        rank=rank,
        thresholds=at,
        true_positives=hits,
        outranked=alerts - hits,
        below=mated[:, None] - missing[:, None] - alerts,
        not_acquired=missing,
        false_positives=np.array([count_at_or_above(draw.stranger_scores, at) for draw in draws]),
        mated=mated,
        non_mated=np.array([len(draw.stranger_scores) for draw in draws]),
    )


def sweep_filler(
    given: SweepInput, n_enrolled: int, thresholds: ArrayLike | None = None, n_draws: int = 20, seed: int = 0
) -> SweepCurve:
    """`search_draws`, then `sweep` at `thresholds`, by default 200 between the lowest and the highest score."""
    draws = search_draws(given, n_enrolled, n_draws, seed)
    return sweep(draws, n_enrolled, thresholds_between(draws) if thresholds is None else thresholds)
