"""Which square pieces of a frame are shown to a detector that takes a small square picture. Pure functions.

A detector with an input of 192 px shown a whole 1080p frame sees a face of 60 px as 6 px. So the frame
is resized once, and overlapping squares of the input's size are sliced from it; one more square
holds the whole frame, letterboxed, for the faces larger than a tile.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError

__all__ = ["TilePlan", "Zone", "inside_zone", "plan_tiles", "rows_for", "zone_px"]

Floats = NDArray[np.float32]
Zone = Sequence[tuple[float, float]]
"""Corners of a polygon, x y; all within 0..1: relative to the frame's width and height, else pixels."""

OVERLAP = 0.12
"""Least share of a tile that its neighbour shows too: 70 px of a 576 px tile, 23 px of its 192."""

_LARGEST_SCALE = 2.0
"""Enlarging more shows nothing new, and a frame of 3000 x 2 pixels would become one of 288,000 x 192."""


@dataclass(frozen=True)
class TilePlan:
    """Where the tiles of frames of one size lie.

    Attributes
    ----------
    size_wh
        Of the frame.
    side_px
        Of the network's input.
    scaled_wh
        Size the frame is resized to before slicing; (0, 0) where there are no tiles.
    corners
        Top left corner x y of each tile in the resized frame; every tile is `side_px` square, and black where
        it reaches past a frame that is smaller.
    whole_wh
        Size the frame is resized to for the letterboxed whole, its longer side is `side_px`;
        it lies in the middle of the square.
    """

    size_wh: tuple[int, int]
    side_px: int
    scaled_wh: tuple[int, int]
    corners: tuple[tuple[int, int], ...]
    whole_wh: tuple[int, int]

    def __len__(self) -> int:
        """How many squares: the tiles, then the whole."""
        return len(self.corners) + 1

    @cached_property
    def whole_corner(self) -> tuple[int, int]:
        """Where the letterboxed whole begins in its square, x y."""
        return (self.side_px - self.whole_wh[0]) // 2, (self.side_px - self.whole_wh[1]) // 2

    @cached_property
    def to_frame(self) -> Floats:
        """(t, 4) float32 scale x y and offset x y: 0..1 of square t to pixels of the frame."""
        width, height = self.size_wh
        rows = []
        for (x, y), (w, h) in [
            *((corner, self.scaled_wh) for corner in self.corners),
            ((-self.whole_corner[0], -self.whole_corner[1]), self.whole_wh),
        ]:
            scale = width / w, height / h
            rows.append([self.side_px * scale[0], self.side_px * scale[1], x * scale[0], y * scale[1]])
        return np.asarray(rows, np.float32)

    @cached_property
    def areas_px(self) -> Floats:
        """(t, 4) float32 x1 y1 x2 y2 of each square in the frame."""
        return np.concatenate([self.to_frame[:, 2:], self.to_frame[:, 2:] + self.to_frame[:, :2]], axis=1)


def rows_for(smallest_face_px: float, size_wh: tuple[int, int], *, side_px: int, smallest_px: float) -> int:
    """How many tiles along the frame's shorter side let the detector find faces of that height.

    Parameters
    ----------
    smallest_face_px
        In the frame.
    size_wh
        Of the frame.
    side_px, smallest_px
        The network's input, and the smallest face it finds in it.

    Returns
    -------
    int
        0 = the whole frame alone is enough.
    """
    tile_px = smallest_face_px * side_px / smallest_px
    short, long = min(size_wh), max(size_wh)
    if long <= tile_px:
        return 0
    return max(1, math.ceil((short / tile_px - OVERLAP) / (1 - OVERLAP)))


def plan_tiles(
    size_wh: tuple[int, int], rows: int, *, side_px: int, zone: NDArray[np.float64] | None = None
) -> TilePlan:
    """Tiles that cover the frame (or the zone), evenly spread, and the whole.

    Parameters
    ----------
    size_wh
        Of the frame.
    rows
        Tiles along the frame's shorter side; 0 = none, the whole frame only.
    side_px
        Of the network's input.
    zone
        (c, 2) float64 corners of a polygon in frame pixels; tiles that do not touch it are left out.
    """
    if rows < 0:
        raise SettingError(f"rows: must be 0 or more, got {rows}")
    longer = max(size_wh)
    whole = tuple(max(1, round(side * side_px / longer)) for side in size_wh)
    if rows == 0:
        return TilePlan(size_wh, side_px, (0, 0), (), (whole[0], whole[1]))
    scale = min(side_px * (rows - (rows - 1) * OVERLAP) / min(size_wh), _LARGEST_SCALE)
    scaled = tuple(max(1, round(side * scale)) for side in size_wh)
    spread = [_starts(length, side_px) for length in scaled]
    corners = tuple((x, y) for y in spread[1] for x in spread[0])
    plan = TilePlan(size_wh, side_px, (scaled[0], scaled[1]), corners, (whole[0], whole[1]))
    if zone is None:
        return plan
    touched = _touches(plan, zone)
    kept = tuple(corner for corner, is_touched in zip(corners, touched, strict=True) if is_touched)
    return TilePlan(size_wh, side_px, plan.scaled_wh, kept, plan.whole_wh)


def _count(length: int, side_px: int) -> int:
    """How many tiles cover a side, neighbours sharing at least (nearly) OVERLAP of a tile."""
    if length <= side_px:
        return 1
    return max(2, math.ceil((length / side_px - OVERLAP) / (1 - OVERLAP) - 0.02))


def _starts(length: int, side_px: int) -> list[int]:
    n = _count(length, side_px)
    return [round(i * (length - side_px) / max(n - 1, 1)) for i in range(n)]


def zone_px(zone: Zone, size_wh: tuple[int, int]) -> NDArray[np.float64]:
    """Corners of a zone in frame pixels, (c, 2) float64, c >= 3.

    Raises
    ------
    SettingError
        If it has fewer than three corners or a coordinate is no finite number.
    """
    corners = np.asarray(zone, np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3 or not np.isfinite(corners).all():
        raise SettingError(f"zones: a zone is a list of three or more (x, y) corners, got {zone!r}")
    is_relative = bool((corners >= 0).all() and (corners <= 1).all())
    return corners * size_wh if is_relative else corners


def inside_zone(points: NDArray[np.floating], zone: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of n points (n, 2) lie in the polygon (c, 2) or on its border: (n,) bool."""
    import cv2

    outline = zone.astype(np.float32)
    sides = [cv2.pointPolygonTest(outline, (float(x), float(y)), False) for x, y in points]
    return np.asarray(sides, np.float64) >= 0


def _touches(plan: TilePlan, zone: NDArray[np.float64]) -> list[bool]:
    """Whether each tile shares a pixel of the resized frame with the zone."""
    import cv2

    width, height = plan.scaled_wh
    outline = zone * (width / plan.size_wh[0], height / plan.size_wh[1])
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.rint(outline).astype(np.int32)], 1)
    return [bool(mask[y : y + plan.side_px, x : x + plan.side_px].any()) for x, y in plan.corners]
