"""Watchlists and their entries: rows and records. Pictures: `lfr_kit.store.repository.reference_pictures`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from lfr_kit.errors import DecisionConflictError, NotInStoreError
from lfr_kit.governance.person_text import canonical_ref
from lfr_kit.governance.vocabulary import Category, EntryStatus, Response, WatchlistState
from lfr_kit.governance.watchlist import AgeBand, Entry, EntryDetails, Watchlist
from lfr_kit.store.tables import watchlists as tables
from lfr_kit.store.vault import DataKey

__all__ = [
    "FrozenRow",
    "all_details",
    "change_entry",
    "change_watchlist",
    "count_entries",
    "delete_rows",
    "details_of",
    "entries_named",
    "entries_of",
    "entry",
    "entry_by_id",
    "freeze_entries",
    "frozen_rows",
    "insert_entries",
    "insert_watchlist",
    "known_people",
    "opened_of",
    "person_mac",
    "review_of",
    "scope",
    "state_and_revision",
    "watchlist",
    "watchlists_of",
    "withdrawn_after",
]

_CLEAR = [column for column in tables.entries.c if not column.name.startswith("sealed_")]
_MOST_IDS = 500


def scope(watchlist_id: str) -> str:
    """The scope of a list's data key."""
    return f"watchlist:{watchlist_id}"


def person_mac(key: DataKey, person_ref: str, entry_id: str) -> str:
    """By which the same person is seen twice on a list; without a reference every entry is a person of its own."""
    about = canonical_ref(person_ref)
    return key.mac(f"person:{about}".encode() if about else f"entry:{entry_id}".encode())


def insert_watchlist(connection: Connection, new: Watchlist, key: DataKey) -> None:
    """A new list, and the id of its data key."""
    values = asdict(new) | {"allowed_categories": sorted(new.allowed_categories), "state": str(new.state)}
    connection.execute(insert(tables.watchlists).values(**values, key_id=key.key_id))


