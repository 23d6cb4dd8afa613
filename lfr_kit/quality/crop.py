"""Cutting a face out of its frame, so that the frame can be let go."""

from __future__ import annotations

import numpy as np

from lfr_kit.quality.measures import measure
from lfr_kit.quality.measures import quality as combined
from lfr_kit.records import BestShot, Detections, Frame

__all__ = ["MARGIN", "crop_shot"]

MARGIN = 0.6
"""Of the larger box side, kept on each side: enough for the rotated 1.5-fold square of the face mesh."""


def crop_shot(
    frame: Frame,
    detections: Detections,
    row: int,
    *,
    track_id: int = -1,
    quality: float | None = None,
    margin: float = MARGIN,
) -> BestShot:
    """One face of a frame with its surroundings; everything in it is a copy.

    Parameters
    ----------
    frame
        Where the face was found.
    detections
        Of this frame.
    row
        Which of them.
    track_id
        -1 = not from a track.
    quality
        0..100; None = measured here (`lfr_kit.quality.measures`).
    margin
        Share of the larger side of the box that is kept on each of the four sides, clipped to the frame.

    Returns
    -------
    BestShot
        With `mesh_px` empty and no reasons. A box wholly outside the frame gives the frame's nearest
        pixel, with quality 0.
    """
    box, landmarks = detections.boxes_px[row], detections.landmarks_px[row]
    score = float(detections.detection_scores[row])
    x1, y1, x2, y2 = _area(box, frame.size_wh, margin)
    origin = np.array([x1, y1], np.float32)
    image = frame.image[y1:y2, x1:x2]
    box, landmarks = box - np.tile(origin, 2), landmarks - origin
    if quality is None:
        quality = combined(measure(image, box, landmarks, score))
    return BestShot(
        image=image,
        origin_px=origin,
        box_px=box,
        landmarks_px=landmarks,
        mesh_px=np.zeros((0, 2), np.float32),
        quality=quality,
        camera_id=detections.camera_id,
        track_id=track_id,
        frame_index=frame.frame_index,
        captured_at=frame.captured_at,
        position_s=frame.position_s,
        detection_score=score,
    )


def _area(box: np.ndarray, size_wh: tuple[int, int], margin: float) -> tuple[int, int, int, int]:
    """Whole pixels x1 y1 x2 y2 within the frame, at least one."""
    around = margin * float(max(box[2] - box[0], box[3] - box[1]))
    width, height = size_wh
    x1 = int(np.clip(np.floor(box[0] - around), 0, width - 1))
    y1 = int(np.clip(np.floor(box[1] - around), 0, height - 1))
    x2 = int(np.clip(np.ceil(box[2] + around), x1 + 1, width))
    y2 = int(np.clip(np.ceil(box[3] + around), y1 + 1, height))
    return x1, y1, x2, y2
