"""The gate that stands open."""

from __future__ import annotations

from collections.abc import Sequence

from lfr_kit.records import BestShot

__all__ = ["OpenGate"]


class OpenGate:
    """Passes every shot unchanged: to see what the gate is good for."""

    def examine(self, shots: Sequence[BestShot]) -> list[BestShot]:
        """See `QualityGate.examine`; the shots themselves, in the same order."""
        return list(shots)
