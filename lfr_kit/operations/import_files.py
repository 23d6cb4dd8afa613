"""The files people are imported from: a folder of pictures, or a table beside its pictures.

Nothing outside the folder is read, whatever a table or a link says, and nothing but plain files: no device, no
pipe that would never end.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lfr_kit.config import Limits, settings
from lfr_kit.enrolment import is_picture_name
from lfr_kit.errors import ImageError, InputError, SourceNotFoundError, TableError
from lfr_kit.governance.import_table import (
    MOST_ROW_BYTES,
    ImportPerson,
    ImportRow,
    RowFault,
    by_person,
    read_table,
    row_of,
)

__all__ = ["FILE_FAULTS", "ImportSource", "folder_rows", "picture_bytes", "read_source", "table_rows"]

FILE_FAULTS = {
    "outside_folder": "The picture's path leads, or may lead, out of the folder: absolute, with .., or by a link.",
    "not_a_file": "What lies there is no plain file: a folder, a device, a pipe.",
    "not_found": "There is no such file.",
    "too_large": "The file, or the picture in it, is larger than the limits allow.",
    "empty": "The file is empty.",
    "unreadable": "It is no picture, of no format that is read, or may not be read.",
    "truncated": "The file is cut off or damaged.",
    "too_small": "The picture is too small to hold a face.",
    "no_face": "No face was found in it.",
    "not_a_photo": "It lies in the folder and is no photo by its ending.",
    "no_photo": "The folder holds no photo.",
}
"""Code -> one sentence, of what lies in the folder."""

_READ_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True)
class ImportSource:
    """What is to be imported, read and not yet looked at.

    Attributes
    ----------
    name
        Of the folder or table, for report and audit.
    folder
        Below which the pictures lie.
    people, faults
        See `lfr_kit.governance.import_table.by_person`.
    """

    name: str
    folder: Path
    people: Sequence[ImportPerson]
    faults: Sequence[RowFault] = ()

    @property
    def n_pictures(self) -> int:
        """How many pictures are named."""
        return sum(len(person.pictures) for person in self.people)

    def content(self, file: str) -> bytes:
        """The bytes of a picture, see `picture_bytes`."""
        return picture_bytes(self.folder, file)


def read_source(
    place: Path, *, pictures: Path | None = None, defaults: Mapping[str, str] | None = None
) -> ImportSource:
    """A folder of pictures, or a table.

    Parameters
    ----------
    place
        A folder, or a CSV file.
    pictures
        Below which a table's pictures lie; None = the table's own folder.
    defaults
        Column -> what stands where the table, or the folder, says nothing.

    Raises
    ------
    SourceNotFoundError, TableError
        If there is nothing there, or the table's columns are wrong.
    """
    if place.is_dir():
        return ImportSource(place.name, place, *by_person(folder_rows(place, defaults)))
    return ImportSource(place.name, pictures or place.parent, *by_person(table_rows(place, defaults)))


def table_rows(table: Path, defaults: Mapping[str, str] | None = None) -> Iterator[ImportRow | RowFault]:
    """The rows of a CSV file, see `lfr_kit.governance.import_table.read_table`.

    Raises
    ------
    SourceNotFoundError
        If there is no such file, or it is no plain one.
    TableError
        If its columns are wrong; the message names file and columns.
    """
    if not table.is_file():
        raise SourceNotFoundError(f"{table}: no such table; give a CSV file, or a folder of pictures")
    try:
        yield from read_table(_lines(table), defaults)
    except TableError as error:
        raise TableError(f"{table}: {error}") from None


def _lines(table: Path) -> Iterator[bytes]:
    """The lines of a file; of one longer than any row needs to be, the beginning."""
    with table.open("rb") as file:
        while line := file.readline(MOST_ROW_BYTES + 1):
            rest = line
            while len(rest) > MOST_ROW_BYTES and not rest.endswith(b"\n"):
                rest = file.readline(MOST_ROW_BYTES + 1)
            yield line


def folder_rows(folder: Path, defaults: Mapping[str, str] | None = None) -> Iterator[ImportRow | RowFault]:
    """A row for each photo of a folder, NAME.jpg or NAME/*.jpg: NAME is identity reference and name.

    Sorted by name; what lies there and is no photo comes as a fault. Links are not followed.

    Raises
    ------
    SourceNotFoundError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise SourceNotFoundError(f"{folder}: no such folder; give a folder of photos, or a CSV file beside them")
    for place in _visible(folder):
        if not place.is_dir(follow_symlinks=False):
            yield _photo_row(place, PurePosixPath(place.name), PurePosixPath(place.name).stem, defaults)
            continue
        photos = _visible(Path(place.path))
        if not photos:
            yield RowFault(0, "no_photo", f"{place.name!a}: holds no photo; expected NAME/*.jpg")
        for photo in photos:
            yield _photo_row(photo, PurePosixPath(place.name, photo.name), place.name, defaults)


def _visible(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as places:
        return sorted((one for one in places if not one.name.startswith(".")), key=lambda one: one.name)


def _photo_row(
    place: os.DirEntry[str], file: PurePosixPath, name: str, defaults: Mapping[str, str] | None
) -> ImportRow | RowFault:
    if not is_picture_name(place.name):
        return RowFault(0, "not_a_photo", f"{str(file)!a}: not a photo by its ending; expected NAME.jpg")
    try:
        return row_of({"person_ref": name, "name": name, "picture": str(file)}, defaults=defaults)
    except InputError as error:
        return RowFault(0, getattr(error, "reason", "bad_text"), f"{str(file)!a}: {error}")


def picture_bytes(folder: Path, file: str, limits: Limits | None = None) -> bytes:
    """The bytes of a picture below a folder.

    Parameters
    ----------
    folder
        What is given by whoever imports, and followed wherever it leads.
    file
        Path below it, with / between its parts.
    limits
        None = the settings in force.

    Raises
    ------
    ImageError
        With `reason`, a code of `FILE_FAULTS`.
    """
    limits = limits or settings().limits
    most = int(limits.image_file_mb * 1e6)
    try:
        content = _plain_file(folder, _parts(file), most + 1)
    except ImageError:
        raise
    except FileNotFoundError:
        raise ImageError("no such file below the folder; check the path", reason="not_found") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ImageError(f"cannot be read ({why}); check its name and rights", reason="unreadable") from None
    if len(content) > most:
        raise ImageError(
            f"larger than {limits.image_file_mb:g} MB; use a smaller file or raise limits.image_file_mb",
            reason="too_large",
        )
    return content


def _parts(file: str) -> list[str]:
    """The parts of a path that stays below its folder."""
    parts = file.replace("\\", "/").split("/")
    if file.startswith(("/", "\\", "~")) or any(part in ("", ".", "..") or ":" in part for part in parts):
        raise ImageError(
            "the path leads out of the folder; name a file below it, without .. and without a root",
            reason="outside_folder",
        )
    return parts


def _plain_file(folder: Path, parts: list[str], most: int) -> bytes:
    """Up to `most` bytes of a plain file, no part of whose path is a link."""
    path = folder
    for part in parts:
        path = path / part
        seen = path.lstat()
        if stat.S_ISLNK(seen.st_mode):
            raise ImageError("the path goes over a link; put the file itself there", reason="outside_folder")
    if not stat.S_ISREG(seen.st_mode):
        raise ImageError("not a plain file; put a picture there", reason="not_a_file")
    with os.fdopen(os.open(path, _READ_FLAGS), "rb") as opened:
        now = os.fstat(opened.fileno())
        if not os.path.samestat(seen, now) or not stat.S_ISREG(now.st_mode):
            raise ImageError("the file was exchanged while it was read", reason="outside_folder")
        return opened.read(most)
