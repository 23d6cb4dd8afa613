"""Which way a head is turned, from its landmarks alone. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["HeadPose", "head_pose"]

# Right eye, left eye, nose tip, mouth centre, right ear, left ear in centimetres: x to the person's left
# (right in the picture), y down, z away from the camera. After MediaPipe's canonical face model.
_HEAD_CM = np.array(
    [
        [-3.15, -2.65, -3.5],
        [3.15, -2.65, -3.5],
        [0.0, 1.13, -7.48],
        [0.0, 4.1, -5.9],
        [-7.66, -0.67, 2.43],
        [7.66, -0.67, 2.43],
    ]
)


@dataclass(frozen=True)
class HeadPose:
    """Angles of a head in degrees, 0 0 0 = looking into the camera upright.

    Attributes
    ----------
    yaw_deg
        Above 0: turned to the person's left (to the right of the picture).
    pitch_deg
        Above 0: looking down.
    roll_deg
        Above 0: tilted clockwise in the picture.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


def head_pose(landmarks: NDArray[np.floating]) -> HeadPose | None:
    """Pose of a head under scaled orthographic projection.

    The 2 x 3 matrix that maps the model to the landmarks is found by least squares, its rows are made
    orthonormal, and the angles read off the rotation (yaw, then pitch, then roll).

    Parameters
    ----------
    landmarks
        (k, 2) x y in pixels, order as in `Detections`; the first six are used.

    Returns
    -------
    HeadPose or None
        None with fewer than four landmarks, or where they all coincide.
    """
    k = min(len(landmarks), len(_HEAD_CM))
    if k < 4:
        return None
    points = landmarks[:k].astype(np.float64)
    projection = (_model_inverse(k) @ (points - points.mean(axis=0))).T
    left, _, right = np.linalg.svd(projection, full_matrices=False)
    if not np.abs(projection).max() > 1e-9:
        return None
    x, y = left @ right
    z = (x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0])
    return HeadPose(
        yaw_deg=float(np.degrees(np.arctan2(z[0], z[2]))),
        pitch_deg=float(np.degrees(np.arcsin(np.clip(z[1], -1, 1)))),
        roll_deg=float(np.degrees(np.arctan2(-x[1], y[1]))),
    )


@cache
def _model_inverse(k: int) -> NDArray[np.float64]:
    """Pseudo-inverse (3, k) of the first k points of the model, about their mean."""
    return np.asarray(np.linalg.pinv(_HEAD_CM[:k] - _HEAD_CM[:k].mean(axis=0)))
