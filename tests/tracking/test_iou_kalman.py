"""Tracks of faces that walk, hide, cross and leave: who is who is known because the walks are ours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfr_kit.errors import InputError, SettingError
from lfr_kit.records import Detections
from lfr_kit.tracking.iou_kalman import IouKalmanTracker


def detections(index, faces, camera_id="street", scores=None):
    """`faces`: (n, 3) centre x, centre y, side."""
    faces = np.asarray(faces, float).reshape(-1, 3)
    half = faces[:, 2:] / 2
    return Detections(
        camera_id=camera_id,
        frame_index=index,
        boxes_px=np.hstack([faces[:, :2] - half, faces[:, :2] + half]),
        landmarks_px=np.zeros((len(faces), 6, 2)),
        detection_scores=np.full(len(faces), 0.9) if scores is None else np.asarray(scores, float),
    )


def walker(speed_xy, start_xy=(100, 100), side=40, growth=1.0):
    return lambda i: (start_xy[0] + speed_xy[0] * i, start_xy[1] + speed_xy[1] * i, side * growth**i)


def run(tracker, walks, frames, is_seen=lambda person, i: True):
    """Ids by person: the set of ids each person's face was given; -1 left out."""
    ids = {person: set() for person in range(len(walks))}
    ended = []
    for i in frames:
        seen = [person for person in range(len(walks)) if is_seen(person, i)]
        tracks = tracker.update(detections(i, [walks[person](i) for person in seen]))
        for person, track_id in zip(seen, tracks.track_ids.tolist(), strict=True):
            ids[person] |= {track_id} - {-1}
        ended += tracks.ended_ids.tolist()
    return ids, ended


def test_steady_walk_is_one_track_confirmed_at_the_second_sight():
    tracker = IouKalmanTracker()
    walk = walker((3, 1), growth=1.01)
    ids = [tracker.update(detections(i, [walk(i)])).track_ids.tolist() for i in range(30)]
    assert ids == [[-1]] + [[0]] * 29


@pytest.mark.parametrize("detect_every", [1, 3, 5])
def test_walk_through_an_occlusion_is_one_track(detect_every):
    walk = walker((6, 2), growth=1.005)
    ids, ended = run(
        IouKalmanTracker(max_gap_frames=25), [walk], range(0, 90, detect_every), lambda _, i: not 40 <= i < 60
    )
    assert ids == {0: {0}}
    assert ended == []


def test_fast_small_face_whose_boxes_do_not_overlap_is_one_track():
    ids, _ = run(IouKalmanTracker(), [walker((11, 0), side=30)], range(0, 30, 3))
    assert ids == {0: {0}}


def test_walk_looked_at_in_uneven_steps_is_one_track():
    """Ten frames apart a face is two widths further: only the time between the frames says so."""
    ids, ended = run(IouKalmanTracker(), [walker((8, 0))], [*range(12), 21, 31, 32, 33, 43])
    assert ids == {0: {0}}
    assert ended == []


def test_occlusion_longer_than_the_gap_ends_the_track_and_begins_another():
    ids, ended = run(
        IouKalmanTracker(max_gap_frames=10), [walker((0, 0))], range(90), lambda _, i: not 40 <= i < 55
    )
    assert ids == {0: {0, 1}}
    assert ended == [0]


def test_gap_counts_frames_not_updates():
    """Three looks without the face, 30 frames: longer than the gap."""
    tracker = IouKalmanTracker(max_gap_frames=25)
    ids, ended = run(tracker, [walker((0, 0))], range(0, 100, 10), lambda _, i: i not in (40, 50, 60))
    assert ids == {0: {0, 1}}
    assert ended == [0]


def test_two_people_who_cross_keep_their_tracks():
    walks = [walker((8, 0), (0, 100)), walker((-8, 0), (400, 112))]

    def is_seen(person, i):
        """Person 1 is hidden behind person 0 while they pass."""
        return person == 0 or abs(walks[0](i)[0] - walks[1](i)[0]) > 30

    ids, _ = run(IouKalmanTracker(), walks, range(50), is_seen)
    assert ids == {0: {0}, 1: {1}}


def test_row_of_people_walking_abreast_keep_their_tracks():
    walks = [walker((7, 1), (60 * k, 100)) for k in range(10)]
    ids, ended = run(IouKalmanTracker(), walks, range(0, 60, 3))
    assert ids == {k: {k} for k in range(10)}
    assert ended == []


def test_face_far_from_any_track_begins_its_own():
    tracker = IouKalmanTracker(n_confirm=1)
    tracker.update(detections(0, [(100, 100, 40)]))
    assert tracker.update(detections(1, [(300, 100, 40)])).track_ids.tolist() == [1]


def test_unsure_detection_continues_a_track_but_begins_none():
    tracker = IouKalmanTracker(sure_score=0.6)
    for i in range(3):
        tracker.update(detections(i, [(100, 100, 40)]))
    for i in range(3, 9):
        tracks = tracker.update(detections(i, [(101, 100, 40), (300, 100, 40)], scores=[0.4, 0.4]))
        assert tracks.track_ids.tolist() == [0, -1]


