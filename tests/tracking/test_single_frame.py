"""The null tracker."""

from __future__ import annotations

import numpy as np

from lfr_kit.records import Detections
from lfr_kit.tracking.single_frame import SingleFrameTracker


def test_every_face_is_a_track_of_its_own_that_ends_at_once():
    faces = Detections(
        camera_id="door",
        frame_index=3,
        boxes_px=np.array([[0, 0, 9, 9], [0, 0, 9, 9]]),
        landmarks_px=np.zeros((2, 6, 2)),
        detection_scores=np.ones(2),
    )
    tracker = SingleFrameTracker()
    for expected in ([0, 1], [2, 3]):
        tracks = tracker.update(faces)
        assert tracks.track_ids.tolist() == tracks.ended_ids.tolist() == expected
    assert tracker.flush().ended_ids.tolist() == []
