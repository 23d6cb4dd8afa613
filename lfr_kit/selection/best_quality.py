"""The best shots of each track: an early one, better ones later, and no more than a few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lfr_kit.errors import SettingError
from lfr_kit.quality.crop import crop_shot
from lfr_kit.quality.measures import inter_eye_px, measure, quality
from lfr_kit.records import BestShot, Detections, Frame, Tracks

__all__ = ["BestQualitySelector"]

_LONG_AGO = -(10**9)


@dataclass
class _Track:
    """What is known of one live track: the quality of its shots handed out, and the best one since."""

    given: list[float] = field(default_factory=list)
    given_at: int = _LONG_AGO
    measured_at: int = _LONG_AGO
    held: BestShot | None = None


class BestQualitySelector:
    """Hands out the first good shot of a track at once, then only clearly better ones.

    Handing out a shot costs an embedding and a search, so a track gets few. Its first shot of at least
    `min_quality` goes out in the frame it was taken: an alert is worth most while the person is still
    there. Later ones must make good the share `improvement` of what the best so far lacks to 100, and
    are the best of at least `min_gap_frames`; what is still held when the track ends goes out then.

    Faces are cut out and measured only where they could matter: not those without a track, those too
    small, those of a track that has had its shots, and of a track that has had one only now and then.

    Everything held lies in memory and is let go when its track ends or `flush` is called.

    Parameters
    ----------
    n_shots
        Most shots handed out per track, >= 1.
    min_quality
        Least quality of a shot, 0..100.
    improvement
        Share of the way from the best quality so far to 100 that a further shot must go, in (0, 1]: at 0.4,
        30 is followed by 58, 75, 85, 91 at the least.
    min_gap_frames
        Frames between two shots of one track, >= 0.
    measure_every_frames
        A track that had its first shot is measured in every nth frame, >= 1.
    smallest_inter_eye_px
        Faces with eyes closer than that are not looked at, >= 0.

    Raises
    ------
    SettingError
        If a setting is out of range.
    """

    def __init__(
        self,
        *,
        n_shots: int = 4,
        min_quality: float = 30.0,
        improvement: float = 0.4,
        min_gap_frames: int = 25,
        measure_every_frames: int = 3,
        smallest_inter_eye_px: float = 9.0,
    ) -> None:
        for holds, text in (
            (n_shots >= 1, f"n_shots: must be at least 1, got {n_shots}"),
            (0 <= min_quality <= 100, f"min_quality: must lie in [0, 100], got {min_quality}"),
            (0 < improvement <= 1, f"improvement: must lie in (0, 1], got {improvement}"),
            (min_gap_frames >= 0, f"min_gap_frames: must be at least 0, got {min_gap_frames}"),
            (measure_every_frames >= 1, f"measure_every_frames: must be at least 1, got {measure_every_frames}"),
            (
                smallest_inter_eye_px >= 0,
                f"smallest_inter_eye_px: must be at least 0, got {smallest_inter_eye_px}",
            ),
        ):
            if not holds:
                raise SettingError(text)
        self.n_shots = n_shots
        self.min_quality = min_quality
        self.improvement = improvement
        self.min_gap_frames = min_gap_frames
        self.measure_every_frames = measure_every_frames
        self.smallest_inter_eye_px = smallest_inter_eye_px
        self._tracks: dict[tuple[str, int], _Track] = {}

    def offer(self, frame: Frame, tracks: Tracks) -> list[BestShot]:
        """Shots to be compared now, best first: of faces in this frame, and of tracks that ended with it."""
        given = []
        for row in np.flatnonzero(tracks.track_ids >= 0).tolist():
            track_id = int(tracks.track_ids[row])
            track = self._tracks.setdefault((frame.camera_id, track_id), _Track())
            if self._is_worth_measuring(track, frame.frame_index, tracks.detections, row):
                self._consider(track, frame, tracks.detections, row, track_id)
            if track.held is not None and frame.frame_index - track.given_at >= self.min_gap_frames:
                given.append(self._give(track, track.held, frame.frame_index))
        given += self._end([(frame.camera_id, track_id) for track_id in tracks.ended_ids.tolist()])
        return sorted(given, key=_by_quality)

    def flush(self, camera_id: str) -> list[BestShot]:
        """The held shots of a camera whose stream ended, best first; nothing of it is held afterwards."""
        return sorted(self._end([key for key in self._tracks if key[0] == camera_id]), key=_by_quality)

    def refused(self, shots: Sequence[BestShot]) -> None:
        """These shots, handed out before, were not good enough after all: they do not count.

        Without that, a track whose best shot shows a hand before the face would never be compared.
        Its next best goes out `min_gap_frames` after the refused one.
        """
        for shot in shots:
            track = self._tracks.get((shot.camera_id, shot.track_id))
            if track is not None and shot.quality in track.given:
                track.given.remove(shot.quality)

    def _is_worth_measuring(self, track: _Track, now: int, detections: Detections, row: int) -> bool:
        """Whether a face could become a shot, from what is known without looking at a pixel."""
        if len(track.given) >= self.n_shots:
            return False
        if track.given_at != _LONG_AGO and now - track.measured_at < self.measure_every_frames:
            return False
        return inter_eye_px(detections.landmarks_px[row], detections.boxes_px[row]) >= self.smallest_inter_eye_px

    def _consider(self, track: _Track, frame: Frame, detections: Detections, row: int, track_id: int) -> None:
        """Measures a face and holds it if it is good enough and better than the one held."""
        track.measured_at = frame.frame_index
        measured = measure(
            frame.image,
            detections.boxes_px[row],
            detections.landmarks_px[row],
            float(detections.detection_scores[row]),
        )
        value = quality(measured)
        to_beat = track.held.quality if track.held is not None else -1.0
        if value >= self._needed(track) and value > to_beat:
            track.held = crop_shot(frame, detections, row, track_id=track_id, quality=value)

    def _needed(self, track: _Track) -> float:
        """Quality that the next shot of a track must have."""
        if not track.given:
            return self.min_quality
        best = max(track.given)
        return max(self.min_quality, best + self.improvement * (100 - best))

    def _give(self, track: _Track, shot: BestShot, now: int) -> BestShot:
        track.held = None
        track.given.append(shot.quality)
        track.given_at = now
        return shot

    def _end(self, keys: list[tuple[str, int]]) -> list[BestShot]:
        ended = [self._tracks.pop(key, _Track()) for key in keys]
        return [track.held for track in ended if track.held is not None]


def _by_quality(shot: BestShot) -> tuple[float, int]:
    return -shot.quality, shot.track_id
