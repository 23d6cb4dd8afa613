"""Which shots go out, when, and that nothing stays behind. Quality is scripted by patching the measure."""

from __future__ import annotations

import gc
import weakref
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from lfr_kit.errors import SettingError
from lfr_kit.records import BestShot, Detections, Frame, Tracks
from lfr_kit.selection import best_quality
from lfr_kit.selection.best_quality import BestQualitySelector

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
IMAGE = np.zeros((200, 400, 3), np.uint8)


def frame(index, camera_id="street") -> Frame:
    return Frame(
        image=IMAGE,
        frame_index=index,
        captured_at=NOON + timedelta(seconds=index / 25),
        camera_id=camera_id,
        position_s=index / 25,
    )


def tracks(index, ids, ended=(), camera_id="street", side=60) -> Tracks:
    """A face for each id, 80 px apart; eyes at 0.3 and 0.7 of its width."""
    n = len(ids)
    corner = np.array([[80.0 * i, 20.0] for i in range(n)]).reshape(n, 2)
    places = side * np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.5, 0.8], [0, 0.5], [1, 0.5]])
    return Tracks(
        detections=Detections(
            camera_id=camera_id,
            frame_index=index,
            boxes_px=np.hstack([corner, corner + side]),
            landmarks_px=corner[:, None] + places,
            detection_scores=np.full(n, 0.9),
        ),
        track_ids=np.array(ids, np.int64),
        ended_ids=np.array(ended, np.int64),
    )


@pytest.fixture
def scripted(monkeypatch):
    """`scripted(values)`: the next measured faces have these qualities; counts how many were measured."""
    calls = {"n": 0}

    def script(values):
        queue = iter(values)
        monkeypatch.setattr(best_quality, "measure", lambda *_: calls.update(n=calls["n"] + 1))
        monkeypatch.setattr(best_quality, "quality", lambda _: next(queue))
        return calls

    return script


def offered(selector, qualities, scripted, track_id=1):
    """Frame index and quality of each shot handed out for one track with these qualities, then at its end."""
    scripted(qualities)
    given = []
    for i in range(len(qualities)):
        given += [(i, shot.quality) for shot in selector.offer(frame(i), tracks(i, [track_id]))]
    end = len(qualities)
    return given, [shot.quality for shot in selector.offer(frame(end), tracks(end, [], ended=[track_id]))]


EVERY_FRAME = {"measure_every_frames": 1, "min_gap_frames": 3, "min_quality": 30, "improvement": 0.2}
TABLE = [
    # qualities by frame, shots handed out while it lives, shots handed out at its end
    ([20, 25, 28], [], []),
    ([20, 35, 36, 37, 38, 39], [(1, 35)], []),
    ([50, 65, 70, 60, 60, 60], [(0, 50), (3, 70)], []),
    ([50, 59, 59, 59, 61, 40], [(0, 50), (4, 61)], []),
    ([50, 90], [(0, 50)], [90]),
    ([50, 55], [(0, 50)], []),
    ([40, 0, 0, 55, 0, 0, 74, 74, 76], [(0, 40), (3, 55), (6, 74)], []),
    ([40, 0, 0, 55, 0, 0, 80, 0, 0, 99], [(0, 40), (3, 55), (6, 80), (9, 99)], []),
]


@pytest.mark.parametrize(("qualities", "while_alive", "at_end"), TABLE)
def test_shots_of_a_track_follow_the_table(scripted, qualities, while_alive, at_end):
    assert offered(BestQualitySelector(**EVERY_FRAME), qualities, scripted) == (while_alive, at_end)


@pytest.mark.parametrize("n_shots", [1, 2, 3])
def test_no_track_gets_more_than_its_shots(scripted, n_shots):
    selector = BestQualitySelector(n_shots=n_shots, measure_every_frames=1, min_gap_frames=0, improvement=0.01)
    given, at_end = offered(selector, list(range(30, 100, 7)), scripted)
    assert len(given) + len(at_end) == n_shots


def test_every_shot_is_better_than_all_before_it(scripted):
    random = np.random.default_rng(3)
    for _ in range(50):
        selector = BestQualitySelector(n_shots=9, min_gap_frames=4, improvement=0.2)
        given, at_end = offered(selector, random.uniform(0, 100, 60).tolist(), scripted)
        qualities = [value for _, value in given] + at_end
        assert all(b >= a + 0.2 * (100 - a) for a, b in pairwise(qualities))
        frames = [i for i, _ in given]
        assert all(b - a >= 4 for a, b in pairwise(frames))


def test_faces_that_cannot_become_a_shot_are_not_measured(scripted):
    calls = scripted([50] * 100)
    selector = BestQualitySelector(n_shots=1, smallest_inter_eye_px=9)
    selector.offer(frame(0), tracks(0, [-1, -1]))
    selector.offer(frame(1), tracks(1, [1], side=20))
    assert calls["n"] == 0
    selector.offer(frame(2), tracks(2, [1]))
    assert calls["n"] == 1
    for i in range(3, 30):
        selector.offer(frame(i), tracks(i, [1]))
    assert calls["n"] == 1


