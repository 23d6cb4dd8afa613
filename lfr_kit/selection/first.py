"""The first shot of each track, whatever its quality. The null of this stage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lfr_kit.quality.crop import crop_shot
from lfr_kit.records import BestShot, Frame, Tracks

__all__ = ["FirstSelector"]


class FirstSelector:
    """Hands out each track's first face, once; with `single_frame` tracking, every face of every frame."""

    def __init__(self) -> None:
        self._given: set[tuple[str, int]] = set()

    def offer(self, frame: Frame, tracks: Tracks) -> list[BestShot]:
        """Shots of the tracks that are new in this frame, best first."""
        camera_id = frame.camera_id
        shots = []
        for row in np.flatnonzero(tracks.track_ids >= 0).tolist():
            track_id = int(tracks.track_ids[row])
            if (camera_id, track_id) not in self._given:
                self._given.add((camera_id, track_id))
                shots.append(crop_shot(frame, tracks.detections, row, track_id=track_id))
        self._given.difference_update((camera_id, track_id) for track_id in tracks.ended_ids.tolist())
        return sorted(shots, key=lambda shot: (-shot.quality, shot.track_id))

    def refused(self, shots: Sequence[BestShot]) -> None:
        """A track had its shot, good or not."""

    def flush(self, camera_id: str) -> list[BestShot]:
        """Nothing: no shot is ever held."""
        self._given = {key for key in self._given if key[0] != camera_id}
        return []
