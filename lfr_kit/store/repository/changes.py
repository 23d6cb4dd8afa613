"""How far a deployment's rows are, in a few numbers: who asks again sees whether anything changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from lfr_kit.store.tables.alerts import alert_events
from lfr_kit.store.tables.deployments import deployments
from lfr_kit.store.tables.presence import presence

__all__ = ["Mark", "mark_of"]


@dataclass(frozen=True)
class Mark:
    """Compared, not read.

    Attributes
    ----------
    alerts
        Events of all alerts so far: it rises with whatever happens to one.
    deployment
        Version of the deployment's row.
    state
        Where the deployment stands; empty = there is none.
    heard_of
        Who is checked in and was heard of lately: whose hands an alert is in shows whether they are.
    """

    alerts: int
    deployment: int
    state: str
    heard_of: tuple[str, ...] = ()


def mark_of(connection: Connection, deployment_id: str, heard_since: datetime) -> Mark:
    """How far it is now; who was last heard of before `heard_since` counts as silent."""
    n_events = connection.execute(
        select(func.count()).select_from(alert_events).where(alert_events.c.deployment_id == deployment_id)
    ).scalar_one()
    row = connection.execute(
        select(deployments.c.version, deployments.c.state).where(deployments.c.deployment_id == deployment_id)
    ).one_or_none()
    here = presence.c.deployment_id == deployment_id
    heard_of = connection.scalars(
        select(presence.c.user_id).where(here, presence.c.seen_at >= heard_since).order_by(presence.c.user_id)
    )
    version, state = (0, "") if row is None else row
    return Mark(n_events, version, state, tuple(heard_of))
