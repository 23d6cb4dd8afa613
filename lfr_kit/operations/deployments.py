"""Deployments from draft to end: what those who plan and command them do. Officers' decisions: `grants`.

draft, amend, request  ->  grants  ->  checklist, open  ->  pause, resume  ->  close or abort
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from lfr_kit.errors import AuthorityError
from lfr_kit.governance.authority import Authority
from lfr_kit.governance.checklist import ITEMS, SEEN, ChecklistItem, Ticked, mend, open_items
from lfr_kit.governance.deployment_state import Deployment, Step
from lfr_kit.governance.roles import Action, Actor, require
from lfr_kit.governance.vocabulary import DeploymentState, Operation
from lfr_kit.operations.checklist_seen import not_seen, seen_as_ticked
from lfr_kit.operations.deployment_steps import append_event, said_reason, standing, stepping, tick
from lfr_kit.operations.grants import check_holds, extend, grant, grant_urgently, ratify, refuse
from lfr_kit.operations.starting import open_deployment, resume, start_refusals, ticked_since_request
from lfr_kit.operations.threshold_changes import confirm_threshold, propose_threshold
from lfr_kit.store.repository import deployments as repository
from lfr_kit.store.repository.deployments import Damaged, Event, deployment
from lfr_kit.store.store import Store, new_id
from lfr_kit.store.vault import DataKey

__all__ = [
    "Damaged",
    "History",
    "abort",
    "amend",
    "append_event",
    "checklist",
    "close",
    "confirm_threshold",
    "damaged",
    "deployment",
    "draft",
    "extend",
    "grant",
    "grant_urgently",
    "history",
    "listing",
    "open_deployment",
    "pause",
    "propose_threshold",
    "ratify",
    "refuse",
    "request",
    "resume",
    "standing",
    "start_refusals",
    "tick",
    "tick_off",
]


@dataclass(frozen=True, kw_only=True)
class History:
    """A deployment and all that happened in it.

    Attributes
    ----------
    deployment, events
        As it stands; its events in order.
    to_do
        Items of the checklist that are open before the opening.
    """

    deployment: Deployment
    events: tuple[Event, ...]
    to_do: tuple[ChecklistItem, ...]


def draft(store: Store, actor: Actor, authority: Authority, *, reason: str) -> Deployment:
    """Begins a deployment: a plan that nobody has asked for yet.

    Raises
    ------
    PermissionRefusedError, JustificationError
        If the person may not, or gives no reason.
    """
    why = said_reason(reason)
    deployment_id = new_id("D")
    with store.act(
        actor,
        Action.DEPLOYMENT_DRAFT,
        Operation.COLLECTION,
        subject=f"deployment:{deployment_id}",
        deployment_id=deployment_id,
        justification=why,
    ) as act:
        key = act.key("store")
        repository.insert_draft(act.connection, key, deployment_id, authority, actor.user_id)
        found = repository.deployment(act.connection, key, deployment_id)
        data = {"step": "draft", "authority_digest": found.authority_digest}
        append_event(act, deployment_id, "transition", data=data, reason=why, states=(None, DeploymentState.DRAFT))
        act.details.update(data)
    return found


def amend(store: Store, actor: Actor, deployment_id: str, authority: Authority, *, reason: str) -> Deployment:
    """Another plan for a draft; once requested, a plan is not changed.

    Raises
    ------
    PermissionRefusedError, JustificationError, StateError
        If the person may not, gives no reason, or the deployment is no draft (any more).
    """
    with stepping(store, actor, deployment_id, Step.AMEND, reason) as taking:
        found = taking.found
        taking.columns.update(repository.columns_of(taking.act.key("store"), deployment_id, authority))
        taking.columns["asked_by"] = sorted(found.asked_by | {actor.user_id})
        taking.data["authority_digest"] = taking.columns["authority_digest"]
    return taking.after


def request(store: Store, actor: Actor, deployment_id: str, *, reason: str) -> Deployment:
    """Asks an authorising officer to grant the plan; from now on it is bound by its digest.

    Raises
    ------
    PermissionRefusedError, JustificationError, StateError
        If the person may not, gives no reason, it is no draft, or its window is over.
    AuthorityError
        If what the plan rests on has run out, or its threshold rests on no valid measurement.
    """
    with stepping(store, actor, deployment_id, Step.REQUEST, reason) as taking:
        check_holds(taking.act, taking.found)
        taking.columns["requested_by"] = actor.user_id
        taking.columns["asked_by"] = sorted(taking.found.asked_by | {actor.user_id})
        taking.data["authority_digest"] = taking.found.authority_digest
    return taking.after


def pause(store: Store, actor: Actor, deployment_id: str, *, reason: str) -> Deployment:
    """Stops comparing, for now.

    Raises
    ------
    PermissionRefusedError, JustificationError, StateError
        If the person may not, gives no reason, or it is not open.
    """
    with stepping(store, actor, deployment_id, Step.PAUSE, reason) as taking:
        pass
    return taking.after


def close(store: Store, actor: Actor, deployment_id: str, *, reason: str) -> Deployment:
    """Ends a deployment that ran; it does not open again.

    Raises
    ------
    PermissionRefusedError, JustificationError, StateError
        If the person may not, gives no reason, or it is neither open nor paused.
    """
    with stepping(store, actor, deployment_id, Step.CLOSE, reason) as taking:
        pass
    return taking.after


def abort(store: Store, actor: Actor, deployment_id: str, *, reason: str) -> Deployment:
    """Cancels a granted deployment, or breaks one off that must not go on: its record says so.

    Raises
    ------
    PermissionRefusedError, JustificationError, StateError
        If the person may not, gives no reason, or it is neither granted, open nor paused.
    """
    with stepping(store, actor, deployment_id, Step.ABORT, reason) as taking:
        pass
    return taking.after


def tick_off(store: Store, actor: Actor, deployment_id: str, ticked: Ticked, *, note: str) -> list[ChecklistItem]:
    """Records that an item of the checklist is done, or failed.

    Parameters
    ----------
    note
        Who, where, how it came out; kept sealed. For a check with a result it says what was found.

    Returns
    -------
    list of ChecklistItem
        What is still open before the opening.

    Raises
    ------
    PermissionRefusedError, JustificationError
        If the person may not, or says nothing.
    AuthorityError
        If the plan is not requested yet: it may still become another; or the program sees the item for itself.
    """
    why = said_reason(note)
    with store.act(
        actor,
        Action.DEPLOYMENT_CHECKLIST,
        Operation.COLLECTION,
        subject=f"deployment:{deployment_id}",
        deployment_id=deployment_id,
        justification=why,
    ) as act:
        key = act.key("store")
        found = repository.deployment(act.connection, key, deployment_id, lock=True)
        if found.state in (DeploymentState.DRAFT, DeploymentState.PURGED):
            raise AuthorityError(f"checklist: the deployment is {found.state}; there is nothing to tick off")
        if ticked.item in SEEN:
            command = mend(ticked.item, deployment_id)
            raise AuthorityError(f"checklist: nobody vouches for {ticked.item}, the program sees it: {command}")
        kind = "briefing" if ticked.item is ChecklistItem.DIFFERENCES_BRIEFED else "checklist"
        data = {"item": str(ticked.item), "result": str(ticked.result)}
        append_event(act, deployment_id, kind, data=data, reason=why)
        act.details.update(data, vouched=ITEMS[ticked.item])
        return open_items(_so_far(act.connection, key, deployment_id, act.at))


def checklist(store: Store, actor: Actor, deployment_id: str) -> list[Ticked]:
    """The last word on each item since the plan was requested, ticked off or seen; without the notes.

    Raises
    ------
    PermissionRefusedError, NotInStoreError
        If the person may not look at deployments, or there is none of that name.
    """
    require(actor, Action.DEPLOYMENT_VIEW)
    with store.reading() as connection:
        repository.standing(connection, deployment_id)
        key = store.vault.key(connection, "store")
        ticked = _so_far(connection, key, deployment_id, store.clock())
    return list({each.item: each for each in ticked}.values())


def listing(store: Store, actor: Actor) -> list[Deployment]:
    """All deployments, by start, after the clock was heard on each; nobody is named, so no reason is asked.

    Without those whose stored plan cannot be read, see `damaged`.

    Raises
    ------
    PermissionRefusedError
        If the person may not look at deployments.
    """
    require(actor, Action.DEPLOYMENT_VIEW)
    for each in _found(store)[0]:
        if each.state in _ON_THE_CLOCK:
            tick(store, each.deployment_id)
    return _found(store)[0]


def damaged(store: Store, actor: Actor) -> list[Damaged]:
    """Deployments whose stored plan cannot be read, by start. PermissionRefusedError as `listing`."""
    require(actor, Action.DEPLOYMENT_VIEW)
    return _found(store)[1]


def history(store: Store, actor: Actor, deployment_id: str, *, reason: str) -> History:
    """A deployment with its authority and all its events; the look is logged.

    Raises
    ------
    PermissionRefusedError, JustificationError
        If the person may not, or gives no reason.
    NotInStoreError
        If there is no such deployment.
    """
    tick(store, deployment_id)
    with store.act(
        actor,
        Action.DEPLOYMENT_VIEW,
        Operation.CONSULTATION,
        subject=f"deployment:{deployment_id}",
        deployment_id=deployment_id,
        justification=reason,
    ) as act:
        key = act.key("store")
        found = repository.deployment(act.connection, key, deployment_id)
        events = repository.events_of(act.connection, key, deployment_id)
        to_do = open_items(_so_far(act.connection, key, deployment_id, act.at))
    return History(deployment=found, events=tuple(events), to_do=tuple(to_do))


def _so_far(connection: Connection, key: DataKey, deployment_id: str, now: datetime) -> list[Ticked]:
    """What was ticked off since the request, and what the program sees."""
    ticked = ticked_since_request(repository.events_of(connection, key, deployment_id))
    return [*ticked, *seen_as_ticked(not_seen(connection, key, deployment_id, now))]


_ON_THE_CLOCK = frozenset({DeploymentState.GRANTED, DeploymentState.OPEN, DeploymentState.PAUSED})


def _found(store: Store) -> tuple[list[Deployment], list[Damaged]]:
    with store.reading() as connection:
        return repository.deployments_found(connection, store.vault.key(connection, "store"))
