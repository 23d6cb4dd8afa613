"""What the engine and the alerts take from a watchlist: a gallery to search, withdrawals, an entry's card."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from sqlalchemy import Connection

from lfr_kit.errors import TamperedError, WatchlistError
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Category, EntryStatus, Operation, Response, WatchlistState
from lfr_kit.governance.watchlist import Searched, Watchlist, is_loadable
from lfr_kit.governance.watchlist_digest import entry_digest, list_digest
from lfr_kit.operations.watchlist_act import act_on
from lfr_kit.records import Template
from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.reference_pictures import SealedTemplates
from lfr_kit.store.repository.watchlists import FrozenRow
from lfr_kit.store.store import Store
from lfr_kit.store.vault import DataKey

__all__ = [
    "EntryCard",
    "Gallery",
    "digests_now",
    "entry_card",
    "load_gallery",
    "withdrawn_since",
]


@dataclass(frozen=True, eq=False)
class Gallery:
    """What an engine searches.

    Attributes
    ----------
    reference_ids
        n entry ids.
    templates
        n, one per entry, fused of its pictures' by their quality.
    revision
        Of the list, for `withdrawn_since`.
    expiries
        (when, entry id) of those that expire, soonest first: from then on they must not be searched.
    digest
        Of the list as it was frozen, verified.
    """

    reference_ids: tuple[str, ...]
    templates: tuple[Template, ...]
    revision: int
    expiries: tuple[tuple[datetime, str], ...]
    digest: str


@dataclass(frozen=True)
class EntryCard:
    """What an alert shows of the person it may be.

    Attributes
    ----------
    reference_jpeg
        The picture of best quality.
    status_verified_at
        When it was last checked that the person is still sought; None = never since entry.
    note
        What officers must know.
    """

    entry_id: str
    name: str
    person_ref: str
    category: Category
    response: Response
    reference_jpeg: bytes
    captured_on: date | None
    status_verified_at: datetime | None
    note: str


def load_gallery(store: Store, actor: Actor, watchlist_id: str, *, justification: str = "") -> Gallery:
    """Approved, unexpired entries of a frozen list, after proof that it still is what was frozen.

    Parameters
    ----------
    justification
        Why; empty = that the deployment has its authority.

    Raises
    ------
    PermissionRefusedError
        If the actor may not run a deployment.
    WatchlistError
        If the list is not frozen.
    TamperedError
        If an entry, a picture or a template was changed, added or taken out since.
    KeyDestroyedError
        If the list was deleted.
    """
    why = justification or "searched by its deployment, under its authority"
    with act_on(store, actor, Action.DEPLOYMENT_RUN, Operation.COMBINATION, watchlist_id, why) as act:
        key = act.key(rows.scope(watchlist_id))
        _check_frozen(rows.watchlist(act.connection, watchlist_id))
    # The list first, its entries last: a withdrawal in between is in `withdrawn_since`, never an error.
    with store.reading() as connection:
        watchlist = rows.watchlist(connection, watchlist_id)
        templates = picture_rows.read_templates(connection, key, watchlist_id)
        entries = rows.frozen_rows(connection, watchlist_id)
    _check_digest(key, watchlist, entries, templates)
    return _gallery(watchlist, [one for one in entries if is_loadable(one, store.clock())], templates)


def withdrawn_since(store: Store, watchlist_id: str, revision: int) -> tuple[int, tuple[str, ...]]:
    """Entries withdrawn after a revision, and the revision now. Cheap: asked at every frame.

    Raises
    ------
    WatchlistError
        If the list was deleted: nothing of it may be searched.
    """
    with store.reading() as connection:
        state, now = rows.state_and_revision(connection, watchlist_id)
        if state is not WatchlistState.FROZEN:
            raise WatchlistError(f"watchlist {watchlist_id}: is {state}; let go of what was loaded of it")
        if now == revision:
            return revision, ()
        return now, rows.withdrawn_after(connection, watchlist_id, revision)


def entry_card(connection: Connection, key: DataKey, entry_id: str) -> EntryCard:
    """What an alert shows of an entry. Checks no permission: call it within an act.

    Parameters
    ----------
    connection, key
        Of the act, and of the entry's list.

    Raises
    ------
    NotInStoreError
        If there is no such entry.
    WatchlistError
        If the entry is not approved, or has no picture (any more).
    """
    entry = rows.entry_by_id(connection, entry_id)
    best = picture_rows.best_picture(connection, key, entry_id)
    if entry.status is not EntryStatus.APPROVED or best is None or not entry.category or not entry.response:
        raise WatchlistError(f"entry {entry_id}: is {entry.status}; nobody may be alerted to it")
    details = rows.details_of(connection, key, entry_id)
    picture, jpeg = best
    return EntryCard(
        entry_id=entry_id,
        name=details.name,
        person_ref=details.person_ref,
        category=entry.category,
        response=entry.response,
        reference_jpeg=jpeg,
        captured_on=picture.captured_on,
        status_verified_at=entry.verified_at,
        note=details.note,
    )


def rows_of_entries(templates: SealedTemplates) -> Iterator[tuple[str, slice]]:
    """Each entry id and the rows of its templates."""
    start, ids = 0, templates.entry_ids
    for stop in range(1, len(ids) + 1):
        if stop == len(ids) or ids[stop] != ids[start]:
            yield ids[start], slice(start, stop)
            start = stop


def digests_now(entries: Iterable[Searched], templates: SealedTemplates) -> dict[str, str]:
    """The digest that each of these entries has now, by entry id."""
    held = {
        entry_id: [(templates.picture_macs[i], templates.vectors[i].tobytes()) for i in range(row.start, row.stop)]
        for entry_id, row in rows_of_entries(templates)
    }
    return {one.entry_id: entry_digest(one, held.get(one.entry_id, [])) for one in entries}


def _check_frozen(watchlist: Watchlist) -> None:
    if watchlist.state is not WatchlistState.FROZEN:
        raise WatchlistError(
            f"watchlist {watchlist.watchlist_id}: is {watchlist.state}; only a frozen one is searched, "
            "freeze it with: lfr watchlist freeze"
        )


def _check_digest(
    key: DataKey, watchlist: Watchlist, entries: list[FrozenRow], templates: SealedTemplates
) -> None:
    """TamperedError unless every frozen entry that was not withdrawn is as it was frozen, and none is missing."""
    frozen = {one.entry_id: one.digest for one in entries}
    approved = [one for one in entries if one.status == EntryStatus.APPROVED]
    changed = [name for name, digest in digests_now(approved, templates).items() if digest != frozen[name]]
    if changed:
        raise TamperedError(
            f"entry {changed[0]}: is not as it was frozen (nor are {len(changed) - 1} others); build the list anew"
        )
    if list_digest(frozen.items(), key.mac) != watchlist.digest:
        raise TamperedError(
            f"watchlist {watchlist.watchlist_id}: entries were added or taken out since the freeze; build it anew"
        )


def _gallery(watchlist: Watchlist, entries: list[FrozenRow], templates: SealedTemplates) -> Gallery:
    searched = {one.entry_id for one in entries}
    ids, fused = [], []
    for entry_id, row in rows_of_entries(templates):
        if entry_id in searched:
            ids.append(entry_id)
            fused.append(_fused(templates, row, watchlist.space_id))
    expiries = sorted((one.expires_at, one.entry_id) for one in entries if one.expires_at is not None)
    return Gallery(tuple(ids), tuple(fused), watchlist.revision, tuple(expiries), watchlist.digest or "")


def _fused(templates: SealedTemplates, row: slice, space_id: str) -> Template:
    """One template of a person's pictures: their mean by quality, as `lfr_kit.embedding.fusion.fuse`."""
    vectors, n = templates.vectors[row], row.stop - row.start
    if n == 1:
        return Template(vector=vectors[0], space_id=space_id)
    weights = np.maximum(templates.qualities[row], 1.0).astype(np.float64)
    total = weights @ vectors.astype(np.float64)
    length = float(np.linalg.norm(total))
    if length < 1e-6:
        raise WatchlistError(f"entry {templates.entry_ids[row.start]}: its pictures cannot be of one person")
    return Template(vector=(total / length).astype(np.float32), space_id=space_id, n_shots=n)
