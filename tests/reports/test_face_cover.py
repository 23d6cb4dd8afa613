"""Where a face may be: every box worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import make_tracks

from lfr_kit.errors import SettingError
from lfr_kit.reports.face_cover import FaceCover, ahead_box, with_margin

BOX = [100.0, 100, 140, 150]


def holds(outer: np.ndarray, inner: list[float]) -> bool:
    return bool((outer[:2] <= inner[:2]).all() and (outer[2:] >= inner[2:]).all())


def test_with_margin_widens_each_side_by_a_share_of_the_larger_side():
    np.testing.assert_allclose(with_margin(np.array(BOX), 0.2), [90, 90, 150, 160])


def test_ahead_box_is_where_the_face_was_going():
    moved = ahead_box(np.array(BOX), np.array([50.0, 0]), 0.4)
    np.testing.assert_allclose(moved, [120, 100, 160, 150])


def test_ahead_box_moves_by_no_more_than_a_part_of_the_face():
    moved = ahead_box(np.array(BOX), np.array([9000.0, 0]), 1.0)
    np.testing.assert_allclose(moved, [130, 100, 170, 150])  # 0.6 of the larger side


def test_cover_seen_face_is_covered_with_margin():
    cover = FaceCover()
    cover.see(make_tracks({7: BOX}), 0.0)
    (region,) = cover.regions(0.0)
    assert region.track_id == 7
    np.testing.assert_allclose(region.box_px, [92.5, 92.5, 147.5, 157.5])


def test_cover_lost_face_stays_covered_and_then_is_let_go():
    cover = FaceCover(hold_s=1.0)
    cover.see(make_tracks({7: BOX}), 0.0)
    for at_s in (0.04, 0.5, 1.0):
        cover.see(make_tracks({}), at_s)
        assert [holds(region.box_px, BOX) for region in cover.regions(at_s)] == [True]
    assert cover.regions(1.01) == []


def test_cover_lost_face_is_covered_where_it_was_heading():
    cover = FaceCover()
    cover.see(make_tracks({7: BOX}), 0.0)
    cover.see(make_tracks({7: [120, 100, 160, 150]}), 0.1)
    was, heading = cover.regions(0.2)
    assert holds(was.box_px, [120, 100, 160, 150])
    assert holds(heading.box_px, [140, 100, 180, 150])  # 20 px in 0.1 s, and 0.1 s later


def test_cover_faces_without_a_track_are_covered_and_held():
    cover = FaceCover()
    cover.see(make_tracks([BOX, [300, 100, 340, 150]]), 0.0)
    assert len(cover.regions(0.5)) == 2


def test_cover_face_without_a_track_seen_again_replaces_the_old_box():
    cover = FaceCover()
    for i in range(10):
        cover.see(make_tracks([[100.0 + i, 100, 140 + i, 150]]), i / 25)
    (region,) = cover.regions(9 / 25)
    assert holds(region.box_px, [109, 100, 149, 150])


def test_cover_face_that_gets_a_track_is_no_longer_held_as_nameless():
    cover = FaceCover()
    cover.see(make_tracks([BOX]), 0.0)
    cover.see(make_tracks({4: BOX}), 0.04)
    assert [region.track_id for region in cover.regions(0.04)] == [4]


def test_cover_see_tells_which_faces_appeared():
    cover = FaceCover()
    assert [r.track_id for r in cover.see(make_tracks({1: BOX}), 0.0)] == [1]
    assert [r.track_id for r in cover.see(make_tracks({1: BOX, 2: [300, 0, 340, 50]}), 0.04)] == [2]


def test_cover_box_of_track_follows_it_for_a_moment_only():
    cover = FaceCover()
    cover.see(make_tracks({7: BOX}), 0.0)
    cover.see(make_tracks({7: [120, 100, 160, 150]}), 0.1)
    np.testing.assert_allclose(cover.box_of(7, 0.2), [140, 100, 180, 150])
    assert cover.box_of(7, 0.9) is None
    assert cover.box_of(8, 0.1) is None


def test_cover_negative_hold_is_refused():
    with pytest.raises(SettingError, match="hold_s"):
        FaceCover(hold_s=-1)
