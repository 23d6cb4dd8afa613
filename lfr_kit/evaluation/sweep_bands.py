"""How far the choice of people moves a threshold sweep: bands about its curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.evaluation.identification import Searches
from lfr_kit.evaluation.resampling import numbered, rates_interval_by_person

__all__ = ["SweepBands", "sweep_bands"]

Scores = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SweepBands:
    """Intervals of TPIR and FPIR by resampling people, at every threshold of a sweep.

    Attributes
    ----------
    tpir, fpir
        (low, high), each (t,). None with fewer than two people in such searches. Where the curve is 0 or 1 the
        band has no width and means nothing: take the interval of `SweepCurve.at` there.
    """

    tpir: tuple[Scores, Scores] | None
    fpir: tuple[Scores, Scores] | None


def sweep_bands(
    draws: Sequence[Searches],
    thresholds: ArrayLike,
    rank: int = 1,
    n_resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> SweepBands:
    """How far the choice of people moves each point of `sweep`, all draws together.

    Parameters
    ----------
    thresholds
        (t,), rising, as `SweepCurve.thresholds`.
    """
    at = np.sort(np.asarray(thresholds, np.float64).ravel())
    mated = [(draw.people[draw.is_mated], draw.mate_scores(rank)) for draw in draws]
    others = [(draw.people[~draw.is_mated], draw.top_scores[~draw.is_mated]) for draw in draws]
    others = [(people[~np.isnan(scores)], scores[~np.isnan(scores)]) for people, scores in others]
    tpir, fpir = (_band(found, at, (n_resamples, seed, confidence)) for found in (mated, others))
    return SweepBands(tpir, fpir)


def _band(
    found: Sequence[tuple[NDArray[np.intp], Scores]], at: Scores, how: tuple[int, int, float]
) -> tuple[Scores, Scores] | None:
    """Per person how many scores reach each threshold and how many there are; then sums over people drawn."""
    rows, n_people = numbered(_same_crowd([people for people, _ in found]))
    if n_people < 2:
        return None
    scores = np.concatenate([scores for _, scores in found])
    reached = np.searchsorted(at, np.where(np.isnan(scores), -np.inf, scores), side="right")
    reached[np.isnan(scores)] = 0
    counts = np.zeros((n_people, len(at) + 1))
    np.add.at(counts, (rows, reached), 1)
    hits = counts[:, ::-1].cumsum(1)[:, -2::-1]
    return rates_interval_by_person(hits, counts.sum(1), *how)


def _same_crowd(people: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    """Numbers of all draws in a row; the crowd's k-th pass is the same somebody in each of them."""
    highest = max((int(each.max(initial=-1)) for each in people), default=-1)
    numbers = []
    for each in people:
        own = np.array(each)
        own[own < 0] = highest + 1 + np.arange((own < 0).sum())
        numbers.append(own)
    return np.concatenate(numbers or [np.zeros(0, np.intp)])
