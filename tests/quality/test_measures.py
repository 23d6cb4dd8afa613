"""Referees: scipy's Laplacian and logistic function, worked-out tables, and pictures made worse on purpose."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, special, stats

from lfr_kit.quality.head_pose import HeadPose
from lfr_kit.quality.measures import (
    WEIGHTS,
    cut_off,
    exposure,
    face_luminance,
    inter_eye_px,
    laplacian_variance,
    measure,
    pose,
    quality,
    sigmoid100,
)

COMPONENTS = ("inter_eye", "sharpness", "pose", "exposure", "detection")


@pytest.fixture(scope="module")
def measured(frame_and_face):
    frame, face = frame_and_face

    def of(image=None, score=0.9):
        return measure(frame.image if image is None else image, face.boxes_px[0], face.landmarks_px[0], score)

    return of


def test_measure_good_portrait_is_good_in_every_measure(measured):
    good = measured()
    assert all(getattr(good, name) > 70 for name in COMPONENTS)
    assert quality(good) > 80
    assert good.inter_eye_px == pytest.approx(83.02, abs=0.01)
    assert good.cut_off == 0


@pytest.mark.parametrize(
    ("name", "worsen"),
    [
        ("sharpness", lambda image: cv2.GaussianBlur(image, (0, 0), 8)),
        ("exposure", lambda image: (image * 0.12).astype(np.uint8)),
        ("exposure", lambda image: np.clip(image.astype(int) * 5, 0, 255).astype(np.uint8)),
        ("exposure", lambda image: (image * 0.1 + 110).astype(np.uint8)),
    ],
)
def test_measure_worse_picture_lowers_its_measure_and_the_quality(measured, portrait, name, worsen):
    good, bad = measured(), measured(worsen(portrait))
    assert getattr(bad, name) < getattr(good, name) - 25
    assert quality(bad) < quality(good)


def test_measure_same_face_smaller_is_worse(portrait, frame_and_face):
    _, face = frame_and_face
    values = []
    for scale in (1.0, 0.4, 0.2, 0.1):
        image = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        values.append(quality(measure(image, face.boxes_px[0] * scale, face.landmarks_px[0] * scale, 0.9)))
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0] / 2


@given(st.floats(-500, 500), st.floats(-100, 100), st.floats(0.1, 100))
def test_sigmoid100_is_the_logistic_function(value, middle, width):
    expected = 100 * special.expit((value - middle) / width)
    assert sigmoid100(value, middle=middle, width=width) == pytest.approx(expected, abs=1e-9)


def test_inter_eye_px_is_the_distance_and_falls_back_on_the_box():
    box = np.array([0, 0, 100, 100], np.float32)
    assert inter_eye_px(np.array([[10, 20], [40, 60]], np.float32), box) == pytest.approx(50)
    assert 30 < inter_eye_px(np.zeros((0, 2), np.float32), box) < 60


def test_laplacian_variance_equals_scipys():
    picture = np.random.default_rng(1).integers(0, 256, (64, 64), dtype=np.uint8)
    expected = ndimage.laplace(picture.astype(np.float64), mode="mirror").var()
    assert laplacian_variance(picture) == pytest.approx(expected, rel=1e-5)


def test_face_luminance_weighs_colours_as_bt601():
    image = np.zeros((20, 20, 3), np.uint8)
    image[:] = (200, 100, 50)
    grey = face_luminance(image, np.array([2, 2, 18, 18], np.float32))
    assert grey.shape == (64, 64)
    assert np.unique(grey).tolist() == [round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)]


def test_pose_hand_worked_angles():
    assert pose(HeadPose(0, 0, 0)) == pytest.approx(100)
    assert pose(HeadPose(60, 0, 0)) == pytest.approx(25)
    assert pose(HeadPose(0, -45, 0)) == pytest.approx(50)
    assert pose(HeadPose(0, 0, 90)) == pytest.approx(50)
    assert pose(HeadPose(120, 0, 0)) == 0
    assert pose(None) == 100


def test_exposure_hand_worked_shares():
    checks = np.indices((64, 64)).sum(axis=0) % 2
    assert exposure((60 + checks * 120).astype(np.uint8)) == pytest.approx(100)
    half_black = np.where(np.arange(64)[:, None] < 32, 0, 60 + checks * 120).astype(np.uint8)
    assert exposure(half_black) == pytest.approx(50)
    assert exposure((100 + checks * 24).astype(np.uint8)) == pytest.approx(50)  # std 12 of 24
    assert exposure(np.full((64, 64), 255, np.uint8)) == 0


def test_exposure_is_fair_to_every_shade_of_skin(portrait):
    """A face half or one and a half times as bright, in good light, loses nothing worth speaking of."""
    values = [
        exposure(cv2.cvtColor((portrait[126:328, 166:368] * k).astype(np.uint8), cv2.COLOR_RGB2GRAY))
        for k in (0.55, 0.75, 1.0, 1.2)
    ]
    assert max(values) - min(values) < 16


def test_cut_off_hand_worked_boxes():
    assert cut_off(np.array([0, 0, 10, 10], np.float32), 10, 10) == pytest.approx(0)
    assert cut_off(np.array([-5, 0, 5, 10], np.float32), 10, 10) == pytest.approx(0.5, abs=1e-5)
    assert cut_off(np.array([5, 5, 15, 15], np.float32), 10, 10) == pytest.approx(0.75, abs=1e-5)
    assert cut_off(np.array([20, 20, 30, 30], np.float32), 10, 10) == pytest.approx(1)


@given(st.lists(st.floats(0.01, 100), min_size=5, max_size=5))
def test_quality_is_the_weighted_geometric_mean(values):
    given_ = replace(BASE, **dict(zip(COMPONENTS, values, strict=True)))
    expected = stats.gmean(values, weights=[WEIGHTS[name] for name in COMPONENTS])
    assert quality(given_) == pytest.approx(expected, rel=1e-6)


def test_quality_one_measure_of_zero_is_zero():
    assert quality(replace(BASE, pose=0.0)) == 0
    assert sum(WEIGHTS.values()) == pytest.approx(1)


BASE = measure(
    np.full((40, 40, 3), 128, np.uint8), np.array([5, 5, 35, 35], np.float32), np.zeros((0, 2), np.float32), 1.0
)
