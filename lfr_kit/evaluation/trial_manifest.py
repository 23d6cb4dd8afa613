"""The manifest of a trial: who takes part as what, on whose consent, until when, and how each one passed.

A trial is a TOML file with two CSV tables beside it::

    trial_id = "high-street-2026"
    data = "400 volunteers, ten passes each; what the pictures are, and what they do not show"
    consent = "CR-2026/14"            # or the terms under which the pictures may be used
    retained_until = 2027-11-30       # at most three years ahead; until then templates may be kept
    images = "images"                 # folder of the pictures, beside this file
    people = "people.csv"             # person, part, consent, retained_until, and one column per kind of group
    pictures = "pictures.csv"         # person, use, pass_id, file, camera, day; of clips also start_s, end_s

``part`` is *cohort* (enrolled, and passes), *filler* (enrolled only) or *crowd* (passes only). ``use`` is
*reference* or *pass*; rows with one ``pass_id`` are one pass. Groups are what people said of themselves: nothing
else fills them.

References
----------
Cohort, filler, crowd and the pass as transaction: National Physical Laboratory, MS 43 (2023).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lfr_kit.errors import RetentionError

__all__ = [
    "CONSENT_CHARACTERS",
    "DATA_CHARACTERS",
    "LONGEST_YEARS",
    "TRIAL_ID",
    "Part",
    "Pass",
    "Person",
    "Picture",
    "TrialManifest",
    "check_retention",
]

Part = Literal["cohort", "filler", "crowd"]

LONGEST_YEARS = 3
"""Templates of a trial are kept no longer without a new consent: the Metropolitan Police reviewed theirs after
three years."""
TRIAL_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$"
"""What may name a trial, and begin the name of a run's folder."""
DATA_CHARACTERS, CONSENT_CHARACTERS = 20, 3
"""The least that what the data are, and a reference of consent, are said in."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Picture(_Line):
    """A picture file, or the span of a clip in which one person passes.

    Attributes
    ----------
    path
        The file.
    start_s, end_s
        Of a clip, seconds from its beginning; None = a still picture.
    """

    path: Path
    start_s: float | None = None
    end_s: float | None = None

    @property
    def is_clip(self) -> bool:
        """Whether it is a span of a clip."""
        return self.start_s is not None


class Person(_Line):
    """One who takes part.

    Attributes
    ----------
    person_id
        Name of the person in the tables.
    part
        What the person is in this trial; nobody is two things.
    consent
        Reference of the consent, or the terms of the pictures.
    retained_until
        Last day on which anything of the person may be used or kept.
    groups
        Kind of group -> what the person said of themselves; kinds without an answer are left out.
    references
        Pictures that are enrolled, fused into one reference.
    """

    person_id: str = Field(min_length=1)
    part: Part
    consent: str = Field(min_length=CONSENT_CHARACTERS)
    retained_until: date
    groups: Mapping[str, str] = Field(default_factory=dict)
    references: tuple[Picture, ...] = ()


class Pass(_Line):
    """One walk of one person through the zone: the transaction that is counted, however many pictures it gave.

    Attributes
    ----------
    pass_id
        Unique within the person.
    person
        Row of the person in `TrialManifest.people`.
    pictures
        At least one.
    camera, day
        Where and when; empty = not told.
    """

    pass_id: str
    person: int
    pictures: tuple[Picture, ...] = Field(min_length=1)
    camera: str = ""
    day: str = ""


class TrialManifest(_Line):
    """All of a trial; see the module for its file.

    Attributes
    ----------
    trial_id
        Names it in results.
    data
        What the pictures are and do not show, in words; stands in every result.
    people, passes
        In the order of the tables.
    """

    trial_id: str = Field(pattern=TRIAL_ID)
    data: str = Field(min_length=DATA_CHARACTERS)
    people: tuple[Person, ...]
    passes: tuple[Pass, ...]

    @field_validator("people")
    @classmethod
    def _each_once(cls, people: tuple[Person, ...]) -> tuple[Person, ...]:
        twice = [name for name, n in Counter(each.person_id for each in people).items() if n > 1]
        if twice:
            raise ValueError(f"{twice[0]} stands in it twice; nobody has two parts")
        return people

    def rows(self, *parts: Part) -> list[int]:
        """Rows of the people of these parts."""
        return [row for row, person in enumerate(self.people) if person.part in parts]

    @property
    def enrolled(self) -> list[int]:
        """Rows of the people on the watchlist, cohort first."""
        return [*self.rows("cohort"), *self.rows("filler")]

    @property
    def pictures(self) -> Iterator[tuple[int, Picture, Literal["reference", "pass"]]]:
        """(row of the person, picture, use) of every picture: references first, then passes."""
        for row, person in enumerate(self.people):
            yield from ((row, picture, "reference") for picture in person.references)
        for each in self.passes:
            yield from ((each.person, picture, "pass") for picture in each.pictures)

    @property
    def kinds_of_groups(self) -> list[str]:
        """Kinds of groups that anybody said something of, sorted."""
        return sorted({kind for person in self.people for kind in person.groups})

    def counts(self) -> dict[str, Any]:
        """How many of what, without a name: what a result may tell of it."""
        part = Counter(person.part for person in self.people)
        mated = sum(self.people[each.person].part == "cohort" for each in self.passes)
        return {
            "cohort": part["cohort"],
            "filler": part["filler"],
            "crowd": part["crowd"],
            "passes_of_the_cohort": mated,
            "passes_of_the_crowd": len(self.passes) - mated,
            "pictures": sum(1 for _ in self.pictures),
            "cameras": len({each.camera for each in self.passes} - {""}),
            "days": len({each.day for each in self.passes} - {""}),
            "groups": {kind: self._group_counts(kind) for kind in self.kinds_of_groups},
        }

    def _group_counts(self, kind: str) -> dict[str, int]:
        answers = Counter(person.groups[kind] for person in self.people if kind in person.groups)
        return dict(sorted(answers.items()))


def check_retention(manifest: TrialManifest, today: date) -> None:
    """Refuses a trial of which somebody's time is over, or who is to be kept for longer than may be.

    Raises
    ------
    RetentionError
        If a retention date is past; or lies more than three years ahead.
    """
    latest = (today.year + LONGEST_YEARS, today.month, today.day)
    expired = [each for each in manifest.people if each.retained_until < today]
    too_long = [each for each in manifest.people if each.retained_until.timetuple()[:3] > latest]
    if expired:
        raise RetentionError(
            f"{manifest.trial_id}: the retention date of {_named(expired)} is past; ask for consent anew, or "
            "take the rows out of the tables and delete the pictures and templates with: lfr evaluate forget"
        )
    if too_long:
        raise RetentionError(
            f"{manifest.trial_id}: {_named(too_long)} would be kept for more than {LONGEST_YEARS} years; "
            "give an earlier retained_until, and ask anew when it comes"
        )


def _named(people: list[Person]) -> str:
    more = f" and {len(people) - 1} more" if len(people) > 1 else ""
    first = people[0]
    return f"{first.person_id}{more} ({first.retained_until.isoformat()})"
