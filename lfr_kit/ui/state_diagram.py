"""The states of a deployment as a drawing: what can follow what, where one stands and how it came there.

What is drawn is `lfr_kit.governance.deployment_state.EDGES`; only the places on the paper are given here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lfr_kit.governance.deployment_state import EDGES
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.plots.state_boxes import Paper, state_boxes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["state_diagram"]

_S = DeploymentState
Edge = tuple[str, str]

_SIZE_IN = (11.4, 3.7)
_PLACES: dict[str, tuple[float, float]] = {
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

_STAYING: dict[str, tuple[float, float]] = {
    _S.DRAFT: (0.65, 2.90),
    _S.GRANTED: (4.40, 3.08),
    _S.OPEN: (6.05, 3.08),
    _S.PAUSED: (8.62, 1.45),
    _S.CLOSED: (9.05, 2.90),
}
"""Middle of the text with the steps that change nothing of the state, inches."""


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
    paper = Paper(size_in=_SIZE_IN, places=_PLACES, labels=_LABELS, staying=_STAYING, bends=_BENDS)
    return state_boxes(_steps(), paper, path)


def _steps() -> dict[tuple[str, str], list[str]]:
    """(from, to) -> the steps that lead there."""
    found: dict[tuple[str, str], list[str]] = {}
    for (state, step), target in EDGES.items():
        found.setdefault((state, target), []).append(step.replace("_", " "))
    return found
