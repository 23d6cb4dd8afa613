"""States as boxes, and arrows for what leads from one to the next, at places given in inches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from lfr_kit.plots.style import GREY, INK, SEEN

__all__ = ["Paper", "state_boxes"]

_BOX_IN = (1.02, 0.42)
_PASSED = "#dbe6f0"
_TEXT: Any = {"ha": "center", "va": "center", "linespacing": 1.25, "zorder": 4}

Place = tuple[float, float]
Edge = tuple[str, str]


@dataclass(frozen=True)
class Paper:
    """Where everything lies, in inches from the lower left.

    Attributes
    ----------
    size_in
        (width, height) of the drawing.
    places
        Middle of each state's box.
    labels
        Middle of the text beside each arrow.
    staying
        Middle of the text with the steps that leave a state as it is.
    bends
        How far an arrow bends, as a share of its length; 0 where not named.
    """

    size_in: Place
    places: Mapping[str, Place]
    labels: Mapping[Edge, Place]
    staying: Mapping[str, Place]
    bends: Mapping[Edge, float]


def state_boxes(steps: Mapping[Edge, Sequence[str]], paper: Paper, path: Sequence[str] = ()) -> Figure:
    """Draws states and steps; those after a ↻ stay where they are.

    Parameters
    ----------
    steps
        (from, to) -> names of the steps that lead there.
    paper
        Where each is drawn.
    path
        States passed, in order: the last is marked as where it stands, the way there coloured.
    """
    figure = Figure(figsize=paper.size_in)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, paper.size_in[0]), ylim=(0, paper.size_in[1]))
    axes.set_axis_off()
    taken = set(pairwise(path))
    boxes = {state: _draw_state(axes, state, place, path) for state, place in paper.places.items()}
    for edge, names in steps.items():
        if edge[0] == edge[1]:
            axes.text(*paper.staying[edge[0]], "↻ " + "\n".join(names), **_TEXT, color=GREY, fontsize=8)
        else:
            _draw_edge(axes, edge, paper, boxes, is_taken=edge in taken)
            axes.text(*paper.labels[edge], "\n".join(names), **_TEXT, color=INK, fontsize=8.5)
    return figure


def _draw_state(axes: Axes, state: str, place: Place, path: Sequence[str]) -> FancyBboxPatch:
    (x, y), (width, height) = place, _BOX_IN
    is_here = bool(path) and state == path[-1]
    box = FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.1",
        facecolor=SEEN if is_here else _PASSED if state in path else "white",
        edgecolor=SEEN if state in path else GREY,
        linewidth=1.2,
        zorder=3,
    )
    axes.add_patch(box)
    weight = "bold" if is_here else "normal"
    colour = "white" if is_here else INK
    axes.text(x, y, state, **{**_TEXT, "va": "center_baseline"}, color=colour, fontsize=10.5, fontweight=weight)
    return box


def _draw_edge(
    axes: Axes, edge: Edge, paper: Paper, boxes: Mapping[str, FancyBboxPatch], *, is_taken: bool
) -> None:
    start, end = edge
    arrow = FancyArrowPatch(
        paper.places[start],
        paper.places[end],
        patchA=boxes[start],
        patchB=boxes[end],
        shrinkA=2,
        shrinkB=2,
        connectionstyle=f"arc3,rad={paper.bends.get(edge, 0)}",
        arrowstyle="-|>",
        mutation_scale=11,
        linewidth=2.2 if is_taken else 1.0,
        color=SEEN if is_taken else GREY,
        zorder=2,
    )
    axes.add_patch(arrow)
