"""A detector that is told what to find: for tests, notebooks and talks, where no face may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.errors import SettingError
from lfr_kit.records import Detections, Frame

__all__ = ["MARKER", "ScriptedDetector", "landmarks_in", "marker_boxes"]

Floats = NDArray[np.float32]

MARKER = (255, 0, 255)
"""Magenta, RGB: the colour of the discs that stand for faces."""

_TOLERANCE = 60
_SMALLEST_PX = 4

# Where landmarks lie in a BlazeFace box, in shares of its sides: means over 864 photos of LFW.
_LANDMARKS = np.array(
    [[0.311, 0.323], [0.694, 0.318], [0.506, 0.543], [0.506, 0.741], [0.11, 0.424], [0.897, 0.414]], np.float32
)


class ScriptedDetector:
    """Gives listed boxes, or finds discs of one colour.

    Parameters
    ----------
    faces
        frame_index -> (n, 4) boxes x1 y1 x2 y2 in pixels, for frames of every camera; other frames are
        empty. None = look for discs instead.
    colour
        R, G, B of the discs.
    detection_score
        Given to each face, in [0, 1].

    Raises
    ------
    SettingError
        If a setting is out of range.

    Examples
    --------
    >>> ScriptedDetector(faces={7: [[10, 10, 50, 50]]}).detect([])
    []
    """

    def __init__(
        self,
        *,
        faces: Mapping[int, ArrayLike] | None = None,
        colour: tuple[int, int, int] = MARKER,
        detection_score: float = 1.0,
    ) -> None:
        if not 0 <= detection_score <= 1:
            raise SettingError(f"detection_score: must lie in [0, 1], got {detection_score}")
        if len(colour) != 3 or not all(0 <= value <= 255 for value in colour):
            raise SettingError(f"colour: needs R, G, B of 0..255, got {colour!r}")
        self.faces = None if faces is None else {index: _boxes(index, given) for index, given in faces.items()}
        self.colour = colour
        self.detection_score = detection_score

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `Detector.detect`."""
        return [self._detect_one(frame) for frame in frames]

    def _detect_one(self, frame: Frame) -> Detections:
        if self.faces is None:
            boxes = marker_boxes(frame.image, self.colour)
        else:
            boxes = self.faces.get(frame.frame_index, np.zeros((0, 4), np.float32))
        return Detections(
            camera_id=frame.camera_id,
            frame_index=frame.frame_index,
            boxes_px=boxes,
            landmarks_px=landmarks_in(boxes),
            detection_scores=np.full(len(boxes), self.detection_score, np.float32),
        )


def _boxes(frame_index: int, given: ArrayLike) -> Floats:
    boxes: Floats = np.asarray(given, np.float32)
    boxes = boxes.reshape(-1, 4) if boxes.size % 4 == 0 else np.zeros((1, 0), np.float32)
    if boxes.shape[1] != 4 or not np.isfinite(boxes).all() or (boxes[:, 2:] < boxes[:, :2]).any():
        raise SettingError(f"faces: frame {frame_index} needs boxes x1 y1 x2 y2, got {given!r}")
    return boxes


def marker_boxes(image: NDArray[np.uint8], colour: tuple[int, int, int] = MARKER) -> Floats:
    """Boxes around connected areas of one colour, at least 4 px wide and high, from top to bottom.

    Parameters
    ----------
    image
        (h, w, 3) uint8 RGB.
    colour
        R, G, B; each channel may be off by 60, so that a compressed picture works too.

    Returns
    -------
    (n, 4) float32
    """
    from scipy import ndimage

    is_marker = (np.abs(image.astype(np.int16) - np.array(colour, np.int16)) <= _TOLERANCE).all(axis=2)
    areas, _ = ndimage.label(is_marker)
    boxes = [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(areas)]
    found = np.asarray(boxes, np.float32).reshape(-1, 4)
    is_large = (found[:, 2:] - found[:, :2] >= _SMALLEST_PX).all(axis=1)
    return np.asarray(found[is_large], np.float32)


def landmarks_in(boxes: Floats) -> Floats:
    """Where the six landmarks of an average frontal face lie in each of n boxes: (n, 6, 2) float32."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(boxes[:, None, :2] + _LANDMARKS * sides[:, None], np.float32)
