"""Score normalisation with its cached statistics: none, over the watchlist itself, or over a cohort.

That by rivals is in `lfr_kit.matching.rivals`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError, SpaceMismatchError
from lfr_kit.matching.nearest_others import NearestOthers
from lfr_kit.matching.normalise import (
    ImpostorStatistics,
    adaptive_s_norm,
    largest,
    statistics_of,
    statistics_without,
)

__all__ = [
    "FEWEST_IMPOSTORS",
    "CohortNormalisation",
    "NoNormalisation",
    "ScoreNormalisation",
    "WatchlistNormalisation",
    "larger_pool",
]

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]

FEWEST_IMPOSTORS = 20
"""Mean and deviation over fewer people mean nothing, and a threshold on them less."""

_POOL = 50
_CHUNK = 1024


class ScoreNormalisation(Protocol):
    """Turns cosines into comparison scores; keeps what it must know of each reference, row by row."""

    score_scale: str

    def pool(self, n_candidates: int) -> int:
        """How many candidates by cosine are to be ranked anew."""
        ...

    def check(self, space_id: str, dimension: int) -> None:
        """SpaceMismatchError, SettingError if references of that space and length cannot be normalised."""
        ...

    def add(self, vectors: Floats, n_new: int) -> None:
        """References were added: (n, d) all of them, the last `n_new` are new."""
        ...

    def remove(self, vectors: Floats, stays: NDArray[np.bool_]) -> None:
        """References go: (n, d) all of them before, (n,) those that stay."""
        ...

    def scores(self, probe: Floats, all_cosines: Floats, rows: Rows, cosines: Floats) -> Floats:
        """(c,) comparison scores of the candidates in `rows`, whose cosines are given.

        `probe` is (d,); `all_cosines` (n,) its cosine with every reference.
        """
        ...


def larger_pool(n_candidates: int) -> int:
    """How many candidates by cosine hold every likely best by normalised score."""
    return max(_POOL, 4 * n_candidates)


class NoNormalisation:
    """The comparison score is the cosine."""

    score_scale = "cosine"

    def pool(self, n_candidates: int) -> int:
        """No more than asked for: nothing is ranked anew."""
        return n_candidates

    def check(self, space_id: str, dimension: int) -> None:
        """Any will do."""

    def add(self, vectors: Floats, n_new: int) -> None:
        """Nothing to know."""

    def remove(self, vectors: Floats, stays: NDArray[np.bool_]) -> None:
        """Nothing to forget."""

    def scores(self, probe: Floats, all_cosines: Floats, rows: Rows, cosines: Floats) -> Floats:
        """The cosines."""
        return cosines


class CohortNormalisation:
    """Impostors are a fixed cohort of people who are neither on the watchlist nor expected.

    Parameters
    ----------
    cohort
        (m, d) float32 unit vectors of the same embedding space, m >= 20.
    k
        How many of the nearest count.

    Raises
    ------
    SettingError
        If the cohort is too small or not of unit vectors.
    """

    score_scale = "adaptive_s_norm"

    def __init__(self, cohort: NDArray[np.floating], k: int) -> None:
        self._cohort = _checked(cohort)
        self._k = k
        self._mean = np.zeros(0)
        self._deviation = np.zeros(0)

    def pool(self, n_candidates: int) -> int:
        """Enough that no likely best by normalised score is missed."""
        return larger_pool(n_candidates)

    def check(self, space_id: str, dimension: int) -> None:
        """SpaceMismatchError if the cohort's vectors are of another length."""
        if dimension != self._cohort.shape[1]:
            raise SpaceMismatchError(
                f"the cohort's vectors have {self._cohort.shape[1]} numbers, the references' {dimension}: "
                "make the cohort with the same embedder"
            )

    def add(self, vectors: Floats, n_new: int) -> None:
        """Measures the new references against the cohort, once."""
        new = vectors[len(vectors) - n_new :]
        found = [self._statistics(new[i : i + _CHUNK]) for i in range(0, n_new, _CHUNK)]
        self._mean = np.concatenate([self._mean, *(part.mean for part in found)])
        self._deviation = np.concatenate([self._deviation, *(part.deviation for part in found)])

    def remove(self, vectors: Floats, stays: NDArray[np.bool_]) -> None:
        """Forgets the references that go."""
        self._mean, self._deviation = self._mean[stays], self._deviation[stays]

    def scores(self, probe: Floats, all_cosines: Floats, rows: Rows, cosines: Floats) -> Floats:
        """Adaptive symmetric normalisation over the cohort."""
        references = ImpostorStatistics(self._mean[rows], self._deviation[rows])
        return adaptive_s_norm(cosines, self._statistics(probe[None]), references)

    def _statistics(self, vectors: Floats) -> ImpostorStatistics:
        return statistics_of(largest(vectors @ self._cohort.T, self._k))


class WatchlistNormalisation:
    """Impostors are the other references: needs no further data, helps with long lists.

    Parameters
    ----------
    k
        How many of the nearest others count.
    """

    score_scale = "adaptive_s_norm"

    def __init__(self, k: int) -> None:
        self._k = k
        self._others = NearestOthers(k)

    def pool(self, n_candidates: int) -> int:
        """Enough that no likely best by normalised score is missed."""
        return larger_pool(n_candidates)

    def check(self, space_id: str, dimension: int) -> None:
        """Any will do."""

    def add(self, vectors: Floats, n_new: int) -> None:
        """Compares the new references with all."""
        self._others.add(vectors, n_new)

    def remove(self, vectors: Floats, stays: NDArray[np.bool_]) -> None:
        """Forgets the references that go."""
        self._others.remove(vectors, stays)

    def scores(self, probe: Floats, all_cosines: Floats, rows: Rows, cosines: Floats) -> Floats:
        """Adaptive symmetric normalisation over the other references.

        Raises
        ------
        SettingError
            If fewer than 20 others are enrolled.
        """
        if len(all_cosines) <= FEWEST_IMPOSTORS:
            raise SettingError(
                f"normalisation 'watchlist' needs more than {FEWEST_IMPOSTORS} references to compare with, "
                f"{len(all_cosines)} are enrolled; use 'cohort', 'rivals' or 'none'"
            )
        references = statistics_of(self._others.cosines[rows])
        return adaptive_s_norm(cosines, statistics_without(all_cosines, rows, self._k), references)


def _checked(cohort: NDArray[np.floating]) -> Floats:
    vectors = np.array(cohort, np.float32)
    if vectors.ndim != 2 or len(vectors) < FEWEST_IMPOSTORS:
        raise SettingError(f"cohort: expected shape (m, d), m >= {FEWEST_IMPOSTORS}, got {vectors.shape}")
    if not np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3):
        raise SettingError("cohort: every row must be finite and have unit length")
    return vectors