def test_unsure_detection_does_not_confirm_a_track():
    tracker = IouKalmanTracker(sure_score=0.6, n_confirm=2)
    scores = [0.9, 0.4, 0.9, 0.9]
    ids = [tracker.update(detections(i, [(100, 100, 40)], scores=[s])).track_ids[0] for i, s in enumerate(scores)]
    assert ids == [-1, -1, -1, 0]


def test_unsure_detection_does_not_take_a_track_from_a_sure_one():
    tracker = IouKalmanTracker(sure_score=0.6)
    for i in range(3):
        tracker.update(detections(i, [(100, 100, 40)]))
    tracks = tracker.update(detections(3, [(100, 100, 40), (104, 100, 40)], scores=[0.4, 0.9]))
    assert tracks.track_ids.tolist() == [-1, 0]


def test_face_seen_once_is_never_a_track():
    tracker = IouKalmanTracker(n_confirm=2)
    tracker.update(detections(0, [(100, 100, 40)]))
    for i in range(1, 40):
        assert tracker.update(detections(i, [])).ended_ids.tolist() == []
    assert tracker.flush().ended_ids.tolist() == []


def test_flush_ends_live_tracks_and_ids_go_on():
    tracker = IouKalmanTracker(n_confirm=1)
    tracker.update(detections(7, [(100, 100, 40), (300, 100, 40)]))
    flushed = tracker.flush()
    assert (len(flushed), flushed.ended_ids.tolist()) == (0, [0, 1])
    assert tracker.update(detections(0, [(100, 100, 40)], "another")).track_ids.tolist() == [2]


@pytest.mark.parametrize(("index", "camera_id"), [(5, "street"), (4, "street"), (6, "door")])
def test_frame_out_of_order_or_of_another_camera_is_refused(index, camera_id):
    tracker = IouKalmanTracker()
    tracker.update(detections(5, []))
    with pytest.raises(InputError, match=r"flush|one camera"):
        tracker.update(detections(index, [], camera_id))


@pytest.mark.parametrize(
    "wrong",
    [{"max_gap_frames": -1}, {"n_confirm": 0}, {"sure_score": 1.5}, {"min_iou": 0}, {"max_size_ratio": 0.5}],
)
def test_setting_out_of_range_is_refused(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        IouKalmanTracker(**wrong)


FACE = st.tuples(st.floats(0, 600), st.floats(0, 400), st.floats(0, 200))
FOOTAGE = st.lists(
    st.tuples(st.integers(1, 30), st.lists(st.tuples(FACE, st.floats(0, 1)), max_size=6)), max_size=15
)


@settings(deadline=None, max_examples=150)
@given(footage=FOOTAGE, n_confirm=st.integers(1, 3), max_gap_frames=st.integers(0, 40))
def test_any_footage_keeps_all_rows_and_never_reuses_an_id(footage, n_confirm, max_gap_frames):
    tracker = IouKalmanTracker(n_confirm=n_confirm, max_gap_frames=max_gap_frames)
    index, live, over = 0, set(), set()
    for step, faces in footage:
        index += step
        given_now = detections(index, [face for face, _ in faces], scores=[score for _, score in faces])
        tracks = tracker.update(given_now)
        assert tracks.detections is given_now
        seen = tracks.track_ids[tracks.track_ids >= 0].tolist()
        ended = set(tracks.ended_ids.tolist())
        assert len(set(seen)) == len(seen)
        assert not (set(seen) | ended) & over
        assert ended <= live
        assert not ended & set(seen)
        live = (live | set(seen)) - ended
        over |= ended
    assert set(tracker.flush().ended_ids.tolist()) == live


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_order_of_rows_does_not_matter(data):
    """Distinct walkers, rows shuffled in every frame: everybody is told apart as well."""
    walks = [walker((4, 1), (90 * k, 50 + 20 * k), side=30 + 4 * k) for k in range(5)]
    tracker, ids = IouKalmanTracker(n_confirm=1), [set() for _ in walks]
    for i in range(12):
        order = data.draw(st.permutations(range(5)))
        tracks = tracker.update(detections(i, [walks[k](i) for k in order]))
        for k, track_id in zip(order, tracks.track_ids.tolist(), strict=True):
            ids[k].add(track_id)
    assert all(len(found) == 1 for found in ids)
    assert len(set.union(*ids)) == 5


@pytest.mark.real_footage
def test_man_who_leaves_and_comes_back_is_at_most_two_tracks(testdata):
    from lfr_kit.registry import create

    detector, tracker = create("detector", "blazeface_tiled"), IouKalmanTracker()
    seen: dict[int, int] = {}
    for frame in create("source", "video_file", path=testdata / "video" / "single_face_reentry.mp4"):
        if frame.frame_index % 2 == 0:
            for track_id in tracker.update(detector.detect([frame])[0]).track_ids.tolist():
                seen[track_id] = seen.get(track_id, 0) + 1
    untracked = seen.pop(-1, 0)
    assert 1 <= len(seen) <= 2
    assert sum(seen.values()) >= 35
    assert untracked <= 15, "a quarter at most, most of them weak or the first of a track"
