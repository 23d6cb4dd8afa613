"""Finding the largest of many scores. Pure functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["cosines_of_rows", "top_rows"]

Floats = NDArray[np.float32]

_BLOCK = 64


def top_rows(scores: NDArray[np.floating], n: int) -> NDArray[np.intp]:
    """Indices of the n largest of (m,) scores, best first; of equal ones the earlier first.

    Examples
    --------
    >>> top_rows(np.array([0.1, 0.9, 0.9, 0.5]), 3).tolist()
    [1, 2, 3]
    """
    n = min(n, len(scores))
    if n == 0:
        return np.zeros(0, np.intp)
    rows = np.flatnonzero(scores >= _lower_bound(scores, n))
    order = np.argsort(-scores[rows], kind="stable")[:n]
    return np.asarray(rows[order], np.intp)


def _lower_bound(scores: NDArray[np.floating], n: int) -> float:
    """A value that at least n of the scores reach, and few more.

    The nth largest of the blocks' maxima is one; finding it reads the scores once, which is several
    times faster than partitioning all of them.
    """
    n_blocks = len(scores) // _BLOCK
    if n_blocks < n:
        return float(np.partition(scores, len(scores) - n)[len(scores) - n])
    maxima = scores[: n_blocks * _BLOCK].reshape(_BLOCK, n_blocks).max(axis=0)
    return float(np.partition(maxima, n_blocks - n)[n_blocks - n])


def cosines_of_rows(vectors: Floats, probe: Floats) -> Floats:
    """(m,) float32 cosine of each of (m, d) unit vectors with one (d,) unit probe.

    Summed per row in a fixed order, so that equal references get equal similarities wherever they
    lie in the gallery and however many probes are searched at once (BLAS promises neither).
    """
    return np.asarray((vectors.astype(np.float64) * probe).sum(axis=1).clip(-1, 1), np.float32)
