"""Event logs written by hand, and the record computed from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lfr_kit.governance.deployment_counts import AlertEvent, AlertHistory, DeploymentEvent
from lfr_kit.governance.published_record import RecordSources, WatchlistCounts, compute_record
from lfr_kit.governance.vocabulary import DeploymentState, UseCase

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
S = DeploymentState


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def moved(minutes: float, to: DeploymentState) -> DeploymentEvent:
    return DeploymentEvent(at=at(minutes), kind="transition", to_state=str(to))


def faces(n: int, method: str = "tracks", camera: str = "c1") -> DeploymentEvent:
    return DeploymentEvent(at=at(9), kind="faces_seen", data={"camera_id": camera, "n": n, "method": method})


def alert(name: str, *findings: dict, entry: str = "", engaged: bool = False, blue: bool = False) -> AlertHistory:
    events = [AlertEvent(at=at(20), to_state="raised")]
    events += [AlertEvent(at=at(21), to_state="engaged")] if engaged else []
    events += [AlertEvent(at=at(22), to_state="concluded", data=finding) for finding in findings]
    return AlertHistory(alert_id=name, entry_id=entry or f"E-{name}", events=tuple(events), is_blue_list=blue)


def true(outcome: str | None = None) -> dict:
    return {"truth": "true_confirmed", "outcome": outcome}


def false(outcome: str | None = None) -> dict:
    return {"truth": "false_confirmed", "outcome": outcome}


RAN = (moved(5, S.OPEN), faces(12_120), moved(60, S.PAUSED), moved(90, S.OPEN), moved(300, S.CLOSED))


def computed(alerts=(), events=RAN, state=S.CLOSED, **changes):
    sources = {
        "deployment_id": "D-1",
        "state": state,
        "location": "The Green",
        "use_case": UseCase.CRIME_HOTSPOT,
        "starts_at": START,
        "ends_at": at(360),
        "threshold": 0.64,
        "score_scale": "cosine",
        "calibration_id": None,
        "watchlist": WatchlistCounts(size=412),
        "events": tuple(events),
        "alerts": tuple(alerts),
        "at": at(400),
    }
    return compute_record(RecordSources(**{**sources, **changes}))
