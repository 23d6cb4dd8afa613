"""Watchlists: bespoke lists of people sought by one deployment, and what must be known before one is searched for.

A row of the College of Policing's requirements stands behind each rule: lawfully held, source recorded, the right
person, a recent and suitable picture, reviewed for necessity and proportionality before each deployment. What is
missing is named by a code; an entry with one is quarantined, and only reviewed entries of a frozen list are
searched.

References
----------
College of Policing, Authorised Professional Practice on live facial recognition: watchlist (2022). R (Bridges) v
South Wales Police [2020] EWCA Civ 1058, paras 121-124 (who may be listed). Family Law Reform Act 1969, section 9
(the day on which an age is attained).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from lfr_kit.errors import InputError
from lfr_kit.governance.entry_expiry import is_expired
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.vocabulary import (
    HIGHER_TEST,
    OFF_BY_DEFAULT,
    Category,
    EntryStatus,
    Response,
    WatchlistState,
)

__all__ = [
    "BUILT_WITHIN",
    "DEFAULT_CATEGORIES",
    "OLD_PICTURE_YEARS",
    "UNDER_AGE",
    "AgeBand",
    "Entry",
    "EntryDetails",
    "ReferencePicture",
    "Searched",
    "Watchlist",
    "age_band",
    "age_on",
    "is_built_too_early",
    "is_loadable",
    "is_old_picture",
    "missing",
    "needs_second_approver",
    "second_approver_because",
    "warnings_of",
]

DEFAULT_CATEGORIES = frozenset(Category) - OFF_BY_DEFAULT
"""Categories a watchlist takes unless its authority names more."""
BUILT_WITHIN = timedelta(hours=24)
"""A watchlist is begun at most this long before its deployment starts."""
OLD_PICTURE_YEARS = 5
"""A picture taken longer ago is warned of: people change."""
_EARLIEST_BIRTH = date(1900, 1, 1)
_TEXTS = {
    "person_ref": (64, False),
    "name": (200, False),
    "legal_basis": (500, True),
    "image_source": (200, False),
    "rationale": (2000, True),
    "note": (2000, True),
    "under_18_rationale": (2000, True),
}


class AgeBand(StrEnum):
    """How old a person is on the day of the deployment, from the date of birth alone."""

    UNDER_13 = "under_13"
    FROM_13_TO_17 = "13_to_17"
    ADULT = "18_or_over"
    UNKNOWN = "unknown"


UNDER_AGE = frozenset({AgeBand.UNDER_13, AgeBand.FROM_13_TO_17})
"""Bands of people under 18."""


@dataclass(frozen=True, kw_only=True)
class EntryDetails:
    """What is known of a person on a list: sealed in the store. Texts are cleaned when it is made.

    Attributes
    ----------
    person_ref
        The identity reference, e.g. a custody or PNC number; empty = not given, and the entry is quarantined.
    name
        Shown to whoever decides on an alert.
    date_of_birth
        None = unknown; nothing is guessed from the picture.
    legal_basis, image_source
        Why the picture is lawfully held, and where it came from.
    rationale, note
        Why this person; and what officers must know, shown on an alert.
    under_18_rationale
        Why a person under 18 is listed all the same.

    Raises
    ------
    InputError
        If a text is too long, holds characters that cannot be seen or mislead, or the date is before 1900.
    """

    person_ref: str = ""
    name: str = ""
    date_of_birth: date | None = None
    legal_basis: str = ""
    image_source: str = ""
    rationale: str = ""
    note: str = ""
    under_18_rationale: str = ""

    def __post_init__(self) -> None:
        for name, (length, lines) in _TEXTS.items():
            object.__setattr__(self, name, clean_text(getattr(self, name), name, length, lines=lines))
        if self.date_of_birth is not None and self.date_of_birth < _EARLIEST_BIRTH:
            born = self.date_of_birth.isoformat()
            raise InputError(f"date_of_birth: {born} is before 1900; leave it out or mend it")


@dataclass(frozen=True, kw_only=True)
class ReferencePicture:
    """One picture of a person on a list; the picture and its template are sealed in the store.

    Attributes
    ----------
    picture_id, entry_id
        Which, of whom.
    picture_mac
        HMAC of the file that was given, under the list's key.
    captured_on
        When it was taken; None = not known, and the entry is quarantined.
    quality
        0 to 100, and each measure by name; None = not measured.
    reasons
        Codes of why nobody can be enrolled from it; empty = it has a template.
    """

    picture_id: str
    entry_id: str
    picture_mac: str
    captured_on: date | None
    quality: float | None
    measures: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One person on one list: what stands in the clear.

    Attributes
    ----------
    person_mac
        HMAC of the identity reference under the list's key: the same person twice is seen, who it is not.
    category, response
        Why sought, and what officers do on an alert; None = not given, and the entry is quarantined.
    age_band
        On the day of the deployment.
    expires_at
        From when the entry is not searched any more; None = as long as its list.
    reasons
        Codes of what is missing, see `missing`.
    version
        Rises with every change: who reviews says which version they saw.
    created_by, changed_by, reviewed_by, second_approved_by
        Different people, see `lfr_kit.governance.watchlist_review`.
    verified_at, verified_by
        When it was last checked that the person is still sought.
    withdrawn_at_revision
        The list's revision by which a running engine learns of the withdrawal.
    digest
        Hex SHA-256 of what was frozen of it; None before.
    """

    entry_id: str
    watchlist_id: str
    person_mac: str
    status: EntryStatus
    category: Category | None
    response: Response | None
    age_band: AgeBand = AgeBand.UNKNOWN
    expires_at: datetime | None = None
    reasons: tuple[str, ...] = ()
    version: int = 1
    created_by: str
    created_at: datetime
    changed_by: str
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    second_approved_by: str | None = None
    second_approved_at: datetime | None = None
    verified_by: str | None = None
    verified_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_at_revision: int | None = None
    digest: str | None = None


