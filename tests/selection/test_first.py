"""The null selector: each track once."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from lfr_kit.records import Detections, Frame, Tracks
from lfr_kit.selection.first import FirstSelector

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def offer(selector, index, ids, ended=(), camera_id="street"):
    n = len(ids)
    corner = np.array([[70.0 * i, 10.0] for i in range(n)]).reshape(n, 2)
    seen = Detections(
        camera_id=camera_id,
        frame_index=index,
        boxes_px=np.hstack([corner, corner + 50]),
        landmarks_px=np.zeros((n, 0, 2)),
        detection_scores=np.ones(n),
    )
    image = np.full((80, 200, 3), 90, np.uint8)
    shown = Frame(image=image, frame_index=index, captured_at=NOON, camera_id=camera_id)
    given = selector.offer(
        shown, Tracks(detections=seen, track_ids=np.array(ids, np.int64), ended_ids=np.array(ended, np.int64))
    )
    return sorted(shot.track_id for shot in given)


def test_each_track_gives_one_shot_at_its_first_frame():
    selector = FirstSelector()
    assert offer(selector, 0, [1, -1]) == [1]
    assert offer(selector, 1, [1, 2]) == [2]
    assert offer(selector, 2, [1, 2]) == []
    assert offer(selector, 2, [1], camera_id="door") == [1]


def test_tracks_that_end_at_once_give_a_shot_each_and_leave_nothing():
    selector = FirstSelector()
    assert offer(selector, 0, [0, 1], ended=[0, 1]) == [0, 1]
    assert offer(selector, 1, [2], ended=[2]) == [2]
    assert selector._given == set()


def test_flush_forgets_one_camera():
    selector = FirstSelector()
    offer(selector, 0, [1])
    offer(selector, 0, [1], camera_id="door")
    assert selector.flush("street") == []
    assert selector._given == {("door", 1)}
