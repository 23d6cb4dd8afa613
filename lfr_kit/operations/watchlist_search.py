"""A part of a long watchlist: filtered, ordered, searched by name, and shown. The search itself is logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lfr_kit.governance.alike import AlikePair
from lfr_kit.governance.roles import Action, Actor, may
from lfr_kit.governance.vocabulary import Operation, WatchlistState
from lfr_kit.operations.watchlist_act import act_on, list_there
from lfr_kit.operations.watchlists import ShownEntry, shown
from lfr_kit.store.repository import entry_search
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.alike_pairs import count_pairs, pairs_of
from lfr_kit.store.repository.entry_search import Order, Wanted
from lfr_kit.store.store import Store

__all__ = ["Found", "Order", "PairsShown", "Wanted", "search", "show_pairs"]


@dataclass(frozen=True)
class Found:
    """A part of what was found.

    Attributes
    ----------
    entries
        Opened, in the order asked for.
    n_found
        How many there are in all.
    """

    entries: list[ShownEntry]
    n_found: int


@dataclass(frozen=True)
class PairsShown:
    """Pairs that look alike, with whoever is in them.

    Attributes
    ----------
    pairs, entries
        The most alike first; their entries, opened, each once.
    n_pairs
        How many there are in all.
    """

    pairs: list[AlikePair]
    entries: list[ShownEntry]
    n_pairs: int


def search(store: Store, actor: Actor, watchlist_id: str, wanted: Wanted, *, justification: str = "") -> Found:
    """Looks for entries and shows some: a logged consultation of those, with what was asked for.

    That nobody was found is an answer too, and logged like any other. Names are opened before the act begins, so
    that no alert waits for them, and nothing leaves before it is logged.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    NotInStoreError
        If there is no such list.
    StateError
        If the list is deleted.
    """
    ids, n_found = _ids(store, watchlist_id, wanted) if _may_look(actor) else ([], 0)
    consultation = (Action.WATCHLIST_VIEW, Operation.CONSULTATION, watchlist_id, justification)
    with act_on(store, actor, *consultation) as act:
        watchlist = list_there(act, watchlist_id)
        act.details.update(n_found=n_found, **({"asked": asked} if (asked := wanted.asked()) else {}))
        return Found(shown(act, watchlist, rows.entries_named(act.connection, watchlist_id, ids)), n_found)


def show_pairs(
    store: Store, actor: Actor, watchlist_id: str, *, first: int = 0, most: int = 20, justification: str = ""
) -> PairsShown:
    """Pairs that look alike, as last compared, and who they are: a logged consultation.

    Raises
    ------
    As `search`.
    """
    consultation = (Action.WATCHLIST_VIEW, Operation.CONSULTATION, watchlist_id, justification)
    with act_on(store, actor, *consultation) as act:
        watchlist = list_there(act, watchlist_id)
        pairs = pairs_of(act.connection, watchlist_id, first=first, most=most)
        ids = list(dict.fromkeys(side for pair in pairs for side in (pair.entry_id, pair.other_entry_id)))
        entries = shown(act, watchlist, rows.entries_named(act.connection, watchlist_id, ids))
        return PairsShown(pairs, entries, count_pairs(act.connection, watchlist_id))


def _may_look(actor: Actor) -> bool:
    """Whoever may not is refused by the act, which logs it."""
    return may(actor, Action.WATCHLIST_VIEW)


def _ids(store: Store, watchlist_id: str, wanted: Wanted) -> tuple[Sequence[str], int]:
    with store.reading() as connection:
        if rows.watchlist(connection, watchlist_id).state is WatchlistState.DELETED:
            return [], 0
        is_sealed = entry_search.needs_key(wanted)
        key = store.vault.key(connection, rows.scope(watchlist_id)) if is_sealed else None
        return entry_search.find(connection, key, watchlist_id, wanted)
