"""What a run collected, and all that its page, its files and its JSON may show.

Counts, similarities as bare numbers, and the material of alerts. There is no field that could hold a
picture or a template of anybody who was not alerted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lfr_kit.enrolment import EnrolmentReport
from lfr_kit.records import Alert, BestShot

__all__ = ["AlertEntry", "RefusedPhoto", "RunRecord", "SearchPoint", "alert_fields", "refused_photos", "summary"]


@dataclass(frozen=True, eq=False)
class AlertEntry:
    """An alert beside the reference it is about.

    Attributes
    ----------
    alert
        With the face seen.
    reference
        The reference's best photo; None where its picture is not at hand.
    n_photos
        How many photos the reference was enrolled from.
    """

    alert: Alert
    reference: BestShot | None
    n_photos: int


@dataclass(frozen=True, slots=True)
class SearchPoint:
    """One search, as numbers: when the face was seen, and the best candidate's score; who it was is let go."""

    at_s: float
    score: float
    is_alert: bool


@dataclass(frozen=True)
class RefusedPhoto:
    """A photo nobody was enrolled from: file name, reference, reason code and what to do."""

    photo: str
    reference_id: str
    reason: str
    message: str


@dataclass(frozen=True, kw_only=True, eq=False)
class RunRecord:
    """One run over one source.

    Attributes
    ----------
    source
        The footage, as it was named.
    started_at
        When the run began, UTC.
    seconds
        How long it ran, wall clock.
    footage_s
        How much footage was seen, in seconds.
    frames, frames_looked_at
        Frames read, and those among them in which faces were looked for.
    faces_seen, faces_seen_method, faces_seen_at_s
        How many faces, how they are counted, and when each first counted, in seconds of footage.
    in_view
        (seconds of footage, tracked faces), one pair per frame looked at; in long runs one per several frames,
        with the most of them.
    searches
        Every search made.
    alerts
        In order of time.
    threshold, score_scale
        What an alert takes, and on which scale; None where the policy has no threshold.
    n_enrolled, refused
        Enrolled references, and the photos that were refused.
    rejected
        Faces not compared, by reason code.
    stage_seconds
        Wall seconds per stage.
    embedder, embedder_reason, space_id
        Which embedder, why that one, and the embedding space of its templates.
    settings, versions
        What the run was made with, name -> value.
    ended_early
        Why the run stopped before the footage ended; empty where it did not.
    """

    source: str
    started_at: datetime
    seconds: float
    footage_s: float
    frames: int
    frames_looked_at: int
    faces_seen: int
    faces_seen_method: str
    faces_seen_at_s: tuple[float, ...]
    in_view: tuple[tuple[float, int], ...]
    searches: tuple[SearchPoint, ...]
    alerts: tuple[AlertEntry, ...]
    threshold: float | None
    score_scale: str
    n_enrolled: int
    refused: tuple[RefusedPhoto, ...]
    rejected: Mapping[str, int]
    stage_seconds: Mapping[str, float]
    embedder: str
    embedder_reason: str
    space_id: str
    settings: Mapping[str, str]
    versions: Mapping[str, str]
    ended_early: str = ""


def refused_photos(enrolment: EnrolmentReport) -> tuple[RefusedPhoto, ...]:
    """The refusals of an enrolment, by file name only: where photos lie is nobody else's business."""
    return tuple(RefusedPhoto(r.path.name, r.reference_id, r.reason, r.message) for r in enrolment.refused)


def alert_fields(alert: Alert) -> dict[str, Any]:
    """An alert as plain values, for files and JSON: what, where, when and how alike; no picture."""
    return {
        "reference": alert.reference_id,
        "camera_id": alert.shot.camera_id,
        "first_at_s": round(alert.shot.position_s, 3),
        "captured_at": alert.shot.captured_at.isoformat(),
        "similarity": round(alert.similarity, 6),
        "comparison_score": round(alert.comparison_score, 6),
        "threshold": round(alert.threshold, 6),
        "score_scale": alert.score_scale,
        "n_enrolled": alert.n_enrolled,
        "quality": round(alert.shot.quality, 1),
        "track_id": alert.shot.track_id,
        "frame_index": alert.shot.frame_index,
        "alert_id": alert.alert_id,
    }


def summary(run: RunRecord, files: Mapping[str, Path] | None = None) -> dict[str, Any]:
    """The JSON object of ``lfr scan`` and ``lfr demo``; keys are added to, never renamed.

    ``seconds`` is the wall-clock time of the run, ``footage_seconds`` the length of what was seen.
    """
    return {
        "source": run.source,
        "frames": run.frames,
        "seconds": round(run.seconds, 3),
        "footage_seconds": round(run.footage_s, 3),
        "frames_looked_at": run.frames_looked_at,
        "faces_seen": run.faces_seen,
        "faces_seen_method": run.faces_seen_method,
        "searches": len(run.searches),
        "embedder": run.embedder,
        "embedder_reason": run.embedder_reason,
        "space_id": run.space_id,
        "n_enrolled": run.n_enrolled,
        "refused": [vars(photo) for photo in run.refused],
        "alerts": [alert_fields(entry.alert) for entry in run.alerts],
        "rejected": dict(run.rejected),
        "stage_seconds": {stage: round(spent, 4) for stage, spent in run.stage_seconds.items()},
        "ended_early": run.ended_early,
        "files": {name: str(path) for name, path in (files or {}).items()},
    }
