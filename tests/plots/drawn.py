"""Plots as the axes they were drawn on, to be read back."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lfr_kit.plots.figure import figure_of
from lfr_kit.plots.style import WIDE_IN
from lfr_kit.plots.svg import Draw

__all__ = ["drawn", "legend_of", "line", "ticks"]


def drawn(draw: Draw, size_in: tuple[float, float] = WIDE_IN) -> tuple[Axes, str]:
    """Axes, laid out as on paper, and the words."""
    figure, words = figure_of(draw, size_in)
    FigureCanvasAgg(figure).draw()
    return figure.axes[0], words


def line(axes: Axes, label: str) -> np.ndarray:
    """(n, 2) points of the line of this label."""
    (found,) = [each for each in axes.lines if each.get_label() == label]
    return found.get_xydata()


def legend_of(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def ticks(axis) -> list[str]:
    """Labels of the ticks in view."""
    low, high = sorted(axis.get_view_interval())
    labelled = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
    return [label.get_text() for at, label in labelled if low <= at <= high]
