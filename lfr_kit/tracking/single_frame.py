"""No tracking: every detection is a track of its own that ends at once. The null of this stage."""

from __future__ import annotations

import numpy as np

from lfr_kit.records import Detections, Tracks

__all__ = ["SingleFrameTracker"]


class SingleFrameTracker:
    """Gives every detection a new id that ends with its frame.

    With it every face of every frame is treated by itself: what a system without tracking does.

    Examples
    --------
    >>> faces = Detections(
    ...     camera_id="door", frame_index=0, boxes_px=[[0, 0, 9, 9], [20, 0, 29, 9]],
    ...     landmarks_px=np.zeros((2, 6, 2)), detection_scores=[0.9, 0.8])
    >>> tracker = SingleFrameTracker()
    >>> tracker.update(faces).track_ids.tolist(), tracker.update(faces).track_ids.tolist()
    ([0, 1], [2, 3])
    """

    def __init__(self) -> None:
        self._next_id = 0
        self._camera_id = ""

    def update(self, detections: Detections) -> Tracks:
        """All n detections with n new ids, all of them ended."""
        ids = np.arange(self._next_id, self._next_id + len(detections))
        self._next_id += len(detections)
        self._camera_id = detections.camera_id
        return Tracks(detections=detections, track_ids=ids, ended_ids=ids)

    def flush(self) -> Tracks:
        """Nothing: no track is ever live."""
        empty = Detections.empty(camera_id=self._camera_id, frame_index=-1)
        nothing = np.zeros(0, np.int64)
        return Tracks(detections=empty, track_ids=nothing, ended_ids=nothing)
