"""Entries of a long list, found: filtered and ordered by what stands in the clear, searched by what is sealed.

Names are opened row by row, compared, and let go: nothing of them is kept beyond the call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from unicodedata import combining, normalize

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, case, func, or_, select, type_coerce, union

from lfr_kit.governance.person_text import canonical_ref
from lfr_kit.governance.vocabulary import Category, EntryStatus, Response
from lfr_kit.store.tables.watchlists import alike_pairs, entries, pictures
from lfr_kit.store.vault import DataKey

__all__ = ["Order", "Todo", "Wanted", "count_by", "find", "needs_key"]

_AT_ONCE = 1_000
Todo = Literal["", "review", "second"]


class Order(StrEnum):
    """By what entries are ordered; those alike in it by when they were entered."""

    ENTERED = "entered"
    NAME = "name"
    REFERENCE = "reference"
    CATEGORY = "category"
    RESPONSE = "response"
    STATUS = "status"
    QUALITY = "quality"
    EXPIRY = "expiry"


_SEALED = {Order.NAME: "name", Order.REFERENCE: "person_ref"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which entries are asked for; what is empty asks for nothing in particular.

    Attributes
    ----------
    statuses, categories, responses
        Any of these.
    reason
        Code of what an entry lacks, or of why one of its pictures is of no use.
    todo, by
        ``"review"`` or ``"second"``: what this user may decide on now, so nothing that they entered, changed or
        reviewed themselves.
    is_alike
        Only those who look like somebody else on the list, as last compared.
    expires_before
        Only those that are not searched any more from before then on.
    text
        Words, each of which stands in the name or the reference, or begins the id (``E-`` and what follows); case,
        accents and the reference's spaces do not matter.
    entry_ids
        Only these; one that is not of the list is not found.
    order, is_descending
        Entries without an expiry or a measured quality come last either way.
    first, most
        From which one on, and how many.
    """

    statuses: tuple[EntryStatus, ...] = ()
    categories: tuple[Category, ...] = ()
    responses: tuple[Response, ...] = ()
    reason: str = ""
    todo: Todo = ""
    by: str = ""
    is_alike: bool = False
    expires_before: datetime | None = None
    text: str = ""
    order: Order = Order.ENTERED
    is_descending: bool = False
    entry_ids: tuple[str, ...] = ()
    first: int = 0
    most: int = 100

    def asked(self) -> dict[str, Any]:
        """What was asked for in particular, as plain values for the audit log."""
        given = {name: getattr(self, name) for name in _ASKED}
        return {name: _plain(value) for name, value in given.items() if value}


