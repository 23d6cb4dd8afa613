"""What algorithms are given under test: one public-domain face, two faces walking, random templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files

import numpy as np

from lfr_kit.records import BestShot, CandidateList, Detections, Frame, Template, Tracks

__all__ = [
    "CAMERA",
    "FOREIGN_SPACE",
    "SPACE",
    "a_walk",
    "faces_at",
    "frame_at",
    "frames_of_two_cameras",
    "portrait",
    "some_candidate_lists",
    "some_shots",
    "some_templates",
    "tracked_at",
]

CAMERA = "conformance"
SPACE, FOREIGN_SPACE = "conformance-a", "conformance-b"

_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@cache
def portrait() -> np.ndarray:
    """(600, 512, 3) uint8 RGB: Rear Admiral Grace Hopper, work of the US Navy."""
    from PIL import Image

    with (files("matplotlib") / "mpl-data/sample_data/grace_hopper.jpg").open("rb") as file:
        return np.asarray(Image.open(file).convert("RGB"))


_FACE_BOX = np.array([165, 125, 368, 329], np.float32)
_FACE_LANDMARKS = np.array([[227, 190], [308, 190], [270, 235], [269, 274], [181, 211], [348, 211]], np.float32)


def frame_at(index: int, image: np.ndarray | None = None, camera_id: str = CAMERA) -> Frame:
    """A frame of a camera with 25 frames per second; it shows the portrait unless another image is given."""
    return Frame(
        image=portrait() if image is None else image,
        frame_index=index,
        captured_at=_NOON + timedelta(seconds=index / 25),
        camera_id=camera_id,
        position_s=index / 25,
    )


def frames_of_two_cameras() -> list[Frame]:
    """A face, nothing at all, and the face mirrored, from two cameras and of two sizes."""
    blank = np.full((240, 320, 3), 127, np.uint8)
    return [frame_at(3), frame_at(8, blank, "other"), frame_at(4, np.ascontiguousarray(portrait()[:, ::-1]))]


def faces_at(index: int, n: int = 2, camera_id: str = CAMERA) -> Detections:
    """Copies of the portrait's face in a row, moving a little with each frame."""
    shift = np.array([[3.0 * index + 250.0 * i, 2.0 * index] for i in range(n)], np.float32).reshape(n, 2)
    return Detections(
        camera_id=camera_id,
        frame_index=index,
        boxes_px=_FACE_BOX + np.tile(shift, 2),
        landmarks_px=_FACE_LANDMARKS + shift[:, None],
        detection_scores=np.full(n, 0.9, np.float32),
    )


def a_walk() -> list[Detections]:
    """Faces come, one goes, all go, and others come much later."""
    return [faces_at(i, n) for i, n in enumerate([0, 1, 2, 2, 2, 1, 1, 0])] + [faces_at(500 + i) for i in range(3)]


def tracked_at(index: int, ids: Sequence[int], ended: Sequence[int] = (), camera_id: str = CAMERA) -> Tracks:
    """The faces of `faces_at`, one for each track id."""
    return Tracks(
        detections=faces_at(index, len(ids), camera_id),
        track_ids=np.array(ids, np.int64),
        ended_ids=np.array(ended, np.int64),
    )


def some_shots() -> list[BestShot]:
    """The portrait's face, no face at all, and the face again."""
    from lfr_kit.quality.crop import crop_shot

    blank = frame_at(9, np.full((600, 512, 3), 90, np.uint8))
    return [
        crop_shot(frame, faces_at(0, 1), 0, track_id=i)
        for i, frame in enumerate([frame_at(7), blank, frame_at(8)])
    ]


def some_templates(n: int, space_id: str = SPACE, seed: int = 0) -> list[Template]:
    """Random unit vectors of 16 numbers."""
    vectors = np.random.default_rng(seed).normal(size=(n, 16))
    return [Template(vector=vector / np.linalg.norm(vector), space_id=space_id) for vector in vectors]


def some_candidate_lists() -> list[CandidateList]:
    """Lists from sure to hopeless, on the cosine scale, of different people; one is empty."""
    probes = [replace(probe, shot=some_shots()[0]) for probe in some_templates(4)]
    scores = [np.array(row, np.float32) for row in ([1.0, 0.9], [0.999], [-1.0], [])]
    return [
        CandidateList(
            probe=probe,
            reference_ids=[f"person {i}-{rank}" for rank in range(len(row))],
            similarities=row,
            comparison_scores=row,
            score_scale="cosine",
            n_enrolled=5,
        )
        for i, (probe, row) in enumerate(zip(probes, scores, strict=True))
    ]
