"""Referee: a head of our own making turned by scipy and projected; the portrait mirrored and turned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from lfr_kit.quality.head_pose import head_pose

# x to the right of the picture, y down, z away, in centimetres: anthropometric means (eyes 6.3 apart, nose tip
# 4 in front of them, ears 15 apart and 6 behind), not the model's own numbers.
HEAD = np.array([(-3.15, 0, 0), (3.15, 0, 0), (0, 3.9, -4.0), (0, 6.8, -2.4), (-7.5, 2.0, 6.0), (7.5, 2.0, 6.0)])


def seen(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Landmarks of the head turned to its left, bowed and tilted clockwise by those angles."""
    turned = Rotation.from_euler("y", -yaw, degrees=True)
    bowed = Rotation.from_euler("x", pitch, degrees=True)
    tilted = Rotation.from_euler("z", roll, degrees=True)
    return (tilted * bowed * turned).apply(HEAD)[:, :2] * 8 + (200, 150)


def test_seen_turns_the_way_it_says():
    assert seen(30, 0, 0)[2, 0] > seen(0, 0, 0)[2, 0]  # the nose goes to the right of the picture
    assert seen(0, 20, 0)[2, 1] > seen(0, 0, 0)[2, 1]  # and down
    assert seen(0, 0, 20)[1, 1] > seen(0, 0, 0)[1, 1]  # the person's left eye sinks


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (40, 0, 0), (-55, 0, 0), (0, 25, 0), (0, -25, 0), (0, 0, 40), (30, 10, -15)]
)
def test_head_pose_finds_the_angles(angles):
    found = head_pose(seen(*angles))
    assert found is not None
    np.testing.assert_allclose((found.yaw_deg, found.pitch_deg, found.roll_deg), angles, atol=10)


def test_head_pose_of_a_frontal_portrait_is_small(frame_and_face):
    found = head_pose(frame_and_face[1].landmarks_px[0])
    assert max(abs(found.yaw_deg), abs(found.pitch_deg), abs(found.roll_deg)) < 15


@given(st.floats(0.01, 100), st.floats(-1e4, 1e4))
def test_head_pose_does_not_depend_on_size_or_place(scale, shift):
    a, b = head_pose(seen(20, 5, 3)), head_pose(seen(20, 5, 3) * scale + shift)
    np.testing.assert_allclose(
        (a.yaw_deg, a.pitch_deg, a.roll_deg), (b.yaw_deg, b.pitch_deg, b.roll_deg), atol=1e-3
    )


@pytest.mark.parametrize("points", [np.zeros((0, 2)), np.zeros((3, 2)), np.full((6, 2), 7.0)])
def test_head_pose_without_enough_points_is_not_assessed(points):
    assert head_pose(points) is None


def test_head_pose_four_points_suffice():
    found = head_pose(seen(30, 0, 0)[:4])
    assert found is not None
    assert found.yaw_deg == pytest.approx(30, abs=12)
