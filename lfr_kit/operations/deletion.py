"""One deletion, in steps that may be cut off anywhere and are finished by the next run.

    collect marks -> [fix the record, destroy keys, delete rows, begin certificate] -> pages -> search -> complete

What stands in brackets is one transaction: all of it or nothing. From then on the pending certificate is the
journal: whoever runs retention next cleans the pages, searches, and only then signs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, delete, func, select

from lfr_kit.errors import RecordRefusedError, RetentionError, StateError
from lfr_kit.governance.deletion_certificate import DeletionCertificate
from lfr_kit.governance.deployment_state import Step, check_step
from lfr_kit.governance.retention import RetentionClass, due
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import DeletionReason, DeploymentState, Operation, WatchlistState
from lfr_kit.operations.audit import check_clock
from lfr_kit.operations.deployment_steps import append_event
from lfr_kit.operations.destroyed_keys import DestroyedKeys
from lfr_kit.operations.footage_deletion import collect_footage, discard_loose_files
from lfr_kit.operations.records import fix_record
from lfr_kit.operations.residue_check import SearchReport, search_database
from lfr_kit.operations.spooling import drain
from lfr_kit.store.erase import clean_pages
from lfr_kit.store.repository import alert_retention as alert_rows
from lfr_kit.store.repository import blue_list as blue_rows
from lfr_kit.store.repository import certificates, policies, presence
from lfr_kit.store.repository import deployments as deployment_rows
from lfr_kit.store.repository import holds as hold_rows
from lfr_kit.store.repository import recordings as footage_rows
from lfr_kit.store.repository import retention as rows
from lfr_kit.store.repository import watchlists as watchlist_rows
from lfr_kit.store.repository.retention import Collected, DeploymentClock
from lfr_kit.store.signing import sign
from lfr_kit.store.spool import Spool, discard
from lfr_kit.store.store import Act, Store, new_id
from lfr_kit.store.tables.users import sessions
from lfr_kit.store.tables.watchlists import inclusion_ledger, pictures

__all__ = ["By", "Deletion", "finish", "start"]

_C = RetentionClass
_TABLES: dict[str, tuple[str, ...]] = {
    _C.WATCHLIST: ("entries", "pictures", "alike_pairs", "watchlists"),
    _C.BLUE_LIST: ("blue_list",),
    _C.ALERT: ("alerts", "alert_events", "alert_shots"),
    _C.RELEASED_ALERT: ("alerts", "alert_events", "alert_shots"),
    _C.INCLUSION_LEDGER: ("inclusion_ledger",),
    _C.RESIDUE_MARKS: ("residue_marks",),
    _C.SESSION: ("sessions",),
    _C.CCTV: ("recording_segments",),
    "presence": ("presence",),
}


@dataclass(frozen=True, kw_only=True)
class By:
    """Who deletes, under which permission, and why."""

    actor: Actor
    action: Action
    justification: str


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """What goes in one act, under one certificate.

    Attributes
    ----------
    reason
        Why.
    deployment_id
        Whose data; None for what belongs to none.
    ids
        Class -> ids.
    """

    reason: DeletionReason
    deployment_id: str | None
    ids: dict[RetentionClass, tuple[str, ...]]

    def of(self, kind: RetentionClass) -> tuple[str, ...]:
        """Ids of one class."""
        return self.ids.get(kind, ())

    @property
    def alert_ids(self) -> tuple[str, ...]:
        """Of alerts, held and released or never held."""
        return self.of(_C.ALERT) + self.of(_C.RELEASED_ALERT)


def start(store: Store, by: By, wanted: Deletion) -> str | None:
    """Destroys keys and rows; the id of the certificate, which is pending until `finish`.

    None if nothing of it was to be deleted any more: another process did it, or a hold was placed.

    Raises
    ------
    RetentionError
        If a list would go that its deployment searches, or alerts wait in the spool that cannot be stored.
    """
    if wanted.deployment_id is not None:
        _empty_spool(store, wanted.deployment_id)
    collected, found_before = _collect(store, wanted)
    certificate_id = new_id("C")
    with store.act(
        by.actor,
        by.action,
        Operation.ERASURE,
        subject=f"certificate:{certificate_id}",
        deployment_id=wanted.deployment_id,
        justification=by.justification,
    ) as act:
        check_clock(act.connection, act.at)
        clock = _locked(act, wanted.deployment_id)
        _check_not_searched(clock, wanted)
        now = _still_there(act, wanted)
        if not any(now.ids.values()):
            act.details["nothing"] = "it was gone already, or is held"
            return None
        if now != wanted or _n_pictures(act, now) != len(collected.digests.get("pictures", {})):
            collected = _read(act.connection, store, now)
        keys = DestroyedKeys(act)
        certificate = _delete(act, clock, now, keys)
        marks = collected.marks + keys.marks
        certificate = replace(
            certificate,
            certificate_id=certificate_id,
            digests=collected.rows_digests(),
            residue={"marks": len(marks), "found_before": found_before},
        )
        certificates.add_pending(act.connection, certificate, act.at)
        certificates.add_marks(act.connection, act.vault, certificate_id, marks, act.at)
        act.details.update(
            reason=str(now.reason), counts=certificate.counts, keys_destroyed=certificate.keys_destroyed[:50]
        )
    return certificate_id


def finish(
    store: Store, by: By, certificate_id: str | None = None, rotate: Callable[[], object] | None = None
) -> list[tuple[str, SearchReport]]:
    """Cleans the pages of every deletion begun, or of that one, searches for residue, and signs.

    Parameters
    ----------
    rotate
        Called between pages and search, to make wrapped keys in a server's log useless.

    Returns
    -------
    list of tuple
        Id of each certificate completed, and what the search found.
    """
    with store.reading() as connection:
        waiting = certificates.pending(connection, certificate_id)
    if not waiting:
        return []
    pages = clean_pages(store.engine, [*_touched(waiting), "data_keys"])
    for each in waiting:
        if each.deployment_id is not None and _is_purged(store, each.deployment_id):
            discard(store.chosen.spool_dir, each.deployment_id)
    discard_loose_files(store)
    if rotate is not None:
        rotate()
    reports = [(each.certificate_id, _complete(store, by, each, pages)) for each in waiting]
    return [(each, report) for each, report in reports if report is not None]


def _touched(waiting: Iterable[DeletionCertificate]) -> list[str]:
    return [name for each in waiting for kind in each.counts for name in _TABLES.get(kind, ())]


def _complete(store: Store, by: By, begun: DeletionCertificate, pages: str) -> SearchReport | None:
    """Searches and signs; None if another program did so in the meantime."""
    with store.reading() as connection:
        marks = certificates.marks(connection, store.vault, begun.certificate_id)
    footage_of = begun.deployment_id if _C.CCTV in begun.counts else None
    report = search_database(store, {begun.certificate_id: marks}, footage_of)
    with store.act(
        by.actor,
        by.action,
        Operation.ERASURE,
        subject=f"certificate:{begun.certificate_id}",
        deployment_id=begun.deployment_id,
        justification=by.justification,
    ) as act:
        if not certificates.pending(act.connection, begun.certificate_id):
            act.details["nothing"] = "another program finished it"
            return None
        done = replace(
            begun,
            completed_at=act.at.isoformat(),
            pages=pages,
            residue={**begun.residue, **_in_words(report)},
        )
        signed = sign(act.connection, act.vault, done)
        if not certificates.complete(act.connection, signed):
            raise StateError(f"{begun.certificate_id}: another program finished it at the same moment")
        act.details.update(certificate_digest=signed.digest, public_key=signed.public_key, outcome=report.outcome)
    return report


def _in_words(report: SearchReport) -> dict[str, object]:
    return {
        "found_after": sum(each.n_marks for each in report.findings),
        "sealed_remains": sum(each.n_marks for each in report.remains),
        "outcome": report.outcome,
        "places": report.places,
        "files": report.n_files,
        "bytes": report.n_bytes,
        "unread": len(report.unread),
    }


def _empty_spool(store: Store, deployment_id: str) -> None:
    """What waits beside the database comes in first: its key may be destroyed in a moment."""
    with store.reading() as connection:
        if not store.vault.has_key(connection, f"deployment:{deployment_id}"):
            return
        key = store.vault.key(connection, f"deployment:{deployment_id}")
    spool = Spool(store.chosen.spool_dir, deployment_id, key)
    if not spool.waiting():
        return
    error = drain(store, spool).error
    if error is not None:
        raise RetentionError(f"{deployment_id}: alerts wait beside the store and cannot be stored: {error}")


def _collect(store: Store, wanted: Deletion) -> tuple[Collected, int]:
    """Marks and digests before anything is locked, and how many marks are found: the search is seen to work."""
    with store.reading() as connection:
        collected = _read(connection, store, wanted)
    report = search_database(store, {"": collected.marks}, wanted.deployment_id if wanted.of(_C.CCTV) else None)
    return collected, sum(each.n_marks for each in report.findings + report.remains)


def _read(connection: Connection, store: Store, wanted: Deletion) -> Collected:
    parts = []
    for watchlist_id in wanted.of(_C.WATCHLIST):
        chosen: dict[str, Sequence[str]] = {
            "watchlist_pictures": [watchlist_id],
            "watchlist_entries": [watchlist_id],
        }
        parts.append(rows.collect(connection, store.vault, f"watchlist:{watchlist_id}", chosen))
    for deployment_id in wanted.of(_C.BLUE_LIST):
        chosen = {"blue_list": [deployment_id]}
        parts.append(rows.collect(connection, store.vault, blue_rows.scope(deployment_id), chosen))
    for scope, alert_ids in alert_rows.scopes_of_alerts(connection, wanted.alert_ids).items():
        chosen = {"alerts": alert_ids, "alert_events": alert_ids, "alert_shots": alert_ids}
        parts.append(rows.collect(connection, store.vault, scope, chosen))
    parts.append(collect_footage(connection, store, wanted.of(_C.CCTV)))
    return rows.joined(parts)


def _locked(act: Act, deployment_id: str | None) -> DeploymentClock | None:
    return None if deployment_id is None else rows.deployment_clock(act.connection, deployment_id, act.at)


def _check_not_searched(clock: DeploymentClock | None, wanted: Deletion) -> None:
    """RetentionError if a list would go that its deployment searches; nobody opens it while this act lasts."""
    lists = ", ".join(wanted.of(_C.WATCHLIST))
    if lists and clock is not None and clock.state in (DeploymentState.OPEN, DeploymentState.PAUSED):
        raise RetentionError(
            f"watchlist {lists}: deployment {clock.deployment_id} is {clock.state} and searches it; "
            "close or abort that first, or withdraw single entries"
        )


def _still_there(act: Act, wanted: Deletion) -> Deletion:
    """What is to be deleted still, now that nobody else can change it: a hold may have been placed meanwhile."""
    there = [item for item in rows.items(act.connection, act.at) if item.kind is not _C.CCTV or not item.hold_id]
    if wanted.reason in (DeletionReason.TTL, DeletionReason.HOLD_RELEASED):
        there = due(there, act.at)
    known = {(item.kind, item.item_id) for item in there}
    kept = {kind: tuple(each for each in ids if (kind, each) in known) for kind, ids in wanted.ids.items()}
    return replace(wanted, ids={kind: ids for kind, ids in kept.items() if ids})


def _n_pictures(act: Act, wanted: Deletion) -> int:
    lists = pictures.c.watchlist_id.in_(wanted.of(_C.WATCHLIST))
    return act.connection.execute(select(func.count()).select_from(pictures).where(lists)).scalar_one()


def _delete(act: Act, clock: DeploymentClock | None, wanted: Deletion, keys: DestroyedKeys) -> DeletionCertificate:
    """The order matters: the record first, because it is counted from what goes; then keys; then rows."""
    remarks = []
    if clock is not None and wanted.alert_ids:
        remarks += _fix_record(act, clock.deployment_id)
    elif clock is not None and _was_searched(act, clock.deployment_id, wanted.of(_C.WATCHLIST)):
        fix_record(act, clock.deployment_id, final=False)
        remarks.append(
            "the deployment's record is fixed as it stands: its figures on the list are counted from it"
        )
    _destroy_keys(wanted, keys)
    counts = _delete_rows(act, wanted)
    if clock is not None and _may_be_purged(act, clock):
        remarks += _fix_record(act, clock.deployment_id)
        keys.destroy(f"deployment:{clock.deployment_id}")
        if n_present := presence.delete_of_deployment(act.connection, clock.deployment_id):
            counts["presence"] = n_present
        _purge(act, clock.deployment_id)
        remarks.append("the deployment is purged: no alert and no watchlist of it is left")
    if clock is not None and (n_kept := footage_rows.n_segments(act.connection, clock.deployment_id)):
        remarks.append(f"{n_kept} segments of recorded footage stay until their own time is over")
    is_timed = wanted.reason is DeletionReason.TTL
    return DeletionCertificate(
        certificate_id="",
        store_id=policies.store_id(act.connection),
        deployment_id=wanted.deployment_id,
        reason=str(wanted.reason),
        profile=str(clock.profile) if clock is not None and is_timed else None,
        deleted_by=act.actor.user_id,
        deleted_at=act.at.isoformat(),
        counts=counts,
        keys_destroyed=sorted(keys.ids),
        held_back=0 if clock is None else hold_rows.n_held(act.connection, clock.deployment_id),
        remarks=sorted(set(remarks)),
    )


def _was_searched(act: Act, deployment_id: str, watchlist_ids: Sequence[str]) -> bool:
    """Whether one of the lists is the one that the deployment was opened with."""
    return deployment_rows.standing(act.connection, deployment_id).watchlist_id in watchlist_ids


def _fix_record(act: Act, deployment_id: str) -> list[str]:
    """The figures outlive what they were counted from: for good if they may, else as they stand."""
    try:
        fix_record(act, deployment_id, final=True)
    except RecordRefusedError as refused:
        fix_record(act, deployment_id, final=False)
        return [f"the deployment's record is fixed as it stands, not for good: {refused}"]
    return []


def _destroy_keys(wanted: Deletion, keys: DestroyedKeys) -> None:
    keys.of_watchlists(wanted.of(_C.WATCHLIST))
    for deployment_id in wanted.of(_C.BLUE_LIST):
        keys.destroy(blue_rows.scope(deployment_id))
    if wanted.deployment_id is not None:
        keys.of_alerts(wanted.deployment_id, wanted.of(_C.ALERT))
    keys.of_released(wanted.of(_C.RELEASED_ALERT))
    for segment_id in wanted.of(_C.CCTV):
        keys.destroy(footage_rows.scope(segment_id))


def _delete_rows(act: Act, wanted: Deletion) -> dict[str, int]:
    connection = act.connection
    counts = {str(kind): len(ids) for kind, ids in wanted.ids.items()}
    for watchlist_id in wanted.of(_C.WATCHLIST):
        for table, n in watchlist_rows.delete_rows(connection, watchlist_id).items():
            counts[table] = counts.get(table, 0) + n
        watchlist_rows.change_watchlist(
            connection, watchlist_id, state=str(WatchlistState.DELETED), deleted_at=act.at
        )
    if wanted.of(_C.BLUE_LIST):
        counts["blue_list_members"] = blue_rows.delete_of(connection, wanted.of(_C.BLUE_LIST))
    alert_rows.delete_alerts(connection, wanted.alert_ids)
    footage_rows.delete_segments(connection, wanted.of(_C.CCTV))
    for day in map(date.fromisoformat, wanted.of(_C.INCLUSION_LEDGER)):
        gone = connection.execute(delete(inclusion_ledger).where(inclusion_ledger.c.expires_on == day))
        counts["ledger_entries"] = counts.get("ledger_entries", 0) + gone.rowcount
    for certificate_id in wanted.of(_C.RESIDUE_MARKS):
        certificates.delete_marks(connection, act.vault, certificate_id, act.at)
    if wanted.of(_C.SESSION):
        counts[_C.SESSION] = connection.execute(delete(sessions).where(sessions.c.expires_at <= act.at)).rowcount
    return counts


def _may_be_purged(act: Act, clock: DeploymentClock) -> bool:
    return clock.may_be_purged and rows.is_empty(act.connection, clock.deployment_id)


def _purge(act: Act, deployment_id: str) -> None:
    found = deployment_rows.deployment(act.connection, act.key("store"), deployment_id, lock=True)
    target = check_step(found, Step.PURGE, act.actor, act.at)
    deployment_rows.change(act.connection, found, state=str(target))
    append_event(
        act,
        deployment_id,
        "transition",
        data={"step": str(Step.PURGE)},
        reason=act.justification,
        states=(found.state, target),
    )


def _is_purged(store: Store, deployment_id: str) -> bool:
    with store.reading() as connection:
        return rows.deployment_state(connection, deployment_id) is DeploymentState.PURGED
