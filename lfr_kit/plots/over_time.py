"""One run over its footage: searches against the threshold, and faces in view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from lfr_kit.plots.style import ALERT, GREY, INK, PALE, SEEN, legend

__all__ = ["faces_over_time", "similarities_over_time"]

_RASTER_FROM = 4000


def similarities_over_time(
    axes: Axes,
    points: Sequence[tuple[float, float, bool]],
    *,
    threshold: float | None,
    length_s: float,
    score_name: str,
) -> str:
    """Draws every search as a point: when, and how alike its best candidate was; alerts stand out.

    A search above the threshold need not be an alert: the person was alerted a moment ago.

    Parameters
    ----------
    axes
        Where.
    points
        n searches: when in the footage, in seconds; score of the best candidate; whether it raised an alert.
    threshold
        None where there is none.
    length_s
        Of the footage.
    score_name
        What scores are.
    """
    at_s, value, marks = np.array(points, np.float64).reshape(-1, 3).T
    alerts = marks > 0
    is_known = np.zeros(len(value), bool) if threshold is None else (value >= threshold) & ~alerts
    groups = (
        (~alerts & ~is_known, "no alert", {"s": 22, "facecolor": "none", "edgecolor": GREY}),
        (is_known, "alerted before", {"s": 42, "marker": "D", "facecolor": "none", "edgecolor": ALERT}),
        (alerts, "alert", {"s": 60, "marker": "D", "facecolor": ALERT, "edgecolor": ALERT, "zorder": 4}),
    )
    _scatter(axes, at_s, value, groups)
    axes.set_ylim(_score_limits(value, threshold))
    if threshold is not None:
        axes.axhline(threshold, color=INK, linewidth=1.1, dashes=(5, 3), label=f"threshold {threshold:.3g}")
    axes.set_ylabel(score_name)
    _time_axis(axes, length_s)
    legend(axes)
    against = "no threshold" if threshold is None else f"a threshold of {threshold:.3g}"
    return (
        f"Scatter plot of {len(value)} searches over {length_s:.0f} seconds, against {against}; "
        f"{int(alerts.sum())} raised an alert."
    )


def faces_over_time(axes: Axes, in_view: ArrayLike, counted_at_s: ArrayLike, *, length_s: float) -> str:
    """Draws faces in view at each moment, and how many different ones were counted so far.

    Parameters
    ----------
    axes
        Where.
    in_view
        (k, 2) seconds of footage, and faces in view from then on.
    counted_at_s
        (c,) when each face was counted.
    length_s
        Of the footage.
    """
    view, moments = np.asarray(in_view, np.float64).reshape(-1, 2), np.asarray(counted_at_s, np.float64)
    counted = len(moments)
    steps_s = np.sort(np.r_[0.0, moments, length_s])
    most = int(view[:, 1].max(initial=0))
    axes.fill_between(view[:, 0], view[:, 1], step="post", color=PALE, linewidth=0, label="in view")
    so_far = np.minimum(np.arange(len(steps_s)), counted)
    axes.step(steps_s, so_far, where="post", color=SEEN, linewidth=1.8, label="counted so far")
    axes.set_ylabel("faces")
    axes.set_ylim(0, max(most, counted, 1) * 1.12)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    _time_axis(axes, length_s)
    legend(axes)
    return f"Faces over {length_s:.0f} seconds: at most {most} in view at once, {counted} counted."


def _time_axis(axes: Axes, length_s: float) -> None:
    axes.set_xlabel("time in the footage (s)")
    span_s = max(length_s, 0.1)
    axes.set_xlim(-0.01 * span_s, 1.01 * span_s)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=length_s > 8, min_n_ticks=3))


def _scatter(axes: Axes, at_s: NDArray[np.float64], scores: NDArray[np.float64], groups: Any) -> None:
    for rows, label, look in groups:
        if rows.any():
            many = len(at_s) > _RASTER_FROM
            axes.scatter(at_s[rows], scores[rows], label=label, linewidth=1.1, rasterized=many, **look)


def _score_limits(scores: NDArray[np.float64], threshold: float | None) -> tuple[float, float]:
    values = np.append(scores, [] if threshold is None else [threshold])
    if not len(values):
        return 0.0, 1.0
    room = 0.12 * max(float(np.ptp(values)), 0.1)
    return float(values.min()) - room, float(values.max()) + room
