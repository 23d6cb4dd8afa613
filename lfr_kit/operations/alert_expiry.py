"""Alerts on which nobody decided in time become UNCONFIRMED; none is dropped, each waits for a review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfr_kit.governance.adjudication import UNDECIDED, Step, after
from lfr_kit.governance.roles import SYSTEM, Action, Actor
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.repository.alerts import StoredAlert

if TYPE_CHECKING:
    from lfr_kit.store.store import Act, Store

__all__ = ["expire_due", "expire_if_due"]


def expire_due(store: Store, deployment_id: str, *, actor: Actor = SYSTEM) -> tuple[str, ...]:
    """Expires every undecided alert of a deployment whose time is over; their ids, oldest first.

    Raises
    ------
    PermissionRefusedError
        If the actor may not raise alerts: whoever may, may also let the clock run out on them.
    NotInStoreError
        If there is no such deployment.
    """
    with store.reading() as connection:
        rows.deployment_state(connection, deployment_id)
        ids = [each.alert_id for each in rows.due(connection, deployment_id, store.clock())]
    if not ids:
        return ()
    with store.act(
        actor,
        Action.ALERT_RAISE,
        Operation.ALTERATION,
        subject=f"deployment:{deployment_id}",
        deployment_id=deployment_id,
        justification="the time to decide is over",
    ) as act:
        found = rows.due(act.connection, deployment_id, act.at, lock=True)
        for stored in found:
            _expire(act, stored)
        act.details["expired"] = [stored.alert_id for stored in found]
    return tuple(stored.alert_id for stored in found)


def expire_if_due(act: Act, stored: StoredAlert) -> StoredAlert:
    """The alert as it stands now: expired first, within this act, if it is undecided and its time is over."""
    if stored.state in UNDECIDED and stored.expires_at <= act.at:
        _expire(act, stored)
        return rows.alert(act.connection, stored.alert_id)
    return stored


def _expire(act: Act, stored: StoredAlert) -> None:
    new = after(stored.state, Step.EXPIRE)
    rows.change(act.connection, stored, state=str(new))
    event = rows.AlertEvent(
        seq=0,
        at=act.at,
        actor_id=SYSTEM.user_id,
        kind="expired",
        from_state=stored.state,
        to_state=new,
        data={"truth": None, "since": stored.expires_at.isoformat()},
    )
    rows.append_event(act.connection, act.key(rows.scope_of(stored)), stored, event)
    act.log(Operation.ALTERATION, "alert.expire", f"alert:{stored.alert_id}")
