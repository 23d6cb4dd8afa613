"""Published deployment records of any force, read back from CSV: sixteen columns of text into numbers.

Forces publish them as tables whose cells were typed by people, so reading is forgiving about how a number is
written (``12,120``, ``N/A``, a dash, day first or ISO dates) and strict about what it means.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from lfr_kit.errors import TableError
from lfr_kit.governance.published_record import COLUMNS, DeploymentRecord, published_row

__all__ = ["COUNTS", "PrintedRate", "PublishedRow", "read_published", "read_row", "row_of_record"]

COUNTS = {
    "total": "Total Alerts",
    "true_confirmed": "True Alerts Confirmed",
    "true_unconfirmed": "True Alerts Unconfirmed",
    "false_confirmed": "False Alerts Confirmed",
    "false_unconfirmed": "False Alerts Unconfirmed",
    "arrests": "Outcome - Arrest",
    "others": "Outcome - Other",
    "no_actions": "No action",
    "faces_seen": "Faces seen (estimate)",
    "watchlist_size": "Watchlist Size",
}
"""Field of `PublishedRow` -> heading, for all whole numbers."""

LARGEST_FILE = 16 * 1024 * 1024
_BLANK = frozenset({"", "-", "–", "—", "n/a", "na", "nil", "none", "not available"})
_DATES = ("%d/%m/%Y", "%d/%m/%y", "%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y")
_HEADING = re.compile(r"[^a-z]+")


@dataclass(frozen=True)
class PrintedRate:
    """A false alert rate as it was printed.

    Attributes
    ----------
    percent
        In per cent; None where only counts were printed.
    decimals
        How many places after the point were printed.
    counts
        (false alerts, faces seen) where printed with it.
    """

    percent: Decimal | None
    decimals: int
    counts: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class PublishedRow:
    """One deployment as published. None = not available.

    Attributes
    ----------
    line
        Line of the file, for findings; 0 for a record of one's own.
    """

    line: int
    location: str
    day: date
    duration: str
    use_case: str
    watchlist_size: int | None
    threshold: Decimal | None
    total: int | None
    true_confirmed: int | None
    true_unconfirmed: int | None
    false_confirmed: int | None
    false_unconfirmed: int | None
    rate: PrintedRate | None
    arrests: int | None
    others: int | None
    no_actions: int | None
    faces_seen: int | None

    @property
    def name(self) -> str:
        """Place and day, as readers know it."""
        where = f"line {self.line}, " if self.line else ""
        return f"{where}{self.location} {self.day.strftime('%d/%m/%Y')}"


def read_published(text: str) -> list[PublishedRow]:
    """Every deployment of a CSV file with the sixteen headings, in any order; further columns are passed over.

    Raises
    ------
    TableError
        If a heading is absent or stands twice, there is no row, or a cell is not what its column holds; the
        message names line and column.
    """
    if len(text) > LARGEST_FILE:
        raise TableError("the table is larger than 16 MB, which no record of deployments is; is it another file?")
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        places = _places(next(lines, []))
        rows = [
            read_row(_cells(cells, places, lines.line_num), line=lines.line_num)
            for cells in lines
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise TableError(f"line {lines.line_num}: not CSV ({error}); save it as CSV with commas") from None
    if not rows:
        raise TableError("the table has headings but no deployment under them")
    return rows


def _places(headings: list[str]) -> dict[str, int]:
    """Column -> its place, however blanks and capitals stand."""
    plain = [_plain(heading) for heading in headings]
    absent = [column for column in COLUMNS if _plain(column) not in plain]
    if absent:
        raise TableError(
            f"the first line lacks these headings: {'; '.join(absent)}; name the columns as published"
        )
    twice = [column for column in COLUMNS if plain.count(_plain(column)) > 1]
    if twice:
        raise TableError(f"these headings stand twice: {'; '.join(twice)}; leave one of each")
    return {column: plain.index(_plain(column)) for column in COLUMNS}


def _plain(heading: str) -> str:
    return _HEADING.sub("", heading.casefold())


def _cells(cells: list[str], places: Mapping[str, int], line: int) -> dict[str, str]:
    if len(cells) <= max(places.values()):
        raise TableError(f"line {line}: has {len(cells)} cells, which is too few; quote cells that hold a comma")
    return {column: cells[place] for column, place in places.items()}


def row_of_record(record: DeploymentRecord) -> PublishedRow:
    """One's own record as it will stand in print."""
    return read_row(published_row(record))


def read_row(cells: Mapping[str, str], *, line: int = 0) -> PublishedRow:
    """One row from text. `cells` has the keys `COLUMNS`. TableError naming line and column for a bad cell."""
    at = {column: (column, cells[column].strip(), line) for column in COLUMNS}
    counts = {name: _count(*at[column]) for name, column in COUNTS.items()}
    location = at["Deployment Location"][1]
    if not location:
        raise _bad("Deployment Location", "", line, "name the place")
    return PublishedRow(
        line=line,
        location=location,
        day=_day(*at["Date"]),
        duration=at["Duration"][1],
        use_case=at["LFR Use Case"][1],
        threshold=_number(*at["Min Threshold Setting"]),
        rate=_rate(*at["False Alert Rate"]),
        **counts,
    )


def _bad(column: str, cell: str, line: int, advice: str) -> TableError:
    where = f"line {line}, " if line else ""
    return TableError(f"{where}column {column}: {cell[:60]!r} cannot be read; {advice}")


def _count(column: str, cell: str, line: int) -> int | None:
    if cell.casefold() in _BLANK:
        return None
    plain = re.sub(r"(?<=\d)[,\s](?=\d{3}(\D|$))", "", cell)
    if not re.fullmatch(r"[0-9]{1,12}", plain):
        raise _bad(column, cell, line, "give a whole number, or N/A")
    return int(plain)


def _number(column: str, cell: str, line: int) -> Decimal | None:
    if cell.casefold() in _BLANK:
        return None
    if not re.fullmatch(r"-?[0-9]{1,6}(\.[0-9]{1,12})?", cell):
        raise _bad(column, cell, line, "give a number, or N/A")
    return Decimal(cell)


def _day(column: str, cell: str, line: int) -> date:
    for form in _DATES:
        try:
            return datetime.strptime(cell, form).date()
        except ValueError:
            continue
    raise _bad(column, cell, line, "give the day as 31/12/2026 or 2026-12-31")


def _rate(column: str, cell: str, line: int) -> PrintedRate | None:
    if cell.casefold() in _BLANK:
        return None
    counts = re.match(r"([0-9,]+)\s*(?:of|in|/)\s*([0-9,]+)", cell)
    percent = re.search(r"([0-9]{1,3}(?:\.([0-9]{1,15}))?)\s*%", cell)
    shown: tuple[Decimal | None, int] = (None, 0)
    if percent:
        shown = Decimal(percent[1]), len(percent[2] or "")
    elif not counts:
        if not re.fullmatch(r"[0-9](\.[0-9]{1,15})?", cell):
            raise _bad(column, cell, line, "give it as 0.01%, as 1 of 12120, or N/A")
        shown = Decimal(cell) * 100, max(0, len(cell.partition(".")[2]) - 2)
    pair = (int(counts[1].replace(",", "")), int(counts[2].replace(",", ""))) if counts else None
    return PrintedRate(shown[0], shown[1], pair)
