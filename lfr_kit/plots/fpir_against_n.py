"""False alerts against the size of the watchlist: what was measured, and what is only extrapolated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from lfr_kit.evaluation.rates import Rate, rule_of_three
from lfr_kit.plots.rate_axis import as_count, counts_on_a_log_axis, one_in, rates_on_a_log_axis
from lfr_kit.plots.style import ALERT, INK, SEEN, legend

__all__ = ["Extrapolated", "fpir_against_n"]


@dataclass(frozen=True)
class Extrapolated:
    """A predicted FPIR at a watchlist of `n_enrolled`, with the interval of what it was predicted from."""

    n_enrolled: int
    fpir: float
    low: float
    high: float


def fpir_against_n(
    axes: Axes,
    points: Sequence[tuple[int, Rate]],
    extrapolated: Sequence[Extrapolated] = (),
    *,
    ceiling: float | None = None,
) -> str:
    """Draws FPIR over the number enrolled, on log axes: filled points were measured, open ones were not.

    Parameters
    ----------
    axes
        Where.
    points
        (enrolled, FPIR), measured. Zero false alerts are drawn as the upper bound they are, with an arrow down.
    extrapolated
        Predicted beyond, or between.
    ceiling
        A rate not to be passed, drawn across: the budget.
    """
    seen = [value for n, rate in points for value in _drawn_at(rate)] + [each.low for each in extrapolated]
    for n, rate in points:
        _measured(axes, n, rate)
        seen.append(rate.value or 0.0)
    for index, each in enumerate(extrapolated):
        axes.plot(
            [each.n_enrolled] * 2,
            [max(each.low, 1e-12), each.high],
            color=ALERT,
            linewidth=1.4,
            linestyle=(0, (2, 1.5)),
        )
        label: Any = {} if index else {"label": "extrapolated, not measured"}
        look: Any = {"markerfacecolor": "white", "markeredgecolor": ALERT, "markersize": 6.5, "linestyle": "none"}
        axes.plot(each.n_enrolled, each.fpir, marker="D", **look, **label)
        seen += [each.fpir, each.high]
    if ceiling is not None:
        axes.axhline(ceiling, color=INK, linewidth=1.1, dashes=(5, 3), label=f"budget {one_in(ceiling)}")
        seen.append(ceiling)
    counts_on_a_log_axis(axes.xaxis, [n for n, _ in points] + [each.n_enrolled for each in extrapolated])
    rates_on_a_log_axis(axes.yaxis, seen)
    axes.set_xlabel("people on the watchlist, N")
    axes.set_ylabel("FPIR: passers-by alerted")
    legend(axes)
    return _words(points, extrapolated)


def _drawn_at(rate: Rate) -> tuple[float, float]:
    low, high = rate.interval()
    return low, high if rate.count else rule_of_three(rate.trials)


def _measured(axes: Axes, n: int, rate: Rate) -> None:
    """One measured point; the legend names each kind once."""
    named = {label for label in axes.get_legend_handles_labels()[1]}
    low, high = _drawn_at(rate)
    if rate.count:
        label = "_again" if "measured" in named else "measured"
        axes.plot([n, n], [low, high], color=SEEN, linewidth=2.4, solid_capstyle="butt")
        axes.plot(
            n, rate.count / rate.trials, marker="o", markersize=6.5, color=SEEN, linestyle="none", label=label
        )
    elif rate.trials:
        label = "_again" if "none seen: at most" in named else "none seen: at most"
        axes.plot(n, high, marker="v", markersize=7, color=SEEN, linestyle="none", label=label)


def _words(points: Sequence[tuple[int, Rate]], extrapolated: Sequence[Extrapolated]) -> str:
    told = [f"{as_count(n)} enrolled: {_told(rate)}" for n, rate in points]
    told += [f"{as_count(e.n_enrolled)} enrolled: {one_in(e.fpir)}, extrapolated" for e in extrapolated]
    return f"FPIR against the number of people on the watchlist, log axes. {'; '.join(told) or 'No points'}."


def _told(rate: Rate) -> str:
    if not rate.trials:
        return "no searches"
    if not rate.count:
        return f"none in {rate.trials:,}, at most {one_in(rule_of_three(rate.trials))}"
    return f"{one_in(rate.count / rate.trials)}, measured"
