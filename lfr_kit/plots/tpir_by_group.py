"""A rate by group, with intervals and counts: how far apart groups are, and how little may be known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lfr_kit.evaluation.rates import Rate
from lfr_kit.plots.style import GREY, INK, SEEN

__all__ = ["tpir_by_group"]


def tpir_by_group(
    axes: Axes,
    rates: Mapping[str, Rate],
    *,
    name: str = "TPIR",
    intervals: Mapping[str, tuple[float, float]] | None = None,
) -> str:
    """Draws one row per group: the rate, its 95 % interval, and the counts it rests on.

    Parameters
    ----------
    axes
        Where; draw it higher for many groups.
    rates
        Group -> rate; without trials it is named, without a point.
    name
        Of the rate.
    intervals
        Group -> interval, where another than Clopper-Pearson's is wanted (by bootstrap over people, say).
    """
    groups = list(rates)
    told = []
    for row, (group, rate) in enumerate(rates.items()):
        low, high = (intervals or {}).get(group, rate.interval())
        if rate.value is None:
            told.append(f"{group}: no trials")
            continue
        axes.plot([low, high], [row, row], color=SEEN, linewidth=2.4, solid_capstyle="butt")
        axes.plot(rate.value, row, marker="o", markersize=6.5, color=SEEN, markeredgecolor="white")
        told.append(f"{group} {rate.value:.3f} ({rate}), 95 % interval {low:.3f} to {high:.3f}")
    _rows(axes, [f"{group}\n{_counts(rate)}" for group, rate in rates.items()])
    everyone = sum(r.trials for r in rates.values())
    if everyone and len(groups) > 1:
        mean = sum(r.count for r in rates.values()) / everyone
        axes.axvline(mean, color=GREY, linewidth=1.0, dashes=(5, 3))
        above = axes.get_xaxis_transform()  # x of the data, y of the frame
        axes.text(mean, 1.02, "all groups", transform=above, color=INK, ha="center", va="bottom", fontsize=8.5)
    axes.set_xlabel(f"{name} with 95 % interval")
    return f"{name} by group: {'; '.join(told) or 'no groups'}."


def _counts(rate: Rate) -> str:
    return f"{rate.count:,} of {rate.trials:,}" if rate.trials else "no trials"


def _rows(axes: Axes, labels: list[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(max(len(labels), 1) - 0.4, -0.75)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.grid(visible=False, axis="y")
    y_axis: Any = axes.yaxis
    y_axis.set_tick_params(length=0)
