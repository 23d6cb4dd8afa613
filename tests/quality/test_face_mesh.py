"""Referees: eyes and mouth of the portrait read off by eye; turning a picture turns its mesh."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lfr_kit.quality.face_mesh import FaceMesh, face_to_square, to_picture

RIGHT_EYE, LEFT_EYE, NOSE_TIP = [33, 133], [362, 263], 1
"""Points of the mesh: outer and inner corners of the eyes, tip of the nose (MediaPipe's numbering)."""


@pytest.fixture(scope="module")
def mesh():
    return FaceMesh()


@pytest.mark.usefixtures("weights")
def test_fit_portrait_lays_the_mesh_on_its_eyes(mesh, shot_of):
    shot = shot_of()
    points, presence = mesh.fit([shot])
    in_portrait = points[0] + shot.origin_px
    assert points.shape == (1, 468, 2)
    assert presence[0] > 0.95
    np.testing.assert_allclose(in_portrait[RIGHT_EYE].mean(axis=0), (222, 190), atol=6)
    np.testing.assert_allclose(in_portrait[LEFT_EYE].mean(axis=0), (305, 188), atol=6)


@pytest.mark.usefixtures("weights")
def test_fit_turned_picture_turns_the_mesh(mesh, shot_of, portrait):
    upright = shot_of()
    expected = mesh.fit([upright])[0][0] + upright.origin_px
    matrix = cv2.getRotationMatrix2D((256, 230), 30, 0.7)
    turned = shot_of(cv2.warpAffine(portrait, matrix, portrait.shape[1::-1], flags=cv2.INTER_AREA), matrix)
    found = mesh.fit([turned])[0][0] + turned.origin_px
    np.testing.assert_allclose(found, expected @ matrix[:, :2].T + matrix[:, 2], atol=6)


@pytest.mark.usefixtures("weights")
def test_fit_batch_equals_one_by_one(mesh, shot_of, portrait):
    shots = [shot_of(), shot_of(cv2.GaussianBlur(portrait, (0, 0), 2)), shot_of(portrait // 2)]
    together = mesh.fit(shots)
    for row, shot in enumerate(shots):
        alone = mesh.fit([shot])
        np.testing.assert_allclose(together[0][row], alone[0][0], atol=0.5)
        np.testing.assert_allclose(together[1][row], alone[1][0], atol=1e-3)


@pytest.mark.usefixtures("weights")
def test_fit_what_is_no_face_has_no_presence(mesh, shot_of, portrait):
    noise = np.random.default_rng(0).integers(0, 255, portrait.shape, dtype=np.uint8)
    flat, upside_down = np.full_like(portrait, 128), np.ascontiguousarray(portrait[::-1])
    presence = mesh.fit([shot_of(noise), shot_of(flat), shot_of(upside_down)])[1]
    assert (presence < 0.2).all()


def test_fit_nothing_needs_no_weights():
    points, presence = FaceMesh().fit([])
    assert points.shape == (0, 468, 2)
    assert presence.shape == (0,)


def test_face_to_square_centres_the_box_and_levels_the_eyes():
    box = np.array([100, 50, 200, 150], np.float32)
    eyes = np.array([[120, 80], [160, 120]], np.float32)  # tilted by 45 degrees
    matrix = face_to_square(box, eyes, side_px=192)
    np.testing.assert_allclose(matrix @ (150, 100, 1), (96, 96), atol=1e-6)
    a, b = (matrix[:, :2] @ eyes.T).T + matrix[:, 2]
    assert a[1] == pytest.approx(b[1])
    assert a[0] < b[0]
    assert np.sqrt(np.linalg.det(matrix[:, :2])) == pytest.approx(192 / 150)


def test_to_picture_undoes_face_to_square():
    matrix = face_to_square(np.array([10, 20, 60, 90], np.float32), np.array([[20, 40], [50, 45]], np.float32))
    points = np.random.default_rng(0).uniform(0, 100, (20, 2))
    there = points @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(to_picture(there, matrix), points, atol=1e-4)
