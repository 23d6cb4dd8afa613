from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_kit.embedding.align import (
    DLIB_CHIP,
    FACENET_CHIP,
    MESH_CORNERS,
    alignments,
    compose,
    key_points,
    similarity_transform,
)


def least_squares_similarity(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The referee: a, b, x, y of [[a, -b, x], [b, a, y]] by `numpy.linalg.lstsq`."""
    zero, one = np.zeros(len(p)), np.ones(len(p))
    rows = np.concatenate(
        [np.column_stack([p[:, 0], -p[:, 1], one, zero]), np.column_stack([p[:, 1], p[:, 0], zero, one])]
    )
    a, b, x, y = np.linalg.lstsq(rows, np.concatenate([q[:, 0], q[:, 1]]), rcond=None)[0]
    return np.array([(a, -b, x), (b, a, y)])


def applied(transform: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ transform[:, :2].T + transform[:, 2]


@given(st.integers(0, 10_000), st.integers(2, 8))
def test_similarity_transform_random_points_is_the_least_squares_solution(seed, n):
    rng = np.random.default_rng(seed)
    p, q = rng.normal(size=(2, n, 2)) * 50
    np.testing.assert_allclose(similarity_transform(p, q), least_squares_similarity(p, q), atol=1e-6)


def test_similarity_transform_mirrored_points_are_never_reflected():
    p = np.array([(0, 0), (4, 0), (0, 2), (1, 1)], float)
    found = similarity_transform(p, p * (-1, 1))
    assert np.linalg.det(found[:, :2]) >= 0


@pytest.mark.parametrize(
    ("source", "target"),
    [(np.ones((4, 2)), np.eye(4, 2)), (np.eye(3, 2), np.eye(4, 2)), ([(np.nan, 0), (1, 1)], np.eye(2))],
    ids=["one point", "lengths", "nan"],
)
def test_similarity_transform_unusable_points_raise(source, target):
    with pytest.raises(ValueError, match="points"):
        similarity_transform(source, target)


def test_compose_does_the_inner_transform_first():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 2, 3))
    points = rng.normal(size=(5, 2))
    np.testing.assert_allclose(applied(compose(a, b), points), applied(a, applied(b, points)))


@pytest.mark.parametrize("turn_deg", [0, 25, -40])
def test_alignments_by_mesh_agree_with_dlibs_own_chip(make_shot, portrait, turn_deg):
    import cv2
    import dlib

    angle = np.deg2rad(turn_deg)
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    corners = (np.array([(330, 179), (297, 180), (215, 172), (247, 174), (268, 226)]) - (270, 200)) @ turn.T + (
        270,
        200,
    )
    corners = np.rint(corners)
    mesh = np.zeros((468, 2), np.float32)
    mesh[[263, 362, 33, 133, 2]] = corners  # eye corners and base of the nose in MediaPipe's own map
    points = [dlib.point(int(x), int(y)) for x, y in corners]
    face = dlib.full_object_detection(dlib.rectangle(178, 108, 372, 302), points)
    expected = dlib.get_face_chip(portrait, face, size=150, padding=0.25)
    transform = alignments(make_shot(mesh_px=mesh), DLIB_CHIP)["mesh"]
    chip = cv2.warpAffine(portrait, transform, (150, 150), flags=cv2.INTER_LINEAR)
    # dlib samples from an image pyramid and rounds differently: by about half a pixel; one pixel off gives 0.92.
    assert np.corrcoef(chip.ravel(), expected.ravel())[0, 1] > 0.95


@pytest.mark.parametrize("chip", [DLIB_CHIP, FACENET_CHIP], ids=["dlib", "facenet"])
def test_alignments_face_seen_as_in_the_chip_needs_no_change(make_shot, chip):
    mesh = np.zeros((468, 2), np.float32)
    mesh[list(MESH_CORNERS)] = chip.mesh_corners_px
    shot = make_shot(landmarks_px=chip.key_points_px, mesh_px=mesh)
    for transform in alignments(shot, chip).values():
        landed = applied(transform, chip.key_points_px)
        assert np.abs(landed[:, 1] - chip.key_points_px[:, 1]).max() < 12


@pytest.mark.parametrize("chip", [DLIB_CHIP, FACENET_CHIP], ids=["dlib", "facenet"])
def test_alignments_turned_and_scaled_face_lands_on_the_same_place(make_shot, chip):
    angle, scale = 0.4, 2.5
    turn = scale * np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    true_to_shape = chip.key_points_px / (chip.stretch, 1)
    shot = make_shot(landmarks_px=true_to_shape @ turn.T + (70, 30))
    landed = applied(alignments(shot, chip)["key_points"], shot.landmarks_px)
    np.testing.assert_allclose(landed, chip.key_points_px, atol=1e-3)


def test_facenet_chip_imitates_the_stretch_of_mtcnn_boxes(make_shot):
    transform = alignments(make_shot(), FACENET_CHIP)["key_points"]
    singular = np.linalg.svd(transform[:, :2])[1]
    assert singular[0] / singular[1] == pytest.approx(4 / 3, rel=1e-6)


def test_key_points_detector_with_a_box_only_takes_them_from_the_box(make_shot):
    shot = make_shot(landmarks_px=np.zeros((0, 2)), box_px=(100, 200, 200, 300))
    np.testing.assert_allclose(key_points(shot)[:2], [(131, 233), (170, 233)], atol=1e-3)


def test_key_points_that_coincide_are_taken_from_the_box(make_shot):
    shot = make_shot(landmarks_px=np.full((6, 2), 50))
    assert np.ptp(key_points(shot), axis=0).min() > 10


def test_alignments_empty_box_without_key_points_still_gives_a_transform(make_shot):
    shot = make_shot(landmarks_px=np.zeros((0, 2)), box_px=(5, 5, 5, 5))
    assert np.isfinite(alignments(shot, DLIB_CHIP)["key_points"]).all()


def test_alignments_collapsed_mesh_is_passed_over(make_shot):
    assert set(alignments(make_shot(mesh_px=np.zeros((468, 2))), DLIB_CHIP)) == {"key_points"}
