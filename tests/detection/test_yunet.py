"""Referee: rows worked out by hand from OpenCV's documentation of FaceDetectorYN.detect."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit import settings
from lfr_kit.detection.yunet import YuNetDetector, to_detections
from lfr_kit.errors import ModelFormatError, ModelMissingError, SettingError

ROW = [10, 20, 30, 40, 15, 30, 35, 31, 25, 40, 18, 50, 32, 52, 0.9]


def test_to_detections_puts_the_mouth_in_the_middle_of_its_corners(make_frame):
    found = to_detections(np.array([ROW], np.float32), make_frame(np.zeros((100, 100, 3), np.uint8), 3, "b"))
    assert (found.camera_id, found.frame_index) == ("b", 3)
    np.testing.assert_allclose(found.boxes_px, [[10, 20, 40, 60]])
    np.testing.assert_allclose(found.landmarks_px, [[[15, 30], [35, 31], [25, 40], [25, 51]]])
    np.testing.assert_allclose(found.detection_scores, [0.9])


@pytest.mark.parametrize("rows", [None, np.zeros((0, 15), np.float32)])
def test_to_detections_no_rows_is_no_face(make_frame, rows):
    found = to_detections(rows, make_frame(np.zeros((9, 9, 3), np.uint8)))
    assert found.landmarks_px.shape == (0, 4, 2)


def test_to_detections_scores_and_sizes_out_of_range_are_clipped(make_frame):
    row = [*ROW[:2], -3, 40, *ROW[4:14], 1.0001]
    found = to_detections(np.array([row], np.float32), make_frame(np.zeros((9, 9, 3), np.uint8)))
    assert found.detection_scores[0] == 1
    assert found.boxes_px[0, 2] == found.boxes_px[0, 0]


@pytest.fixture
def empty_models_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("LFR_MODELS_DIR", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("empty_models_folder")
def test_detector_without_its_file_names_the_line_that_fetches_it(make_frame):
    with pytest.raises(ModelMissingError, match="lfr models fetch yunet"):
        YuNetDetector().detect([make_frame(np.zeros((9, 9, 3), np.uint8))])


def test_detector_file_that_is_no_network_is_refused(make_frame, monkeypatch, tmp_path):
    (tmp_path / "yunet.onnx").write_bytes(b"not a network")
    monkeypatch.setattr("lfr_kit.models.model_path", lambda name: tmp_path / "yunet.onnx")
    with pytest.raises(ModelFormatError, match=r"yunet\.onnx"):
        YuNetDetector().detect([make_frame(np.zeros((9, 9, 3), np.uint8))])


def test_detector_no_frames_needs_no_file():
    assert YuNetDetector().detect([]) == []


@pytest.mark.parametrize("wrong", [{"min_detection_score": 2}, {"suppression_iou": -1}, {"most_faces": 0}])
def test_detector_setting_out_of_range_is_refused(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        YuNetDetector(**wrong)
