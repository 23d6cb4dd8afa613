"""Reference pictures given again with what they lacked."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete

from lfr_kit.store.tables.watchlists import pictures

__all__ = ["drop_undated"]


def drop_undated(connection: Connection, entry_id: str, macs: Sequence[str]) -> int:
    """Deletes pictures of an entry that bear no date, by MAC, to make room for the same with one; how many."""
    where = (pictures.c.entry_id == entry_id, pictures.c.picture_mac.in_(macs), pictures.c.captured_on.is_(None))
    return connection.execute(delete(pictures).where(*where)).rowcount
