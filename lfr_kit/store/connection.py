"""The database: SQLite beside the program, or PostgreSQL, by the same code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from lfr_kit.errors import ConfigurationError, MissingDependencyError, StoreBusyError, StoreError, StoreFullError

__all__ = ["READING", "database_file", "make_engine", "translated"]

READING = "lfr_reading"
"""Execution option of a connection that only reads: SQLite then takes no write lock."""

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "cell_size_check=ON",
)


def make_engine(url: str, busy_timeout_s: float) -> Engine:
    """An engine in which every transaction takes its write lock at its beginning.

    Raises
    ------
    ConfigurationError
        If the address is none, or of another kind of database.
    MissingDependencyError
        If PostgreSQL's driver is not installed.
    """
    try:
        place = make_url(url)
    except ArgumentError:
        raise ConfigurationError(
            f"store.url: {url!r} is no address of a database, e.g. sqlite:////home/me/lfr.sqlite"
        ) from None
    kind = place.get_backend_name()
    if kind == "sqlite":
        engine = create_engine(place, connect_args={"timeout": busy_timeout_s})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if kind == "postgresql":
        try:
            return create_engine(
                place.set(drivername="postgresql+psycopg"),
                connect_args={"options": f"-c lock_timeout={int(busy_timeout_s * 1000)}", "connect_timeout": 10},
                pool_pre_ping=True,
            )
        except ModuleNotFoundError:
            raise MissingDependencyError(
                "store.url: PostgreSQL needs a driver; install it with: pip install 'lfr_kit[postgres]'"
            ) from None
    raise ConfigurationError(f"store.url: {kind} is not supported; use sqlite or postgresql")


def database_file(url: str) -> Path | None:
    """The file of an SQLite database; None for any other."""
    place = make_url(url)
    return Path(place.database) if place.get_backend_name() == "sqlite" and place.database else None


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def translated() -> Iterator[None]:
    """Faults of the database as errors that say what to do; whatever was begun is undone by then."""
    try:
        yield
    except DBAPIError as error:
        words = str(error.orig).lower()
        if "disk is full" in words or "no space left" in words or "disk i/o error" in words:
            raise StoreFullError(
                "the store: no room left on its disk; nothing was written; free some and try again"
            ) from error
        if "locked" in words or "busy" in words or "timeout" in words or isinstance(error, OperationalError):
            raise StoreBusyError(
                f"the store cannot be reached or is locked ({_first_line(error)}); nothing was written"
            ) from error
        raise StoreError(f"the store: {_first_line(error)}; nothing was written") from error


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or ["no answer"])[0]
