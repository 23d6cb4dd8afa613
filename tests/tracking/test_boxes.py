"""Arithmetic on boxes, against counting pixels and against scipy-free textbook cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lfr_kit.tracking.boxes import buffered, from_boxes, iou_matrix, size_ratio_matrix, to_boxes


def pixels(box, canvas=24):
    mask = np.zeros((canvas, canvas), bool)
    x1, y1, x2, y2 = box
    mask[y1:y2, x1:x2] = True
    return mask


def whole_boxes(n):
    corners = hnp.arrays(np.int64, (n, 4), elements=st.integers(0, 23))
    return corners.map(lambda c: np.hstack([np.minimum(c[:, :2], c[:, 2:]), np.maximum(c[:, :2], c[:, 2:])]))


@given(first=whole_boxes(3), second=whole_boxes(4))
def test_iou_equals_counting_pixels(first, second):
    found = iou_matrix(first, second)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            union = (pixels(a) | pixels(b)).sum()
            expected = (pixels(a) & pixels(b)).sum() / union if union else 0
            assert found[i, j] == pytest.approx(expected)


@given(boxes=whole_boxes(5))
def test_from_boxes_then_to_boxes_gives_the_boxes(boxes):
    np.testing.assert_allclose(to_boxes(from_boxes(boxes)), boxes, atol=2e-3)


def test_size_ratio_is_of_sides_and_never_below_one():
    small, large = np.array([[0, 0, 2, 2.0]]), np.array([[5, 5, 11, 11.0]])
    assert size_ratio_matrix(small, large).item() == size_ratio_matrix(large, small).item() == pytest.approx(3)


def test_buffered_adds_its_share_on_every_side():
    boxes = np.array([[10, 10, 20, 30.0], [0, 0, 4, 4.0]])
    assert buffered(boxes, np.array([0.1, 0.5])).tolist() == [[9, 8, 21, 32], [-2, -2, 6, 6]]
