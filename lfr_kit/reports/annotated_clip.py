"""The footage with every face covered but those that were alerted, from their alert on.

Frames pass through one by one. A few of them wait in memory, so that a face the detector finds late is
covered in the moments before as well; none is kept longer, and none reaches the disk uncovered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lfr_kit.errors import SettingError
from lfr_kit.pipeline import Step
from lfr_kit.records import Alert, Frame, Image
from lfr_kit.reports.blur import blurred
from lfr_kit.reports.face_cover import Box, FaceCover, Region
from lfr_kit.reports.label import labelled
from lfr_kit.reports.mp4_file import Mp4File

__all__ = ["AnnotatedClip", "annotated_clip"]


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A frame on its way out: what to cover in it, and where the alerted faces are by track."""

    frame: Frame
    regions: list[Region]
    boxes_px: dict[int, Box]


class AnnotatedClip:
    """Writes the clip of one source; use it through `annotated_clip`.

    Parameters
    ----------
    path
        The MP4 to be made.
    hold_s
        How long a face stays covered after the detector lost it.
    n_waiting
        How many frames wait in memory for late detections.

    Raises
    ------
    SettingError
        If `hold_s` or `n_waiting` is negative.
    """

    def __init__(self, path: Path, *, hold_s: float = 0.8, n_waiting: int = 8) -> None:
        if n_waiting < 0:
            raise SettingError(f"n_waiting: must be 0 or more frames, got {n_waiting}")
        self.file = Mp4File(path)
        self.n_waiting = n_waiting
        self._cover = FaceCover(hold_s=hold_s)
        self._waiting: deque[_Waiting] = deque()
        self._alerts: dict[int, Alert] = {}

    def add(self, step: Step) -> None:
        """Takes in what the pipeline saw. OutputError if the clip cannot be written."""
        self._alerts.update({alert.shot.track_id: alert for alert in step.alerts if alert.shot.track_id >= 0})
        for frame, tracks in zip(step.frames, step.tracks, strict=True):
            if tracks is not None:
                appeared = self._cover.see(tracks, frame.position_s)
                for waiting in self._waiting:
                    waiting.regions.extend(appeared)
            regions = self._cover.regions(frame.position_s)
            self._waiting.append(_Waiting(frame, regions, self._boxes(regions, frame.position_s)))
            if len(self._waiting) > self.n_waiting:
                self._write(self._waiting.popleft())

    def finish(self) -> bool:
        """Writes what waits and closes the file; says whether there is one. OutputError if it cannot be."""
        while self._waiting:
            self._write(self._waiting.popleft())
        return self.file.finish()

    def _boxes(self, regions: list[Region], at_s: float) -> dict[int, Box]:
        of_tracks = {r.track_id: self._cover.box_of(r.track_id, at_s) for r in regions if r.track_id >= 0}
        return {track_id: box for track_id, box in of_tracks.items() if box is not None}

    def _write(self, waiting: _Waiting) -> None:
        self.file.write(self._annotated(waiting), waiting.frame.position_s)

    def _annotated(self, waiting: _Waiting) -> Image:
        """Covers first, so that an alerted face beside a passer-by's is hidden rather than both shown."""
        image = blurred(waiting.frame.image, (r.box_px for r in waiting.regions if r.track_id not in self._alerts))
        for track_id, alert in self._alerts.items():
            if track_id in waiting.boxes_px:
                image = labelled(image, waiting.boxes_px[track_id], alert.reference_id)
        return image


@contextmanager
def annotated_clip(path: Path, *, hold_s: float = 0.8, n_waiting: int = 8) -> Iterator[AnnotatedClip]:
    """A clip that is whole when the block ends well, and not there when it ends in an error.

    Raises
    ------
    OutputError
        If the clip cannot be written.
    """
    clip = AnnotatedClip(path, hold_s=hold_s, n_waiting=n_waiting)
    try:
        yield clip
        clip.finish()
    finally:
        clip.file.discard()
