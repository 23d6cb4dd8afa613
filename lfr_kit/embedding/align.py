"""From key points or a face mesh to the chip a network was trained on.

A chip is reached by a similarity (turn, uniform scale, shift) fitted to point pairs by least squares.
Coordinates are pixels, x right, y down, (0, 0) the centre of the first pixel; a transform is a (2, 3)
matrix that takes a point of the picture to a point of the chip, as `cv2.warpAffine` wants it.

References
----------
Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
IEEE PAMI 13(4), 1991.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.records import BestShot

__all__ = ["DLIB_CHIP", "FACENET_CHIP", "Chip", "alignments", "compose", "key_points", "similarity_transform"]

Matrix = NDArray[np.float64]

MESH_CORNERS = (263, 362, 33, 133, 2)
"""Points of MediaPipe's face mesh: left eye outer and inner corner, right eye outer and inner corner,
base of the nose (left = the person's left, on the right of the picture)."""

BOX_KEY_POINTS = ((0.31, 0.33), (0.70, 0.33), (0.51, 0.55), (0.51, 0.75))
"""Where the four key points lie in BlazeFace's box, as fractions of it: medians over 3,466 LFW photos. For
a detector that gives a box only."""

SMALLEST_SPREAD_PX = 1.0
"""Key points that lie closer together than this say nothing about where the face is."""

_DLIB_MEAN_FACE = np.array(
    [
        (0.8595674595992, 0.2134981538014),
        (0.6460604764104, 0.2289674387677),
        (0.1205750620789, 0.2137274526848),
        (0.3340850613712, 0.2290642403242),
        (0.4901123135679, 0.6277975316475),
    ]
)
"""The points of `MESH_CORNERS` in a unit face: dlib ``get_face_chip_details``, five-point model
(``dlib/image_transforms/interpolation.h``)."""

_DLIB_PADDING = 0.25
"""Border around the unit face, in faces: what this network was trained with (``dnn_face_recognition_ex.cpp``)."""


@dataclass(frozen=True, eq=False)
class Chip:
    """The square picture a network wants, and where a face lies in it.

    Attributes
    ----------
    side_px
        Its side.
    key_points_px
        (4, 2): right eye, left eye, nose tip, mouth centre (BlazeFace's first four).
    mesh_corners_px
        (5, 2): the points of `MESH_CORNERS`.
    stretch
        How much wider than tall the chip draws a face; 1 = true to shape.
    """

    side_px: int
    key_points_px: Matrix
    mesh_corners_px: Matrix
    stretch: float = 1.0


DLIB_CHIP = Chip(
    side_px=150,
    key_points_px=np.array([(47.1, 47.8), (102.1, 47.6), (74.7, 79.4), (74.6, 108.1)]),
    mesh_corners_px=(_DLIB_MEAN_FACE + _DLIB_PADDING) / (1 + 2 * _DLIB_PADDING) * 150,
)
"""dlib's chip. Key points: means over LFW of BlazeFace's key points in chips cut by dlib's own five points."""

FACENET_CHIP = Chip(
    side_px=160,
    key_points_px=np.array([(45.3, 64.6), (114.7, 64.6), (80.0, 93.4), (80.0, 119.5)]),
    mesh_corners_px=np.array([(127.4, 63.4), (98.4, 64.6), (32.6, 63.4), (61.6, 64.6), (80.0, 99.7)]),
    stretch=4 / 3,
)
"""FaceNet's chip: what facenet-pytorch's ``MTCNN(image_size=160, margin=14)`` cuts, which stretches a tall box
(width / height 0.75 in the median) to a square. The points are medians of BlazeFace's key points and of the
mesh over 400 LFW photos in those crops, made symmetric. MTCNN's crops are upright in the picture; these are
upright in the face. What that is worth with the published weights is NOT measured: they were not to be had."""


def similarity_transform(source: ArrayLike, target: ArrayLike) -> Matrix:
    """The similarity that brings `source` nearest to `target` in the least-squares sense.

    Parameters
    ----------
    source, target
        (n, 2) points, n >= 2; row i of one belongs to row i of the other.

    Returns
    -------
    array
        (2, 3) float64: ``[[a, -b, x], [b, a, y]]``, never a reflection.

    Raises
    ------
    ValueError
        If the shapes differ, a number is not finite, or all source points coincide.

    Examples
    --------
    >>> similarity_transform([(0, 0), (2, 0)], [(1, 1), (1, 5)]).tolist()
    [[0.0, -2.0, 1.0], [2.0, 0.0, 1.0]]
    """
    p, q = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if p.shape != q.shape or p.ndim != 2 or p.shape[1] != 2 or not (np.isfinite(p).all() and np.isfinite(q).all()):
        raise ValueError(f"needs two finite (n, 2) arrays of points, got {p.shape} and {q.shape}")
    p_mean, q_mean = p.mean(axis=0), q.mean(axis=0)
    p, q = p - p_mean, q - q_mean
    spread = (p**2).sum()
    if spread < np.finfo(np.float64).tiny:
        raise ValueError("all source points coincide: they fix neither scale nor turn")
    # In two dimensions Umeyama's solution is a division of complex numbers; no decomposition is needed.
    a = (p * q).sum() / spread
    b = (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum() / spread
    turn = np.array([(a, -b), (b, a)])
    return np.column_stack([turn, q_mean - turn @ p_mean])


def compose(outer: ArrayLike, inner: ArrayLike) -> Matrix:
    """(2, 3) transform that does `inner` first and then `outer`.

    >>> compose([[2, 0, 1], [0, 2, 0]], [[1, 0, 5], [0, 1, 0]]).tolist()
    [[2.0, 0.0, 11.0], [0.0, 2.0, 0.0]]
    """
    a, b = np.asarray(outer, np.float64), np.asarray(inner, np.float64)
    return np.column_stack([a[:, :2] @ b[:, :2], a[:, :2] @ b[:, 2] + a[:, 2]])


def key_points(shot: BestShot) -> NDArray[np.float32]:
    """(4, 2) right eye, left eye, nose tip, mouth centre, in the crop.

    Where the detector gave fewer, or gave points that coincide, they are put where they lie in an average box.
    """
    points: NDArray[np.float32] = shot.landmarks_px[:4]
    if len(points) == 4 and np.ptp(points, axis=0).max() >= SMALLEST_SPREAD_PX:
        return points
    corner, size = shot.box_px[:2], np.maximum(shot.box_px[2:] - shot.box_px[:2], SMALLEST_SPREAD_PX)
    from_box: NDArray[np.float32] = (corner + size * np.array(BOX_KEY_POINTS)).astype(np.float32)
    return from_box


def alignments(shot: BestShot, chip: Chip) -> dict[str, Matrix]:
    """From the crop to the chip, (2, 3) each: ``"key_points"`` always, ``"mesh"`` where the shot has one."""
    found = {"key_points": _fit(key_points(shot), chip.key_points_px, chip)}
    corners = shot.mesh_px[list(MESH_CORNERS)] if len(shot.mesh_px) else np.zeros((1, 2))
    if np.isfinite(corners).all() and np.ptp(corners, axis=0).max() >= SMALLEST_SPREAD_PX:
        found["mesh"] = _fit(corners, chip.mesh_corners_px, chip)
    return found


def _fit(points: Any, on_chip: Matrix, chip: Chip) -> Matrix:
    """Fits in a chip true to shape, then stretches."""
    stretch = np.array([(chip.stretch, 0.0, 0.0), (0.0, 1.0, 0.0)])
    return compose(stretch, similarity_transform(points, on_chip / (chip.stretch, 1.0)))
