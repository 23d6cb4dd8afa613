"""How many of the best references an approximate index finds, and how hard it must look. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import IndexRecallError

__all__ = ["Find", "best_similarities", "perturbed", "recall_at_1", "tuned_search_k"]

Floats = NDArray[np.float32]
Find = Callable[[Floats, int], float]
"""(d,) probe, effort -> similarity of the best reference found with that effort."""

_TIE = 1e-6
_CHUNK = 256


def perturbed(vectors: Floats, n_probes: int, similarity: float, seed: int) -> Floats:
    """Probes that are references moved in a random direction: what another photo of them would give.

    Parameters
    ----------
    vectors
        (n, d) unit vectors, n >= 1.
    n_probes
        p; references are drawn with replacement.
    similarity
        Cosine of each probe with the reference it comes from, [-1, 1].
    seed
        Of the random numbers.

    Returns
    -------
    ndarray
        (p, d) float32 unit vectors.
    """
    random = np.random.default_rng(seed)
    origin = vectors[random.integers(0, len(vectors), n_probes)].astype(np.float64)
    aside = random.normal(size=origin.shape)
    aside -= (aside * origin).sum(axis=1, keepdims=True) * origin
    aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-12)
    probes = similarity * origin + np.sqrt(max(0.0, 1 - similarity**2)) * aside
    return np.asarray(probes / np.linalg.norm(probes, axis=1, keepdims=True), np.float32)


def best_similarities(probes: Floats, vectors: Floats) -> Floats:
    """(p,) largest cosine of each probe with any of the vectors, by exact search."""
    found = [np.zeros(0, np.float32)]
    for first in range(0, len(probes), _CHUNK):
        found.append((probes[first : first + _CHUNK] @ vectors.T).max(axis=1))
    return np.concatenate(found)


def recall_at_1(find: Find, effort: int, probes: Floats, best: Sequence[float] | Floats) -> float:
    """Share of the probes for which `find` gives a reference as similar as the best one."""
    return 1 - len(_missed(find, effort, probes, best, np.arange(len(probes)))) / len(probes)


def tuned_search_k(
    find: Find, probes: Floats, best: Floats, *, first: int, largest: int, min_recall: float
) -> int:
    """The least effort, to about a tenth, with which `find` reaches a recall.

    More effort looks at more of the same places, so only probes still missed are tried again.

    Parameters
    ----------
    find
        The index.
    probes, best
        (p, d), and (p,) what exact search finds for them.
    first, largest
        Least and most effort tried.
    min_recall
        (0, 1].

    Raises
    ------
    IndexRecallError
        If the recall is not reached with the most effort.
    """
    allowed = int((1 - min_recall) * len(probes) + 1e-9)
    low, effort, missed = 0, first, _missed(find, first, probes, best, np.arange(len(probes)))
    while len(missed) > allowed:
        if effort >= largest:
            raise IndexRecallError(
                f"the index finds {1 - len(missed) / len(probes):.4f} of the best references, {min_recall} are "
                "needed; build it with more trees, or use the exact matcher"
            )
        low, hard, effort = effort, missed, min(2 * effort, largest)
        missed = _missed(find, effort, probes, best, hard)
    while effort - low > max(1, effort // 10) and low:
        middle = (low + effort) // 2
        if len(_missed(find, middle, probes, best, hard)) > allowed:
            low = middle
        else:
            effort = middle
    return effort


def _missed(
    find: Find, effort: int, probes: Floats, best: Sequence[float] | Floats, rows: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Those of the rows for which something better exists than what was found."""
    return np.array([row for row in rows if find(probes[row], effort) < best[row] - _TIE], np.intp)