def watchlist(connection: Connection, watchlist_id: str, *, locked: bool = False) -> Watchlist:
    """A list; `locked`: nobody else changes it until the transaction ends. NotInStoreError if there is none."""
    query = select(tables.watchlists).where(tables.watchlists.c.watchlist_id == watchlist_id)
    row = connection.execute(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise NotInStoreError(f"watchlist {watchlist_id}: there is none; see: lfr watchlist list")
    return _watchlist(row)


def watchlists_of(connection: Connection, deployment_id: str | None = None) -> list[Watchlist]:
    """All lists, or those of one deployment, oldest first."""
    query = select(tables.watchlists).order_by(tables.watchlists.c.created_at, tables.watchlists.c.watchlist_id)
    if deployment_id is not None:
        query = query.where(tables.watchlists.c.deployment_id == deployment_id)
    return [_watchlist(row) for row in connection.execute(query)]


def change_watchlist(connection: Connection, watchlist_id: str, **values: Any) -> None:
    """Sets columns of a list."""
    where = tables.watchlists.c.watchlist_id == watchlist_id
    connection.execute(update(tables.watchlists).where(where).values(**values))


def state_and_revision(connection: Connection, watchlist_id: str) -> tuple[WatchlistState, int]:
    """A list's state and revision, by the shortest way. NotInStoreError if there is none."""
    table = tables.watchlists
    query = select(table.c.state, table.c.revision).where(table.c.watchlist_id == watchlist_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotInStoreError(f"watchlist {watchlist_id}: there is none")
    return WatchlistState(row.state), row.revision


def withdrawn_after(connection: Connection, watchlist_id: str, revision: int) -> tuple[str, ...]:
    """Entries withdrawn after a revision of their list."""
    query = select(tables.entries.c.entry_id).where(
        tables.entries.c.watchlist_id == watchlist_id, tables.entries.c.withdrawn_at_revision > revision
    )
    return tuple(connection.execute(query.order_by(tables.entries.c.withdrawn_at_revision)).scalars())


def count_entries(
    connection: Connection, watchlist_id: str
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Entries of a list by status; approved ones by category; approved ones by age band."""
    table = tables.entries
    columns = (table.c.status, table.c.category, table.c.age_band)
    query = select(*columns, func.count().label("n")).where(table.c.watchlist_id == watchlist_id)
    by_status, by_category, by_age_band = Counter[str](), Counter[str](), Counter[str]()
    for row in connection.execute(query.group_by(*columns).order_by(*columns)):
        by_status[row.status] += row.n
        if row.status == EntryStatus.APPROVED:
            by_category[row.category] += row.n
            by_age_band[row.age_band] += row.n
    return dict(by_status), dict(by_category), dict(by_age_band)


def insert_entries(connection: Connection, key: DataKey, new: Sequence[tuple[Entry, EntryDetails]]) -> None:
    """New entries, sealed, in one go."""
    if new:
        connection.execute(
            insert(tables.entries),
            [_plain(one) | {"sealed_details": _sealed(key, one.entry_id, details)} for one, details in new],
        )


def change_entry(
    connection: Connection,
    seen: Entry,
    *,
    key: DataKey,
    details: EntryDetails | None = None,
    statements: Mapping[str, str] | None = None,
    **values: Any,
) -> None:
    """Changes an entry that is still as it was seen; its version rises.

    Parameters
    ----------
    seen
        As it was read.
    key
        Of its list.
    details, statements
        New details, and what reviewers wrote in addition, to be sealed.
    values
        Columns to set.

    Raises
    ------
    DecisionConflictError
        If somebody else changed it in between.
    """
    if details is not None:
        values["sealed_details"] = _sealed(key, seen.entry_id, details)
    if statements is not None:
        written = {**review_of(connection, key, seen.entry_id), **statements}
        values["sealed_review"] = key.seal_json(written, f"entries:{seen.entry_id}:review")
    changed = connection.execute(
        update(tables.entries)
        .where(tables.entries.c.entry_id == seen.entry_id, tables.entries.c.version == seen.version)
        .values(**values, version=seen.version + 1)
    )
    if changed.rowcount != 1:
        raise DecisionConflictError(f"entry {seen.entry_id}: was changed since you read it; look at it again")


def freeze_entries(connection: Connection, taken: Sequence[tuple[Entry, str]]) -> None:
    """Writes the digest of each frozen entry, and its age band on the day."""
    table = tables.entries
    if taken:
        connection.execute(
            update(table)
            .where(table.c.entry_id == bindparam("its_id"))
            .values(digest=bindparam("its_digest"), age_band=bindparam("its_band")),
            [
                {"its_id": one.entry_id, "its_digest": digest, "its_band": str(one.age_band)}
                for one, digest in taken
            ],
        )


def entry(connection: Connection, watchlist_id: str, entry_id: str) -> Entry:
    """An entry of a list. NotInStoreError if that list has none of this id."""
    where = (tables.entries.c.entry_id == entry_id, tables.entries.c.watchlist_id == watchlist_id)
    row = connection.execute(select(*_CLEAR).where(*where).with_for_update()).one_or_none()
    if row is None:
        raise _no_entry(watchlist_id, entry_id)
    return _entry(row)


def entry_by_id(connection: Connection, entry_id: str) -> Entry:
    """An entry of whichever list. NotInStoreError if there is none."""
    row = connection.execute(select(*_CLEAR).where(tables.entries.c.entry_id == entry_id)).one_or_none()
    if row is None:
        raise NotInStoreError(f"entry {entry_id}: there is none")
    return _entry(row)


def entries_named(connection: Connection, watchlist_id: str, entry_ids: Sequence[str]) -> list[Entry]:
    """Entries of a list in the order of these ids. NotInStoreError if that list has none of one of them."""
    found: dict[str, Entry] = {}
    for some in _in_parts(entry_ids):
        where = (tables.entries.c.entry_id.in_(some), tables.entries.c.watchlist_id == watchlist_id)
        found.update({row.entry_id: _entry(row) for row in connection.execute(select(*_CLEAR).where(*where))})
    for entry_id in entry_ids:
        if entry_id not in found:
            raise _no_entry(watchlist_id, entry_id)
    return [found[entry_id] for entry_id in entry_ids]


class FrozenRow(NamedTuple):
    """An entry that was frozen, as far as it decides whom a list finds (`governance.watchlist.Searched`)."""

    entry_id: str
    watchlist_id: str
    person_mac: str
    status: str
    category: str | None
    response: str | None
    expires_at: datetime | None
    digest: str


def frozen_rows(connection: Connection, watchlist_id: str) -> list[FrozenRow]:
    """Every entry that was frozen with a list, whatever became of it, by id. Quicker than records."""
    columns = [tables.entries.c[name] for name in FrozenRow._fields]
    query = select(*columns).where(
        tables.entries.c.watchlist_id == watchlist_id, tables.entries.c.digest.is_not(None)
    )
    return [FrozenRow(*row) for row in connection.execute(query.order_by(tables.entries.c.entry_id))]


def entries_of(connection: Connection, watchlist_id: str, statuses: Iterable[EntryStatus] = ()) -> list[Entry]:
    """Entries of a list in the order of their ids, of any status or of these."""
    query = (
        select(*_CLEAR).where(tables.entries.c.watchlist_id == watchlist_id).order_by(tables.entries.c.entry_id)
    )
    wanted = [str(status) for status in statuses]
    if wanted:
        query = query.where(tables.entries.c.status.in_(wanted))
    return [_entry(row) for row in connection.execute(query)]


def known_people(connection: Connection, watchlist_id: str, macs: Sequence[str]) -> dict[str, Entry]:
    """Those of some people who are on a list already, by the MAC of the identity reference."""
    found = {}
    for some in _in_parts(macs):
        query = select(*_CLEAR).where(
            tables.entries.c.watchlist_id == watchlist_id, tables.entries.c.person_mac.in_(some)
        )
        found.update({row.person_mac: _entry(row) for row in connection.execute(query)})
    return found


def details_of(connection: Connection, key: DataKey, entry_id: str) -> EntryDetails:
    """What is sealed of an entry. NotInStoreError if there is none."""
    query = select(tables.entries.c.sealed_details).where(tables.entries.c.entry_id == entry_id)
    sealed = connection.execute(query).scalar_one_or_none()
    if sealed is None:
        raise NotInStoreError(f"entry {entry_id}: there is none")
    return _opened(key, entry_id, sealed)


def all_details(connection: Connection, key: DataKey, watchlist_id: str) -> dict[str, EntryDetails]:
    """What is sealed of every entry of a list, by entry id."""
    query = select(tables.entries.c.entry_id, tables.entries.c.sealed_details)
    rows = connection.execute(query.where(tables.entries.c.watchlist_id == watchlist_id))
    return {row.entry_id: _opened(key, row.entry_id, row.sealed_details) for row in rows}


def review_of(connection: Connection, key: DataKey, entry_id: str) -> dict[str, str]:
    """What reviewers wrote of an entry, by kind: necessity, proportionality, second_approval, refusal, ..."""
    query = select(tables.entries.c.sealed_review).where(tables.entries.c.entry_id == entry_id)
    sealed = connection.execute(query).scalar_one_or_none()
    return _review(key, entry_id, sealed)


def opened_of(
    connection: Connection, key: DataKey, entry_ids: Sequence[str]
) -> dict[str, tuple[EntryDetails, dict[str, str]]]:
    """What is sealed of each of these entries, and what reviewers wrote of it (`review_of`), by entry id."""
    table, found = tables.entries, {}
    for some in _in_parts(entry_ids):
        query = select(table.c.entry_id, table.c.sealed_details, table.c.sealed_review)
        for row in connection.execute(query.where(table.c.entry_id.in_(some))):
            details = _opened(key, row.entry_id, row.sealed_details)
            found[row.entry_id] = (details, _review(key, row.entry_id, row.sealed_review))
    return found


def delete_rows(connection: Connection, watchlist_id: str) -> dict[str, int]:
    """Deletes what a list holds of people; rows deleted by table. The list's own row stays, as a record of it."""
    deleted = {}
    for table in (tables.alike_pairs, tables.pictures, tables.entries):
        deleted[table.name] = connection.execute(
            delete(table).where(table.c.watchlist_id == watchlist_id)
        ).rowcount
    return deleted


def _in_parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _MOST_IDS] for start in range(0, len(ids), _MOST_IDS))


def _no_entry(watchlist_id: str, entry_id: str) -> NotInStoreError:
    return NotInStoreError(f"watchlist {watchlist_id}: has no entry {entry_id}; see: lfr watchlist show")


def _review(key: DataKey, entry_id: str, sealed: bytes | None) -> dict[str, str]:
    return {} if sealed is None else dict(key.open_json(sealed, f"entries:{entry_id}:review"))


def _plain(one: Entry) -> dict[str, Any]:
    return asdict(one) | {"reasons": list(one.reasons)}


def _sealed(key: DataKey, entry_id: str, details: EntryDetails) -> bytes:
    born = details.date_of_birth
    values = asdict(details) | {"date_of_birth": None if born is None else born.isoformat()}
    return key.seal_json(values, f"entries:{entry_id}:details")


def _opened(key: DataKey, entry_id: str, sealed: bytes) -> EntryDetails:
    values = key.open_json(sealed, f"entries:{entry_id}:details")
    born = values.pop("date_of_birth")
    return EntryDetails(**values, date_of_birth=None if born is None else date.fromisoformat(born))


def _watchlist(row: Row[Any]) -> Watchlist:
    values = dict(row._mapping)
    del values["key_id"]
    values["state"] = WatchlistState(values["state"])
    values["allowed_categories"] = frozenset(map(Category, values["allowed_categories"]))
    return Watchlist(**values)


def _entry(row: Row[Any]) -> Entry:
    values = dict(row._mapping)
    values["status"] = EntryStatus(values["status"])
    values["category"] = None if values["category"] is None else Category(values["category"])
    values["response"] = None if values["response"] is None else Response(values["response"])
    values["age_band"] = AgeBand(values["age_band"])
    values["reasons"] = tuple(values["reasons"])
    return Entry(**values)
