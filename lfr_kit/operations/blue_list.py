"""A deployment's blue list: staff enrolled on it with their consent, and the passes of its checks.

It belongs to one deployment, under a key of its own, and goes when its watchlist goes. It is searched by
`lfr_kit.live.blue_check` before the opening and by nothing else; the watchlist never is in that check.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import NotInStoreError, StateError, WatchlistError
from lfr_kit.governance.blue_list import (
    LARGEST,
    BluePass,
    CheckResult,
    check_result,
    last_check,
    pass_of_event,
    said_consent,
    said_pseudonym,
)
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.governance.roles import Action, Actor, require
from lfr_kit.governance.vocabulary import DeploymentState, Operation
from lfr_kit.operations.deployment_steps import append_event, deployment
from lfr_kit.operations.watchlists import Gallery, before_start
from lfr_kit.records import Template
from lfr_kit.store.repository import blue_list as rows
from lfr_kit.store.repository import deployments as deployment_rows
from lfr_kit.store.repository.blue_list import Member
from lfr_kit.store.store import Store, new_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lfr_kit.store.vault import DataKey

__all__ = [
    "BlueGallery",
    "Member",
    "begin_check",
    "enrol",
    "members",
    "passes_of",
    "record_pass",
    "remove",
    "result",
    "why_not_passed",
]


@dataclass(frozen=True, eq=False)
class BlueGallery:
    """What a check searches: everybody on the blue list.

    Attributes
    ----------
    deployment
        Whose it is.
    searched
        Everybody on it, by member id.
    by_pseudonym
        Pseudonym, without regard to capitals -> member id.
    """

    deployment: Deployment
    searched: Gallery
    by_pseudonym: dict[str, str]


def enrol(  # noqa: PLR0913 -- whom, on what grounds, and what of them
    store: Store,
    actor: Actor,
    deployment_id: str,
    pseudonym: str,
    *,
    consent_ref: str,
    template: Template,
    quality: float | None = None,
) -> Member:
    """Puts a member of staff on a blue list. Their template is kept, sealed; their picture is not.

    Parameters
    ----------
    pseudonym
        What they are called here; no real name is needed.
    consent_ref
        Where their consent is recorded; sealed, and in the audit log.

    Raises
    ------
    PermissionRefusedError, NotInStoreError
        If the actor may not enrol, or there is no such deployment.
    StateError
        If the deployment has started, or never will.
    WatchlistError
        If no pseudonym or no consent is given, somebody is called that already, the list is full, or the template
        is of another space than the authority's.
    """
    name, consent = said_pseudonym(pseudonym), said_consent(consent_ref)
    member = Member(
        member_id=new_id("B"),
        pseudonym=name,
        consent_ref=consent,
        quality=quality,
        enrolled_by=actor.user_id,
        enrolled_at=store.clock(),
    )
    with store.act(
        actor,
        Action.BLUE_LIST_ENROL,
        Operation.COLLECTION,
        subject=f"blue_list:{member.member_id}",
        deployment_id=deployment_id,
        justification=f"walks through before the opening, by consent: {consent}",
    ) as act:
        found = before_start(act, deployment_id)
        if template.space_id != found.authority.space_id:
            ours, wanted = template.space_id, found.authority.space_id
            raise WatchlistError(f"blue list: the template is of {ours}, the authority names {wanted}")
        scope = rows.scope(deployment_id)
        has_key = act.vault.has_key(act.connection, scope)
        key = act.key(scope) if has_key else act.vault.new_key(act.connection, scope, act.at)
        if len(rows.member_ids(act.connection, deployment_id)) >= LARGEST:
            raise WatchlistError(f"blue list: it has {LARGEST} members of staff; it is no second watchlist")
        if rows.find(act.connection, key, deployment_id, name) is not None:
            raise WatchlistError(f"blue list: somebody is called {name!r} already; give another pseudonym")
        rows.insert_member(act.connection, key, deployment_id, member, template.vector)
    return member


def remove(store: Store, actor: Actor, deployment_id: str, pseudonym: str) -> None:
    """Takes somebody off, e.g. because they take their consent back; nothing of them is left on it.

    Raises
    ------
    PermissionRefusedError
        If the actor may not enrol.
    NotInStoreError
        If nobody is called that.
    """
    with store.act(
        actor,
        Action.BLUE_LIST_ENROL,
        Operation.ERASURE,
        subject=f"blue_list:{deployment_id}",
        deployment_id=deployment_id,
        justification="is not to be on the blue list any more",
    ) as act:
        member_id = _member_id(
            act.connection, act.key(_scope_there(act.connection, deployment_id)), deployment_id, pseudonym
        )
        rows.remove(act.connection, member_id)
        act.details["member_id"] = member_id


def members(store: Store, actor: Actor, deployment_id: str) -> list[Member]:
    """Everybody on it; the look is logged. PermissionRefusedError if the actor may not enrol."""
    with store.act(
        actor,
        Action.BLUE_LIST_ENROL,
        Operation.CONSULTATION,
        subject=f"blue_list:{deployment_id}",
        deployment_id=deployment_id,
        justification="who is on the blue list",
    ) as act:
        deployment(act, deployment_id)
        if not rows.member_ids(act.connection, deployment_id):
            return []
        return rows.members(act.connection, act.key(rows.scope(deployment_id)), deployment_id)


def begin_check(store: Store, actor: Actor, deployment_id: str) -> BlueGallery:
    """What a check searches. Whether it may look is asked before every frame, see `lfr_kit.live.blue_check`.

    Raises
    ------
    PermissionRefusedError, NotInStoreError
        If the actor may not check, or there is no such deployment.
    StateError
        If the deployment is not granted: a check comes before the opening.
    WatchlistError
        If nobody is on the blue list.
    TamperedError
        If a template was changed from outside.
    """
    with store.act(
        actor,
        Action.BLUE_LIST_CHECK,
        Operation.COMBINATION,
        subject=f"blue_list:{deployment_id}",
        deployment_id=deployment_id,
        justification="staff walk through before the opening",
    ) as act:
        found = deployment(act, deployment_id)
        if found.state is not DeploymentState.GRANTED:
            raise StateError(
                f"blue check: the deployment is {found.state}; staff walk through while it is granted"
            )
        if not rows.member_ids(act.connection, deployment_id):
            raise WatchlistError(
                f"blue list: nobody is on it; enrol staff who consent with: lfr deployment blue-list "
                f"{deployment_id} add PSEUDONYM PHOTO --consent REF"
            )
        key = act.key(rows.scope(deployment_id))
        vectors = rows.templates(act.connection, key, deployment_id)
        names = {
            one.pseudonym.casefold(): one.member_id for one in rows.members(act.connection, key, deployment_id)
        }
        act.details["n_members"] = len(vectors)
    return BlueGallery(found, _gallery(vectors, found.authority.space_id), names)


def record_pass(store: Store, actor: Actor, deployment_id: str, passed: BluePass) -> None:
    """Notes that somebody walked through, and whether they were found; of their face nothing is kept."""
    with store.act(
        actor,
        Action.BLUE_LIST_CHECK,
        Operation.COLLECTION,
        subject=f"blue_list:{passed.member_id}",
        deployment_id=deployment_id,
        justification="staff walk through before the opening",
    ) as act:
        deployment(act, deployment_id, lock=True)
        data = asdict(passed)
        append_event(act, deployment_id, "blue_pass", data=data)
        act.details.update(data)


def result(store: Store, actor: Actor, deployment_id: str) -> CheckResult:
    """What the last check came to; names nobody.

    Raises
    ------
    PermissionRefusedError, NotInStoreError
        If the actor may not look at deployments, or there is none of that name.
    """
    require(actor, Action.DEPLOYMENT_VIEW)
    with store.reading() as connection:
        return _result(connection, store.vault.key(connection, "store"), deployment_id)


def passes_of(store: Store, actor: Actor, deployment_id: str) -> list[BluePass]:
    """Every pass of every check, in order; names nobody. Raises as `result`."""
    require(actor, Action.DEPLOYMENT_VIEW)
    with store.reading() as connection:
        deployment_rows.standing(connection, deployment_id)
        return _passes(connection, store.vault.key(connection, "store"), deployment_id)


def why_not_passed(connection: Connection, key: DataKey, deployment_id: str) -> str:
    """Why a deployment's blue list does not let it open, in words; empty if it does.

    Parameters
    ----------
    key
        That of the scope ``store``.
    """
    found = _result(connection, key, deployment_id)
    return "" if found.is_passed else f"the blue-list check is not passed: {'; '.join(found.findings)}"


def _result(connection: Connection, key: DataKey, deployment_id: str) -> CheckResult:
    """Before the opening against the list and the threshold as they are; after it as it was opened."""
    stands = deployment_rows.standing(connection, deployment_id)
    passes = last_check(_passes(connection, key, deployment_id))
    if stands.state in _BEFORE_OPENING:
        here = set(rows.member_ids(connection, deployment_id))
        counted = [each for each in passes if each.member_id in here]
        return check_result(here, counted, stands.threshold)
    return check_result({each.member_id for each in passes}, passes)


_BEFORE_OPENING = frozenset({DeploymentState.DRAFT, DeploymentState.REQUESTED, DeploymentState.GRANTED})


def _passes(connection: Connection, key: DataKey, deployment_id: str) -> list[BluePass]:
    events = deployment_rows.events_of(connection, key, deployment_id, ["blue_pass"])
    return [pass_of_event(each.data) for each in events]


def _scope_there(connection: Connection, deployment_id: str) -> str:
    if not rows.member_ids(connection, deployment_id):
        raise NotInStoreError(f"deployment {deployment_id[:40]}: nobody is on its blue list")
    return rows.scope(deployment_id)


def _member_id(connection: Connection, key: DataKey, deployment_id: str, pseudonym: str) -> str:
    found = rows.find(connection, key, deployment_id, said_pseudonym(pseudonym))
    if found is None:
        raise NotInStoreError(f"blue list: nobody is called {pseudonym[:40]!a}; see: lfr deployment blue-list")
    return found


def _gallery(vectors: dict[str, NDArray[np.float32]], space_id: str) -> Gallery:
    """For an engine: nobody on it is withdrawn or expires while a check lasts."""
    templates = tuple(Template(vector=vector, space_id=space_id) for vector in vectors.values())
    return Gallery(tuple(vectors), templates, revision=0, expiries=(), digest="")
