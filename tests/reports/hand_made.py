"""Hand-made runs: every figure in them is chosen here, so that a test knows what must come out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from lfr_kit.pipeline import Step
from lfr_kit.records import Alert, BestShot, Detections, Frame, Tracks
from lfr_kit.reports.run_record import AlertEntry, RefusedPhoto, RunRecord, SearchPoint

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(h, w, 3) uint8 noise: whatever survives a blur of it shows at once."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def make_frame(index: int, image: np.ndarray | None = None, fps: float = 25.0) -> Frame:
    at_s = index / fps
    return Frame(
        image=texture(120, 160, index) if image is None else image,
        frame_index=index,
        captured_at=START + timedelta(seconds=at_s),
        camera_id="gate",
        position_s=at_s,
    )


def make_shot(at_s: float = 2.0, *, track_id: int = 3, seed: int = 1) -> BestShot:
    return BestShot(
        image=texture(80, 80, seed),
        origin_px=np.zeros(2),
        box_px=np.array([20, 20, 60, 60]),
        landmarks_px=np.zeros((6, 2)),
        mesh_px=np.zeros((0, 2)),
        quality=71.0,
        camera_id="gate",
        track_id=track_id,
        frame_index=round(at_s * 25),
        captured_at=START + timedelta(seconds=at_s),
        position_s=at_s,
    )


def make_alert(reference_id: str = "anna", at_s: float = 2.0, *, similarity: float = 0.62, **shot: Any) -> Alert:
    return Alert(
        alert_id=f"a-{reference_id}-{at_s}",
        reference_id=reference_id,
        similarity=similarity,
        comparison_score=similarity,
        threshold=0.5,
        score_scale="cosine",
        n_enrolled=2,
        shot=make_shot(at_s, **shot),
    )


def make_run(**changes: Any) -> RunRecord:
    run = RunRecord(
        source="street.mp4",
        started_at=START,
        seconds=6.0,
        footage_s=12.0,
        frames=300,
        frames_looked_at=300,
        faces_seen=3,
        faces_seen_method="unique tracks",
        faces_seen_at_s=(1.0, 2.0, 7.5),
        in_view=tuple((i / 25, 1 + (i > 100)) for i in range(300)),
        searches=(SearchPoint(1.0, 0.11, False), SearchPoint(2.0, 0.62, True), SearchPoint(7.5, 0.23, False)),
        alerts=(AlertEntry(make_alert(), make_shot(0.0, track_id=-1, seed=2), 2),),
        threshold=0.5,
        score_scale="cosine",
        n_enrolled=2,
        refused=(RefusedPhoto("blurred.jpg", "ben", "too_blurred", "the face is not good enough"),),
        rejected={"face_too_small": 12, "turned_away": 4},
        stage_seconds={"detection": 3.0, "decoding": 1.0, "embedding": 0.5},
        embedder="dlib_resnet",
        embedder_reason="FaceNet's weights are not on this machine.",
        space_id="dlib_resnet-0123abcd-mesh1-many",
        settings={"detector": "blazeface_tiled"},
        versions={"LFR Kit": "0.1.0"},
    )
    return replace(run, **changes)


def make_tracks(boxes: dict[int, list[float]] | list[list[float]], index: int = 0) -> Tracks:
    """Faces of one frame: {track id: box}, or boxes of no track."""
    ids = list(boxes) if isinstance(boxes, dict) else [-1] * len(boxes)
    rows = list(boxes.values()) if isinstance(boxes, dict) else boxes
    detections = Detections(
        camera_id="gate",
        frame_index=index,
        boxes_px=np.array(rows, np.float32).reshape(-1, 4),
        landmarks_px=np.zeros((len(rows), 0, 2)),
        detection_scores=np.full(len(rows), 0.9),
    )
    return Tracks(detections=detections, track_ids=ids, ended_ids=[])


def make_step(frame: Frame, tracks: Tracks | None, *alerts: Alert) -> Step:
    return Step((frame,), (tracks,), (), alerts)
