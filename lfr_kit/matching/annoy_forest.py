"""A forest of random projection trees over reference vectors, whose recall was measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import IndexFileError, SettingError
from lfr_kit.matching.index_recall import best_similarities, perturbed, recall_at_1, tuned_search_k

__all__ = ["AnnoyForest", "ForestSettings", "build_forest", "load_forest"]

Floats = NDArray[np.float32]

_METRIC: Final = "angular"


@dataclass(frozen=True)
class ForestSettings:
    """How a forest is built and what it must reach.

    Attributes
    ----------
    n_trees
        More trees find as much with less effort, in more memory; >= 1.
    min_recall
        Least share of the best references that must be found, (0, 1].
    n_probes
        With how many probes the recall is measured, >= 1.
    probe_similarity
        Cosine of those probes with the references they are made of: how alike two photos of one
        person are at worst; (0, 1].
    largest_search_k
        Most nodes that a search may look at, >= 1.
    largest_buffer
        So many references may wait beside the index before it is built anew, >= 0.
    seed
        Of trees and probes.
    """

    n_trees: int = 100
    min_recall: float = 0.999
    n_probes: int = 2000
    probe_similarity: float = 0.7
    largest_search_k: int = 1_000_000
    largest_buffer: int = 20_000
    seed: int = 1

    def __post_init__(self) -> None:
        for holds, text in (
            (self.n_trees >= 1, f"n_trees: must be at least 1, got {self.n_trees}"),
            (0 < self.min_recall <= 1, f"min_recall: must lie in (0, 1], got {self.min_recall}"),
            (self.n_probes >= 1, f"n_probes: must be at least 1, got {self.n_probes}"),
            (0 < self.probe_similarity <= 1, f"probe_similarity: must lie in (0, 1], got {self.probe_similarity}"),
            (self.largest_search_k >= 1, f"largest_search_k: must be at least 1, got {self.largest_search_k}"),
            (self.largest_buffer >= 0, f"largest_buffer: must be at least 0, got {self.largest_buffer}"),
        ):
            if not holds:
                raise SettingError(text)


@dataclass(frozen=True, eq=False)
class AnnoyForest:
    """A built forest and the effort it needs.

    Attributes
    ----------
    index
        `annoy.AnnoyIndex`, in memory or mapped from a file.
    search_k
        Nodes a search looks at.
    recall
        Share of best references found with it, measured on probes it was not tuned on.
    """

    index: Any
    search_k: int
    recall: float

    def __len__(self) -> int:
        return int(self.index.get_n_items())

    @property
    def whole(self) -> int:
        """The effort with which every reference is looked at."""
        return len(self) * int(self.index.get_n_trees())

    def nearest(self, probe: Floats, n: int, effort: int) -> NDArray[np.intp]:
        """Rows of the n references most like a (d,) probe among about `effort` looked at, best first."""
        return np.array(self.index.get_nns_by_vector(probe, n, effort), np.intp)

    def vectors(self, rows: NDArray[np.intp]) -> Floats:
        """(r, d) float32 vectors of the rows."""
        found = np.array([self.index.get_item_vector(int(row)) for row in rows], np.float32)
        return found.reshape(len(rows), self.index.f)


def build_forest(vectors: Floats, settings: ForestSettings) -> AnnoyForest:
    """Builds a forest over (n, d) unit vectors, n >= 1, and finds the effort it needs.

    Raises
    ------
    IndexRecallError
        If it would miss too many, however hard it looks.
    """
    from annoy import AnnoyIndex

    index = AnnoyIndex(vectors.shape[1], _METRIC)
    index.set_seed(settings.seed)
    for row, vector in enumerate(vectors):
        index.add_item(row, vector)
    index.build(settings.n_trees, n_jobs=-1)
    search_k = _tuned(index, vectors, settings)
    return _measured(index, vectors, settings, search_k)


def _tuned(index: Any, vectors: Floats, settings: ForestSettings) -> int:
    probes = perturbed(vectors, settings.n_probes, settings.probe_similarity, settings.seed)
    return tuned_search_k(
        _finder(index),
        probes,
        best_similarities(probes, vectors),
        first=min(4 * settings.n_trees, settings.largest_search_k),
        largest=settings.largest_search_k,
        min_recall=settings.min_recall,
    )


def _measured(index: Any, vectors: Floats, settings: ForestSettings, search_k: int) -> AnnoyForest:
    """Measures on fresh probes, and looks a little harder if tuning was lucky."""
    probes = perturbed(vectors, settings.n_probes, settings.probe_similarity, settings.seed + 1)
    best, find = best_similarities(probes, vectors), _finder(index)
    recall = recall_at_1(find, search_k, probes, best)
    if recall < settings.min_recall:
        largest, min_recall = settings.largest_search_k, settings.min_recall
        search_k = tuned_search_k(find, probes, best, first=search_k, largest=largest, min_recall=min_recall)
        recall = recall_at_1(find, search_k, probes, best)
    return AnnoyForest(index, search_k, recall)


def _finder(index: Any) -> Any:
    """Similarity of the best reference found: half the squared distance of unit vectors from 1."""

    def find(probe: Floats, search_k: int) -> float:
        _, distances = index.get_nns_by_vector(probe, 1, search_k, include_distances=True)
        return float(1 - distances[0] ** 2 / 2) if distances else -1.0

    return find


def load_forest(path: Path, dimension: int, search_k: int, recall: float) -> AnnoyForest:
    """Maps a forest's file into memory, shared with every process that does so.

    Raises
    ------
    IndexFileError
        If it cannot be mapped.
    """
    from annoy import AnnoyIndex

    index = AnnoyIndex(dimension, _METRIC)
    try:
        index.load(str(path))
    except OSError as error:
        raise IndexFileError(f"{path}: cannot be mapped as an index of {dimension} numbers ({error})") from None
    return AnnoyForest(index, search_k, recall)
