"""Plots of a run as inline SVG: nothing is loaded from elsewhere, text stays text.

Each plot is drawn twice, wide for a desk or paper and narrow for a telephone, because shrinking a
drawing makes its letters unreadable; the page shows the one that fits.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lfr_kit.reports.run_record import RunRecord

__all__ = ["Plot", "faces_plot", "similarity_plot"]

INK, GREY, RULE, ALERT, SEEN = "#0b0c0c", "#505a5f", "#d8dcde", "#a34f00", "#1f5a92"
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
    "legend.frameon": False,
    "legend.borderaxespad": 0.0,
    "path.simplify": True,
}
_WIDE_IN, _NARROW_IN = (8.4, 3.0), (3.7, 3.1)
_RASTER_FROM = 4000


@dataclass(frozen=True)
class Plot:
    """A plot: SVG for wide and for narrow pages, and in words what it shows."""

    wide: str
    narrow: str
    description: str


def _svg(draw: Callable[[Axes], None], size_in: tuple[float, float], name: str, description: str) -> str:
    """One drawing as an <svg> element whose ids carry `name`, so that several fit in one page."""
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=size_in, layout="constrained")
        draw(figure.add_subplot())
        text = io.StringIO()
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(text, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return _inlined(text.getvalue(), name, description)


def _inlined(document: str, name: str, description: str) -> str:
    """Only the <svg> element, without names of other hosts (the XML name spaces HTML knows anyway)."""
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'(url\(|href=")#', rf"\1#{name}-", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1))
    return svg.replace("<svg", f'<svg role="img" aria-label="{description}"', 1).strip()


def _plot(draw: Callable[[Axes], None], name: str, description: str) -> Plot:
    return Plot(
        wide=_svg(draw, _WIDE_IN, f"{name}-wide", description),
        narrow=_svg(draw, _NARROW_IN, f"{name}-narrow", description),
        description=description,
    )


def _time_axis(axes: Axes, run: RunRecord) -> None:
    axes.set_xlabel("time in the footage (s)")
    length_s = max(run.footage_s, 0.1)
    axes.set_xlim(-0.01 * length_s, 1.01 * length_s)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=run.footage_s > 8, min_n_ticks=3))


def score_name(run: RunRecord) -> str:
    """What scores of this run are, for axes and tables."""
    return "similarity (cosine)" if run.score_scale == "cosine" else f"score ({run.score_scale.replace('_', ' ')})"


def similarity_plot(run: RunRecord) -> Plot:
    """Every search as a point: when, and how alike its best candidate was; alerts stand out.

    A search above the threshold need not be an alert: the person was alerted a moment ago.
    """
    scores = np.array([p.score for p in run.searches])
    is_alert = np.array([p.is_alert for p in run.searches], dtype=bool)
    is_known = np.zeros(len(scores), bool) if run.threshold is None else (scores >= run.threshold) & ~is_alert
    groups = (
        (~is_alert & ~is_known, "no alert", {"s": 22, "facecolor": "none", "edgecolor": GREY}),
        (is_known, "alerted before", {"s": 42, "marker": "D", "facecolor": "none", "edgecolor": ALERT}),
        (is_alert, "alert", {"s": 60, "marker": "D", "facecolor": ALERT, "edgecolor": ALERT, "zorder": 4}),
    )

    def draw(axes: Axes) -> None:
        _scatter(axes, np.array([p.at_s for p in run.searches]), scores, groups)
        axes.set_ylim(_score_limits(scores, run.threshold))
        if run.threshold is not None:
            axes.axhline(
                run.threshold, color=INK, linewidth=1.1, dashes=(5, 3), label=f"threshold {run.threshold:.3g}"
            )
        axes.set_ylabel(score_name(run))
        _time_axis(axes, run)
        _legend(axes)

    against = "no threshold" if run.threshold is None else f"a threshold of {run.threshold:.3g}"
    return _plot(
        draw,
        "similarity",
        f"Scatter plot of {len(scores)} searches over {run.footage_s:.0f} seconds, against {against}; "
        f"{int(is_alert.sum())} raised an alert.",
    )


def _scatter(axes: Axes, at_s: np.ndarray, scores: np.ndarray, groups: Any) -> None:
    for rows, label, look in groups:
        if rows.any():
            many = len(at_s) > _RASTER_FROM
            axes.scatter(at_s[rows], scores[rows], label=label, linewidth=1.1, rasterized=many, **look)


def _legend(axes: Axes) -> None:
    """Above the plot, where it hides no point; in two columns where the plot is narrow."""
    figure: Any = axes.figure
    columns = 4 if figure.get_figwidth() > _NARROW_IN[0] else 2
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.02), ncols=columns, handletextpad=0.4, columnspacing=1.0)


def _score_limits(scores: np.ndarray, threshold: float | None) -> tuple[float, float]:
    values = np.append(scores, [] if threshold is None else [threshold])
    if not len(values):
        return 0.0, 1.0
    room = 0.12 * max(float(np.ptp(values)), 0.1)
    return float(values.min()) - room, float(values.max()) + room


def faces_plot(run: RunRecord) -> Plot:
    """Faces in view at each moment, and how many different ones were counted so far."""
    view = np.array(run.in_view, dtype=float).reshape(-1, 2)
    counted_at_s = np.sort(np.array([0.0, *run.faces_seen_at_s, run.footage_s]))
    counted = np.minimum(np.arange(len(counted_at_s)), len(run.faces_seen_at_s))

    def draw(axes: Axes) -> None:
        axes.fill_between(view[:, 0], view[:, 1], step="post", color="#b9cbdc", linewidth=0, label="in view")
        axes.step(counted_at_s, counted, where="post", color=SEEN, linewidth=1.8, label="counted so far")
        axes.set_ylabel("faces")
        axes.set_ylim(0, max(float(view[:, 1].max(initial=0)), len(run.faces_seen_at_s), 1) * 1.12)
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        _time_axis(axes, run)
        _legend(axes)

    most = int(view[:, 1].max(initial=0))
    return _plot(
        draw,
        "faces",
        f"Faces over {run.footage_s:.0f} seconds: at most {most} in view at once, {run.faces_seen} counted.",
    )
