"""What officers decide about a deployment that others asked for: grant, refuse, ratify, extend."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lfr_kit.errors import AuthorityError
from lfr_kit.governance.authority import authority_digest, check_current
from lfr_kit.governance.deployment_state import RATIFY_WITHIN, Deployment, Step, check_extension
from lfr_kit.governance.roles import Actor
from lfr_kit.operations.deployment_steps import Stepping, append_event, digest_at, said_reason, stepping
from lfr_kit.operations.threshold_rules import refusals_of_choice
from lfr_kit.store.store import Act, Store

__all__ = ["check_holds", "extend", "grant", "grant_urgently", "ratify", "refuse"]

_LEAST_DIGEST = 8


def grant(
    store: Store, actor: Actor, deployment_id: str, *, reason: str, digest: str = "", critical_threat: str = ""
) -> Deployment:
    """An authorising officer grants what was requested.

    Parameters
    ----------
    reason
        Why it is granted: the officer's own words.
    digest
        Beginning of the digest of the plan that was read; if it is given and another plan was requested
        meanwhile, the grant is refused.
    critical_threat
        Why no public notice is given before (P5): only for a critical threat; recorded.

    Raises
    ------
    PermissionRefusedError, JustificationError
        If the person may not, or gives no reason.
    AuthorityError
        If the person asked for it, or the plan is not the one that was requested or read, or no longer holds.
    DecisionConflictError
        If somebody else decided first; says who, when and what.
    StateError
        If nothing was requested, or its window is over.
    """
    exemption = said_reason(critical_threat) if critical_threat.strip() else ""
    with stepping(store, actor, deployment_id, Step.GRANT, reason) as taking:
        _check_plan(taking, digest)
        taking.columns.update(_granted(taking.act), is_urgent=False, ratify_by=None, ratified_by=None)
        if exemption:
            append_event(taking.act, deployment_id, "notice_exempted", reason=exemption)
    return taking.after


def grant_urgently(store: Store, actor: Actor, deployment_id: str, *, reason: str, digest: str = "") -> Deployment:
    """Somebody in command grants what cannot wait; an authorising officer must ratify it within 24 hours.

    Raises
    ------
    PermissionRefusedError, JustificationError, AuthorityError, DecisionConflictError, StateError
        As `grant`.
    """
    with stepping(store, actor, deployment_id, Step.GRANT_URGENTLY, reason) as taking:
        _check_plan(taking, digest)
        ratify_by = taking.act.at + RATIFY_WITHIN
        taking.columns.update(_granted(taking.act), is_urgent=True, ratify_by=ratify_by, ratified_by=None)
        taking.data["ratify_by"] = ratify_by.isoformat()
    return taking.after


def refuse(store: Store, actor: Actor, deployment_id: str, *, reason: str) -> Deployment:
    """An authorising officer refuses; the plan is a draft again, and may be amended.

    Raises
    ------
    PermissionRefusedError, JustificationError, DecisionConflictError, StateError
        As `grant`.
    """
    with stepping(store, actor, deployment_id, Step.REFUSE, reason) as taking:
        taking.columns["requested_by"] = None
    return taking.after


def ratify(store: Store, actor: Actor, deployment_id: str, *, reason: str) -> Deployment:
    """An authorising officer, another than who granted it, ratifies an urgent grant.

    Raises
    ------
    PermissionRefusedError, JustificationError
        If the person may not, or gives no reason.
    AuthorityError
        If the person asked for it or granted it.
    StateError
        If there is nothing to ratify, or it is too late.
    """
    with stepping(store, actor, deployment_id, Step.RATIFY, reason) as taking:
        taking.columns["ratified_by"] = actor.user_id
    return taking.after


def extend(store: Store, actor: Actor, deployment_id: str, ends_at: datetime, *, reason: str) -> Deployment:
    """An authorising officer decides anew, for a later end.

    Raises
    ------
    PermissionRefusedError, JustificationError
        If the person may not, or gives no reason.
    AuthorityError
        If the person asked for the deployment, or its grounds no longer hold.
    StateError
        If it has ended, or the new end is not later, or makes the window longer than 24 hours.
    """
    with stepping(store, actor, deployment_id, Step.EXTEND, reason) as taking:
        check_extension(taking.found, ends_at)
        check_holds(taking.act, taking.found)
        change = {"old": _utc(taking.found.ends_at), "new": _utc(ends_at)}
        taking.columns["ends_at"] = ends_at
        taking.data.update(change)
        append_event(taking.act, deployment_id, "extension", data=change, reason=said_reason(reason))
    return taking.after


def check_holds(act: Act, found: Deployment) -> None:
    """AuthorityError if what the plan rests on has run out, or its threshold on no valid measurement."""
    day = max(act.at, found.starts_at).date()
    findings = [*check_current(found.authority, day), *refusals_of_choice(act, found)]
    if findings:
        lines = "".join(f"\n  {finding}" for finding in findings)
        raise AuthorityError(f"{found.deployment_id}: the plan does not hold:{lines}", findings)


def _check_plan(taking: Stepping, digest: str) -> None:
    found = taking.found
    if digest_at(taking.act.connection, taking.act.key("store"), found, Step.REQUEST) != authority_digest(
        found.authority
    ):
        raise AuthorityError(f"{found.deployment_id}: the plan is not the one that was requested; refuse it")
    read = digest.strip().lower()
    if read and len(read) < _LEAST_DIGEST:
        raise AuthorityError(f"digest {read!r}: give at least its first {_LEAST_DIGEST} characters, as shown")
    if read and not found.authority_digest.startswith(read):
        raise AuthorityError(
            f"{found.deployment_id}: the plan requested is {found.authority_digest[:16]}, not {read[:16]}; read "
            f"it again: lfr deployment show {found.deployment_id}"
        )
    check_holds(taking.act, found)
    taking.data["authority_digest"] = found.authority_digest


def _granted(act: Act) -> dict[str, Any]:
    return {"granted_by": act.actor.user_id, "granted_at": act.at}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
