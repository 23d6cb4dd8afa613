"""Another threshold while a deployment runs: one person proposes it, another confirms it, both say why (L5)."""

from __future__ import annotations

import math

from lfr_kit.errors import AuthorityError, DecisionConflictError, StateError
from lfr_kit.governance.deployment_state import Deployment, Step
from lfr_kit.governance.roles import Actor
from lfr_kit.operations.deployment_steps import Stepping, append_event, said_reason, stepping
from lfr_kit.operations.threshold_rules import refusals_of_threshold
from lfr_kit.store.repository.deployments import Event, events_of
from lfr_kit.store.store import Store

__all__ = ["confirm_threshold", "propose_threshold"]


def propose_threshold(
    store: Store, actor: Actor, deployment_id: str, threshold: float, *, reason: str
) -> Deployment:
    """Proposes another threshold; nothing changes before somebody else confirms it. A later proposal replaces it.

    Raises
    ------
    PermissionRefusedError, JustificationError
        If the person may not, or gives no reason.
    AuthorityError
        If it is below the calibration's floor for the list, or the threshold in force already.
    StateError
        If the deployment is neither granted, open nor paused.
    """
    with stepping(store, actor, deployment_id, Step.CHANGE_THRESHOLD, reason) as taking:
        if not math.isfinite(threshold) or threshold == taking.found.threshold:
            raise AuthorityError(f"threshold: {threshold:g} is in force already, or no number; propose another")
        _check_floor(taking, threshold)
        change = {"old": taking.found.threshold, "new": threshold}
        taking.data.update(proposed=threshold)
        append_event(taking.act, deployment_id, "threshold_proposed", data=change, reason=said_reason(reason))
    return taking.after


def confirm_threshold(
    store: Store, actor: Actor, deployment_id: str, threshold: float, *, reason: str
) -> Deployment:
    """Confirms what somebody else proposed; it is in force from now on.

    Raises
    ------
    PermissionRefusedError, JustificationError
        If the person may not, or gives no reason.
    AuthorityError
        If the person proposed it, or it is below the floor for the list as it is now.
    DecisionConflictError
        If another threshold was proposed meanwhile.
    StateError
        If none is proposed, or the deployment is neither granted, open nor paused.
    """
    with stepping(store, actor, deployment_id, Step.CHANGE_THRESHOLD, reason) as taking:
        proposal = _open_proposal(taking)
        if proposal.actor_id == actor.user_id:
            raise AuthorityError(f"threshold: {actor.user_id} proposed it; a second person must confirm it")
        proposed = float(proposal.data["new"])
        if proposed != threshold:
            raise DecisionConflictError(
                f"threshold: {proposal.actor_id} has proposed {proposed:g} meanwhile, not {threshold:g}"
            )
        _check_floor(taking, threshold)
        taking.columns["threshold"] = threshold
        change = {"old": taking.found.threshold, "new": threshold}
        taking.data.update(**change, proposed_by=proposal.actor_id)
        append_event(taking.act, deployment_id, "threshold", data=change, reason=said_reason(reason))
    return taking.after


def _open_proposal(taking: Stepping) -> Event:
    kinds = ["threshold", "threshold_proposed"]
    past = events_of(taking.act.connection, taking.act.key("store"), taking.found.deployment_id, kinds)
    if not past or past[-1].kind != "threshold_proposed":
        raise StateError("threshold: none is proposed; propose one with: lfr deployment threshold ID --to NUMBER")
    return past[-1]


def _check_floor(taking: Stepping, threshold: float) -> None:
    findings = refusals_of_threshold(taking.act, taking.found, threshold)
    if findings:
        raise AuthorityError("\n".join(findings), findings)
