"""What stages hand to each other, in the order of the frame's way.

    Frame -> Detections -> Tracks -> BestShot -> Template -> CandidateList -> Alert

Every record is frozen, keyword-only and checked when it is made; arrays are taken over read-only.
Arrays that a record is given are copied unless they are already read-only, so a caller can reuse
its buffers, and nobody can change a record under another stage.

Conventions for all records: images are (height, width, 3) uint8 RGB; boxes are x1 y1 x2 y2 in
pixels with the origin at the top left corner of the frame; times are timezone-aware UTC;
`similarity` is a cosine in [-1, 1], larger is more alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.errors import RecordError

__all__ = [
    "Alert",
    "BestShot",
    "CandidateList",
    "Detections",
    "Frame",
    "Template",
    "Tracks",
]

Floats = NDArray[np.float32]
Image = NDArray[np.uint8]


def _frozen(
    value: ArrayLike, dtype: Any, shape: tuple[int | None, ...], name: str, *, own: bool = False
) -> NDArray[Any]:
    """A read-only array of `dtype` and `shape` (None = any length); RecordError if it has another shape.

    `own`: copy also a read-only view, so that the larger array behind it can be let go.
    """
    array = np.asarray(value, dtype=dtype)
    if array.ndim != len(shape) or any(
        want is not None and got != want for want, got in zip(shape, array.shape, strict=True)
    ):
        want_text = "(" + ", ".join("n" if want is None else str(want) for want in shape) + ")"
        raise RecordError(f"{name}: expected shape {want_text}, got {array.shape}")
    is_shared = array is value or array.base is not None
    if is_shared and (own or array.flags.writeable):
        array = array.copy()
    array.flags.writeable = False
    return array


def _finite(array: NDArray[Any], name: str) -> None:
    if not np.isfinite(array).all():
        raise RecordError(f"{name}: holds NaN or infinity")


def _aware(moment: datetime, name: str) -> None:
    if moment.tzinfo is None:
        raise RecordError(f"{name}: needs a timezone-aware time (UTC), got {moment.isoformat()}")


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture from one camera.

    Attributes
    ----------
    image
        (h, w, 3) uint8 RGB, h and w at least 1.
    frame_index
        Counts every frame of the source from 0, also those not handed out.
    captured_at
        When the camera took it, UTC.
    camera_id
        Name of the camera, or of the file that stands for one; empty = of none, a photograph.
    position_s
        Seconds since the start of the source.

    Raises
    ------
    RecordError
        If the image has another shape or type, or `captured_at` has no timezone.
    """

    _: KW_ONLY
    image: Image
    frame_index: int
    captured_at: datetime
    camera_id: str
    position_s: float = 0.0

    def __post_init__(self) -> None:
        if np.asarray(self.image).dtype != np.uint8:
            raise RecordError(f"image: expected uint8 RGB, got {np.asarray(self.image).dtype}")
        image = _frozen(self.image, np.uint8, (None, None, 3), "image")
        if image.size == 0:
            raise RecordError(f"image: has no pixels, shape {image.shape}")
        _aware(self.captured_at, "captured_at")
        object.__setattr__(self, "image", image)

    @property
    def size_wh(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, eq=False)
