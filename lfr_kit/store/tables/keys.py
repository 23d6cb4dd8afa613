"""Keys, wrapped by a master key that is kept elsewhere, and what the store knows of itself."""

from sqlalchemy import Column, LargeBinary, String, Table, Text

from lfr_kit.store.tables.columns import Utc, metadata

__all__ = ["data_keys", "destroyed_keys", "store_info"]

store_info = Table(
    "store_info",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
"""store_id, created_at, and the store's policies (`lfr_kit.store.repository.policies`)."""

data_keys = Table(
    "data_keys",
    metadata,
    Column("key_id", String(40), primary_key=True),
    Column("scope", String(80), nullable=False, unique=True),
    Column("master_key_id", String(40), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("rewrapped_at", Utc),
)
"""One per scope: ``store audit signing ledger``, ``watchlist:ID``, ``deployment:ID``, ``hold:ID``, ...

``blue_list:ID`` is that of a deployment's blue list.
"""

destroyed_keys = Table(
    "destroyed_keys",
    metadata,
    Column("key_id", String(40), primary_key=True),
    Column("scope", String(80), nullable=False),
    Column("destroyed_at", Utc, nullable=False),
)
"""That there was a key, and when it was destroyed; nothing of the key itself."""
