"""The database: SQLite beside the program, or PostgreSQL, by the same code."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from lfr_kit.errors import ConfigurationError, MissingDependencyError, StoreBusyError

__all__ = ["READING", "address_in_words", "database_file", "look_only_engine", "make_engine", "place_of"]

READING = "lfr_reading"
"""Execution option of a connection that only reads: SQLite then takes no write lock."""

_OPENED = "lfr_opened"
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "cell_size_check=ON",
    "trusted_schema=OFF",
)


def make_engine(url: str, busy_timeout_s: float) -> Engine:
    """An engine in which every transaction takes its write lock at its beginning.

    No error or log line of it shows the values of a statement: they may be personal.

    Raises
    ------
    ConfigurationError
        If the address is none, or of another kind of database.
    MissingDependencyError
        If PostgreSQL's driver is not installed.
    """
    place = place_of(url)
    if place.get_backend_name() == "postgresql":
        return _postgresql(place, busy_timeout_s)
    engine = create_engine(place, connect_args={"timeout": busy_timeout_s}, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def look_only_engine(url: str, busy_timeout_s: float) -> Engine:
    """An engine for a first look: an SQLite file stays as it is, to the byte, whatever is found in it.

    Raises
    ------
    ConfigurationError, MissingDependencyError
        As `make_engine`.
    """
    file = database_file(url)
    if file is None:
        return make_engine(url, busy_timeout_s)
    address = f"file:{quote(str(file.absolute()))}?mode=ro"
    return create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(address, uri=True, timeout=busy_timeout_s, check_same_thread=False),
        hide_parameters=True,
    )


def place_of(url: str) -> URL:
    """The address, read. ConfigurationError if it is none, or of another kind of database."""
    try:
        place = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "store.url: is no address of a database; write e.g. sqlite:////home/me/lfr.sqlite "
            "or postgresql://USER@HOST/NAME"
        ) from None
    kind = place.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise ConfigurationError(f"store.url: {kind} is not supported; use sqlite or postgresql")
    if kind == "sqlite" and place.database in (None, "", ":memory:"):
        raise ConfigurationError("store.url: a store in memory would be gone at the end; name a file")
    return place


def address_in_words(url: str) -> str:
    """The address without its password."""
    return place_of(url).render_as_string(hide_password=True)


def database_file(url: str) -> Path | None:
    """The file of an SQLite database; None for any other."""
    place = place_of(url)
    return Path(place.database) if place.get_backend_name() == "sqlite" and place.database else None


def _postgresql(place: URL, busy_timeout_s: float) -> Engine:
    waiting = {
        "options": f"-c lock_timeout={int(busy_timeout_s * 1000)} -c timezone=UTC",
        "connect_timeout": max(2, round(busy_timeout_s)),
    }
    try:
        return create_engine(
            place.set(drivername="postgresql+psycopg"),
            connect_args=waiting,
            pool_pre_ping=True,
            hide_parameters=True,
        )
    except ModuleNotFoundError:
        raise MissingDependencyError(
            "store.url: PostgreSQL needs a driver; install it with: pip install 'lfr_kit[postgres]'"
        ) from None


def _set_up_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    record.info[_OPENED] = _file_identity(connection)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    raw = connection.connection
    if raw.info[_OPENED] != _file_identity(raw):
        connection.invalidate()
        raise StoreBusyError(
            "the store: its file is gone, or another lies in its place; nothing was written; put it back"
        )
    reading = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _file_identity(connection: Any) -> tuple[int, int] | None:
    """Which file lies where the database was opened: SQLite goes on writing to one that was deleted or moved."""
    ((_, _, path),) = (row for row in connection.execute("PRAGMA database_list") if row[1] == "main")
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
