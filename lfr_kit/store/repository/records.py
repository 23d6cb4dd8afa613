"""Published records and corrections, and the logs they are computed from: rows in, records out."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from hmac import compare_digest
from typing import Any

from sqlalchemy import Connection, func, insert, select

from lfr_kit.errors import TamperedError
from lfr_kit.governance.deployment_counts import AlertEvent, AlertHistory, DeploymentEvent
from lfr_kit.governance.published_record import Correction, DeploymentRecord, WatchlistCounts
from lfr_kit.governance.vocabulary import WatchlistState
from lfr_kit.store.tables.alerts import alert_events, alerts
from lfr_kit.store.tables.deployments import corrections, deployment_events, published_records
from lfr_kit.store.tables.watchlists import entries, watchlists
from lfr_kit.store.vault import DataKey

__all__ = [
    "add_corrections",
    "alert_histories",
    "corrections_of",
    "deployment_log",
    "frozen_size",
    "latest",
    "record_digest",
    "response_counts",
    "save",
    "versions",
    "watchlist_counts",
    "watchlist_digest",
]


def record_digest(record: DeploymentRecord) -> str:
    """Hex SHA-256 of a record's canonical JSON; the audit log keeps it."""
    body = record.model_dump(mode="json")
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def save(connection: Connection, key: DataKey, record: DeploymentRecord, actor_id: str, at: datetime) -> str:
    """Adds a version, under a MAC by the key of the scope ``store``; versions are never changed. The digest."""
    digest = record_digest(record)
    connection.execute(
        insert(published_records).values(
            deployment_id=record.deployment_id,
            version=record.version,
            at=at,
            actor_id=actor_id,
            is_final=record.is_final,
            body=record.model_dump(mode="json"),
            digest=digest,
            mac=_mac(key, digest),
        )
    )
    return digest


def _mac(key: DataKey, digest: str) -> str:
    """Whoever writes to the database can make a digest, but not this."""
    return key.mac(f"published_records:{digest}".encode())


def _record(key: DataKey, row: Any) -> DeploymentRecord:
    record = DeploymentRecord.model_validate(row.body)
    digest = record_digest(record)
    is_genuine = compare_digest(str(row.mac).encode(), _mac(key, digest).encode()) and digest == row.digest
    if not is_genuine or record.version != row.version or record.is_final != row.is_final:
        raise TamperedError(
            f"published record of {row.deployment_id}, version {row.version}: was changed after it was fixed; "
            "restore it from a backup"
        )
    return record


def versions(connection: Connection, key: DataKey, deployment_id: str) -> list[DeploymentRecord]:
    """Every version, the first first. TamperedError if one is not as it was fixed."""
    rows = connection.execute(
        select(published_records)
        .where(published_records.c.deployment_id == deployment_id)
        .order_by(published_records.c.version)
    )
    return [_record(key, row) for row in rows]


