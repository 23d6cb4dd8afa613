"""Referees: OFIQ's published mappings worked by hand, and a portrait made worse in one way at a time."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy import special

from lfr_kit.quality.face_mesh import N_POINTS
from lfr_kit.quality.face_mesh_gate import PROFILES, FaceMeshGate
from lfr_kit.quality.reference_report import (
    MEASURES,
    NOT_ASSESSED,
    REFERENCE_REASONS,
    THRESHOLDS,
    Surroundings,
    reference_measures,
    reference_report,
)

AROUND = Surroundings((0, 0, 512, 606))


def mesh_of(shot) -> np.ndarray:
    """A mesh that has the points looked at where they lie in the portrait, and no other."""
    points = np.zeros((N_POINTS, 2), np.float32)
    eyes = {33: (204, 190), 133: (240, 190), 362: (287, 188), 263: (323, 188)}
    lids = {160: (215, 184), 144: (215, 196), 159: (222, 183), 145: (222, 197), 158: (229, 184), 153: (229, 196)}
    other = {385: (298, 182), 380: (298, 194), 386: (305, 181), 374: (305, 195), 387: (312, 182), 373: (312, 194)}
    lips = {82: (262, 275), 87: (262, 278), 13: (268, 275), 14: (268, 279), 312: (274, 275), 317: (274, 278)}
    for place, point in {**eyes, **lids, **other, **lips, 152: (266, 325)}.items():
        points[place] = point
    return points - shot.origin_px


@pytest.fixture
def meshed(shot_of):
    """The portrait's shot with its mesh; or one of a changed picture."""

    def make(image=None, matrix=None):
        shot = shot_of(image, matrix)
        return replace(shot, mesh_px=mesh_of(shot)) if matrix is None else shot

    return make


def test_measures_good_portrait_is_accepted(meshed):
    report = reference_report(meshed(), AROUND)
    assert (report.verdict, report.rejected_for, report.warned_of) == ("accept", (), ())
    assert list(report.measures) == list(MEASURES)
    assert all(0 <= value <= 100 for value in report.measures.values())


def test_measures_inter_eye_distance_is_ofiqs_sigmoid(meshed):
    shot = meshed()
    distance = np.hypot(*(shot.landmarks_px[1] - shot.landmarks_px[0]))
    least = round(100 * special.expit((distance - 70) / 20))
    assert least <= reference_measures(shot, AROUND)["InterEyeDistance"] <= least + 3


@pytest.mark.parametrize(("size", "expected"), [(0.45, 100), (0.5, 54), (0.4, 54), (0.2, 1)])
def test_measures_head_size_hand_worked(meshed, size, expected):
    shot = meshed()
    height = np.hypot(266 - 263.5, 325 - 189) / size
    measures = reference_measures(shot, Surroundings((0, 0, 512, height)))
    assert measures["HeadSize"] == pytest.approx(expected, abs=1)


def test_measures_single_face_hand_worked(meshed):
    values = [
        reference_measures(meshed(), replace(AROUND, rival_share=share))["SingleFacePresent"]
        for share in (0, 0.04, 0.25, 1, 3)
    ]
    assert values == [100, 80, 50, 0, 0]


def test_measures_light_hand_worked(meshed):
    def of(levels):
        face = np.resize(np.asarray(levels, np.uint8), (64, 64))
        shot = meshed()
        box = np.array([0, 0, 64, 64], np.float32)
        return reference_measures(replace(shot, image=np.repeat(face[..., None], 3, 2), box_px=box), AROUND)

    every = of(np.arange(256))
    assert every["DynamicRange"] == 100
    assert every["LuminanceMean"] == 100
    assert of([128] * 64)["DynamicRange"] == 0
    assert of([51])["LuminanceMean"] == 50
    assert of([204])["LuminanceMean"] == 50
    assert of([255])["OverExposurePrevention"] == 1
    assert of([0])["UnderExposurePrevention"] == 0
    assert of([128])["UnderExposurePrevention"] == 100
    assert of([100] * 99 + [250])["OverExposurePrevention"] == pytest.approx(50, abs=1)
    assert of([0] * 92 + [128] * 8)["UnderExposurePrevention"] == pytest.approx(40, abs=3)


def test_measures_closed_lids_and_open_lips_lower_theirs(meshed):
    shot = meshed()
    closed = shot.mesh_px.copy()
    for upper, lower in ((160, 144), (159, 145), (158, 153)):
        closed[upper] = closed[lower]
    assert reference_measures(replace(shot, mesh_px=closed), AROUND)["EyesOpen"] == round(100 * special.expit(-2))
    gaping = shot.mesh_px.copy()
    gaping[14] += (0, 60)
    assert reference_measures(replace(shot, mesh_px=gaping), AROUND)["MouthClosed"] < 5
    assert reference_measures(shot, AROUND)["MouthClosed"] > 90


def test_measures_less_room_lowers_the_crop_on_that_side_only(meshed):
    names = [
        "LeftwardCropOfTheFaceImage",
        "MarginAboveOfTheFaceImage",
        "RightwardCropOfTheFaceImage",
        "MarginBelowOfTheFaceImage",
    ]
    whole = reference_measures(meshed(), AROUND)
    tight = (200, 150, 330, 330)
    for side, name in enumerate(names):
        area = [float(v) for v in AROUND.area_px]
        area[side] = tight[side]
        measures = reference_measures(meshed(), Surroundings(tuple(area)))
        assert measures[name] < whole[name] / 2, name
        assert all(measures[other] == whole[other] for other in names if other != name)


