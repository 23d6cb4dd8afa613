"""The only way into the store: who may, one transaction, one audit entry.

>>> # with store.act(actor, Action.WATCHLIST_REVIEW, Operation.ALTERATION, subject="entry:E-1",
>>> #                justification="checked against the custody record") as act:
>>> #     ... act.connection, act.key("watchlist:W-1"), act.at
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine

from lfr_kit.config import StoreSettings, settings
from lfr_kit.errors import JustificationError, PermissionRefusedError, StoreMissingError
from lfr_kit.governance.roles import Action, Actor, require
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.connection import READING, database_file, make_engine, translated
from lfr_kit.store.key_places import load_master_keys
from lfr_kit.store.repository import audit_log, policies
from lfr_kit.store.schema import check_schema, upgrade
from lfr_kit.store.vault import DataKey, Vault

__all__ = ["Act", "Store", "new_id", "utc_now"]

STORE_SCOPES = ("store", "audit", "signing", "ledger")
"""Scopes whose keys are made with the store."""


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
    """An open store. Make one with `Store.create` or `Store.open`; `close` lets go of the database."""

    def __init__(self, engine: Engine, vault: Vault, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine = engine
        self.vault = vault
        self.clock = clock

    @classmethod
    def create(cls, chosen: StoreSettings | None = None, clock: Callable[[], datetime] = utc_now) -> Store:
        """Makes the database under the master key at hand. One that is there already is opened.

        Raises
        ------
        KeyMissingError, WrongKeyError, StoreError
            As `open`.
        """
        chosen = chosen or settings().store
        vault = Vault(load_master_keys(chosen))
        file = database_file(chosen.url)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not file.exists():
                file.touch(mode=0o600)
        engine = make_engine(chosen.url, chosen.busy_timeout_s)
        with translated():
            upgrade(engine)
            with engine.begin() as connection:
                if not vault.has_key(connection, "store"):
                    for scope in STORE_SCOPES:
                        vault.new_key(connection, scope, clock())
                    policies.found(connection, clock())
                    audit_log.found(connection, vault, clock())
        return cls._checked(engine, vault, clock)

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
            If the master key is not that of this store.
        StoreBusyError
            If the database cannot be reached.
        """
        chosen = chosen or settings().store
        vault = Vault(load_master_keys(chosen))
        file = database_file(chosen.url)
        if file is not None and not file.is_file():
            raise StoreMissingError(f"{file}: there is no store; make one with: lfr keys init")
        return cls._checked(make_engine(chosen.url, chosen.busy_timeout_s), vault, clock)

    @classmethod
    def _checked(cls, engine: Engine, vault: Vault, clock: Callable[[], datetime]) -> Store:
        store = cls(engine, vault, clock)
        with store.reading() as connection:
            check_schema(connection)
            vault.check(connection)
        return store

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for what is not personal data (states, counts), or for use within the program itself."""
        with translated(), self.engine.connect().execution_options(**{READING: True}) as connection:
            yield connection

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

        Both are committed together or neither. A refusal is logged too.

        Raises
        ------
        PermissionRefusedError
            If the actor's roles do not allow the action.
        JustificationError
            If there is no justification where the store's policy asks for one (the default).
        StoreBusyError, StoreFullError
            If the database is locked, gone or full; nothing was written.
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
        with translated(), self.engine.begin() as connection:
            if not line.justification and policies.justification_is_mandatory(connection):
                raise JustificationError(f"{action}: say why it is done (--reason); the audit log keeps it")
            act = Act(connection, self.vault, actor, self.clock(), subject, deployment_id, line.justification)
            yield act
            line.details.update(act.details)
            audit_log.append(connection, self.vault, [line, *act._further], act.at)

    def _log_refusal(self, line: audit_log.Line, why: str) -> None:
        line.action = f"refused:{line.action}"
        line.details["refused"] = why
        with translated(), self.engine.begin() as connection:
            audit_log.append(connection, self.vault, [line], self.clock())

    def close(self) -> None:
        """Lets go of the database."""
        self.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
