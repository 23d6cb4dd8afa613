"""Retention: what is due, and its deletion, run by a person or by a timer (`SYSTEM`).

`run` may be cut off at any moment and be run again; it never says that something is deleted which is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lfr_kit.errors import ClockError, LfrError, RetentionError, StateError, StoreError
from lfr_kit.governance.deployment_state import RUNNABLE
from lfr_kit.governance.recording import SegmentState
from lfr_kit.governance.retention import Hold, Item, RetentionClass, due
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import (
    AlertState,
    DeletionReason,
    DeploymentState,
    Operation,
    Outcome,
    WatchlistState,
)
from lfr_kit.operations.audit import check_clock
from lfr_kit.operations.deletion import By, Deletion, finish, start
from lfr_kit.operations.deployment_steps import tick
from lfr_kit.operations.footage_deletion import settle_what_is_over
from lfr_kit.operations.holds import overdue_holds
from lfr_kit.store.repository import certificates
from lfr_kit.store.repository import recordings as footage_rows
from lfr_kit.store.repository import retention as rows
from lfr_kit.store.repository import watchlists as watchlist_rows
from lfr_kit.store.store import Store
from lfr_kit.store.tables.alerts import alerts
from lfr_kit.store.tables.deployments import deployments

__all__ = [
    "Deleted",
    "Run",
    "Status",
    "Warned",
    "delete_footage",
    "delete_watchlist",
    "overdue_holds",
    "plan",
    "run",
    "status",
]

_C = RetentionClass
_BY_HAND = frozenset({DeletionReason.REQUEST, DeletionReason.ERROR, DeletionReason.CLOSE})
_UNDER_WAY = RUNNABLE | {DeploymentState.PAUSED}
_UNSETTLED = frozenset({AlertState.RAISED, AlertState.VIEWED, AlertState.VIABLE, AlertState.ENGAGED})


@dataclass(frozen=True, kw_only=True)
class Warned:
    """An alert that will be deleted at `due_at` though somebody may still need it; `why` says so in words."""

    alert_id: str
    deployment_id: str
    due_at: datetime
    why: str


@dataclass(frozen=True, kw_only=True)
class Status:
    """Where retention stands. No personal data.

    Attributes
    ----------
    at
        The time it was asked, UTC.
    due
        Must go now, by class and deployment.
    ahead
        Will go, the next first.
    n_held, n_held_segments
        Alerts and segments of footage under a legal hold.
    overdue_reviews
        Holds whose day of review is past: look at them.
    unfinished
        Ids of deletions that were cut off: the next run finishes them.
    warnings
        Alerts that fall due with an arrest, or unsettled, and without a hold.
    """

    at: datetime
    due: list[Item]
    ahead: list[Item]
    n_held: int
    n_held_segments: int
    overdue_reviews: list[Hold]
    unfinished: list[str]
    warnings: list[Warned]


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """A deletion that was finished: its certificate, and what the search for residue came to."""

    certificate_id: str
    outcome: str
    found: list[str]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run did.

    Attributes
    ----------
    deleted
        Deletions finished, those of earlier runs that were cut off among them.
    failed
        (what, why) of each that could not be done.
    overdue_reviews
        Holds whose day of review is past.
    """

    deleted: list[Deleted]
    failed: list[tuple[str, str]]
    overdue_reviews: list[Hold]

    @property
    def is_good(self) -> bool:
        """Whether everything due is gone and nothing of it was found."""
        return not self.failed and not any(each.found for each in self.deleted)


def status(store: Store) -> Status:
    """What is due, what is next, what is held, and what was cut off. Nothing personal is read."""
    now = store.clock()
    with store.reading() as connection:
        there = rows.items(connection, now)
        unfinished = [each.certificate_id for each in certificates.pending(connection)]
        settled = connection.execute(select(alerts.c.alert_id, alerts.c.state, alerts.c.outcome)).all()
    must_go = due(there, now)
    dated = [(item.due_at, item) for item in there if item.due_at is not None and item.due_at > now]
    return Status(
        at=now,
        due=must_go,
        ahead=[item for _, item in sorted(dated, key=lambda each: each[0])],
        n_held=sum(item.hold_id is not None and item.kind is not _C.CCTV for item in there),
        n_held_segments=sum(item.hold_id is not None and item.kind is _C.CCTV for item in there),
        overdue_reviews=overdue_holds(store),
        unfinished=unfinished,
        warnings=_warnings(there, {row.alert_id: (row.state, row.outcome) for row in settled}),
    )


