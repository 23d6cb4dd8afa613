"""Adaptive symmetric score normalisation. Pure functions.

A similarity says little by itself: some faces look like everybody. Here it is measured in standard
deviations above what the probe, and what the reference, reaches with people who are neither:

    z = 0.5 * ((s - mean_probe) / deviation_probe + (s - mean_reference) / deviation_reference)

with mean and deviation taken over each side's k most similar impostors.

References
----------
Matějka et al., "Analysis of score normalization in multilingual speaker recognition", Interspeech 2017
(adaptive S-norm, there with separate top scores for each side).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ImpostorStatistics", "adaptive_s_norm", "largest", "statistics_of", "statistics_without"]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_LEAST_DEVIATION = 1e-3


@dataclass(frozen=True, eq=False)
class ImpostorStatistics:
    """Mean and standard deviation of n faces' similarities to their nearest impostors.

    Attributes
    ----------
    mean, deviation
        (n,) float64, or (1,) to hold for all; `deviation` at least 0.001.
    """

    mean: Doubles
    deviation: Doubles


def largest(scores: Floats, k: int) -> Floats:
    """(n, k) the k largest of each row of (n, m), in no order; filled up with -inf where m < k."""
    n, m = scores.shape
    if m <= k:
        return np.concatenate([scores, np.full((n, k - m), -np.inf, np.float32)], axis=1)
    return np.partition(scores, m - k, axis=1)[:, m - k :]


def statistics_of(scores: NDArray[np.floating]) -> ImpostorStatistics:
    """Statistics of each row of (n, k) impostor scores; -inf entries do not count.

    Examples
    --------
    >>> found = statistics_of(np.array([[0.1, 0.3, -np.inf]]))
    >>> found.mean.round(3).tolist(), found.deviation.round(3).tolist()
    ([0.2], [0.1])
    """
    counts = np.isfinite(scores)
    n = np.maximum(counts.sum(axis=1), 1)
    values = np.where(counts, scores, 0.0).astype(np.float64)
    mean = values.sum(axis=1) / n
    variance = (np.where(counts, values - mean[:, None], 0.0) ** 2).sum(axis=1) / n
    return ImpostorStatistics(mean, np.maximum(np.sqrt(variance), _LEAST_DEVIATION))


def statistics_without(scores: Floats, rows: NDArray[np.intp], k: int) -> ImpostorStatistics:
    """Statistics of one probe's k largest of (m,) scores, once without each of the (c,) `rows`.

    Where the watchlist is its own cohort, the candidate under consideration is no impostor.
    """
    best = largest(scores[None], k + 1)[0]
    others = np.repeat(best[None], len(rows), axis=0)
    # Without a candidate among the k + 1 best, the k others remain; without another one, the k best.
    smallest = int(best.argmin())
    for i, score in enumerate(scores[rows]):
        others[i, int((best == score).argmax()) if (best == score).any() else smallest] = -np.inf
    return statistics_of(others)


def adaptive_s_norm(similarities: Floats, probe: ImpostorStatistics, references: ImpostorStatistics) -> Floats:
    """(c,) float32 normalised scores of (c,) similarities; larger is more alike, no bounds."""
    sides = [(similarities - side.mean) / side.deviation for side in (probe, references)]
    return np.asarray(0.5 * (sides[0] + sides[1]), np.float32)
