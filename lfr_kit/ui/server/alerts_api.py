"""Alerts: the queue, one of them, and what people decide on it; each under the name of whoever signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lfr_kit.governance.adjudication import (
    Conclusion,
    DecisionReason,
    IdMethod,
    NotEngagedReason,
    Verdict,
)
from lfr_kit.governance.roles import Actor
from lfr_kit.governance.vocabulary import Outcome, Truth
from lfr_kit.operations import alerts as operations
from lfr_kit.store.repository.alerts import StoredAlert
from lfr_kit.store.store import Store
from lfr_kit.ui.server.alert_values import queued, settled, shown
from lfr_kit.ui.server.base import ApiHandler
from lfr_kit.ui.server.fields import closed, closed_or_none, flag, text

__all__ = ["STEPS", "AlertHandler", "AlertStepHandler", "AlertsHandler"]


class AlertsHandler(ApiHandler):
    """The queue of a deployment."""

    async def get(self, deployment_id: str) -> None:
        """By colour of response, then time; each with its team, and who has it in hand."""
        everything = self.get_query_argument("everything", "0") == "1"
        found = await self.work(
            operations.queue, self.state.store, self.actor, deployment_id, everything=everything
        )
        self.reply({"alerts": list(map(queued, found)), "now": self.state.store.clock()})


class AlertHandler(ApiHandler):
    """One alert: a consultation, after which its pictures may be fetched for an hour."""

    async def get(self, alert_id: str) -> None:
        """Without the pictures."""
        assert self.visitor is not None
        found = await self.work(_seen, self.state.store, self.actor, alert_id, self.reason())
        self.state.seen.note(self.visitor.session, f"alert:{alert_id}")
        self.reply(found)


class AlertStepHandler(ApiHandler):
    """What somebody decides, or that they have it in hand."""

    async def post(self, alert_id: str, step: str) -> None:
        """Takes the step; of two people who do at once the second is told what the first did."""
        body = self.body()
        do = STEPS[step](body)
        alert = await self.work(do, self.state.store, self.actor, alert_id)
        await self.state.tell(alert.deployment_id, alerts_changed=True)
        self.reply(settled(alert))


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


def _acknowledge(body: dict[str, Any]) -> _Step:
    note = text(body, "note")
    return lambda store, actor, alert: operations.acknowledge(store, actor, alert, note=note)


def _hand_over(body: dict[str, Any]) -> _Step:
    to, held_by, note = text(body, "to"), text(body, "held_by"), text(body, "note")
    return lambda store, actor, alert: operations.hand_over(store, actor, alert, to, held_by=held_by, note=note)


STEPS: dict[str, Callable[[dict[str, Any]], _Step]] = {
    "decide": _decide,
    "engage": _engage,
    "decline": _decline,
    "outcome": _conclude,
    "review": _review,
    "acknowledge": _acknowledge,
    "hand-over": _hand_over,
}


def _conclusion(body: dict[str, Any]) -> Conclusion:
    return Conclusion(
        truth=closed(body, "truth", Truth),
        outcome=closed_or_none(body, "outcome", Outcome),
        id_method=closed_or_none(body, "id_method", IdMethod),
    )


def _seen(store: Store, actor: Actor, alert_id: str, reason: str) -> dict[str, Any]:
    return shown(store, operations.view(store, actor, alert_id, reason=reason))