class Detections:
    """The faces found in one frame; all arrays have n rows in the same order.

    Attributes
    ----------
    camera_id, frame_index
        Which frame.
    boxes_px
        (n, 4) float32 x1 y1 x2 y2 in the frame, x2 >= x1, y2 >= y1; may reach past its border.
    landmarks_px
        (n, k, 2) float32 x y in the frame. k = 6 for BlazeFace: right eye, left eye, nose tip,
        mouth centre, right ear, left ear (right = the person's right). k may be 0.
    detection_scores
        (n,) float32 in [0, 1], the detector's own.

    Indexing with a mask, a slice or indices gives Detections.
    """

    _: KW_ONLY
    camera_id: str
    frame_index: int
    boxes_px: Floats
    landmarks_px: Floats
    detection_scores: Floats

    def __post_init__(self) -> None:
        boxes = _frozen(self.boxes_px, np.float32, (None, 4), "boxes_px")
        n = len(boxes)
        landmarks = _frozen(self.landmarks_px, np.float32, (n, None, 2), "landmarks_px")
        scores = _frozen(self.detection_scores, np.float32, (n,), "detection_scores")
        for array, name in ((boxes, "boxes_px"), (landmarks, "landmarks_px"), (scores, "detection_scores")):
            _finite(array, name)
        if n and (boxes[:, 2:] < boxes[:, :2]).any():
            raise RecordError("boxes_px: x2 >= x1 and y2 >= y1 must hold in every row (x1, y1, x2, y2)")
        if n and (scores.min() < 0 or scores.max() > 1):
            raise RecordError("detection_scores: must lie in [0, 1]")
        object.__setattr__(self, "boxes_px", boxes)
        object.__setattr__(self, "landmarks_px", landmarks)
        object.__setattr__(self, "detection_scores", scores)

    def __len__(self) -> int:
        return len(self.boxes_px)

    def __getitem__(self, rows: Any) -> Detections:
        if not isinstance(rows, slice):
            rows = np.atleast_1d(np.asarray(rows))
            rows = rows.astype(np.intp) if rows.size == 0 else rows
        return replace(
            self,
            boxes_px=self.boxes_px[rows],
            landmarks_px=self.landmarks_px[rows],
            detection_scores=self.detection_scores[rows],
        )

    @classmethod
    def empty(cls, *, camera_id: str, frame_index: int, n_landmarks: int = 6) -> Detections:
        """No face in this frame."""
        return cls(
            camera_id=camera_id,
            frame_index=frame_index,
            boxes_px=np.zeros((0, 4), np.float32),
            landmarks_px=np.zeros((0, n_landmarks, 2), np.float32),
            detection_scores=np.zeros(0, np.float32),
        )


@dataclass(frozen=True, eq=False)
class Tracks:
    """Detections with the track each belongs to; every detection is kept, in the same order.

    Attributes
    ----------
    detections
        The n faces of the frame, unchanged.
    track_ids
        (n,) int64, -1 = not (yet) part of a track. Ids are never reused by one tracker.
    ended_ids
        (m,) int64 tracks that ended with this frame: what is kept for them must be let go.
    """

    _: KW_ONLY
    detections: Detections
    track_ids: NDArray[np.int64]
    ended_ids: NDArray[np.int64]

    def __post_init__(self) -> None:
        ids = _frozen(self.track_ids, np.int64, (len(self.detections),), "track_ids")
        ended = _frozen(self.ended_ids, np.int64, (None,), "ended_ids")
        confirmed = ids[ids >= 0]
        if len(np.unique(confirmed)) != len(confirmed):
            raise RecordError("track_ids: one track cannot hold two faces of one frame")
        object.__setattr__(self, "track_ids", ids)
        object.__setattr__(self, "ended_ids", ended)

    def __len__(self) -> int:
        return len(self.detections)


@dataclass(frozen=True, eq=False)
class BestShot:
    """One face worth comparing, cut out of its frame.

    Attributes
    ----------
    image
        (h, w, 3) uint8 RGB: the face with a margin. A copy: the frame itself can be let go.
    origin_px
        (2,) float32: x y of the crop's top left corner in the frame.
    box_px
        (4,) float32 x1 y1 x2 y2 *in the crop*.
    landmarks_px
        (k, 2) float32 *in the crop*, order as in `Detections`.
    mesh_px
        (468, 2) float32 face mesh *in the crop*, or (0, 2) where none was computed.
    quality
        0 (unusable) to 100 (ideal), see `lfr_kit.quality`.
    reasons
        Reason codes why the shot is not good enough; empty = good enough.
    camera_id, track_id, frame_index, captured_at, position_s
        Where it came from. `track_id` -1 = not from a track (a still picture).
    detection_score
        0..1, the detector's own.
    """

    _: KW_ONLY
    image: Image
    origin_px: Floats
    box_px: Floats
    landmarks_px: Floats
    mesh_px: Floats
    quality: float
    camera_id: str
    track_id: int
    frame_index: int
    captured_at: datetime
    position_s: float = 0.0
    detection_score: float = 1.0
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if np.asarray(self.image).dtype != np.uint8:
            raise RecordError(f"image: expected uint8 RGB, got {np.asarray(self.image).dtype}")
        set_field = object.__setattr__
        set_field(self, "image", _frozen(self.image, np.uint8, (None, None, 3), "image", own=True))
        if self.image.size == 0:
            raise RecordError(f"image: has no pixels, shape {self.image.shape}")
        set_field(self, "origin_px", _frozen(self.origin_px, np.float32, (2,), "origin_px"))
        set_field(self, "box_px", _frozen(self.box_px, np.float32, (4,), "box_px"))
        set_field(self, "landmarks_px", _frozen(self.landmarks_px, np.float32, (None, 2), "landmarks_px"))
        set_field(self, "mesh_px", _frozen(self.mesh_px, np.float32, (None, 2), "mesh_px"))
        if len(self.mesh_px) not in (0, 468):
            raise RecordError(f"mesh_px: expected shape (468, 2) or (0, 2), got {self.mesh_px.shape}")
        if not 0 <= self.quality <= 100:
            raise RecordError(f"quality: must lie in [0, 100], got {self.quality}")
        _aware(self.captured_at, "captured_at")

    @property
    def is_usable(self) -> bool:
        """Whether nothing speaks against comparing this shot."""
        return not self.reasons


