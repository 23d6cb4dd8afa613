"""Which parts of a frame must be covered so that no passer-by can be recognised.

Covering errs on the side of hiding: every detection counts, tracked or not, at whatever score; a face
that the detector loses stays covered where it was and where it was heading; a face that appears is
covered in the moments before as well, as far as the frames of those moments have not gone out yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError
from lfr_kit.records import Tracks

__all__ = ["FaceCover", "Region", "ahead_box", "with_margin"]

Box = NDArray[np.float64]

_MARGIN = 0.15
_MARGIN_PER_S = 0.3
_LARGEST_SHIFT = 0.6
_SAME_FACE_IOU = 0.3
_SHOWN_S = 0.4


@dataclass(frozen=True, eq=False)
class Region:
    """A part of a frame that holds a face: `box_px` (4,) x1 y1 x2 y2, and whose (-1 = of no track)."""

    box_px: Box
    track_id: int


@dataclass(frozen=True, eq=False)
class _Held:
    """A face as last seen: box (4,), the move of its centre (2,) per second, when, and of which track."""

    box_px: Box
    per_s: Box
    seen_at_s: float
    track_id: int


def with_margin(box_px: Box, share: float) -> Box:
    """The box, wider on each side by `share` of its larger side."""
    side = share * max(box_px[2] - box_px[0], box_px[3] - box_px[1])
    wider: Box = box_px + side * np.array([-1.0, -1.0, 1.0, 1.0])
    return wider


def ahead_box(box_px: Box, per_s: Box, ahead_s: float) -> Box:
    """Where a face is heading: its box `ahead_s` later.

    `per_s` is the move of its centre, (2,) in px per second. The move is held to a part of the face's
    size: so a wild guess covers no distant part of the picture, and no gap opens behind it.
    """
    reach = _LARGEST_SHIFT * max(box_px[2] - box_px[0], box_px[3] - box_px[1])
    ahead: Box = box_px + np.tile(np.clip(per_s * ahead_s, -reach, reach), 2)
    return ahead


def _iou(a: Box, b: Box) -> float:
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(sides, 0.0)))
    total = float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - shared
    return shared / total if total > 0 else 0.0


class FaceCover:
    """Remembers where faces were for as long as they must stay covered; boxes only, never pixels.

    Parameters
    ----------
    hold_s
        How long a face stays covered after it was last seen.

    Raises
    ------
    SettingError
        If `hold_s` is negative.
    """

    def __init__(self, *, hold_s: float = 0.8) -> None:
        if hold_s < 0:
            raise SettingError(f"hold_s: must be 0 or more seconds, got {hold_s}")
        self.hold_s = hold_s
        self._held: dict[int, _Held] = {}
        self._nameless = count(-2, -1)

    def see(self, tracks: Tracks, at_s: float) -> list[Region]:
        """Takes in the faces of a frame looked at; returns those that were not there before, with margin."""
        boxes = tracks.detections.boxes_px.astype(np.float64)
        self._forget_replaced(boxes)
        appeared = []
        for box, track_id in zip(boxes, tracks.track_ids.tolist(), strict=True):
            before = self._held.get(track_id)
            if before is None:
                appeared.append(Region(with_margin(box, _MARGIN), track_id))
            key = track_id if track_id >= 0 else next(self._nameless)
            self._held[key] = _Held(box, _move_per_s(before, box, at_s), at_s, track_id)
        return appeared

    def regions(self, at_s: float) -> list[Region]:
        """Where a face is or may be at a moment; forgets those last seen longer than `hold_s` ago."""
        self._held = {key: held for key, held in self._held.items() if at_s - held.seen_at_s <= self.hold_s}
        return [region for held in self._held.values() for region in _regions(held, at_s - held.seen_at_s)]

    def box_of(self, track_id: int, at_s: float) -> Box | None:
        """Where the face of a track most likely is, without margin; None where it was not seen of late."""
        held = self._held.get(track_id)
        if held is None or at_s - held.seen_at_s > _SHOWN_S:
            return None
        return held.box_px + np.tile(held.per_s, 2) * (at_s - held.seen_at_s)

    def _forget_replaced(self, boxes: NDArray[np.float64]) -> None:
        """Faces without a track have no name to be found by: one that is seen again replaces the old."""
        self._held = {
            key: held
            for key, held in self._held.items()
            if key >= 0 or not any(_iou(held.box_px, box) > _SAME_FACE_IOU for box in boxes)
        }


def _move_per_s(before: _Held | None, box: Box, at_s: float) -> Box:
    if before is None or at_s <= before.seen_at_s:
        return np.zeros(2)
    centres = (box[:2] + box[2:]) / 2, (before.box_px[:2] + before.box_px[2:]) / 2
    fresh: Box = (centres[0] - centres[1]) / (at_s - before.seen_at_s)
    return 0.5 * (fresh + before.per_s) if before.per_s.any() else fresh


def _regions(held: _Held, age_s: float) -> list[Region]:
    """Where the face was, and where it was heading if that is elsewhere; wider the longer ago."""
    age_s = max(age_s, 0.0)
    ahead = ahead_box(held.box_px, held.per_s, age_s)
    places = [held.box_px] if np.allclose(ahead, held.box_px, atol=0.5) else [held.box_px, ahead]
    return [Region(with_margin(box, _MARGIN + _MARGIN_PER_S * age_s), held.track_id) for box in places]
