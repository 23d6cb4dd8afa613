"""An act on one watchlist: logged under the list and under the deployment it is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lfr_kit.errors import NotInStoreError, StateError
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Operation, WatchlistState
from lfr_kit.governance.watchlist import Watchlist
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.store import Act, Store

__all__ = ["act_on", "list_there", "name_entries"]

_MOST_NAMED = 1000
"""Entries named in one line of the audit log; of more, only how many."""


@contextmanager
def act_on(
    store: Store, actor: Actor, action: Action, operation: Operation, watchlist_id: str, justification: str
) -> Iterator[Act]:
    """`Store.act` with the list as its subject, and the list's deployment.

    Raises
    ------
    As `Store.act`; NotInStoreError
        If there is no such list.
    """
    with store.reading() as connection:
        try:
            deployment_id = rows.watchlist(connection, watchlist_id).deployment_id
        except NotInStoreError:
            deployment_id = None
    with store.act(
        actor,
        action,
        operation,
        subject=f"watchlist:{watchlist_id}" if deployment_id else "watchlist:unknown",
        deployment_id=deployment_id,
        justification=justification,
    ) as act:
        rows.watchlist(act.connection, watchlist_id)
        yield act


def list_there(act: Act, watchlist_id: str) -> Watchlist:
    """The list, locked. StateError if it is deleted."""
    found = rows.watchlist(act.connection, watchlist_id, locked=True)
    if found.state is WatchlistState.DELETED:
        raise StateError(f"watchlist {watchlist_id}: is deleted, and everybody on it with it")
    return found


def name_entries(act: Act, entry_ids: Sequence[str]) -> None:
    """Says in the act's line of the audit log which entries it was about."""
    named = [*act.details.get("entries", []), *entry_ids]
    act.details["n_entries"] = act.details.get("n_entries", 0) + len(entry_ids)
    act.details["entries"] = named[:_MOST_NAMED]
