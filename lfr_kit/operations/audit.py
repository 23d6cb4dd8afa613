"""The audit log for auditors: verified, read, copied out; and the clock that it is kept by."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from lfr_kit.errors import AuditChainError, ClockError, InputError, JustificationError, OutputError, TableError
from lfr_kit.governance.audit import AuditEntry, check_details
from lfr_kit.governance.chain_check import ChainCheck, ChainReport
from lfr_kit.governance.roles import Action, Actor, require
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.reports.whole_file import whole_file
from lfr_kit.store.repository import audit_log, audit_reading, policies
from lfr_kit.store.repository.audit_reading import AuditQuestion
from lfr_kit.store.store import Store

__all__ = [
    "AuditQuestion",
    "Comparison",
    "Verification",
    "accept_clock",
    "check_clock",
    "compare",
    "export",
    "n_entries",
    "set_justification_policy",
    "show",
    "verify",
]

CLOCK_TOLERANCE = timedelta(seconds=120)
MOST_SHOWN = 10_000
_COPIED = ("seq", "at", "actor_id", "operation", "action", "subject", "deployment_id", "previous_hash", "hash")
_NAME_A_COPY = "name a copy made with: lfr audit export"
_LONGEST_LINE = 20_000
_MOST_DIFFERENCES = 100

Step = Callable[[], None]
"""Called after each entry."""


@dataclass(frozen=True)
class Verification:
    """A check of the whole chain.

    Attributes
    ----------
    report
        What was found.
    is_logged
        False if the log takes no further entry, because its end was changed from outside.
    """

    report: ChainReport
    is_logged: bool


@dataclass(frozen=True)
class Comparison:
    """The store against a copy that was made before.

    Attributes
    ----------
    n_compared
        Entries of the copy.
    findings
        Which of them are gone from the store, or are others there.
    """

    n_compared: int
    findings: tuple[str, ...]


def n_entries(store: Store) -> int:
    """How many entries there are, for a progress bar; 0 if the log does not know."""
    with store.reading() as connection:
        head = audit_log.head(connection, store.vault)
    return head.seq if head and head.is_genuine else 0


def verify(store: Store, actor: Actor, *, justification: str, step: Step | None = None) -> Verification:
    """Checks the whole chain; that it is checked, and what came of it, is logged wherever that can be.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    """
    is_logged = _log_check(store, actor, justification, {"phase": "begun"})
    with store.reading() as connection:
        opens = audit_reading.seal_checker(store.vault.key(connection, "audit"))
        check = ChainCheck(audit_log.head(connection, store.vault), opens)
        for link in audit_reading.links(connection):
            check.add(link)
            if step is not None:
                step()
    report = check.report()
    found = {"findings": [each.message for each in report.findings[:50]], "warnings": len(report.warnings)}
    ended = {"phase": "ended", "entries": report.n_entries, **found}
    return Verification(report, _log_check(store, actor, justification, ended) and is_logged)


def _log_check(store: Store, actor: Actor, justification: str, details: dict[str, Any]) -> bool:
    """False if nothing can be logged any more, because the log's end was changed: all the more must be checked."""
    try:
        with store.act(
            actor, Action.AUDIT_VERIFY, Operation.CONSULTATION, subject="audit", justification=justification
        ) as act:
            act.details.update(details)
    except AuditChainError:
        require(actor, Action.AUDIT_VERIFY)
        return False
    return True


def show(store: Store, actor: Actor, wanted: AuditQuestion, *, justification: str) -> list[AuditEntry]:
    """Entries with their justifications, oldest first; reading them is logged as a consultation.

    Raises
    ------
    JustificationError
        If no reason is given: the log is never read without one, whatever the store's policy.
    InputError
        If more than 10,000 entries are asked for at once.
    """
    if not justification.strip():
        raise JustificationError("to read the audit log, say why it is read (--reason); the audit log keeps it")
    asked = {name: str(value) for name, value in vars(wanted).items() if value}
    if any(check_details({name: value}) or "\x00" in value for name, value in asked.items()):
        raise InputError("what is asked for is too long or no valid text; type it again")
    if not 0 < wanted.limit <= MOST_SHOWN:
        raise InputError(
            f"limit: {wanted.limit} entries; ask for 1 to {MOST_SHOWN:,}, or copy all with: lfr audit export"
        )
    with store.act(
        actor, Action.AUDIT_VIEW, Operation.CONSULTATION, subject="audit", justification=justification
    ) as act:
        found = audit_reading.entries(act.connection, act.key("audit"), wanted)
        act.details.update({"asked": asked, "shown": len(found)})
    return found


def set_justification_policy(store: Store, actor: Actor, *, is_mandatory: bool, justification: str) -> None:
    """Whether every act must say why; for administrators."""
    with store.act(
        actor,
        Action.POLICY_CHANGE,
        Operation.ALTERATION,
        subject="policy:justification",
        justification=justification,
    ) as act:
        before = policies.justification_is_mandatory(act.connection, act.key("store"))
        policies.set_justification_mandatory(act.connection, act.key("store"), is_mandatory)
        act.details.update({"before": _policy(before), "justification": _policy(is_mandatory)})


