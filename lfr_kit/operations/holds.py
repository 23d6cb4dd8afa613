"""Legal holds: an alert or footage that is evidence outlives its clock, under a key of its own, until released.

Sealed apart, it does not keep the rest: the keys of all else are destroyed on time all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from lfr_kit.errors import RetentionError
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.retention import Hold, check_hold, check_release, check_review, overdue_reviews
from lfr_kit.governance.roles import Action, Actor, may
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations.audit import check_clock
from lfr_kit.store.repository import alert_retention
from lfr_kit.store.repository import alerts as alert_rows
from lfr_kit.store.repository import holds as rows
from lfr_kit.store.repository import recordings as footage_rows
from lfr_kit.store.repository import users as user_rows
from lfr_kit.store.store import Act, Store, new_id

__all__ = [
    "HoldRequest",
    "holds",
    "overdue_holds",
    "place_footage_hold",
    "place_hold",
    "release_hold",
    "renew_hold",
]

_LONGEST_CASE = 80
_LONGEST_REASON = 1_000


@dataclass(frozen=True, kw_only=True)
class HoldRequest:
    """What a hold must say.

    Attributes
    ----------
    case_ref
        Reference of the investigation, complaint or claim.
    reason
        Why the alert is needed beyond its time.
    reviewer
        User who looks at it again; may release holds, and is not the one who places it.
    review_on
        By which day, in a year at the latest.
    """

    case_ref: str
    reason: str
    reviewer: str
    review_on: date


def place_hold(
    store: Store, actor: Actor, alert_id: str, request: HoldRequest, *, same_person: bool = False
) -> Hold:
    """Places a hold on an alert, or with `same_person` on every alert for that entry in the deployment.

    Raises
    ------
    RetentionError
        If something is missing, the reviewer may not review, or the alert is held already.
    NotInStoreError
        If there is no such alert (any more).
    """
    case_ref, reason = _checked(actor, request)
    with store.reading() as connection:
        deployment_id = alert_rows.alert(connection, alert_id).deployment_id
    about = (f"alert:{alert_id}", deployment_id)
    with _act(store, actor, Action.RETENTION_HOLD, about, reason) as act:
        check_review(request.review_on, act.at.date())
        _check_reviewer(act, request.reviewer)
        found = alert_rows.alert(act.connection, alert_id, lock=True)
        if found.hold_id is not None:
            raise RetentionError(f"{alert_id}: is held already, by {found.hold_id}")
        held = rows.alerts_of_same_person(act.connection, alert_id) if same_person else [alert_id]
        hold_id = new_id("H")
        key = act.vault.new_key(act.connection, f"hold:{hold_id}", act.at)
        placed = Hold(
            hold_id=hold_id,
            deployment_id=found.deployment_id,
            alert_ids=tuple(held),
            case_ref=case_ref,
            reason=reason,
            placed_by=actor.user_id,
            placed_at=act.at,
            reviewer=request.reviewer,
            review_on=request.review_on,
        )
        rows.insert_hold(act.connection, act.key("store"), placed, key.key_id)
        keys = (act.key(f"deployment:{found.deployment_id}"), key)
        alert_retention.reseal_alerts(act.connection, held, keys, hold_id)
        act.details.update(hold=hold_id, alerts=list(held)[:50], review_on=request.review_on.isoformat())
        return placed


def place_footage_hold(store: Store, actor: Actor, segment_ids: Sequence[str], request: HoldRequest) -> Hold:
    """Places a hold on segments of a deployment's footage; each keeps its key, so nothing is sealed anew.

    Raises
    ------
    RetentionError
        If something is missing, the reviewer may not review, one is held already, or they are of several
        deployments.
    NotInStoreError
        If there is no such segment (any more).
    """
    case_ref, reason = _checked(actor, request)
    with store.reading() as connection:
        found = [footage_rows.segment(connection, each) for each in dict.fromkeys(segment_ids)]
    if len({each.deployment_id for each in found}) != 1:
        raise RetentionError("name segments of one deployment, see: lfr recording list DEPLOYMENT")
    about = (footage_rows.scope(found[0].segment_id), found[0].deployment_id)
    with _act(store, actor, Action.RETENTION_HOLD, about, reason) as act:
        check_review(request.review_on, act.at.date())
        _check_reviewer(act, request.reviewer)
        hold_id = new_id("H")
        for each in found:
            _check_free(act, each.segment_id)
        placed = Hold(
            hold_id=hold_id,
            deployment_id=found[0].deployment_id,
            alert_ids=(),
            segment_ids=tuple(each.segment_id for each in found),
            case_ref=case_ref,
            reason=reason,
            placed_by=actor.user_id,
            placed_at=act.at,
            reviewer=request.reviewer,
            review_on=request.review_on,
        )
        rows.insert_hold(act.connection, act.key("store"), placed, "")
        footage_rows.hold_segments(act.connection, placed.segment_ids, hold_id)
        act.details.update(
            hold=hold_id, segments=list(placed.segment_ids)[:50], review_on=request.review_on.isoformat()
        )
        return placed


def _check_free(act: Act, segment_id: str) -> None:
    """RetentionError if a hold in force keeps a segment already; NotInStoreError if it was deleted meanwhile."""
    held_by = footage_rows.segment(act.connection, segment_id).hold_id
    if held_by is not None and rows.hold(act.connection, held_by).released_at is None:
        raise RetentionError(f"{segment_id}: is held already, by {held_by}")


def _checked(actor: Actor, request: HoldRequest) -> tuple[str, str]:
    """Case and reason, clean; RetentionError if something is missing."""
    case_ref = clean_text(request.case_ref, "case", _LONGEST_CASE)
    reason = clean_text(request.reason, "reason", _LONGEST_REASON, lines=True)
    check_hold(case_ref, reason, (actor.user_id, request.reviewer))
    return case_ref, reason


def release_hold(store: Store, actor: Actor, hold_id: str, *, reason: str) -> Hold:
    """Ends a hold: what it held is due at once, unless its ordinary time is not over yet.

    Raises
    ------
    RetentionError
        If it is released already, or the actor is the one who placed it.
    """
    with _act(store, actor, Action.RETENTION_RELEASE, _about_hold(store, hold_id), reason) as act:
        found = rows.hold(act.connection, hold_id)
        check_release(found, actor.user_id)
        if not rows.release(act.connection, hold_id, actor.user_id, act.at):
            raise RetentionError(f"{hold_id}: somebody released it at the same moment")
        act.details.update(alerts=list(found.alert_ids)[:50], segments=list(found.segment_ids)[:50])
        return rows.hold(act.connection, hold_id)


def renew_hold(store: Store, actor: Actor, hold_id: str, review_on: date, *, reason: str) -> Hold:
    """Notes that a hold was looked at again and stays, and when it is next.

    Raises
    ------
    RetentionError
        If it is released, the actor placed it, or the day is not ahead.
    """
    with _act(store, actor, Action.RETENTION_RELEASE, _about_hold(store, hold_id), reason) as act:
        found = rows.hold(act.connection, hold_id)
        check_release(found, actor.user_id)
        check_review(review_on, act.at.date())
        rows.renew(act.connection, hold_id, review_on)
        act.details.update(reviewed=found.review_on.isoformat(), review_on=review_on.isoformat())
        return rows.hold(act.connection, hold_id)


def holds(store: Store, actor: Actor, *, reason: str) -> list[Hold]:
    """Holds in force with their cases, the one to be reviewed first first; reading them is logged."""
    with store.act(
        actor, Action.RETENTION_HOLD, Operation.CONSULTATION, subject="holds", justification=reason
    ) as act:
        found = rows.holds_in_force(act.connection, act.key("store"))
        act.details["shown"] = len(found)
        return found


def overdue_holds(store: Store) -> list[Hold]:
    """Holds whose day of review is past, without their cases; longest overdue first."""
    with store.reading() as connection:
        return overdue_reviews(rows.holds_in_force(connection), store.clock().date())


def _check_reviewer(act: Act, reviewer: str) -> None:
    found = user_rows.user(act.connection, act.key("store"), reviewer)
    if not found.is_active:
        raise RetentionError(f"reviewer {reviewer}: is not active any more; name another")
    if not may(Actor(reviewer, found.roles), Action.RETENTION_RELEASE):
        raise RetentionError(f"reviewer {reviewer}: may not release holds, so cannot review one")


def _about_hold(store: Store, hold_id: str) -> tuple[str, str]:
    with store.reading() as connection:
        return f"hold:{hold_id}", rows.hold(connection, hold_id).deployment_id


@contextmanager
def _act(store: Store, actor: Actor, action: Action, about: tuple[str, str], reason: str) -> Iterator[Act]:
    """An act about a subject (first) of a deployment (second), by a clock that can be trusted."""
    subject, deployment_id = about
    with store.act(
        actor,
        action,
        Operation.ALTERATION,
        subject=subject,
        deployment_id=deployment_id,
        justification=reason,
    ) as act:
        check_clock(act.connection, act.at)
        yield act
