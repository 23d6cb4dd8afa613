"""The master key's life: made with the store, checked, rotated."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from lfr_kit.config import StoreSettings, settings
from lfr_kit.errors import KeyMissingError, RetentionError, StoreError, VaultError
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.connection import address_in_words, database_file
from lfr_kit.store.erase import clean_pages
from lfr_kit.store.key_places import has_master_keys, load_master_keys, place_in_words, save_master_keys
from lfr_kit.store.master_key import MasterKeys, new_master_keys
from lfr_kit.store.repository import policies
from lfr_kit.store.schema import REVISIONS, revision_of
from lfr_kit.store.store import Act, Store, found_revision, utc_now
from lfr_kit.store.tables.keys import data_keys, destroyed_keys

__all__ = ["Initialised", "KeysReport", "Rotated", "check", "init", "rotate"]


@dataclass(frozen=True, kw_only=True)
class Initialised:
    """What `init` found and made.

    Attributes
    ----------
    key_place, master_key_id
        Where the master key is kept, and its name; never the key.
    store
        The database's address, without a password.
    has_made_key, has_made_store
        Whether they are new.
    upgraded_from
        The older revision that the store was at, or None.
    """

    key_place: str
    master_key_id: str
    store: str
    has_made_key: bool
    has_made_store: bool
    upgraded_from: str | None


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """What `rotate` did.

    Attributes
    ----------
    master_key_id
        The key in force now.
    dropped_key_ids
        The older ones, which open nothing any more.
    n_rewrapped
        How many data keys were wrapped anew.
    has_cleaned_pages
        Whether the older wrappings are gone from the database's pages and log too; False while another program
        reads it.
    """

    master_key_id: str
    dropped_key_ids: tuple[str, ...]
    n_rewrapped: int
    has_cleaned_pages: bool


@dataclass(frozen=True, kw_only=True)
class KeysReport:
    """What `check` found; every data key was unwrapped for it.

    Attributes
    ----------
    n_wrapped
        Master key id -> how many data keys it wraps.
    rotated_at
        When the master key was last rotated; None if never.
    n_destroyed
        Data keys that were destroyed, and with them what they had sealed.
    findings
        What is to be mended, each in a sentence; empty if all is well.
    """

    key_source: str
    key_place: str
    master_key_ids: tuple[str, ...]
    store: str
    store_id: str
    revision: str
    n_wrapped: dict[str, int]
    rotated_at: datetime | None
    n_destroyed: int
    findings: tuple[str, ...]


def init(chosen: StoreSettings | None = None, clock: Callable[[], datetime] = utc_now) -> Initialised:
    """Makes a master key if there is none, and the store if there is none; an older store is upgraded.

    Raises
    ------
    KeyMissingError
        If there is a store, but not its key: no new key opens it.
    VaultError
        If the key cannot be kept where the settings say.
    WrongKeyError, StoreError
        As `Store.create`.
    """
    chosen = chosen or settings().store
    before = found_revision(chosen)
    makes_key = not has_master_keys(chosen)
    if makes_key:
        if before is not None:
            raise KeyMissingError(
                f"{place_in_words(chosen)}: no master key, but {address_in_words(chosen.url)} is a store already, "
                "which no other key opens; restore its key from the backup"
            )
        save_master_keys(new_master_keys(), chosen)
    with Store.create(chosen, clock) as store:
        return Initialised(
            key_place=place_in_words(chosen),
            master_key_id=store.vault.master.current_id,
            store=address_in_words(chosen.url),
            has_made_key=makes_key,
            has_made_store=before is None,
            upgraded_from=before if before not in (None, REVISIONS[-1]) else None,
        )


def rotate(store: Store, actor: Actor, justification: str, chosen: StoreSettings | None = None) -> Rotated:
    """Wraps every data key with a new master key, and lets go of the old one; what is sealed is not touched.

    Old and new are kept side by side until the database is known to need only the new one, so an
    interruption at any point leaves a store that opens; rotating again finishes it. Programs that have the
    store open go on: they read the key anew.

    Raises
    ------
    PermissionRefusedError, JustificationError
        As `Store.act`.
    VaultError
        If the key is kept in the environment, which no program can change.
    WrongKeyError
        If a data key does not open; nothing is changed then.
    StoreError, OutputError
        If the database or the key's place cannot be written.
    """
    chosen = chosen or settings().store
    with _managing(store, actor, Operation.ALTERATION, justification) as act:
        keys = load_master_keys(chosen)
        if not keys.is_rotating:
            keys = keys.with_successor()
            save_master_keys(keys, chosen, replace=True)
        store.vault.master = keys
        n_rewrapped = store.vault.rewrap(act.connection, keys, act.at)
        act.details.update(to=keys.current_id, n_rewrapped=n_rewrapped)
    with _managing(store, actor, Operation.ERASURE, justification) as act:
        dropped = _drop_older(act.connection, store, chosen)
        act.details["dropped"] = list(dropped)
    return Rotated(
        master_key_id=store.vault.master.current_id,
        dropped_key_ids=dropped,
        n_rewrapped=n_rewrapped,
        has_cleaned_pages=_clean(store),
    )


def check(chosen: StoreSettings | None = None) -> KeysReport:
    """Which key, which store, what is wrapped with what, and who else may read them.

    Raises
    ------
    KeyMissingError, WrongKeyError, StoreError
        As `Store.open`; `WrongKeyError` also if any one data key does not open.
    """
    chosen = chosen or settings().store
    with Store.open(chosen) as store, store.reading() as connection:
        keys = store.vault.master
        return KeysReport(
            key_source=chosen.key_source,
            key_place=place_in_words(chosen),
            master_key_ids=tuple(sorted(keys.keys, key=lambda name: name != keys.current_id)),
            store=address_in_words(chosen.url),
            store_id=policies.store_id(connection),
            revision=str(revision_of(connection)),
            n_wrapped=store.vault.check_all(connection),
            rotated_at=connection.execute(select(func.max(data_keys.c.rewrapped_at))).scalar_one(),
            n_destroyed=connection.execute(select(func.count()).select_from(destroyed_keys)).scalar_one(),
            findings=tuple(_findings(chosen, keys)),
        )


@contextmanager
def _managing(store: Store, actor: Actor, operation: Operation, justification: str) -> Iterator[Act]:
    """One rotation at a time, and no new data key meanwhile."""
    with store.act(actor, Action.KEYS_MANAGE, operation, subject="master_key", justification=justification) as act:
        act.connection.execute(select(data_keys.c.key_id).where(data_keys.c.scope == "store").with_for_update())
        yield act


def _clean(store: Store) -> bool:
    """The older wrappings out of the pages: whoever has the old master key could open what they wrap."""
    try:
        clean_pages(store.engine, [data_keys.name])
    except (RetentionError, StoreError):
        return False
    return True


def _drop_older(connection: Connection, store: Store, chosen: StoreSettings) -> tuple[str, ...]:
    keys = load_master_keys(chosen)
    needed = set(connection.execute(select(data_keys.c.master_key_id).distinct()).scalars())
    if needed != {keys.current_id}:
        raise VaultError("another program wrapped keys meanwhile; nothing is lost; run: lfr keys rotate")
    if keys.is_rotating:
        save_master_keys(keys.current_only(), chosen, replace=True)
    store.vault.master = keys.current_only()
    return tuple(sorted(keys.keys.keys() - {keys.current_id}))


def _findings(chosen: StoreSettings, keys: MasterKeys) -> list[str]:
    found = []
    if keys.is_rotating:
        found.append("a rotation was interrupted, so an older master key is still kept; run: lfr keys rotate")
    file = database_file(chosen.url)
    if file is not None and os.name == "posix":
        found += [
            f"{path}: others may read it; run: chmod {mode} {path}"
            for path, mode in ((file.parent, "700"), (file, "600"))
            if _is_open_to_others(path)
        ]
    return found


def _is_open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
