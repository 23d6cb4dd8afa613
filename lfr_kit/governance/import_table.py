"""The table people are imported from: a CSV of one row per picture, read so that a broken row stops nobody else's.

Columns, in any order, each once:

=================== =================================================================================
``person_ref``      identity reference; rows with the same one are pictures of one person
``name``            shown to whoever decides on an alert
``date_of_birth``   YYYY-MM-DD, or empty
``category``        of the closed list
``legal_basis``     why the picture is lawfully held
``image_source``    where it came from
``captured_on``     YYYY-MM-DD
``response``        red, amber or green
``rationale``       why this person
``under_18_rationale`` for people under 18
``expires_at``      YYYY-MM-DD (to the end of that day, UTC), or a time with its zone, or empty
``note``            what officers must know, or empty
``picture``         the picture's file, below the table's folder
=================== =================================================================================

An empty cell is no fault: the entry lacks it and is quarantined. Pure functions; nothing is read from disk here.

References
----------
RFC 4180 (CSV); Unicode in UTF-8, with or without the mark that spreadsheets put in front.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from lfr_kit.errors import InputError, TableError
from lfr_kit.governance.person_text import canonical_ref
from lfr_kit.governance.vocabulary import Category, Response
from lfr_kit.governance.watchlist import EntryDetails

__all__ = [
    "COLUMNS",
    "FAULTS",
    "MOST_ROWS",
    "MOST_ROW_BYTES",
    "ImportPerson",
    "ImportRow",
    "PictureCell",
    "RowFault",
    "by_person",
    "read_table",
    "row_of",
]

COLUMNS = (
    "person_ref", "name", "date_of_birth", "category", "legal_basis", "image_source", "captured_on", "response",
    "rationale", "under_18_rationale", "expires_at", "note", "picture",
)  # fmt: skip
"""Every column; a table has all of them and no other."""

FAULTS = {
    "not_utf8": "The row is not written in UTF-8.",
    "too_long": "The row is longer than any row needs to be.",
    "broken_quotes": "A quotation mark is opened and not closed, or stands where none can.",
    "wrong_cells": "The row has more or fewer cells than the table has columns.",
    "no_person_ref": "The row names nobody: without an identity reference it cannot be told from the others.",
    "no_picture": "The row names no picture.",
    "not_in_list": "A word is none of its closed list.",
    "bad_date": "A date or time cannot be read.",
    "bad_text": "A text is too long, or holds characters that cannot be seen or that mislead.",
    "contradicts": "The row says something else of the person than an earlier row.",
}
"""Code of a row's fault -> one sentence."""

MOST_ROW_BYTES = 64_000
"""Of a row: all texts at their longest, in letters of four bytes."""
MOST_ROWS = 100_000
"""Of a table: five pictures for everybody on the longest list that an authority can ask for."""
_MOST_LINES = 50
"""Lines that a row with line breaks in its cells may have."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TEXTS = tuple(field.name for field in fields(EntryDetails) if field.name != "date_of_birth")
_Word = TypeVar("_Word", bound=StrEnum)


class _FaultError(InputError):
    """Why a row is not taken."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class RowFault:
    """A row that nobody was imported from.

    Attributes
    ----------
    line
        Of the table, the first is 1; 0 = there is no table.
    reason
        Code of `FAULTS`.
    message
        What is wrong, in which column, and what to do.
    """

    line: int
    reason: str
    message: str


@dataclass(frozen=True)
class PictureCell:
    """A picture as the table names it: its line, its file below the folder, and when it was taken."""

    line: int
    file: str
    captured_on: date | None


@dataclass(frozen=True, kw_only=True)
class ImportRow:
    """One row: what it says of the person, and one picture."""

    details: EntryDetails
    category: Category | None
    response: Response | None
    expires_at: datetime | None
    picture: PictureCell


@dataclass(frozen=True, kw_only=True)
class ImportPerson:
    """All rows of one person, made one."""

    details: EntryDetails
    category: Category | None
    response: Response | None
    expires_at: datetime | None
    pictures: tuple[PictureCell, ...]


