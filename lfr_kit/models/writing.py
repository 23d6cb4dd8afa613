"""A weights file comes into the models folder whole and verified, or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from lfr_kit.errors import ModelDigestError, OutputError
from lfr_kit.models.digest import digest_of, sha256_of, write_record
from lfr_kit.models.folder import expected_digest
from lfr_kit.models.model_card import ModelCard, Progress

__all__ = ["file_errors", "one_at_a_time", "settle", "store"]


def store(
    which: ModelCard,
    chunks: Iterable[bytes],
    path: Path,
    *,
    progress: Progress | None = None,
    attested: bool = False,
) -> None:
    """Writes `chunks` beside `path`, verifies them and gives them its name.

    Parameters
    ----------
    which
        The card that says what must arrive.
    chunks
        The file, piece by piece.
    path
        Its place; what lies there is replaced.
    progress
        Told after each piece.
    attested
        Whether `ModelCard.attested_sha256` must hold too.

    Raises
    ------
    ModelDigestError
        If something else arrived. Nothing is left then.
    OutputError
        If it cannot be written: no room, no right. Nothing is left then.
    """
    with file_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(number, "wb") as file:
                _write(which, chunks, file, progress)
            settle(which, part, path, attested=attested)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def settle(which: ModelCard, part: Path, path: Path, *, attested: bool = False) -> None:
    """Verifies a finished file and renames it to its place; raises as `store` does, and leaves `part` then."""
    size, digest = part.stat().st_size, sha256_of(part)
    expected = expected_digest(which, path) or (which.attested_sha256 if attested else None)
    if size == 0 or (which.sha256 and size != which.size_bytes):
        raise ModelDigestError(f"{size} bytes arrived, expected {which.size_bytes}")
    if expected not in (None, digest):
        raise ModelDigestError(f"SHA-256 of what arrived is {digest}, expected {expected}")
    with file_errors(path):
        part.chmod(0o644)
        _to_disk(part)
        part.replace(path)
        _to_disk(path.parent)
        if which.sha256 is None:
            write_record(path, digest)
        digest_of(path)


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turns the operating system's refusal to write into an `OutputError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(
                f"{path}: no room on the disk; free some, or put the models elsewhere with LFR_MODELS_DIR"
            ) from None
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error}); put the models elsewhere with LFR_MODELS_DIR"
        ) from None


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Holds the models folder: a second process that fetches waits here, then finds the files there.

    The lock goes with the process, also when it is killed. Where the system has no such locks (Windows)
    two processes may fetch the same file; each renames a whole one.
    """
    with file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("wb")
    with lock:
        try:
            import fcntl
        except ImportError:
            pass
        else:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(which: ModelCard, chunks: Iterable[bytes], file: BinaryIO, progress: Progress | None) -> None:
    done = 0
    for chunk in chunks:
        done += len(chunk)
        if done > which.largest_bytes:
            raise ModelDigestError(f"more than {which.largest_bytes} bytes arrived: not this file")
        file.write(chunk)
        if progress is not None:
            progress(which.name, done, which.size_bytes)


def _to_disk(path: Path) -> None:
    """Flushes a file or, where the system can, a folder: the name must not come to disk before the bytes."""
    if path.is_dir() and os.name == "nt":
        return
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
