"""Reading the audit log: all of it in one pass, or the entries of a question."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, or_, select, type_coerce

from lfr_kit.errors import TamperedError
from lfr_kit.governance.audit import AuditEntry, Link, identity, stamp
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.repository.audit_log import REFUSED, about, as_stored
from lfr_kit.store.tables.audit import audit_entries
from lfr_kit.store.vault import DataKey

__all__ = ["AuditQuestion", "entries", "links", "seal_checker"]

_CHUNK = 5_000
_COLUMNS = audit_entries.c
_RAW = tuple(
    type_coerce(_COLUMNS[name], String).label(name) if name == "at" else _COLUMNS[name] for name in Link._fields
)


@dataclass(frozen=True, kw_only=True)
class AuditQuestion:
    """Which entries are wanted; empty = all.

    Attributes
    ----------
    actor, subject, deployment
        Exactly this one.
    action
        Exactly this one or, without its second part, all of a thing (``watchlist``); refusals of it too.
    operation
        One of the six.
    since, until
        From this time on; before that time.
    limit
        The newest so many.
    """

    actor: str = ""
    subject: str = ""
    deployment: str = ""
    action: str = ""
    operation: Operation | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50


def links(connection: Connection) -> Generator[Link, None, None]:
    """Every entry as it is stored, in order; few are in memory at a time."""
    streamed = select(*_RAW).order_by(_COLUMNS.seq).execution_options(yield_per=_CHUNK)
    with as_stored(connection), connection.execute(streamed) as rows:
        for chunk in rows.partitions():
            yield from map(Link._make, chunk)


def seal_checker(key: DataKey) -> Any:
    """``opens(identity, sealed_details)`` of `lfr_kit.governance.chain_check`, under the ``audit`` key."""

    def opens(entry: str, sealed: bytes) -> bool:
        try:
            key.open(sealed, about(entry))
        except (TamperedError, TypeError, UnicodeEncodeError):
            return False
        return True

    return opens


def entries(connection: Connection, key: DataKey, wanted: AuditQuestion) -> list[AuditEntry]:
    """The entries of a question, oldest first, opened."""
    with as_stored(connection):
        rows = connection.execute(_asked(wanted).order_by(_COLUMNS.seq.desc()).limit(wanted.limit)).all()
    return [_opened(Link._make(row), key) for row in reversed(rows)]


def _asked(wanted: AuditQuestion) -> Select[Any]:
    time = type_coerce(_COLUMNS.at, String)
    exact = {"actor_id": wanted.actor, "subject": wanted.subject, "deployment_id": wanted.deployment}
    tests: list[ColumnElement[bool]] = [_COLUMNS[name] == value for name, value in exact.items() if value]
    if wanted.operation:
        tests.append(_COLUMNS.operation == str(wanted.operation))
    if wanted.action:
        of_thing = [
            _COLUMNS.action.startswith(f"{before}{wanted.action}.", autoescape=True) for before in ("", REFUSED)
        ]
        tests.append(or_(_COLUMNS.action.in_([wanted.action, REFUSED + wanted.action]), *of_thing))
    if wanted.since:
        tests.append(time >= stamp(wanted.since))
    if wanted.until:
        tests.append(time < stamp(wanted.until))
    return select(*_RAW).where(*tests)


def _opened(link: Link, key: DataKey) -> AuditEntry:
    details: dict[str, Any] = {}
    is_readable = True
    try:
        entry = identity(link.seq, link.at, link[2:7])
        details = json.loads(key.open(link.sealed_details, about(entry)))
    except (TamperedError, TypeError, ValueError):
        is_readable = False
    return AuditEntry(
        **{name: getattr(link, name) for name in Link._fields[:7]},
        justification=details.pop("why", ""),
        details=details,
        is_readable=is_readable,
    )
