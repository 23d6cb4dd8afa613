"""Which tables a database has: migrations bring it to this release, a newer one is refused.

A revision is a file in ``lfr_kit/store/migrations/versions``. After a change of the tables, the next one is
drafted by comparing them with a database at the latest revision, then read and mended by a person::

    python -m lfr_kit.store.migrations.draft "what changed"
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, inspect, text

from lfr_kit.errors import StoreMissingError, StoreSchemaError
from lfr_kit.store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["REVISIONS", "alembic_config", "check_schema", "revision_of", "upgraded"]

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""In order; the last is this release's. Known here so that opening a store need not read the migrations."""

_VERSION_TABLE = "alembic_version"
_LOCK = 0x1F0B10_5703E  # PostgreSQL's advisory lock of whoever upgrades; any number, always the same
_UPGRADE = "bring it to this release with: lfr keys init (after a backup)"


def revision_of(connection: Connection) -> str | None:
    """The revision a database is at; None if it has no tables at all.

    Raises
    ------
    StoreSchemaError
        If its tables are not those of a store.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if _VERSION_TABLE not in tables or "store_info" not in tables:
        raise StoreSchemaError(
            "the database holds other tables and is no store of LFR Kit; choose another (store.url)"
        )
    found = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalars().all()
    if len(found) != 1:
        raise StoreSchemaError("the store does not say which release made it; restore it from a backup")
    return str(found[0])


def check_schema(connection: Connection, *, may_be_older: bool = False) -> None:
    """Refuses a database whose tables are not those of this release.

    Parameters
    ----------
    may_be_older
        Whether an older release's will do, because it is about to be upgraded.

    Raises
    ------
    StoreMissingError
        If it is empty.
    StoreSchemaError
        If a newer release made it, an older one, or it is no store at all.
    """
    revision = revision_of(connection)
    if revision is None:
        raise StoreMissingError("the database is empty; make a store in it with: lfr keys init")
    _refuse_newer(revision)
    if revision != REVISIONS[-1] and not may_be_older:
        raise StoreSchemaError(f"the store was made by an older release (revision {revision}); {_UPGRADE}")


@contextmanager
def upgraded(engine: Engine) -> Iterator[tuple[Connection, str | None]]:
    """Makes or migrates the tables, in one transaction with what the block does.

    Whoever else upgrades the same database waits until it ends, and then finds nothing left to do.

    Yields
    ------
    tuple[Connection, str | None]
        Within the transaction, and the revision the database was at, None for an empty one.

    Raises
    ------
    StoreSchemaError
        If a newer release made the database, it is no store, or its rows do not fit the new tables.
    """
    with engine.connect() as connection, _foreign_keys_off(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = revision_of(connection)
        if before is None:
            _make(connection)
        else:
            _refuse_newer(before)
            if before != REVISIONS[-1]:
                _migrate(connection)
        yield connection, before


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for a connection; there is no ``alembic.ini``."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "lfr_kit.store:migrations")
    config.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _refuse_newer(revision: str) -> None:
    if revision not in REVISIONS:
        raise StoreSchemaError(
            f"the store was made by a newer release (revision {revision}, this one knows {REVISIONS[-1]}); "
            "install that release, or open another store"
        )


def _make(connection: Connection) -> None:
    """All tables at once: a test holds that the revisions one after another make the same."""
    metadata.create_all(connection)
    connection.execute(text(f"CREATE TABLE {_VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text(f"INSERT INTO {_VERSION_TABLE} VALUES (:revision)"), {"revision": REVISIONS[-1]})


def _migrate(connection: Connection) -> None:
    from alembic import command

    command.upgrade(alembic_config(connection), REVISIONS[-1])
    if connection.dialect.name == "sqlite":
        loose = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if loose:
            raise StoreSchemaError(
                f"the store is damaged: {len(loose)} rows of {loose[0][0]} refer to nothing; restore a backup"
            )


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    """SQLite alters a table by making it anew, and rows that refer to it must not mind; `_migrate` checks them."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.invalidate()  # the next user of the pool must not be given it
