"""Alerts as they come in and are looked at. What is decided on them: `lfr_kit.operations.adjudication`.

The alert is the border behind which something is kept at all. Of the machine's record only what a person needs to
judge goes over it: the face seen as a fresh JPEG without metadata, a copy of the entry's picture and card, and how
alike they are; the template does not. Everything is sealed under the deployment's key.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lfr_kit.errors import AuthorityError, StateError, WatchlistError
from lfr_kit.governance.adjudication import check_alert_id
from lfr_kit.governance.deployment_state import RUNNABLE, Deployment, due_step
from lfr_kit.governance.roles import SYSTEM, Action, Actor
from lfr_kit.governance.vocabulary import AlertState, DeploymentState, Operation
from lfr_kit.operations.adjudication import conclude, decide, do_not_engage, engage, review
from lfr_kit.operations.alert_charge import acknowledge, hand_over
from lfr_kit.operations.alert_expiry import expire_due
from lfr_kit.operations.alert_shots import face_jpeg
from lfr_kit.operations.alert_view import AlertView, Score, queue, view
from lfr_kit.operations.routing import route_within
from lfr_kit.operations.watchlists import EntryCard, entry_card
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.repository.alerts import Arrival, PendingAlert, StoredAlert
from lfr_kit.store.repository.deployments import deployment

if TYPE_CHECKING:
    from lfr_kit.records import Alert
    from lfr_kit.store.store import Act, Store

__all__ = [
    "REPEAT_WITHIN_S",
    "AlertView",
    "Score",
    "acknowledge",
    "conclude",
    "decide",
    "do_not_engage",
    "engage",
    "expire_due",
    "hand_over",
    "handed_over",
    "queue",
    "raise_alert",
    "raise_pending",
    "review",
    "view",
]

REPEAT_WITHIN_S = 60.0
"""An alert of the same entry within this time of the last is linked to it as a repeat."""

_LATE_STATES = frozenset(
    {DeploymentState.OPEN, DeploymentState.PAUSED, DeploymentState.CLOSED, DeploymentState.ABORTED}
)


def handed_over(deployment_id: str, alert: Alert, raised_at: datetime) -> PendingAlert:
    """What goes over the border of an alert: its picture is encoded anew from its pixels, its person alone in it.

    Raises
    ------
    InputError
        If the id cannot be one.
    """
    return PendingAlert(
        alert_id=check_alert_id(alert.alert_id),
        deployment_id=deployment_id,
        entry_id=alert.reference_id,
        camera_id=alert.shot.camera_id,
        captured_at=alert.shot.captured_at,
        raised_at=raised_at,
        similarity=float(alert.similarity),
        comparison_score=float(alert.comparison_score),
        threshold=float(alert.threshold),
        score_scale=alert.score_scale,
        n_enrolled=alert.n_enrolled,
        quality=float(alert.shot.quality),
        probe_jpeg=face_jpeg(alert.shot),
    )


def raise_alert(store: Store, deployment_id: str, alert: Alert, *, actor: Actor = SYSTEM) -> str:
    """Stores an alert durably; when this returns, people may be shown it. The same alert twice is stored once.

    Returns
    -------
    alert_id
        Of the alert.

    Raises
    ------
    StateError
        If the deployment is not open, its authority had ended when the alert was raised, or another deployment
        has an alert of that id.
    AuthorityError
        If the camera or the score is not one the authority covers.
    WatchlistError
        If the entry is not one that is searched: withdrawn, expired, of another list.
    NotInStoreError
        If there is no such deployment.
    StoreBusyError, StoreFullError
        If nothing could be written; see `lfr_kit.operations.spooling`.
    """
    return raise_pending(store, handed_over(deployment_id, alert, store.clock()), actor=actor)


def raise_pending(store: Store, pending: PendingAlert, *, actor: Actor = SYSTEM, was_spooled: bool = False) -> str:
    """As `raise_alert`, of what `handed_over` made; one that was spooled may find its deployment closed."""
    with store.reading() as connection:
        if _is_there(rows.find(connection, pending.alert_id), pending):
            return pending.alert_id
    with store.act(
        actor,
        Action.ALERT_RAISE,
        Operation.COLLECTION,
        subject=f"alert:{pending.alert_id}",
        deployment_id=pending.deployment_id,
        justification=f"deployment {pending.deployment_id} under its authority",
    ) as act:
        rows.deployment_state(act.connection, pending.deployment_id, lock=True)
        if _is_there(rows.find(act.connection, pending.alert_id), pending):
            act.details["was_stored_already"] = True
        else:
            _store(act, pending, was_spooled=was_spooled)
    return pending.alert_id


def _is_there(stored: StoredAlert | None, pending: PendingAlert) -> bool:
    if stored is not None and stored.deployment_id != pending.deployment_id:
        raise StateError(f"alert {pending.alert_id}: belongs to another deployment; ids are never used again")
    return stored is not None


def _store(act: Act, pending: PendingAlert, *, was_spooled: bool) -> None:
    running = deployment(act.connection, act.key("store"), pending.deployment_id)
    _check_running(running, pending, was_spooled=was_spooled)
    if not rows.entry_is_searched(act.connection, pending.entry_id, running.watchlist_id, pending.raised_at):
        raise WatchlistError(
            f"entry {pending.entry_id[:60]}: is not searched in deployment {pending.deployment_id} (withdrawn, "
            "expired or not on its list); the alert is not stored"
        )
    card = entry_card(act.connection, act.key(f"watchlist:{running.watchlist_id}"), pending.entry_id)
    key = act.key(f"deployment:{pending.deployment_id}")
    rows.add(act.connection, key, pending, _arrival(act, pending, running, card))
    event = rows.AlertEvent(
        seq=0,
        at=act.at,
        actor_id=act.actor.user_id,
        kind="raised",
        from_state=None,
        to_state=AlertState.RAISED,
        data={
            "was_spooled": was_spooled,
            "acknowledge_within_s": running.authority.acknowledgement.limits.get(card.response),
        },
    )
    rows.append_event(act.connection, key, rows.alert(act.connection, pending.alert_id), event)
    route_within(act, pending.deployment_id, [pending.alert_id])
    if was_spooled:
        act.details["raised_at"] = pending.raised_at.isoformat()


def _check_running(running: Deployment, pending: PendingAlert, *, was_spooled: bool) -> None:
    """Holds an alert against its authority: state, camera, threshold."""
    if running.state not in (_LATE_STATES if was_spooled else RUNNABLE):
        raise StateError(
            f"deployment {running.deployment_id} is {running.state}: alerts are taken while it is open; "
            "open or resume it first"
        )
    if _was_over(running, pending.raised_at):
        raise StateError(
            f"alert {pending.alert_id}: was raised at {pending.raised_at:%H:%M:%S} UTC, when its authority "
            f"had ended (deployment {running.deployment_id}); it is not stored"
        )
    findings = []
    if pending.camera_id not in running.authority.camera_ids:
        findings.append(f"camera {pending.camera_id[:60]!r} is not one of the authority's")
    if pending.score_scale != running.authority.score_scale:
        findings.append(f"the score is on the scale {pending.score_scale[:40]!r}, the threshold on another")
    elif not was_spooled and pending.comparison_score < running.threshold:
        findings.append(f"the score is below the threshold in force, {running.threshold}")
    if findings:
        raise AuthorityError(
            f"alert {pending.alert_id}: the authority does not cover it: {'; '.join(findings)}", findings
        )


def _was_over(running: Deployment, at: datetime) -> bool:
    """Whether the authority had ended at that moment, also where nobody has closed the deployment yet."""
    return due_step(running, at) is not None or (running.closed_at is not None and at >= running.closed_at)


def _arrival(act: Act, pending: PendingAlert, running: Deployment, card: EntryCard) -> Arrival:
    since = pending.raised_at - timedelta(seconds=REPEAT_WITHIN_S)
    last = rows.latest_of_entry(act.connection, pending.deployment_id, pending.entry_id, since)
    return Arrival(
        response=card.response,
        expires_at=max(act.at, pending.raised_at) + timedelta(seconds=running.authority.decision_limit_s),
        repeat_of=None if last is None else last.repeat_of or last.alert_id,
        details=_details(card, is_blind=running.authority.blind_first_look),
        reference_jpeg=card.reference_jpeg,
    )


def _details(card: EntryCard, *, is_blind: bool) -> dict[str, Any]:
    return {
        "name": card.name,
        "person_ref": card.person_ref,
        "category": str(card.category),
        "captured_on": _iso(card.captured_on),
        "status_verified_at": _iso(card.status_verified_at),
        "note": card.note,
        "blind_first_look": is_blind,
    }


def _iso(moment: date | None) -> str | None:
    return None if moment is None else moment.isoformat()
