"""The audit log's rows: appended in one chain, however many processes write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hmac import compare_digest
from typing import Any

from sqlalchemy import Connection, Row, String, insert, select, type_coerce, update
from sqlalchemy.exc import IntegrityError

from lfr_kit.errors import AuditChainError, ClockError, InputError, JustificationError
from lfr_kit.governance.audit import (
    GENESIS,
    LONGEST_TEXT,
    Head,
    Named,
    chain_hash,
    check_details,
    head_text,
    identity,
    stamp,
)
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.tables.audit import audit_entries, audit_head
from lfr_kit.store.vault import DataKey, Vault

__all__ = ["Line", "append", "as_stored", "found", "head", "latest_at", "lock", "set_latest_at"]

REFUSED = "refused:"
"""Stands before the action of an entry about something that was not allowed."""
_ABOUT = "audit_entries:"
_HEAD = select(
    audit_head.c.seq,
    audit_head.c.hash,
    type_coerce(audit_head.c.latest_at, String).label("latest_at"),
    audit_head.c.mac,
).where(audit_head.c.id == 1)
"""The head as it is stored: whoever changed it may have left a time that is none."""
_ANY_BYTES = partial(str, encoding="utf-8", errors="surrogateescape")
_LONGEST = {"actor_id": 64, "action": 64, "subject": 120, "deployment_id": 40}


@dataclass
class Line:
    """What is to be logged."""

    actor_id: str
    operation: Operation
    action: str
    subject: str
    deployment_id: str | None = None
    justification: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def found(connection: Connection, vault: Vault, at: datetime) -> None:
    """The head of a new chain, and its first entry."""
    mac = _mac(vault.key(connection, "audit"), 0, GENESIS, stamp(at))
    connection.execute(insert(audit_head).values(id=1, seq=0, hash=GENESIS, latest_at=at, mac=mac))
    line = Line("system", Operation.COLLECTION, "store.create", "store", justification="the store was made")
    append(connection, vault, [line], at)


def append(connection: Connection, vault: Vault, lines: Sequence[Line], at: datetime) -> None:
    """Appends entries to the chain, within the caller's transaction; the head is locked until it commits.

    Raises
    ------
    InputError
        If a line holds what the log does not take: bytes, long texts, values that are not plain.
    JustificationError
        If the justification holds no letter or digit.
    AuditChainError
        If the head was tampered with: nothing is written over it, so that the tampering stays visible.
    """
    key = vault.key(connection, "audit")
    row = _locked_head(connection, key)
    seq, previous, time = row.seq, row.hash, stamp(at)
    rows = []
    for line in lines:
        seq += 1
        named = _named(line)
        entry = identity(seq, time, named)
        sealed = key.seal_json(_details(line), f"{_ABOUT}{entry}")
        digest = chain_hash(previous, entry, sealed)
        fields = dict(zip(("actor_id", "operation", "action", "subject", "deployment_id"), named, strict=True))
        ends = {"sealed_details": sealed, "previous_hash": previous, "hash": digest}
        rows.append({"seq": seq, "at": at, **fields, **ends})
        previous = digest
    try:
        connection.execute(insert(audit_entries), rows)
    except IntegrityError:
        raise AuditChainError(
            f"the audit log has entries after {row.seq}, its last; nothing was written; run: lfr audit verify"
        ) from None
    _write_head(connection, key, (seq, previous), max(time, row.latest_at))


def lock(connection: Connection) -> None:
    """Makes other writers of the store wait from here on, not only from this act's own entry on."""
    connection.execute(select(audit_head.c.id).where(audit_head.c.id == 1).with_for_update()).one_or_none()


def head(connection: Connection, vault: Vault) -> Head | None:
    """The end of the chain as the store remembers it; None if that row is gone."""
    with as_stored(connection):
        row = connection.execute(_HEAD).one_or_none()
    return None if row is None else Head(row.seq, row.hash, _is_genuine(vault.key(connection, "audit"), row))