def latest(connection: Connection, key: DataKey, deployment_id: str) -> DeploymentRecord | None:
    """The newest version; None if the record was never fixed. TamperedError if it is not as it was fixed."""
    row = connection.execute(
        select(published_records)
        .where(published_records.c.deployment_id == deployment_id)
        .order_by(published_records.c.version.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _record(key, row)


def add_corrections(connection: Connection, deployment_id: str, made: Sequence[tuple[str, Correction]]) -> None:
    """Adds (id, correction) pairs to the log."""
    connection.execute(
        insert(corrections),
        [
            {
                "correction_id": correction_id,
                "deployment_id": deployment_id,
                "at": each.corrected_at,
                "actor_id": each.corrected_by,
                "column": each.column,
                "old_value": each.old_value,
                "new_value": each.new_value,
                "reason": each.reason,
            }
            for correction_id, each in made
        ],
    )


def corrections_of(connection: Connection, deployment_id: str | None = None) -> list[tuple[str, Correction]]:
    """(deployment id, correction), the oldest first; of all deployments if none is named."""
    query = select(corrections).order_by(corrections.c.at, corrections.c.deployment_id, corrections.c.column)
    if deployment_id is not None:
        query = query.where(corrections.c.deployment_id == deployment_id)
    return [
        (
            row.deployment_id,
            Correction(
                column=row.column,
                old_value=row.old_value,
                new_value=row.new_value,
                reason=row.reason,
                corrected_by=row.actor_id,
                corrected_at=row.at,
            ),
        )
        for row in connection.execute(query)
    ]


def deployment_log(connection: Connection, deployment_id: str) -> tuple[DeploymentEvent, ...]:
    """A deployment's events in order, without reasons and names."""
    rows = connection.execute(
        select(deployment_events)
        .where(deployment_events.c.deployment_id == deployment_id)
        .order_by(deployment_events.c.seq)
    )
    return tuple(
        DeploymentEvent(
            at=row.at, kind=row.kind, from_state=row.from_state, to_state=row.to_state, data=row.data or {}
        )
        for row in rows
    )


def alert_histories(connection: Connection, deployment_id: str) -> tuple[AlertHistory, ...]:
    """Every alert of a deployment that is still there, with its events, without pictures, names and notes."""
    events: dict[str, list[AlertEvent]] = defaultdict(list)
    for row in connection.execute(
        select(alert_events.c.alert_id, alert_events.c.at, alert_events.c.to_state, alert_events.c.data)
        .where(alert_events.c.deployment_id == deployment_id)
        .order_by(alert_events.c.alert_id, alert_events.c.seq)
    ):
        events[row.alert_id].append(AlertEvent(at=row.at, to_state=row.to_state, data=row.data or {}))
    rows = connection.execute(
        select(alerts.c.alert_id, alerts.c.entry_id)
        .where(alerts.c.deployment_id == deployment_id)
        .order_by(alerts.c.raised_at, alerts.c.alert_id)
    )
    return tuple(
        AlertHistory(
            alert_id=row.alert_id,
            entry_id=row.entry_id,
            events=tuple(events[row.alert_id]),
            is_blue_list=any(event.data.get("is_blue_list") is True for event in events[row.alert_id]),
        )
        for row in rows
    )


def watchlist_counts(connection: Connection, watchlist_id: str | None) -> WatchlistCounts | None:
    """The list in numbers: entries that were frozen with it. None if it is deleted: nothing is left to count."""
    if watchlist_id is None:
        return WatchlistCounts()
    found = connection.execute(select(watchlists).where(watchlists.c.watchlist_id == watchlist_id)).one_or_none()
    if found is None or found.state == WatchlistState.DELETED:
        return None
    searched = (entries.c.watchlist_id == watchlist_id) & entries.c.digest.is_not(None)
    by_category = connection.execute(
        select(entries.c.category, func.count()).where(searched).group_by(entries.c.category)
    )
    by_age_band = connection.execute(
        select(entries.c.age_band, func.count()).where(searched).group_by(entries.c.age_band)
    )
    return WatchlistCounts(
        size=found.n_entries,
        by_category={str(name or "unknown"): n for name, n in by_category},
        by_age_band={str(name or "unknown"): n for name, n in by_age_band},
    )


def frozen_size(connection: Connection, watchlist_id: str | None) -> int | None:
    """How many entries the list was frozen with, also after they are deleted."""
    query = select(watchlists.c.n_entries).where(watchlists.c.watchlist_id == watchlist_id)
    return connection.execute(query).scalar_one_or_none()


def response_counts(connection: Connection, watchlist_id: str | None) -> dict[str, int]:
    """How many entries frozen with the list bear each colour."""
    found = connection.execute(
        select(entries.c.response, func.count())
        .where(entries.c.watchlist_id == watchlist_id, entries.c.digest.is_not(None))
        .group_by(entries.c.response)
    )
    return {str(name): n for name, n in found}


def watchlist_digest(connection: Connection, watchlist_id: str | None) -> str | None:
    """The digest under which the list was frozen; None before."""
    query = select(watchlists.c.digest).where(watchlists.c.watchlist_id == watchlist_id)
    return connection.execute(query).scalar_one_or_none()
