"""No alert, whatever is found. The null of this stage."""

from __future__ import annotations

from collections.abc import Sequence

from lfr_kit.records import Alert, CandidateList

__all__ = ["NeverPolicy"]


class NeverPolicy:
    """Raises no alert: for measuring candidates, or for a run that must not tell on anybody."""

    def decide(self, candidate_lists: Sequence[CandidateList]) -> list[Alert]:
        """Nothing."""
        return []
