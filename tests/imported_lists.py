"""What an import left on a list, for tests."""

from __future__ import annotations

from sqlalchemy import select

from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.store import Store
from lfr_kit.store.tables import watchlists


def on_list(store: Store, building: str) -> dict[str, tuple[str, tuple[str, ...], int]]:
    """By identity reference: status, reasons and how many pictures."""
    with store.reading() as connection:
        key = store.vault.key(connection, rows.scope(building))
        found = {}
        for entry in rows.entries_of(connection, building):
            held = picture_rows.pictures_of(connection, [entry.entry_id])[entry.entry_id]
            ref = rows.details_of(connection, key, entry.entry_id).person_ref
            found[ref] = (entry.status, entry.reasons, len(held))
        return found


def everything(store: Store, building: str) -> list[object]:
    """Every row of entries and pictures, whole."""
    with store.reading() as connection:
        tables = (watchlists.entries, watchlists.pictures)
        return [connection.execute(select(table).order_by(*table.primary_key)).all() for table in tables]
