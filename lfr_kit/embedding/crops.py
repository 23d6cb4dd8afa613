"""One crop of a face or many, and the template made of them.

A network's answer wavers with the frame a face is cut out with; the mean over several crops wavers less.
Every crop is one affine transform from the picture to the chip, so turning it about costs nothing but the
network itself.

=========== ===== ============================================================================
`Crops`     crops of a face
=========== ===== ============================================================================
``single``  1     aligned by the face mesh where the shot has one, else by key points
``mirror``  2     the same and its mirror image
``jitter``  14    seven frames, a little larger, smaller, shifted; each with its mirror image
``many``    28    the same by the mesh *and* by key points; 14 by key points where there is no mesh
=========== ===== ============================================================================

All of them estimate the same thing, the direction in which the network sees a face, so templates made
with and without a mesh are compared; the space is named after the setting, not after what a shot offered.

References
----------
Mean over mirrored and jittered crops: dlib's ``jitter_image`` (King, ``dlib/image_transforms``); Parkhi et
al., "Deep Face Recognition", BMVC 2015, section 4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lfr_kit.embedding.align import Chip, Matrix, alignments, compose
from lfr_kit.errors import SettingError
from lfr_kit.records import BestShot, Image
from lfr_kit.runtime.executor import Executor

__all__ = ["ALIGNMENT", "Crops", "check_crops", "crop_transforms", "cut", "embed_shots"]

Crops = Literal["single", "mirror", "jitter", "many"]

ALIGNMENT = "keypoints-mesh.v1"
"""Version of alignment and frames for `space_id`; changes whenever templates would."""

FRAMES = (
    (1.0, 0.0, 0.0),
    (1.06, 0.0, 0.0),
    (0.94, 0.0, 0.0),
    (1.0, 4 / 150, 0.0),
    (1.0, -4 / 150, 0.0),
    (1.0, 0.0, 4 / 150),
    (1.0, 0.0, -4 / 150),
)
"""(scale about the centre, shift right, shift down) of each jittered frame, shifts in sides of the chip."""

SHRINK_BELOW = 0.7
"""Faces drawn smaller than this are averaged down first: bilinear sampling would skip pixels."""

CHIPS_AT_ONCE = 112
"""Chips held at a time (30 MB for dlib's network), so that a thousand shots do not need a gigabyte."""


def check_crops(crops: str) -> None:
    """SettingError if `crops` is none of `Crops`."""
    if crops not in get_args(Crops):
        raise SettingError(f"crops: one of {', '.join(get_args(Crops))}, got {crops!r}")


def crop_transforms(shot: BestShot, chip: Chip, crops: Crops) -> list[Matrix]:
    """(2, 3) transforms from the crop to the chip, one per crop."""
    found = alignments(shot, chip)
    chosen = list(found.values()) if crops == "many" else [found.get("mesh", found["key_points"])]
    frames = FRAMES if crops in ("jitter", "many") else FRAMES[:1]
    sides = (False,) if crops == "single" else (False, True)
    return [
        compose(_framed(chip.side_px, frame, is_mirrored), transform)
        for transform in chosen
        for frame in frames
        for is_mirrored in sides
    ]


def _framed(side_px: int, frame: tuple[float, float, float], is_mirrored: bool) -> Matrix:
    """From the aligned chip to a jittered, perhaps mirrored one."""
    scale, right, down = frame
    centre = (side_px - 1) / 2
    offset = centre * (1 - scale)
    row = np.array([(scale, 0.0, offset + right * side_px), (0.0, scale, offset + down * side_px)])
    mirror = np.array([(-1.0, 0.0, side_px - 1.0), (0.0, 1.0, 0.0)])
    return compose(mirror, row) if is_mirrored else row


def cut(image: Image, transforms: Sequence[Matrix], side_px: int) -> list[Image]:
    """The chips of one picture, (side, side, 3) uint8; black beyond the picture's border, as dlib does."""
    import cv2

    scale = min(math.sqrt(abs(np.linalg.det(t[:, :2]))) for t in transforms)
    back = np.eye(2, 3)
    if scale < SHRINK_BELOW:
        height, width = (max(round(side * scale), 1) for side in image.shape[:2])
        back = _pixel_map((width, height), (image.shape[1], image.shape[0]))
        image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    size_wh = (side_px, side_px)
    warped = (cv2.warpAffine(image, compose(t, back), size_wh, flags=cv2.INTER_LINEAR) for t in transforms)
    return [np.asarray(chip, np.uint8) for chip in warped]


def _pixel_map(small_wh: tuple[int, int], large_wh: tuple[int, int]) -> Matrix:
    """From pixel centres of a shrunk picture to those of the picture itself."""
    x, y = (large / small for small, large in zip(small_wh, large_wh, strict=True))
    return np.array([(x, 0.0, (x - 1) / 2), (0.0, y, (y - 1) / 2)])


def embed_shots(shots: Sequence[BestShot], chip: Chip, crops: Crops, network: Executor) -> NDArray[np.float32]:
    """One unit vector per shot: the direction of the sum of the unit descriptors of its crops.

    Parameters
    ----------
    shots
        n shots.
    chip
        What the network wants to see.
    crops
        How many crops of each.
    network
        (b, side, side, 3) float32 RGB 0..255 to descriptors (b, d). All crops of all shots go through it in
        common batches.

    Returns
    -------
    array
        (n, d) float32; (0, 0) for no shots.
    """
    chips = _chips(shots, chip, crops)
    sums: NDArray[np.float64] = np.zeros((len(shots), 0))
    while block := list(islice(chips, CHIPS_AT_ONCE)):
        owners, pictures = zip(*block, strict=True)
        found = _unit(network.run(np.stack(pictures).astype(np.float32))[0])
        sums = sums if sums.size else np.zeros((len(shots), found.shape[1]))
        np.add.at(sums, list(owners), found)
    return _unit(sums).astype(np.float32)


def _chips(shots: Iterable[BestShot], chip: Chip, crops: Crops) -> Iterator[tuple[int, Image]]:
    for row, shot in enumerate(shots):
        for picture in cut(shot.image, crop_transforms(shot, chip, crops), chip.side_px):
            yield row, picture


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    rows = rows.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, np.finfo(np.float64).tiny), np.float64)
