"""What gives a running engine its right to look, asked before every frame.

The deployment is open, its window has not ended, an officer is present on the ground, and nobody was taken off
the list since: a few rows. While the store does not answer, the last answer holds for a while - alerts wait in the
spool meanwhile - and then no longer; never beyond the end of the window, nor longer after the last sign of life
from the ground than it ever does, which this machine's clock tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lfr_kit.config import settings
from lfr_kit.errors import StoreBusyError, WatchlistError
from lfr_kit.governance.deployment_state import due_step
from lfr_kit.governance.presence import Checked, present_at, why_nobody
from lfr_kit.governance.vocabulary import DeploymentState

if TYPE_CHECKING:
    from lfr_kit.operations.watchlists import Gallery
    from lfr_kit.store.repository.deployments import Standing
    from lfr_kit.store.repository.presence import CheckedIn
    from lfr_kit.store.store import Store

__all__ = ["Answer", "RightToLook"]

HOLDS_WITHOUT_STORE_S = 60.0
"""How long the last answer of a store that is away holds: longer, and a closed deployment would go on looking."""


@dataclass(frozen=True)
class Answer:
    """What holds for the next frame.

    Attributes
    ----------
    state
        Of the deployment; faces may be compared while it is OPEN.
    threshold
        In force; two people may have changed it.
    withdrawn
        Entry ids to be searched no longer, since the last answer.
    why_not
        Why faces may not be compared; empty if they may.
    may_come_back
        Whether they may again without a new start: the engine waits in the dark then, else it ends.
    present
        Who is on the ground.
    """

    state: DeploymentState
    threshold: float
    withdrawn: tuple[str, ...] = ()
    why_not: str = ""
    may_come_back: bool = False
    present: tuple[Checked, ...] = ()

    @property
    def may_look(self) -> bool:
        """Whether the next frame may be looked at."""
        return not self.why_not


class RightToLook:
    """Asks the store for one deployment and its gallery.

    Parameters
    ----------
    store, deployment_id
        Whom to ask, and about what.
    watchlist_id, gallery
        What was loaded to be searched.
    """

    def __init__(self, store: Store, deployment_id: str, watchlist_id: str, gallery: Gallery) -> None:
        self._store = store
        self._deployment_id = deployment_id
        self._watchlist_id = watchlist_id
        self._revision = gallery.revision
        self._expiries = list(gallery.expiries)
        self._searched = set(gallery.reference_ids)
        self._lost_after_s = settings().live.presence_lost_after_s
        self._last: tuple[Standing, CheckedIn] | None = None
        self._answered_at: datetime | None = None

    def ask(self) -> Answer:
        """The answer for the next frame.

        Raises
        ------
        StoreBusyError
            If the store was away from the start.
        """
        from lfr_kit.operations.deployment_steps import tick
        from lfr_kit.operations.presence import checked_in

        now = self._store.clock()
        expired = self._expired(now)
        try:
            standing = tick(self._store, self._deployment_id)
            there = checked_in(self._store, self._deployment_id)
            withdrawn = self._withdrawn()
        except StoreBusyError:
            if self._last is None or self._answered_at is None:
                raise
            return self._without_store(*self._last, self._answered_at, now, self._leaving(expired))
        except WatchlistError as gone:
            return Answer(DeploymentState.CLOSED, float("inf"), why_not=str(gone))
        self._answered_at, self._last = now, (standing, there)
        return self._answer(standing, there, now, self._leaving([*expired, *withdrawn]))

    def _answer(
        self, standing: Standing, there: CheckedIn, now: datetime, leaving: tuple[str, ...], why_not: str = ""
    ) -> Answer:
        """By state first, then `why_not`, then by who is present."""
        nobody = why_nobody(there.checked, now, self._lost_after_s, there.n_refused)
        return Answer(
            standing.state,
            standing.threshold,
            leaving,
            _why_closed(standing) or why_not or nobody,
            may_come_back=standing.state in _GO_ON,
            present=present_at(there.checked, now, self._lost_after_s),
        )

    def _withdrawn(self) -> Sequence[str]:
        from lfr_kit.operations.watchlists import withdrawn_since

        self._revision, withdrawn = withdrawn_since(self._store, self._watchlist_id, self._revision)
        return withdrawn

    def _expired(self, now: datetime) -> list[str]:
        n_due = sum(at <= now for at, _ in self._expiries)
        due, self._expiries = self._expiries[:n_due], self._expiries[n_due:]
        return [entry_id for _, entry_id in due]

    def _leaving(self, entry_ids: Sequence[str]) -> tuple[str, ...]:
        leaving = tuple(dict.fromkeys(entry_id for entry_id in entry_ids if entry_id in self._searched))
        self._searched.difference_update(leaving)
        return leaving

    def _without_store(
        self,
        last: Standing,
        there: CheckedIn,
        answered_at: datetime,
        now: datetime,
        leaving: tuple[str, ...],
    ) -> Answer:
        """The last answer; after a while of silence none, until the store is back."""
        due = due_step(last, now)
        if due is not None:
            return Answer(last.state, last.threshold, leaving, due[1])
        if answered_at <= now <= answered_at + timedelta(seconds=HOLDS_WITHOUT_STORE_S):
            return self._answer(last, there, now, leaving)
        seconds = (now - answered_at).total_seconds()
        silent = f"the store has not answered for {seconds:.0f} s: nobody knows whether it is still open"
        return self._answer(last, there, now, leaving, silent)


_GO_ON = frozenset({DeploymentState.OPEN, DeploymentState.PAUSED})


def _why_closed(standing: Standing) -> str:
    return "" if standing.state is DeploymentState.OPEN else f"the deployment is {standing.state}"
