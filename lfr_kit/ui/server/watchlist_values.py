"""Watchlists as pages need them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lfr_kit.governance.roles import Action, Actor, require
from lfr_kit.governance.vocabulary import EntryStatus
from lfr_kit.governance.watchlist import needs_second_approver
from lfr_kit.operations.watchlists import ShownEntry, show
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.alike_pairs import pairs_of

if TYPE_CHECKING:
    from lfr_kit.governance.watchlist import ReferencePicture, Watchlist
    from lfr_kit.operations.watchlists import Summary
    from lfr_kit.store.store import Store

__all__ = ["Asked", "listed", "pairs", "summary_values"]

_ENTRY = (
    "entry_id", "version", "status", "category", "response", "age_band", "expires_at", "reasons", "created_by",
    "changed_by", "reviewed_by", "second_approved_by", "verified_by", "verified_at", "withdrawn_by",
)  # fmt: skip
_PICTURE = ("picture_id", "captured_on", "quality", "measures", "reasons")


class Asked:
    """Which entries are asked for.

    Parameters
    ----------
    statuses
        Only these; empty = all.
    text
        Stands in the name, the reference or the id; empty = all.
    first, most
        From which one on, and how many at most.
    """

    def __init__(self, statuses: Sequence[EntryStatus], text: str, first: int = 0, most: int = 500) -> None:
        self.statuses, self.text = statuses, text.strip().casefold()
        self.page = slice(first, first + most)


def listed(store: Store, actor: Actor, watchlist_id: str, asked: Asked, reason: str) -> dict[str, Any]:
    """A list with some of its entries: a logged consultation, of those entries."""
    require(actor, Action.WATCHLIST_VIEW)
    with store.reading() as connection:
        watchlist = rows.watchlist(connection, watchlist_id)
        ids = [one.entry_id for one in rows.entries_of(connection, watchlist_id, asked.statuses)]
        n_by_status = rows.count_entries(connection, watchlist_id)[0]
    if not asked.text:
        n_found, ids = len(ids), ids[asked.page]
    found = show(store, actor, watchlist_id, entry_ids=ids, justification=reason) if ids else []
    if asked.text:
        found = [one for one in found if asked.text in _searchable(one)]
        n_found, found = len(found), found[asked.page]
    return {
        "watchlist": _watchlist(watchlist),
        "n_by_status": n_by_status,
        "n_found": n_found,
        "entries": [_entry(one) for one in found],
    }


def pairs(store: Store, actor: Actor, watchlist_id: str) -> list[dict[str, Any]]:
    """Entries that look alike, as they were last compared: ids only."""
    require(actor, Action.WATCHLIST_VIEW)
    with store.reading() as connection:
        rows.watchlist(connection, watchlist_id)
        return [asdict(pair) for pair in pairs_of(connection, watchlist_id)]


def summary_values(summaries: Iterable[Summary]) -> list[dict[str, Any]]:
    """Lists without anything about anybody."""
    return [
        {**_watchlist(one.watchlist), "n_by_status": one.n_by_status, "n_by_category": one.n_by_category}
        for one in summaries
    ]


def _searchable(one: ShownEntry) -> str:
    return f"{one.details.name}\n{one.details.person_ref}\n{one.entry.entry_id}".casefold()


def _watchlist(watchlist: Watchlist) -> dict[str, Any]:
    return asdict(watchlist) | {"allowed_categories": sorted(watchlist.allowed_categories)}


def _entry(shown: ShownEntry) -> dict[str, Any]:
    entry = shown.entry
    return {
        **{name: getattr(entry, name) for name in _ENTRY},
        **asdict(shown.details),
        "reasons": list(entry.reasons),
        "warnings": list(shown.warnings),
        "review": dict(shown.review),
        "needs_second": needs_second_approver(entry.category, entry.age_band),
        "pictures": [_picture(one) for one in shown.pictures],
    }


def _picture(picture: ReferencePicture) -> dict[str, Any]:
    values = {name: getattr(picture, name) for name in _PICTURE}
    return {**values, "measures": dict(picture.measures), "reasons": list(picture.reasons)}
