"""Alerts to the nearest team: when they are raised, when one checks in, and anew when theirs is not heard of.

It runs where alerts are stored, at every check-in, check-out and sign of life, and every few seconds in a running
engine: none of these needs a server. What was routed stands in the alert's events.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from lfr_kit.config import settings
from lfr_kit.errors import StoreError
from lfr_kit.governance.adjudication import UNDECIDED
from lfr_kit.governance.charge import Charge, Route, routes
from lfr_kit.governance.presence import present_at
from lfr_kit.governance.roles import SYSTEM, Action
from lfr_kit.governance.vocabulary import AlertState, Operation
from lfr_kit.store.repository import alert_charge
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.repository import presence as presence_rows

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from lfr_kit.store.store import Act, Store
    from lfr_kit.store.vault import Vault

__all__ = ["ROUTED_STATES", "route_due", "route_if_due", "route_within"]

ROUTED_STATES = (AlertState.VIABLE, *sorted(UNDECIDED))
"""States of alerts that are on their way to officers."""


def route_due(store: Store, deployment_id: str) -> tuple[Route, ...]:
    """Routes every alert of a deployment that has no team on the ground; what was routed, in order.

    Raises
    ------
    NotInStoreError
        If there is no such deployment.
    StoreBusyError
        If the store does not answer.
    """
    with store.reading() as connection:
        rows.deployment_state(connection, deployment_id)
        found = _found(store.vault, connection, deployment_id, store.clock())
    if not found:
        return ()
    with store.act(
        SYSTEM,
        Action.ALERT_ROUTE,
        Operation.ALTERATION,
        subject=f"deployment:{deployment_id}",
        deployment_id=deployment_id,
        justification="alerts go to the nearest team that is on the ground",
    ) as act:
        return route_within(act, deployment_id, sorted(route.alert_id for route in found))


def route_if_due(store: Store, deployment_id: str) -> None:
    """As `route_due`, for somebody who came for another thing: a store that is away is asked again by the next."""
    with suppress(StoreError):
        route_due(store, deployment_id)


def route_within(act: Act, deployment_id: str, alert_ids: Sequence[str]) -> tuple[Route, ...]:
    """Routes those of these alerts that have no team on the ground, within an act that may be on another thing."""
    for alert_id in alert_ids:
        rows.alert(act.connection, alert_id, lock=True)
    found = _found(act.vault, act.connection, deployment_id, act.at, alert_ids)
    for route in found:
        _note(act, route)
    return found


def _found(
    vault: Vault, connection: Connection, deployment_id: str, now: datetime, only: Sequence[str] | None = None
) -> tuple[Route, ...]:
    waiting = rows.queue(connection, deployment_id, ROUTED_STATES)
    if only is not None:
        waiting = [each for each in waiting if each.alert_id in only]
    if not waiting:
        return ()
    charges = alert_charge.charges(connection, deployment_id)
    checked = presence_rows.of_deployment(connection, vault.key(connection, "store"), deployment_id).checked
    there = present_at(checked, now, settings().live.presence_lost_after_s)
    asked = [(each.alert_id, each.camera_id, charges.get(each.alert_id, Charge())) for each in waiting]
    return tuple(routes(asked, there, alert_charge.last_routed_at(connection, deployment_id), now))


def _note(act: Act, route: Route) -> None:
    stored = rows.alert(act.connection, route.alert_id)
    event = rows.AlertEvent(
        seq=0,
        at=act.at,
        actor_id=SYSTEM.user_id,
        kind="routed",
        from_state=stored.state,
        to_state=stored.state,
        data={"team": route.team, "was": route.was},
    )
    rows.append_event(act.connection, act.key(rows.scope_of(stored)), stored, event)
    subject = f"alert:{route.alert_id}"
    if subject == act.subject:
        act.details["routed_to"] = route.team
    else:
        act.log(Operation.ALTERATION, str(Action.ALERT_ROUTE), subject, team=route.team, was=route.was)
