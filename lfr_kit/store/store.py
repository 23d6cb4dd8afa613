"""The only way into the store: who may, one transaction, one audit entry.

>>> # with store.act(actor, Action.WATCHLIST_REVIEW, Operation.ALTERATION, subject="entry:E-1",
>>> #                justification="checked against the custody record") as act:
>>> #     ... act.connection, act.key("watchlist:W-1"), act.at
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import local
from typing import Any

from sqlalchemy import Connection, Engine

from lfr_kit.config import StoreSettings, settings
from lfr_kit.errors import (
    AuthorityError,
    JustificationError,
    PermissionRefusedError,
    RecordRefusedError,
    RetentionError,
    RoleConflictError,
    StateError,
    StoreError,
    StoreMissingError,
    WatchlistError,
)
from lfr_kit.governance.roles import IN_WORDS, Action, Actor, require
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.connection import READING, database_file, look_only_engine, make_engine
from lfr_kit.store.faults import translated
from lfr_kit.store.key_places import load_master_keys
from lfr_kit.store.repository import audit_log, policies
from lfr_kit.store.schema import REVISIONS, check_schema, revision_of, upgraded
from lfr_kit.store.vault import DataKey, Vault

__all__ = ["Act", "Store", "found_revision", "new_id", "utc_now"]

STORE_SCOPES = ("store", "audit", "signing", "ledger")
"""Scopes whose keys are made with the store."""

_REFUSALS = (
    AuthorityError,
    PermissionRefusedError,
    RecordRefusedError,
    RetentionError,
    RoleConflictError,
    StateError,
    WatchlistError,
)
"""A rule that says no within an act. A slip (no reason given), the clock and a conflict are none."""

_READING_OPTIONS: dict[str, dict[str, Any]] = {
    "sqlite": {READING: True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


def utc_now() -> datetime:
    """The time. Tests give a store another clock."""
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    """A fresh id, e.g. ``D-3f9a1c20be``."""
    return f"{prefix}-{secrets.token_hex(5)}"


@dataclass
class Act:
    """One thing that one person does: a transaction with its place in the audit log.

    Attributes
    ----------
    connection
        The open write transaction; commits when the block ends well.
    actor, at
        Who, and the one time that everything done in it bears.
    details
        What the audit entry shall say beside the justification: plain values, no pictures, no templates.
    """

    connection: Connection
    vault: Vault
    actor: Actor
    at: datetime
    subject: str
    deployment_id: str | None
    justification: str
    details: dict[str, Any] = field(default_factory=dict)
    _further: list[audit_log.Line] = field(default_factory=list)

    def key(self, scope: str) -> DataKey:
        """The data key of a scope, see `Vault.key`."""
        return self.vault.key(self.connection, scope)

    def log(self, operation: Operation, action: str, subject: str, **details: Any) -> None:
        """A further audit entry of this act."""
        self._further.append(
            audit_log.Line(
                actor_id=self.actor.user_id,
                operation=operation,
                action=action,
                subject=subject,
                deployment_id=self.deployment_id,
                justification=self.justification,
                details=details,
            )
        )


class Store:
    """An open store. Make one with `Store.create` or `Store.open`; `close` lets go of the database.

    Attributes
    ----------
    engine, vault, clock
        The database, its keys, and the time.
    chosen
        The settings it was opened with.
    """

    def __init__(self, engine: Engine, vault: Vault, clock: Callable[[], datetime], chosen: StoreSettings) -> None:
        self.engine = engine
        self.vault = vault
        self.clock = clock
        self.chosen = chosen
        self._acting = local()

    @classmethod
    def create(cls, chosen: StoreSettings | None = None, clock: Callable[[], datetime] = utc_now) -> Store:
        """Makes the database under the master key at hand; one of an older release is upgraded.

        One that is there already, and of this release, is opened as it is.

        Raises
        ------
        StoreSchemaError
            If a newer release made the database, or it is no store.
        KeyMissingError, WrongKeyError, StoreError
            As `open`.
        """
        chosen = chosen or settings().store
        vault = _vault(chosen)
        file = database_file(chosen.url)
        if file is not None:
            _make_private(file)
        if found_revision(chosen) is not None:
            _look(chosen, vault, may_be_older=True)
        store = cls(make_engine(chosen.url, chosen.busy_timeout_s), vault, clock, chosen)
        with store._closed_on_error(), translated(), upgraded(store.engine) as (connection, before):
            store._found_or_note_upgrade(connection, before)
        return store

    @classmethod
    def open(cls, chosen: StoreSettings | None = None, clock: Callable[[], datetime] = utc_now) -> Store:
        """Opens the store of the settings.

        Raises
        ------
        KeyMissingError
            If there is no master key; nothing was read or written then.
        StoreMissingError
            If there is no database; the message names the line that makes one.
        StoreSchemaError
            If a newer release made it, or it is not a store, or it must be upgraded first.
        WrongKeyError
            If the master key is not that of this store; nothing but that was looked at.
        StoreBusyError
            If the database cannot be reached.
        """
        chosen = chosen or settings().store
        vault = _vault(chosen)
        file = database_file(chosen.url)
        if file is not None and not file.is_file():
            raise StoreMissingError(f"{file}: there is no store; make one with: lfr keys init")
        _look(chosen, vault)
        return cls(make_engine(chosen.url, chosen.busy_timeout_s), vault, clock, chosen)

    def _found_or_note_upgrade(self, connection: Connection, before: str | None) -> None:
        now = self.clock()
        if before is None:
            for scope in STORE_SCOPES:
                self.vault.new_key(connection, scope, now)
            policies.found(connection, now)
            audit_log.found(connection, self.vault, now)
        elif before != REVISIONS[-1]:
            why = {"from_revision": before, "to_revision": REVISIONS[-1]}
            line = audit_log.Line("system", Operation.ALTERATION, "store.upgrade", "store", details=why)
            line.justification = "the store was brought to the tables of this release"
            audit_log.append(connection, self.vault, [line], now)

    @contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for what is not personal data (states, counts), or for use within the program itself.

        Whatever is read within the block is of one moment; nothing can be written.

        Raises
        ------
        StoreBusyError, StoreError
            If the database is gone, locked or damaged.
        """
        with translated(), self.engine.connect() as connection:
            yield connection.execution_options(**_READING_OPTIONS[connection.dialect.name])

    @contextmanager
    def act(
        self,
        actor: Actor,
        action: Action,
        operation: Operation,
        *,
        subject: str,
        deployment_id: str | None = None,
        justification: str = "",
    ) -> Iterator[Act]:
        """Does one thing for one person: permission first, then a transaction that ends with its audit entry.

        Both are committed together or neither. Where a safeguard refuses, by role or by rule, that is logged.

        Raises
        ------
        PermissionRefusedError
            If the actor's roles do not allow the action.
        JustificationError
            If there is no justification where the store's policy asks for one (the default).
        StoreBusyError, StoreFullError
            If the database is locked, gone or full; nothing was written.
        RuntimeError
            If this thread is within an act already: it would wait for itself.
        """
        line = audit_log.Line(
            actor_id=actor.user_id,
            operation=operation,
            action=str(action),
            subject=subject,
            deployment_id=deployment_id,
            justification=justification.strip(),
        )
        try:
            require(actor, action)
        except PermissionRefusedError as refused:
            self._log_refusal(line, str(refused))
            raise
        try:
            with self._one_act_at_a_time(), translated(), self.engine.begin() as connection:
                if not line.justification and self._asks_why(connection):
                    raise JustificationError(f"to {IN_WORDS[action]}, say why (--reason); the audit log keeps it")
                act = Act(connection, self.vault, actor, self.clock(), subject, deployment_id, line.justification)
                yield act
                line.deployment_id = act.deployment_id
                line.details.update(act.details)
                audit_log.append(connection, self.vault, [line, *act._further], act.at)
        except _REFUSALS as refused:
            line.details.clear()
            with suppress(StoreError):
                self._log_refusal(line, str(refused))
            raise

    def _asks_why(self, connection: Connection) -> bool:
        return policies.justification_is_mandatory(connection, self.vault.key(connection, "store"))

    @contextmanager
    def _one_act_at_a_time(self) -> Iterator[None]:
        if getattr(self._acting, "now", False):
            raise RuntimeError("an act within an act: use the outer one, and Act.log for further entries")
        self._acting.now = True
        try:
            yield
        finally:
            self._acting.now = False

    def _log_refusal(self, line: audit_log.Line, why: str) -> None:
        line.action = f"refused:{line.action}"
        line.details["refused"] = why
        with self._one_act_at_a_time(), translated(), self.engine.begin() as connection:
            audit_log.append(connection, self.vault, [line], self.clock())

    def close(self) -> None:
        """Lets go of the database; may be done twice."""
        self.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def found_revision(chosen: StoreSettings) -> str | None:
    """The revision of the store at that place, whatever key it has; None if there is no store yet.

    Raises
    ------
    StoreSchemaError
        If there is a database, but no store of LFR Kit.
    StoreError
        If it cannot be read.
    """
    file = database_file(chosen.url)
    if file is not None and not file.is_file():
        return None
    with _looking(chosen) as connection:
        return revision_of(connection)


def _vault(chosen: StoreSettings) -> Vault:
    return Vault(load_master_keys(chosen), reload=lambda: load_master_keys(chosen))


def _make_private(file: Path) -> None:
    """The database's file and its folder, for nobody else to read."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        file.touch(mode=0o600)


def _look(chosen: StoreSettings, vault: Vault, *, may_be_older: bool = False) -> None:
    """Refuses what must not be opened, before anything is written to it."""
    with _looking(chosen) as connection:
        check_schema(connection, may_be_older=may_be_older)
        vault.check(connection)


@contextmanager
def _looking(chosen: StoreSettings) -> Iterator[Connection]:
    engine = look_only_engine(chosen.url, chosen.busy_timeout_s)
    try:
        with translated(), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
