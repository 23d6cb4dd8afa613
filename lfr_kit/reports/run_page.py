"""The page of an evaluation run: one HTML file that loads nothing; counts and plots, nobody's face and no name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

if TYPE_CHECKING:
    from lfr_kit.plots.svg import Plot

__all__ = ["RunPage", "RunTable", "render_run_page"]


@dataclass(frozen=True)
class RunTable:
    """A table: what it shows, its columns, its rows as text."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class RunPage:
    """All that the page shows.

    Attributes
    ----------
    title, lede
        What was measured, on what.
    verdict
        The sentences to take away; empty = none.
    tables, plots
        In this order.
    notes
        What the figures do not show, and how they were made.
    """

    title: str
    lede: str
    verdict: Sequence[str] = ()
    tables: Sequence[RunTable] = ()
    plots: Sequence[tuple[str, Plot]] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def render_run_page(page: RunPage) -> str:
    """The page as text; the same page gives the same text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn = [(name, Markup(plot.wide), Markup(plot.narrow)) for name, plot in page.plots]
    return environment.get_template("run_page.html.j2").render(page=page, plots=drawn)
