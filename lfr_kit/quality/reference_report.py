"""What speaks for and against one reference picture, in named measures of 0 (worst) to 100 (best). Pure functions.

Names and mappings follow OFIQ, the reference implementation of ISO/IEC 29794-5, wherever this project measures
the same thing; -1 = failure to assess. They are computed from what the engine measures anyway (box, key points,
face mesh, the face at 64 px), not from OFIQ's own networks, so a number here is alike in kind to OFIQ's and not
equal to it. Sharpness is this project's (`lfr_kit.quality.measures`); OFIQ's UnifiedQualityScore, occlusion,
expression, background and colour measures need networks of their own and are not reported. Nothing is inferred
about the person.

References
----------
ISO/IEC 29794-5:2025; OFIQ 1.0.3 (Federal Office for Information Security, Germany), ``OFIQlib/modules/measures``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lfr_kit.quality.head_pose import head_pose
from lfr_kit.quality.measures import face_luminance, inter_eye_px, laplacian_variance, sigmoid100
from lfr_kit.quality.reasons import REASONS
from lfr_kit.records import BestShot

__all__ = [
    "MEASURES",
    "NOT_ASSESSED",
    "REFERENCE_REASONS",
    "THRESHOLDS",
    "ReferenceReport",
    "Surroundings",
    "Threshold",
    "reference_measures",
    "reference_report",
]

Floats = NDArray[np.float32]
Verdict = Literal["accept", "warn", "reject"]

NOT_ASSESSED = -1
"""The value of a measure that could not be taken."""

MEASURES = {
    "InterEyeDistance": "distance of the eyes, px, over the cosine of the yaw; 50 at 70 px",
    "HeadSize": "distance of eyes and chin over the picture's height; 100 at 0.45",
    "LeftwardCropOfTheFaceImage": "room left of the face in inter-eye distances; 50 at 0.9",
    "RightwardCropOfTheFaceImage": "room right of the face in inter-eye distances; 50 at 0.9",
    "MarginAboveOfTheFaceImage": "room above the eyes in eye-to-chin distances; 50 at 1.4",
    "MarginBelowOfTheFaceImage": "room below the eyes in eye-to-chin distances; 50 at 1.8",
    "HeadPoseYaw": "turned to a side; cosine squared",
    "HeadPosePitch": "looking up or down; cosine squared",
    "HeadPoseRoll": "tilted; cosine squared",
    "Sharpness": "variance of the Laplacian of the face at 64 px, by its logarithm; 50 at 150 (not OFIQ's)",
    "LuminanceMean": "mean luminance of the face; 50 at a fifth and at four fifths of full scale",
    "LuminanceVariance": "spread of the face's luminance; least for a flat and for a torn picture",
    "UnderExposurePrevention": "share of the face at luminance 25 or less",
    "OverExposurePrevention": "share of the face at luminance 247 or more; 50 at 1 %",
    "DynamicRange": "entropy of the face's luminance; 12.5 per bit",
    "SingleFacePresent": "root of the second largest face's area over the largest's",
    "EyesOpen": "opening of the lids over the eye-to-chin distance; 50 at 0.02",
    "MouthClosed": "opening of the lips over the eye-to-chin distance; 50 at 0.2",
}
"""Name -> what is measured and how it is mapped."""

_CHIN = 152
_EYE_CORNERS = ((33, 133), (362, 263))
_LIDS = (((160, 144), (159, 145), (158, 153)), ((385, 380), (386, 374), (387, 373)))
_LIPS = ((82, 87), (13, 14), (312, 317))
"""Points of MediaPipe's face mesh, right eye first."""

_DARK, _LIGHT = 25, 247


@dataclass(frozen=True)
class Threshold:
    """Where a measure is warned of, and where it refuses the picture.

    Attributes
    ----------
    measure
        Of `MEASURES`.
    reject_below, warn_below
        0..100; 0 = never.
    reason
        Code, see `REFERENCE_REASONS`.
    source
        Whence the two numbers.
    """

    measure: str
    reject_below: int
    warn_below: int
    reason: str
    source: str


