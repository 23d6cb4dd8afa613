"""What goes wrong with a database, as errors that say what to do; whatever was begun is undone by then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError, TimeoutError

from lfr_kit.errors import StoreBusyError, StoreError, StoreFullError, StoreSchemaError

__all__ = ["translated"]

_NOTHING = "nothing was written"
_FULL = f"the store: no room left on its disk; {_NOTHING}; free some and try again"
_READ_ONLY = f"the store may not be written by this user; {_NOTHING}; mend the rights of its file and folder"
_DAMAGED = f"the store is damaged; {_NOTHING}; restore it from a backup"
_NO_STORE = "the store: its file is no database; choose another place (store.url), or restore it from a backup"

_NO_TEXT = "Could not decode to UTF-8"
"""Python's own word for a text in SQLite that is none; it has no name of SQLite's, and quotes the text."""

# By the beginning of SQLite's own name of the fault, or of PostgreSQL's code; the longest that fits counts.
_KINDS: dict[str, tuple[type[StoreError], str]] = {
    "SQLITE_FULL": (StoreFullError, _FULL),
    "SQLITE_IOERR": (StoreError, f"the store: its disk fails; {_NOTHING}; look at the disk"),
    "SQLITE_IOERR_WRITE": (StoreFullError, _FULL),
    "SQLITE_IOERR_FSYNC": (StoreFullError, _FULL),
    "SQLITE_IOERR_TRUNCATE": (StoreFullError, _FULL),
    "SQLITE_IOERR_SHM": (StoreFullError, _FULL),
    "SQLITE_READONLY": (StoreError, _READ_ONLY),
    "SQLITE_PERM": (StoreError, _READ_ONLY),
    "SQLITE_CORRUPT": (StoreError, _DAMAGED),
    "SQLITE_NOTADB": (StoreSchemaError, _NO_STORE),
    "SQLITE_BUSY": (StoreBusyError, f"the store is locked by another program; {_NOTHING}; try again"),
    "SQLITE_LOCKED": (StoreBusyError, f"the store is locked by another program; {_NOTHING}; try again"),
    "SQLITE_CANTOPEN": (
        StoreBusyError,
        f"the store's file cannot be opened; {_NOTHING}; look at its disk, its folder and their rights",
    ),
    "53100": (StoreFullError, _FULL),
    "25006": (StoreError, _READ_ONLY),
    "42501": (StoreError, _READ_ONLY),
    "XX001": (StoreError, _DAMAGED),
    "XX002": (StoreError, _DAMAGED),
    "55P03": (StoreBusyError, f"the store is locked by another program; {_NOTHING}; try again"),
    "40": (StoreBusyError, f"somebody else wrote the same at the same time; {_NOTHING}; try again"),
    "3D": (StoreError, "store.url: the server has no database of that name; make it, or correct the name"),
    "28": (StoreError, "store.url: the server does not let this user in; correct name and password"),
}


@contextmanager
def translated() -> Iterator[None]:
    """Turns faults of the database into errors of LFR Kit.

    No message quotes a value that was to be written: it may be personal.

    Raises
    ------
    StoreFullError
        If the disk is full.
    StoreBusyError
        If the database is locked or cannot be reached.
    StoreError
        If it is damaged, read-only, or anything else.
    """
    try:
        yield
    except TimeoutError as error:
        raise StoreBusyError(f"the store: too much is done with it at once; {_NOTHING}; try again") from error
    except DBAPIError as error:
        raise _in_words(error) from error


def _in_words(error: DBAPIError) -> StoreError:
    code = str(getattr(error.orig, "sqlite_errorname", "") or getattr(error.orig, "sqlstate", "") or "")
    fitting = [start for start in _KINDS if code.startswith(start)]
    if fitting:
        kind, words = _KINDS[max(fitting, key=len)]
        return kind(words)
    if _first_line(error).startswith(_NO_TEXT):
        return StoreError(_DAMAGED)
    is_away = isinstance(error, InterfaceError) or (
        isinstance(error, OperationalError) and not code.startswith("SQLITE")
    )
    if is_away or error.connection_invalidated:
        return StoreBusyError(f"the store cannot be reached ({_first_line(error)}); {_NOTHING}; try again")
    said = type(error).__name__ if isinstance(error, DataError) else _first_line(error)
    return StoreError(f"the store refused it ({said}); {_NOTHING}")


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or ["no answer"])[0]
