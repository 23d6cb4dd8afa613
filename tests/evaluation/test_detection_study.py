"""Referee: pictures whose only face lies where it was painted."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.painted_people import MiddleDetector, blacken, paint
from lfr_kit.errors import ImageError, SettingError, UnknownAlgorithmError
from lfr_kit.evaluation.detection_study import detector_for, study_detection
from lfr_kit.evaluation.tables import read_boxes
from lfr_kit.registry import register, unregister


@pytest.fixture
def pictures(tmp_path):
    return [paint(tmp_path / "a.png", 1), paint(tmp_path / "b.png", 2), blacken(tmp_path / "dark.png")]


def test_study_detection_counts_over_all_pictures(pictures):
    done = []
    boxes = {
        pictures[0]: [[16, 16, 48, 48]],  # where the face is
        pictures[1]: [[0, 0, 10, 20]],  # elsewhere: a miss and a false box
        pictures[2]: np.zeros((0, 4)),
    }
    study = study_detection(boxes, MiddleDetector(), progress=done.append)
    assert (study.rates.recall.count, study.rates.recall.trials) == (1, 2)
    assert study.rates.false_per_image == pytest.approx(1 / 3)
    assert list(study.matches) == pictures
    assert sum(done) == 3


def test_study_detection_unreadable_picture_ends_it(tmp_path):
    (tmp_path / "x.png").write_bytes(b"")
    with pytest.raises(ImageError):
        study_detection({tmp_path / "x.png": []}, MiddleDetector())


def test_detector_for_tells_the_smallest_face_to_those_who_take_it():
    name, detector = detector_for("blazeface_tiled", 12)
    assert (name, detector.smallest_face_px) == ("blazeface_tiled", 12)
    register("detector", "middle", MiddleDetector)
    try:
        assert isinstance(detector_for("middle", 12)[1], MiddleDetector)
    finally:
        unregister("detector", "middle")


def test_detector_for_faults_are_refused():
    with pytest.raises(UnknownAlgorithmError):
        detector_for("none_such", 16)
    with pytest.raises(SettingError):
        detector_for("blazeface_tiled", -1)


@pytest.mark.real_footage
def test_study_detection_tiles_find_three_times_what_mediapipe_finds(testdata):
    boxes = read_boxes(testdata / "wider_dev" / "boxes.csv", testdata / "wider_dev")
    tiled, whole = (
        study_detection(boxes, detector_for(name, 16)[1]).rates for name in ("blazeface_tiled", "mediapipe_face")
    )
    assert tiled.recall.value >= max(0.6, 3 * whole.recall.value)
    assert tiled.false_per_image <= 3
