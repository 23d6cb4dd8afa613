"""Plots read back from their SVG."""

from __future__ import annotations

import re

import pytest
from hand_made import make_run

from lfr_kit.reports.run_plots import faces_plot, similarity_plot
from lfr_kit.reports.run_record import SearchPoint


def marks(svg: str) -> int:
    """Markers of scatter plots: matplotlib draws each with <use>, ticks apart."""
    drawing = svg.partition("legend_1")[0]
    groups = re.findall(r'<g id="[\w-]*PathCollection_\d+">(.*?)\n   </g>', drawing, re.DOTALL)
    return sum(group.count("<use ") for group in groups)


@pytest.mark.parametrize("plot", [similarity_plot, faces_plot])
def test_plot_has_labelled_axes_with_units_and_no_address(plot):
    drawn = plot(make_run())
    for svg in (drawn.wide, drawn.narrow):
        assert svg.startswith("<svg")
        assert "time in the footage (s)" in svg
        assert "http" not in svg
        assert f'aria-label="{drawn.description}"' in svg
    assert ">faces</text>" in drawn.wide or ">similarity (cosine)</text>" in drawn.wide


def test_similarity_plot_shows_every_search_and_the_threshold():
    drawn = similarity_plot(make_run())
    assert marks(drawn.wide) == marks(drawn.narrow) == 3
    assert "threshold 0.5" in drawn.wide
    assert "3 searches" in drawn.description
    assert "1 raised an alert" in drawn.description


def test_similarity_plot_tells_an_alert_from_a_face_alerted_before():
    points = (SearchPoint(1.0, 0.7, True), SearchPoint(2.0, 0.8, False), SearchPoint(3.0, 0.1, False))
    svg = similarity_plot(make_run(searches=points)).wide
    assert all(f">{label}</text>" in svg for label in ("alert", "alerted before", "no alert"))


def test_similarity_plot_without_threshold_names_another_scale():
    svg = similarity_plot(make_run(threshold=None, score_scale="adaptive_s_norm")).wide
    assert "score (adaptive s norm)" in svg
    assert "threshold" not in svg.partition(">")[2]


def test_plots_of_many_searches_stay_small():
    points = tuple(SearchPoint(i / 1000, (i % 97) / 200, False) for i in range(12_000))
    assert len(similarity_plot(make_run(searches=points)).wide) < 400_000


def test_plots_of_an_empty_run_can_be_drawn():
    empty = make_run(searches=(), in_view=(), faces_seen_at_s=(), faces_seen=0, footage_s=0.0, frames=0)
    assert "at most 0 in view" in faces_plot(empty).description
    assert similarity_plot(empty).wide.startswith("<svg")
