"""In whose charge the alerts of a deployment are, read off their events."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, select

from lfr_kit.governance.charge import CHARGE_KINDS, Charge, charge_of
from lfr_kit.store.repository.alerts import AlertEvent
from lfr_kit.store.tables.alerts import alert_events

__all__ = ["charges", "last_routed_at"]


def charges(connection: Connection, deployment_id: str) -> dict[str, Charge]:
    """Alert -> how it stands, of every alert of a deployment."""
    query = (
        select(*(alert_events.c[name] for name in ("alert_id", "seq", "at", "actor_id", "kind", "data")))
        .where(alert_events.c.deployment_id == deployment_id, alert_events.c.kind.in_(CHARGE_KINDS))
        .order_by(alert_events.c.alert_id, alert_events.c.seq)
    )
    found: defaultdict[str, list[AlertEvent]] = defaultdict(list)
    for row in connection.execute(query):
        values = {name: value for name, value in row._mapping.items() if name != "alert_id"}
        found[row.alert_id].append(AlertEvent(**values, from_state=None, to_state=None))
    return {alert_id: charge_of(events) for alert_id, events in found.items()}


def last_routed_at(connection: Connection, deployment_id: str) -> dict[str, datetime]:
    """Team -> when an alert of the deployment was last routed to it."""
    query = select(alert_events.c.at, alert_events.c.data).where(
        alert_events.c.deployment_id == deployment_id, alert_events.c.kind == "routed"
    )
    return {row.data["team"]: row.at for row in connection.execute(query.order_by(alert_events.c.at))}
