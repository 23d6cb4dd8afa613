"""Scores of mated and of non-mated searches, with the threshold between them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from lfr_kit.plots.rate_axis import rates_on_a_log_axis
from lfr_kit.plots.style import ALERT, INK, SEEN, legend

__all__ = ["binned_histograms", "score_histograms"]

_BINS = 48
_FLOOR = 1e-9
"""Below any share: where a log axis has its ground."""
STRANGERS, MATES = "strangers", "the right person"


def score_histograms(
    axes: Axes,
    mated: ArrayLike,
    non_mated: ArrayLike,
    threshold: float | None = None,
    *,
    score_name: str = "similarity (cosine)",
) -> str:
    """Draws two histograms on the same bins; each adds up to all of its own searches.

    Parameters
    ----------
    axes
        Where.
    mated, non_mated
        (m,) and (n,) scores; NaN (not acquired) and infinite ones are left out and counted in the description.
    threshold
        Scores from it on raise an alert; None = none is drawn.
    score_name
        What scores are, with their scale: never a percentage.

    Notes
    -----
    The axis upwards is logarithmic: what matters at a threshold is the thin tail of the strangers.
    """
    groups = {STRANGERS: _finite(non_mated), MATES: _finite(mated)}
    every = np.concatenate([*groups.values(), [] if threshold is None else [threshold]])
    low, high = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
    edges = np.linspace(low, max(high, low + 0.01), _BINS + 1)
    counts = [np.histogram(scores, edges)[0] for scores in groups.values()]
    binned_histograms(axes, edges, counts[1], counts[0], threshold, score_name=score_name)
    told = [
        f"{label}: {len(scores):,} scores, median {np.median(scores):.3f}{_above(scores, threshold)}"
        for label, scores in groups.items()
        if len(scores)
    ]
    n_given = sum(np.asarray(group, np.float64).size for group in (mated, non_mated))
    left_out = n_given - sum(map(len, groups.values()))
    missing = f"; {left_out} searches gave no score" if left_out else ""
    return f"Histograms of {score_name}: {'; '.join(told) or 'no scores'}{missing}."


def binned_histograms(
    axes: Axes,
    edges: ArrayLike,
    mated: ArrayLike,
    non_mated: ArrayLike,
    threshold: float | None = None,
    *,
    score_name: str = "similarity (cosine)",
) -> str:
    """As `score_histograms`, of counts: what a run keeps instead of anybody's score.

    Parameters
    ----------
    axes
        Where.
    edges
        (b + 1,) of the bins.
    mated, non_mated
        (b,) scores in each bin.
    threshold, score_name
        As there.
    """
    at = np.asarray(edges, np.float64)
    told, tops = [], [0.5]
    for (label, given), colour in zip(((STRANGERS, non_mated), (MATES, mated)), (ALERT, SEEN), strict=True):
        counts = np.asarray(given, np.float64)
        total = counts.sum()
        if not total:
            continue
        heights = counts / total
        outline = np.where(heights > 0, heights, _FLOOR)
        axes.stairs(heights, at, fill=True, color=colour, alpha=0.28, linewidth=0, baseline=_FLOOR)
        name = f"{label} ({total:,.0f})"
        axes.stairs(outline, at, color=colour, linewidth=1.5, baseline=_FLOOR, label=name)
        tops += [float(each) for each in heights if each > 0]
        middle = int(np.searchsorted(counts.cumsum(), total / 2))
        told.append(f"{label}: {total:,.0f} scores, median between {at[middle]:.3f} and {at[middle + 1]:.3f}")
    if threshold is not None:
        axes.axvline(threshold, color=INK, linewidth=1.1, dashes=(5, 3), label=f"threshold {threshold:.3f}")
    rates_on_a_log_axis(axes.yaxis, tops)
    axes.set_ylabel("share of the group's scores")
    axes.set_xlabel(score_name)
    legend(axes)
    against = "" if threshold is None else f"; threshold {threshold:.3f}"
    return f"Histograms of {score_name}: {'; '.join(told) or 'no scores'}{against}."


def _finite(scores: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(scores, np.float64).ravel()
    return values[np.isfinite(values)]


def _above(scores: NDArray[np.float64], threshold: float | None) -> str:
    return "" if threshold is None else f", {int((scores >= threshold).sum()):,} at or above {threshold:.3f}"
