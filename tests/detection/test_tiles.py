"""Referees: painting the tiles into a mask, matplotlib's point-in-polygon test, hand-worked counts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Polygon

from lfr_kit.detection.tiles import OVERLAP, inside_zone, plan_tiles, rows_for, zone_px
from lfr_kit.errors import SettingError

side = st.integers(40, 2600)


@settings(max_examples=60, deadline=None)
@given(st.tuples(side, side), st.integers(1, 4))
def test_plan_tiles_cover_every_pixel_of_the_resized_frame(size_wh, rows):
    plan = plan_tiles(size_wh, rows, side_px=64)
    width, height = plan.scaled_wh
    shown = np.zeros((height, width), bool)
    for x, y in plan.corners:
        assert x + 64 <= max(width, 64)
        assert y + 64 <= max(height, 64)
        shown[y : y + 64, x : x + 64] = True
    assert shown.all()
    assert len(plan.corners) <= 4 * rows * (max(size_wh) / min(size_wh) + 2)


@settings(max_examples=60, deadline=None)
@given(st.tuples(side, side), st.integers(2, 4))
def test_plan_tiles_neighbours_share_a_face_wide_strip(size_wh, rows):
    plan = plan_tiles(size_wh, rows, side_px=192)
    for axis in (0, 1):
        starts = sorted({corner[axis] for corner in plan.corners})
        assert all(b - a <= 192 * (1 - OVERLAP) + 6 for a, b in pairwise(starts))


def test_plan_tiles_of_1080p_are_two_rows_of_four():
    plan = plan_tiles((1920, 1080), 2, side_px=192)
    assert len(plan.corners) == 8
    assert len(plan) == 9
    assert len({y for _, y in plan.corners}) == 2


def test_plan_tiles_of_a_portrait_frame_count_rows_along_its_shorter_side():
    plan = plan_tiles((1080, 1920), 2, side_px=192)
    assert len({x for x, _ in plan.corners}) == 2
    assert len(plan.corners) == 8


def test_plan_tiles_rows_zero_is_the_letterboxed_frame_alone():
    plan = plan_tiles((1920, 1080), 0, side_px=192)
    assert plan.corners == ()
    assert plan.whole_wh == (192, 108)
    assert plan.whole_corner == (0, 42)
    # The square spans the frame's width, and 420 px of nothing above and below.
    np.testing.assert_allclose(plan.areas_px, [[0, -420, 1920, 1500]])


def test_plan_tiles_squares_map_back_to_the_frame():
    plan = plan_tiles((1920, 1080), 2, side_px=192)
    scale = plan.scaled_wh[0] / 1920
    for (x, y), area in zip(plan.corners, plan.areas_px, strict=False):
        np.testing.assert_allclose(area, np.array([x, y, x + 192, y + 192]) / scale, atol=3)
    assert plan.areas_px[:-1, 2].max() == pytest.approx(1920, abs=3)
    assert plan.areas_px[:-1, 3].max() == pytest.approx(1080, abs=3)


def test_plan_tiles_negative_rows_are_refused():
    with pytest.raises(SettingError, match="rows"):
        plan_tiles((64, 64), -1, side_px=64)


@pytest.mark.parametrize(
    ("smallest", "size_wh", "rows"),
    [
        (36, (1920, 1080), 2),
        (26, (1920, 1080), 3),
        (36, (250, 250), 0),
        (36, (1280, 720), 2),
        (125, (1920, 1080), 0),
    ],
)
def test_rows_for_known_frames(smallest, size_wh, rows):
    assert rows_for(smallest, size_wh, side_px=192, smallest_px=12) == rows


@given(st.floats(5, 200), st.floats(1, 3))
def test_rows_for_smaller_faces_never_need_fewer_rows(smallest, factor):
    few = rows_for(smallest * factor, (1920, 1080), side_px=192, smallest_px=12)
    assert rows_for(smallest, (1920, 1080), side_px=192, smallest_px=12) >= few


def test_zone_px_relative_corners_are_scaled_and_pixels_are_not():
    np.testing.assert_allclose(zone_px([(0, 0), (1, 0), (0.5, 1)], (200, 100)), [[0, 0], [200, 0], [100, 100]])
    np.testing.assert_allclose(zone_px([(0, 0), (2, 0), (0.5, 1)], (200, 100)), [[0, 0], [2, 0], [0.5, 1]])


@pytest.mark.parametrize("zone", [[(0, 0), (1, 1)], [(0, 0, 1)] * 3, [(0, 0), (1, 1), (float("nan"), 0)], []])
def test_zone_px_that_is_no_polygon_is_refused(zone):
    with pytest.raises(SettingError, match="zones"):
        zone_px(zone, (10, 10))


STAR = np.array(
    [(50, 0), (62, 38), (100, 38), (69, 60), (80, 100), (50, 75), (20, 100), (31, 60), (0, 38), (38, 38)]
)


def test_inside_zone_agrees_with_matplotlib_on_a_concave_polygon():
    points = np.random.default_rng(0).uniform(-10, 110, (400, 2))
    expected = Polygon(STAR).contains_points(points)
    np.testing.assert_array_equal(inside_zone(points, STAR.astype(float)), expected)
    assert 0 < expected.sum() < 400


def test_plan_tiles_zone_keeps_exactly_the_tiles_that_touch_it():
    zone = STAR * (6.0, 3.0) + (900, 100)
    plan, everything = (plan_tiles((1920, 1080), 3, side_px=192, zone=z) for z in (zone, None))
    y, x = np.mgrid[0:1080:4, 0:1920:4]
    inside = Polygon(zone).contains_points(np.column_stack([x.ravel(), y.ravel()]))
    points = np.column_stack([x.ravel(), y.ravel()])[inside]
    touching = {
        corner
        for corner, area in zip(everything.corners, everything.areas_px, strict=False)
        if ((points >= area[:2]) & (points < area[2:])).all(axis=1).any()
    }
    assert set(plan.corners) == touching
    assert 0 < len(touching) < len(everything.corners)
