"""Tracks by overlap with where a constant-velocity Kalman filter expects each face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import InputError, SettingError
from lfr_kit.records import Detections, Tracks
from lfr_kit.tracking.association import Gate, assign, likeness
from lfr_kit.tracking.boxes import from_boxes, to_boxes
from lfr_kit.tracking.kalman import Motion, Noise, concatenate, predict, replaced, start, update

__all__ = ["IouKalmanTracker"]

_NOISE = Noise()
_BUFFER_SIGMAS = 2.0
_WIDEST_BUFFER = 0.6
_NO_ID = -1

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Live:
    """The live tracks, one row each: motion, public id (-1 = unconfirmed), times seen, last frame seen."""

    motion: Motion
    ids: Ints
    n_hits: Ints
    seen_at: Ints

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: NDArray[np.bool_]) -> _Live:
        return _Live(self.motion[rows], self.ids[rows], self.n_hits[rows], self.seen_at[rows])


class IouKalmanTracker:
    """Follows faces of one camera by place and size alone; no face is compared with another.

    Each live track is predicted to the present frame and its box compared with the detections by
    intersection over union, after enlarging both by the filter's own uncertainty, so that a new or
    lapsed track reaches further than a steady one. Sure detections are assigned first, the unsure
    ones only to tracks left over (ByteTrack): a face turning away keeps its track, and an unsure
    detection never starts one.

    Parameters
    ----------
    max_gap_frames
        A track survives so many frames of the source without its face (occlusion), >= 0. Frames
        that nobody looked at count.
    n_confirm
        A face gets its id when seen so many times in a row, >= 1; until then -1.
    sure_score
        Detections with at least this score start tracks, [0, 1].
    min_iou
        Least overlap (after enlarging) of a detection with a track it continues, (0, 1].
    max_size_ratio
        Largest change of size between a prediction and a detection, >= 1.

    Raises
    ------
    SettingError
        If a setting is out of range.

    References
    ----------
    Bewley et al., "Simple online and realtime tracking", ICIP 2016. Zhang et al., "ByteTrack:
    multi-object tracking by associating every detection box", ECCV 2022.
    """

    def __init__(
        self,
        *,
        max_gap_frames: int = 25,
        n_confirm: int = 2,
        sure_score: float = 0.6,
        min_iou: float = 0.15,
        max_size_ratio: float = 1.8,
    ) -> None:
        for holds, text in (
            (max_gap_frames >= 0, f"max_gap_frames: must be at least 0, got {max_gap_frames}"),
            (n_confirm >= 1, f"n_confirm: must be at least 1, got {n_confirm}"),
            (0 <= sure_score <= 1, f"sure_score: must lie in [0, 1], got {sure_score}"),
            (0 < min_iou <= 1, f"min_iou: must lie in (0, 1], got {min_iou}"),
            (max_size_ratio >= 1, f"max_size_ratio: must be at least 1, got {max_size_ratio}"),
        ):
            if not holds:
                raise SettingError(text)
        self.max_gap_frames = max_gap_frames
        self.n_confirm = n_confirm
        self.sure_score = sure_score
        self.min_iou = min_iou
        self.max_size_ratio = max_size_ratio
        self._next_id = 0
        self._live = _nobody()
        self._last = Detections.empty(camera_id="", frame_index=_NO_ID)

    def update(self, detections: Detections) -> Tracks:
        """All n detections with the id of their track; ids are never used again.

        Raises
        ------
        InputError
            If the detections are of another camera, or not of a later frame, than the last ones
            (call `flush` between streams).
        """
        self._check_order(detections)
        now = detections.frame_index
        gap = now - self._last.frame_index
        self._last = detections
        if len(self._live):
            live = self._live
            self._live = _Live(predict(live.motion, gap, _NOISE), live.ids, live.n_hits, live.seen_at)
        rows, columns = self._associate(detections)
        measured = from_boxes(detections.boxes_px)
        self._continue(rows, measured[columns], now)
        track_ids = np.full(len(detections), _NO_ID, np.int64)
        track_ids[columns] = self._live.ids[rows]
        ended = self._drop_lapsed(now)
        self._begin(detections, measured, columns, track_ids, now)
        return Tracks(detections=detections, track_ids=track_ids, ended_ids=ended)

    def flush(self) -> Tracks:
        """Ends every live track; afterwards another stream may follow, with new ids."""
        ended = self._live.ids[self._live.ids != _NO_ID]
        last = self._last
        self._live = _nobody()
        self._last = Detections.empty(camera_id="", frame_index=_NO_ID)
        nobody = Detections.empty(camera_id=last.camera_id, frame_index=last.frame_index)
        return Tracks(detections=nobody, track_ids=np.zeros(0, np.int64), ended_ids=ended)

    def _check_order(self, detections: Detections) -> None:
        last = self._last
        if last.frame_index == _NO_ID:
            return
        if detections.camera_id != last.camera_id:
            raise InputError(
                f"a tracker follows one camera: this one follows {last.camera_id!r}, got a frame of "
                f"{detections.camera_id!r}; make one tracker per camera"
            )
        if detections.frame_index <= last.frame_index:
            raise InputError(
                f"frame {detections.frame_index} came after frame {last.frame_index} of {last.camera_id!r}; "
                "frames must come in order, and flush() between two streams"
            )

    def _associate(self, detections: Detections) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows of live tracks and the detections that continue them: sure detections first."""
        motion = self._live.motion
        scores = likeness(
            to_boxes(motion.value),
            detections.boxes_px.astype(np.float64),
            _buffer(motion),
            Gate(self.min_iou, self.max_size_ratio),
        )
        is_sure = detections.detection_scores >= self.sure_score
        rows, columns = assign(np.where(is_sure, scores, 0.0))
        if is_sure.all():
            return rows, columns
        # A track that was never confirmed must not live on unsure detections.
        left = np.where(is_sure | (self._live.ids == _NO_ID)[:, None], 0.0, scores)
        left[rows] = 0.0
        more_rows, more_columns = assign(left)
        return np.concatenate([rows, more_rows]), np.concatenate([columns, more_columns])

    def _continue(self, rows: NDArray[np.intp], measured: NDArray[np.float64], now: int) -> None:
        """Corrects the tracks seen now and gives an id to those seen often enough."""
        if not len(rows):
            return
        live = self._live
        motion = replaced(live.motion, rows, update(live.motion[rows], measured, _NOISE))
        n_hits, seen_at, ids = live.n_hits.copy(), live.seen_at.copy(), live.ids.copy()
        n_hits[rows] += 1
        seen_at[rows] = now
        is_new = (ids == _NO_ID) & (n_hits >= self.n_confirm)
        ids[is_new] = self._new_ids(int(is_new.sum()))
        self._live = _Live(motion, ids, n_hits, seen_at)

    def _drop_lapsed(self, now: int) -> Ints:
        """Ids of the confirmed tracks that end now; an unconfirmed one ends when it is missed once."""
        live = self._live
        is_missed = live.seen_at < now
        is_over = is_missed & ((now - live.seen_at > self.max_gap_frames) | (live.ids == _NO_ID))
        if is_over.any():
            self._live = live[~is_over]
        ended = live.ids[is_over]
        confirmed: Ints = ended[ended != _NO_ID]
        return confirmed

    def _begin(
        self,
        detections: Detections,
        measured: NDArray[np.float64],
        taken: NDArray[np.intp],
        track_ids: Ints,
        now: int,
    ) -> None:
        """Starts a track for each sure detection that continues none; fills `track_ids` if it is confirmed."""
        is_free = detections.detection_scores >= self.sure_score
        is_free[taken] = False
        n = int(is_free.sum())
        if not n:
            return
        if self.n_confirm == 1:
            track_ids[is_free] = self._new_ids(n)
        live = self._live
        self._live = _Live(
            concatenate(live.motion, start(measured[is_free], _NOISE)),
            np.concatenate([live.ids, track_ids[is_free]]),
            np.concatenate([live.n_hits, np.ones(n, np.int64)]),
            np.concatenate([live.seen_at, np.full(n, now, np.int64)]),
        )

    def _new_ids(self, n: int) -> Ints:
        self._next_id += n
        return np.arange(self._next_id - n, self._next_id)


def _nobody() -> _Live:
    nothing = np.zeros(0, np.int64)
    return _Live(start(np.zeros((0, 4)), _NOISE), nothing, nothing, nothing)


def _buffer(motion: Motion) -> NDArray[np.float64]:
    """(n,) share of its size by which a predicted box is enlarged: the filter's deviation of the centre."""
    deviation = np.sqrt((motion.var_value[:, 0] + motion.var_value[:, 1]) / 2)
    side = np.exp((motion.value[:, 2] + motion.value[:, 3]) / 2)
    return np.asarray(np.minimum(_BUFFER_SIGMAS * deviation / side, _WIDEST_BUFFER), np.float64)
