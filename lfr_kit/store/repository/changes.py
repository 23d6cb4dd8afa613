"""How far a deployment's rows are, in a few numbers: who asks again sees whether anything changed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from lfr_kit.store.tables.alerts import alert_events
from lfr_kit.store.tables.deployments import deployments

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
    """

    alerts: int
    deployment: int
    state: str


def mark_of(connection: Connection, deployment_id: str) -> Mark:
    """How far it is now."""
    n_events = connection.execute(
        select(func.count()).select_from(alert_events).where(alert_events.c.deployment_id == deployment_id)
    ).scalar_one()
    row = connection.execute(
        select(deployments.c.version, deployments.c.state).where(deployments.c.deployment_id == deployment_id)
    ).one_or_none()
    return Mark(n_events, *(row or (0, "")))
