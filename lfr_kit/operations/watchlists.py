"""Watchlists: begun for one deployment, looked at, and (`lfr_kit.operations.watchlist_gallery`) searched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lfr_kit.errors import StateError
from lfr_kit.governance.alike import AlikePair, clearly_different_below, find_differing
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.governance.roles import Action, Actor, require
from lfr_kit.governance.vocabulary import DeploymentState, EntryStatus, Operation, WatchlistState
from lfr_kit.governance.watchlist import Entry, EntryDetails, ReferencePicture, Watchlist, warnings_of
from lfr_kit.operations.watchlist_act import act_on, list_there, name_entries
from lfr_kit.operations.watchlist_gallery import EntryCard, Gallery, entry_card, load_gallery, withdrawn_since
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.alike_pairs import pairs_with
from lfr_kit.store.repository.deployments import deployment, standing
from lfr_kit.store.repository.reference_pictures import pictures_of, templates_of, usable_pictures
from lfr_kit.store.store import Act, Store, new_id

__all__ = [
    "EntryCard",
    "Gallery",
    "ShownEntry",
    "Summary",
    "before_start",
    "create",
    "entry_card",
    "load_gallery",
    "pictures_shown",
    "show",
    "shown",
    "summaries",
    "withdrawn_since",
]

_BEFORE_START = frozenset({DeploymentState.DRAFT, DeploymentState.REQUESTED, DeploymentState.GRANTED})


@dataclass(frozen=True)
class ShownEntry:
    """An entry as a reviewer reads it.

    Attributes
    ----------
    details, review
        What is sealed: who it is, and what reviewers wrote.
    warnings
        Codes of what does not forbid it and must be thought of: ``old_picture age_unknown unusable_picture``, and
        ``pictures_differ``: two of its pictures are clearly of different people.
    alike
        Others on the list with the same picture, or who look like this person, as last looked for.
    """

    entry: Entry
    details: EntryDetails
    review: dict[str, str]
    pictures: tuple[ReferencePicture, ...]
    warnings: tuple[str, ...]
    alike: tuple[AlikePair, ...] = ()


@dataclass(frozen=True)
class Summary:
    """A list without anything about anybody.

    Attributes
    ----------
    n_by_status, n_by_category, n_by_age_band
        Entries; the last two of approved ones only.
    """

    watchlist: Watchlist
    n_by_status: dict[str, int]
    n_by_category: dict[str, int]
    n_by_age_band: dict[str, int]


def create(store: Store, actor: Actor, deployment_id: str, *, justification: str = "") -> Watchlist:
    """Begins a list for one deployment, under a data key of its own.

    The categories it takes and the embedding space of its templates are those of the deployment's authority.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    NotInStoreError
        If there is no such deployment.
    StateError
        If the deployment is past its start.
    """
    watchlist_id = new_id("W")
    with store.act(
        actor,
        Action.WATCHLIST_CREATE,
        Operation.COLLECTION,
        subject=f"watchlist:{watchlist_id}",
        deployment_id=deployment_id,
        justification=justification,
    ) as act:
        authority = before_start(act, deployment_id).authority
        new = Watchlist(
            watchlist_id=watchlist_id,
            deployment_id=deployment_id,
            state=WatchlistState.BUILDING,
            space_id=authority.space_id,
            allowed_categories=authority.allowed_categories,
            created_by=actor.user_id,
            created_at=act.at,
        )
        key = act.vault.new_key(act.connection, rows.scope(watchlist_id), act.at)
        rows.insert_watchlist(act.connection, new, key)
        act.details["allowed_categories"] = sorted(new.allowed_categories)
    return new


def before_start(act: Act, deployment_id: str) -> Deployment:
    """The deployment a list is built for, locked. StateError if it has started, or never will."""
    found = deployment(act.connection, act.key("store"), deployment_id, lock=True)
    if found.state not in _BEFORE_START:
        raise StateError(f"deployment {deployment_id}: is {found.state}; its watchlist is built before it starts")
    return found


def summaries(store: Store, actor: Actor, deployment_id: str | None = None) -> list[Summary]:
    """All lists, or those of a deployment, with counts: nothing about anybody, so no reason is asked for.

    Raises
    ------
    PermissionRefusedError
        If the actor may not look at watchlists.
    """
    require(actor, Action.WATCHLIST_VIEW)
    with store.reading() as connection:
        found = rows.watchlists_of(connection, deployment_id)
        return [Summary(one, *rows.count_entries(connection, one.watchlist_id)) for one in found]


def show(
    store: Store,
    actor: Actor,
    watchlist_id: str,
    *,
    statuses: Iterable[EntryStatus] = (),
    entry_ids: Sequence[str] = (),
    justification: str = "",
) -> list[ShownEntry]:
    """Entries of a list with names and reasons, to be read by whoever reviews it: a logged consultation.

    Parameters
    ----------
    statuses, entry_ids
        Only these; empty = all.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    NotInStoreError
        If there is no such list, or an entry is not of it.
    StateError
        If the list is deleted.
    """
    consultation = (Action.WATCHLIST_VIEW, Operation.CONSULTATION, watchlist_id, justification)
    with act_on(store, actor, *consultation) as act:
        watchlist = list_there(act, watchlist_id)
        entries = rows.entries_named(act.connection, watchlist_id, entry_ids)
        entries = entries or rows.entries_of(act.connection, watchlist_id, statuses)
        return shown(act, watchlist, entries)


def shown(act: Act, watchlist: Watchlist, entries: Sequence[Entry]) -> list[ShownEntry]:
    """These entries opened, in their order, within an act that names them; none given = none shown."""
    connection, ids = act.connection, [one.entry_id for one in entries]
    key = act.key(rows.scope(watchlist.watchlist_id))
    name_entries(act, ids)
    on = standing(connection, watchlist.deployment_id).starts_at.date()
    pictures, opened = pictures_of(connection, ids), rows.opened_of(connection, key, ids)
    alike = _alike(pairs_with(connection, watchlist.watchlist_id, ids))
    several = [entry_id for entry_id, own in pictures.items() if len(own) > 1]
    below = clearly_different_below(watchlist.space_id)
    differing = find_differing(*templates_of(connection, key, several), below)
    found = []
    for one in entries:
        own, (details, review) = pictures[one.entry_id], opened[one.entry_id]
        more = ("pictures_differ",) if one.entry_id in differing else ()
        warnings = (*warnings_of(one, own, on), *more)
        found.append(ShownEntry(one, details, review, tuple(own), warnings, tuple(alike.get(one.entry_id, ()))))
    return found


def pictures_shown(
    store: Store, actor: Actor, watchlist_id: str, entry_ids: Sequence[str], *, justification: str = ""
) -> dict[str, list[bytes]]:
    """All pictures of these entries that somebody is searched by: a logged disclosure.

    Returns
    -------
    dict of str to list of bytes
        Entry id -> JPEGs, the one shown on an alert first; whoever has no picture any more is left out.

    Raises
    ------
    PermissionRefusedError, JustificationError, NotInStoreError, StateError
        As `show`.
    """
    disclosure = (Action.WATCHLIST_VIEW, Operation.DISCLOSURE, watchlist_id, justification)
    with act_on(store, actor, *disclosure) as act:
        list_there(act, watchlist_id)
        key = act.key(rows.scope(watchlist_id))
        entries = [rows.entry(act.connection, watchlist_id, entry_id) for entry_id in entry_ids]
        name_entries(act, [one.entry_id for one in entries])
        found = {one.entry_id: usable_pictures(act.connection, key, one.entry_id) for one in entries}
        act.details["n_pictures"] = sum(map(len, found.values()))
    return {entry_id: [jpeg for _, jpeg in own] for entry_id, own in found.items() if own}


def _alike(pairs: Iterable[AlikePair]) -> dict[str, list[AlikePair]]:
    found: dict[str, list[AlikePair]] = {}
    for pair in pairs:
        for entry_id in (pair.entry_id, pair.other_entry_id):
            found.setdefault(entry_id, []).append(pair)
    return found
