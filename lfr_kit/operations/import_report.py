"""What became of an import: every line says of whom or what, why, and what to do."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lfr_kit.governance.alike import AlikePair
from lfr_kit.reports.alert_files import spreadsheet_safe
from lfr_kit.reports.whole_file import write_whole

__all__ = [
    "REPORT_COLUMNS",
    "ImportReport",
    "PersonLine",
    "PersonOutcome",
    "PictureLine",
    "report_lines",
    "write_report",
]

PersonOutcome = Literal["accepted", "quarantined", "unchanged", "withdrawn", "refused", "expired", "failed"]


@dataclass(frozen=True)
class PersonLine:
    """A person who is not simply as the table says.

    Attributes
    ----------
    line
        Of their first row in the table; 0 = there is no table.
    person_ref
        As given.
    outcome
        ``accepted`` (waits for review), ``quarantined`` (lacks `reasons`), ``withdrawn`` or ``refused`` (was so
        before, and stays so), ``expired`` (as given, they were not to be searched any more; nothing was taken of
        them), ``failed`` (nobody could be enrolled from any picture; nothing was kept).
    entry_id
        Empty where there is no entry.
    """

    line: int
    person_ref: str
    outcome: PersonOutcome
    reasons: tuple[str, ...] = ()
    entry_id: str = ""


@dataclass(frozen=True)
class PictureLine:
    """A picture, or a row, that somebody should look at.

    Attributes
    ----------
    line
        Of the table; 0 = there is none.
    file
        As given; empty for a row that could not be read.
    reason, message
        Why nobody was enrolled from it, and what to do; of a warning, its codes.
    measures
        Of the quality, where they were taken.
    """

    line: int
    file: str
    reason: str
    message: str
    person_ref: str = ""
    measures: dict[str, int] = field(default_factory=dict)


@dataclass
class ImportReport:
    """An import, counted and told.

    Attributes
    ----------
    n_people, n_pictures
        By outcome; of pictures ``enrolled``, ``unchanged``, ``kept_out`` (with their person) and ``failed``.
    people
        Those to act on: quarantined, kept out, failed.
    noted
        Those taken whom a reviewer must think of, by code: ``age_unknown`` (a second person must approve),
        ``pictures_differ`` (two pictures are clearly of different people).
    failed, warned
        Pictures nobody was enrolled from; pictures that were taken and could be better.
    faults
        Rows nobody was imported from.
    alike, n_alike
        Pairs of entries on the list that look alike (the most alike ones), and how many there are.
    space_id
        Embedding space of the templates.
    """

    watchlist_id: str
    source: str
    space_id: str = ""
    n_people: Counter[str] = field(default_factory=Counter)
    n_pictures: Counter[str] = field(default_factory=Counter)
    people: list[PersonLine] = field(default_factory=list)
    noted: list[PersonLine] = field(default_factory=list)
    failed: list[PictureLine] = field(default_factory=list)
    warned: list[PictureLine] = field(default_factory=list)
    faults: list[PictureLine] = field(default_factory=list)
    alike: list[AlikePair] = field(default_factory=list)
    n_alike: int = 0

    @property
    def is_unchanged(self) -> bool:
        """Whether the import changed nothing on the list."""
        return not (self.n_people["accepted"] or self.n_people["quarantined"])

    def reason_counts(self) -> dict[str, int]:
        """How often each reason code was given, of pictures, rows and people alike."""
        pictures = Counter(one.reason for one in (*self.failed, *self.faults))
        return dict(pictures + Counter(code for one in (*self.people, *self.noted) for code in one.reasons))


REPORT_COLUMNS = ("line", "what", "person_ref", "file", "reasons", "to_do")
"""Columns of `report_lines`."""

_TO_DO = {
    "quarantined": "fill in what is missing and import again",
    "withdrawn": "was withdrawn before and stays off the list",
    "refused": "was refused by a reviewer and stays off the list",
    "expired": "nothing was taken; give an expires_at that lies ahead, or none, and import again",
    "failed": "nothing was kept; import a better picture",
}
_TO_NOTE = {
    "age_unknown": "may be under 18, so a second person must approve; give the date of birth if it can be known",
    "pictures_differ": "two of the pictures are clearly of different people; look at all of them before approving",
}


def report_lines(report: ImportReport) -> Iterator[tuple[int, str, str, str, str, str]]:
    """Everything somebody must act on, or should look at, one line each, see `REPORT_COLUMNS`."""
    for fault in report.faults:
        yield fault.line, "row not read", "", "", fault.reason, fault.message
    for person in report.people:
        reasons = " ".join(person.reasons)
        yield person.line, person.outcome, person.person_ref, "", reasons, _TO_DO[person.outcome]
    for what, pictures in (("failed to enrol", report.failed), ("enrolled, could be better", report.warned)):
        for one in pictures:
            yield one.line, what, one.person_ref, one.file, one.reason, one.message
    for person in report.noted:
        reasons, to_do = " ".join(person.reasons), "; ".join(_TO_NOTE[code] for code in person.reasons)
        yield person.line, f"{person.outcome}, to note", person.person_ref, "", reasons, to_do
    for pair in report.alike:
        entries = f"{pair.entry_id} {pair.other_entry_id}"
        yield (
            0,
            str(pair.kind),
            entries,
            "",
            f"{pair.similarity:.3f}",
            "look at both; one may be taken for the other",
        )


def write_report(path: Path, report: ImportReport) -> None:
    """The lines as CSV, in UTF-8, with no cell that a spreadsheet takes for a formula.

    Raises
    ------
    OutputError
        If the file cannot be written; nothing new is there then.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(REPORT_COLUMNS)
    writer.writerows([spreadsheet_safe(cell) for cell in line] for line in report_lines(report))
    write_whole(path, "\ufeff" + text.getvalue())
