"""Referee: pictures made too small, blurred, dark ... on purpose; real footage with and without faces."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from lfr_kit.errors import SettingError
from lfr_kit.quality.crop import crop_shot
from lfr_kit.quality.face_mesh_gate import PROFILES, FaceMeshGate, reasons_against
from lfr_kit.quality.head_pose import HeadPose
from lfr_kit.quality.measures import measure
from lfr_kit.quality.reasons import REASONS
from lfr_kit.registry import create


@pytest.fixture(scope="module")
def gate():
    return FaceMeshGate()


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("profile", ["probe", "reference"])
def test_examine_good_portrait_is_admitted(shot_of, profile):
    (judged,) = create("gate", "face_mesh", profile=profile).examine([shot_of()])
    assert judged.is_usable
    assert judged.quality > 80
    assert judged.mesh_px.shape == (468, 2)


def scaled(image, scale):
    matrix = np.array([[scale, 0, 0], [0, scale, 0]], float)
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), matrix


@pytest.mark.usefixtures("weights")
def test_examine_worsened_portrait_says_why(gate, shot_of, portrait):
    cases = {
        "face_too_small": shot_of(*scaled(portrait, 0.09)),
        "too_blurred": shot_of(cv2.GaussianBlur(portrait, (0, 0), 14)),
        "too_dark": shot_of((portrait * 0.08).astype(np.uint8)),
        "too_bright": shot_of(np.clip(portrait.astype(int) * 3 + 150, 0, 255).astype(np.uint8)),
        "no_face_mesh": shot_of(np.random.default_rng(0).integers(0, 255, portrait.shape, dtype=np.uint8)),
        "cut_off": shot_of(portrait[:, 250:], np.array([[1, 0, -250], [0, 1, 0]], float)),
    }
    judged = gate.examine(list(cases.values()))
    for code, shot in zip(cases, judged, strict=True):
        assert code in shot.reasons, (code, shot.reasons)
        assert not shot.is_usable
    assert set().union(*(shot.reasons for shot in judged)) <= set(REASONS)


@pytest.mark.usefixtures("weights")
def test_examine_face_of_a_few_pixels_may_be_a_probe_but_no_reference(shot_of, portrait):
    small = shot_of(*scaled(portrait, 0.14))  # the eyes are 11 px apart, the box is 28 px wide
    assert create("gate", "face_mesh").examine([small])[0].is_usable
    assert "face_too_small" in create("gate", "face_mesh", profile="reference").examine([small])[0].reasons


@pytest.mark.usefixtures("weights")
def test_examine_keeps_shots_order_and_earlier_reasons(gate, shot_of, portrait):
    refused = replace(shot_of(), reasons=("other",))
    shots = [shot_of(portrait // 2), refused, shot_of()]
    judged = gate.examine(shots)
    assert "other" in judged[1].reasons
    for before, after in zip(shots, judged, strict=True):
        np.testing.assert_array_equal(before.image, after.image)
        np.testing.assert_array_equal(before.box_px, after.box_px)
        assert len(before.mesh_px) == 0


@pytest.mark.usefixtures("weights")
def test_examine_no_face_has_quality_zero_and_no_mesh(gate, shot_of, portrait):
    (judged,) = gate.examine([shot_of(np.full_like(portrait, 90))])
    assert judged.quality == 0
    assert len(judged.mesh_px) == 0


def test_examine_nothing_needs_no_weights(gate):
    assert gate.examine([]) == []


@pytest.fixture(scope="module")
def measured(frame_and_face):
    frame, face = frame_and_face
    return measure(frame.image, face.boxes_px[0], face.landmarks_px[0], 0.9)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"inter_eye_px": 8.9}, "face_too_small"),
        ({"laplacian_variance": 1.0}, "too_blurred"),
        ({"head": HeadPose(-70, 0, 0)}, "turned_away"),
        ({"head": HeadPose(0, 60, 0)}, "turned_away"),
        ({"head": HeadPose(0, 0, -80)}, "turned_away"),
        ({"mean_luminance": 5.0}, "too_dark"),
        ({"mean_luminance": 250.0}, "too_bright"),
        ({"cut_off": 0.5}, "cut_off"),
    ],
)
def test_reasons_against_one_fault_gives_its_code_alone(measured, changes, code):
    assert reasons_against(replace(measured, **changes), 1.0, PROFILES["probe"]) == (code,)


def test_reasons_against_value_at_its_threshold_passes(measured):
    limits = PROFILES["probe"]
    at = replace(measured, inter_eye_px=limits.min_inter_eye_px, mean_luminance=limits.min_luminance)
    assert reasons_against(at, limits.min_presence, limits) == ()
    assert reasons_against(measured, limits.min_presence - 1e-6, limits) == ("no_face_mesh",)


def test_reasons_against_pose_that_was_not_assessed_is_no_fault(measured):
    assert reasons_against(replace(measured, head=None), 1.0, PROFILES["reference"]) == ()


def test_profiles_reference_is_nowhere_laxer_than_probe():
    probe, reference = PROFILES["probe"], PROFILES["reference"]
    for name in vars(probe):
        stricter = getattr(reference, name) - getattr(probe, name)
        assert stricter >= 0 if name.startswith("min") else stricter <= 0, name


def test_gate_single_threshold_stands_over_the_profile():
    gate = FaceMeshGate(profile="reference", min_presence=0.3)
    assert gate.thresholds == replace(PROFILES["reference"], min_presence=0.3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"profile": "strict"},
        {"min_sharpness": 3},
        {"min_presence": -1},
        {"min_presence": 1.5},
        {"max_cut_off": 30},
        {"max_yaw_deg": "60"},
        {"max_yaw_deg": float("nan")},
        {"min_luminance": 250},
    ],
)
def test_gate_wrong_setting_is_refused(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        create("gate", "face_mesh", **wrong)


@pytest.mark.real_footage
@pytest.mark.usefixtures("weights")
def test_examine_footage_without_a_usable_face_admits_nothing(gate, testdata):
    frames = create("source", "video_file", path=testdata / "video" / "no_usable_face.mp4")
    detector = create("detector", "blazeface_tiled")
    n_found = 0
    for frame in frames:
        if frame.frame_index % 40:
            continue
        found = detector.detect([frame])[0]
        n_found += len(found)
        shots = gate.examine([crop_shot(frame, found, row) for row in range(len(found))])
        assert not any(shot.is_usable for shot in shots)
    assert n_found > 0
