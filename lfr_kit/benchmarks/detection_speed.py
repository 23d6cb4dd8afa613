"""Tiled detection of small faces beside MediaPipe's Tasks API on the very same squares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfr_kit.benchmarks.measuring import Sample, comparison_row, figure_row, interleaved, timed
from lfr_kit.benchmarks.peers import PeerWorker
from lfr_kit.detection.blazeface import Candidates
from lfr_kit.detection.blazeface_tiled import BlazeFaceTiledDetector, cut_squares, merge_squares
from lfr_kit.errors import SettingError
from lfr_kit.evaluation.detection import iou
from lfr_kit.models import model_path
from lfr_kit.records import Frame
from lfr_kit.sources import open_source

__all__ = ["DetectionPlan", "bench_detection", "sampled_frames"]

_SAME_FACE_IOU = 0.4


@dataclass(frozen=True)
class DetectionPlan:
    """What to look at.

    Attributes
    ----------
    clip
        Footage, as `open_source` takes it.
    n_frames
        How many frames of it, evenly spread.
    rows
        Rows of tiles; 2 rows are 8 tiles and the whole on 1080p.
    rounds
        Of each side.
    """

    clip: str = "walkthrough"
    n_frames: int = 10
    rows: int = 2
    rounds: int = 5


def sampled_frames(clip: str, n_frames: int) -> list[Frame]:
    """At most `n_frames` frames of a clip, evenly spread where its length is known.

    Raises
    ------
    SettingError
        If there are to be none.
    SourceError
        If the clip cannot be read.
    """
    if n_frames < 1:
        raise SettingError(f"frames: at least 1, got {n_frames}")
    source = open_source(clip)
    step = max(1, (source.n_frames or n_frames) // n_frames)
    return list(islice(source, 0, n_frames * step, step))


def bench_detection(plan: DetectionPlan, peer: PeerWorker | None = None) -> list[dict[str, Any]]:
    """Time per frame; with a peer also which share of either's faces the other one finds.

    Ours is timed from the frame, the peer from the squares cut and resized beforehand.
    """
    frames = sampled_frames(plan.clip, plan.n_frames)
    detector = BlazeFaceTiledDetector(rows=plan.rows)
    width, height = frames[0].size_wh
    n_squares = len(detector.plan(frames[0].camera_id, frames[0].size_wh))
    name = f"detection, {width}x{height} in {n_squares} squares"

    def ours() -> Sample:
        return timed(lambda: [detector.detect([frame]) for frame in frames], len(frames))

    if peer is None:
        return [comparison_row(name, interleaved(ours, rounds=plan.rounds), "ms", "frame")]
    peer.ask(
        "load",
        weights=model_path("blazeface_full_range"),
        min_detection_score=detector.min_detection_score,
    )
    squares = [list(cut_squares(f.image, detector.plan(f.camera_id, f.size_wh))) for f in frames]
    flat = [square for of_frame in squares for square in of_frame]
    running = peer

    def theirs() -> Sample:
        return running.timed("detect", len(frames), pictures=flat)

    compared = interleaved(ours, theirs, rounds=plan.rounds)
    found = iter(peer.ask("detect", pictures=flat))
    of_peer = [_in_frame(detector, frame, [next(found) for _ in squares[i]]) for i, frame in enumerate(frames)]
    return [comparison_row(name, compared, "ms", "frame"), *_agreement(detector, frames, of_peer)]


def _in_frame(
    detector: BlazeFaceTiledDetector, frame: Frame, found: Sequence[list[list[float]]]
) -> NDArray[np.float32]:
    """(n, 4) the peer's faces in the frame: boxes of all squares, merged as ours are."""
    plan = detector.plan(frame.camera_id, frame.size_wh)
    square = np.repeat(np.arange(len(plan)), [len(rows) for rows in found])
    rows = np.array([row for rows in found for row in rows], np.float32).reshape(-1, 5)
    scale, offset = np.tile(plan.to_frame[square, :2], 2), np.tile(plan.to_frame[square, 2:], 2)
    boxes = (rows[:, :4] / plan.side_px * scale + offset).astype(np.float32)
    no_landmarks = np.zeros((len(rows), 6, 2), np.float32)
    return merge_squares(Candidates(boxes, no_landmarks, rows[:, 4]), square, plan).boxes


def _agreement(
    detector: BlazeFaceTiledDetector, frames: Sequence[Frame], of_peer: Sequence[NDArray[np.float32]]
) -> list[dict[str, Any]]:
    of_ours = [found.boxes_px for frame in frames for found in detector.detect([frame])]
    overlaps = [iou(ours, theirs) for ours, theirs in zip(of_ours, of_peer, strict=True)]
    ours_covered = np.concatenate([_covered(overlap) for overlap in overlaps])
    peer_covered = np.concatenate([_covered(overlap.T) for overlap in overlaps])
    what = f"faces found of the other's (IoU {_SAME_FACE_IOU})"
    shares = [float(covered.mean()) if len(covered) else None for covered in (peer_covered, ours_covered)]
    counts = {"n_ours": len(ours_covered), "n_peer": len(peer_covered)}
    return [figure_row(what, shares[0], "share", peer=shares[1], **counts)]


def _covered(overlap: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Per row whether any column overlaps enough."""
    return np.asarray((overlap >= _SAME_FACE_IOU).any(1))
