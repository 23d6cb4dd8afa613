"""People onto a watchlist that is being built, and changed while it is.

`enter` is the one way in, also for imports: it works within an act of `Action.WATCHLIST_IMPORT`, takes many people
at once, and changes nothing where nothing is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import StateError, WatchlistError
from lfr_kit.governance.entry_expiry import check_expiry
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Category, EntryStatus, Operation, Response, WatchlistState
from lfr_kit.governance.watchlist import Entry, EntryDetails, ReferencePicture, Watchlist, age_band, missing
from lfr_kit.operations.watchlist_act import act_on, name_entries
from lfr_kit.operations.watchlists import before_start
from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.deployments import standing
from lfr_kit.store.store import Act, Store, new_id
from lfr_kit.store.vault import DataKey

__all__ = [
    "NOT_REVIEWED",
    "Entered",
    "NewPerson",
    "PersonPicture",
    "add_entry",
    "day_of_deployment",
    "enter",
    "list_in_building",
    "list_to_fill",
]

NOT_REVIEWED: dict[str, Any] = dict.fromkeys(
    ("reviewed_by", "reviewed_at", "second_approved_by", "second_approved_at")
)
"""Columns of an entry that is to be reviewed from the beginning."""
_OUT = frozenset({EntryStatus.REFUSED, EntryStatus.WITHDRAWN})


@dataclass(frozen=True, eq=False, kw_only=True)
class PersonPicture:
    """A picture somebody is entered with.

    Attributes
    ----------
    picture_mac
        ``key.mac(...)`` of the file's bytes, under the list's key.
    jpeg
        The picture as shown on an alert.
    captured_on
        When it was taken, or None.
    quality, measures
        0 to 100, and each measure by name; None = not measured.
    reasons
        Codes of why nobody can be enrolled from it; empty = it has a template.
    vector
        (d,) float32 of unit length in the list's embedding space; None where there are reasons.
    """

    picture_mac: str
    jpeg: bytes
    captured_on: date | None
    quality: float | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    vector: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class NewPerson:
    """Somebody to be entered, or changed if already on the list (the same identity reference).

    Attributes
    ----------
    details
        Sealed.
    category, response
        None = not given, or not one of the closed list: the entry is quarantined.
    expires_at
        From when the entry is not searched any more; None = as long as its list. Lies ahead, unless the entry
        has it already.
    verified_at
        When it was last checked that the person is still sought, if known.
    pictures
        Added to those there are.
    """

    details: EntryDetails
    category: Category | None = None
    response: Response | None = None
    expires_at: datetime | None = None
    verified_at: datetime | None = None
    pictures: Sequence[PersonPicture] = ()


@dataclass(frozen=True)
class Entered:
    """What became of a person given to `enter`.

    Attributes
    ----------
    status, reasons
        Of the entry as it is now: quarantined and why, or pending review.
    change
        ``"new"``, ``"changed"`` (a review is then needed again), ``"unchanged"``, or ``"kept_out"``: was refused
        or withdrawn before, and stays so.
    n_pictures
        How many pictures were added.
    """

    entry_id: str
    status: EntryStatus
    reasons: tuple[str, ...]
    change: Literal["new", "changed", "unchanged", "kept_out"]
    n_pictures: int = 0


def list_in_building(act: Act, watchlist_id: str) -> Watchlist:
    """The list, locked. StateError if it is frozen or deleted: then nothing but a withdrawal changes it."""
    found = rows.watchlist(act.connection, watchlist_id, locked=True)
    if found.state is not WatchlistState.BUILDING:
        raise StateError(
            f"watchlist {watchlist_id}: is {found.state}; only withdrawals change it, or build a new one"
        )
    return found


def list_to_fill(act: Act, watchlist_id: str) -> Watchlist:
    """The list, locked, if people may be entered on it.

    Raises
    ------
    StateError
        If it is frozen or deleted, or its deployment has started or is over: nobody is collected for no purpose.
    """
    found = list_in_building(act, watchlist_id)
    before_start(act, found.deployment_id)
    return found


def day_of_deployment(act: Act, watchlist: Watchlist) -> date:
    """The day (UTC) on which the deployment starts, for ages."""
    return standing(act.connection, watchlist.deployment_id).starts_at.date()


def add_entry(
    store: Store, actor: Actor, watchlist_id: str, person: NewPerson, *, justification: str = ""
) -> Entered:
    """Enters one person, or changes them.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    StateError
        If the list is frozen or deleted, or its deployment is past its start.
    InputError
        If the entry would have expired before it began.
    """
    act_of_import = (Action.WATCHLIST_IMPORT, Operation.COLLECTION, watchlist_id, justification)
    with act_on(store, actor, *act_of_import) as act:
        (entered,) = enter(act, list_to_fill(act, watchlist_id), [person])
    return entered


def enter(act: Act, watchlist: Watchlist, people: Sequence[NewPerson]) -> list[Entered]:
    """Enters people, within an act of `Action.WATCHLIST_IMPORT`; one result each, in the order given.

    A person who is on the list already gets what is new, and is to be reviewed again; pictures that the entry has
    already are passed over.

    Parameters
    ----------
    act
        Its audit entry will name the entries that changed.
    watchlist
        As `list_to_fill` gives it.
    people
        Any number; the same person may come several times.

    Raises
    ------
    InputError
        If somebody's expiry is over: then nobody is entered.
    """
    key = act.key(rows.scope(watchlist.watchlist_id))
    found: list[Entered | None] = [None] * len(people)
    waiting = list(range(len(people)))
    ids = [new_id("E") for _ in people]
    macs = [rows.person_mac(key, one.details.person_ref, ids[i]) for i, one in enumerate(people)]
    while waiting:
        first = {macs[i]: i for i in reversed(waiting)}
        now = sorted(first.values())
        batch = _Batch(act, key, watchlist)
        known = rows.known_people(act.connection, watchlist.watchlist_id, [macs[i] for i in now])
        for i in now:
            seen = known.get(macs[i])
            found[i] = batch.new(people[i], ids[i], macs[i]) if seen is None else batch.known(people[i], seen)
        batch.write()
        waiting = [i for i in waiting if found[i] is None]
    entered = [one for one in found if one is not None]
    name_entries(act, [one.entry_id for one in entered if one.change in ("new", "changed")])
    return entered


class _Batch:
    """People entered in one go, none of them twice."""

    def __init__(self, act: Act, key: DataKey, watchlist: Watchlist) -> None:
        self.act, self.key, self.watchlist = act, key, watchlist
        self.on = day_of_deployment(act, watchlist)
        self.entries: list[tuple[Entry, EntryDetails]] = []
        self.pictures: list[picture_rows.NewPicture] = []

    def new(self, person: NewPerson, entry_id: str, person_mac: str) -> Entered:
        check_expiry(person.expires_at, None, self.act.at)
        pictures = self._add_pictures(entry_id, person.pictures, [])
        reasons = self._missing(person, pictures)
        by, at = self.act.actor.user_id, self.act.at
        entry = Entry(
            entry_id=entry_id,
            watchlist_id=self.watchlist.watchlist_id,
            person_mac=person_mac,
            status=_status(reasons),
            category=person.category,
            response=person.response,
            age_band=age_band(person.details.date_of_birth, self.on),
            expires_at=person.expires_at,
            reasons=reasons,
            created_by=by,
            created_at=at,
            changed_by=by,
            verified_at=person.verified_at,
            verified_by=by if person.verified_at else None,
        )
        self.entries.append((entry, person.details))
        return Entered(entry_id, entry.status, reasons, "new", len(pictures))

    def known(self, person: NewPerson, seen: Entry) -> Entered:
        if seen.status in _OUT:
            return Entered(seen.entry_id, seen.status, (str(seen.status),), "kept_out")
        check_expiry(person.expires_at, seen.expires_at, self.act.at)
        held = picture_rows.pictures_of(self.act.connection, [seen.entry_id])[seen.entry_id]
        pictures = self._add_pictures(seen.entry_id, person.pictures, held)
        is_same = _terms(person) == (seen.category, seen.response, seen.expires_at) and (
            person.details == rows.details_of(self.act.connection, self.key, seen.entry_id)
        )
        if is_same and len(pictures) == len(held):
            return Entered(seen.entry_id, seen.status, seen.reasons, "unchanged")
        reasons = self._missing(person, pictures)
        rows.change_entry(
            self.act.connection,
            seen,
            key=self.key,
            details=person.details,
            status=str(_status(reasons)),
            category=person.category,
            response=person.response,
            expires_at=person.expires_at,
            age_band=str(age_band(person.details.date_of_birth, self.on)),
            reasons=list(reasons),
            changed_by=self.act.actor.user_id,
            verified_at=person.verified_at or seen.verified_at,
            **NOT_REVIEWED,
        )
        return Entered(seen.entry_id, _status(reasons), reasons, "changed", len(pictures) - len(held))

    def write(self) -> None:
        """The new rows; changed ones are written already."""
        rows.insert_entries(self.act.connection, self.key, self.entries)
        picture_rows.insert_pictures(self.act.connection, self.key, self.watchlist.watchlist_id, self.pictures)

    def _add_pictures(
        self, entry_id: str, given: Sequence[PersonPicture], held: Sequence[ReferencePicture]
    ) -> list[ReferencePicture]:
        """All pictures of the entry, with those of the given ones that are new."""
        every = {one.picture_mac: one for one in held}
        for one in given:
            if one.picture_mac in every:
                continue
            record = ReferencePicture(
                picture_id=new_id("P"),
                entry_id=entry_id,
                picture_mac=one.picture_mac,
                captured_on=one.captured_on,
                quality=one.quality,
                measures=one.measures,
                reasons=one.reasons,
            )
            every[one.picture_mac] = record
            self.pictures.append(picture_rows.NewPicture(record, one.jpeg, _checked(one)))
        return list(every.values())

    def _missing(self, person: NewPerson, pictures: Sequence[ReferencePicture]) -> tuple[str, ...]:
        allowed = self.watchlist.allowed_categories
        return missing(person.details, person.category, person.response, pictures, allowed, self.on)


def _status(reasons: tuple[str, ...]) -> EntryStatus:
    return EntryStatus.QUARANTINED if reasons else EntryStatus.PENDING_REVIEW


def _terms(person: NewPerson) -> tuple[Category | None, Response | None, datetime | None]:
    return person.category, person.response, person.expires_at


def _checked(picture: PersonPicture) -> NDArray[np.float32] | None:
    """The vector of a picture: there is one just where nothing speaks against it."""
    if (picture.vector is None) is not bool(picture.reasons):
        raise WatchlistError("a reference picture has either a template or reasons why it has none")
    return picture.vector
