"""One crop of a face or many, and the template made of them.

A network's answer wavers with the frame a face is cut out with; the mean over several crops wavers less.
Every crop is one affine transform from the picture to the chip, so turning it about costs nothing but the
network itself.

=========== ===== ====================================================================== ====== ===== =====
`Crops`     crops aligned by                                                             pairs  1 %   0.1 %
=========== ===== ====================================================================== ====== ===== =====
``single``  1     the face mesh where the shot has one, else key points                  0.9875 0.660 0.352
``mirror``  2     the same, and its mirror image                                         0.9900 0.696 0.452
``jitter``  10    the same in five frames, as it is, larger twice, shifted twice         0.9942 0.745 0.523
``many``    20    the same by mesh *and* by key points (10 by key points without a mesh) 0.9925 0.741 0.553
=========== ===== ====================================================================== ====== ===== =====

Right of it dlib's ResNet with a mesh on `lfw_dev`: pairs of four folds, then the true positive identification
rate at that false positive identification rate, one photo each of 400 people enrolled, mean of 20 draws
(standard deviation of one draw 0.02). By key points alone: single 0.637, mirror 0.680, jitter 0.724 at 1 %.
A frame drawn 6 % smaller, which many use, lowers the rates; one 6 to 12 % larger raises them. More crops than
these gained nothing at 1 % (24 crops in other frames: 0.737). Some 35 sets were tried on the same photographs,
found there by MediaPipe's own detector: differences below 0.005 mean nothing.

All of them estimate the same thing, the direction in which the network sees a face, so templates made
with and without a mesh, of few crops and of many, are compared: they are of one embedding space.

References
----------
Mean over mirrored and jittered crops: dlib's ``jitter_image`` (King, ``dlib/image_transforms``); Parkhi et
al., "Deep Face Recognition", BMVC 2015, section 4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lfr_kit.embedding.align import Chip, Matrix, alignments, compose
from lfr_kit.errors import SettingError
from lfr_kit.records import BestShot, Image
from lfr_kit.runtime.executor import Executor

__all__ = ["ALIGNMENT", "CropPlan", "Crops", "check_crops", "crop_transforms", "cut", "embed_shots"]

Crops = Literal["single", "mirror", "jitter", "many"]

ALIGNMENT = "keypoints-mesh.v1"
"""Version of alignment and frames for `space_id`; changes whenever templates would."""

FRAMES = (
    (1.0, 0.0, 0.0),
    (1.06, 0.0, 0.0),
    (1.12, 0.0, 0.0),
    (1.0, 4 / 150, 0.0),
    (1.0, 0.0, 4 / 150),
)
"""(scale about the centre, shift right, shift down) of each frame, shifts in sides of the chip.
The mirror image of a shift to the right stands for one to the left."""

SHRINK_BELOW = 0.7
"""Faces drawn smaller than this are averaged down first: bilinear sampling would skip pixels (`london_dev`, faces
of 306 px: the likest stranger falls from 0.934 to 0.931)."""

CHIPS_AT_ONCE = 160
"""Chips held at a time (43 MB for dlib's network), so that a thousand shots do not need a gigabyte."""


def check_crops(crops: str, setting: str = "crops") -> None:
    """SettingError that names the setting if `crops` is none of `Crops`."""
    if crops not in get_args(Crops):
        raise SettingError(f"{setting}: one of {', '.join(get_args(Crops))}, got {crops!r}")


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


@dataclass(frozen=True)
class CropPlan:
    """How many crops a shot is worth.

    A still picture - a reference, a photograph to be searched for - has one chance and is embedded once;
    of a live track several shots are embedded and fused, many times a minute.

    Attributes
    ----------
    still, live
        Crops of shots that belong to no track, and of those that do.

    Raises
    ------
    SettingError
        If one of them is none of `Crops`.
    """

    still: Crops
    live: Crops

    def __post_init__(self) -> None:
        check_crops(self.still)
        check_crops(self.live, "live_crops")

    def of(self, shot: BestShot) -> Crops:
        """The crops of one shot."""
        return self.still if shot.track_id < 0 else self.live


def embed_shots(shots: Sequence[BestShot], chip: Chip, plan: CropPlan, network: Executor) -> NDArray[np.float32]:
    """One unit vector per shot: the direction of the sum of the unit descriptors of its crops.

    Parameters
    ----------
    shots
        n shots.
    chip
        What the network wants to see.
    plan
        How many crops of each.
    network
        (b, side, side, 3) float32 RGB 0..255 to descriptors (b, d). All crops of all shots go through it in
        common batches.

    Returns
    -------
    array
        (n, d) float32; (0, 0) for no shots.
    """
    chips = _chips(shots, chip, plan)
    sums: NDArray[np.float64] = np.zeros((len(shots), 0))
    while block := list(islice(chips, CHIPS_AT_ONCE)):
        owners, pictures = zip(*block, strict=True)
        found = _unit(network.run(np.stack(pictures).astype(np.float32))[0])
        sums = sums if sums.size else np.zeros((len(shots), found.shape[1]))
        np.add.at(sums, list(owners), found)
    return _unit(sums).astype(np.float32)


def _chips(shots: Iterable[BestShot], chip: Chip, plan: CropPlan) -> Iterator[tuple[int, Image]]:
    for row, shot in enumerate(shots):
        for picture in cut(shot.image, crop_transforms(shot, chip, plan.of(shot)), chip.side_px):
            yield row, picture


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    rows = rows.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, np.finfo(np.float64).tiny), np.float64)
