"""A deployment with a list and alerts, closed, for tests of what is deleted when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from alerted import Opened, shot
from governed import FakeClock, person, put_user
from sqlalchemy import select

from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.operations.alert_shots import keep_shots
from lfr_kit.operations.alerts import raise_alert
from lfr_kit.operations.holds import HoldRequest
from lfr_kit.store.repository import alert_shots as shot_rows
from lfr_kit.store.repository import alerts as alert_rows
from lfr_kit.store.repository.alert_shots import FurtherShot
from lfr_kit.store.store import Store
from lfr_kit.store.tables.alerts import alerts
from lfr_kit.store.tables.deployments import deployments
from lfr_kit.store.tables.watchlists import entries, pictures, watchlists

SILVER, OTHER_SILVER = person(Role.SILVER), person(Role.SILVER, name="silver-2")
GOLD, MANAGER = person(Role.GOLD), person(Role.WATCHLIST_MANAGER)
WHY = "retention periods"
add_user = put_user


@dataclass
class Lived:
    """A deployment of three hours with three people on its list and these alerts, closed now."""

    store: Store
    clock: FakeClock
    opened: Opened
    alert_ids: list[str]

    @property
    def deployment_id(self) -> str:
        return self.opened.deployment_id

    @property
    def watchlist_id(self) -> str:
        return self.opened.watchlist_id

    def state(self) -> str:
        return self._one(select(deployments.c.state).where(deployments.c.deployment_id == self.deployment_id))

    def watchlist_state(self) -> str:
        return self._one(select(watchlists.c.state).where(watchlists.c.watchlist_id == self.watchlist_id))

    def alerts_left(self) -> list[str]:
        with self.store.reading() as connection:
            of_it = select(alerts.c.alert_id).where(alerts.c.deployment_id == self.deployment_id)
            return sorted(connection.execute(of_it).scalars())

    def rows_left(self) -> int:
        with self.store.reading() as connection:
            return sum(len(connection.execute(select(table)).all()) for table in (entries, pictures))

    def faces(self, alert_id: str) -> alert_rows.AlertFaces:
        """The pictures of an alert, opened."""
        with self.store.reading() as connection:
            stored = alert_rows.alert(connection, alert_id)
            key = self.store.vault.key(connection, alert_rows.scope_of(stored))
            return alert_rows.faces(connection, key, alert_id)

    def further(self, alert_id: str) -> list[FurtherShot]:
        """Its further pictures, opened."""
        with self.store.reading() as connection:
            stored = alert_rows.alert(connection, alert_id)
            key = self.store.vault.key(connection, alert_rows.scope_of(stored))
            return shot_rows.of_alert(connection, key, alert_id)

    def _one(self, query: Any) -> Any:
        with self.store.reading() as connection:
            return connection.execute(query).scalar_one()


def lived(store: Store, clock: FakeClock, *, deployment_id: str = "D-0000000001", n_alerts: int = 2) -> Lived:
    """An hour between alerts, each of another person, with one further picture; closed an hour after the last."""
    opened = Opened(store, deployment_id)
    alert_ids = []
    for n in range(n_alerts):
        clock.advance(hours=1)
        alert = opened.alert(n % 3, f"A-{deployment_id[2:]}-{n}", shot=shot(at=clock.now, seed=n))
        alert_ids.append(raise_alert(store, deployment_id, alert))
        keep_shots(store, alert_ids[-1], [shot(at=clock.now + timedelta(seconds=1), seed=50 + n)])
    clock.advance(hours=1)
    opened.move(DeploymentState.CLOSED, closed_at=clock.now)
    return Lived(store, clock, opened, alert_ids)


def hold_request(clock: FakeClock, **changes: Any) -> HoldRequest:
    """A hold to be reviewed by silver-2 in thirty days."""
    given = {
        "case_ref": "CR/26/1234",
        "reason": "evidence in a robbery trial",
        "reviewer": "silver-2",
        "review_on": (clock.now + timedelta(days=30)).date(),
    }
    return HoldRequest(**given | changes)
