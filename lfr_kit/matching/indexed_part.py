"""The references inside an approximate index: found through its trees, masked when withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from lfr_kit.matching.annoy_forest import AnnoyForest
from lfr_kit.matching.impostors import ScoreNormalisation
from lfr_kit.matching.ranking import cosines_of_rows

__all__ = ["Found", "IndexedPart"]

Floats = NDArray[np.float32]
Found = tuple[list[str], Floats, Floats]
"""Reference ids, cosines and comparison scores of some candidates, in the order of enrolment."""

_CHUNK = 4096


class IndexedPart:
    """A forest, whose vectors it holds, and who of them is still enrolled.

    Attributes
    ----------
    forest
        The trees.
    ids
        Reference ids, row by row, also of those withdrawn since.
    space_id
        Embedding space of the vectors.
    """

    def __init__(
        self, forest: AnnoyForest, ids: Sequence[str], space_id: str, normalisation: ScoreNormalisation
    ) -> None:
        self.forest = forest
        self.ids = tuple(ids)
        self.space_id = space_id
        self._rows = {key: row for row, key in enumerate(self.ids)}
        self._normalisation = normalisation
        for first in range(0, len(forest), _CHUNK):
            rows = np.arange(first, min(first + _CHUNK, len(forest)))
            if normalisation.score_scale != "cosine":
                normalisation.add(forest.vectors(rows), len(rows))

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, reference_id: str) -> bool:
        return reference_id in self._rows

    @property
    def live_ids(self) -> list[str]:
        """Ids of those still enrolled, in the order of enrolment."""
        return list(self._rows)

    def live_vectors(self) -> Floats:
        """(n, d) vectors of those still enrolled, in the same order."""
        return self.forest.vectors(np.array(list(self._rows.values()), np.intp))

    def mask(self, reference_ids: Iterable[str]) -> None:
        """These are not found any more; ids that are not here are passed over."""
        for key in reference_ids:
            self._rows.pop(key, None)

    def candidates(self, probe: Floats, n: int) -> Found:
        """About the n references most like a (d,) probe."""
        rows = self._nearest_live(probe, min(n, len(self)))
        rows.sort()
        cosines = cosines_of_rows(self.forest.vectors(rows), probe)
        scores = self._normalisation.scores(probe, cosines, rows, cosines)
        return [self.ids[row] for row in rows.tolist()], cosines, scores

    def _nearest_live(self, probe: Floats, n: int) -> NDArray[np.intp]:
        """Rows of n references that are not masked, best first.

        The trees do not know who is masked: the index looks harder by their share, and harder still
        where those it came upon are nearly all masked, so that withdrawn references hide nobody.
        """
        n_masked = len(self.ids) - len(self)
        effort = self.forest.search_k * len(self.ids) // max(1, len(self))
        while True:
            found = self.forest.nearest(probe, n + n_masked, effort)
            live = [row for row in found.tolist() if self.ids[row] in self._rows]
            if len(live) >= n or effort >= self.forest.whole:
                return np.array(live[:n], np.intp)
            effort *= 4
