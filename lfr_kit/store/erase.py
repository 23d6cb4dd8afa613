"""After rows are deleted: their pages. And where the database's own bytes can be searched for residue.

SQLite: deleted cells are overwritten (``secure_delete``), the write-ahead log is emptied, the file written anew.
PostgreSQL: the tables are written anew; its log keeps what was written to it, which is ciphertext and wrapped keys
only, until the server reuses those files.

References
----------
SQLite: PRAGMA secure_delete, wal_checkpoint(TRUNCATE), VACUUM. PostgreSQL: VACUUM (FULL), CHECKPOINT, pg_control.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, LargeBinary, String, Text, select, text
from sqlalchemy.exc import DBAPIError

from lfr_kit.errors import RetentionError
from lfr_kit.store.connection import READING
from lfr_kit.store.faults import translated
from lfr_kit.store.tables import metadata

__all__ = ["DatabasePlaces", "clean_pages", "database_places", "rows_as_bytes"]

_BESIDE = ("", "-wal", "-shm", "-journal")
_BATCH = 100


@dataclass(frozen=True)
class DatabasePlaces:
    """Where the bytes of the database lie.

    Attributes
    ----------
    files
        Of the database itself: after a deletion nothing may be left in them.
    log_files
        Of PostgreSQL's write-ahead log: keep ciphertext until they are used again.
    words
        What is searched, in words.
    is_by_rows
        Whether only rows can be searched, by SQL, because the files are out of reach.
    """

    files: tuple[Path, ...]
    log_files: tuple[Path, ...]
    words: str
    is_by_rows: bool = False


def clean_pages(engine: Engine, tables: Sequence[str]) -> str:
    """Frees and overwrites the pages of what was deleted; says how. May be repeated.

    Parameters
    ----------
    engine
        Of the store; outside of any transaction.
    tables
        Names of the tables from which rows were deleted.

    Raises
    ------
    RetentionError
        If another program reads an old state of the store, so that old pages must stay for now.
    StoreFullError, StoreBusyError
        As always; nothing is lost then, and the pages are cleaned next time.
    """
    with translated():
        if engine.dialect.name == "sqlite":
            return _clean_sqlite(engine)
        return _clean_postgresql(engine, tables)


def _clean_sqlite(engine: Engine) -> str:
    held = engine.raw_connection()
    try:
        connection: Any = held.driver_connection
        _empty_log(connection)
        connection.execute("VACUUM").close()
        _empty_log(connection)
    except connection.OperationalError as error:
        raise DBAPIError.instance("VACUUM", None, error, type(error)) from error
    finally:
        held.close()
    return "sqlite: cells overwritten (secure_delete), write-ahead log emptied, file written anew (VACUUM)"


def _empty_log(connection: Any) -> None:
    is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise RetentionError(
            "the store is being read by another program, so old pages must stay; end it and run: lfr retention run"
        )


def _clean_postgresql(engine: Engine, tables: Sequence[str]) -> str:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in sorted(set(tables) & set(metadata.tables)):
            connection.execute(text(f'VACUUM (FULL) "{name}"'))
        is_checkpointed = _checkpoint(connection)
    done = "tables written anew (VACUUM FULL)" + (", checkpoint" if is_checkpointed else "")
    return f"postgresql: {done}; its write-ahead log keeps ciphertext and wrapped keys until it is used again"


def _checkpoint(connection: Connection) -> bool:
    """Writes everything to the files; False if this user may not."""
    try:
        connection.execute(text("CHECKPOINT"))
    except DBAPIError:
        return False
    return True


def database_places(engine: Engine) -> DatabasePlaces:
    """Where to search this database; of PostgreSQL the files if they lie on this machine and may be read."""
    if engine.dialect.name == "sqlite":
        file = Path(engine.url.database or "").absolute()
        files = [file.with_name(file.name + end) for end in _BESIDE]
        there = tuple(path for path in files if path.is_file())
        return DatabasePlaces(there, (), "SQLite file, -wal, -shm, -journal")
    with translated(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _checkpoint(connection)
        folder = _local_folder(connection)
        if folder is None:
            return DatabasePlaces(
                (), (), "PostgreSQL: all rows, by SQL; its files are out of reach", is_by_rows=True
            )
        number = connection.execute(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
        own = folder / "base" / str(number.scalar_one())
    return DatabasePlaces(
        tuple(_files_in(own)) + tuple(_files_in(folder / "base" / "pgsql_tmp")),
        tuple(_files_in(folder / "pg_wal")),
        "PostgreSQL data directory: files of the database, temporary files, write-ahead log",
    )


def _local_folder(connection: Connection) -> Path | None:
    """The server's data directory, if it is on this machine, its own, and may be read."""
    with suppress(DBAPIError, OSError):
        folder = Path(str(connection.execute(text("SHOW data_directory")).scalar_one()))
        known = connection.execute(text("SELECT system_identifier FROM pg_control_system()")).scalar_one()
        with (folder / "global" / "pg_control").open("rb") as file:
            read = int.from_bytes(file.read(8), "little")
        if read == int(known) % (1 << 64) and os.access(folder / "pg_wal", os.R_OK | os.X_OK):
            return folder
    return None


def _files_in(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(path for path in folder.iterdir() if path.is_file())
    return []


def rows_as_bytes(engine: Engine) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Every table and its contents, all texts and bytes of it one after the other, for a search by SQL."""
    with translated(), engine.connect().execution_options(**{READING: True}) as connection:
        for table in metadata.sorted_tables:
            columns = [each for each in table.c if isinstance(each.type, LargeBinary | String | Text)]
            if columns:
                query = select(*columns).execution_options(yield_per=_BATCH)
                rows = connection.execute(query)
                yield table.name, (_as_bytes(value) for row in rows for value in row if value is not None)


def _as_bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)
