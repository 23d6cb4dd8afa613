"""Alerts and their events: rows in, rows out, pictures and names sealed under their deployment's key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, insert, select, update

from lfr_kit.errors import NotInStoreError
from lfr_kit.governance.adjudication import UNDECIDED
from lfr_kit.governance.vocabulary import AlertState, DeploymentState, EntryStatus, Outcome, Response, Truth
from lfr_kit.store.tables.alerts import alert_events, alerts
from lfr_kit.store.tables.deployments import deployments
from lfr_kit.store.tables.watchlists import entries
from lfr_kit.store.vault import DataKey

__all__ = [
    "AlertEvent",
    "AlertFaces",
    "Arrival",
    "PendingAlert",
    "StoredAlert",
    "add",
    "alert",
    "append_event",
    "change",
    "deployment_state",
    "due",
    "entry_is_searched",
    "events",
    "faces",
    "find",
    "latest_of_entry",
    "queue",
    "scope_of",
]


@dataclass(frozen=True, eq=False, kw_only=True)
class PendingAlert:
    """An alert as the machine hands it over: what a person needs to judge it. No template.

    Attributes
    ----------
    raised_at
        When the machine raised it, UTC.
    captured_at
        When the camera took the picture, UTC.
    probe_jpeg
        The face seen, without metadata.
    """

    alert_id: str
    deployment_id: str
    entry_id: str
    camera_id: str
    captured_at: datetime
    raised_at: datetime
    similarity: float
    comparison_score: float
    threshold: float
    score_scale: str
    n_enrolled: int
    quality: float
    probe_jpeg: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What the store adds to an alert when it arrives.

    Attributes
    ----------
    response
        Of the entry; the order of the queue.
    expires_at
        Until when an operator may decide.
    repeat_of
        The first alert of the same entry shortly before, if any.
    details
        Name, category, ... as plain values: what the pictures are shown with.
    reference_jpeg
        A copy of the entry's picture.
    """

    response: Response
    expires_at: datetime
    repeat_of: str | None
    details: dict[str, Any] = field(repr=False)
    reference_jpeg: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class StoredAlert:
    """An alert without pictures and names."""

    alert_id: str
    deployment_id: str
    entry_id: str
    camera_id: str
    raised_at: datetime
    expires_at: datetime
    state: AlertState
    version: int
    response: Response
    similarity: float
    comparison_score: float
    threshold: float
    score_scale: str
    n_enrolled: int
    quality: float | None
    repeat_of: str | None
    truth: Truth | None
    outcome: Outcome | None
    hold_id: str | None


@dataclass(frozen=True, kw_only=True)
class AlertFaces:
    """The two pictures of an alert and what they are shown with, opened."""

    probe_jpeg: bytes = field(repr=False)
    reference_jpeg: bytes = field(repr=False)
    details: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class AlertEvent:
    """One thing that happened to an alert; `data` holds nothing personal, the free note is sealed."""

    seq: int
    at: datetime
    actor_id: str
    kind: str
    from_state: AlertState | None
    to_state: AlertState | None
    data: dict[str, Any]
    note: str = ""


_PLAIN = (
    "alert_id", "deployment_id", "entry_id", "camera_id", "raised_at", "similarity", "comparison_score",
    "threshold", "score_scale", "n_enrolled", "quality",
)  # fmt: skip
_OPEN_COLUMNS = [
    column for column in alerts.c if not column.name.startswith("sealed_") and column.name != "key_id"
]
_BY_RESPONSE = case({str(colour): place for place, colour in enumerate(Response)}, value=alerts.c.response)


def scope_of(stored: StoredAlert) -> str:
    """Under which scope's key an alert is sealed: its deployment's, or that of a hold placed on it."""
    return f"hold:{stored.hold_id}" if stored.hold_id else f"deployment:{stored.deployment_id}"


def add(connection: Connection, key: DataKey, pending: PendingAlert, arrival: Arrival) -> None:
    """Stores a new alert in state RAISED; its event is the caller's to append."""
    place = f"alerts:{pending.alert_id}"
    details = {**arrival.details, "captured_at": pending.captured_at.isoformat()}
    connection.execute(
        insert(alerts).values(
            **{name: getattr(pending, name) for name in _PLAIN},
            expires_at=arrival.expires_at,
            state=str(AlertState.RAISED),
            version=0,
            response=str(arrival.response),
            repeat_of=arrival.repeat_of,
            key_id=key.key_id,
            sealed_probe=key.seal(pending.probe_jpeg, f"{place}:probe"),
            sealed_reference=key.seal(arrival.reference_jpeg, f"{place}:reference"),
            sealed_details=key.seal_json(details, f"{place}:details"),
        )
    )


def find(connection: Connection, alert_id: str, *, lock: bool = False) -> StoredAlert | None:
    """The alert of that id, or None. `lock`: nobody else changes it until the transaction ends."""
    wanted = _selected().where(alerts.c.alert_id == alert_id)
    row = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    return None if row is None else _stored(row)


def alert(connection: Connection, alert_id: str, *, lock: bool = False) -> StoredAlert:
    """As `find`. NotInStoreError if there is none of that id."""
    found = find(connection, alert_id, lock=lock)
    if found is None:
        raise NotInStoreError(f"alert {alert_id!r}: there is none; see: lfr alerts list DEPLOYMENT")
    return found


def faces(connection: Connection, key: DataKey, alert_id: str) -> AlertFaces:
    """The pictures and details of an alert, opened with the key of its scope."""
    row = connection.execute(
        select(alerts.c.sealed_probe, alerts.c.sealed_reference, alerts.c.sealed_details).where(
            alerts.c.alert_id == alert_id
        )
    ).one()
    place = f"alerts:{alert_id}"
    return AlertFaces(
        probe_jpeg=key.open(row.sealed_probe, f"{place}:probe"),
        reference_jpeg=key.open(row.sealed_reference, f"{place}:reference"),
        details=key.open_json(row.sealed_details, f"{place}:details"),
    )