_ASKED = ("statuses", "categories", "responses", "reason", "todo", "is_alike", "expires_before", "text")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [str(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


def find(connection: Connection, key: DataKey | None, watchlist_id: str, wanted: Wanted) -> tuple[list[str], int]:
    """Ids of the part of the entries that is asked for, and how many there are in all.

    Parameters
    ----------
    key
        Of the list; None where `needs_key` says that nothing sealed is looked at.
    """
    where = _where(watchlist_id, wanted)
    if not needs_key(wanted):
        n = connection.execute(select(func.count()).select_from(entries).where(where)).scalar_one()
        query = (
            select(entries.c.entry_id)
            .where(where)
            .order_by(*_ordered(wanted))
            .offset(wanted.first)
            .limit(wanted.most)
        )
        return list(connection.execute(query).scalars()), n
    assert key is not None
    query = select(entries.c.entry_id, entries.c.sealed_details).where(where).order_by(*_ordered(wanted))
    found = list(_opened(connection, key, query, wanted))
    if wanted.order in _SEALED:
        found.sort(key=lambda one: one[0], reverse=wanted.is_descending)
    return [entry_id for _, entry_id in found[wanted.first : wanted.first + wanted.most]], len(found)


def needs_key(wanted: Wanted) -> bool:
    """Whether names must be opened to find them."""
    return bool(wanted.text.split()) or wanted.order in _SEALED


def count_by(connection: Connection, watchlist_id: str, by: str, soon: datetime) -> dict[str, Any]:
    """How many entries of a list each filter would find.

    Parameters
    ----------
    by
        Who asks, for what they may decide on.
    soon
        Until when an entry counts as expiring.
    """
    columns = (entries.c.status, entries.c.category, entries.c.response, entries.c.reasons)
    counts = {name: Counter[str]() for name in ("status", "category", "response", "reason")}
    query = select(*columns, func.count().label("n")).where(entries.c.watchlist_id == watchlist_id)
    for row in connection.execute(query.group_by(*columns)):
        for name in ("status", "category", "response"):
            if row._mapping[name] is not None:
                counts[name][row._mapping[name]] += row.n
        counts["reason"].update(dict.fromkeys(row.reasons, row.n))
    asked = {
        "review": Wanted(todo="review", by=by),
        "second": Wanted(todo="second", by=by),
        "alike": Wanted(is_alike=True),
        "expiring": Wanted(expires_before=soon),
    }
    single = [func.sum(case((_where(watchlist_id, one), 1), else_=0)) for one in asked.values()]
    row = connection.execute(select(*single).where(entries.c.watchlist_id == watchlist_id)).one()
    return {f"n_by_{name}": dict(sorted(found.items())) for name, found in counts.items()} | {
        f"n_{name}": n or 0 for name, n in zip(asked, row, strict=True)
    }


def _opened(connection: Connection, key: DataKey, query: Select[Any], wanted: Wanted) -> Iterator[tuple[str, str]]:
    """What is ordered by, and the id, of those in which all words stand."""
    words, refs = _folded(wanted.text).split(), [canonical_ref(one) for one in wanted.text.split()]
    field = _SEALED.get(wanted.order, "")
    for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        details = key.open_json(row.sealed_details, f"entries:{row.entry_id}:details")
        name, ref = _folded(details["name"]), canonical_ref(details["person_ref"])
        is_found = (
            word in name or as_ref in ref or _begins(row.entry_id, word)
            for word, as_ref in zip(words, refs, strict=True)
        )
        if all(is_found):
            yield (_folded(details[field]) if field else "", row.entry_id)


def _begins(entry_id: str, word: str) -> bool:
    """Whether this id is typed: letters inside it do not find it, for they spell names such as Ada by chance."""
    return word.startswith("e-") and entry_id.casefold().startswith(word)


def _folded(text: str) -> str:
    """As texts are compared: case and accents make no other name, for few keyboards have them all."""
    if text.isascii():
        return text.casefold()
    return "".join(one for one in normalize("NFKD", text.casefold()) if not combining(one))


def _where(watchlist_id: str, wanted: Wanted) -> ColumnElement[bool]:
    table = entries.c
    found = [table.watchlist_id == watchlist_id]
    for column, values in (
        (table.status, wanted.statuses),
        (table.category, wanted.categories),
        (table.response, wanted.responses),
    ):
        if values:
            found.append(column.in_([str(one) for one in values]))
    if wanted.entry_ids:
        found.append(table.entry_id.in_(wanted.entry_ids))
    if wanted.reason:
        of_picture = select(pictures.c.entry_id).where(
            pictures.c.watchlist_id == watchlist_id, _holds(pictures.c.reasons, wanted.reason)
        )
        found.append(or_(_holds(table.reasons, wanted.reason), table.entry_id.in_(of_picture)))
    if wanted.is_alike:
        sides = (alike_pairs.c.entry_id, alike_pairs.c.other_entry_id)
        one_of = union(*(select(side).where(alike_pairs.c.watchlist_id == watchlist_id) for side in sides))
        found.append(table.entry_id.in_(one_of))
    if wanted.expires_before is not None:
        found.append(table.expires_at < wanted.expires_before)
    return and_(*found, *_todo(wanted))


def _todo(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = entries.c
    if wanted.todo == "review":
        return [
            table.status == EntryStatus.PENDING_REVIEW,
            table.created_by != wanted.by,
            table.changed_by != wanted.by,
        ]
    if wanted.todo == "second":
        others = (table.created_by, table.changed_by, table.reviewed_by)
        return [
            table.status == EntryStatus.PENDING_SECOND_APPROVAL,
            *(func.coalesce(other, "") != wanted.by for other in others),
        ]
    return []


def _holds(column: ColumnElement[Any], code: str) -> ColumnElement[bool]:
    """Whether a list of codes, kept as JSON text, has this one."""
    return type_coerce(column, Text).contains(f'"{code}"', autoescape=True)


def _ordered(wanted: Wanted) -> list[ColumnElement[Any]]:
    table = entries.c
    order = wanted.order
    last: list[ColumnElement[Any]] = [table.created_at, table.entry_id]
    if order in (Order.ENTERED, *_SEALED):
        return [one.desc() for one in last] if wanted.is_descending and order is Order.ENTERED else last
    if order is Order.QUALITY:
        own = pictures.c.entry_id == table.entry_id
        by: ColumnElement[Any] = select(func.max(pictures.c.quality)).where(own).scalar_subquery()
    elif order is Order.STATUS:
        by = case({str(one): place for place, one in enumerate(EntryStatus)}, value=table.status)
    elif order is Order.RESPONSE:
        by = case({str(one): place for place, one in enumerate(Response)}, value=table.response)
    else:
        by = table.category if order is Order.CATEGORY else table.expires_at
    return [by.desc().nulls_last() if wanted.is_descending else by.asc().nulls_last(), *last]
