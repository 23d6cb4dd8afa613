"""Which tables a database has: migrations bring it to this release, a newer one is refused."""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from lfr_kit.store.tables import metadata

__all__ = ["check_schema", "upgrade"]


def upgrade(engine: Engine) -> None:
    """Makes or migrates the tables."""
    metadata.create_all(engine)


def check_schema(connection: Connection) -> None:
    """StoreSchemaError if the database is of a newer release, not migrated, or no store at all."""
