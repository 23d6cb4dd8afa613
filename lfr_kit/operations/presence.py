"""Officers on the ground: they check in, are heard of again and again, and check out.

Checking in and out are acts, and stand in the deployment's events. A sign of life only touches a row: hundreds of
them an hour would bury the audit log. After each, alerts without a team on the ground are routed (`routing`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from lfr_kit.errors import AuthorityError, StateError
from lfr_kit.governance.presence import (
    Checked,
    check_may_check_in,
    is_present,
    present_at,
    said_team,
)
from lfr_kit.governance.roles import Action, Actor, require
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations.deployment_steps import append_event, deployment, tick
from lfr_kit.operations.routing import route_if_due
from lfr_kit.store.faults import translated
from lfr_kit.store.repository import presence as rows
from lfr_kit.store.repository.deployments import standing
from lfr_kit.store.repository.presence import CheckedIn

if TYPE_CHECKING:
    from lfr_kit.store.store import Act, Store

__all__ = [
    "Checked",
    "CheckedIn",
    "check_in",
    "check_out",
    "checked_in",
    "heartbeat",
    "is_present",
    "present",
]


def check_in(store: Store, actor: Actor, deployment_id: str, *, team: str, camera_id: str = "") -> Checked:
    """Somebody is on the ground from now on, with their team; whoever was checked in elsewhere no longer is.

    Parameters
    ----------
    camera_id
        The camera of the authority they stand near; empty = none in particular.

    Raises
    ------
    PermissionRefusedError
        If they are neither engagement officer nor Bronze.
    StateError
        If the deployment is not granted, open or paused, its window is not now, or no team is named.
    AuthorityError
        If the authority has no such camera.
    NotInStoreError, InputError
        If there is no such deployment, or the team's name cannot be one.
    """
    name = said_team(team)
    tick(store, deployment_id)
    with _acting(store, actor, deployment_id, "on the ground") as act:
        found = deployment(act, deployment_id, lock=True)
        check_may_check_in(found.state, (found.starts_at, found.ends_at), act.at)
        if camera_id and camera_id not in found.authority.camera_ids:
            known = ", ".join(found.authority.camera_ids)
            raise AuthorityError(f"camera {camera_id[:60]!r} is not one of the authority's: {known}")
        _leave(act, because="checked in anew", unless=deployment_id)
        one = Checked(user_id=actor.user_id, team=name, camera_id=camera_id, checked_in_at=act.at, seen_at=act.at)
        rows.put(act.connection, act.key("store"), deployment_id, one)
        _note(act, deployment_id, {"step": "check_in", "team": name, "camera_id": camera_id})
    route_if_due(store, deployment_id)
    return one


def heartbeat(store: Store, actor: Actor, deployment_id: str) -> None:
    """Somebody who is checked in is still there. Not in the audit log.

    Raises
    ------
    PermissionRefusedError
        If they are neither engagement officer nor Bronze.
    StateError
        If they are not checked in to it (any more), or it is over.
    NotInStoreError
        If there is no such deployment.
    """
    require(actor, Action.DEPLOYMENT_CHECK_IN)
    with translated(), store.engine.begin() as connection:
        key, now = store.vault.key(connection, "store"), store.clock()
        stands = standing(connection, deployment_id)
        check_may_check_in(stands.state, (stands.starts_at, stands.ends_at), now)
        found = rows.of_user(connection, key, actor.user_id)
        if found is None or found[0] != deployment_id:
            raise StateError(
                f"{actor.user_id} is not checked in to {deployment_id}; check in with: "
                f"lfr deployment check-in {deployment_id} --team TEAM"
            )
        rows.touch(connection, key, deployment_id, replace(found[1], seen_at=now))
    route_if_due(store, deployment_id)


def check_out(store: Store, actor: Actor, deployment_id: str) -> None:
    """Somebody is not on the ground any more; nothing changes for whoever was not checked in.

    Raises
    ------
    PermissionRefusedError
        If they are neither engagement officer nor Bronze.
    NotInStoreError
        If there is no such deployment.
    """
    with _acting(store, actor, deployment_id, "leaves the ground") as act:
        deployment(act, deployment_id, lock=True)
        found = rows.of_user(act.connection, act.key("store"), actor.user_id)
        if found is not None and found[0] == deployment_id:
            _leave(act, because="checked out")
    route_if_due(store, deployment_id)


def present(store: Store, deployment_id: str, max_age_s: float) -> list[Checked]:
    """Everybody on the ground who was heard of within `max_age_s` seconds, by team; nobody is asked who asks."""
    return list(present_at(checked_in(store, deployment_id).checked, store.clock(), max_age_s))


def checked_in(store: Store, deployment_id: str) -> CheckedIn:
    """Everybody who is checked in, heard of lately or not: cheap, fit for every frame."""
    with store.reading() as connection:
        return rows.of_deployment(connection, store.vault.key(connection, "store"), deployment_id)


@contextmanager
def _acting(store: Store, actor: Actor, deployment_id: str, why: str) -> Iterator[Act]:
    with store.act(
        actor,
        Action.DEPLOYMENT_CHECK_IN,
        Operation.COLLECTION,
        subject=f"deployment:{deployment_id}",
        deployment_id=deployment_id,
        justification=f"{why} for deployment {deployment_id}",
    ) as act:
        yield act


def _leave(act: Act, *, because: str, unless: str = "") -> None:
    """Whoever acts leaves where they are checked in, unless it is there."""
    found = rows.of_user(act.connection, act.key("store"), act.actor.user_id)
    if found is None or found[0] == unless:
        return
    rows.remove(act.connection, act.actor.user_id)
    _note(act, found[0], {"step": "check_out", "team": found[1].team, "because": because})


def _note(act: Act, deployment_id: str, said: dict[str, str]) -> None:
    """In the deployment's events, with how many are checked in now."""
    n = len(rows.of_deployment(act.connection, act.key("store"), deployment_id).checked)
    append_event(act, deployment_id, "presence", data={**said, "n": n})
    act.details.update(said)
