"""What retention does to the rows of alerts: they go, or are sealed anew, with all that belongs to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, delete, select, update

from lfr_kit.store.tables.alerts import alert_events, alert_shots, alerts
from lfr_kit.store.vault import DataKey

__all__ = [
    "delete_alerts",
    "holds_emptied",
    "in_parts",
    "reseal_alerts",
    "scopes_of_alerts",
    "unheld_alerts",
]

_MOST_IDS = 500


def in_parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids, few enough for one statement."""
    return (ids[start : start + _MOST_IDS] for start in range(0, len(ids), _MOST_IDS))


def unheld_alerts(connection: Connection, deployment_id: str) -> list[str]:
    """Ids of a deployment's alerts under no hold, released ones among those under one."""
    query = select(alerts.c.alert_id).where(alerts.c.deployment_id == deployment_id, alerts.c.hold_id.is_(None))
    return list(connection.execute(query).scalars())


def delete_alerts(connection: Connection, alert_ids: Sequence[str]) -> None:
    """Deletes alerts, everything that happened to them, and their further pictures."""
    for some in in_parts(alert_ids):
        connection.execute(delete(alert_shots).where(alert_shots.c.alert_id.in_(some)))
        connection.execute(delete(alert_events).where(alert_events.c.alert_id.in_(some)))
        connection.execute(delete(alerts).where(alerts.c.alert_id.in_(some)))


def reseal_alerts(
    connection: Connection, alert_ids: Sequence[str], keys: tuple[DataKey, DataKey], hold_id: str | None = None
) -> None:
    """Seals alerts anew: opened with the first key, sealed with the second; `hold_id` is written to them."""
    old, new = keys
    for some in in_parts(alert_ids):
        for row in connection.execute(select(alerts).where(alerts.c.alert_id.in_(some))).all():
            sealed = {
                f"sealed_{name}": _moved(row._mapping[f"sealed_{name}"], f"alerts:{row.alert_id}:{name}", old, new)
                for name in ("probe", "reference", "details")
            }
            connection.execute(
                update(alerts)
                .where(alerts.c.alert_id == row.alert_id)
                .values(**sealed, key_id=new.key_id, hold_id=hold_id, version=row.version + 1)
            )
        noted = alert_events.c.alert_id.in_(some), alert_events.c.sealed_note.is_not(None)
        for row in connection.execute(select(alert_events).where(*noted)).all():
            note = _moved(row.sealed_note, f"alert_events:{row.alert_id}:{row.seq}:note", old, new)
            where = alert_events.c.alert_id == row.alert_id, alert_events.c.seq == row.seq
            connection.execute(update(alert_events).where(*where).values(sealed_note=note))
        _reseal_shots(connection, some, old, new)


def _reseal_shots(connection: Connection, alert_ids: Sequence[str], old: DataKey, new: DataKey) -> None:
    for row in connection.execute(select(alert_shots).where(alert_shots.c.alert_id.in_(alert_ids))).all():
        picture = _moved(row.sealed_picture, f"alert_shots:{row.alert_id}:{row.seq}:picture", old, new)
        where = alert_shots.c.alert_id == row.alert_id, alert_shots.c.seq == row.seq
        connection.execute(update(alert_shots).where(*where).values(sealed_picture=picture))


def _moved(sealed: bytes, about: str, old: DataKey, new: DataKey) -> bytes:
    return new.seal(old.open(sealed, about), about)


def scopes_of_alerts(connection: Connection, alert_ids: Sequence[str]) -> dict[str, list[str]]:
    """Scope of the key that seals them -> alerts."""
    scopes: dict[str, list[str]] = {}
    for some in in_parts(alert_ids):
        query = select(alerts.c.alert_id, alerts.c.deployment_id, alerts.c.hold_id)
        for row in connection.execute(query.where(alerts.c.alert_id.in_(some))):
            scope = f"hold:{row.hold_id}" if row.hold_id else f"deployment:{row.deployment_id}"
            scopes.setdefault(scope, []).append(row.alert_id)
    return scopes


def holds_emptied(connection: Connection, alert_ids: Sequence[str]) -> list[str]:
    """Holds that hold nothing but these alerts."""
    going = set(alert_ids)
    query = select(alerts.c.hold_id, alerts.c.alert_id).where(alerts.c.hold_id.is_not(None))
    held: dict[str, set[str]] = {}
    for row in connection.execute(query):
        held.setdefault(row.hold_id, set()).add(row.alert_id)
    return sorted(hold_id for hold_id, each in held.items() if each <= going)