class Searched(Protocol):
    """What decides whom an entry finds: an `Entry`, or a row with as much of it."""

    @property
    def entry_id(self) -> str:
        """Of the entry."""

    @property
    def watchlist_id(self) -> str:
        """Of its list."""

    @property
    def person_mac(self) -> str:
        """Keyed hash of who it is."""

    @property
    def status(self) -> str:
        """Whether it is searched for."""

    @property
    def category(self) -> str | None:
        """Why the person is sought."""

    @property
    def response(self) -> str | None:
        """What is to be done when they are seen."""

    @property
    def expires_at(self) -> datetime | None:
        """When it is searched for no more; None = with the list."""

    @property
    def digest(self) -> str | None:
        """Over what it finds and how, as it was frozen; None before."""


@dataclass(frozen=True, kw_only=True)
class Watchlist:
    """A list of people, built for one deployment.

    Attributes
    ----------
    space_id
        The embedding space of its templates.
    allowed_categories
        The closed categories it takes.
    revision
        Rises with every withdrawal.
    digest, n_entries
        Of what was frozen: hex SHA-256, and how many entries; None before.
    """

    watchlist_id: str
    deployment_id: str
    state: WatchlistState
    space_id: str
    allowed_categories: frozenset[Category]
    created_by: str
    created_at: datetime
    frozen_at: datetime | None = None
    digest: str | None = None
    n_entries: int | None = None
    revision: int = 0
    deleted_at: datetime | None = None


def age_on(date_of_birth: date, on: date) -> int:
    """Whole years; one born on 29 February comes of age on 1 March of other years.

    >>> age_on(date(2008, 2, 29), date(2026, 2, 28)), age_on(date(2008, 2, 29), date(2026, 3, 1))
    (17, 18)
    """
    return on.year - date_of_birth.year - ((on.month, on.day) < (date_of_birth.month, date_of_birth.day))


def age_band(date_of_birth: date | None, on: date) -> AgeBand:
    """The band on a day; without a date of birth `AgeBand.UNKNOWN`."""
    if date_of_birth is None or date_of_birth > on:
        return AgeBand.UNKNOWN
    age = age_on(date_of_birth, on)
    if age < 13:
        return AgeBand.UNDER_13
    return AgeBand.FROM_13_TO_17 if age < 18 else AgeBand.ADULT