def read_table(
    lines: Iterable[bytes], defaults: Mapping[str, str] | None = None
) -> Iterator[ImportRow | RowFault]:
    """The rows of a table, in order; a row that cannot be read comes as its fault, and reading goes on.

    Parameters
    ----------
    lines
        Of the file, as bytes, with or without their ends.
    defaults
        Column -> what stands for an empty cell.

    Raises
    ------
    TableError
        If there is no header, it is not UTF-8, or columns are missing, unknown or there twice; after `MOST_ROWS`.
    """
    numbered = enumerate(lines, start=1)
    header = _header(next(numbered, (1, b""))[1])
    pending: list[tuple[int, bytes]] = []
    while True:
        if not pending:
            following = next(numbered, None)
            if following is None:
                return
            pending.append(following)
        line = pending[0][0]
        if line > MOST_ROWS:
            raise TableError(f"more than {MOST_ROWS:,} lines; import it in parts")
        try:
            cells = _cells(pending, numbered)
            if cells is None:
                continue
            yield _row(header, cells, line, defaults or {})
        except _FaultError as fault:
            yield RowFault(line, fault.reason, str(fault))


def row_of(values: Mapping[str, str], line: int = 0, defaults: Mapping[str, str] | None = None) -> ImportRow:
    """A row of cells by column; a column left out is an empty cell.

    Raises
    ------
    InputError
        With `reason`, a code of `FAULTS`, and a message that names the column.
    """
    filled = {name: values.get(name, "").strip() or (defaults or {}).get(name, "").strip() for name in COLUMNS}
    try:
        born = _date("date_of_birth", filled["date_of_birth"])
        details = EntryDetails(date_of_birth=born, **{name: filled[name] for name in _TEXTS})
    except _FaultError:
        raise
    except InputError as error:
        raise _FaultError("bad_text", str(error)) from None
    if not details.person_ref:
        raise _FaultError("no_person_ref", "person_ref: is empty; give the identity reference of the person")
    if not filled["picture"]:
        raise _FaultError("no_picture", "picture: is empty; give the picture's file, below the table's folder")
    return ImportRow(
        details=details,
        category=_word("category", filled["category"], Category),
        response=_word("response", filled["response"], Response),
        expires_at=_end("expires_at", filled["expires_at"]),
        picture=PictureCell(line, filled["picture"], _date("captured_on", filled["captured_on"])),
    )


def by_person(rows: Iterable[ImportRow | RowFault]) -> tuple[list[ImportPerson], list[RowFault]]:
    """The people of a table, in the order they first appear, and the rows at fault.

    A later row of a person may leave cells empty or repeat them; one that contradicts an earlier row is at fault.
    The same file twice for one person counts once.
    """
    people: dict[str, ImportPerson] = {}
    faults = []
    for row in rows:
        if isinstance(row, RowFault):
            faults.append(row)
            continue
        ref = canonical_ref(row.details.person_ref)
        alone = ImportPerson(
            details=row.details,
            category=row.category,
            response=row.response,
            expires_at=row.expires_at,
            pictures=(row.picture,),
        )
        try:
            people[ref] = _joined(people[ref], alone) if ref in people else alone
        except _FaultError as fault:
            faults.append(RowFault(row.picture.line, fault.reason, str(fault)))
    return list(people.values()), faults


def _header(line: bytes) -> list[str]:
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
        names = [name.strip() for name in next(csv.reader([text], strict=True), [])]
    except (UnicodeDecodeError, csv.Error):
        raise TableError(
            "line 1: not a table in UTF-8; save it as CSV in UTF-8, with commas between the columns"
        ) from None
    twice = sorted({name for name in names if names.count(name) > 1})
    unknown = [name for name in names if name not in COLUMNS]
    absent = [name for name in COLUMNS if name not in names]
    problems = []
    if absent:
        problems.append(f"missing: {', '.join(absent)}")
    if unknown:
        problems.append("unknown: " + ", ".join(f"{name[:40]!a}{_meant(name, COLUMNS)}" for name in unknown[:10]))
    if twice:
        problems.append(f"there twice: {', '.join(ascii(name[:40]) for name in twice[:10])}")
    if problems:
        hint = "; columns are separated by commas" if len(names) == 1 and re.search("[;\t]", names[0]) else ""
        raise TableError(f"line 1: columns {'; '.join(problems)}; the first line names {', '.join(COLUMNS)}{hint}")
    return names