def test_track_that_had_a_shot_is_measured_now_and_then(scripted):
    calls = scripted([50] * 100)
    selector = BestQualitySelector(measure_every_frames=3)
    for i in range(31):
        selector.offer(frame(i), tracks(i, [1]))
    assert calls["n"] == 11


def test_shots_of_one_frame_come_best_first(scripted):
    scripted([40, 80, 60])
    shots = BestQualitySelector().offer(frame(0), tracks(0, [1, 2, 3]))
    assert [(shot.track_id, shot.quality) for shot in shots] == [(2, 80), (3, 60), (1, 40)]


def test_shot_is_the_face_of_its_row():
    shots = BestQualitySelector(min_quality=0).offer(frame(4), tracks(4, [-1, 7]))
    assert [shot.track_id for shot in shots] == [7]
    np.testing.assert_allclose(shots[0].origin_px + shots[0].box_px[:2], [80, 20])
    assert (shots[0].camera_id, shots[0].frame_index) == ("street", 4)


def test_two_cameras_with_the_same_track_ids_are_kept_apart(scripted):
    scripted([50, 50, 90, 90])
    selector = BestQualitySelector(measure_every_frames=1)
    for index in (0, 1):
        for camera_id in ("street", "door"):
            selector.offer(frame(index, camera_id), tracks(index, [1], camera_id=camera_id))
    assert [(s.camera_id, s.quality) for s in selector.flush("door")] == [("door", 90)]
    assert selector.flush("door") == []
    assert [(s.camera_id, s.quality) for s in selector.flush("street")] == [("street", 90)]


def test_refused_shot_does_not_count_and_the_next_best_follows(scripted):
    scripted([90, 40, 60, 50, 65, 65, 65])
    selector = BestQualitySelector(**EVERY_FRAME)
    first = selector.offer(frame(0), tracks(0, [1]))
    selector.refused(first)
    given = [(i, s.quality) for i in range(1, 7) for s in selector.offer(frame(i), tracks(i, [1]))]
    assert given == [(3, 60)]
    selector.offer(frame(7), tracks(7, [], ended=[1]))
    selector.refused(first)


def shots_alive() -> list[weakref.ref]:
    return [weakref.ref(thing) for thing in gc.get_objects() if type(thing) is BestShot]


@pytest.mark.parametrize("end", ["ended", "flush"])
def test_nothing_of_a_track_is_alive_after_its_end(scripted, end):
    gc.collect()
    others = len(shots_alive())
    scripted([50, 90])
    selector = BestQualitySelector(measure_every_frames=1)
    selector.offer(frame(0), tracks(0, [1]))
    selector.offer(frame(1), tracks(1, [1]))
    alive = shots_alive()
    assert len(alive) == others + 1
    last = selector.offer(frame(2), tracks(2, [], ended=[1])) if end == "ended" else selector.flush("street")
    assert len(last) == 1
    del last
    gc.collect()
    assert len(shots_alive()) == others
    assert selector._tracks == {}


def test_frame_is_not_kept_alive_by_what_is_held(scripted):
    scripted([50, 90])
    selector = BestQualitySelector(measure_every_frames=1)
    selector.offer(frame(0), tracks(0, [1]))
    second = frame(1)
    alive = weakref.ref(second)
    selector.offer(second, tracks(1, [1]))
    del second
    gc.collect()
    assert alive() is None
    assert len(selector.flush("street")) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_shots": 0},
        {"min_quality": 101},
        {"improvement": -1},
        {"min_gap_frames": -1},
        {"measure_every_frames": 0},
        {"smallest_inter_eye_px": -1},
    ],
)
def test_setting_out_of_range_is_refused(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        BestQualitySelector(**wrong)


def test_sharp_portrait_beats_its_blurred_copies(portrait):
    """The real measure: a face that comes into focus is handed out blurred first, then sharp."""
    import cv2

    box, eyes = np.array([[165.0, 125, 368, 329]]), np.array([[227, 190], [308, 190], [270, 235], [269, 274]])
    selector = BestQualitySelector(min_quality=1, measure_every_frames=1, min_gap_frames=0)
    given = []
    for i, blur in enumerate([21, 21, 1]):
        image = cv2.GaussianBlur(portrait, (blur, blur), 0)
        seen = Tracks(
            detections=Detections(
                camera_id="street",
                frame_index=i,
                boxes_px=box,
                landmarks_px=eyes[None].astype(float),
                detection_scores=np.array([0.9]),
            ),
            track_ids=np.array([1]),
            ended_ids=np.zeros(0, np.int64),
        )
        shown = Frame(image=image, frame_index=i, captured_at=NOON, camera_id="street")
        given += selector.offer(shown, seen)
    assert [shot.frame_index for shot in given] == [0, 2]
    assert given[-1].quality > given[0].quality + 10