@dataclass(frozen=True, eq=False)
class Template:
    """The numbers that stand for one face (ISO/IEC 2382-37: biometric template).

    Attributes
    ----------
    vector
        (d,) float32 of unit length.
    space_id
        Names the embedding space: embedder, digest of its weights, version of the alignment. Templates of two
        spaces cannot be compared; those of few crops and of many are of one space.
    shot
        The (best) shot it was made from; None for a template that stands alone, such as a
        reference whose picture is kept elsewhere.
    n_shots
        How many shots are fused in it.
    """

    _: KW_ONLY
    vector: Floats
    space_id: str
    shot: BestShot | None = None
    n_shots: int = 1

    def __post_init__(self) -> None:
        vector = _frozen(self.vector, np.float32, (None,), "vector", own=True)
        _finite(vector, "vector")
        if abs(float(vector @ vector) - 1) > 1e-3:
            raise RecordError(f"vector: must have unit length, has {float(np.linalg.norm(vector)):.4f}")
        object.__setattr__(self, "vector", vector)


@dataclass(frozen=True, eq=False)
class CandidateList:
    """The references most like one probe, best first: a search result before any decision.

    Attributes
    ----------
    probe
        The template searched with.
    reference_ids
        m ids, rank order.
    similarities
        (m,) float32 cosine in [-1, 1].
    comparison_scores
        (m,) float32, not increasing: what a threshold is held against. Equal to `similarities`
        where no score normalisation is in use.
    score_scale
        ``"cosine"`` or the name of the normalisation: a threshold is valid on one scale only.
    n_enrolled
        How many references were searched.
    """

    _: KW_ONLY
    probe: Template
    reference_ids: Sequence[str]
    similarities: Floats
    comparison_scores: Floats
    score_scale: str
    n_enrolled: int

    def __post_init__(self) -> None:
        ids = tuple(self.reference_ids)
        similarities = _frozen(self.similarities, np.float32, (len(ids),), "similarities")
        scores = _frozen(self.comparison_scores, np.float32, (len(ids),), "comparison_scores")
        _finite(scores, "comparison_scores")
        if len(ids) and (np.abs(similarities).max() > 1 + 1e-4 or not np.isfinite(similarities).all()):
            raise RecordError("similarities: must lie in [-1, 1]")
        if (np.diff(scores) > 0).any():
            raise RecordError("comparison_scores: must be in rank order, best first")
        object.__setattr__(self, "reference_ids", ids)
        object.__setattr__(self, "similarities", similarities)
        object.__setattr__(self, "comparison_scores", scores)

    def __len__(self) -> int:
        return len(self.reference_ids)


@dataclass(frozen=True, eq=False)
class Alert:
    """A candidate at or above the threshold, for a person to judge. Never a decision.

    Attributes
    ----------
    alert_id
        Unique.
    reference_id
        Who it may be.
    similarity, comparison_score, threshold, score_scale
        How alike, on which scale, and the threshold it reached.
    n_enrolled
        How many references were searched.
    shot
        The face seen, as it goes to the person who adjudicates.
    """

    _: KW_ONLY
    alert_id: str
    reference_id: str
    similarity: float
    comparison_score: float
    threshold: float
    score_scale: str
    n_enrolled: int
    shot: BestShot

    def __post_init__(self) -> None:
        if self.comparison_score < self.threshold:
            raise RecordError(
                f"comparison_score: {self.comparison_score:.4f} is below the threshold {self.threshold:.4f}"
            )