def needs_second_approver(category: Category | None, band: AgeBand) -> bool:
    """Whether one reviewer is not enough, see `second_approver_because`."""
    return bool(second_approver_because(category, band))


def second_approver_because(category: Category | None, band: AgeBand) -> tuple[str, ...]:
    """Why one reviewer is not enough, as codes of ``under_18 age_unknown higher_test``; empty = one is.

    An age that is not known may be a child's: leaving out the date of birth saves nobody the second approval.

    >>> second_approver_because(Category.MISSING_AT_INCREASED_RISK, AgeBand.UNKNOWN)
    ('age_unknown', 'higher_test')
    """
    found = {
        "under_18": band in UNDER_AGE,
        "age_unknown": band is AgeBand.UNKNOWN,
        "higher_test": category in HIGHER_TEST,
    }
    return tuple(code for code, is_so in found.items() if is_so)


def is_old_picture(captured_on: date | None, on: date) -> bool:
    """Whether a picture was taken more than `OLD_PICTURE_YEARS` before a day."""
    return captured_on is not None and age_on(captured_on, on - timedelta(days=1)) >= OLD_PICTURE_YEARS


def warnings_of(entry: Entry, pictures: Sequence[ReferencePicture], on: date) -> tuple[str, ...]:
    """What a reviewer must think of, as codes: ``old_picture age_unknown unusable_picture``."""
    found = {
        "old_picture": bool(pictures) and all(is_old_picture(one.captured_on, on) for one in pictures),
        "age_unknown": entry.age_band is AgeBand.UNKNOWN,
        "unusable_picture": any(one.reasons for one in pictures),
    }
    return tuple(code for code, is_so in found.items() if is_so)


def missing(
    details: EntryDetails,
    category: Category | None,
    response: Response | None,
    pictures: Sequence[ReferencePicture],
    allowed: frozenset[Category],
    on: date,
) -> tuple[str, ...]:
    """What keeps an entry in quarantine, as codes; empty = it can be reviewed.

    Parameters
    ----------
    details, category, response, pictures
        Of the entry.
    allowed
        Categories of its list.
    on
        Day of the deployment.

    Returns
    -------
    tuple of str
        Of ``identity_ref legal_basis image_source category category_not_allowed response date_of_birth
        under_18_rationale picture captured_on quality template``.
    """
    is_minor = age_band(details.date_of_birth, on) in UNDER_AGE
    wanting = {
        "identity_ref": not details.person_ref,
        "legal_basis": not details.legal_basis,
        "image_source": not details.image_source,
        "category": category is None,
        "category_not_allowed": category is not None and category not in allowed,
        "response": response is None,
        "date_of_birth": details.date_of_birth is not None and details.date_of_birth > on,
        "under_18_rationale": is_minor and not details.under_18_rationale,
        **_missing_of_pictures(pictures, on),
    }
    return tuple(code for code, is_wanting in wanting.items() if is_wanting)


def _missing_of_pictures(pictures: Sequence[ReferencePicture], on: date) -> dict[str, bool]:
    usable = [picture for picture in pictures if not picture.reasons]
    return {
        "picture": not pictures,
        "captured_on": any(one.captured_on is None or one.captured_on > on for one in usable),
        "quality": any(one.quality is None for one in usable),
        "template": bool(pictures) and not usable,
    }


def is_loadable(entry: Searched, now: datetime) -> bool:
    """Whether an entry of a frozen list is searched at a time: approved, frozen with the list, not expired."""
    is_kept = entry.status == EntryStatus.APPROVED and entry.digest is not None
    return is_kept and not is_expired(entry.expires_at, now)


def is_built_too_early(created_at: datetime, starts_at: datetime) -> bool:
    """Whether a list was begun longer before the deployment than `BUILT_WITHIN`."""
    return starts_at - created_at > BUILT_WITHIN