def check_clock(connection: Connection, now: datetime) -> None:
    """Refuses what depends on the time while the clock stands before what was recorded already.

    Parameters
    ----------
    connection
        Of a `Store.act` or `Store.reading`.
    now
        The time as the clock has it.

    Raises
    ------
    ClockError
        If the clock is more than two minutes behind the latest entry of the audit log, or that is not known.
    """
    latest = audit_log.latest_at(connection)
    if now < latest - CLOCK_TOLERANCE:
        raise ClockError(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, but something was recorded at {latest:%Y-%m-%d %H:%M}; "
            "set the clock right; if it was wrong then, an administrator accepts it: lfr audit accept-clock"
        )


def accept_clock(store: Store, actor: Actor, *, justification: str) -> timedelta:
    """Takes the clock as it stands for right, though entries are later; how much later the latest is.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`; a reason is needed whatever the store's policy.
    """
    if not justification.strip():
        raise JustificationError("to accept the clock, say why it is right now (--reason); the audit log keeps it")
    with store.act(
        actor, Action.CLOCK_ACCEPT, Operation.ALTERATION, subject="clock", justification=justification
    ) as act:
        latest = audit_log.latest_at(act.connection)
        behind = max(latest - act.at, timedelta())
        audit_log.set_latest_at(act.connection, act.vault, act.at)
        act.details.update({"latest_before": latest.isoformat(), "behind_s": behind.total_seconds()})
    return behind


def export(store: Store, actor: Actor, file: Path, *, justification: str, step: Step | None = None) -> int:
    """Copies the chain to a file, one JSON object a line, without what is sealed; how many entries.

    Such a copy, kept elsewhere, shows later whether the store was put back to an older state (`compare`).

    Raises
    ------
    OutputError
        If there is a file of that name, or it cannot be written.
    """
    if file.exists():
        raise OutputError(f"{file}: is there already; name another file")
    with store.act(
        actor, Action.AUDIT_VIEW, Operation.DISCLOSURE, subject="audit", justification=justification
    ) as act:
        act.details["exported_to"] = str(file).encode(errors="backslashreplace").decode()
    n_copied = 0
    with store.reading() as connection, whole_file(file) as partial, partial.open("w", encoding="utf-8") as out:
        for link in audit_reading.links(connection):
            n_copied += 1
            out.write(json.dumps({name: getattr(link, name) for name in _COPIED}, default=repr) + "\n")
            if step is not None:
                step()
    return n_copied


def compare(store: Store, actor: Actor, file: Path, *, justification: str) -> Comparison:
    """Compares the chain with a copy that `export` made before; whatever is newer than the copy is left alone.

    That it is compared is logged, and then how many differences were found, wherever that can be.

    Raises
    ------
    TableError
        If the file is no such copy.
    """
    with store.act(
        actor, Action.AUDIT_VERIFY, Operation.CONSULTATION, subject="audit", justification=justification
    ) as act:
        act.details.update(phase="begun", compared_with=str(file).encode(errors="backslashreplace").decode())
    findings: list[str] = []
    n_compared = 0
    with store.reading() as connection, closing(audit_reading.links(connection)) as stored:
        link = next(stored, None)
        for seq, digest in _copied(file):
            n_compared += 1
            while link is not None and link.seq < seq:
                link = next(stored, None)
            if link is None or link.seq != seq:
                findings.append(f"entry {seq} of the copy is not in the store any more")
            elif link.hash != digest:
                findings.append(f"entry {seq} of the copy is another in the store now")
            if len(findings) == _MOST_DIFFERENCES:
                break
    if not n_compared:
        raise TableError(f"{file}: holds no entry; {_NAME_A_COPY}")
    found = {"compared": n_compared, "differences": len(findings), "findings": findings[:50]}
    _log_check(store, actor, justification, {"phase": "ended", **found})
    return Comparison(n_compared, tuple(findings))


def _copied(file: Path) -> Iterator[tuple[int, str]]:
    """Place and hash of each line of a copy."""
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(iter(lambda: lines.readline(_LONGEST_LINE), b""), start=1):
                yield _place_and_hash(line, f"{file}, line {number}")
    except OSError as error:
        raise TableError(f"{file}: cannot be read ({error.strerror}); {_NAME_A_COPY}") from None


def _place_and_hash(line: bytes, where: str) -> tuple[int, str]:
    try:
        fields = json.loads(line)
        return int(fields["seq"]), str(fields["hash"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise TableError(f"{where}: is no entry of an audit log; {_NAME_A_COPY}") from None


def _policy(is_mandatory: bool) -> str:
    return "mandatory" if is_mandatory else "optional"
