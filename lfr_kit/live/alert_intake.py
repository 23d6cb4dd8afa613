"""Alerts of a run on their way to people: into the store, else sealed into the spool, else kept in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lfr_kit.errors import GovernanceError, KeyDestroyedError, LfrError, NotInStoreError
from lfr_kit.records import Alert

if TYPE_CHECKING:
    from lfr_kit.store.repository.alerts import PendingAlert
    from lfr_kit.store.store import Store

__all__ = ["AlertIntake"]


class AlertIntake:
    """Takes alerts for one deployment.

    Parameters
    ----------
    store, deployment_id
        Where they go.
    on_alert
        Told of each alert once it is in the store, not before. One that had to wait is only named in `stored_ids`.

    Attributes
    ----------
    stored_ids
        Of alerts in the store.
    refused
        Alerts that the store refused, by kind of error.
    fault
        Why alerts wait; None while none does.
    """

    def __init__(self, store: Store, deployment_id: str, on_alert: Callable[[Alert], None]) -> None:
        from lfr_kit.operations.spooling import open_spool

        self.stored_ids: list[str] = []
        self.refused: Counter[str] = Counter()
        self.fault: LfrError | None = None
        self._store = store
        self._on_alert = on_alert
        self._spool = open_spool(store, deployment_id)
        self._unsaved: list[PendingAlert] = []
        self.folder = self._spool.folder.parent

    @property
    def n_waiting(self) -> int:
        """Alerts that wait sealed in the spool, or in memory where even that is full."""
        return len(self._spool.waiting()) + len(self._unsaved)

    @property
    def n_unsaved(self) -> int:
        """Those that neither store nor spool took: gone if the process ends now."""
        return len(self._unsaved)

    def take(self, alerts: Sequence[Alert]) -> None:
        """Stores them, after those that could be kept nowhere before."""
        from lfr_kit.operations.spooling import Place, raise_or_spool

        waiting: list[Alert | PendingAlert] = [*self._unsaved, *alerts]
        self._unsaved = []
        for alert in waiting:
            try:
                raised = raise_or_spool(self._store, self._spool, alert)
            except (GovernanceError, NotInStoreError, KeyDestroyedError) as refused:
                self.refused[type(refused).__name__] += 1
                continue
            self.fault = raised.error
            self.stored_ids += raised.arrived
            if raised.place is Place.MEMORY:
                self._unsaved.append(raised.pending)
            elif raised.place is Place.STORE:
                self.stored_ids.append(alert.alert_id)
                if isinstance(alert, Alert):
                    self._on_alert(alert)

    def drain(self) -> list[str]:
        """What waited in the spool, into the store; the ids that arrived. `fault` says why others still wait."""
        from lfr_kit.operations.spooling import drain

        if not self._spool.waiting():
            return []
        drained = drain(self._store, self._spool)
        self.fault = drained.error
        self.stored_ids += drained.arrived
        return list(drained.arrived)
