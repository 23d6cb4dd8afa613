"""Referees: MediaPipe's anchor calculator transcribed as loops, scipy's logistic function, pixel counting."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from lfr_kit.detection.blazeface import (
    VARIANTS,
    Candidates,
    anchor_centres,
    box_iou,
    decode,
    face_scores,
    raw_score,
    suppress,
    variant,
)
from lfr_kit.errors import SettingError


def ssd_anchors(side: int, strides: list[int]) -> list[tuple[float, float]]:
    """MediaPipe's SsdAnchorsCalculator for one aspect ratio, an interpolated scale and fixed anchor size."""
    anchors, layer = [], 0
    while layer < len(strides):
        last = layer
        while last < len(strides) and strides[last] == strides[layer]:
            last += 1
        per_cell = 2 * (last - layer) if len(strides) > 1 else 1
        cells = math.ceil(side / strides[layer])
        for y in range(cells):
            for x in range(cells):
                anchors += [((x + 0.5) / cells, (y + 0.5) / cells)] * per_cell
        layer = last
    return anchors


@pytest.mark.parametrize(("name", "strides", "count"), [("short", [8, 16, 16, 16], 896), ("full", [4], 2304)])
def test_anchor_centres_are_those_of_mediapipes_calculator(name, strides, count):
    centres = anchor_centres(VARIANTS[name].grids)
    assert centres.shape == (count, 2)
    np.testing.assert_allclose(centres, ssd_anchors(VARIANTS[name].side_px, strides), atol=1e-7)


def test_anchor_centres_cannot_be_changed_by_a_caller():
    with pytest.raises(ValueError, match="read-only"):
        anchor_centres(VARIANTS["full"].grids)[0, 0] = 9


def test_variant_unknown_name_lists_the_right_ones():
    with pytest.raises(SettingError, match="full, short"):
        variant("middle")


def test_face_scores_equal_the_logistic_function_and_survive_extremes():
    raw = np.array([-1e30, -100, -3.5, 0, 0.25, 3.5, 100, 1e30], np.float32)
    np.testing.assert_allclose(face_scores(raw), special.expit(np.clip(raw, -100, 100)), atol=1e-7)


@given(st.floats(0.01, 0.99))
def test_raw_score_is_the_logit(score):
    assert raw_score(score) == pytest.approx(special.logit(score), abs=1e-9)


def test_decode_hand_worked_row():
    # Anchor in the middle; box 96 px right of it, 48 x 24 px; landmark i at (i * 19.2, -19.2) px from it.
    row = [96.0, 0.0, 48.0, 24.0] + [v for i in range(6) for v in (i * 19.2, -19.2)]
    boxes, landmarks = decode(np.array([row], np.float32), np.array([[0.5, 0.5]], np.float32), 192)
    np.testing.assert_allclose(boxes, [[1 - 0.125, 0.5 - 0.0625, 1 + 0.125, 0.5 + 0.0625]], atol=1e-6)
    np.testing.assert_allclose(landmarks[0], [[0.5 + i * 0.1, 0.4] for i in range(6)], atol=1e-6)


def test_decode_negative_size_gives_an_ordered_box():
    row = np.zeros((1, 16), np.float32)
    row[0, 2:4] = -19.2
    boxes, _ = decode(row, np.array([[0.5, 0.5]], np.float32), 192)
    np.testing.assert_allclose(boxes, [[0.45, 0.45, 0.55, 0.55]], atol=1e-6)


box = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 8), st.integers(0, 8))


@given(st.lists(box, min_size=1, max_size=4), st.lists(box, min_size=1, max_size=4))
def test_box_iou_equals_counting_pixels(a, b):
    def painted(boxes):
        masks = np.zeros((len(boxes), 24, 24), bool)
        for mask, (x, y, w, h) in zip(masks, boxes, strict=True):
            mask[y : y + h, x : x + w] = True
        return masks

    def corners(boxes):
        return np.array([(x, y, x + w, y + h) for x, y, w, h in boxes], np.float32)

    p, q = painted(a)[:, None], painted(b)[None]
    shared, union = (p & q).sum((2, 3)), (p | q).sum((2, 3))
    np.testing.assert_allclose(box_iou(corners(a), corners(b)), shared / np.maximum(union, 1), atol=1e-6)


def candidates(boxes, scores):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    return Candidates(boxes, np.repeat(boxes[:, None, :2], 6, axis=1), np.array(scores, np.float32))


def test_suppress_means_are_weighted_by_score_and_the_best_score_stays():
    found = candidates([[0, 0, 10, 10], [100, 0, 110, 10], [2, 0, 12, 10]], [0.9, 0.95, 0.3])
    kept = suppress(found)
    # 8/12 of rows 0 and 2 overlap: x1 = (0.9 * 0 + 0.3 * 2) / 1.2 = 0.5
    np.testing.assert_allclose(kept.boxes, [[100, 0, 110, 10], [0.5, 0, 10.5, 10]], atol=1e-5)
    np.testing.assert_allclose(kept.landmarks[1], [[0.5, 0]] * 6, atol=1e-5)
    np.testing.assert_allclose(kept.scores, [0.95, 0.9])


def test_suppress_boxes_at_the_threshold_stay_apart():
    # Overlap 6 of 20: IoU is 0.3 exactly, and only more than 0.3 is one face.
    found = candidates([[0, 0, 13, 1], [7, 0, 20, 1]], [0.9, 0.8])
    assert len(suppress(found)) == 2


def test_suppress_nothing_gives_nothing():
    assert len(suppress(candidates([], []))) == 0


def test_suppress_box_without_area_is_kept_once():
    assert len(suppress(candidates([[5, 5, 5, 5], [50, 50, 60, 60]], [0.9, 0.8]))) == 2
