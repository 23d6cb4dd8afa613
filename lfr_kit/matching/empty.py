"""Nobody is enrolled and nobody is found. The null of this stage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lfr_kit.matching.gallery import Gallery, check_space
from lfr_kit.records import CandidateList, Template

__all__ = ["EmptyMatcher"]


class EmptyMatcher:
    """Keeps ids and embedding space of what is enrolled, compares nothing, finds nobody.

    With it the way up to the search can be run and timed without a watchlist taking effect.
    """

    score_scale = "cosine"

    def __init__(self) -> None:
        self._gallery = Gallery()

    def __len__(self) -> int:
        return len(self._gallery)

    def enrol(self, reference_ids: Sequence[str], templates: Sequence[Template]) -> None:
        """See `Matcher.enrol`."""
        self._gallery.check_new(reference_ids, templates)
        self._gallery.add(reference_ids, templates)

    def withdraw(self, reference_ids: Sequence[str]) -> None:
        """See `Matcher.withdraw`."""
        self._gallery.check_known(reference_ids)
        self._gallery.remove(reference_ids)

    def search(self, templates: Sequence[Template]) -> list[CandidateList]:
        """An empty list for each probe."""
        check_space(templates, self._gallery.space_id, self._gallery.dimension)
        nothing = np.zeros(0, np.float32)
        return [
            CandidateList(
                probe=probe,
                reference_ids=(),
                similarities=nothing,
                comparison_scores=nothing,
                score_scale=self.score_scale,
                n_enrolled=len(self),
            )
            for probe in templates
        ]
