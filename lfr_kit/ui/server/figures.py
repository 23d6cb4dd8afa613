"""A deployment's record as plots need it: from the event log and the alerts, nothing personal in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.adjudication import UNDECIDED
from lfr_kit.governance.deployment_counts import DeploymentEvent

if TYPE_CHECKING:
    from lfr_kit.governance.deployment_counts import AlertHistory
    from lfr_kit.governance.published_record import DeploymentRecord
    from lfr_kit.store.repository.alerts import StoredAlert

__all__ = ["alerts_over_time", "by_camera", "faces_by_minute", "lit_spells", "rates", "similarities"]


def rates(record: DeploymentRecord) -> list[dict[str, Any]]:
    """Both rates with their denominators and exact 95 % intervals; `value` is None where one means nothing."""
    judged = record.true_alerts + record.false_alerts
    seen = max(record.faces_seen, 0)
    return [
        _rate("False alerts over faces seen", record.false_alert_rate, record.false_alerts, seen, "faces seen"),
        _rate("False alerts over alerts", record.false_share_of_alerts, record.false_alerts, judged, "alerts"),
    ]


def _rate(name: str, rate: Rate | None, count: int, of: int, denominator: str) -> dict[str, Any]:
    has_value = rate is not None and rate.value is not None
    return {
        "name": name,
        "count": count,
        "of": of,
        "value": rate.value if rate is not None else None,
        "interval": list(rate.interval()) if rate is not None and has_value else None,
        "denominator": denominator,
    }


def faces_by_minute(events: Iterable[DeploymentEvent]) -> list[dict[str, Any]]:
    """Faces newly seen, as they were counted: minute -> how many, of all cameras."""
    seen: Counter[datetime] = Counter()
    for event in events:
        if event.kind == "faces_seen":
            seen[event.at.replace(second=0, microsecond=0)] += int(event.data["n"])
    return [{"at": minute, "n": n} for minute, n in sorted(seen.items())]


def by_camera(
    events: Sequence[DeploymentEvent], alerts: Iterable[StoredAlert], lit_s: dict[str, float]
) -> list[dict[str, Any]]:
    """Faces, alerts and seconds lit of each camera."""
    faces: Counter[str] = Counter()
    for event in events:
        if event.kind == "faces_seen":
            faces[str(event.data.get("camera_id", ""))] += int(event.data["n"])
    raised = Counter(alert.camera_id for alert in alerts)
    names = sorted(set(faces) | set(raised) | set(lit_s))
    return [
        {"camera_id": name, "faces_seen": faces[name], "alerts": raised[name], "lit_s": lit_s.get(name, 0.0)}
        for name in names
    ]


def lit_spells(events: Iterable[DeploymentEvent]) -> Iterator[dict[str, Any]]:
    """When each camera compared faces; `to` is None while it does, `why` says why it went dark."""
    lit: dict[str, datetime] = {}
    for event in events:
        camera = str(event.data.get("camera_id", ""))
        if event.kind == "lit":
            lit.setdefault(camera, event.at)
        elif event.kind == "dark" and camera in lit:
            why = str(event.data.get("why", ""))
            yield {"camera_id": camera, "from": lit.pop(camera), "to": event.at, "why": why}
    for camera, since in lit.items():
        yield {"camera_id": camera, "from": since, "to": None, "why": ""}


def alerts_over_time(alerts: Iterable[StoredAlert], histories: Iterable[AlertHistory]) -> list[dict[str, Any]]:
    """Each alert without who it was about."""
    told = {each.alert_id: each for each in histories}
    return [
        {
            "raised_at": alert.raised_at,
            "camera_id": alert.camera_id,
            "response": str(alert.response),
            "state": str(alert.state),
            "truth": alert.truth and str(alert.truth),
            "is_blue_list": alert.alert_id in told and told[alert.alert_id].is_blue_list,
            "decided_after_s": _first(told.get(alert.alert_id), "decision_s_from_raise"),
            "acknowledged_after_s": _first(told.get(alert.alert_id), "acknowledge_s"),
        }
        for alert in sorted(alerts, key=lambda each: each.raised_at)
    ]


def _first(history: AlertHistory | None, measured: str) -> float | None:
    """What was measured when it first was; None = never."""
    for event in history.events if history is not None else ():
        if measured in event.data:
            return float(event.data[measured])
    return None


def similarities(alerts: Iterable[StoredAlert]) -> list[dict[str, Any]]:
    """Scores of alerts that somebody has decided: before that, nobody is to see one."""
    return [
        {
            "comparison_score": alert.comparison_score,
            "similarity": alert.similarity,
            "threshold": alert.threshold,
            "truth": alert.truth and str(alert.truth),
        }
        for alert in alerts
        if alert.state not in UNDECIDED and not (alert.truth is None and alert.state == "unconfirmed")
    ]
