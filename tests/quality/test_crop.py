"""Referee: the pixels of the frame themselves."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfr_kit.quality.crop import crop_shot
from lfr_kit.quality.measures import measure, quality
from lfr_kit.records import Detections, Frame


def one_face(box):
    return Detections(
        camera_id="a",
        frame_index=7,
        boxes_px=np.array([box], np.float32),
        landmarks_px=np.zeros((1, 6, 2), np.float32),
        detection_scores=np.array([0.8]),
    )


def test_crop_shot_is_the_face_with_its_margin_and_moved_landmarks(frame_and_face):
    frame, face = frame_and_face
    shot = crop_shot(frame, face, 0, track_id=4, margin=0.5)
    # 0.5 of 202 px on each side of (166, 126)-(368, 328).
    np.testing.assert_array_equal(shot.origin_px, [65, 25])
    np.testing.assert_array_equal(shot.image, frame.image[25:429, 65:469])
    np.testing.assert_allclose(shot.box_px + np.tile(shot.origin_px, 2), face.boxes_px[0])
    np.testing.assert_allclose(shot.landmarks_px + shot.origin_px, face.landmarks_px[0])
    assert (shot.camera_id, shot.track_id, shot.frame_index, shot.position_s) == ("a", 4, 7, 0.28)
    assert shot.captured_at == frame.captured_at
    assert shot.detection_score == pytest.approx(0.9)
    assert (len(shot.mesh_px), shot.reasons) == (0, ())


def test_crop_shot_holds_no_reference_to_its_frame(frame_and_face):
    frame, face = frame_and_face
    assert not np.shares_memory(crop_shot(frame, face, 0).image, frame.image)


def test_crop_shot_quality_is_measured_unless_given(frame_and_face):
    frame, face = frame_and_face
    expected = quality(measure(frame.image, face.boxes_px[0], face.landmarks_px[0], 0.9))
    assert crop_shot(frame, face, 0).quality == pytest.approx(expected, abs=1e-6)
    assert crop_shot(frame, face, 0, quality=12.5).quality == 12.5


coordinate = st.floats(-300, 900, width=32)


@settings(max_examples=60, deadline=None)
@given(coordinate, coordinate, st.floats(0, 500, width=32), st.floats(0, 500, width=32), st.floats(0, 3))
def test_crop_shot_any_box_gives_a_piece_of_the_frame(x, y, width, height, margin):
    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    frame = Frame(image=image, frame_index=7, captured_at=datetime(2026, 1, 1, tzinfo=UTC), camera_id="a")
    shot = crop_shot(frame, one_face((x, y, x + width, y + height)), 0, margin=margin)
    left, top = shot.origin_px.astype(int)
    h, w = shot.image.shape[:2]
    np.testing.assert_array_equal(shot.image, image[top : top + h, left : left + w])
    assert 0 <= shot.quality <= 100
