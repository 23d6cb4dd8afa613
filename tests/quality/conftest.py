"""Shots of one public-domain face, its landmarks read off by eye: no detector is needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from lfr_kit.errors import ModelMissingError
from lfr_kit.models import model_path
from lfr_kit.quality.crop import crop_shot
from lfr_kit.records import BestShot, Detections, Frame

BOX = np.array([166, 126, 368, 328], np.float32)
LANDMARKS = np.array([(222, 190), (305, 188), (268, 238), (268, 277), (178, 214), (345, 212)], np.float32)


@pytest.fixture(scope="session")
def weights() -> None:
    """Skips where the face mesh's weights are not on this machine."""
    try:
        model_path("face_mesh")
    except ModelMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def frame_and_face(portrait: np.ndarray) -> tuple[Frame, Detections]:
    """The portrait as a frame, and its face."""
    frame = Frame(
        image=portrait, frame_index=7, captured_at=datetime(2026, 1, 1, tzinfo=UTC), camera_id="a", position_s=0.28
    )
    face = Detections(
        camera_id="a",
        frame_index=7,
        boxes_px=BOX[None],
        landmarks_px=LANDMARKS[None],
        detection_scores=np.array([0.9]),
    )
    return frame, face


@pytest.fixture(scope="session")
def shot_of(frame_and_face: tuple[Frame, Detections]) -> Callable[..., BestShot]:
    """A shot of the face in an image derived from the portrait by `matrix` (2, 3); default: the portrait."""
    frame, _ = frame_and_face

    def make(image: np.ndarray | None = None, matrix: np.ndarray | None = None, score: float = 0.9) -> BestShot:
        matrix = np.eye(2, 3) if matrix is None else matrix
        landmarks = LANDMARKS @ matrix[:, :2].T + matrix[:, 2]
        middle = BOX.reshape(2, 2).mean(axis=0) @ matrix[:, :2].T + matrix[:, 2]
        half = 101 * float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
        given = Frame(
            image=frame.image if image is None else image,
            frame_index=7,
            captured_at=frame.captured_at,
            camera_id="a",
        )
        face = Detections(
            camera_id="a",
            frame_index=7,
            boxes_px=np.concatenate([middle - half, middle + half])[None],
            landmarks_px=landmarks[None],
            detection_scores=np.array([score]),
        )
        return crop_shot(given, face, 0)

    return make
