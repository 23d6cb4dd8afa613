"""Approximate search in a forest of trees: for long lists, and for processes that share one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import IndexRecallError, ReferenceConflictError, SettingError, UnknownReferenceError
from lfr_kit.matching.annoy_forest import ForestSettings, build_forest
from lfr_kit.matching.choose_normalisation import make_normalisation
from lfr_kit.matching.gallery import Gallery, check_space, stack
from lfr_kit.matching.impostors import ScoreNormalisation
from lfr_kit.matching.index_file import (
    delete_index,
    one_writer,
    open_index,
    read_manifest,
    write_index,
    write_manifest,
)
from lfr_kit.matching.indexed_part import Found, IndexedPart
from lfr_kit.matching.ranking import cosines_of_rows, top_rows
from lfr_kit.records import CandidateList, Template

__all__ = ["AnnoyIndexMatcher"]

Floats = NDArray[np.float32]

_SPARE = 8


class AnnoyIndexMatcher:
    """Finds almost always who the exact matcher finds, and has measured how often.

    An index can neither take nor give back a reference. New ones therefore wait in a buffer beside it,
    which is searched exactly, until `rebuild` (called by `enrol` when the buffer is full); withdrawn
    ones are masked at once. Both are effective for the next search.

    When an index is built, its recall of the best reference is measured against exact search, on
    references moved at random, and it is made to look as hard as it must (`search_k`).

    Parameters
    ----------
    n_candidates
        Length of a candidate list, >= 1.
    normalisation
        ``"none"`` or ``"cohort"`` (``"watchlist"`` compares each reference with all others: the exact
        matcher offers it).
    cohort
        (m, d) unit vectors of people who are not enrolled, for ``"cohort"``.
    n_impostors
        How many of the most similar impostors the normalisation counts, >= 2.
    index_path
        Manifest file that `rebuild` writes, with the trees beside it, for other processes and the next
        start to map; None = nothing is ever written. The files hold templates of the watchlist: their
        place is the caller's choice. Withdrawals are noted in it, and those that another process
        notes are obeyed at the next search; references in the buffer are not in it.
    is_prebuilt
        Start with the index that lies at `index_path`.
    **forest
        See `ForestSettings`: ``n_trees, min_recall, n_probes, probe_similarity, largest_search_k,
        largest_buffer, seed``.

    Raises
    ------
    SettingError
        If a setting does not exist or is out of range.
    IndexFileError
        If `is_prebuilt` and the index is absent, damaged or truncated.
    IndexRecallError
        If `is_prebuilt` and the index was measured to find less than `min_recall`.

    References
    ----------
    Annoy, https://github.com/spotify/annoy (Bernhardsson): forests of random projection trees.
    """

    def __init__(
        self,
        *,
        n_candidates: int = 5,
        normalisation: Literal["none", "cohort"] = "none",
        cohort: NDArray[np.floating] | None = None,
        n_impostors: int | None = None,
        index_path: str | Path | None = None,
        is_prebuilt: bool = False,
        **forest: Any,
    ) -> None:
        if n_candidates < 1:
            raise SettingError(f"n_candidates: must be at least 1, got {n_candidates}")
        if normalisation not in ("none", "cohort"):
            raise SettingError(f"normalisation: annoy_index offers 'none' and 'cohort', got {normalisation!r}")
        self.n_candidates = n_candidates
        self.normalisation = normalisation
        self.n_impostors = n_impostors
        self.index_path = None if index_path is None else Path(index_path)
        self.forest_settings = _forest_settings(forest)
        self._new_normalisation = partial(make_normalisation, normalisation, cohort, n_impostors)
        self._lock = RLock()
        self._noted_at: tuple[int, int] | None = None
        self._shared: frozenset[str] = frozenset()
        self._indexed: IndexedPart | None = None
        self._clear_buffer()
        self.score_scale = self._buffer_normalisation.score_scale
        if is_prebuilt:
            self._open(self.index_path)

    def __len__(self) -> int:
        return len(self._buffer) + (len(self._indexed) if self._indexed else 0)

    @property
    def recall(self) -> float | None:
        """Measured share of best references that the index finds; None while there is no index."""
        return self._indexed.forest.recall if self._indexed else None

    @property
    def search_k(self) -> int | None:
        """Nodes that a search of the index looks at; None while there is no index."""
        return self._indexed.forest.search_k if self._indexed else None

    def enrol(self, reference_ids: Sequence[str], templates: Sequence[Template]) -> None:
        """See `Matcher.enrol`. Where the buffer would overflow the index is built anew first.

        Raises
        ------
        IndexRecallError, OutputError
            If that index would miss too many, or cannot be written; nothing is added then.
        """
        with self._lock:
            self._obey_notes()
            self._check_new(reference_ids, templates)
            if not templates:
                return
            if len(self._buffer) + len(templates) > self.forest_settings.largest_buffer:
                held_ids, held = self._everybody()
                vectors = np.concatenate([held, stack(templates)]) if held_ids else stack(templates)
                self._build([*held_ids, *reference_ids], vectors, templates[0].space_id)
            else:
                self._buffer.add(reference_ids, templates)
                self._buffer_normalisation.add(self._buffer.vectors, len(templates))

    def withdraw(self, reference_ids: Sequence[str]) -> None:
        """See `Matcher.withdraw`; masked at once, and noted in the index's file.

        Raises
        ------
        OutputError
            If that note cannot be written: withdrawn here, but not for other processes.
        """
        with self._lock:
            self._obey_notes()
            for key in reference_ids:
                if key not in self:
                    raise UnknownReferenceError(f"reference {key!r} is not enrolled; nothing was withdrawn")
            buffered = [key for key in reference_ids if key in self._buffer]
            self._buffer_normalisation.remove(self._buffer.vectors, self._buffer.staying(buffered))
            self._buffer.remove(buffered)
            indexed = [key for key in reference_ids if self._indexed and key in self._indexed]
            if self._indexed and indexed:
                self._indexed.mask(indexed)
                self._note(indexed)

    def search(self, templates: Sequence[Template]) -> list[CandidateList]:
        """See `Matcher.search`."""
        with self._lock:
            self._obey_notes()
            check_space(templates, *self._space())
            return [self._rank(probe) for probe in templates]

    def rebuild(self) -> None:
        """Builds the index anew from all who are enrolled; the buffer is empty afterwards.

        Raises
        ------
        IndexRecallError, OutputError
            If it would miss too many, or cannot be written; the old index and the buffer serve on.
        """
        with self._lock:
            self._obey_notes()
            space_id, _ = self._space()
            ids, vectors = self._everybody()
            if space_id is not None:
                self._build(ids, vectors, space_id)
                return
            self._indexed = None
            if self.index_path is not None:
                delete_index(self.index_path)

    def __contains__(self, reference_id: str) -> bool:
        return reference_id in self._buffer or (self._indexed is not None and reference_id in self._indexed)

    def _space(self) -> tuple[str | None, int | None]:
        """Embedding space and vector length of who is enrolled; (None, None) while nobody is."""
        if self._indexed:
            return self._indexed.space_id, self._indexed.forest.index.f
        return self._buffer.space_id, self._buffer.dimension

    def _check_new(self, reference_ids: Sequence[str], templates: Sequence[Template]) -> None:
        self._buffer.check_new(reference_ids, templates)
        check_space(templates, *self._space())
        known = [key for key in reference_ids if key in self]
        if known:
            raise ReferenceConflictError(f"reference {known[0]!r} is enrolled already; nothing was added")
        if templates:
            self._buffer_normalisation.check(templates[0].space_id, len(templates[0].vector))

    def _everybody(self) -> tuple[list[str], Floats]:
        """Ids and (n, d) vectors of all who are enrolled, in the order of enrolment."""
        if not self._indexed:
            return list(self._buffer.ids), self._buffer.vectors
        ids, vectors = self._indexed.live_ids, self._indexed.live_vectors()
        return [*ids, *self._buffer.ids], np.concatenate([vectors, self._buffer.vectors]) if len(
            self._buffer
        ) else vectors

    def _build(self, ids: Sequence[str], vectors: Floats, space_id: str) -> None:
        forest = build_forest(vectors, self.forest_settings)
        if self.index_path is not None:
            write_index(self.index_path, forest, ids, space_id, self._shared)
            self._noted_at = (
                None  # to be read before the next search: others may have withdrawn somebody meanwhile
            )
        self._indexed = IndexedPart(forest, ids, space_id, self._new_normalisation())
        self._buffer.remove(list(self._buffer.ids))
        self._clear_buffer()

    def _clear_buffer(self) -> None:
        self._buffer = Gallery()
        self._buffer_normalisation: ScoreNormalisation = self._new_normalisation()

    def _open(self, path: Path | None) -> None:
        if path is None:
            raise SettingError("is_prebuilt: needs an index_path to read from")
        manifest, forest = open_index(path)
        if forest.recall < self.forest_settings.min_recall:
            raise IndexRecallError(
                f"{path}: finds {forest.recall:.4f} of the best references, "
                f"{self.forest_settings.min_recall} are needed; build it anew"
            )
        self._indexed = IndexedPart(forest, manifest.reference_ids, manifest.space_id, self._new_normalisation())
        self._obey_notes()

    def _file_state(self) -> tuple[int, int] | None:
        """Changes whenever the manifest is replaced."""
        if self.index_path is None:
            return None
        try:
            state = self.index_path.stat()
        except FileNotFoundError:
            return (0, 0)
        return state.st_mtime_ns, state.st_ino

    def _note(self, withdrawn: Sequence[str]) -> None:
        """Adds withdrawals to the manifest, beside those of other processes, which are obeyed too."""
        if self.index_path is None:
            return
        with one_writer(self.index_path):
            self._obey_notes()
            manifest = read_manifest(self.index_path)
            known = dict.fromkeys([*manifest.withdrawn, *withdrawn])
            write_manifest(self.index_path, manifest.model_copy(update={"withdrawn": tuple(known)}))
            self._noted_at, self._shared = self._file_state(), self._shared.difference(withdrawn)

    def _obey_notes(self) -> None:
        """Masks who was withdrawn by another process that shares the index's file.

        Raises
        ------
        IndexFileError
            If the file is gone or damaged, each time: nobody can say any more who may still be found.
        """
        state = self._file_state()
        if self._indexed is None or self.index_path is None or state == self._noted_at:
            return
        self._shared = read_manifest(self.index_path).enrolled
        self._indexed.mask([key for key in self._indexed.live_ids if key not in self._shared])
        self._noted_at = state

    def _rank(self, probe: Template) -> CandidateList:
        n = self._buffer_normalisation.pool(self.n_candidates) + _SPARE
        parts = [self._indexed.candidates(probe.vector, n)] if self._indexed else []
        parts.append(self._buffer_candidates(probe.vector, n))
        ids = [key for part in parts for key in part[0]]
        cosines, scores = (np.concatenate([part[i] for part in parts]) for i in (1, 2))
        order = np.argsort(-scores, kind="stable")[: self.n_candidates]
        return CandidateList(
            probe=probe,
            reference_ids=[ids[i] for i in order],
            similarities=cosines[order],
            comparison_scores=scores[order],
            score_scale=self.score_scale,
            n_enrolled=len(self),
        )

    def _buffer_candidates(self, probe: Floats, n: int) -> Found:
        vectors = self._buffer.vectors
        if not len(vectors):
            nothing = np.zeros(0, np.float32)
            return [], nothing, nothing
        all_cosines = vectors @ probe
        rows = np.sort(top_rows(all_cosines, n))
        cosines = cosines_of_rows(vectors[rows], probe)
        scores = self._buffer_normalisation.scores(probe, all_cosines, rows, cosines)
        return [self._buffer.ids[row] for row in rows.tolist()], cosines, scores


def _forest_settings(given: dict[str, Any]) -> ForestSettings:
    known = [field.name for field in fields(ForestSettings)]
    unknown = [key for key in given if key not in known]
    if unknown:
        raise SettingError(f"matcher 'annoy_index' has no setting {unknown[0]!r}; it has also: {', '.join(known)}")
    return ForestSettings(**given)
