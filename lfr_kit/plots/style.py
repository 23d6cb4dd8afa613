"""How plots look: colours that hold for colour-blind eyes and on paper, thin rules, no box."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import matplotlib
from matplotlib.axes import Axes

__all__ = [
    "ALERT",
    "GREY",
    "INK",
    "NARROW_IN",
    "PALE",
    "RULE",
    "SEEN",
    "WIDE_IN",
    "Look",
    "legend",
    "look",
    "styled",
]

INK, GREY, RULE, ALERT, SEEN, PALE = "#0b0c0c", "#505a5f", "#d8dcde", "#a34f00", "#1f5a92", "#b9cbdc"
WIDE_IN, NARROW_IN = (8.4, 3.0), (3.7, 3.1)
"""Width and height of a plot on a desk or on paper, and on a telephone."""

Look = dict[str, Any]
"""Keyword arguments of a line: colour, dashes and marker."""

_SERIES: tuple[tuple[str, Any, str], ...] = (
    (SEEN, "-", "o"),
    (ALERT, (0, (5, 2)), "D"),
    ("#00664f", (0, (2, 1.5)), "s"),
    ("#7a3e9d", (0, (7, 2, 1.5, 2)), "^"),
    (GREY, (0, (1, 1.2)), "v"),
    ("#7d6200", (0, (9, 3)), "P"),
)
_LETTER_IN, _LEFT_IN = 0.073, 0.75
"""Width of a letter of a legend, and of what stands left of the axes, on average."""
_DRAWING = RLock()
_STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.minor.visible": False,
    "ytick.minor.visible": False,
    "legend.frameon": False,
    "legend.borderaxespad": 0.0,
    "path.simplify": True,
}


@contextmanager
def styled(**further: Any) -> Iterator[None]:
    """Figures drawn within have this style; one thread at a time, for matplotlib's settings are global.

    Parameters
    ----------
    **further
        More of matplotlib's settings.
    """
    chosen: Any = {**_STYLE, **further}
    with _DRAWING, matplotlib.rc_context(chosen):
        yield


def look(index: int, *, marker: bool = False) -> Look:
    """Colour and dashes of the series of this number, told apart without colour too; they repeat after six."""
    colour, dashes, sign = _SERIES[index % len(_SERIES)]
    shared: Look = {"color": colour, "linestyle": dashes, "linewidth": 1.7}
    return {**shared, "marker": sign, "markersize": 5} if marker else shared


def legend(axes: Axes) -> None:
    """Above the plot, where it hides no point; in as many columns as its width holds, four at most."""
    handles, labels = axes.get_legend_handles_labels()
    if not handles:
        return
    figure: Any = axes.figure
    width_in = 0.55 + _LETTER_IN * max(map(len, labels))
    columns = int(min(max((figure.get_figwidth() - _LEFT_IN) / width_in, 1), 4))
    place: Any = {"loc": "lower left", "bbox_to_anchor": (0, 1.02)}
    axes.legend(**place, ncols=columns, handletextpad=0.4, columnspacing=1.0)
