"""Score normalisation by rivals: whoever else on the list is as alike takes away from the score.

An alert says that this passer-by is that one person on the list. It says less where others on the list are as
alike to the passer-by, or to the person. So

    score = cosine - (rivalry_probe + rivalry_reference) / 2

where a face's rivalry is the mean, over its k nearest references but the candidate, of how far each lies above
the cosine from which two pictures are taken to show one person (`lfr_kit.matching.one_person`); one that lies
below counts as 0. With a list so short that nobody on it is alike the score therefore *is* the cosine, and it
is never above it.

Rivalry of the k nearest *whatever* their cosine (what `adaptive_s_norm` measures by) harms short lists: there
the nearest others are far away, and how far is noise. k = 3, the weight of a half and the least cosine were set
on one half of the people of `lfw_dev` and looked at once on the other half; figures in ``docs/figures.md``.

The same person twice on a list is his own rival: the two entries take from each other at most a sixth of what
they are more alike than the least cosine, on either side.

References
----------
Margin over competing candidates: cohort normalisation by the most competitive speakers, Auckenthaler et al.,
"Score normalization for text-independent speaker verification systems", Digital Signal Processing 10, 2000.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError
from lfr_kit.matching.impostors import larger_pool
from lfr_kit.matching.nearest_others import NearestOthers
from lfr_kit.matching.normalise import largest
from lfr_kit.matching.one_person import verification_threshold

__all__ = [
    "N_RIVALS",
    "RIVAL_WEIGHT",
    "RivalNormalisation",
    "known_rival_from",
    "rival_scale",
    "rivalry",
    "rivalry_without",
]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Rows = NDArray[np.intp]

RIVAL_WEIGHT = 0.5
"""How much of a rivalry is taken away, on either side."""
N_RIVALS = 3
"""How many of the nearest others are counted if nobody says otherwise."""

_SCALE = "cosine_less_rivals"


def rivalry(cosines: Floats, rival_from: float) -> Doubles:
    """(n,) mean over each row of (n, k) of how far its cosines lie above `rival_from`; -inf = nobody.

    >>> rivalry(np.array([[0.95, 0.5, -np.inf, 0.96]]), 0.91).round(4).tolist()
    [0.0225]
    """
    return np.asarray(np.maximum(cosines.astype(np.float64) - rival_from, 0.0).mean(axis=1), np.float64)


def rivalry_without(all_cosines: Floats, cosines: Floats, k: int, rival_from: float) -> Doubles:
    """(c,) rivalry of a probe, once without each candidate.

    Parameters
    ----------
    all_cosines
        (n,) cosines with every reference.
    cosines
        (c,) those of the candidates, which are among them.
    """
    excess = np.maximum(largest(all_cosines[None], k + 1)[0].astype(np.float64) - rival_from, 0.0)
    own = np.maximum(cosines.astype(np.float64) - rival_from, 0.0)
    # A candidate that is none of the k + 1 nearest leaves the k nearest; one that is leaves the others.
    return np.asarray((excess.sum() - np.maximum(own, excess.min())) / k, np.float64)


def rival_scale(k: int = N_RIVALS, rival_from: float | None = None) -> str:
    """The scale of scores less k rivals.

    With another `k` or a `rival_from` of one's own the same faces score otherwise: that is another scale, with
    both in its name, and no threshold of the usual one holds there.

    >>> rival_scale(), rival_scale(5, 0.9)
    ('cosine_less_rivals', 'cosine_less_rivals_5_from_0.9')
    """
    others = "" if k == N_RIVALS else f"_{k}"
    return _SCALE + others + ("" if rival_from is None else f"_from_{rival_from:.6g}")


def known_rival_from(space_id: str) -> float:
    """From which cosine a rival counts in an embedding space; SettingError if nobody knows."""
    try:
        return verification_threshold(space_id)
    except SettingError:
        raise SettingError(
            f"rival_from: none is known for embedding space {space_id!r}; give the cosine from which two "
            "pictures show one person, found with: lfr evaluate verify"
        ) from None


class RivalNormalisation:
    """See the module.

    Parameters
    ----------
    k
        How many of the nearest others are counted, >= 1.
    rival_from
        From which cosine a rival counts; None = from which two pictures show one person in the embedding space.

    Attributes
    ----------
    score_scale
        See `rival_scale`.

    Raises
    ------
    SettingError
        If `rival_from` is outside [-1, 1].
    """

    def __init__(self, k: int, rival_from: float | None = None) -> None:
        if rival_from is not None and not -1 <= rival_from <= 1:
            raise SettingError(f"rival_from: a cosine lies in [-1, 1], got {rival_from}")
        self.score_scale = rival_scale(k, rival_from)
        self._k = k
        self._asked = rival_from
        self._rival_from = 1.0
        self._others = NearestOthers(k)

    def pool(self, n_candidates: int) -> int:
        """Enough that no likely best by normalised score is missed."""
        return larger_pool(n_candidates)

    def check(self, space_id: str, dimension: int) -> None:
        """SettingError if nobody knows from which cosine a rival counts in this space."""
        self._rival_from = known_rival_from(space_id) if self._asked is None else self._asked

    def add(self, vectors: Floats, n_new: int) -> None:
        """Compares the new references with all."""
        self._others.add(vectors, n_new)

    def remove(self, vectors: Floats, stays: NDArray[np.bool_]) -> None:
        """Forgets the references that go, also as rivals of the others."""
        self._others.remove(vectors, stays)

    def scores(self, probe: Floats, all_cosines: Floats, rows: Rows, cosines: Floats) -> Floats:
        """The cosine less the weighted rivalry of both sides."""
        of_probe = rivalry_without(all_cosines, cosines, self._k, self._rival_from)
        of_references = rivalry(self._others.cosines[rows], self._rival_from)
        return np.asarray(cosines - RIVAL_WEIGHT * (of_probe + of_references), np.float32)
