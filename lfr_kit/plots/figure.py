"""A plot as a figure: what a notebook shows, and what an <svg> element is made from."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lfr_kit.plots.style import WIDE_IN, styled

__all__ = ["figure_of"]


def figure_of(draw: Callable[[Axes], str], size_in: tuple[float, float] = WIDE_IN) -> tuple[Figure, str]:
    """One drawing as a figure in this package's style, and in words what it shows.

    Examples
    --------
    >>> from lfr_kit.plots.cmc import cmc
    >>> figure, words = figure_of(lambda axes: cmc(axes, {"dlib_resnet": [0.5, 0.75]}))
    >>> words
    'Identification rate up to rank 2: dlib_resnet 0.500 at rank 1, 0.750 at rank 2.'
    """
    with styled():
        figure = Figure(figsize=size_in, layout="constrained")
        description = draw(figure.add_subplot())
    return figure, description