def _cells(pending: list[tuple[int, bytes]], numbered: Iterator[tuple[int, bytes]]) -> list[str] | None:
    """The cells of the next row; None for a blank line. Takes what it used from `pending`.

    Where a quotation mark stays open, lines that follow are tried with it. If that makes no row, the first line
    alone is at fault, and the others stay to be read.
    """
    text, n_lines = _text(pending[0][1], pending), 1
    while text.count('"') % 2 and n_lines < _MOST_LINES:
        if n_lines == len(pending):
            following = next(numbered, None)
            if following is None:
                break
            pending.append(following)
        if len(text) + len(pending[n_lines][1]) > MOST_ROW_BYTES:
            break
        text += "\n" + pending[n_lines][1].decode("utf-8", "replace").rstrip("\r\n")
        n_lines += 1
    try:
        if text.count('"') % 2:
            raise csv.Error
        rows = list(csv.reader(text.split("\n"), strict=True)) if n_lines == 1 else [_spanning(text)]
    except csv.Error:
        del pending[:1]
        message = "a quotation mark is opened and not closed, or stands where none can; mend the row"
        raise _FaultError("broken_quotes", message) from None
    del pending[:n_lines]
    return rows[0] if rows and any(cell.strip() for cell in rows[0]) else None


def _spanning(text: str) -> list[str]:
    if "\ufffd" in text:
        raise csv.Error
    rows = list(csv.reader([line + "\n" for line in text.split("\n")], strict=True))
    if len(rows) != 1:
        raise csv.Error
    return rows[0]


def _text(line: bytes, pending: list[tuple[int, bytes]]) -> str:
    if len(line) > MOST_ROW_BYTES:
        del pending[:1]
        raise _FaultError(
            "too_long", f"{len(line):,} bytes; a row has at most {MOST_ROW_BYTES:,}; shorten its texts"
        )
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        del pending[:1]
        raise _FaultError("not_utf8", "not written in UTF-8; save the table as CSV in UTF-8") from None


def _row(header: Sequence[str], cells: Sequence[str], line: int, defaults: Mapping[str, str]) -> ImportRow:
    if len(cells) != len(header):
        raise _FaultError(
            "wrong_cells",
            f"{len(cells)} cells for {len(header)} columns; text with commas goes in quotation marks",
        )
    return row_of(dict(zip(header, cells, strict=True)), line, defaults)


def _date(column: str, text: str) -> date | None:
    if not text:
        return None
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise _FaultError("bad_date", f"{column}: is no date; write it as 2026-05-04") from None


def _end(column: str, text: str) -> datetime | None:
    """The moment from which an entry has expired."""
    if not text:
        return None
    if _DATE.fullmatch(text):
        day = _date(column, text)
        assert day is not None
        return datetime.combine(day, time(), UTC) + timedelta(days=1)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _FaultError(
            "bad_date", f"{column}: is no date, and no time with its zone; write it as 2026-05-04T17:00+00:00"
        )
    return moment.astimezone(UTC)


def _word(column: str, text: str, closed: type[_Word]) -> _Word | None:
    if not text:
        return None
    word = re.sub(r"[\s-]+", "_", text.casefold())
    try:
        return closed(word)
    except ValueError:
        words = [str(one) for one in closed]
        raise _FaultError(
            "not_in_list", f"{column}: {text[:40]!a}{_meant(word, words)} is none of {', '.join(words)}"
        ) from None


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name[:80].casefold(), list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _joined(person: ImportPerson, more: ImportPerson) -> ImportPerson:
    """One person's rows together. A fault, and nothing changed, where they contradict each other."""
    values = {
        name: _agreed(name, getattr(person.details, name), getattr(more.details, name))
        for name in (field.name for field in fields(EntryDetails))
        if name != "person_ref"
    }
    files = {one.file for one in person.pictures}
    return replace(
        person,
        details=replace(person.details, **values),
        category=_agreed("category", person.category, more.category),
        response=_agreed("response", person.response, more.response),
        expires_at=_agreed("expires_at", person.expires_at, more.expires_at),
        pictures=person.pictures + tuple(one for one in more.pictures if one.file not in files),
    )


_Value = TypeVar("_Value")


def _agreed(column: str, earlier: _Value, later: _Value) -> _Value:
    if earlier and later and earlier != later:
        raise _FaultError(
            "contradicts", f"{column}: differs from an earlier row of the same person; make them agree"
        )
    return earlier or later
