"""Cumulative match characteristic: how often the right person is among the first r candidates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from lfr_kit.plots.rate_axis import shares
from lfr_kit.plots.style import legend, look

__all__ = ["cmc"]


def cmc(axes: Axes, curves: Mapping[str, ArrayLike]) -> str:
    """Draws CMC curves: closed set, no threshold.

    Parameters
    ----------
    axes
        Where.
    curves
        Label -> (r,) share of mated searches with the right person at rank 1, at rank 2 or better, ...
    """
    told, deepest = [], 1
    for index, (label, values) in enumerate(curves.items()):
        rates = np.asarray(values, np.float64)
        axes.plot(np.arange(1, len(rates) + 1), rates, label=label, **look(index, marker=len(rates) <= 20))
        told.append(f"{label} {rates[0]:.3f} at rank 1, {rates[-1]:.3f} at rank {len(rates)}")
        deepest = max(deepest, len(rates))
    lowest = min([float(np.min(np.asarray(values))) for values in curves.values()] or [0.0])
    shares(axes, "identification rate")
    axes.set_ylim(max(-0.02, np.floor(lowest * 10 - 0.5) / 10), 1.02)
    axes.set_xlim(0.5, deepest + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1))
    axes.set_xlabel("rank: among so many candidates")
    legend(axes)
    return f"Identification rate up to rank {deepest}: {'; '.join(told) or 'nothing measured'}."