def _warnings(there: Iterable[Item], settled: dict[str, tuple[str, str | None]]) -> list[Warned]:
    found = []
    for item in there:
        if item.kind is not _C.ALERT or item.due_at is None or item.deployment_id is None:
            continue
        state, outcome = settled.get(item.item_id, ("", None))
        why = "led to an arrest" if outcome == Outcome.ARREST else "is not settled" if state in _UNSETTLED else ""
        if why:
            words = f"{why}: place a hold if it is evidence, or settle it before it goes"
            found.append(
                Warned(alert_id=item.item_id, deployment_id=item.deployment_id, due_at=item.due_at, why=words)
            )
    return sorted(found, key=lambda each: each.due_at)


def plan(store: Store) -> list[Deletion]:
    """What a run would delete now, one act each. ClockError if the clock stands before what was recorded."""
    now = store.clock()
    with store.reading() as connection:
        check_clock(connection, now)
        must_go = due(rows.items(connection, now), now)
    grouped: dict[tuple[str | None, DeletionReason], dict[RetentionClass, list[str]]] = {}
    for item in must_go:
        is_released = item.kind is _C.RELEASED_ALERT
        reason = DeletionReason.HOLD_RELEASED if is_released else DeletionReason.TTL
        grouped.setdefault((item.deployment_id, reason), {}).setdefault(item.kind, []).append(item.item_id)
    return [
        Deletion(
            reason=reason,
            deployment_id=deployment_id,
            ids={kind: tuple(sorted(ids)) for kind, ids in sorted(kinds.items())},
        )
        for (deployment_id, reason), kinds in sorted(
            grouped.items(), key=lambda each: (each[0][0] or "", each[0][1])
        )
    ]


def run(
    store: Store,
    actor: Actor,
    *,
    reason: str,
    rotate: Callable[[], object] | None = None,
    step: Callable[[], None] | None = None,
) -> Run:
    """Deletes everything that is due, and finishes what an earlier run left.

    One deployment that cannot be deleted does not keep the others.

    Parameters
    ----------
    reason
        Why it is run; kept in the audit log.
    rotate
        Rotates the master key once the rows are gone, see `lfr_kit.operations.keys.rotate`: what a server's log
        keeps of wrapped keys is useless then.
    step
        Called after each deletion.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    ClockError
        If the clock stands before what was recorded already; nothing is deleted.
    StoreError, RetentionError
        If the database cannot be reached, or pages cannot be cleaned; what was begun is finished next time.
    """
    by = By(actor=actor, action=Action.RETENTION_RUN, justification=reason)
    _announce(store, by, "retention")
    failed = _end_what_is_over(store)
    settle_what_is_over(store)
    for wanted in plan(store):
        try:
            start(store, by, wanted)
        except StoreError:
            raise
        except LfrError as error:
            failed.append((wanted.deployment_id or "store", str(error)))
        if step is not None:
            step()
    return Run(deleted=_finished(store, by, rotate=rotate), failed=failed, overdue_reviews=overdue_holds(store))