def latest_at(connection: Connection) -> datetime:
    """The latest time in the chain. ClockError if the log's head is gone or holds no time."""
    with as_stored(connection):
        row = connection.execute(_HEAD).one_or_none()
    try:
        return datetime.fromisoformat(row.latest_at if row else "").astimezone(UTC)
    except (TypeError, ValueError):
        raise ClockError("the audit log does not know its latest time; run: lfr audit verify") from None


def set_latest_at(connection: Connection, vault: Vault, at: datetime) -> None:
    """Takes `at` for the latest time, also where the chain has later ones; call within an audited act."""
    key = vault.key(connection, "audit")
    row = _locked_head(connection, key)
    _write_head(connection, key, (row.seq, row.hash), stamp(at))


@contextmanager
def as_stored(connection: Connection) -> Iterator[None]:
    """Within it the log is read whatever was put there.

    SQLite keeps texts that are no UTF-8, which are not read otherwise. They come with lone surrogates, which no
    entry of the program's holds.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.driver_connection
    raw.text_factory = _ANY_BYTES
    try:
        yield
    finally:
        raw.text_factory = str


def about(entry: str) -> str:
    """What the sealed details of an entry are about, from its `identity`."""
    return _ABOUT + entry


def _locked_head(connection: Connection, key: DataKey) -> Row[Any]:
    with as_stored(connection):
        return _genuine(connection.execute(_HEAD.with_for_update()).one_or_none(), key)


def _genuine(row: Row[Any] | None, key: DataKey) -> Row[Any]:
    if row is None or not _is_genuine(key, row):
        raise AuditChainError(
            "the head of the audit log is gone or was changed from outside; nothing was written; "
            "see what is left with: lfr audit verify, and restore the store from a backup"
        )
    return row


def _write_head(connection: Connection, key: DataKey, end: tuple[int, str], latest: str) -> None:
    at = datetime.fromisoformat(latest)
    values = {"seq": end[0], "hash": end[1], "latest_at": at, "mac": _mac(key, *end, latest)}
    connection.execute(update(audit_head).where(audit_head.c.id == 1).values(values))


def _mac(key: DataKey, seq: int, digest: str, latest: str) -> str:
    return key.mac(head_text(seq, digest, latest).encode(errors="surrogateescape"))


def _is_genuine(key: DataKey, row: Row[Any]) -> bool:
    made = _mac(key, row.seq, row.hash, row.latest_at)
    return compare_digest(str(row.mac).encode(errors="surrogateescape"), made.encode())


def _named(line: Line) -> Named:
    """The fields that stand in the clear, checked: ids only, short and printable."""
    fields = {name: getattr(line, name) for name in _LONGEST}
    for name, value in fields.items():
        if value is None or (len(value) <= _LONGEST[name] and value.isprintable()):
            continue
        if not line.action.startswith(REFUSED):
            raise InputError(
                f"{name} {value[:60]!r}: cannot stand in the audit log; "
                f"give at most {_LONGEST[name]} characters, all of them printable"
            )
        fields[name] = "".join(sign if sign.isprintable() else "?" for sign in value[: _LONGEST[name]])
    return fields["actor_id"], str(line.operation), fields["action"], fields["subject"], fields["deployment_id"]


def _details(line: Line) -> dict[str, Any]:
    """Justification and details, checked; of a refusal as much as fits, so that none goes unlogged."""
    is_refusal = line.action.startswith(REFUSED)
    if line.justification and not is_refusal and not any(sign.isalnum() for sign in line.justification):
        raise JustificationError("the reason says nothing; give it in words (--reason)")
    details = {"why": line.justification, **line.details}
    wrong = check_details(details)
    if wrong and is_refusal:
        return {name: _fitting(value) for name, value in details.items() if isinstance(value, str)}
    if wrong:
        raise InputError(f"audit log, {line.action}: {wrong.replace('why', 'the reason', 1)}; shorten it")
    return details


def _fitting(text: str) -> str:
    return text[:LONGEST_TEXT].encode(errors="backslashreplace").decode()
