"""Who is on the ground: check in, a sign of life, check out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lfr_kit.config import settings
from lfr_kit.governance.roles import Action, Actor, may, require
from lfr_kit.operations import presence
from lfr_kit.operations.deployments import standing
from lfr_kit.ui.server.base import ApiHandler
from lfr_kit.ui.server.fields import text
from lfr_kit.ui.server.sockets import EventsSocket

if TYPE_CHECKING:
    from lfr_kit.ui.server.state import ServerState

__all__ = ["PresenceHandler", "PresenceStepHandler"]


class PresenceHandler(ApiHandler):
    """Everybody who is checked in."""

    async def get(self, deployment_id: str) -> None:
        """With when they were last heard of; and who has a page of it open, for handing an alert over."""
        found = await self.work(_present, self.state, self.actor, deployment_id)
        self.reply({**found, "watching": _watching(self.state, self.actor, deployment_id)})


class PresenceStepHandler(ApiHandler):
    """One's own presence."""

    async def post(self, deployment_id: str, step: str) -> None:
        """Checks in, out, or says that one is still there."""
        body = self.body()
        await self.work(_STEPS[step], self.state, self.actor, deployment_id, body)
        self.reply(await self.work(_present, self.state, self.actor, deployment_id))


def _present(state: ServerState, actor: Actor, deployment_id: str) -> dict[str, Any]:
    require(actor, Action.DEPLOYMENT_VIEW)
    standing(state.store, deployment_id)
    lost_after_s = settings().live.presence_lost_after_s
    now = state.store.clock()
    everybody = [
        {
            "user_id": each.user_id,
            "team": each.team,
            "camera_id": each.camera_id,
            "checked_in_at": each.checked_in_at,
            "seen_at": each.seen_at,
            "seen_s_ago": max(0.0, (now - each.seen_at).total_seconds()),
            "is_present": presence.is_present(each, now, lost_after_s),
            "is_me": each.user_id == actor.user_id,
        }
        for each in presence.checked_in(state.store, deployment_id).checked
    ]
    return {
        "present": [each for each in everybody if each["is_present"]],
        "checked_in": everybody,
        "lost_after_s": lost_after_s,
    }


def _watching(state: ServerState, actor: Actor, deployment_id: str) -> list[str]:
    """Users with a page of it open who may have alerts in hand; told to nobody else."""
    if not may(actor, Action.ALERT_ACKNOWLEDGE):
        return []
    return sorted(
        {
            socket.visitor.user_id
            for sockets in state.sockets.values()
            for socket in sockets
            if isinstance(socket, EventsSocket)
            and socket.path_args == [deployment_id]
            and may(socket.visitor.actor, Action.ALERT_ACKNOWLEDGE)
        }
    )


def _check_in(state: ServerState, actor: Actor, deployment_id: str, body: dict[str, Any]) -> None:
    team, camera_id = text(body, "team"), text(body, "camera_id")
    presence.check_in(state.store, actor, deployment_id, team=team, camera_id=camera_id)


def _heartbeat(state: ServerState, actor: Actor, deployment_id: str, body: dict[str, Any]) -> None:
    presence.heartbeat(state.store, actor, deployment_id)


def _check_out(state: ServerState, actor: Actor, deployment_id: str, body: dict[str, Any]) -> None:
    presence.check_out(state.store, actor, deployment_id)


_STEPS: dict[str, Callable[..., None]] = {
    "check-in": _check_in,
    "heartbeat": _heartbeat,
    "check-out": _check_out,
}
