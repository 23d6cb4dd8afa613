"""Watchlists: looked at, reviewed, approved, withdrawn from, frozen; by whom the store lets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lfr_kit.errors import InputError
from lfr_kit.governance.roles import Actor
from lfr_kit.governance.vocabulary import EntryStatus
from lfr_kit.governance.watchlist_review import Statement
from lfr_kit.operations import watchlist_review as reviewing
from lfr_kit.operations.watchlist_freezing import freeze
from lfr_kit.operations.watchlist_pairs import find_pairs
from lfr_kit.operations.watchlists import create, summaries
from lfr_kit.ui.server.base import ApiHandler
from lfr_kit.ui.server.fields import ids, text, versions
from lfr_kit.ui.server.watchlist_values import Asked, listed, pairs, summary_values

if TYPE_CHECKING:
    from lfr_kit.store.store import Store

__all__ = ["PairsHandler", "WatchlistHandler", "WatchlistStepHandler", "WatchlistsHandler"]

_MOST_ENTRIES = 2_000


class WatchlistsHandler(ApiHandler):
    """All of them, or those of a deployment, as numbers."""

    async def get(self) -> None:
        """``?deployment=D`` chooses."""
        of = self.get_query_argument("deployment", "") or None
        found = await self.work(summaries, self.state.store, self.actor, of)
        self.reply({"watchlists": summary_values(found)})

    async def post(self) -> None:
        """Begins one for a deployment."""
        body = self.body()
        of, reason = text(body, "deployment_id", is_needed=True), text(body, "reason")
        made = await self.work(create, self.state.store, self.actor, of, justification=reason)
        self.reply({"watchlist_id": made.watchlist_id, "deployment_id": made.deployment_id}, 201)


class WatchlistHandler(ApiHandler):
    """One of them, with who is on it: a consultation, after which the pictures may be fetched for an hour."""

    async def get(self, watchlist_id: str) -> None:
        """Filtered by ``status`` and ``text``; ``first`` and ``most`` take a part of a long one."""
        assert self.visitor is not None
        asked = Asked(
            self._statuses(),
            self.get_query_argument("text", "")[:200],
            self._number("first", 0, 1_000_000),
            self._number("most", 500, _MOST_ENTRIES),
        )
        found = await self.work(listed, self.state.store, self.actor, watchlist_id, asked, self.reason())
        self.state.seen.note(self.visitor.session, *(f"entry:{one['entry_id']}" for one in found["entries"]))
        self.reply(found)

    def _statuses(self) -> list[EntryStatus]:
        said = [part for value in self.get_query_arguments("status") for part in value.split(",") if part]
        try:
            return [EntryStatus(one) for one in said]
        except ValueError:
            raise InputError(f"status: give some of {', '.join(EntryStatus)}") from None

    def _number(self, name: str, default: int, most: int) -> int:
        said = self.get_query_argument(name, str(default))
        if not said.isascii() or not said.isdigit() or len(said) > 9:
            raise InputError(f"{name}: give a whole number")
        return min(int(said), most)


class PairsHandler(ApiHandler):
    """Entries that look alike."""

    async def get(self, watchlist_id: str) -> None:
        """As they were last compared."""
        self.reply({"pairs": await self.work(pairs, self.state.store, self.actor, watchlist_id)})

    async def post(self, watchlist_id: str) -> None:
        """Compares everybody anew."""
        reason = text(self.body(), "reason")
        found = await self.work(find_pairs, self.state.store, self.actor, watchlist_id, justification=reason)
        self.reply({"pairs": [asdict(pair) for pair in found.pairs], "n_pairs": found.n_pairs})


class WatchlistStepHandler(ApiHandler):
    """What is done with entries, or with the whole list."""

    async def post(self, watchlist_id: str, step: str) -> None:
        """Does it for all of the entries named, or for none."""
        do = _STEPS[step](self.body())
        self.reply(await self.work(do, self.state.store, self.actor, watchlist_id))


_Do = Callable[["Store", Actor, str], dict[str, Any]]


def _review(body: dict[str, Any]) -> _Do:
    seen = versions(body, "entries")
    said = Statement(necessity=text(body, "necessity"), proportionality=text(body, "proportionality"))
    return lambda store, actor, of: _decided(reviewing.review(store, actor, of, seen, said))


def _refuse(body: dict[str, Any]) -> _Do:
    seen, reason = versions(body, "entries"), text(body, "reason")
    return lambda store, actor, of: _decided(reviewing.refuse(store, actor, of, seen, reason))


def _second(body: dict[str, Any]) -> _Do:
    seen, reason = versions(body, "entries"), text(body, "reason")
    return lambda store, actor, of: _decided(reviewing.approve_second(store, actor, of, seen, reason))


def _withdraw(body: dict[str, Any]) -> _Do:
    entries, reason = ids(body, "entries"), text(body, "reason")

    def do(store: Store, actor: Actor, of: str) -> dict[str, Any]:
        revision, decided = reviewing.withdraw(store, actor, of, entries, reason)
        return {"revision": revision, **_decided(decided)}

    return do


def _recheck(body: dict[str, Any]) -> _Do:
    entries, source = ids(body, "entries"), text(body, "source")
    return lambda store, actor, of: _decided(reviewing.recheck(store, actor, of, entries, source))


def _freeze(body: dict[str, Any]) -> _Do:
    reason = text(body, "reason")

    def do(store: Store, actor: Actor, of: str) -> dict[str, Any]:
        found = freeze(store, actor, of, justification=reason)
        return {
            "digest": found.digest,
            "n_entries": found.n_entries,
            "left_out": [{"entry_id": one.entry_id, "reasons": list(one.reasons)} for one in found.left_out],
        }

    return do


_STEPS: dict[str, Callable[[dict[str, Any]], _Do]] = {
    "review": _review,
    "refuse": _refuse,
    "second": _second,
    "withdraw": _withdraw,
    "recheck": _recheck,
    "freeze": _freeze,
}


def _decided(decided: list[reviewing.Decided]) -> dict[str, Any]:
    return {"entries": [{"entry_id": one.entry_id, "status": str(one.status)} for one in decided]}
