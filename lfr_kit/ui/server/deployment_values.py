"""Deployments as pages need them: never a camera's source, and reasons only for whoever gave one to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfr_kit.governance.checklist import open_items
from lfr_kit.governance.roles import Action, Actor, require
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.operations import deployments as operations
from lfr_kit.store.repository import deployments as rows
from lfr_kit.store.repository.watchlists import watchlists_of

if TYPE_CHECKING:
    from lfr_kit.governance.deployment_state import Deployment
    from lfr_kit.store.repository.deployments import Event
    from lfr_kit.ui.server.state import ServerState

__all__ = ["detail", "short"]

_NOT_TOLD = frozenset({"faces_seen", "lit", "dark", "presence"})
"""Events of the machine, hundreds of them."""
_MAY_START = frozenset({DeploymentState.GRANTED, DeploymentState.PAUSED})


def short(found: Deployment, watchlist_id: str | None = None) -> dict[str, Any]:
    """As in the list of deployments."""
    return {
        "deployment_id": found.deployment_id,
        "state": str(found.state),
        "place": found.authority.place,
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
        "watchlist_id": found.watchlist_id or watchlist_id,
        "cameras": [{"camera_id": each.camera_id, "zone": each.zone} for each in found.authority.cameras],
    }


def detail(state: ServerState, actor: Actor, deployment_id: str, reason: str) -> dict[str, Any]:
    """One deployment with its steps, its checklist, and what refuses its start.

    Parameters
    ----------
    reason
        Why the reasons of each step are read: a logged consultation. Empty = the steps without their reasons.

    Raises
    ------
    PermissionRefusedError, NotInStoreError
        If the actor may not look at deployments, or there is none of that name.
    """
    require(actor, Action.DEPLOYMENT_VIEW)
    store = state.store
    operations.tick(store, deployment_id)
    ticked = operations.checklist(store, actor, deployment_id)
    told = operations.history(store, actor, deployment_id, reason=reason).events if reason else None
    with store.reading() as connection:
        key = store.vault.key(connection, "store")
        found = rows.deployment(connection, key, deployment_id)
        events = told or rows.events_of(connection, key, deployment_id)
        lists = watchlists_of(connection, deployment_id)
    newest = next(
        (each for each in lists if each.watchlist_id == found.watchlist_id), lists[-1] if lists else None
    )
    may_start = found.state in _MAY_START
    return {
        **short(found, newest.watchlist_id if newest else None),
        "threshold": found.threshold,
        "score_scale": found.authority.score_scale,
        "n_enrolled": newest.n_entries if newest else None,
        "expected_footfall": found.authority.expected_footfall,
        "is_blind": found.authority.blind_first_look,
        "decision_limit_s": found.authority.decision_limit_s,
        "awaits_ratification": found.awaits_ratification,
        "history": [_step(each, with_reason=told is not None) for each in events if each.kind not in _NOT_TOLD],
        "checklist": [{"item": str(each.item), "result": str(each.result)} for each in ticked],
        "to_do": [str(item) for item in open_items(ticked)],
        "refusals": operations.start_refusals(store, deployment_id, state.engine(found.authority))
        if may_start
        else [],
    }


def _step(event: Event, *, with_reason: bool) -> dict[str, Any]:
    values: dict[str, Any] = {
        "seq": event.seq,
        "at": event.at,
        "by": event.actor_id,
        "kind": event.kind,
        "step": event.data.get("step") or event.data.get("item"),
        "to_state": event.to_state and str(event.to_state),
    }
    return {**values, "reason": event.reason} if with_reason else values
