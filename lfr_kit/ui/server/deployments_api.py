"""Deployments: which there are, how each stands, and the steps of those who command them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lfr_kit.operations import deployments as operations
from lfr_kit.store.repository.watchlists import watchlists_of
from lfr_kit.ui.server.base import ApiHandler
from lfr_kit.ui.server.deployment_values import detail, short
from lfr_kit.ui.server.fields import text

if TYPE_CHECKING:
    from lfr_kit.governance.deployment_state import Deployment
    from lfr_kit.governance.roles import Actor
    from lfr_kit.ui.server.state import ServerState

__all__ = ["DeploymentHandler", "DeploymentsHandler", "StepHandler"]

_STEPS: dict[str, Callable[..., Deployment]] = {
    "open": operations.open_deployment,
    "pause": operations.pause,
    "resume": operations.resume,
    "close": operations.close,
    "abort": operations.abort,
}
_STARTS = frozenset({"open", "resume"})


class DeploymentsHandler(ApiHandler):
    """All of them."""

    async def get(self) -> None:
        """By start, the newest last."""
        self.reply({"deployments": await self.work(_all, self.state, self.actor)})


class DeploymentHandler(ApiHandler):
    """One of them."""

    async def get(self, deployment_id: str) -> None:
        """With its steps; with their reasons only where the visitor says why (`REASON_HEADER`)."""
        self.reply(await self.work(detail, self.state, self.actor, deployment_id, self.reason()))


class StepHandler(ApiHandler):
    """A step of one of them."""

    async def post(self, deployment_id: str, step: str) -> None:
        """Takes it, with the reason that everybody must give."""
        reason = text(self.body(), "reason", is_needed=True)
        found = await self.work(_stepped, self.state, self.actor, deployment_id, (step, reason))
        await self.state.tell(deployment_id)
        self.reply(short(found))


def _all(state: ServerState, actor: Actor) -> list[dict[str, Any]]:
    found = operations.listing(state.store, actor)
    with state.store.reading() as connection:
        built = {each.deployment_id: each.watchlist_id for each in watchlists_of(connection)}
    return [short(each, built.get(each.deployment_id)) for each in found]


def _stepped(state: ServerState, actor: Actor, deployment_id: str, taken: tuple[str, str]) -> Deployment:
    step, reason = taken
    more = {}
    if step in _STARTS:
        with state.store.reading() as connection:
            key = state.store.vault.key(connection, "store")
            found = operations.deployment(connection, key, deployment_id)
        more["engine"] = state.engine(found.authority)
    return _STEPS[step](state.store, actor, deployment_id, reason=reason, **more)
