"""Frames made of one public-domain face, and the weights to find it with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from lfr_kit.errors import ModelMissingError
from lfr_kit.models import model_path
from lfr_kit.records import Frame

FACE_PX = 204
"""Height of the face's box in the portrait as BlazeFace draws it."""


@pytest.fixture(scope="session")
def weights() -> None:
    """Skips where the BlazeFace weights are not on this machine."""
    try:
        model_path("blazeface_full_range")
        model_path("blazeface_short_range")
    except ModelMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def make_frame() -> Callable[..., Frame]:
    def make(image: np.ndarray, frame_index: int = 0, camera_id: str = "a") -> Frame:
        return Frame(
            image=image, frame_index=frame_index, captured_at=datetime(2026, 1, 1, tzinfo=UTC), camera_id=camera_id
        )

    return make


@pytest.fixture(scope="session")
def street(portrait: np.ndarray) -> Callable[..., np.ndarray]:
    """A grey 1920 x 1080 picture with the portrait pasted so that its face is of a height, at places."""

    def paint(face_px: float, *places: tuple[int, int], size_wh: tuple[int, int] = (1920, 1080)) -> np.ndarray:
        picture = np.full((size_wh[1], size_wh[0], 3), 110, np.uint8)
        scale = face_px / FACE_PX
        small = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        height, width = small.shape[:2]
        for x, y in places:
            picture[y : y + height, x : x + width] = small[: size_wh[1] - y, : size_wh[0] - x]
        return picture

    return paint
