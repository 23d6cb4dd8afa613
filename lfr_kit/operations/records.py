"""The published record: computed as the log stands, fixed for good, published, corrected.

A record that was fixed is never changed. It outlives the alerts it was counted from: once they are deleted it is
all there is, and its digest stands in the audit chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lfr_kit.errors import RecordRefusedError
from lfr_kit.governance.corrections import Requested, corrected
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.published_record import (
    LOCAL_TIME,
    Correction,
    DeploymentRecord,
    RecordSources,
    WatchlistCounts,
    compute_record,
)
from lfr_kit.governance.record_checks import Finding, check_record
from lfr_kit.governance.recording import recording_note
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.roll_up import RollUp, roll_up
from lfr_kit.governance.vocabulary import DeploymentState, Operation
from lfr_kit.operations.deployment_steps import append_event
from lfr_kit.store.repository import deployments as deployment_rows
from lfr_kit.store.repository import records as rows
from lfr_kit.store.store import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from lfr_kit.governance.deployment_state import Deployment
    from lfr_kit.store.store import Act, Store
    from lfr_kit.store.vault import DataKey

__all__ = [
    "correct",
    "corrections",
    "current_record",
    "deployment_record",
    "findings_on",
    "fix",
    "fix_record",
    "publish",
    "rolled_up",
]

_COUNTED = frozenset(DeploymentState) - {
    DeploymentState.DRAFT,
    DeploymentState.REQUESTED,
    DeploymentState.GRANTED,
}
_UNRATIFIED = "No other authorising officer had ratified the urgent grant when the deployment ended."
_NO_PERSONAL_DATA = "figures of a deployment, which hold no personal data"


def deployment_record(store: Store, actor: Actor, deployment_id: str) -> DeploymentRecord:
    """The record as it stands: the final one; else as the log adds up now, or as it was fixed before alerts went.

    Raises
    ------
    PermissionRefusedError
        If the actor may not see deployments.
    NotInStoreError
        If there is no such deployment.
    TamperedError
        If a fixed record was changed in the database.
    """
    with store.act(
        actor,
        Action.DEPLOYMENT_VIEW,
        Operation.CONSULTATION,
        subject=f"record:{deployment_id}",
        deployment_id=deployment_id,
        justification=_NO_PERSONAL_DATA,
    ) as act:
        return current_record(act.connection, act.key("store"), deployment_id, act.at)


def current_record(connection: Connection, key: DataKey, deployment_id: str, at: datetime) -> DeploymentRecord:
    """As `deployment_record`, within an open transaction. `key` is that of the ``store`` scope."""
    newest = rows.latest(connection, key, deployment_id)
    if newest is not None and newest.is_final:
        return newest
    computed = compute_record(_sources(connection, key, deployment_id, at, newest))
    if newest is not None and computed.n_raised < newest.n_raised:
        return newest  # alerts it was counted from are deleted
    return computed


def _sources(
    connection: Connection, key: DataKey, deployment_id: str, at: datetime, newest: DeploymentRecord | None
) -> RecordSources:
    found = deployment_rows.deployment(connection, key, deployment_id)
    counts = rows.watchlist_counts(connection, found.watchlist_id)
    if counts is None:
        size = rows.frozen_size(connection, found.watchlist_id)
        counts = newest.watchlist if newest is not None else WatchlistCounts(size=size)
    return RecordSources(
        deployment_id=deployment_id,
        state=found.state,
        location=found.authority.place,
        use_case=found.authority.use_case,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        threshold=found.authority.threshold,
        score_scale=found.authority.score_scale,
        calibration_id=found.authority.calibration_id,
        watchlist=counts,
        events=rows.deployment_log(connection, deployment_id),
        alerts=rows.alert_histories(connection, deployment_id),
        at=at,
        notes=_notes(found),
    )


def _notes(found: Deployment) -> tuple[str, ...]:
    unratified = _UNRATIFIED if found.ended_unratified else ""
    return tuple(filter(None, (unratified, recording_note(found.authority))))


def fix_record(act: Act, deployment_id: str, final: bool, *, accepting: str = "") -> DeploymentRecord:
    """Fixes the record within somebody's act: a version that stays, whatever is deleted after it.

    A final record stays the final one; what changed nothing makes no new version.

    Parameters
    ----------
    act
        Open; its audit entry is followed by one with the record's digest.
    deployment_id
        Of the deployment.
    final
        For good: refused while it may still change. Otherwise it is fixed as it stands, always.
    accepting
        Why what the validators object to is so all the same; published as a note. Alerts that await review and a
        deployment that goes on cannot be accepted.

    Raises
    ------
    RecordRefusedError
        If it is to be final, and alerts await review, the deployment has not ended, or it does not add up; all
        findings are in it.
    """
    connection = act.connection
    deployment_rows.deployment(connection, act.key("store"), deployment_id, lock=True)
    newest = rows.latest(connection, act.key("store"), deployment_id)
    record = current_record(connection, act.key("store"), deployment_id, act.at)
    if newest is not None and newest.is_final:
        return newest
    if final:
        record = _made_final(record, act.at, clean_text(accepting, "accepting", 300))
    if newest is not None and _says_the_same(newest, record, final=final):
        return newest
    version = 1 if newest is None else newest.version + 1
    fixed = record.model_copy(update={"version": version, "is_final": final})
    _save(act, fixed)
    return fixed


def _says_the_same(newest: DeploymentRecord, record: DeploymentRecord, *, final: bool) -> bool:
    same = {"version": newest.version, "computed_at": newest.computed_at, "is_final": newest.is_final}
    return newest.is_final == final and record.model_copy(update=same) == newest


def _save(act: Act, record: DeploymentRecord) -> None:
    digest = rows.save(act.connection, act.key("store"), record, act.actor.user_id, act.at)
    act.log(
        Operation.ALTERATION,
        "record.fix",
        f"record:{record.deployment_id}",
        version=record.version,
        final=record.is_final,
        digest=digest,
    )


def findings_on(record: DeploymentRecord, at: datetime) -> list[Finding]:
    """What the validators say of a record today."""
    return check_record(record, today=at.astimezone(LOCAL_TIME).date())


def _made_final(record: DeploymentRecord, at: datetime, accepting: str) -> DeploymentRecord:
    """The record with a note on what was accepted. RecordRefusedError with every reason why it cannot be final."""
    found = findings_on(record, at)
    refusals = [finding.message for finding in found if finding.rule == "review" or not accepting]
    if not record.has_ended:
        refusals.insert(0, f"the deployment is {record.state}: close it first")
    if refusals:
        raise RecordRefusedError(f"record of {record.deployment_id}: not final: {'; '.join(refusals)}", refusals)
    notes = [f"Checked and found so: {finding.message}. {accepting}" for finding in found]
    return record.model_copy(update={"notes": (*record.notes, *notes)})


def fix(
    store: Store, actor: Actor, deployment_id: str, *, final: bool, reason: str, accepting: str = ""
) -> DeploymentRecord:
    """Fixes the record, see `fix_record`."""
    with store.act(
        actor,
        Action.RECORD_PUBLISH,
        Operation.ALTERATION,
        subject=f"record:{deployment_id}",
        deployment_id=deployment_id,
        justification=reason,
    ) as act:
        return fix_record(act, deployment_id, final, accepting=accepting)


def publish(store: Store, actor: Actor, deployment_id: str, *, where: str, reason: str) -> DeploymentRecord:
    """Notes that the final record was published, and where.

    Raises
    ------
    RecordRefusedError
        If it is not final: what is published must not change in silence.
    """
    with store.act(
        actor,
        Action.RECORD_PUBLISH,
        Operation.DISCLOSURE,
        subject=f"record:{deployment_id}",
        deployment_id=deployment_id,
        justification=reason,
    ) as act:
        record = rows.latest(act.connection, act.key("store"), deployment_id)
        if record is None or not record.is_final:
            raise RecordRefusedError(f"record of {deployment_id}: is not final; fix it first with --final")
        digest = rows.record_digest(record)
        act.details.update(version=record.version, digest=digest, where=where)
        append_event(act, deployment_id, "record_published", data={"version": record.version, "digest": digest})
        return record


def correct(
    store: Store, actor: Actor, deployment_id: str, changes: Mapping[str, str], *, reason: str
) -> DeploymentRecord:
    """Puts values of a fixed record right, in a next version that lists the corrections.

    Parameters
    ----------
    changes
        Column -> its right value, all at once: sums must hold after it.
    reason
        Published with the record.

    Raises
    ------
    RecordRefusedError
        See `lfr_kit.governance.corrections.corrected`; or nothing is fixed yet.
    """
    with store.act(
        actor,
        Action.RECORD_CORRECT,
        Operation.ALTERATION,
        subject=f"record:{deployment_id}",
        deployment_id=deployment_id,
        justification=reason,
    ) as act:
        deployment_rows.deployment(act.connection, act.key("store"), deployment_id, lock=True)
        record = rows.latest(act.connection, act.key("store"), deployment_id)
        now = current_record(act.connection, act.key("store"), deployment_id, act.at)
        if record is None or now != record:
            raise RecordRefusedError(
                f"record of {deployment_id}: is not fixed for good, so it follows the log; review the alerts, or "
                "fix it with --final first"
            )
        requested = Requested(changes=changes, reason=reason, actor_id=actor.user_id, at=act.at)
        after = corrected(record, requested, today=act.at.astimezone(LOCAL_TIME).date())
        made = after.corrections[len(record.corrections) :]
        rows.add_corrections(act.connection, deployment_id, [(new_id("C"), each) for each in made])
        _save(act, after)
        return after


def corrections(store: Store, actor: Actor, deployment_id: str | None = None) -> list[tuple[str, Correction]]:
    """The corrections log: (deployment id, correction), oldest first; of all deployments if none is named."""
    with store.act(
        actor,
        Action.DEPLOYMENT_VIEW,
        Operation.CONSULTATION,
        subject="corrections",
        deployment_id=deployment_id,
        justification=_NO_PERSONAL_DATA,
    ) as act:
        return rows.corrections_of(act.connection, deployment_id)


def rolled_up(store: Store, actor: Actor, year: int, month: int | None = None) -> RollUp:
    """A month or a year in sum, over the records of all deployments that were opened or ended."""
    with store.act(
        actor,
        Action.DEPLOYMENT_VIEW,
        Operation.CONSULTATION,
        subject=f"records:{year}" if month is None else f"records:{year}-{month:02d}",
        justification=_NO_PERSONAL_DATA,
    ) as act:
        key = act.key("store")
        ran = deployment_rows.deployments_in(act.connection, key, _COUNTED)
        records = [current_record(act.connection, key, each.deployment_id, act.at) for each in ran]
        return roll_up(records, year, month)
