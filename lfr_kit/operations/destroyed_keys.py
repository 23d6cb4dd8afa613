"""Keys of one deletion: which are destroyed, and the pieces by which their residue is looked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from lfr_kit.store.repository import alert_retention as alert_rows
from lfr_kit.store.residue import Mark, MarkKind, marks_of
from lfr_kit.store.store import Act
from lfr_kit.store.tables.keys import data_keys

__all__ = ["DestroyedKeys"]


class DestroyedKeys:
    """Destroys keys within an act and keeps what must be known of them.

    Parameters
    ----------
    act
        Open; its end makes the destruction final, its failure undoes it.

    Attributes
    ----------
    ids
        Of the data keys destroyed so far.
    marks
        Pieces of them as they were wrapped.
    """

    def __init__(self, act: Act) -> None:
        self._act = act
        self.ids: list[str] = []
        self.marks: list[Mark] = []

    def destroy(self, scope: str) -> None:
        """Destroys the key of a scope, if it has one."""
        row = self._act.connection.execute(select(data_keys).where(data_keys.c.scope == scope)).one_or_none()
        if row is not None:
            wrapped = self._act.vault.destroy(self._act.connection, scope, self._act.at) or b""
            self.ids.append(row.key_id)
            self.marks += marks_of(MarkKind.WRAPPED_KEY, row.master_key_id, wrapped)

    def of_watchlists(self, watchlist_ids: Iterable[str]) -> None:
        """Those of lists that go."""
        for watchlist_id in watchlist_ids:
            self.destroy(f"watchlist:{watchlist_id}")

    def of_released(self, alert_ids: Sequence[str]) -> None:
        """Those of holds that hold nothing but these alerts."""
        for hold_id in alert_rows.holds_emptied(self._act.connection, alert_ids):
            self.destroy(f"hold:{hold_id}")

    def of_alerts(self, deployment_id: str, going: Sequence[str]) -> None:
        """That of alerts that go, if any; those whose time has not come are sealed under a fresh one."""
        if not going:
            return
        act, scope = self._act, f"deployment:{deployment_id}"
        staying = sorted(set(alert_rows.unheld_alerts(act.connection, deployment_id)) - set(going))
        old = act.key(scope) if staying else None
        self.destroy(scope)
        if old is not None:
            new = act.vault.new_key(act.connection, scope, act.at)
            alert_rows.reseal_alerts(act.connection, staying, (old, new))
