"""Searches of drawn lists, many passes at once: by cosine, or less rivals, scored as `ExactMatcher` scores.

Rivalry depends on who else is on the list, so it is counted for each list anew; and on whether the own reference
of a pass is on it, which takes from the others' scores in a mated search and must not in a non-mated one. Kept are
the k + 1 nearest of each side: without one of them, or with one more, their sum is a subtraction. All candidates
are ranked; `ExactMatcher` ranks the best hundred or so by cosine anew, which is the same unless rivals take more
from the first than the hundredth lies below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfr_kit.matching.nearest_others import NearestOthers
from lfr_kit.matching.normalise import largest
from lfr_kit.matching.rivals import N_RIVALS, RIVAL_WEIGHT, known_rival_from

__all__ = ["DrawnList", "ListSearch", "RivalScoring", "block_search", "drawn_lists", "joined", "stranger_tops"]

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class ListSearch:
    """What b passes find on one list.

    Attributes
    ----------
    strangers
        (b,) best score with the own reference off the list.
    others
        (b,) best score of anybody else with the own reference on it.
    mates
        (b,) score of the own reference.
    above
        (b,) how many others score higher.
    """

    strangers: Floats
    others: Floats
    mates: Floats
    above: Rows


@dataclass(frozen=True, eq=False)
class DrawnList:
    """A list drawn from m references.

    Attributes
    ----------
    columns
        (n,) references on it.
    nearest
        (n, k + 1) how far each one's nearest others on it lie above `rival_from`, falling; 0 = no rival. (n, 0)
        where scores are cosines.
    """

    columns: Rows
    nearest: Floats


@dataclass(frozen=True, eq=False)
class RivalScoring:
    """References that lists are drawn from, and what counts as a rival.

    Attributes
    ----------
    vectors
        (m, d) float32 of unit length.
    k, rival_from
        How many nearest others are counted, and from which cosine.
    """

    vectors: Floats
    k: int
    rival_from: float

    @classmethod
    def usual(cls, vectors: Floats, space_id: str) -> RivalScoring:
        """As ``normalisation = "rivals"`` scores; SettingError if nobody knows what a rival is in this space."""
        return cls(vectors, N_RIVALS, known_rival_from(space_id))

    def excess(self, cosines: Floats) -> Floats:
        """How far cosines lie above `rival_from`; 0 below, NaN where there is none."""
        return np.asarray(np.maximum(cosines - np.float32(self.rival_from), np.float32(0)), np.float32)

    def nearest(self, columns: Rows) -> Floats:
        """(n, k + 1) of a list of some of the references, see `DrawnList`."""
        others = NearestOthers(self.k + 1)
        others.add(self.vectors[columns], len(columns))
        return np.asarray(-np.sort(-self.excess(others.cosines), axis=1), np.float32)

    def own_cosines(self, own: Rows) -> Floats:
        """(b, m) of the own reference of each pass with all references; -inf with itself, and where own is -1."""
        found = np.asarray(self.vectors[own] @ self.vectors.T, np.float32)
        found[np.arange(len(own)), own] = -np.inf
        found[own < 0] = -np.inf
        return found


def joined(blocks: Sequence[ListSearch]) -> ListSearch:
    """What all blocks of passes found on one list, in their order."""
    if not blocks:
        nothing = np.zeros(0, np.float32)
        return ListSearch(nothing, nothing, nothing, np.zeros(0, np.intp))
    return ListSearch(
        np.concatenate([each.strangers for each in blocks]),
        np.concatenate([each.others for each in blocks]),
        np.concatenate([each.mates for each in blocks]),
        np.concatenate([each.above for each in blocks]),
    )


def drawn_lists(drawn: Sequence[Rows], scoring: RivalScoring | None = None) -> tuple[DrawnList, ...]:
    """Lists of some of the references each; None = scores are cosines."""
    nothing = np.zeros((0, 0), np.float32)
    return tuple(DrawnList(each, nothing if scoring is None else scoring.nearest(each)) for each in drawn)


def block_search(
    cosines: Floats, mates: Floats, scoring: RivalScoring | None = None, own: Rows | None = None
) -> Callable[[DrawnList], ListSearch]:
    """What searches a drawn list with b passes.

    Parameters
    ----------
    cosines
        (b, m) with all references; -inf = the own one, NaN rows = no face.
    mates
        (b,) with the own reference; NaN = none, or no face.
    scoring
        None = scores are cosines.
    own
        (b,) row of the own reference, -1 = none, for `scoring`.
    """
    if scoring is None or own is None:
        return lambda drawn: _by_cosine(np.take(cosines, drawn.columns, axis=1), mates)
    of_own, own_row = scoring.own_cosines(own), own

    def search(drawn: DrawnList) -> ListSearch:
        listed, listed_own = (np.take(each, drawn.columns, axis=1) for each in (cosines, of_own))
        return _by_rivals(scoring, drawn, listed, mates, listed_own, np.isin(own_row, drawn.columns))

    return search


def stranger_tops(
    cosines: Floats,
    drawn: Sequence[Rows],
    scoring: RivalScoring | None = None,
    own: Rows | None = None,
    block_bytes: int = 1 << 24,
) -> NDArray[np.float64]:
    """(p, l) best score of p passes on each of l lists with the own reference off it; see `block_search`.

    NaN = no face, -inf = nobody else was on the list.
    """
    lists = drawn_lists(drawn, scoring)
    tops = np.empty((len(cosines), len(lists)))
    step = max(1, block_bytes // max(1, 4 * cosines.shape[1]))
    for start in range(0, len(cosines), step):
        rows = slice(start, start + step)
        tops_of = _tops_of(cosines[rows], scoring, None if own is None else own[rows])
        for column, each in enumerate(lists):
            tops[rows, column] = tops_of(each)
    return tops


def _tops_of(cosines: Floats, scoring: RivalScoring | None, own: Rows | None) -> Callable[[DrawnList], Floats]:
    """As `block_search`, for the strangers alone."""
    if scoring is None or own is None:
        return lambda drawn: np.asarray(np.take(cosines, drawn.columns, axis=1).max(1), np.float32)
    of_own = scoring.excess(scoring.own_cosines(own))

    def tops(drawn: DrawnList) -> Floats:
        listed, listed_own = (np.take(each, drawn.columns, axis=1) for each in (cosines, of_own))
        of_probe, nearest = _of_probes(scoring, listed)
        without = _without_own(drawn, listed_own, np.isin(own, drawn.columns), scoring.k)
        return _strangers(scoring, listed, _less(nearest, of_probe) + without)

    return tops


def _of_probes(scoring: RivalScoring, cosines: Floats) -> tuple[Floats, Floats]:
    """Excess of each pass with each of a list (b, n), and the k + 1 largest of it (b, k + 1)."""
    of_probe = scoring.excess(cosines)
    nearest = largest(of_probe, scoring.k + 1)
    return of_probe, np.where(np.isneginf(nearest), np.float32(0), nearest)


def _strangers(scoring: RivalScoring, cosines: Floats, rivalries: Floats) -> Floats:
    """(b,) best score."""
    return np.asarray((cosines - np.float32(RIVAL_WEIGHT / scoring.k) * rivalries).max(1), np.float32)


def _by_cosine(cosines: Floats, mates: Floats) -> ListSearch:
    best = cosines.max(1)
    return ListSearch(best, best, mates, np.count_nonzero(cosines > mates[:, None], axis=1))


def _by_rivals(
    scoring: RivalScoring,
    drawn: DrawnList,
    cosines: Floats,
    mates: Floats,
    own_cosines: Floats,
    is_drawn: NDArray[np.bool_],
) -> ListSearch:
    """By cosines (b, n) of passes, and of their own references, with those drawn; (b,) whether they are drawn."""
    k, weight = scoring.k, np.float32(RIVAL_WEIGHT / scoring.k)
    (of_probe, nearest), of_own = _of_probes(scoring, cosines), scoring.excess(own_cosines)
    without, beside = _without_own(drawn, of_own, is_drawn, k), _beside_own(drawn, of_own, is_drawn, k)
    of_mate = scoring.excess(mates)[:, None]
    with_mate = largest(np.concatenate([nearest, of_mate], axis=1), k + 1)
    strangers = _strangers(scoring, cosines, _less(nearest, of_probe) + without)
    others = cosines - weight * (_less(with_mate, of_probe) + beside)
    rivals_of_own = scoring.excess(largest(own_cosines, k)).sum(1)
    mate_scores = mates - weight * (_less(with_mate, of_mate)[:, 0] + rivals_of_own)
    return ListSearch(
        strangers, others.max(1), mate_scores, np.count_nonzero(others > mate_scores[:, None], axis=1)
    )


def _less(nearest: Floats, each: Floats) -> Floats:
    """(b, n) sum of the k largest of (b, k + 1), once without each of (b, n), which are among them or smaller."""
    return np.asarray(nearest.sum(1, keepdims=True) - np.maximum(each, nearest.min(1, keepdims=True)))


def _without_own(drawn: DrawnList, of_own: Floats, is_drawn: NDArray[np.bool_], k: int) -> Floats:
    """(b, n) k nearest of each reference, summed: without the own reference of each pass."""
    nearest = drawn.nearest.T[:, None]
    less = nearest.sum(0) - np.maximum(of_own, nearest[k])
    return np.asarray(np.where(is_drawn[:, None], less, nearest[:k].sum(0)))


def _beside_own(drawn: DrawnList, of_own: Floats, is_drawn: NDArray[np.bool_], k: int) -> Floats:
    """(b, n) the same, with the own reference of each pass."""
    nearest = drawn.nearest.T[:, None]
    usual = nearest[:k].sum(0)
    more = usual + np.maximum(of_own - nearest[k - 1], np.float32(0))
    return np.asarray(np.where(is_drawn[:, None], usual, more))