def change(connection: Connection, stored: StoredAlert, **values: Any) -> bool:
    """Changes columns if the alert is still as `stored`; False if somebody changed it since."""
    changed = connection.execute(
        update(alerts)
        .where(alerts.c.alert_id == stored.alert_id, alerts.c.version == stored.version)
        .values(version=stored.version + 1, **values)
    )
    return changed.rowcount == 1


def append_event(connection: Connection, key: DataKey, stored: StoredAlert, event: AlertEvent) -> None:
    """Appends an event; a `seq` of 0 is made the next one. Call with the alert locked."""
    seq = event.seq or _next_seq(connection, stored.alert_id)
    connection.execute(
        insert(alert_events).values(
            alert_id=stored.alert_id,
            seq=seq,
            deployment_id=stored.deployment_id,
            at=event.at,
            actor_id=event.actor_id,
            kind=event.kind,
            from_state=event.from_state and str(event.from_state),
            to_state=event.to_state and str(event.to_state),
            data=event.data,
            sealed_note=key.seal(event.note.encode(), _about_note(stored.alert_id, seq)) if event.note else None,
        )
    )


def _next_seq(connection: Connection, alert_id: str) -> int:
    taken = connection.execute(
        select(func.max(alert_events.c.seq)).where(alert_events.c.alert_id == alert_id)
    ).scalar_one()
    return (taken or 0) + 1


def events(connection: Connection, alert_id: str, key: DataKey | None = None) -> list[AlertEvent]:
    """What happened to an alert, in order; with the key of its scope also the notes."""
    rows = connection.execute(
        select(alert_events).where(alert_events.c.alert_id == alert_id).order_by(alert_events.c.seq)
    )
    return [_event(row, key) for row in rows]


def latest_of_entry(
    connection: Connection, deployment_id: str, entry_id: str, since: datetime
) -> StoredAlert | None:
    """The newest alert of an entry in a deployment raised at `since` or after."""
    row = connection.execute(
        _selected()
        .where(
            alerts.c.deployment_id == deployment_id,
            alerts.c.entry_id == entry_id,
            alerts.c.raised_at >= since,
        )
        .order_by(alerts.c.raised_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _stored(row)


def queue(
    connection: Connection, deployment_id: str, states: Sequence[AlertState] | None = None
) -> list[StoredAlert]:
    """The alerts of a deployment by colour of response, then time; all states if None."""
    wanted = _selected().where(alerts.c.deployment_id == deployment_id)
    if states is not None:
        wanted = wanted.where(alerts.c.state.in_([str(state) for state in states]))
    rows = connection.execute(wanted.order_by(_BY_RESPONSE, alerts.c.raised_at, alerts.c.alert_id))
    return [_stored(row) for row in rows]


def due(connection: Connection, deployment_id: str, at: datetime, *, lock: bool = False) -> list[StoredAlert]:
    """The undecided alerts whose time to decide is over at `at`, oldest first."""
    wanted = (
        _selected()
        .where(
            alerts.c.deployment_id == deployment_id,
            alerts.c.state.in_(sorted(map(str, UNDECIDED))),
            alerts.c.expires_at <= at,
        )
        .order_by(alerts.c.raised_at, alerts.c.alert_id)
    )
    return [_stored(row) for row in connection.execute(wanted.with_for_update() if lock else wanted)]


def deployment_state(connection: Connection, deployment_id: str, *, lock: bool = False) -> DeploymentState:
    """The state of a deployment. NotInStoreError if there is none. `lock`: nobody changes it meanwhile."""
    wanted = select(deployments.c.state).where(deployments.c.deployment_id == deployment_id)
    state = connection.execute(wanted.with_for_update(read=True) if lock else wanted).scalar_one_or_none()
    if state is None:
        raise NotInStoreError(f"deployment {deployment_id!r}: there is none; see: lfr deployment list")
    return DeploymentState(state)


def entry_is_searched(connection: Connection, entry_id: str, watchlist_id: str | None, at: datetime) -> bool:
    """Whether an entry is on that list, approved, not withdrawn and not expired; nobody changes it meanwhile."""
    row = connection.execute(
        select(entries.c.watchlist_id, entries.c.status, entries.c.expires_at)
        .where(entries.c.entry_id == entry_id)
        .with_for_update(read=True)
    ).one_or_none()
    if row is None or row.watchlist_id != watchlist_id or row.status != EntryStatus.APPROVED:
        return False
    return row.expires_at is None or row.expires_at > at


def _selected() -> Select[Any]:
    return select(*_OPEN_COLUMNS)


def _stored(row: Row[Any]) -> StoredAlert:
    values = dict(row._mapping)
    closed: dict[str, Any] = {
        "state": AlertState(row.state),
        "response": Response(row.response),
        "truth": row.truth and Truth(row.truth),
        "outcome": row.outcome and Outcome(row.outcome),
    }
    return StoredAlert(**{**values, **closed})


def _event(row: Row[Any], key: DataKey | None) -> AlertEvent:
    is_open = key is not None and row.sealed_note is not None
    return AlertEvent(
        seq=row.seq,
        at=row.at,
        actor_id=row.actor_id,
        kind=row.kind,
        from_state=row.from_state and AlertState(row.from_state),
        to_state=row.to_state and AlertState(row.to_state),
        data=row.data,
        note=key.open(row.sealed_note, _about_note(row.alert_id, row.seq)).decode() if key and is_open else "",
    )


def _about_note(alert_id: str, seq: int) -> str:
    return f"alert_events:{alert_id}:{seq}:note"
