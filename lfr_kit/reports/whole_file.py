"""Files that are whole or not there: written under another name, then renamed."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lfr_kit.errors import OutputError

__all__ = ["output_error", "whole_file", "write_whole"]

_ADVICE = {
    errno.ENOSPC: "no room left on the disk; free some or choose another folder",
    errno.EDQUOT: "the disk quota is used up; free some room or choose another folder",
    errno.EACCES: "no permission to write there; choose another folder",
    errno.EPERM: "no permission to write there; choose another folder",
    errno.EROFS: "that disk is read-only; choose another folder",
}


def output_error(path: Path, error: OSError) -> OutputError:
    """The error to raise when a result cannot be written: what went wrong and what to do."""
    advice = _ADVICE.get(error.errno or 0, f"{error.strerror or error}; choose another folder")
    return OutputError(f"{path}: not written: {advice}")


def _sync(path: Path) -> None:
    """Forces the bytes to the disk: some file systems report a full disk only then."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; renamed to `path` when the block ends well.

    Raises
    ------
    OutputError
        If the file cannot be written or renamed. Then nothing new is there, and an older file of
        that name is untouched; so also when the block raises anything else.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        _sync(partial)
        partial.replace(path)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def write_whole(path: Path, content: str) -> None:
    """Writes a text file, UTF-8, whole or not at all. OutputError if it cannot be written.

    File names may hold bytes that are no UTF-8; they are written as backslash escapes.
    """
    with whole_file(path) as partial:
        partial.write_text(content, encoding="utf-8", errors="backslashreplace", newline="")
