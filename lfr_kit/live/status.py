"""The runner's figures at one moment, as plain values: what frame bus, dashboards and Prometheus are given.

Counts, times and states; no picture, no name, no score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lfr_kit.governance.false_alert_watch import watch
from lfr_kit.live.camera_health import CameraHealth
from lfr_kit.live.stage_times import Percentiles

if TYPE_CHECKING:
    from lfr_kit.governance.presence import Checked
    from lfr_kit.live.deployment_run import DeploymentRun

__all__ = ["CameraFigures", "camera_values", "run_values"]

_NONE = Percentiles(0.0, 0.0)


@dataclass(frozen=True)
class CameraFigures:
    """What is known of one camera beside its health.

    Attributes
    ----------
    looks_per_s
        Frames in which faces are looked for, per second.
    latency_ms
        From a frame's arrival until the engine was done with it.
    faces_seen
        Faces seen by this camera.
    face_px_median, sharpness, brightness
        Of its picture, see `lfr_kit.live.fitness`; None before there is any.
    zone
        Corners x y in shares of the frame; None = all of it.
    warnings
        What a person should see to.
    recording
        How its recording does, see `lfr_kit.live.recorder.Recorder.status`; None where it is not recorded.
    """

    looks_per_s: float
    latency_ms: Percentiles
    faces_seen: int
    face_px_median: float | None
    sharpness: float | None
    brightness: float | None
    zone: Sequence[tuple[float, float]] | None
    warnings: Sequence[str]
    recording: Mapping[str, Any] | None = None


def camera_values(health: CameraHealth, figures: CameraFigures) -> dict[str, Any]:
    """One camera's part of the status."""
    return {
        "camera_id": health.camera_id,
        "condition": str(health.condition),
        "why": health.why,
        "fps": round(health.fps, 1),
        "detect_fps": round(figures.looks_per_s, 1),
        "latency_ms_p50": figures.latency_ms.p50,
        "latency_ms_p95": figures.latency_ms.p95,
        "dropped": health.n_dropped,
        "waiting": health.n_waiting,
        "connects": health.n_connects,
        "size_wh": list(health.size_wh),
        "faces_seen": figures.faces_seen,
        "face_px_median": _rounded(figures.face_px_median),
        "sharpness": _rounded(figures.sharpness),
        "brightness": _rounded(figures.brightness),
        "zone": None if figures.zone is None else [[round(x, 4), round(y, 4)] for x, y in figures.zone],
        "recording": None if figures.recording is None else dict(figures.recording),
        "warnings": [*([health.why] if health.why else []), *figures.warnings],
    }


def run_values(
    run: DeploymentRun, now: datetime, started_at: datetime, latency_ms: Mapping[str, Percentiles]
) -> dict[str, Any]:
    """The run's part of the status; `cameras` are to be added."""
    answer, progress = run.answer, run.progress
    n_seen = run.n_seen_before + progress.faces_seen
    return {
        "deployment_id": run.deployment_id,
        "at": now.isoformat(),
        "started_at": started_at.isoformat(),
        "state": str(answer.state) if answer else str(run.deployment.state),
        "is_lit": run.is_lit,
        "why_dark": answer.why_not if answer else "",
        "frames": progress.frames,
        "faces_seen": n_seen,
        "alerts_raised": len(progress.alert_ids),
        "waiting": progress.n_waiting,
        "refused": sum(progress.refused.values()),
        "threshold": answer.threshold if answer else run.deployment.threshold,
        "n_enrolled": len(run.pipeline.matcher),
        "false_alerts": _false_alerts(run.false_alerts.rate.count if run.false_alerts else 0, n_seen),
        "presence": _presence(answer.present if answer else (), now),
        "latency_ms": {stage: {"p50": each.p50, "p95": each.p95} for stage, each in latency_ms.items()},
    }


def _false_alerts(n_false: int, n_seen: int) -> dict[str, Any]:
    """The running rate, over all faces seen up to now: the log counts them at intervals."""
    found = watch(n_false, n_seen)
    return {
        "count": found.rate.count,
        "of": found.rate.trials,
        "colour": str(found.colour),
        "interval": list(found.interval),
        "text": str(found),
    }


def _presence(present: Sequence[Checked], now: datetime) -> dict[str, Any]:
    teams = [
        {
            "team": each.team,
            "user_id": each.user_id,
            "camera_id": each.camera_id,
            "seen_s_ago": max(0.0, round((now - each.seen_at).total_seconds(), 1)),
        }
        for each in present
    ]
    return {"is_present": bool(teams), "n": len(teams), "teams": teams}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
