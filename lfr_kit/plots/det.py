"""DET curve: what is missed against what is raised falsely, both on log axes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from lfr_kit.errors import RecordError
from lfr_kit.plots.rate_axis import of_rates, one_in, rates_on_a_log_axis
from lfr_kit.plots.style import GREY, legend, look

__all__ = ["det"]

Rates = NDArray[np.float64]


def det(
    axes: Axes,
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    points: Mapping[str, tuple[float, float]] | None = None,
    false_name: str = "FPIR: strangers who raise an alert",
    missed_name: str = "FNIR: wanted people missed",
    n_false_trials: int | None = None,
) -> str:
    """Draws DET curves as steps: lower and further left is better.

    Parameters
    ----------
    axes
        Where.
    curves
        Label -> (false, missed), each (t,): the two rates at the same t thresholds, in any order.
    points
        Label -> (false, missed) of operating points to mark.
    false_name, missed_name
        What is across and what upwards: FMR and FNMR for 1:1.
    n_false_trials
        Searches of strangers behind the curves: below one error in so many nothing was measured, which is shaded.

    Raises
    ------
    RecordError
        If the two rates of a curve differ in length.
    """
    across_seen, up_seen = [0.5 / n_false_trials] if n_false_trials else [], [0.1]
    for index, (label, (false, missed)) in enumerate(curves.items()):
        across, up = _thinned(*_ordered(label, false, missed))
        # Between two measured thresholds the next stricter one is what a system can do: a step.
        axes.step(of_rates(across), of_rates(up), where="post", label=label, **look(index))
        across_seen += [*across]
        up_seen += [*up]
    for index, (label, point) in enumerate((points or {}).items()):
        axes.plot(*point, linestyle="none", label=label, marker="DosP"[index % 4], color=look(index)["color"])
        across_seen.append(point[0])
        up_seen.append(point[1])
    rates_on_a_log_axis(axes.xaxis, across_seen)
    rates_on_a_log_axis(axes.yaxis, up_seen)
    if n_false_trials:
        edge = 1 / n_false_trials
        axes.axvspan(
            axes.get_xlim()[0],
            edge,
            color=GREY,
            alpha=0.13,
            linewidth=0,
            label=f"below {one_in(edge)}: not measured",
        )
    axes.set_xlabel(false_name)
    axes.set_ylabel(missed_name)
    legend(axes)
    return _words(curves, false_name, missed_name)


def _ordered(label: str, false: ArrayLike, missed: ArrayLike) -> tuple[Rates, Rates]:
    across, up = np.asarray(false, np.float64), np.asarray(missed, np.float64)
    if across.shape != up.shape or across.ndim != 1:
        raise RecordError(f"curve {label}: two rates of one length, got {across.shape} and {up.shape}")
    order = np.lexsort((-up, across))
    return across[order], up[order]


def _thinned(across: Rates, up: Rates) -> tuple[Rates, Rates]:
    """At most a hundred points per decade: thousands of thresholds look no different, and weigh a lot."""
    place = np.round(100 * np.log10(np.maximum(across, 1e-12)))
    is_last = np.r_[place[1:] != place[:-1], True][: len(place)]
    return across[is_last], up[is_last]


def _words(curves: Mapping[str, tuple[ArrayLike, ArrayLike]], false_name: str, missed_name: str) -> str:
    told = []
    for label, (false, missed) in curves.items():
        across, up = _ordered(label, false, missed)
        for rate in (0.01, 0.001):
            at = np.flatnonzero(across <= rate)
            if len(at) and across[at].max() > 0:
                told.append(f"{label} misses {up[at].min():.3f} at a false rate of at most {one_in(rate)}")
    names = f"{missed_name.partition(':')[0]} against {false_name.partition(':')[0]}"
    return f"DET curve, {names}, both on log axes: {'; '.join(told) or 'no point below 1 in 100'}."
