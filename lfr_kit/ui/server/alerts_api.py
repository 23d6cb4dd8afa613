"""Alerts: the queue, one of them, and what people decide on it; each under the name of whoever signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lfr_kit.errors import InputError
from lfr_kit.governance.adjudication import (
    Conclusion,
    DecisionReason,
    IdMethod,
    NotEngagedReason,
    Verdict,
    check_alert_id,
)
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.roles import Action, Actor, may, require
from lfr_kit.governance.vocabulary import Outcome, Truth
from lfr_kit.operations import alerts as operations
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.repository import users as user_rows
from lfr_kit.store.repository.alerts import StoredAlert
from lfr_kit.store.store import Store
from lfr_kit.ui.server.alert_values import queued, settled, shown
from lfr_kit.ui.server.base import ApiHandler
from lfr_kit.ui.server.events import InHand
from lfr_kit.ui.server.fields import closed, closed_or_none, flag, text

__all__ = ["AlertHandler", "AlertStepHandler", "AlertsHandler", "HandOverHandler"]

_LONGEST_HAND_OVER = 200
_MOST_IN_HAND = 1_000


class AlertsHandler(ApiHandler):
    """The queue of a deployment."""

    async def get(self, deployment_id: str) -> None:
        """By colour of response, then time."""
        everything = self.get_query_argument("everything", "0") == "1"
        found = await self.work(
            operations.queue, self.state.store, self.actor, deployment_id, everything=everything
        )
        in_hand = [each.values() for each in self.state.in_hand[deployment_id].values() if each.to]
        self.reply({"alerts": list(map(queued, found)), "in_hand": in_hand, "now": self.state.store.clock()})


class AlertHandler(ApiHandler):
    """One alert: a consultation, after which its pictures may be fetched for an hour."""

    async def get(self, alert_id: str) -> None:
        """Without the pictures."""
        assert self.visitor is not None
        found = await self.work(_seen, self.state.store, self.actor, alert_id, self.reason())
        self.state.seen.note(self.visitor.session, f"alert:{alert_id}")
        self.reply(found)


class AlertStepHandler(ApiHandler):
    """What somebody decides."""

    async def post(self, alert_id: str, step: str) -> None:
        """Takes the step; of two people who decide at once the second is told what the first decided."""
        body = self.body()
        do = _STEPS[step](body)
        alert = await self.work(do, self.state.store, self.actor, alert_id)
        await self.state.tell(alert.deployment_id, alerts_changed=True)
        self.reply(settled(alert))


class HandOverHandler(ApiHandler):
    """Who has an alert in hand: told to everybody who looks at the deployment; it decides nothing."""

    async def post(self, alert_id: str) -> None:
        """Hands it to somebody, or to nobody (empty)."""
        body = self.body()
        to, note = text(body, "to"), clean_text(text(body, "note"), "note", _LONGEST_HAND_OVER)
        deployment_id = await self.work(_checked, self.state.store, self.actor, alert_id, to)
        holding = InHand(alert_id, to, self.actor.user_id, note)
        held = self.state.in_hand[deployment_id]
        held.pop(alert_id, None)
        while len(held) >= _MOST_IN_HAND:
            del held[next(iter(held))]
        held[alert_id] = holding
        await self.state.tell(deployment_id)
        self.reply(holding.values())


_Step = Callable[[Store, Actor, str], StoredAlert]


def _decide(body: dict[str, Any]) -> _Step:
    verdict, reason = closed(body, "verdict", Verdict), closed(body, "reason", DecisionReason)
    note = text(body, "note")
    return lambda store, actor, alert: operations.decide(store, actor, alert, verdict, reason, note=note)


def _engage(body: dict[str, Any]) -> _Step:
    rechecked, note = flag(body, "status_rechecked"), text(body, "note")
    return lambda store, actor, alert: operations.engage(
        store, actor, alert, status_rechecked=rechecked, note=note
    )


def _decline(body: dict[str, Any]) -> _Step:
    reason, note = closed(body, "reason", NotEngagedReason), text(body, "note")
    return lambda store, actor, alert: operations.do_not_engage(store, actor, alert, reason, note=note)


def _conclude(body: dict[str, Any]) -> _Step:
    conclusion, note = _conclusion(body), text(body, "note")
    return lambda store, actor, alert: operations.conclude(store, actor, alert, conclusion, note=note)


def _review(body: dict[str, Any]) -> _Step:
    finding, reason, note = _conclusion(body), text(body, "reason"), text(body, "note")
    return lambda store, actor, alert: operations.review(store, actor, alert, finding, reason=reason, note=note)


_STEPS: dict[str, Callable[[dict[str, Any]], _Step]] = {
    "decide": _decide,
    "engage": _engage,
    "decline": _decline,
    "outcome": _conclude,
    "review": _review,
}


def _conclusion(body: dict[str, Any]) -> Conclusion:
    return Conclusion(
        truth=closed(body, "truth", Truth),
        outcome=closed_or_none(body, "outcome", Outcome),
        id_method=closed_or_none(body, "id_method", IdMethod),
    )


def _seen(store: Store, actor: Actor, alert_id: str, reason: str) -> dict[str, Any]:
    return shown(store, operations.view(store, actor, alert_id, reason=reason))


def _checked(store: Store, actor: Actor, alert_id: str, to: str) -> str:
    """The deployment of an alert that this actor may hand to that user."""
    require(actor, Action.ALERT_VIEW)
    with store.reading() as connection:
        deployment_id = rows.alert(connection, check_alert_id(alert_id)).deployment_id
        if to:
            them = user_rows.user(connection, store.vault.key(connection, "store"), to)
            if not them.is_active or not may(Actor(to, them.roles), Action.ALERT_VIEW):
                raise InputError(f"to: {to} may not see alerts; hand it to somebody who may")
    return deployment_id
