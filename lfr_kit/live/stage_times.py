"""How long a running engine's stages take: the median and the 95th percentile of the last rounds."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["Percentiles", "StageTimes"]


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds."""

    p50: float
    p95: float


class StageTimes:
    """Takes sums that only rise, and knows each round's part of them.

    Parameters
    ----------
    n_kept
        Rounds that are looked back on.

    Examples
    --------
    >>> times = StageTimes()
    >>> for total_s in (0.010, 0.030, 0.060):
    ...     times.add({"detection": total_s})
    >>> times.percentiles()["detection"].p50
    20.0
    """

    def __init__(self, *, n_kept: int = 500) -> None:
        self._totals: dict[str, float] = {}
        self._kept: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=n_kept))

    def add(self, totals_s: Mapping[str, float]) -> None:
        """After a round: seconds spent in each stage since the start. A stage that did nothing is not counted."""
        for stage, total_s in totals_s.items():
            spent_s = total_s - self._totals.get(stage, 0.0)
            if spent_s > 0:
                self._kept[stage].append(spent_s)
            self._totals[stage] = total_s

    def note(self, stage: str, spent_s: float) -> None:
        """One duration of something that is no stage of the engine, e.g. from capture to alert."""
        self._kept[stage].append(spent_s)

    def percentiles(self) -> dict[str, Percentiles]:
        """Stage -> its percentiles, of those that did anything."""
        return {stage: _percentiles(kept) for stage, kept in list(self._kept.items()) if kept}


def _percentiles(kept: deque[float]) -> Percentiles:
    ordered = np.sort(np.asarray(kept) * 1e3)  # less than half the time of `np.percentile`, with the same result
    p50, p95 = np.interp((0.5 * (len(ordered) - 1), 0.95 * (len(ordered) - 1)), np.arange(len(ordered)), ordered)
    return Percentiles(round(float(p50), 2), round(float(p95), 2))
