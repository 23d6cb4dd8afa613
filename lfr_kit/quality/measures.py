"""How good a face picture is, in named measures of 0 (unusable) to 100 (ideal). Pure functions.

| measure | of what | mapping to 0..100 |
|---|---|---|
| inter_eye | distance of the eyes, px | sigmoid, 50 at 24 px, width 8 px |
| sharpness | variance of the Laplacian of the face at 64 px | sigmoid of its logarithm, 50 at 150, width 0.8 |
| pose | yaw, pitch, roll of the head | cos^2 of each, roll halved |
| exposure | luminance of the face | share neither black nor blown out, less for low contrast |
| detection | detection score 0..1 | times 100 |

The form follows OFIQ, the reference implementation of ISO/IEC 29794-5 (sigmoid mappings, cos^2 of head
pose, luminance limits 25 and 247). Its constants serve passports (50 at 70 px between the eyes); these
serve a face on a street, where 24 px is an everyday good one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfr_kit.quality.head_pose import HeadPose, head_pose

__all__ = [
    "WEIGHTS",
    "Measures",
    "exposure",
    "inter_eye_px",
    "laplacian_variance",
    "measure",
    "quality",
    "sigmoid100",
]

Floats = NDArray[np.float32]
Image = NDArray[np.uint8]

FACE_PX = 64
"""The face is brought to this height and width before its sharpness and exposure are measured."""

WEIGHTS = {"inter_eye": 0.3, "sharpness": 0.25, "pose": 0.25, "exposure": 0.1, "detection": 0.1}
"""Exponents of the weighted geometric mean that is the combined quality; they sum to 1."""

_UNDER, _OVER = 25, 247
_ENOUGH_CONTRAST = 24.0
_INTER_EYE_OF_BOX = 0.45


@dataclass(frozen=True)
class Measures:
    """What was measured of one face.

    Attributes
    ----------
    inter_eye, sharpness, pose, exposure, detection
        0..100, larger is better.
    inter_eye_px
        Distance of the eyes in the picture.
    laplacian_variance
        Of the luminance of the face at 64 px.
    head
        Yaw, pitch, roll in degrees; None = not assessed.
    mean_luminance
        0..255, of the face.
    cut_off
        Share 0..1 of the box that lies outside the picture.
    """

    inter_eye: float
    sharpness: float
    pose: float
    exposure: float
    detection: float
    inter_eye_px: float
    laplacian_variance: float
    head: HeadPose | None
    mean_luminance: float
    cut_off: float


def measure(frame_image: Image, box: Floats, landmarks: Floats, detection_score: float) -> Measures:
    """All measures of one face.

    Parameters
    ----------
    frame_image
        (h, w, 3) uint8 RGB: the frame, or a crop of it.
    box
        (4,) x1 y1 x2 y2 in that picture; may reach past its border.
    landmarks
        (k, 2) in that picture, order as in `Detections`; with k < 4 the pose is not assessed (100) and the
        distance of the eyes is estimated from the box.
    detection_score
        0..1.
    """
    luminance = face_luminance(frame_image, box)
    eyes = inter_eye_px(landmarks, box)
    head = head_pose(landmarks)
    variance = laplacian_variance(luminance)
    return Measures(
        inter_eye=sigmoid100(eyes, middle=24.0, width=8.0),
        sharpness=sigmoid100(math.log(variance + 1e-6), middle=math.log(150.0), width=0.8),
        pose=pose(head),
        exposure=exposure(luminance),
        detection=100 * float(detection_score),
        inter_eye_px=eyes,
        laplacian_variance=variance,
        head=head,
        mean_luminance=float(luminance.mean()),
        cut_off=cut_off(box, frame_image.shape[1], frame_image.shape[0]),
    )


def quality(measures: Measures) -> float:
    """Combined quality, 0..100: the weighted geometric mean, so that one bad measure cannot be bought off."""
    total = 0.0
    for name, weight in WEIGHTS.items():
        value = getattr(measures, name)
        if value <= 0:
            return 0.0
        total += weight * math.log(value)
    return float(min(100.0, math.exp(total)))


def sigmoid100(value: float, *, middle: float, width: float) -> float:
    """OFIQ's mapping of a native measure: 100 / (1 + exp((middle - value) / width)).

    >>> sigmoid100(70, middle=70, width=20)
    50.0
    """
    return 100 / (1 + math.exp(min((middle - value) / width, 700.0)))


def inter_eye_px(landmarks: Floats, box: Floats) -> float:
    """Distance of the two eyes in pixels; from the width of the box where there are no eyes."""
    if len(landmarks) < 2:
        return _INTER_EYE_OF_BOX * float(box[2] - box[0])
    return float(np.hypot(*(landmarks[1] - landmarks[0])))


def face_luminance(image: Image, box: Floats) -> Image:
    """Luminance of the face, (64, 64) uint8 (BT.601). A box outside the picture gives its nearest pixel."""
    import cv2

    height, width = image.shape[:2]
    x1 = int(np.clip(box[0], 0, width - 1))
    y1 = int(np.clip(box[1], 0, height - 1))
    x2 = int(np.clip(np.ceil(box[2]), x1 + 1, width))
    y2 = int(np.clip(np.ceil(box[3]), y1 + 1, height))
    face = image[y1:y2, x1:x2]
    is_larger = min(face.shape[:2]) > FACE_PX
    small = cv2.resize(face, (FACE_PX, FACE_PX), interpolation=cv2.INTER_AREA if is_larger else cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


def laplacian_variance(luminance: Image) -> float:
    """Variance of the Laplacian (kernel 0 1 0, 1 -4 1, 0 1 0): low where there are no fine edges.

    References
    ----------
    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.
    """
    import cv2

    return float(cv2.Laplacian(luminance, cv2.CV_32F).var())


def pose(head: HeadPose | None) -> float:
    """0..100 from the head's angles: 100 cos^2 yaw cos^2 pitch cos^2 (roll / 2); alignment undoes most roll."""
    if head is None:
        return 100.0
    value = 100.0
    for angle in (head.yaw_deg, head.pitch_deg, head.roll_deg / 2):
        value *= max(0.0, math.cos(math.radians(angle))) ** 2
    return value


def exposure(luminance: Image) -> float:
    """0..100: share of pixels neither under (<= 25) nor over (>= 247), less where contrast is below 24 (std).

    Skin of any shade lies far within those limits; what they catch is light, not people.
    """
    usable = float(((luminance > _UNDER) & (luminance < _OVER)).mean())
    return 100 * usable * min(1.0, float(luminance.std()) / _ENOUGH_CONTRAST)


def cut_off(box: Floats, width: int, height: int) -> float:
    """Share 0..1 of a box's area that lies outside a picture of that size."""
    sides = np.maximum(box[2:] - box[:2], 1e-6)
    inside = np.minimum(box[2:], (width, height)) - np.maximum(box[:2], 0)
    return float(1 - np.prod(np.clip(inside / sides, 0, 1)))
