"""MediaPipe's own face detector (Tasks API): the referee for ours, and the familiar choice."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lfr_kit.detection.blazeface import variant
from lfr_kit.errors import ModelFormatError, SettingError
from lfr_kit.records import Detections, Frame

if TYPE_CHECKING:
    from mediapipe.tasks.python.vision import FaceDetector

__all__ = ["MediaPipeFaceDetector"]


class MediaPipeFaceDetector:
    """Looks at each frame as a whole, one call per frame: faces under about 80 px in 1080p are missed.

    Parameters
    ----------
    range
        ``"full"`` or ``"short"``: which BlazeFace network.
    min_detection_score
        Least detection score, in [0, 1].
    min_suppression_threshold
        IoU above which two boxes are one face, in [0, 1].

    Raises
    ------
    SettingError
        If a setting is out of range.
    ModelMissingError
        At the first frame, if the weights are not on this machine.

    Notes
    -----
    Holds a native object: `close` it, or use it in a ``with`` block; otherwise it is closed when it is let go.
    MediaPipe's usage reports are cut off, see `mediapipe_silence`. It gives boxes in whole pixels.
    """

    def __init__(
        self,
        *,
        range: Literal["full", "short"] = "full",
        min_detection_score: float = 0.5,
        min_suppression_threshold: float = 0.3,
    ) -> None:
        self.range = range
        self.min_detection_score = min_detection_score
        self.min_suppression_threshold = min_suppression_threshold
        self._variant = variant(range)
        self._task: FaceDetector | None = None
        self._close: Callable[[], object] = _nothing
        for name in ("min_detection_score", "min_suppression_threshold"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingError(f"{name}: must lie in [0, 1], got {getattr(self, name)}")

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `Detector.detect`."""
        return [self._detect_one(frame) for frame in frames]

    def close(self) -> None:
        """Lets the native object go; the next frame makes a new one."""
        self._task = None
        self._close()

    def __enter__(self) -> MediaPipeFaceDetector:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _detect_one(self, frame: Frame) -> Detections:
        import mediapipe

        if self._task is None:
            self._task = self._make()
            # Also at exit, where MediaPipe's own __del__ comes too late and complains.
            self._close = weakref.finalize(self, _close, self._task)
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(frame.image))
        found = self._task.detect(image).detections
        if not found:
            return Detections.empty(camera_id=frame.camera_id, frame_index=frame.frame_index)
        size = np.asarray(frame.size_wh, np.float32)
        return Detections(
            camera_id=frame.camera_id,
            frame_index=frame.frame_index,
            boxes_px=np.array([_corners(face.bounding_box) for face in found], np.float32),
            landmarks_px=np.array([[(p.x, p.y) for p in face.keypoints] for face in found], np.float32) * size,
            detection_scores=np.array([face.categories[0].score for face in found], np.float32).clip(0, 1),
        )

    def _make(self) -> FaceDetector:
        from mediapipe.tasks.python import BaseOptions
        from mediapipe.tasks.python.vision import FaceDetector, FaceDetectorOptions

        from lfr_kit.detection.mediapipe_silence import quiet_standard_error, silence_mediapipe
        from lfr_kit.models import model_path

        path = model_path(self._variant.model)
        silence_mediapipe()
        options = FaceDetectorOptions(
            base_options=BaseOptions(model_asset_path=str(path)),
            min_detection_confidence=self.min_detection_score,
            min_suppression_threshold=self.min_suppression_threshold,
        )
        try:
            with quiet_standard_error():
                task = FaceDetector.create_from_options(options)
                _warm_up(task, self._variant.side_px)
        except (RuntimeError, ValueError) as error:
            raise ModelFormatError(f"{path}: MediaPipe cannot use it ({str(error).splitlines()[0]})") from None
        return task


def _nothing() -> None:
    """There is nothing to close."""


def _close(task: FaceDetector) -> None:
    from lfr_kit.detection.mediapipe_silence import quiet_standard_error

    try:
        with quiet_standard_error():
            task.close()
    except RuntimeError:  # at exit its thread has ended already; the process takes the native object with it
        task._handle = None  # or MediaPipe's __del__ tries again


def _warm_up(task: FaceDetector, side_px: int) -> None:
    """The first call logs too."""
    import mediapipe

    blank = np.zeros((side_px, side_px, 3), np.uint8)
    task.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=blank))


def _corners(box: Any) -> tuple[float, float, float, float]:
    return box.origin_x, box.origin_y, box.origin_x + box.width, box.origin_y + box.height
