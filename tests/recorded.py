"""Deployments as they stand in the log, put there by hand for tests of the record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from governed import person
from sqlalchemy import insert, update

from lfr_kit.governance.authority import Authority
from lfr_kit.governance.camera import Camera
from lfr_kit.governance.evidence import ProtectedEvent
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import DeploymentState, UseCase
from lfr_kit.store.repository import deployments as rows
from lfr_kit.store.tables.alerts import alert_events, alerts
from lfr_kit.store.tables.deployments import deployments
from lfr_kit.store.tables.watchlists import entries, watchlists

SILVER = person(Role.SILVER)
START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def authority(**changes: Any) -> Authority:
    """A plan with every ground in it."""
    plan: dict[str, Any] = {
        "use_case": UseCase.PSO_EVENT,
        "evidence": ProtectedEvent(event_name="May Fair on the Green", operation_ref="OP/26/114"),
        "strategic_intent": "Keep visitors of the fair safe from people wanted for serious violence.",
        "purpose": "Find people who are wanted by the courts among those who come to the fair.",
        "legal_basis": "Common law powers to prevent and detect crime, with the force's published policy.",
        "schedule_8_condition": "statutory_purposes",
        "necessity": (
            "Twelve people wanted for robbery were seen at last year's fair and none could be found in the crowd "
            "by officers who had only printed pictures to go by."
        ),
        "proportionality": (
            "One entrance for six hours on one day; everybody who is not sought is forgotten within a second, and "
            "a second way in stays free of cameras."
        ),
        "less_intrusive_means": (
            "Patrols with briefing sheets, letters to home addresses and appeals were tried in March and April; "
            "they led to two arrests out of fourteen warrants."
        ),
        "collateral_intrusion": "Families visit the fair; the camera looks at the north entrance only.",
        "place": "North entrance, The Green, Exampleton",
        "why_there": "Most visitors come in here, and most robberies of last year happened near it.",
        "starts_at": START,
        "ends_at": START + timedelta(hours=6),
        "why_then": "The fair is open on this day only, and most visitors come before three.",
        "expected_footfall": 12_000,
        "cameras": (
            Camera(camera_id="north-1", source="camera:0", zone=None),
            Camera(
                camera_id="north-2",
                source="rtsp://reader:secret@10.0.0.4/1",
                zone=((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)),
            ),
        ),
        "watchlist_criteria": "Wanted by a court for violence or robbery, with a picture of the last five years.",
        "watchlist_cap": 400,
        "embedder": "facenet",
        "space_id": "facenet-vggface2-512",
        "threshold": 0.64,
        "score_scale": "cosine",
        "calibration_id": "cal-facenet-2026",
        "equality_ref": "EIA/26/31",
        "dpia_ref": "DPIA/26/7",
        "community_impact_ref": "CIA/26/88",
        "policy_document_version": "APD 4.2",
        "policy_document_review_by": datetime(2027, 1, 31).date(),
        "contact": "lfr@police.example, 101",
        "complaint_route": "police.example/complaints, or any police station",
    }
    return Authority.model_validate({**plan, **changes}, strict=False)


@dataclass
class Written:
    """A deployment in the store, and ways to write its log without living through it."""

    store: Any
    deployment_id: str = "D-0000000001"
    plan: Authority = field(default_factory=authority)
    n_alerts: int = 0

    def __post_init__(self) -> None:
        with self.store.engine.begin() as connection:
            self.store.vault.new_key(connection, f"deployment:{self.deployment_id}", START)
            key = self.store.vault.key(connection, "store")
            rows.insert_draft(connection, key, self.deployment_id, self.plan, "bronze-1")

    def event(self, kind: str, minutes: float, to: DeploymentState | None = None, **data: Any) -> Written:
        with self.store.engine.begin() as connection:
            key = self.store.vault.key(connection, "store")
            rows.add_event(
                connection,
                key,
                rows.Event(
                    deployment_id=self.deployment_id,
                    seq=0,
                    at=START + timedelta(minutes=minutes),
                    actor_id="silver-1",
                    kind=kind,
                    to_state=to,
                    data=data,
                ),
            )
            if to is not None:
                connection.execute(
                    update(deployments)
                    .where(deployments.c.deployment_id == self.deployment_id)
                    .values(state=str(to))
                )
        return self

    def moved(self, minutes: float, to: DeploymentState) -> Written:
        return self.event("transition", minutes, to)

    def faces(self, n: int, method: str = "unique tracks that passed the quality gate") -> Written:
        return self.event("faces_seen", 10, camera_id="north-1", n=n, method=method)

    def alert(self, truth: str | None = None, outcome: str | None = None, entry_id: str = "") -> str:
        self.n_alerts += 1
        alert_id = f"A-{self.deployment_id}-{self.n_alerts}"
        raised_at = START + timedelta(minutes=20 + self.n_alerts)
        steps = [("raised", {})]
        if outcome is not None:
            steps.append(("engaged", {}))
        if truth is not None:
            steps.append(("concluded", {"truth": truth, "outcome": outcome}))
        with self.store.engine.begin() as connection:
            connection.execute(
                insert(alerts).values(
                    alert_id=alert_id,
                    deployment_id=self.deployment_id,
                    entry_id=entry_id or f"E-{self.n_alerts}",
                    camera_id="north-1",
                    raised_at=raised_at,
                    expires_at=raised_at,
                    state=steps[-1][0],
                    version=0,
                    response="amber",
                    similarity=0.7,
                    comparison_score=0.7,
                    threshold=0.64,
                    score_scale="cosine",
                    n_enrolled=3,
                    key_id="K-0",
                    sealed_probe=b"Grace Hopper",
                    sealed_reference=b"Grace Hopper",
                    sealed_details=b"Grace Hopper",
                )
            )
            connection.execute(
                insert(alert_events),
                [
                    {
                        "alert_id": alert_id,
                        "seq": seq,
                        "deployment_id": self.deployment_id,
                        "at": raised_at,
                        "actor_id": "lfr_operator-1",
                        "kind": kind,
                        "to_state": kind,
                        "data": data,
                    }
                    for seq, (kind, data) in enumerate(steps, 1)
                ],
            )
        return alert_id

    def delete_alerts(self) -> None:
        with self.store.engine.begin() as connection:
            connection.execute(alert_events.delete().where(alert_events.c.deployment_id == self.deployment_id))
            connection.execute(alerts.delete().where(alerts.c.deployment_id == self.deployment_id))

    def watchlist(self, bands: dict[str, int], category: str = "wanted_by_courts") -> Written:
        n = sum(bands.values())
        ages = [band for band, count in bands.items() for _ in range(count)]
        with self.store.engine.begin() as connection:
            connection.execute(
                insert(watchlists).values(
                    watchlist_id="W-1",
                    deployment_id=self.deployment_id,
                    state="frozen",
                    space_id="s",
                    allowed_categories=[category],
                    created_by="m",
                    created_at=START,
                    digest="ab" * 32,
                    n_entries=n,
                    revision=0,
                )
            )
            connection.execute(
                insert(entries),
                [
                    {
                        "entry_id": f"W-1-{number}",
                        "watchlist_id": "W-1",
                        "person_mac": f"{number:064x}",
                        "status": "approved",
                        "category": category,
                        "response": "amber",
                        "age_band": band,
                        "reasons": [],
                        "version": 1,
                        "sealed_details": b"x",
                        "created_by": "m",
                        "created_at": START,
                        "changed_by": "m",
                        "digest": "cd" * 32,
                    }
                    for number, band in enumerate(ages)
                ],
            )
            rows.link_watchlist(connection, self.deployment_id, "W-1")
        return self


def lived_through(store: Any, **changes: Any) -> Written:
    """Opened at 09:05 UTC, paused for half an hour, closed at 14:00; 12,120 faces, three alerts, one false."""
    written = Written(store, plan=authority(**changes))
    written.moved(5, DeploymentState.OPEN).faces(12_120)
    written.alert("true_confirmed", "arrest")
    written.alert("true_confirmed", "no_action")
    written.alert("false_confirmed", "no_action")
    written.moved(60, DeploymentState.PAUSED).moved(90, DeploymentState.OPEN)
    return written.moved(300, DeploymentState.CLOSED)
