"""The drawing shows the state machine that is enforced, all of it, readably."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from lfr_kit.governance.deployment_state import EDGES
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.plots.style import SEEN
from lfr_kit.ui.state_diagram import state_diagram

S = DeploymentState
WAY = [S.DRAFT, S.REQUESTED, S.GRANTED, S.OPEN, S.PAUSED]


def arrows(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]


def boxes(figure):
    """State -> its box: the one its name stands in."""
    found = {}
    for text in figure.axes[0].texts:
        for patch in figure.axes[0].patches:
            if isinstance(patch, FancyBboxPatch) and patch.get_bbox().contains(*text.get_position()):
                found[text.get_text()] = patch
    return found


def test_state_diagram_shows_every_state_and_every_step():
    figure = state_diagram()
    assert set(boxes(figure)) == set(DeploymentState)
    lines = [line for text in figure.axes[0].texts for line in text.get_text().removeprefix("↻ ").split("\n")]
    assert sorted(lines) == sorted([*DeploymentState, *(step.replace("_", " ") for _, step in EDGES)])
    assert len(arrows(figure)) == len({(state, target) for (state, _), target in EDGES.items() if state != target})


@pytest.mark.parametrize("path", [(), WAY], ids=["plain", "with a way"])
def test_state_diagram_no_text_lies_on_another_on_a_box_or_outside(path):
    figure = state_diagram(path)
    FigureCanvasAgg(figure).draw()
    texts = {text: text.get_window_extent() for text in figure.axes[0].texts}
    own = {id(box): name for name, box in boxes(figure).items()}
    for (a, area), (b, other) in combinations(texts.items(), 2):
        assert not area.overlaps(other), f"{a.get_text()!r} on {b.get_text()!r}"
    for text, area in texts.items():
        assert figure.bbox.containsx(area.x0)
        assert figure.bbox.containsx(area.x1)
        assert figure.bbox.containsy(area.y1)
        for patch in figure.axes[0].patches:
            if isinstance(patch, FancyBboxPatch) and own[id(patch)] != text.get_text():
                assert not area.overlaps(patch.get_window_extent()), f"{text.get_text()!r} on {own[id(patch)]}"


def test_state_diagram_no_arrow_runs_through_a_text():
    figure = state_diagram(WAY)
    FigureCanvasAgg(figure).draw()
    for arrow in arrows(figure):
        line, *_ = arrow.get_transform().transform_path(arrow.get_path()).to_polygons(closed_only=False)
        points = np.concatenate([np.linspace(a, b, 200) for a, b in pairwise(line)])
        for text in figure.axes[0].texts:
            assert not text.get_window_extent().count_contains(points), text.get_text()


def test_state_diagram_marks_where_it_stands_and_the_way_there():
    figure = state_diagram(WAY)
    full = {name for name, box in boxes(figure).items() if to_hex(box.get_facecolor()) == SEEN}
    edged = {name for name, box in boxes(figure).items() if to_hex(box.get_edgecolor()) == SEEN}
    assert full == {S.PAUSED}
    assert edged == set(WAY)
    taken = [arrow for arrow in arrows(figure) if to_hex(arrow.get_edgecolor()) == SEEN]
    assert len(taken) == len(WAY) - 1


def test_state_diagram_without_a_way_marks_nothing():
    assert not any(
        SEEN in (to_hex(p.get_facecolor()), to_hex(p.get_edgecolor())) for p in state_diagram().axes[0].patches
    )
