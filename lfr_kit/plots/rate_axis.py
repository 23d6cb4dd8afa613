"""Axes of rates, in words people use: "1 in 1,000"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import ArrayLike, NDArray

from lfr_kit.plots.style import NARROW_IN

__all__ = ["as_count", "counts_on_a_log_axis", "of_rates", "one_in", "rates_on_a_log_axis", "shares"]


def one_in(rate: float) -> str:
    """A small rate as one in so many; from a tenth on as it is.

    >>> [one_in(r) for r in (0.001, 1 / 6000, 0.02, 0.25, 1, 0)]
    ['1 in 1,000', '1 in 6,000', '1 in 50', '0.25', '1', '0']
    """
    if rate <= 0 or rate > 0.11:
        return f"{rate:.3g}"
    trials = 1 / rate
    digits = max(0, int(np.floor(np.log10(trials))) - 2)
    return f"1 in {round(trials, -digits):,.0f}"


def as_count(value: float) -> str:
    """A count on an axis: whole numbers from ten on, with commas.

    >>> as_count(10000), as_count(0.5)
    ('10,000', '0.5')
    """
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"


def of_rates(value: ArrayLike) -> NDArray[np.float64]:
    """Rates for a log axis: float64, zero becomes NaN and is not drawn."""
    rates = np.array(value, np.float64)
    rates[rates <= 0] = np.nan
    return rates


def rates_on_a_log_axis(axis: Any, values: Iterable[float]) -> None:
    """Decades from below the smallest positive rate up to 1, labelled by `one_in`."""
    positive = [value for value in values if np.isfinite(value) and value > 0]
    low = min([*positive, 0.1])
    _set_limits(axis, 10 ** np.floor(np.log10(low) + 1e-9) * 0.9, 1.1 if max([*positive, 0.0]) > 0.11 else 0.12)
    axis.set_major_formatter(FuncFormatter(lambda rate, _: one_in(rate)))


def counts_on_a_log_axis(axis: Any, values: Iterable[float]) -> None:
    """Counts on a log axis, with room at both ends."""
    positive = [value for value in values if np.isfinite(value) and value > 0] or [1.0]
    _set_limits(axis, min(positive) / 1.4, max(positive) * 1.4)
    axis.set_major_formatter(FuncFormatter(lambda count, _: as_count(count)))


def _set_limits(axis: Any, low: float, high: float) -> None:
    axes = axis.axes
    is_x = axis is axes.xaxis
    (axes.set_xscale if is_x else axes.set_yscale)("log")
    (axes.set_xlim if is_x else axes.set_ylim)(low, high)
    decades = np.log10(high / low)
    most = 12 if not is_x or axes.figure.get_figwidth() > NARROW_IN[0] else 4
    axis.set_major_locator(LogLocator(subs=(1.0,) if decades > 2 else (1.0, 2.0, 5.0), numticks=most))
    axis.set_minor_locator(NullLocator())


def shares(axes: Axes, name: str) -> None:
    """A share from 0 to 1 upwards."""
    axes.set_ylabel(name)
    axes.set_ylim(-0.02, 1.04)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
