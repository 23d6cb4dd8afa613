"""What a blur leaves: scipy measures detail, dlib's own detector looks for faces."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import texture
from scipy.ndimage import laplace

from lfr_kit.reports.blur import CELLS, LEVELS, alone, blurred, coarse


def detail(image: np.ndarray) -> float:
    return float(laplace(image.astype(float).mean(axis=2)).var())


def test_blurred_region_loses_its_detail_and_the_rest_keeps_every_pixel():
    image = texture(120, 160)
    covered = blurred(image, [np.array([40, 30, 100, 90])])
    assert detail(covered[32:88, 42:98]) < 1e-3 * detail(image[32:88, 42:98])
    outside = np.ones((120, 160), bool)
    outside[17:103, 27:113] = False  # the ellipse through the corners of the box: 42.4 px round its centre
    np.testing.assert_array_equal(covered[outside], image[outside])
    np.testing.assert_array_equal(image, texture(120, 160))


def test_blurred_regions_of_equal_cell_means_cannot_be_told_apart():
    """Pixels shuffled inside each cell give the very same result: their order is in it no more."""
    image, shuffled = texture(64, 64), texture(64, 64)
    rng = np.random.default_rng(5)
    for y in range(0, 64, 64 // CELLS):
        for x in range(0, 64, 64 // CELLS):
            cell = shuffled[y : y + 16, x : x + 16]
            cell[:] = rng.permutation(cell.reshape(-1, 3)).reshape(16, 16, 3)
    box, face = [np.array([8, 8, 56, 56])], np.s_[8:56, 8:56]
    assert not np.array_equal(image[face], shuffled[face])
    np.testing.assert_array_equal(blurred(image, box)[face], blurred(shuffled, box)[face])


def test_coarse_leaves_a_few_quantised_means():
    cells = coarse(texture(97, 41))
    assert cells.shape == (CELLS, CELLS, 3)
    steps = np.arange(256 // (256 // LEVELS))
    assert np.unique(coarse(np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3))).size <= len(steps)


def test_blurred_face_is_found_no_more_by_dlib(portrait):
    dlib = pytest.importorskip("dlib")
    find = dlib.get_frontal_face_detector()
    (face,) = find(portrait, 1)
    box = np.array([face.left(), face.top(), face.right(), face.bottom()], float)
    assert len(find(blurred(portrait, [box]), 1)) == 0


@pytest.mark.parametrize("box", [[-50, -50, -10, -10], [500, 0, 600, 10], [20, 20, 20, 40], [30, 30, 20, 20]])
def test_blurred_box_outside_or_without_area_changes_nothing(box):
    image = texture(60, 80)
    np.testing.assert_array_equal(blurred(image, [np.array(box)]), image)


def test_blurred_box_across_the_border_is_covered_up_to_it():
    image = texture(60, 80)
    covered = blurred(image, [np.array([60.0, -20, 200, 30])])
    assert detail(covered[2:28, 62:]) < 1e-2 * detail(image[2:28, 62:])


def test_blurred_boxes_of_one_pixel_are_covered_without_error():
    image = texture(5, 5)
    assert not np.array_equal(blurred(image, [np.array([2, 2, 3, 3])])[2, 2], image[2, 2])


def test_alone_leaves_the_head_and_nothing_finer_than_means_round_it():
    image, box = texture(200, 200), np.array([75, 75, 125, 125])
    left = alone(image, box)
    np.testing.assert_array_equal(left[80:120, 80:120], image[80:120, 80:120])
    for corner in (np.s_[:60, :60], np.s_[140:, :60], np.s_[:60, 140:], np.s_[140:, 140:]):
        assert detail(left[corner]) < 1e-2 * detail(image[corner])
    np.testing.assert_array_equal(image, texture(200, 200))


def test_alone_neighbour_is_found_no_more_by_dlib(portrait):
    """Two people side by side, both found before; after, only the one whose box was given."""
    dlib = pytest.importorskip("dlib")
    find = dlib.get_frontal_face_detector()
    both = np.concatenate([portrait, portrait], axis=1)
    faces = sorted(find(both, 1), key=lambda face: face.left())
    assert len(faces) == 2
    box = np.array([faces[0].left(), faces[0].top(), faces[0].right(), faces[0].bottom()])
    (left,) = find(alone(both, box), 1)
    assert abs(left.left() - faces[0].left()) < 0.2 * faces[0].width()


@pytest.mark.parametrize("box", [(10, 10, 10, 40), (50, 50, 40, 40), (500, 500, 600, 600)])
def test_alone_without_a_face_leaves_nobody(box):
    image = texture(100, 100)
    assert detail(alone(image, np.array(box))) < 1e-2 * detail(image)