def delete_watchlist(
    store: Store, actor: Actor, watchlist_id: str, reason: DeletionReason, *, justification: str
) -> Deleted:
    """Deletes a watchlist before its time, with its certificate.

    Raises
    ------
    RetentionError
        If the reason is not one a person may give, or the list is being searched.
    StateError
        If it is deleted already.
    NotInStoreError
        If there is no such list.
    PermissionRefusedError, JustificationError
        See `Store.act`.
    """
    by = By(actor=actor, action=Action.WATCHLIST_DELETE, justification=justification)
    _announce(store, by, f"watchlist:{watchlist_id}")
    if reason not in _BY_HAND:
        raise RetentionError(f"reason {reason}: give one of {', '.join(sorted(_BY_HAND))}")
    with store.reading() as connection:
        found = watchlist_rows.watchlist(connection, watchlist_id)
    if found.state is WatchlistState.DELETED:
        raise StateError(f"watchlist {watchlist_id}: is deleted already")
    wanted = Deletion(
        reason=reason, deployment_id=found.deployment_id, ids={RetentionClass.WATCHLIST: (watchlist_id,)}
    )
    certificate_id = start(store, by, wanted)
    if certificate_id is None:
        raise StateError(f"watchlist {watchlist_id}: somebody deleted it at the same moment")
    return _finished(store, by, certificate_id)[0]


def delete_footage(
    store: Store,
    actor: Actor,
    deployment_id: str,
    reason: DeletionReason,
    *,
    segment_ids: Iterable[str] = (),
    justification: str,
) -> Deleted:
    """Deletes a deployment's footage before its time, all of it or some segments, with its certificate.

    Raises
    ------
    RetentionError
        If the reason is not one a person may give, a segment is of another deployment, held, or still being
        recorded, or there is none to delete.
    PermissionRefusedError, JustificationError
        See `Store.act`.
    """
    by = By(actor=actor, action=Action.RETENTION_RUN, justification=justification)
    _announce(store, by, f"footage:{deployment_id}")
    if reason not in _BY_HAND:
        raise RetentionError(f"reason {reason}: give one of {', '.join(sorted(_BY_HAND))}")
    settle_what_is_over(store)
    with store.reading() as connection:
        there = {each.segment_id: each for each in footage_rows.segments(connection, deployment_id)}
        free = {item.item_id for item in rows.items(connection, store.clock()) if item.hold_id is None}
    wanted = sorted(set(segment_ids)) or sorted(each for each in there if each in free)
    for segment_id in wanted:
        if segment_id not in there or segment_id not in free:
            raise RetentionError(f"{segment_id}: is no segment of {deployment_id}, or a legal hold keeps it")
        if there[segment_id].state is SegmentState.RUNNING:
            raise RetentionError(f"{segment_id}: is being recorded; pause the deployment first, then delete it")
    if not wanted:
        raise RetentionError(f"{deployment_id}: there is no footage that could be deleted")
    certificate_id = start(
        store, by, Deletion(reason=reason, deployment_id=deployment_id, ids={_C.CCTV: tuple(wanted)})
    )
    if certificate_id is None:
        raise StateError(f"{deployment_id}: somebody deleted the footage at the same moment")
    return _finished(store, by, certificate_id)[0]


def _announce(store: Store, by: By, subject: str) -> None:
    """Permission and reason come before anything is read; that it was begun, or refused, is logged."""
    with store.act(by.actor, by.action, Operation.ERASURE, subject=subject, justification=by.justification) as act:
        check_clock(act.connection, act.at)
        act.details["phase"] = "begun"


def _finished(
    store: Store, by: By, certificate_id: str | None = None, rotate: Callable[[], object] | None = None
) -> list[Deleted]:
    done = finish(store, by, certificate_id, rotate)
    return [
        Deleted(
            certificate_id=each,
            outcome=report.outcome,
            found=[f"{found.what} in {found.place}" for found in report.findings],
        )
        for each, report in done
    ]


def _end_what_is_over(store: Store) -> list[tuple[str, str]]:
    """Closes deployments whose window has run out while nobody was there; (which, why) of those it could not."""
    failed = []
    with store.reading() as connection:
        states = [str(state) for state in (DeploymentState.GRANTED, *_UNDER_WAY)]
        ids = connection.execute(select(deployments.c.deployment_id).where(deployments.c.state.in_(states)))
        under_way = list(ids.scalars())
    for deployment_id in under_way:
        try:
            tick(store, deployment_id)
        except (ClockError, StoreError):
            raise
        except LfrError as error:
            failed.append((deployment_id, str(error)))
    return failed
