"""Predicted against observed false alerts: whether a calibration told the truth."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from lfr_kit.errors import RecordError
from lfr_kit.plots.style import GREY, SEEN, legend

__all__ = ["counts_interval", "false_alert_reliability"]


def counts_interval(counts: ArrayLike, confidence: float = 0.95) -> NDArray[np.float64]:
    """(2, n) exact Poisson interval of the mean behind each count (Garwood 1936).

    >>> counts_interval([0, 10]).round(2).tolist()
    [[0.0, 4.8], [3.69, 18.39]]
    """
    from scipy.special import gammaincinv

    k, tail = np.asarray(counts, np.float64), (1 - confidence) / 2
    low = np.where(k > 0, gammaincinv(np.maximum(k, 1), tail), 0.0)
    return np.stack([low, gammaincinv(k + 1, 1 - tail)])


def false_alert_reliability(axes: Axes, predicted: ArrayLike, observed: ArrayLike) -> str:
    """Draws each deployment or trial as a point; on the dashed line prediction and observation agree.

    Parameters
    ----------
    axes
        Where.
    predicted
        (n,) false alerts expected.
    observed
        (n,) false alerts counted; each with the 95 % Poisson interval of what lies behind the count.

    Raises
    ------
    RecordError
        If the two differ in length, or a number is negative.
    """
    expected, counted = np.asarray(predicted, np.float64), np.asarray(observed, np.float64)
    if expected.shape != counted.shape or expected.ndim != 1:
        raise RecordError(
            f"predicted, observed: two arrays of one length, got {expected.shape} and {counted.shape}"
        )
    if (expected < 0).any() or (counted < 0).any():
        raise RecordError("predicted, observed: numbers of false alerts are never negative")
    low, high = counts_interval(counted)
    top = 1.08 * max([1.0, *expected, *high])
    axes.plot([0, top], [0, top], color=GREY, linewidth=1.1, dashes=(5, 3), label="as predicted")
    axes.vlines(expected, low, high, color=SEEN, linewidth=1.6, alpha=0.75)
    axes.plot(
        expected,
        counted,
        linestyle="none",
        marker="o",
        color=SEEN,
        markeredgecolor="white",
        label="counted, 95 % interval",
    )
    axes.set_xlim(0, 1.08 * max([1.0, *expected]))
    axes.set_ylim(-0.02 * top, top)
    axes.set_xlabel("false alerts predicted")
    axes.set_ylabel("false alerts counted")
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    legend(axes)
    held = int(((low <= expected) & (expected <= high)).sum())
    return (
        f"False alerts predicted and counted, {len(expected)} points: {expected.sum():.3g} predicted in all, "
        f"{counted.sum():.0f} counted; the prediction lies in the 95 % interval of the count in {held}."
    )
