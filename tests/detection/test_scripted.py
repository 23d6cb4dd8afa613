"""Referee: discs drawn by OpenCV at known places."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lfr_kit.detection.scripted import MARKER, ScriptedDetector, landmarks_in, marker_boxes
from lfr_kit.errors import SettingError
from lfr_kit.registry import create


def discs(*circles: tuple[int, int, int], colour=MARKER):
    image = np.full((200, 300, 3), 60, np.uint8)
    for x, y, radius in circles:
        cv2.circle(image, (x, y), radius, colour, -1)
    return image


def test_detect_discs_gives_their_boxes_from_top_to_bottom(make_frame):
    found = create("detector", "scripted").detect([make_frame(discs((200, 150, 20), (60, 50, 10)), 4, "b")])[0]
    assert (found.camera_id, found.frame_index) == ("b", 4)
    np.testing.assert_allclose(found.boxes_px, [[50, 40, 71, 61], [180, 130, 221, 171]], atol=1)
    np.testing.assert_allclose(found.detection_scores, 1)


def test_detect_discs_survive_jpeg(make_frame):
    packed = cv2.imencode(".jpg", discs((100, 100, 30))[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 50])[1]
    image = np.ascontiguousarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1])
    found = ScriptedDetector().detect([make_frame(image)])[0]
    np.testing.assert_allclose(found.boxes_px, [[70, 70, 131, 131]], atol=3)


def test_detect_other_colour_finds_that_one_only(make_frame):
    image = discs((60, 50, 10)) // 2 + discs((200, 150, 20), colour=(0, 200, 0)) // 2
    assert len(ScriptedDetector(colour=(30, 130, 30)).detect([make_frame(image)])[0]) == 1


def test_marker_boxes_specks_are_not_faces():
    assert len(marker_boxes(discs((50, 50, 1)))) == 0


def test_detect_listed_faces_come_in_their_frames_only(make_frame):
    detector = ScriptedDetector(faces={2: [[1, 2, 11, 22], [50, 50, 90, 90]], 3: []}, detection_score=0.7)
    frames = [make_frame(discs((60, 50, 10)), index) for index in (1, 2, 3)]
    assert [len(d) for d in detector.detect(frames)] == [0, 2, 0]
    found = detector.detect(frames)[1]
    np.testing.assert_allclose(found.boxes_px, [[1, 2, 11, 22], [50, 50, 90, 90]])
    np.testing.assert_allclose(found.detection_scores, 0.7)


def test_landmarks_in_lie_where_a_face_has_them():
    (points,) = landmarks_in(np.array([[100, 200, 200, 300]], np.float32))
    right_eye, left_eye, nose, mouth, right_ear, left_ear = points
    assert right_ear[0] < right_eye[0] < nose[0] < left_eye[0] < left_ear[0]
    assert 200 < right_eye[1] < nose[1] < mouth[1] < 300


@pytest.mark.parametrize(
    "wrong",
    [
        {"detection_score": 2},
        {"colour": (1, 2)},
        {"colour": (1, 2, 300)},
        {"faces": {1: [[1, 2, 3]]}},
        {"faces": {1: [[9, 0, 3, 3]]}},
        {"faces": {1: [[0, 0, float("inf"), 3]]}},
    ],
)
def test_detector_wrong_setting_is_refused(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        ScriptedDetector(**wrong)
