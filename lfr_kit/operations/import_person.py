"""One person on the way onto a watchlist: what is given of them, what is there, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime

from lfr_kit.governance.entry_expiry import is_given_too_late
from lfr_kit.governance.import_table import ImportPerson
from lfr_kit.governance.vocabulary import EntryStatus
from lfr_kit.governance.watchlist import AgeBand, Entry, EntryDetails, ReferencePicture, age_band
from lfr_kit.operations.import_report import PersonLine, PersonOutcome
from lfr_kit.operations.watchlist_entries import Entered, NewPerson, PersonPicture

__all__ = ["PersonImport", "line_of", "to_note"]

_OUT: dict[EntryStatus, PersonOutcome] = {EntryStatus.WITHDRAWN: "withdrawn", EntryStatus.REFUSED: "refused"}
"""Who was taken off the list, or never let on, is not brought back by an import."""


@dataclass(eq=False)
class PersonImport:
    """One person on the way onto the list.

    Attributes
    ----------
    given
        As the source gives them.
    entry, details, held
        What the list holds of them, pictures by MAC; None and empty = nothing.
    pictures
        New ones, enrolled.
    undated
        MACs of held pictures that come again, now with their day.
    is_late
        Whether the expiry given of them was over, see `look_at_the_clock`.
    """

    given: ImportPerson
    entry: Entry | None = None
    details: EntryDetails | None = None
    held: Mapping[str, ReferencePicture] = field(default_factory=dict)
    pictures: list[PersonPicture] = field(default_factory=list)
    undated: list[str] = field(default_factory=list)
    is_late: bool = False

    @property
    def line(self) -> int:
        """Of their first row."""
        return self.given.pictures[0].line

    @property
    def is_out(self) -> bool:
        """Whether nothing is taken of them: withdrawn or refused before, or expired as they are given."""
        return self.is_late or (self.entry is not None and self.entry.status in _OUT)

    @property
    def is_new(self) -> bool:
        """Whether there is something to write: somebody new with a picture, or something new of somebody known."""
        if self.entry is None or self.pictures:
            return bool(self.pictures)
        wanted = self.wanted()
        terms = (wanted.details, wanted.category, wanted.response, wanted.expires_at)
        return terms != (self.details, self.entry.category, self.entry.response, self.entry.expires_at)

    def look_at_the_clock(self, now: datetime) -> None:
        """Sees whether the expiry given of them is over, once it is known what is held of them."""
        held = None if self.entry is None else self.entry.expires_at
        self.is_late = is_given_too_late(self.given.expires_at, held, now)

    def wanted(self) -> NewPerson:
        """What the list shall hold: what is given, and where nothing is given what is there."""
        given, entry, details = self.given, self.entry, self.given.details
        category, response, expires_at = given.category, given.response, given.expires_at
        if entry is not None and self.details is not None:
            names = [one.name for one in fields(EntryDetails)]
            filled = {name: getattr(details, name) or getattr(self.details, name) for name in names}
            details = replace(details, **filled | {"person_ref": self.details.person_ref})
            category, response = category or entry.category, response or entry.response
            expires_at = expires_at or entry.expires_at
        return NewPerson(
            details=details,
            category=category,
            response=response,
            expires_at=expires_at,
            pictures=tuple(self.pictures),
        )


def line_of(person: PersonImport, entered: Entered | None) -> PersonLine:
    """What became of a person; `entered` None = nothing was written of them."""
    ref, entry = person.given.details.person_ref, person.entry
    if entered is not None and entered.change != "kept_out":
        outcome: PersonOutcome = "unchanged"
        if entered.change != "unchanged":
            outcome = "quarantined" if entered.status is EntryStatus.QUARANTINED else "accepted"
        return PersonLine(person.line, ref, outcome, entered.reasons, entered.entry_id)
    if entered is not None:
        return PersonLine(person.line, ref, _OUT[entered.status], (), entered.entry_id)
    if entry is not None and entry.status in _OUT:
        return PersonLine(person.line, ref, _OUT[entry.status], (), entry.entry_id)
    if person.is_late:
        return PersonLine(person.line, ref, "expired", (), "" if entry is None else entry.entry_id)
    if entry is None:
        return PersonLine(person.line, ref, "failed", ("template",))
    return PersonLine(person.line, ref, "unchanged", (), entry.entry_id)


def to_note(person: PersonImport, entered: Entered | None, on: date) -> tuple[str, ...]:
    """What a reviewer must think of, as codes, of a person who was entered or changed.

    Parameters
    ----------
    on
        Day of the deployment.
    """
    if entered is None or entered.change not in ("new", "changed"):
        return ()
    is_unknown = age_band(person.wanted().details.date_of_birth, on) is AgeBand.UNKNOWN
    return ("age_unknown",) if is_unknown else ()
