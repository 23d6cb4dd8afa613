"""The face mesh: 468 points of a face, and how surely there is one.

References
----------
Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019
(arXiv:1907.06724); the graph ``face_landmark`` of MediaPipe (Apache-2.0) fixes crop and outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lfr_kit.config import settings
from lfr_kit.records import BestShot
from lfr_kit.runtime.choice import PrecisionName
from lfr_kit.runtime.executor import Executor

__all__ = ["N_POINTS", "FaceMesh", "face_to_square", "to_picture"]

Floats = NDArray[np.float32]

N_POINTS = 468
SIDE_PX = 192
_BOX_SCALE = 1.5
"""MediaPipe enlarges the detector's box by this before the mesh is fitted."""


def face_to_square(box: Floats, landmarks: Floats, *, side_px: int = SIDE_PX) -> NDArray[np.float64]:
    """The similarity that brings a face to the mesh's input square: eyes level, box enlarged 1.5-fold.

    Parameters
    ----------
    box
        (4,) x1 y1 x2 y2 in the picture.
    landmarks
        (k, 2) in the picture, right eye and left eye first; with k < 2 the face is taken as upright.
    side_px
        Of the square.

    Returns
    -------
    (2, 3) float64
        Maps x y 1 of the picture to the square.
    """
    middle = np.array([box[0] + box[2], box[1] + box[3]], np.float64) / 2
    scale = side_px / (_BOX_SCALE * max(float(box[2] - box[0]), float(box[3] - box[1]), 1e-3))
    angle = 0.0
    if len(landmarks) >= 2:
        angle = float(np.arctan2(*(landmarks[1] - landmarks[0])[::-1]))
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn, side_px / 2 - turn @ middle])


def to_picture(points: NDArray[np.floating], matrix: NDArray[np.float64]) -> Floats:
    """Points (n, 2) of the square back in the picture that `matrix` (2, 3) was made for."""
    back = (points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    return back.astype(np.float32)


class FaceMesh:
    """Fits the mesh to shots.

    Parameters
    ----------
    largest_batch
        Faces handed to the network at once.
    """

    def __init__(self, *, largest_batch: int = 8) -> None:
        self.largest_batch = largest_batch

    @property
    def _network(self) -> Executor:
        from lfr_kit.models import model_path

        runtime = settings().runtime
        return _network(model_path("face_mesh"), runtime.precision, runtime.n_threads, self.largest_batch)

    def fit(self, shots: Sequence[BestShot]) -> tuple[Floats, Floats]:
        """Mesh and presence of each face.

        Parameters
        ----------
        shots
            n shots with box and landmarks.

        Returns
        -------
        mesh_px : (n, 468, 2) float32
            In each shot's own picture.
        presence : (n,) float32
            Probability in [0, 1] that the square shows a face.
        """
        if not shots:
            return np.zeros((0, N_POINTS, 2), np.float32), np.zeros(0, np.float32)
        matrices = [face_to_square(shot.box_px, shot.landmarks_px) for shot in shots]
        squares = np.stack([_cut(shot.image, matrix) for shot, matrix in zip(shots, matrices, strict=True)])
        points, raw = self._network.run(squares)
        points = points.reshape(len(shots), N_POINTS, 3)[:, :, :2]
        mesh = np.stack([to_picture(p, matrix) for p, matrix in zip(points, matrices, strict=True)])
        return mesh, _sigmoid(raw.reshape(-1))


@cache
def _network(path: Path, precision: PrecisionName, n_threads: int, largest_batch: int) -> Executor:
    """Gates of one process share the compiled network."""
    from lfr_kit.runtime.openvino_executor import OpenVinoExecutor

    return OpenVinoExecutor(
        path,
        largest_batch=largest_batch,
        precision=precision,
        n_threads=n_threads,
        cache_dir=settings().compiled_dir,
    )


def _sigmoid(raw: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-raw)), np.float32)


def _cut(image: NDArray[np.uint8], matrix: NDArray[np.float64]) -> Floats:
    import cv2

    square = cv2.warpAffine(
        image, matrix, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(square, np.float32) / np.float32(255)
