"""A plot as an <svg> element: nothing is loaded from elsewhere, text stays text, no script.

In a page each plot is drawn twice, wide for a desk or paper and narrow for a telephone, because shrinking
a drawing makes its letters unreadable; the page shows the one that fits.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG

from lfr_kit.plots.figure import figure_of
from lfr_kit.plots.style import NARROW_IN, WIDE_IN, styled

__all__ = ["Draw", "Plot", "drawn_file", "plot_of", "svg_of"]

Draw = Callable[[Axes], str]
"""Draws onto axes and returns in words what it shows."""

_NAME_SPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


@dataclass(frozen=True)
class Plot:
    """A plot: SVG for wide and for narrow pages, and in words what it shows."""

    wide: str
    narrow: str
    description: str


def plot_of(draw: Draw, name: str) -> Plot:
    """A drawing as `Plot`; `name` makes its ids its own, so that several fit in one page."""
    (wide, description), (narrow, _) = (
        _drawn(draw, f"{name}-wide", WIDE_IN),
        _drawn(draw, f"{name}-narrow", NARROW_IN),
    )
    return Plot(wide=wide, narrow=narrow, description=description)


def svg_of(draw: Draw, name: str, *, size_in: tuple[float, float] = WIDE_IN, is_file: bool = False) -> str:
    """One drawing as text that starts with <svg; the same numbers give the same text.

    Parameters
    ----------
    draw
        Draws onto the axes it is given and returns the description.
    name
        Ids in it carry this: letters, digits and hyphens.
    size_in
        Width and height in inches: what its letters are drawn for.
    is_file
        To stand in a file of its own, which must name XML's name spaces; in an HTML page they are known.
    """
    if is_file:
        return drawn_file(draw, name, size_in)[0]
    return _drawn(draw, name, size_in)[0]


def drawn_file(draw: Draw, name: str, size_in: tuple[float, float] = WIDE_IN) -> tuple[str, str]:
    """As `svg_of` for a file of its own, and in words what it shows."""
    svg, description = _drawn(draw, name, size_in)
    return svg.replace("<svg", f"<svg {_NAME_SPACES}", 1) + "\n", description


def _drawn(draw: Draw, name: str, size_in: tuple[float, float]) -> tuple[str, str]:
    """The <svg> element, and the description."""
    figure, description = figure_of(draw, size_in)
    text = io.StringIO()
    with styled(**{"svg.hashsalt": name}):
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(text, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return _inlined(text.getvalue(), name, description), description


def _inlined(document: str, name: str, description: str) -> str:
    """Only the <svg> element, without names of other hosts (the XML name spaces HTML knows anyway)."""
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'(url\(|href=")#', rf"\1#{name}-", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1))
    label = html.escape(description, quote=True)
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()
