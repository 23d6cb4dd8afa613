"""YuNet (OpenCV zoo): a small detector for whole frames; its file is fetched or imported by hand.

References
----------
Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 2023;
weights MIT.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import ModelFormatError, SettingError
from lfr_kit.records import Detections, Frame

__all__ = ["N_LANDMARKS", "YuNetDetector", "to_detections"]

N_LANDMARKS = 4
"""Right eye, left eye, nose tip, mouth centre: YuNet has no ears, and gives the mouth by its two corners."""


class YuNetDetector:
    """Looks at each frame as a whole, at its full size.

    Parameters
    ----------
    min_detection_score
        Least detection score, in [0, 1].
    suppression_iou
        IoU above which two boxes are one face, in [0, 1].
    most_faces
        Most candidates kept before suppression, >= 1.

    Raises
    ------
    SettingError
        If a setting is out of range.
    ModelMissingError
        At the first frame, if the weights are not on this machine; it names the line that fetches them.
    """

    def __init__(
        self, *, min_detection_score: float = 0.6, suppression_iou: float = 0.3, most_faces: int = 5000
    ) -> None:
        self.min_detection_score = min_detection_score
        self.suppression_iou = suppression_iou
        self.most_faces = most_faces
        self._network: Any = None
        for name in ("min_detection_score", "suppression_iou"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingError(f"{name}: must lie in [0, 1], got {getattr(self, name)}")
        if most_faces < 1:
            raise SettingError(f"most_faces: must be 1 or more, got {most_faces}")

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `Detector.detect`; landmarks as in `N_LANDMARKS`."""
        return [self._detect_one(frame) for frame in frames]

    def _detect_one(self, frame: Frame) -> Detections:
        if self._network is None:
            self._network = self._open()
        self._network.setInputSize(frame.size_wh)
        _, rows = self._network.detect(np.ascontiguousarray(frame.image[..., ::-1]))
        return to_detections(rows, frame)

    def _open(self) -> Any:
        import cv2

        from lfr_kit.models import model_path

        path = model_path("yunet")
        try:
            return cv2.FaceDetectorYN.create(
                str(path), "", (320, 320), self.min_detection_score, self.suppression_iou, self.most_faces
            )
        except cv2.error as error:
            raise ModelFormatError(f"{path}: OpenCV cannot read it ({str(error).splitlines()[0]})") from None


def to_detections(rows: NDArray[np.float32] | None, frame: Frame) -> Detections:
    """YuNet's answer in our terms.

    Parameters
    ----------
    rows
        (n, 15) float32: x y width height; right eye, left eye, nose tip, right and left corner of the
        mouth, each x y; score. None = no face.
    frame
        Where they were found.
    """
    if rows is None or not len(rows):
        return Detections.empty(camera_id=frame.camera_id, frame_index=frame.frame_index, n_landmarks=N_LANDMARKS)
    corner, sides = rows[:, :2], np.maximum(rows[:, 2:4], 0)
    points = rows[:, 4:14].reshape(-1, 5, 2)
    mouth = points[:, 3:].mean(axis=1, keepdims=True)
    return Detections(
        camera_id=frame.camera_id,
        frame_index=frame.frame_index,
        boxes_px=np.concatenate([corner, corner + sides], axis=1),
        landmarks_px=np.concatenate([points[:, :3], mouth], axis=1),
        detection_scores=rows[:, 14].clip(0, 1),
    )
