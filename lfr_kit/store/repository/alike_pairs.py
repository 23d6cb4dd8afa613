"""Pairs of entries that look alike: rows and records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select

from lfr_kit.governance.alike import AlikeKind, AlikePair
from lfr_kit.store.tables.watchlists import alike_pairs

__all__ = ["count_pairs", "delete_pairs", "pairs_of", "pairs_with", "write_pairs"]

_MOST_IDS = 500


def delete_pairs(connection: Connection, entry_ids: Sequence[str]) -> None:
    """Forgets whom these entries look like."""
    table = alike_pairs
    for start in range(0, len(entry_ids), _MOST_IDS):
        some = entry_ids[start : start + _MOST_IDS]
        connection.execute(delete(table).where(table.c.entry_id.in_(some) | table.c.other_entry_id.in_(some)))


def write_pairs(connection: Connection, watchlist_id: str, pairs: Iterable[AlikePair]) -> None:
    """Pairs that look alike, in place of those found before."""
    connection.execute(delete(alike_pairs).where(alike_pairs.c.watchlist_id == watchlist_id))
    new = [asdict(pair) | {"kind": str(pair.kind), "watchlist_id": watchlist_id} for pair in pairs]
    if new:
        connection.execute(insert(alike_pairs), new)


def pairs_of(
    connection: Connection, watchlist_id: str, *, first: int = 0, most: int | None = None
) -> list[AlikePair]:
    """Pairs found when they were last looked for, the most alike first: all, or from one on so many."""
    query = select(alike_pairs).where(alike_pairs.c.watchlist_id == watchlist_id)
    return _read(connection, query.offset(first).limit(most) if first or most is not None else query)


def pairs_with(connection: Connection, watchlist_id: str, entry_ids: Sequence[str]) -> list[AlikePair]:
    """Those in which one of these entries is, each once, the most alike first."""
    table, found = alike_pairs, {}
    for start in range(0, len(entry_ids), _MOST_IDS):
        some = entry_ids[start : start + _MOST_IDS]
        query = select(table).where(
            table.c.watchlist_id == watchlist_id, table.c.entry_id.in_(some) | table.c.other_entry_id.in_(some)
        )
        found.update({(pair.entry_id, pair.other_entry_id): pair for pair in _read(connection, query)})
    return sorted(found.values(), key=lambda pair: (-pair.similarity, pair.entry_id, pair.other_entry_id))


def count_pairs(connection: Connection, watchlist_id: str) -> int:
    """How many pairs were found when they were last looked for."""
    query = select(func.count()).where(alike_pairs.c.watchlist_id == watchlist_id)
    return connection.execute(query).scalar_one()


def _read(connection: Connection, query: Select[Any]) -> list[AlikePair]:
    table = alike_pairs
    ordered = query.order_by(table.c.similarity.desc(), table.c.entry_id, table.c.other_entry_id)
    return [
        AlikePair(row.entry_id, row.other_entry_id, AlikeKind(row.kind), row.similarity)
        for row in connection.execute(ordered)
    ]
