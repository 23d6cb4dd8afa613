"""Referees: hand-worked tables and pixel counting."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.detection import detection_rates, iou, match_boxes


def painted(box):
    canvas = np.zeros((40, 40), bool)
    x1, y1, x2, y2 = box
    canvas[y1:y2, x1:x2] = True
    return canvas


def test_iou_equals_counted_pixels():
    rng = np.random.default_rng(3)
    corners = rng.integers(0, 20, (12, 2))
    boxes = np.c_[corners, corners + rng.integers(1, 20, (12, 2))]
    a, b = boxes[:6], boxes[6:]
    want = [[(painted(p) & painted(q)).sum() / (painted(p) | painted(q)).sum() for q in b] for p in a]
    assert iou(a, b) == pytest.approx(np.array(want))


def test_iou_box_without_area_is_zero():
    assert iou([[1, 1, 1, 1]], [[1, 1, 1, 1]]).tolist() == [[0.0]]


def test_match_boxes_surest_box_takes_the_face_and_the_double_is_false():
    true = [[0, 0, 10, 10]]
    found = [[0, 0, 10, 9], [0, 0, 10, 10]]
    matches = match_boxes(found, [0.9, 0.8], true)
    assert matches.true_of_found.tolist() == [0, -1]
    assert matches.found_of_true.tolist() == [0]


def test_match_boxes_second_choice_is_taken_when_the_first_is_gone():
    true = [[0, 0, 10, 10], [0, 4, 10, 14]]
    found = [[0, 0, 10, 10], [0, 1, 10, 11]]  # the second overlaps the first face most, may only have the second
    matches = match_boxes(found, [0.9, 0.8], true)
    assert matches.true_of_found.tolist() == [0, 1]


def test_match_boxes_overlap_exactly_at_the_limit_counts():
    assert match_boxes([[0, 0, 10, 4]], [1.0], [[0, 0, 10, 10]], smallest_iou=0.4).true_of_found.tolist() == [0]
    assert match_boxes([[0, 0, 10, 3]], [1.0], [[0, 0, 10, 10]], smallest_iou=0.4).true_of_found.tolist() == [-1]


def test_match_boxes_nothing_found_or_nothing_drawn():
    assert match_boxes(np.zeros((0, 4)), [], [[0, 0, 1, 1]]).found_of_true.tolist() == [-1]
    assert match_boxes([[0, 0, 1, 1]], [0.5], np.zeros((0, 4))).true_of_found.tolist() == [-1]


def test_match_boxes_wrong_input_is_refused():
    with pytest.raises(SettingError, match="smallest_iou"):
        match_boxes([[0, 0, 1, 1]], [0.5], [[0, 0, 1, 1]], smallest_iou=0)
    with pytest.raises(RecordError, match="detection_scores"):
        match_boxes([[0, 0, 1, 1]], [0.5, 0.6], [[0, 0, 1, 1]])
    with pytest.raises(RecordError, match="true_px"):
        match_boxes([[0, 0, 1, 1]], [0.5], [[0, 0, 1]])


def test_detection_rates_hand_worked():
    # Picture 1: faces 10, 20 and 40 px high; 20 and 10 found, one box on nothing. Picture 2: 40 px, found.
    first = match_boxes(
        [[0, 0, 20, 20], [30, 0, 40, 10], [80, 80, 90, 90]],
        [0.9, 0.8, 0.7],
        [[0, 0, 20, 20], [30, 0, 40, 10], [0, 40, 40, 80]],
    )
    second = match_boxes([[0, 0, 40, 40]], [0.9], [[0, 0, 40, 40]])
    rates = detection_rates([first, second], smallest_face_px=16, bands_px=(0, 16, 32, 64, 128))
    assert (rates.recall.count, rates.recall.trials) == (2, 3)
    assert rates.false_per_image == 0.5  # the box on the 10 px face is no false box
    assert [(b.from_px, b.up_to_px, str(b.recall), str(b.false_boxes)) for b in rates.by_height_px] == [
        (0, 16, "1 of 1 faces", "1 of 2 boxes found"),  # the box on nothing is 10 px high
        (16, 32, "1 of 1 faces", "0 of 1 boxes found"),
        (32, 64, "1 of 2 faces", "0 of 1 boxes found"),
    ]
    assert rates.false_boxes == sum(band.false_boxes.count for band in rates.by_height_px)


def test_detection_rates_band_with_nothing_but_false_boxes_is_kept():
    (band,) = detection_rates([match_boxes([[0, 0, 20, 20]], [0.9], [])], bands_px=(16, 32)).by_height_px
    assert (band.recall.value, band.false_boxes.value) == (None, 1.0)


@pytest.mark.parametrize("bands", [(0, 0), (16, 8, 32)])
def test_detection_rates_bands_that_do_not_rise_are_refused(bands):
    with pytest.raises(SettingError, match="rise"):
        detection_rates([], bands_px=bands)


def test_detection_rates_without_pictures_know_nothing():
    rates = detection_rates([])
    assert rates.false_per_image is None
    assert rates.recall.value is None
