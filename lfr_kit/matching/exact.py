"""Exact search: one matrix product. The fastest way up to some fifty thousand references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError
from lfr_kit.matching.choose_normalisation import Normalisation, make_normalisation
from lfr_kit.matching.gallery import Gallery, check_space, stack
from lfr_kit.matching.impostors import ScoreNormalisation
from lfr_kit.matching.ranking import cosines_of_rows, top_rows
from lfr_kit.records import CandidateList, Template

__all__ = ["ExactMatcher"]

_SPARE = 8
_LARGEST_PRODUCT = 1 << 25


class ExactMatcher:
    """Compares each probe with every reference.

    A candidate list holds the references in the order of their comparison score; of equal ones, the
    one enrolled earlier comes first. May be searched and changed from several threads.

    Parameters
    ----------
    n_candidates
        Length of a candidate list, >= 1.
    normalisation
        ``"none"`` (the comparison score is the cosine), ``"rivals"``, see `lfr_kit.matching.rivals`,
        ``"watchlist"`` or ``"cohort"``, see `lfr_kit.matching.impostors`. The best candidates by
        cosine are ranked anew by the normalised score.
    cohort
        (m, d) unit vectors of people who are not enrolled, for ``"cohort"``.
    n_impostors
        How many of the most similar others the normalisation counts; None = 3 rivals, 150 impostors.
    rival_from
        From which cosine a rival counts, for ``"rivals"``; None = as known for the embedding space.

    Attributes
    ----------
    score_scale
        On which scale its comparison scores are: ``"cosine"``, ``"cosine_less_rivals"`` or ``"adaptive_s_norm"``.

    Raises
    ------
    SettingError
        If a setting is out of range or the cohort does not fit.

    Examples
    --------
    >>> ada = Template(vector=np.array([1.0, 0.0]), space_id="plane")
    >>> bob = Template(vector=np.array([0.6, 0.8]), space_id="plane")
    >>> matcher = ExactMatcher()
    >>> matcher.enrol(["ada", "bob"], [ada, bob])
    >>> found = matcher.search([ada])[0]
    >>> found.reference_ids, found.similarities.round(2).tolist()
    (('ada', 'bob'), [1.0, 0.6000000238418579])
    """

    def __init__(
        self,
        *,
        n_candidates: int = 5,
        normalisation: Normalisation = "none",
        cohort: NDArray[np.floating] | None = None,
        n_impostors: int | None = None,
        rival_from: float | None = None,
    ) -> None:
        if n_candidates < 1:
            raise SettingError(f"n_candidates: must be at least 1, got {n_candidates}")
        self.n_candidates = n_candidates
        self.normalisation = normalisation
        self.n_impostors = n_impostors
        self._normalisation: ScoreNormalisation = make_normalisation(
            normalisation, cohort, n_impostors, rival_from
        )
        self.score_scale = self._normalisation.score_scale
        self._gallery = Gallery()
        self._lock = RLock()

    def __len__(self) -> int:
        return len(self._gallery)

    def enrol(self, reference_ids: Sequence[str], templates: Sequence[Template]) -> None:
        """See `Matcher.enrol`."""
        with self._lock:
            self._gallery.check_new(reference_ids, templates)
            if not templates:
                return
            self._normalisation.check(templates[0].space_id, len(templates[0].vector))
            self._gallery.add(reference_ids, templates)
            self._normalisation.add(self._gallery.vectors, len(templates))

    def withdraw(self, reference_ids: Sequence[str]) -> None:
        """See `Matcher.withdraw`; the withdrawn vectors are overwritten."""
        with self._lock:
            self._gallery.check_known(reference_ids)
            self._normalisation.remove(self._gallery.vectors, self._gallery.staying(reference_ids))
            self._gallery.remove(reference_ids)

    def search(self, templates: Sequence[Template]) -> list[CandidateList]:
        """See `Matcher.search`."""
        with self._lock:
            check_space(templates, self._gallery.space_id, self._gallery.dimension)
            if not templates:
                return []
            rows_of_scores = _cosines(stack(templates), self._gallery.vectors)
            return [self._rank(probe, cosines) for probe, cosines in zip(templates, rows_of_scores, strict=True)]

    def _rank(self, probe: Template, all_cosines: NDArray[np.float32]) -> CandidateList:
        rows = top_rows(all_cosines, self._normalisation.pool(self.n_candidates) + _SPARE)
        # Earliest enrolled first, so that the stable sorts below settle ties by enrolment.
        rows.sort()
        cosines = scores = all_cosines
        if len(rows):
            cosines = cosines_of_rows(self._gallery.vectors[rows], probe.vector)
            scores = self._normalisation.scores(probe.vector, all_cosines, rows, cosines)
        order = np.argsort(-scores, kind="stable")[: self.n_candidates]
        return CandidateList(
            probe=probe,
            reference_ids=[self._gallery.ids[row] for row in rows[order]],
            similarities=cosines[order],
            comparison_scores=scores[order],
            score_scale=self.score_scale,
            n_enrolled=len(self),
        )


def _cosines(probes: NDArray[np.float32], vectors: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """(n,) cosines for each of (p, d) probes, by matrix products of bounded size."""
    if len(vectors) == 0:
        yield from np.zeros((len(probes), 0), np.float32)
        return
    size = max(1, _LARGEST_PRODUCT // len(vectors))
    for first in range(0, len(probes), size):
        part = probes[first : first + size]
        yield from part @ vectors.T if len(part) > 1 else (vectors @ part[0])[None]
