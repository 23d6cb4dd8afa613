"""Recorded footage on the disk: one file a segment, sealed piece by piece as it is written.

    4 bytes length | nonce, ciphertext, tag      piece 0: a header, which says whose footage it is
    4 bytes length | nonce, ciphertext, tag      pieces 1, 2, ...: some seconds of video each

Each piece opens under its own segment's key at its own place only, so that pieces cannot be exchanged, left out or
put in another order; how many there are is kept, sealed, in the store. Nothing ever lies on the disk in the clear.
A piece is whole or not there: what a killed program had begun is cut off by whoever settles the segment.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from lfr_kit.errors import OutputError, TamperedError
from lfr_kit.governance.adjudication import check_alert_id
from lfr_kit.reports.whole_file import output_error
from lfr_kit.store.vault import NONCE_BYTES, DataKey

__all__ = [
    "SegmentFile",
    "cut_loose_end",
    "delete_segment",
    "folder_of",
    "pieces_of",
    "segment_files",
    "segment_path",
]

_SUFFIX = ".segment"
_LENGTH_BYTES = 4
_TAG_BYTES = 16
_LARGEST_PIECE = 256 * 1024**2


class SegmentFile:
    """A segment being written.

    Parameters
    ----------
    folder
        ``settings().store.recordings``; the deployment gets a folder of its own in it, mode 0700.
    deployment_id, segment_id
        Whose, and its name.
    key
        Of the segment's own scope.
    header
        Plain values that say whose footage it is; `pieces_of` gives them back.

    Attributes
    ----------
    n_pieces, n_bytes
        Of the file as it is on the disk, the header among them.

    Raises
    ------
    OutputError
        If it cannot be made; nothing of it is there then.
    """

    def __init__(
        self, folder: Path, deployment_id: str, segment_id: str, key: DataKey, header: Mapping[str, Any]
    ) -> None:
        self.path = segment_path(folder, deployment_id, segment_id)
        self.n_pieces = self.n_bytes = 0
        self._key, self._segment_id = key, segment_id
        try:
            for each in (folder, self.path.parent):
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            self._descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise output_error(self.path, error) from error
        try:
            self._write(key.seal_json(dict(header), _about(segment_id, 0)))
        except OutputError:
            self.close()
            self.path.unlink(missing_ok=True)
            raise

    def add(self, video: bytes) -> None:
        """Adds a piece; when this returns it is on the disk. OutputError if it cannot; the file ends before it."""
        self._write(self._key.seal(video, _about(self._segment_id, self.n_pieces)))

    def close(self) -> None:
        """Lets go of the file; may be done twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _write(self, sealed: bytes) -> None:
        piece = memoryview(len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed)
        n_bytes = len(piece)
        try:
            while piece:
                piece = piece[os.write(self._descriptor, piece) :]
            os.fdatasync(self._descriptor)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self.n_bytes)
                os.lseek(self._descriptor, self.n_bytes, os.SEEK_SET)
            raise output_error(self.path, error) from error
        self.n_pieces += 1
        self.n_bytes += n_bytes


def segment_path(folder: Path, deployment_id: str, segment_id: str) -> Path:
    """Where a segment's file lies. InputError if an id is none."""
    return folder_of(folder, deployment_id) / (check_alert_id(segment_id) + _SUFFIX)


def folder_of(folder: Path, deployment_id: str) -> Path:
    """Where a deployment's segments lie. InputError if the id is none."""
    return folder / check_alert_id(deployment_id)


def segment_files(folder: Path) -> list[tuple[str, str, Path]]:
    """(deployment id, segment id, file) of every segment at a place; none where there is no folder."""
    return [
        (path.parent.name, path.name.removesuffix(_SUFFIX), path)
        for path in sorted(folder.glob(f"*/[!.]*{_SUFFIX}"))
    ]


def pieces_of(
    path: Path, key: DataKey, segment_id: str, n_pieces: int | None = None
) -> tuple[dict[str, Any], Iterator[bytes]]:
    """The header of a segment, and its pieces of video one after the other.

    Parameters
    ----------
    n_pieces
        How many there must be, the header among them. None: as many as there are, and an unfinished one is passed
        over, as at the end of a segment that is still being written.

    Raises
    ------
    TamperedError
        If a piece was changed, moved, left out or added, or is another segment's; also while the pieces are taken.
    OutputError
        If there is no such file, or it cannot be read.
    """
    pieces = _opened(path, key, segment_id, n_pieces)
    header: dict[str, Any] = json.loads(next(pieces))
    return header, pieces


def cut_loose_end(path: Path) -> tuple[int, int]:
    """Cuts off what a killed program had begun to write; (pieces, bytes) left. OutputError if it cannot."""
    try:
        with path.open("r+b") as file:
            n_pieces, end = 0, 0
            while (sealed := _next_piece(file)) is not None:
                n_pieces, end = n_pieces + 1, end + _LENGTH_BYTES + len(sealed)
            file.truncate(end)
            os.fsync(file.fileno())
    except OSError as error:
        raise output_error(path, error) from error
    return n_pieces, end


def delete_segment(path: Path) -> None:
    """Deletes a segment's file, and its deployment's folder once that is empty. OutputError if it cannot."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: not deleted: {error.strerror}; delete it by hand") from error
    with suppress(OSError):
        path.parent.rmdir()


def _opened(path: Path, key: DataKey, segment_id: str, n_pieces: int | None) -> Iterator[bytes]:
    n = 0
    with _readable(path) as file:
        while n != n_pieces and (sealed := _next_piece(file)) is not None:
            yield key.open(sealed, _about(segment_id, n))
            n += 1
        is_all = n_pieces is None or (n == n_pieces and not file.read(1))
    if n == 0 or not is_all:
        raise TamperedError(f"{path}: something of it is missing, or was added; restore it from a backup")


def _readable(path: Path) -> BinaryIO:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise OutputError(f"{path}: the footage is not on this machine; it lies where it was recorded") from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise TamperedError(f"{path}: is no file")
    return os.fdopen(descriptor, "rb")


def _next_piece(file: BinaryIO) -> bytes | None:
    """The next whole piece; None at the end, or where only a part of one is left."""
    length = int.from_bytes(file.read(_LENGTH_BYTES), "big")
    if not NONCE_BYTES + _TAG_BYTES <= length <= _LARGEST_PIECE:
        return None
    sealed = file.read(length)
    return sealed if len(sealed) == length else None


def _about(segment_id: str, n: int) -> str:
    return f"segments:{segment_id}:{n}"
