"""Alerts while the database is locked, gone or full: they wait sealed on this machine and arrive once.

spool = open_spool(store, deployment_id)        while the database is there: takes the data key into memory
raised = raise_or_spool(store, spool, alert)    in the store, else in the spool, else back in memory
drain(store, spool)                             when the database is back
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from lfr_kit.errors import (
    AuditChainError,
    GovernanceError,
    KeyDestroyedError,
    LfrError,
    NotInStoreError,
    OutputError,
    StoreBusyError,
    StoreError,
    StoreSchemaError,
    TamperedError,
    VaultError,
)
from lfr_kit.governance.roles import SYSTEM, Action, Actor
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations.alerts import handed_over, raise_pending
from lfr_kit.store.connection import database_file
from lfr_kit.store.repository.alerts import PendingAlert
from lfr_kit.store.spool import Spool

if TYPE_CHECKING:
    from lfr_kit.records import Alert
    from lfr_kit.store.store import Store

__all__ = ["Drained", "Place", "Raised", "drain", "open_spool", "raise_or_spool"]


class Place(StrEnum):
    """Where an alert is kept."""

    STORE = "store"
    SPOOL = "spool"
    MEMORY = "memory"


@dataclass(frozen=True)
class Raised:
    """What became of an alert.

    Attributes
    ----------
    pending
        The alert as handed over; the caller keeps it and hands it in again if `place` is MEMORY.
    place
        Where it is kept. Only one in the store is shown to anybody.
    error
        Why it is not in the store; None if it is.
    arrived
        Ids of alerts that had waited in the spool and are in the store now.
    """

    pending: PendingAlert
    place: Place
    error: LfrError | None = None
    arrived: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drained:
    """What came of emptying the spool.

    Attributes
    ----------
    arrived
        Ids now in the store, in the order they were raised.
    set_aside
        (file name, why) of each that was not what it claimed to be, or that the store refused; kept, never loaded.
    n_left
        How many still wait.
    error
        Why they do; None if none does.
    """

    arrived: tuple[str, ...] = ()
    set_aside: tuple[tuple[str, str], ...] = ()
    n_left: int = 0
    error: LfrError | None = None


def open_spool(store: Store, deployment_id: str, folder: Path | None = None) -> Spool:
    """The spool of a deployment, with its data key in memory. Call it while the database is there.

    Raises
    ------
    KeyDestroyedError
        If the deployment has no key, or not any more.
    """
    with store.reading() as connection:
        key = store.vault.key(connection, f"deployment:{deployment_id}")
    return Spool(folder or store.chosen.spool_dir, deployment_id, key)


def raise_or_spool(store: Store, spool: Spool, alert: Alert | PendingAlert, *, actor: Actor = SYSTEM) -> Raised:
    """Stores an alert, or lets it wait in the spool, or says that neither is possible. What waits goes first.

    It waits where the store is at fault: locked, gone, full, damaged, its audit log or its rows changed from
    outside. Where the store refuses this alert, it does not wait.

    Raises
    ------
    GovernanceError, NotInStoreError, KeyDestroyedError
        If the store refuses it, see `raise_alert`.
    """
    had_waited = isinstance(alert, PendingAlert)
    pending = alert if isinstance(alert, PendingAlert) else handed_over(spool.deployment_id, alert, store.clock())
    drained = drain(store, spool, actor=actor) if spool.waiting() else Drained()
    fault = drained.error
    if fault is None:
        try:
            _stored(store, pending, actor, was_spooled=had_waited)
            return Raised(pending, Place.STORE, arrived=drained.arrived)
        except (NotInStoreError, StoreSchemaError, KeyDestroyedError):
            raise
        except (StoreError, AuditChainError, VaultError) as error:
            fault = error
    try:
        spool.put(pending)
    except OutputError as full:
        why = fault if isinstance(fault, AuditChainError) else full
        return Raised(pending, Place.MEMORY, why, drained.arrived)
    return Raised(pending, Place.SPOOL, fault, drained.arrived)


def drain(store: Store, spool: Spool, *, actor: Actor = SYSTEM) -> Drained:
    """Puts every waiting alert into the store, in the order they were raised; each arrives once.

    A file that was changed, or is of another deployment, is set aside with an audit entry: never loaded, never
    deleted. So is one that the store refuses, e.g. because its entry was withdrawn meanwhile.
    """
    arrived: list[str] = []
    aside: list[tuple[str, str]] = []
    try:
        for pending, path in _in_order(store, spool, aside, actor):
            try:
                _stored(store, pending, actor, was_spooled=True)
            except AuditChainError:
                raise
            except (GovernanceError, VaultError, NotInStoreError) as error:
                aside.append(_set_aside(store, spool, path, error, actor))
            else:
                spool.remove(path)
                arrived.append(pending.alert_id)
    except (StoreError, OutputError, AuditChainError) as error:
        return Drained(tuple(arrived), tuple(aside), len(spool.waiting()), error)
    return Drained(tuple(arrived), tuple(aside))


def _in_order(
    store: Store, spool: Spool, aside: list[tuple[str, str]], actor: Actor
) -> list[tuple[PendingAlert, Path]]:
    """The waiting alerts by when they were raised; what is none is set aside, and added to `aside`."""
    waiting: list[tuple[PendingAlert, Path]] = []
    for path in spool.waiting():
        try:
            waiting.append((spool.read(path), path))
        except TamperedError as error:
            if not os.path.lexists(path):
                continue  # another program that empties the same spool was faster
            aside.append(_set_aside(store, spool, path, error, actor))
    return sorted(waiting, key=lambda each: (each[0].raised_at, each[0].alert_id))


def _stored(store: Store, pending: PendingAlert, actor: Actor, *, was_spooled: bool) -> None:
    """Stores an alert in a database that is there before and after: one that was deleted takes it in silence."""
    _check_file(store)
    raise_pending(store, pending, actor=actor, was_spooled=was_spooled)
    _check_file(store)


def _check_file(store: Store) -> None:
    """StoreBusyError if the file of an SQLite database is gone; what was open of it is closed then."""
    file = database_file(str(store.engine.url))
    if file is not None and not file.is_file():
        store.engine.dispose()
        raise StoreBusyError(f"{file}: the database is gone; alerts wait on this machine until it is back")


def _set_aside(store: Store, spool: Spool, path: Path, why: LfrError, actor: Actor) -> tuple[str, str]:
    """The file's old name and why; the audit entry first, so that nothing is set aside in silence."""
    with store.act(
        actor,
        Action.ALERT_RAISE,
        Operation.COLLECTION,
        subject=f"deployment:{spool.deployment_id}",
        deployment_id=spool.deployment_id,
        justification="a file in the spool is no alert of this deployment, or the store refuses it",
    ) as act:
        act.details.update(set_aside=path.name[:120], kind=type(why).__name__)
    spool.set_aside(path)
    return path.name, str(why)
