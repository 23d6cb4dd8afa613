"""Who the visitor is, and the closed lists that pages offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from typing import Any

from lfr_kit.errors import InputError
from lfr_kit.governance.adjudication import DecisionReason, IdMethod, NotEngagedReason, Verdict, check_decision
from lfr_kit.governance.checklist import ITEMS
from lfr_kit.governance.deployment_state import Step
from lfr_kit.governance.roles import Action, Role, may
from lfr_kit.governance.vocabulary import (
    AlertState,
    Category,
    DeploymentState,
    EntryStatus,
    Outcome,
    Response,
    Truth,
    WatchlistState,
)
from lfr_kit.ui.server.base import ApiHandler
from lfr_kit.ui.server.pages import display_name

__all__ = ["MeHandler", "VocabularyHandler", "vocabulary"]

_LABELS = {
    DecisionReason.PICTURE_TOO_POOR: "Picture too poor to judge",
    DecisionReason.NOT_A_LIVE_FACE: "Not a live face",
    DecisionReason.ENTRY_NOT_CURRENT: "No longer sought",
    DecisionReason.PERSON_KNOWN_TO_OPERATOR: "Person known to me",
    Truth.TRUE_CONFIRMED: "True alert, person identified",
    Truth.TRUE_UNCONFIRMED: "True alert, person not identified",
    Truth.FALSE_CONFIRMED: "False alert, person identified",
    Role.LFR_OPERATOR: "LFR operator",
    Truth.FALSE_UNCONFIRMED: "False alert, person not identified",
}
_PAUSES = (
    "A camera or its picture must be put right",
    "No officers free on the ground",
    "False alerts need a look",
    "Signs or the way round must be put right",
    "An incident on the scene",
)


class MeHandler(ApiHandler):
    """Who is signed in."""

    async def get(self) -> None:
        """Name, roles, and what they may do."""
        actor = self.actor
        self.reply(
            {
                "user_id": actor.user_id,
                "name": await self.work(display_name, self.state.store, actor.user_id),
                "roles": sorted(actor.roles),
                "may": [action for action in Action if may(actor, action)],
                "csrf": self.xsrf_token.decode(),
                "expires_at": None if self.visitor is None else self.visitor.expires_at,
            }
        )


class VocabularyHandler(ApiHandler):
    """The closed lists."""

    def get(self) -> None:
        """Value and label of each."""
        self.reply(vocabulary())


def vocabulary() -> dict[str, Any]:
    """Name of a list -> its values in order, each with a label for people."""
    verdicts = [{**_one(verdict), "reasons": _listed(_reasons_of(verdict))} for verdict in Verdict]
    return {
        "verdicts": verdicts,
        "decision_reasons": _listed(DecisionReason),
        "not_engaged_reasons": _listed(NotEngagedReason),
        "truths": _listed(Truth),
        "outcomes": _listed(Outcome),
        "id_methods": _listed(IdMethod),
        "categories": _listed(Category),
        "responses": _listed(Response),
        "alert_states": _listed(AlertState),
        "entry_statuses": _listed(EntryStatus),
        "watchlist_states": _listed(WatchlistState),
        "deployment_states": _listed(DeploymentState),
        "deployment_steps": _listed(Step),
        "checklist": [{"value": item, "label": what} for item, what in ITEMS.items()],
        "roles": _listed(role for role in Role if role is not Role.SYSTEM),
        "pause_reasons": [{"value": words, "label": words} for words in _PAUSES],
    }


def _reasons_of(verdict: Verdict) -> Iterator[DecisionReason]:
    for reason in DecisionReason:
        with suppress(InputError):
            check_decision(verdict, reason)
            yield reason


def _listed(values: Iterable[StrEnum]) -> list[dict[str, str]]:
    return [_one(value) for value in values]


def _one(value: StrEnum) -> dict[str, str]:
    return {"value": str(value), "label": _LABELS.get(value, value.replace("_", " ").capitalize())}