def test_measures_without_mesh_or_landmarks_are_not_assessed(shot_of):
    shot = shot_of()
    bare = replace(shot, landmarks_px=np.zeros((0, 2), np.float32))
    measures = reference_measures(bare, AROUND)
    assert {name for name, value in measures.items() if value == NOT_ASSESSED} == {
        "HeadSize",
        "LeftwardCropOfTheFaceImage",
        "RightwardCropOfTheFaceImage",
        "MarginAboveOfTheFaceImage",
        "MarginBelowOfTheFaceImage",
        "HeadPoseYaw",
        "HeadPosePitch",
        "HeadPoseRoll",
        "EyesOpen",
        "MouthClosed",
    }
    assert reference_report(bare, AROUND).verdict == "accept"


@pytest.mark.parametrize(
    ("name", "worsen", "steps"),
    [
        ("Sharpness", lambda image, k: cv2.GaussianBlur(image, (0, 0), k), (1, 3, 6, 12)),
        ("LuminanceMean", lambda image, k: (image / k).astype(np.uint8), (1, 2, 4, 8)),
        ("UnderExposurePrevention", lambda image, k: (image / k).astype(np.uint8), (1, 5, 8, 20)),
        (
            "OverExposurePrevention",
            lambda image, k: np.clip(image.astype(float) * k, 0, 255).astype(np.uint8),
            (1, 2, 3, 5),
        ),
        ("DynamicRange", lambda image, k: (110 + image / k).astype(np.uint8), (2, 4, 8, 30)),
    ],
)
def test_measures_worse_pictures_are_never_better(meshed, portrait, name, worsen, steps):
    values = [reference_measures(meshed(worsen(portrait, step)), AROUND)[name] for step in steps]
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0] - 25


def test_measures_smaller_face_has_less_inter_eye_distance(shot_of, portrait):
    values = []
    for scale in (1.0, 0.5, 0.25):
        matrix = np.array([[scale, 0, 0], [0, scale, 0]])
        image = cv2.warpAffine(portrait, matrix, (512, 606))
        values.append(reference_measures(shot_of(image, matrix), AROUND)["InterEyeDistance"])
    assert values == sorted(values, reverse=True)
    assert values[0] > 60 > 30 > values[-1]


def test_report_tilted_head_is_warned_of_then_refused(shot_of, portrait):
    verdicts = []
    for degrees in (0, 36, 60):
        matrix = cv2.getRotationMatrix2D((266, 230), degrees, 1)
        verdicts.append(reference_report(shot_of(cv2.warpAffine(portrait, matrix, (512, 606)), matrix), AROUND))
    assert [one.verdict for one in verdicts] == ["accept", "warn", "reject"]
    assert verdicts[1].warned_of == ("turned_away",)
    assert verdicts[2].rejected_for == ("turned_away",)


def test_report_what_the_gate_refused_stays_refused(meshed):
    report = reference_report(replace(meshed(), reasons=("no_face_mesh",)), AROUND)
    assert (report.verdict, report.rejected_for) == ("reject", ("no_face_mesh",))


def test_report_old_picture_is_a_warning_only(meshed):
    report = reference_report(meshed(), AROUND, is_old=True)
    assert (report.verdict, report.warned_of) == ("warn", ("old_picture",))


def test_thresholds_are_measures_with_sentences_and_sources():
    for limit in THRESHOLDS:
        assert limit.measure in MEASURES
        assert limit.reason in REFERENCE_REASONS
        assert 0 <= limit.reject_below <= limit.warn_below <= 100
        assert limit.source


def test_thresholds_refuse_what_the_gate_of_references_refuses():
    gate = PROFILES["reference"]
    by_name = {limit.measure: limit.reject_below for limit in THRESHOLDS}
    assert by_name["InterEyeDistance"] == round(100 * special.expit((gate.min_inter_eye_px - 70) / 20))
    sharpness = 100 * special.expit((np.log(gate.min_laplacian_variance) - np.log(150)) / 0.8)
    assert by_name["Sharpness"] == round(sharpness)
    for name, limit in (("Yaw", gate.max_yaw_deg), ("Pitch", gate.max_pitch_deg), ("Roll", gate.max_roll_deg)):
        assert by_name[f"HeadPose{name}"] == pytest.approx(100 * np.cos(np.radians(limit)) ** 2, abs=1)
    for luminance in (gate.min_luminance, gate.max_luminance):
        mean = luminance / 255
        mapped = 100 * special.expit((mean - 0.2) / 0.05) * special.expit((0.8 - mean) / 0.05)
        assert by_name["LuminanceMean"] == pytest.approx(mapped, abs=1)


def test_report_real_mesh_of_the_portrait_is_accepted(weights, shot_of):
    (shot,) = FaceMeshGate(profile="reference").examine([shot_of()])
    report = reference_report(shot, AROUND)
    assert report.verdict == "accept"
    assert NOT_ASSESSED not in report.measures.values()
    assert report.measures["EyesOpen"] > 80