_GATE = "refusal: the reference profile of the face_mesh gate"
THRESHOLDS = (
    Threshold("InterEyeDistance", 9, 17, "face_too_small", f"{_GATE}, 24 px; warning: 38 px"),
    Threshold("Sharpness", 16, 30, "too_blurred", f"{_GATE}, variance 40; warning: variance 76"),
    Threshold("HeadPoseYaw", 58, 75, "turned_away", f"{_GATE}, 40 deg; warning: 30 deg"),
    Threshold("HeadPosePitch", 67, 82, "turned_away", f"{_GATE}, 35 deg; warning: 25 deg"),
    Threshold("HeadPoseRoll", 50, 75, "turned_away", f"{_GATE}, 45 deg; warning: 30 deg"),
    Threshold("LuminanceMean", 16, 50, "badly_lit", f"{_GATE}, 30 and 225 of 255; warning: OFIQ's middles"),
    Threshold("UnderExposurePrevention", 0, 50, "too_dark", "warning: the middle of OFIQ's mapping"),
    Threshold("OverExposurePrevention", 0, 10, "too_bright", "warning: a tenth of the face blown out"),
    Threshold("DynamicRange", 0, 65, "flat_light", "warning: 5.2 bits"),
    Threshold("SingleFacePresent", 45, 80, "several_faces", "a second face of 0.3 of the area; warning: 0.04"),
    Threshold("LeftwardCropOfTheFaceImage", 0, 50, "cut_off", "warning: the middle of OFIQ's mapping"),
    Threshold("RightwardCropOfTheFaceImage", 0, 50, "cut_off", "warning: the middle of OFIQ's mapping"),
    Threshold("MarginAboveOfTheFaceImage", 0, 5, "cut_off", "warning: 1.1 eye-to-chin distances"),
    Threshold("MarginBelowOfTheFaceImage", 0, 5, "cut_off", "warning: 1.5 eye-to-chin distances"),
    Threshold("EyesOpen", 0, 50, "eyes_closed", "warning: the middle of OFIQ's mapping"),
    Threshold("MouthClosed", 0, 50, "mouth_open", "warning: the middle of OFIQ's mapping"),
)
"""Every threshold of a reference picture, in one table. A measure that was not assessed breaks none."""

REFERENCE_REASONS = {
    **REASONS,
    "badly_lit": "The face as a whole is too dark or too bright.",
    "flat_light": "The face shows few shades: fog, glare, or a copy of a copy.",
    "several_faces": "Another face is nearly as large, so it is unclear whose picture this is.",
    "eyes_closed": "The eyes seem closed.",
    "mouth_open": "The mouth is open.",
    "old_picture": "The picture was taken years ago: people change. Use a newer one if there is one.",
}
"""Code -> one sentence, for refusals and warnings alike."""


@dataclass(frozen=True)
class Surroundings:
    """What the face is seen in.

    Attributes
    ----------
    area_px
        x1 y1 x2 y2 of the picture itself, in the frame the shot was cut from: they differ where a border was
        added.
    rival_share
        Area of the second largest face over that of this one; 0 = no other.
    """

    area_px: tuple[float, float, float, float]
    rival_share: float = 0.0


@dataclass(frozen=True)
class ReferenceReport:
    """The verdict on one picture.

    Attributes
    ----------
    measures
        Name -> 0..100, or -1.
    verdict
        ``accept``, ``warn`` (a person should look for a better one) or ``reject``.
    rejected_for, warned_of
        Codes of `REFERENCE_REASONS`.
    """

    measures: dict[str, int]
    verdict: Verdict
    rejected_for: tuple[str, ...] = ()
    warned_of: tuple[str, ...] = ()


def reference_report(shot: BestShot, around: Surroundings, *, is_old: bool = False) -> ReferenceReport:
    """Measures a picture's face and says whether it will do.

    Parameters
    ----------
    shot
        As the gate of references leaves it: with a mesh, and with reasons if it was refused.
    around
        The picture it was cut from.
    is_old
        Whether the picture was taken so long ago that it is warned of.
    """
    measures = reference_measures(shot, around)
    known = [(limit, measures[limit.measure]) for limit in THRESHOLDS if measures[limit.measure] != NOT_ASSESSED]
    rejected = dict.fromkeys((*shot.reasons, *(one.reason for one, value in known if value < one.reject_below)))
    warned = dict.fromkeys(one.reason for one, value in known if value < one.warn_below)
    if is_old:
        warned["old_picture"] = None
    verdict: Verdict = "reject" if rejected else "warn" if warned else "accept"
    return ReferenceReport(measures, verdict, tuple(rejected), tuple(one for one in warned if one not in rejected))


def reference_measures(shot: BestShot, around: Surroundings) -> dict[str, int]:
    """Every measure of `MEASURES`, in its order."""
    luminance = face_luminance(shot.image, shot.box_px)
    sharpness = sigmoid100(math.log(laplacian_variance(luminance) + 1e-6), middle=math.log(150.0), width=0.8)
    found = {
        **_pose_and_distance(shot),
        **_room(shot, around),
        **_light(luminance),
        **_openings(shot.mesh_px),
        "Sharpness": sharpness,
        "SingleFacePresent": 100 * (1 - math.sqrt(min(around.rival_share, 1.0))),
    }
    return {name: _whole(found.get(name)) for name in MEASURES}


