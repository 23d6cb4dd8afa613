"""One segment of one camera while it is recorded: begun in the store, encoded, sealed piece by piece, ended."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lfr_kit.errors import LfrError, OutputError
from lfr_kit.governance.recording import SegmentState

if TYPE_CHECKING:
    from lfr_kit.config import LiveSettings
    from lfr_kit.governance.roles import Actor
    from lfr_kit.records import Frame
    from lfr_kit.store.store import Store

__all__ = ["Place", "SegmentWriter", "check_room", "fitted_wh"]


@dataclass(frozen=True)
class Place:
    """Whose footage is kept, by whom, where, and how."""

    store: Store
    actor: Actor
    deployment_id: str
    live: LiveSettings


class SegmentWriter:
    """Records one segment from its first frame on.

    Parameters
    ----------
    place
        Where it goes; the store is asked whether the authority lets this camera be recorded.
    frame
        The first one; sets the size.

    Raises
    ------
    AuthorityError
        If the authority does not let it be recorded.
    OutputError
        If there is not enough room, or the file cannot be made.
    StoreError
        If the store is away.
    """

    def __init__(self, place: Place, frame: Frame) -> None:
        from lfr_kit.operations.recordings import begin_segment, segment_file
        from lfr_kit.reports.footage import FootageEncoder

        check_room(place.store.chosen.recordings, place.live.recording_free_mb)
        self.frame_wh = frame.size_wh
        self._place = place
        self._begun = begin_segment(
            place.store, place.actor, place.deployment_id, frame.camera_id, frame.captured_at
        )
        self._last_at = frame.captured_at
        self._n_frames = 0
        self._n_kept = (0, frame.captured_at)
        try:
            self._file = segment_file(place.store, self._begun)
        except LfrError:
            self._note_end(SegmentState.CUT_OFF, (0, 0))
            raise
        self._encoder = FootageEncoder(fitted_wh(frame.size_wh, place.live.recording_width_px))

    @property
    def segment_id(self) -> str:
        """Its id in the store."""
        return self._begun.segment.segment_id

    @property
    def started_at(self) -> datetime:
        """When its first frame was captured."""
        return self._begun.segment.started_at

    def takes(self, frame: Frame) -> bool:
        """Whether a frame still belongs to it: of the same size, and before its time is over."""
        lasts_s = (frame.captured_at - self.started_at).total_seconds()
        return frame.size_wh == self.frame_wh and 0 <= lasts_s < self._place.live.recording_segment_s

    def write(self, frame: Frame) -> None:
        """Adds a frame.

        Raises
        ------
        OutputError
            If there is no more room, or its disk fails. What was kept before stays; `give_up` it.
        """
        at_s = (frame.captured_at - self.started_at).total_seconds()
        video = self._encoder.write(frame.image, at_s)
        if video:
            check_room(self._file.path, self._place.live.recording_free_mb)
            self._file.add(video)
            self._n_kept = (self._n_frames, self._last_at)  # a piece holds what came before this frame
        self._n_frames, self._last_at = self._n_frames + 1, frame.captured_at

    def finish(self) -> None:
        """Ends it in good order. LfrError if that fails; what was kept of it stays."""
        self._file.add(self._encoder.finish())
        self._file.close()
        self._n_kept = (self._n_frames, self._last_at)
        self._note_end(SegmentState.WHOLE, (self._file.n_pieces, self._file.n_bytes))

    def give_up(self) -> None:
        """Ends it with what was kept; never fails: what the store cannot be told now is settled later."""
        self._file.close()
        with suppress(LfrError):
            self._note_end(SegmentState.CUT_OFF, (self._file.n_pieces, self._file.n_bytes))

    def _note_end(self, state: SegmentState, size: tuple[int, int]) -> None:
        from lfr_kit.operations.recordings import end_segment
        from lfr_kit.store.repository.recordings import End

        n_frames, ended_at = self._n_kept
        n_pieces, n_bytes = size
        how = End(state=state, ended_at=ended_at, n_frames=n_frames, n_bytes=n_bytes, n_pieces=n_pieces)
        end_segment(self._place.store, self._place.actor, self._begun, how)


def fitted_wh(frame_wh: tuple[int, int], width_px: int) -> tuple[int, int]:
    """(width, height) of the video of frames of this size: no wider than that, and even, as encoders want it.

    >>> fitted_wh((1920, 1080), 1280), fitted_wh((641, 361), 1280)
    ((1280, 720), (640, 360))
    """
    share = min(1.0, width_px / frame_wh[0])
    width, height = (max(2, round(side * share) // 2 * 2) for side in frame_wh)
    return width, height


def check_room(path: Path, least_mb: float) -> None:
    """OutputError if the disk of a path has less room than must stay free for alerts and the store."""
    there = next(each for each in (path, *path.parents) if each.exists())
    room = os.statvfs(there)
    free_mb = room.f_bavail * room.f_frsize / 1e6
    if free_mb < least_mb:
        raise OutputError(
            f"{there}: {free_mb:,.0f} MB free, {least_mb:,.0f} must stay free (live.recording_free_mb); make room"
        )
