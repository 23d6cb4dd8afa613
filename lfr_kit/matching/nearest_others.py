"""Each reference's k largest similarities to the other references, kept while the list changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lfr_kit.matching.normalise import largest

__all__ = ["NearestOthers"]

Floats = NDArray[np.float32]

_CHUNK = 1024


class NearestOthers:
    """A new reference is merged into what is kept; only those that counted a withdrawn one are searched anew.

    Parameters
    ----------
    k
        How many of the nearest others are kept.

    Attributes
    ----------
    cosines
        (n, k) float32, in no order; -inf where there are fewer than k others.
    """

    def __init__(self, k: int) -> None:
        self._k = k
        self.cosines: Floats = np.zeros((0, k), np.float32)

    def add(self, vectors: Floats, n_new: int) -> None:
        """References were added: (n, d) all of them, the last `n_new` are new."""
        n_old = len(vectors) - n_new
        for first in range(n_old, len(vectors), _CHUNK):
            cosines = vectors[first : first + _CHUNK] @ vectors[:n_old].T
            rows = np.flatnonzero(cosines.max(axis=0) > self.cosines[:n_old].min(axis=1))
            self.cosines[rows] = largest(np.concatenate([self.cosines[rows], cosines[:, rows].T], axis=1), self._k)
        self.cosines = np.concatenate([self.cosines, self._search(vectors, np.arange(n_old, len(vectors)))])

    def remove(self, vectors: Floats, stays: NDArray[np.bool_]) -> None:
        """References go: (n, d) all of them before, (n,) those that stay."""
        left = vectors[stays]
        self.cosines = self.cosines[stays]
        if len(left) == 0:
            return
        counted = (left @ vectors[~stays].T).max(axis=1, initial=-np.inf)
        rows = np.flatnonzero(counted >= self.cosines.min(axis=1) - 1e-5)
        self.cosines[rows] = self._search(left, rows)

    def _search(self, vectors: Floats, rows: NDArray[np.intp]) -> Floats:
        """(r, k) largest cosines of `rows` with the other rows."""
        found = [np.zeros((0, self._k), np.float32)]
        for first in range(0, len(rows), _CHUNK):
            part = rows[first : first + _CHUNK]
            cosines = vectors[part] @ vectors.T
            cosines[np.arange(len(part)), part] = -np.inf
            found.append(largest(cosines, self._k))
        return np.concatenate(found)