def _whole(value: float | None) -> int:
    return NOT_ASSESSED if value is None or not math.isfinite(value) else round(min(max(value, 0.0), 100.0))


def _pose_and_distance(shot: BestShot) -> dict[str, float]:
    """Yaw, pitch, roll and the distance of the eyes, which a turn to the side shortens."""
    head = head_pose(shot.landmarks_px)
    distance = inter_eye_px(shot.landmarks_px, shot.box_px)
    if head is None:
        return {"InterEyeDistance": sigmoid100(distance, middle=70, width=20)}
    angles = {"HeadPoseYaw": head.yaw_deg, "HeadPosePitch": head.pitch_deg, "HeadPoseRoll": head.roll_deg}
    turned = max(math.cos(math.radians(head.yaw_deg)), 0.1)
    return {
        "InterEyeDistance": sigmoid100(distance / turned, middle=70, width=20),
        **{name: 100 * max(0.0, math.cos(math.radians(angle))) ** 2 for name, angle in angles.items()},
    }


def _room(shot: BestShot, around: Surroundings) -> dict[str, float]:
    """How large the head is in its picture, and how much room there is about it."""
    if not len(shot.mesh_px):
        return {}
    right, left = (shot.mesh_px[list(corners)].mean(axis=0) + shot.origin_px for corners in _EYE_CORNERS)
    eyes, height = (right + left) / 2, _eyes_to_chin(shot.mesh_px)
    x1, y1, x2, y2 = around.area_px
    apart = max(float(np.hypot(*(left - right))), 1e-6)
    share = height / max(y2 - y1, 1e-6)
    return {
        "HeadSize": 2 * sigmoid100(-abs(share - 0.45), middle=0, width=0.05),
        "LeftwardCropOfTheFaceImage": sigmoid100(float(right[0] - x1) / apart, middle=0.9, width=0.1),
        "RightwardCropOfTheFaceImage": sigmoid100(float(x2 - left[0]) / apart, middle=0.9, width=0.1),
        "MarginAboveOfTheFaceImage": sigmoid100(float(eyes[1] - y1) / height, middle=1.4, width=0.1),
        "MarginBelowOfTheFaceImage": sigmoid100(float(y2 - eyes[1]) / height, middle=1.8, width=0.1),
    }


def _light(luminance: NDArray[np.uint8]) -> dict[str, float]:
    """Brightness, contrast and clipping of the face at 64 px."""
    shares = np.bincount(luminance.reshape(-1), minlength=256) / luminance.size
    levels = np.arange(256) / 255
    mean = float(shares @ levels)
    variance = float(shares @ (levels - mean) ** 2)
    present = shares[shares > 0]
    dark, light = float(shares[: _DARK + 1].sum()), float(shares[_LIGHT:].sum())
    in_the_middle = sigmoid100(mean, middle=0.2, width=0.05) * sigmoid100(-mean, middle=-0.8, width=0.05)
    return {
        "LuminanceMean": in_the_middle / 100,
        "LuminanceVariance": 100 * math.sin(60 * variance / (60 * variance + 1) * math.pi),
        "UnderExposurePrevention": 120 * (0.832 - sigmoid100(dark, middle=0.92, width=0.05) / 100),
        "OverExposurePrevention": 1 / (light + 0.01),
        "DynamicRange": 12.5 * float(-(present * np.log2(present)).sum()),
    }


def _openings(mesh: Floats) -> dict[str, float]:
    """Lids and lips, from the mesh."""
    if not len(mesh):
        return {}
    height = _eyes_to_chin(mesh)
    lids = min(_widest(mesh, pairs) for pairs in _LIDS) / height
    lips = _widest(mesh, _LIPS) / height
    return {
        "EyesOpen": sigmoid100(lids, middle=0.02, width=0.01),
        "MouthClosed": sigmoid100(-lips, middle=-0.2, width=0.06),
    }


def _eyes_to_chin(mesh: Floats) -> float:
    """OFIQ's T: from the middle of the eyes to the chin, px."""
    eyes = mesh[[corner for eye in _EYE_CORNERS for corner in eye]].mean(axis=0)
    return max(float(np.hypot(*(mesh[_CHIN] - eyes))), 1e-6)


def _widest(mesh: Floats, pairs: tuple[tuple[int, int], ...]) -> float:
    upper, lower = mesh[[a for a, _ in pairs]], mesh[[b for _, b in pairs]]
    return float(np.hypot(*(upper - lower).T).max())
