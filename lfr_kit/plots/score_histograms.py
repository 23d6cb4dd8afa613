"""Scores of mated and of non-mated searches, with the threshold between them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from lfr_kit.plots.rate_axis import rates_on_a_log_axis
from lfr_kit.plots.style import ALERT, INK, SEEN, legend

__all__ = ["score_histograms"]

_BINS = 48


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
    groups = {"strangers": _finite(non_mated), "the right person": _finite(mated)}
    every = np.concatenate([*groups.values(), [] if threshold is None else [threshold]])
    low, high = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
    edges = np.linspace(low, max(high, low + 0.01), _BINS + 1)
    told, tops = [], [0.5]
    for (label, scores), colour in zip(groups.items(), (ALERT, SEEN), strict=True):
        if not len(scores):
            continue
        heights = np.histogram(scores, edges)[0] / len(scores)
        axes.stairs(heights, edges, fill=True, color=colour, alpha=0.28, linewidth=0, baseline=1e-9)
        axes.stairs(
            np.where(heights > 0, heights, 1e-9),
            edges,
            color=colour,
            linewidth=1.5,
            baseline=1e-9,
            label=f"{label} ({len(scores):,})",
        )
        tops += [float(each) for each in heights if each > 0]
        told.append(f"{label}: {len(scores):,} scores, median {np.median(scores):.3f}{_above(scores, threshold)}")
    if threshold is not None:
        axes.axvline(threshold, color=INK, linewidth=1.1, dashes=(5, 3), label=f"threshold {threshold:.3f}")
    rates_on_a_log_axis(axes.yaxis, tops)
    axes.set_ylabel("share of the group's scores")
    axes.set_xlabel(score_name)
    legend(axes)
    left_out = sum(np.asarray(group, np.float64).size for group in (mated, non_mated)) - sum(
        map(len, groups.values())
    )
    missing = f"; {left_out} searches gave no score" if left_out else ""
    return f"Histograms of {score_name}: {'; '.join(told) or 'no scores'}{missing}."


def _finite(scores: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(scores, np.float64).ravel()
    return values[np.isfinite(values)]


def _above(scores: NDArray[np.float64], threshold: float | None) -> str:
    return "" if threshold is None else f", {int((scores >= threshold).sum()):,} at or above {threshold:.3f}"
