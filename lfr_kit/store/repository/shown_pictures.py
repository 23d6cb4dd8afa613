"""One picture of one watchlist entry, opened to be shown."""

from __future__ import annotations

from sqlalchemy import Connection, select

from lfr_kit.errors import NotInStoreError
from lfr_kit.store.tables.watchlists import pictures
from lfr_kit.store.vault import DataKey

__all__ = ["picture_jpeg"]


def picture_jpeg(connection: Connection, key: DataKey, entry_id: str, picture_id: str) -> bytes:
    """Its JPEG bytes; empty where nobody was found in it. NotInStoreError if the entry has no such picture."""
    query = select(pictures.c.sealed_picture).where(
        pictures.c.entry_id == entry_id, pictures.c.picture_id == picture_id
    )
    sealed = connection.execute(query).scalar_one_or_none()
    if sealed is None:
        raise NotInStoreError(f"entry {entry_id[:40]!a}: has no picture {picture_id[:40]!a}")
    return key.open(sealed, f"pictures:{picture_id}:picture")
