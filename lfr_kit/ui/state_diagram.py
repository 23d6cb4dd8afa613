"""The states of a deployment as a drawing: what can follow what, where one stands and how it came there.

What is drawn is `lfr_kit.governance.deployment_state.EDGES`; only the places on the paper are given here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from lfr_kit.governance.deployment_state import EDGES
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.reports.plots import GREY, INK, SEEN

__all__ = ["state_diagram"]

_S = DeploymentState
Edge = tuple[DeploymentState, DeploymentState]

_SIZE_IN = (11.4, 3.7)
_BOX_IN = (1.02, 0.42)
_PALE = "#dbe6f0"
_PLACES: dict[DeploymentState, tuple[float, float]] = {
    _S.DRAFT: (0.65, 2.55),
    _S.REQUESTED: (2.35, 2.55),
    _S.GRANTED: (4.40, 2.55),
    _S.OPEN: (6.05, 2.55),
    _S.PAUSED: (7.50, 1.55),
    _S.CLOSED: (9.05, 2.55),
    _S.PURGED: (10.75, 2.55),
    _S.ABORTED: (6.05, 0.35),
}
"""Middle of each state's box, inches from the lower left."""

_BENDS: dict[Edge, float] = {
    (_S.DRAFT, _S.REQUESTED): -0.35,
    (_S.REQUESTED, _S.DRAFT): -0.35,
    (_S.OPEN, _S.PAUSED): -0.18,
    (_S.PAUSED, _S.OPEN): -0.18,
    (_S.ABORTED, _S.PURGED): 0.25,
}
_LABELS: dict[Edge, tuple[float, float]] = {
    (_S.DRAFT, _S.REQUESTED): (1.50, 2.96),
    (_S.REQUESTED, _S.DRAFT): (1.50, 2.13),
    (_S.REQUESTED, _S.GRANTED): (3.37, 2.78),
    (_S.GRANTED, _S.OPEN): (5.21, 2.67),
    (_S.OPEN, _S.PAUSED): (7.08, 2.26),
    (_S.PAUSED, _S.OPEN): (6.62, 1.74),
    (_S.OPEN, _S.CLOSED): (7.55, 2.67),
    (_S.PAUSED, _S.CLOSED): (8.48, 1.96),
    (_S.CLOSED, _S.PURGED): (9.90, 2.67),
    (_S.GRANTED, _S.ABORTED): (5.00, 1.35),
    (_S.OPEN, _S.ABORTED): (5.80, 1.45),
    (_S.PAUSED, _S.ABORTED): (7.24, 0.92),
    (_S.ABORTED, _S.PURGED): (9.60, 0.95),
}
"""Middle of the text beside each arrow, inches."""

_STAYING: dict[DeploymentState, tuple[float, float]] = {
    _S.DRAFT: (0.65, 2.90),
    _S.GRANTED: (4.40, 3.08),
    _S.OPEN: (6.05, 3.08),
    _S.PAUSED: (8.62, 1.45),
    _S.CLOSED: (9.05, 2.90),
}
"""Middle of the text with the steps that change nothing of the state, inches."""


_TEXT: Any = {"ha": "center", "va": "center", "linespacing": 1.25, "zorder": 4}


def state_diagram(path: Sequence[DeploymentState] = ()) -> Figure:
    """Every state a deployment can be in and every step that leads on; steps after a ↻ stay where they are.

    Parameters
    ----------
    path
        States that a deployment was in, in order: the last is marked as where it stands, the way there coloured.

    Examples
    --------
    >>> figure = state_diagram([DeploymentState.DRAFT, DeploymentState.REQUESTED])
    """
    figure = Figure(figsize=_SIZE_IN)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, _SIZE_IN[0]), ylim=(0, _SIZE_IN[1]))
    axes.set_axis_off()
    taken = set(pairwise(path))
    boxes = {state: _draw_state(axes, state, path) for state in _PLACES}
    for edge, steps in _steps().items():
        if edge[0] is edge[1]:
            axes.text(*_STAYING[edge[0]], "↻ " + "\n".join(steps), **_TEXT, color=GREY, fontsize=8)
        else:
            _draw_edge(axes, edge, boxes, is_taken=edge in taken)
            axes.text(*_LABELS[edge], "\n".join(steps), **_TEXT, color=INK, fontsize=8.5)
    return figure


def _steps() -> dict[Edge, list[str]]:
    """(from, to) -> the steps that lead there."""
    found: dict[Edge, list[str]] = {}
    for (state, step), target in EDGES.items():
        found.setdefault((state, target), []).append(step.replace("_", " "))
    return found


def _draw_state(axes: Axes, state: DeploymentState, path: Sequence[DeploymentState]) -> FancyBboxPatch:
    (x, y), (width, height) = _PLACES[state], _BOX_IN
    is_here = bool(path) and state is path[-1]
    box = FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.1",
        facecolor=SEEN if is_here else _PALE if state in path else "white",
        edgecolor=SEEN if state in path else GREY,
        linewidth=1.2,
        zorder=3,
    )
    axes.add_patch(box)
    weight = "bold" if is_here else "normal"
    colour = "white" if is_here else INK
    axes.text(x, y, state, **{**_TEXT, "va": "center_baseline"}, color=colour, fontsize=10.5, fontweight=weight)
    return box


def _draw_edge(axes: Axes, edge: Edge, boxes: dict[DeploymentState, FancyBboxPatch], *, is_taken: bool) -> None:
    start, end = edge
    arrow = FancyArrowPatch(
        _PLACES[start],
        _PLACES[end],
        patchA=boxes[start],
        patchB=boxes[end],
        shrinkA=2,
        shrinkB=2,
        connectionstyle=f"arc3,rad={_BENDS.get(edge, 0)}",
        arrowstyle="-|>",
        mutation_scale=11,
        linewidth=2.2 if is_taken else 1.0,
        color=SEEN if is_taken else GREY,
        zorder=2,
    )
    axes.add_patch(arrow)
