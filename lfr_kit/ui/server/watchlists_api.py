"""Watchlists: looked at, reviewed, approved, withdrawn from, frozen; by whom the store lets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lfr_kit.errors import WatchlistError
from lfr_kit.governance.roles import Actor
from lfr_kit.governance.watchlist_review import Statement
from lfr_kit.operations import watchlist_review as reviewing
from lfr_kit.operations.seen_pictures import pictures_to_see
from lfr_kit.operations.watchlist_freezing import freeze
from lfr_kit.operations.watchlist_pairs import find_pairs
from lfr_kit.operations.watchlists import create, summaries
from lfr_kit.ui.server.base import ApiHandler
from lfr_kit.ui.server.entries_asked import MOST_ENTRIES, number, wanted_entries
from lfr_kit.ui.server.fields import ids, text, versions
from lfr_kit.ui.server.watchlist_values import listed, pairs, summary_values

if TYPE_CHECKING:
    from lfr_kit.store.store import Store

__all__ = ["PairsHandler", "WatchlistHandler", "WatchlistStepHandler", "WatchlistsHandler"]


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


class _EntriesHandler(ApiHandler):
    def note_seen(self, entries: list[dict[str, Any]]) -> None:
        """Their pictures may be fetched for an hour."""
        assert self.visitor is not None
        self.state.seen.note(self.visitor.session, *(f"entry:{one['entry_id']}" for one in entries))


class WatchlistHandler(_EntriesHandler):
    """One of them, with who is on it: a consultation, after which the pictures may be fetched for an hour."""

    async def get(self, watchlist_id: str) -> None:
        """Filtered, ordered and in parts, see `wanted_entries`."""
        wanted = wanted_entries(self.get_query_arguments, self.actor.user_id, self.state.store.clock())
        found = await self.work(listed, self.state.store, self.actor, watchlist_id, wanted, self.reason())
        self.note_seen(found["entries"])
        self.reply(found)


class PairsHandler(_EntriesHandler):
    """Entries that look alike."""

    async def get(self, watchlist_id: str) -> None:
        """As they were last compared, the most alike first; ``first`` and ``most`` take a part."""
        await self._send(watchlist_id, self.reason())

    async def post(self, watchlist_id: str) -> None:
        """Compares everybody anew."""
        reason = text(self.body(), "reason")
        await self.work(find_pairs, self.state.store, self.actor, watchlist_id, justification=reason)
        await self._send(watchlist_id, reason)

    async def _send(self, watchlist_id: str, reason: str) -> None:
        given = self.get_query_arguments
        page = (number(given, "first", 0, 1_000_000), number(given, "most", 20, MOST_ENTRIES))
        found = await self.work(pairs, self.state.store, self.actor, watchlist_id, page, reason)
        self.note_seen(found["entries"])
        self.reply(found)


class WatchlistStepHandler(ApiHandler):
    """What is done with entries, or with the whole list."""

    async def post(self, watchlist_id: str, step: str) -> None:
        """Does it for all of the entries named, or for none."""
        body = self.body()
        do = _STEPS[step](body)
        if step in _APPROVALS:
            self._check_looked_at(
                await self.work(pictures_to_see, self.state.store, self.actor, list(body["entries"]))
            )
        self.reply(await self.work(do, self.state.store, self.actor, watchlist_id))

    def _check_looked_at(self, pictures: dict[str, str]) -> None:
        """WatchlistError if this session was not sent each of these pictures within the hour."""
        assert self.visitor is not None
        for picture_id, entry_id in pictures.items():
            if not self.state.seen.has(self.visitor.session, f"picture:{picture_id}"):
                raise WatchlistError(f"entry {entry_id}: look at each of its pictures first; then decide")


_Do = Callable[["Store", Actor, str], dict[str, Any]]


def _review(body: dict[str, Any]) -> _Do:
    seen = versions(body, "entries")
    said = Statement(necessity=text(body, "necessity"), proportionality=text(body, "proportionality"))
    return lambda store, actor, of: _decided(reviewing.review(store, actor, of, seen, said))


def _with_reason(operation: Callable[..., list[reviewing.Decided]]) -> Callable[[dict[str, Any]], _Do]:
    """Of entries as they were seen, with a reason."""

    def read(body: dict[str, Any]) -> _Do:
        seen, reason = versions(body, "entries"), text(body, "reason")
        return lambda store, actor, of: _decided(operation(store, actor, of, seen, reason))

    return read


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
    "refuse": _with_reason(reviewing.refuse),
    "send-back": _with_reason(reviewing.send_back),
    "second": _with_reason(reviewing.approve_second),
    "withdraw": _withdraw,
    "recheck": _recheck,
    "freeze": _freeze,
}
_APPROVALS = frozenset({"review", "second"})


def _decided(decided: list[reviewing.Decided]) -> dict[str, Any]:
    return {"entries": [{"entry_id": one.entry_id, "status": str(one.status)} for one in decided]}
