"""Watchlists as pages need them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lfr_kit.governance.watchlist import second_approver_because
from lfr_kit.operations.watchlist_search import search, show_pairs
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.entry_search import count_by
from lfr_kit.ui.server.entries_asked import SOON

if TYPE_CHECKING:
    from lfr_kit.governance.roles import Actor
    from lfr_kit.governance.watchlist import ReferencePicture, Watchlist
    from lfr_kit.operations.watchlist_search import Wanted
    from lfr_kit.operations.watchlists import ShownEntry, Summary
    from lfr_kit.store.store import Store

__all__ = ["listed", "pairs", "summary_values"]

_ENTRY = (
    "entry_id", "version", "status", "category", "response", "age_band", "expires_at", "reasons", "created_by",
    "changed_by", "reviewed_by", "second_approved_by", "verified_by", "verified_at", "withdrawn_by",
)  # fmt: skip
_PICTURE = ("picture_id", "captured_on", "quality", "measures", "reasons")


def listed(store: Store, actor: Actor, watchlist_id: str, wanted: Wanted, reason: str) -> dict[str, Any]:
    """A list with some of its entries, and how many each filter would find: a logged consultation."""
    found = search(store, actor, watchlist_id, wanted, justification=reason)
    with store.reading() as connection:
        watchlist = rows.watchlist(connection, watchlist_id)
        counts = count_by(connection, watchlist_id, actor.user_id, store.clock() + SOON)
    return {
        "watchlist": _watchlist(watchlist),
        **counts,
        "n_found": found.n_found,
        "first": wanted.first,
        "entries": [_entry(one) for one in found.entries],
    }


def pairs(store: Store, actor: Actor, watchlist_id: str, page: tuple[int, int], reason: str) -> dict[str, Any]:
    """Entries that look alike, as they were last compared, and who they are: a logged consultation.

    `page`: from which pair on, and how many.
    """
    first, most = page
    found = show_pairs(store, actor, watchlist_id, first=first, most=most, justification=reason)
    return {
        "n_pairs": found.n_pairs,
        "first": first,
        "pairs": [asdict(pair) for pair in found.pairs],
        "entries": [_entry(one) for one in found.entries],
    }


def summary_values(summaries: Iterable[Summary]) -> list[dict[str, Any]]:
    """Lists without anything about anybody."""
    return [
        {**_watchlist(one.watchlist), "n_by_status": one.n_by_status, "n_by_category": one.n_by_category}
        for one in summaries
    ]


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
        "alike": [asdict(pair) for pair in shown.alike],
        "needs_second": bool(because := second_approver_because(entry.category, entry.age_band)),
        "second_because": list(because),
        "pictures": [_picture(one) for one in shown.pictures],
    }


def _picture(picture: ReferencePicture) -> dict[str, Any]:
    values = {name: getattr(picture, name) for name in _PICTURE}
    return {**values, "measures": dict(picture.measures), "reasons": list(picture.reasons)}
