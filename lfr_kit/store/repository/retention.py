"""What has a clock, what goes when it runs out, and the pieces by which its residue is looked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, func, select

from lfr_kit.errors import KeyDestroyedError, TamperedError
from lfr_kit.governance.deletion_certificate import rows_digest
from lfr_kit.governance.recording import footage_item
from lfr_kit.governance.retention import (
    Item,
    RetentionClass,
    deployment_end,
    period,
    start_of_day_after,
    watchlist_clock,
)
from lfr_kit.governance.vocabulary import DeploymentState, RetentionProfile, WatchlistState
from lfr_kit.store.repository import blue_list as blue_rows
from lfr_kit.store.repository import recordings
from lfr_kit.store.repository.alert_retention import in_parts
from lfr_kit.store.residue import Mark, MarkKind, marks_of
from lfr_kit.store.tables.alerts import alert_events, alert_shots, alerts
from lfr_kit.store.tables.blue_list import blue_list
from lfr_kit.store.tables.deployments import deployments
from lfr_kit.store.tables.retention import certificates, holds, residue_marks
from lfr_kit.store.tables.users import sessions
from lfr_kit.store.tables.watchlists import entries, inclusion_ledger, pictures, watchlists
from lfr_kit.store.vault import DataKey, Vault

__all__ = [
    "Collected",
    "DeploymentClock",
    "collect",
    "deployment_clock",
    "deployment_state",
    "is_empty",
    "items",
    "joined",
]

_BATCH = 200


@dataclass(frozen=True, kw_only=True)
class DeploymentClock:
    """What of a deployment sets clocks.

    Attributes
    ----------
    deployment_id, state, profile
        Of the deployment.
    ends_at
        When its window ends, or None.
    ended_at
        When it ended, or None while it is ahead or under way.
    """

    deployment_id: str
    state: DeploymentState
    profile: RetentionProfile
    ends_at: datetime | None
    ended_at: datetime | None

    @property
    def may_be_purged(self) -> bool:
        """Whether it is closed or aborted."""
        return self.state in (DeploymentState.CLOSED, DeploymentState.ABORTED)


@dataclass
class Collected:
    """What is known of rows that are to go, for the certificate and for the search.

    Attributes
    ----------
    marks
        Pieces of them.
    digests
        Table -> row id -> SHA-256 of the row's ciphertext.
    """

    marks: list[Mark] = field(default_factory=list)
    digests: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def rows_digests(self) -> dict[str, str]:
        """Table -> digest over its rows, see `rows_digest`."""
        return {table: rows_digest(rows) for table, rows in sorted(self.digests.items())}

    def add(self, table: str, row_id: str, sealed: bytes) -> None:
        """Notes a row."""
        self.digests.setdefault(table, {})[row_id] = hashlib.sha256(sealed).digest()


def deployment_clock(connection: Connection, deployment_id: str, now: datetime) -> DeploymentClock | None:
    """The clock of one deployment, its row locked; None if there is none."""
    query = _deployment_columns().where(deployments.c.deployment_id == deployment_id).with_for_update()
    row = connection.execute(query).one_or_none()
    return None if row is None else _clock(row, now)


def deployment_state(connection: Connection, deployment_id: str) -> DeploymentState | None:
    """Where a deployment stands; None if there is none."""
    query = select(deployments.c.state).where(deployments.c.deployment_id == deployment_id)
    state = connection.execute(query).scalar_one_or_none()
    return None if state is None else DeploymentState(state)


def items(connection: Connection, now: datetime) -> list[Item]:
    """Everything that has a clock, due or not; of ledger and sessions only what is due."""
    clocks = {row.deployment_id: _clock(row, now) for row in connection.execute(_deployment_columns())}
    return [
        *_watchlists(connection, clocks, now),
        *_blue_lists(connection, clocks, now),
        *_alerts(connection, clocks),
        *_empty_deployments(connection, clocks),
        *_footage(connection, clocks),
        *_ledger(connection, now),
        *_marks(connection),
        *_sessions(connection, now),
    ]


def _deployment_columns() -> Any:
    table = deployments.c
    return select(table.deployment_id, table.state, table.retention_profile, table.ends_at, table.closed_at)


def _clock(row: Row[Any], now: datetime) -> DeploymentClock:
    state = DeploymentState(row.state)
    return DeploymentClock(
        deployment_id=row.deployment_id,
        state=state,
        profile=RetentionProfile(row.retention_profile),
        ends_at=row.ends_at,
        ended_at=deployment_end(state, row.ends_at, row.closed_at, now),
    )


def _watchlists(connection: Connection, clocks: dict[str, DeploymentClock], now: datetime) -> Iterator[Item]:
    table = watchlists.c
    query = select(table.watchlist_id, table.deployment_id, table.created_at)
    for row in connection.execute(query.where(table.state != str(WatchlistState.DELETED))):
        clock = clocks.get(row.deployment_id)
        of_deployment = (None, False) if clock is None else (clock.ended_at, clock.ends_at is not None)
        yield Item(
            kind=RetentionClass.WATCHLIST,
            item_id=row.watchlist_id,
            deployment_id=row.deployment_id,
            started_at=watchlist_clock(row.created_at, of_deployment, now),
            lasts=period(RetentionClass.WATCHLIST, None if clock is None else clock.profile),
        )


def _blue_lists(connection: Connection, clocks: dict[str, DeploymentClock], now: datetime) -> Iterator[Item]:
    """They go when their deployment's watchlist does."""
    for deployment_id, begun_at in blue_rows.first_enrolled_at(connection).items():
        clock = clocks[deployment_id]
        yield Item(
            kind=RetentionClass.BLUE_LIST,
            item_id=deployment_id,
            deployment_id=deployment_id,
            started_at=watchlist_clock(begun_at, (clock.ended_at, clock.ends_at is not None), now),
            lasts=period(RetentionClass.BLUE_LIST, clock.profile),
        )


def _alerts(connection: Connection, clocks: dict[str, DeploymentClock]) -> Iterator[Item]:
    query = select(
        alerts.c.alert_id, alerts.c.deployment_id, alerts.c.raised_at, alerts.c.hold_id, holds.c.released_at
    ).outerjoin(holds, holds.c.hold_id == alerts.c.hold_id)
    for row in connection.execute(query):
        clock = clocks[row.deployment_id]
        is_released = row.released_at is not None
        ended_at = clock.ended_at
        yield Item(
            kind=RetentionClass.RELEASED_ALERT if is_released else RetentionClass.ALERT,
            item_id=row.alert_id,
            deployment_id=row.deployment_id,
            started_at=None if ended_at is None else row.raised_at,
            lasts=period(RetentionClass.ALERT, clock.profile),
            not_before=max(filter(None, (ended_at, row.released_at)), default=None),
            hold_id=None if is_released else row.hold_id,
        )


def _empty_deployments(connection: Connection, clocks: dict[str, DeploymentClock]) -> Iterator[Item]:
    """Deployments that are over and hold neither list nor alert, but are not purged."""
    for clock in clocks.values():
        if clock.may_be_purged and is_empty(connection, clock.deployment_id):
            yield Item(
                kind=RetentionClass.DEPLOYMENT,
                item_id=clock.deployment_id,
                deployment_id=clock.deployment_id,
                started_at=clock.ended_at,
                lasts=period(RetentionClass.DEPLOYMENT, clock.profile),
            )


def _footage(connection: Connection, clocks: dict[str, DeploymentClock]) -> Iterator[Item]:
    """Recorded footage has a clock of its own: no alert and no list waits for it, nor it for them."""
    first_at = recordings.first_at(connection)
    for segment, released_at in recordings.segments_with_release(connection):
        profile = clocks[segment.deployment_id].profile
        yield footage_item(segment, first_at[segment.deployment_id], profile, released_at)


def _ledger(connection: Connection, now: datetime) -> Iterator[Item]:
    days = connection.execute(
        select(inclusion_ledger.c.expires_on).where(inclusion_ledger.c.expires_on < now.date()).distinct()
    )
    for day in days.scalars():
        yield Item(
            kind=RetentionClass.INCLUSION_LEDGER,
            item_id=day.isoformat(),
            started_at=start_of_day_after(day),
            lasts=period(RetentionClass.INCLUSION_LEDGER),
        )


def _marks(connection: Connection) -> Iterator[Item]:
    query = select(certificates.c.certificate_id, certificates.c.at).join(
        residue_marks, residue_marks.c.certificate_id == certificates.c.certificate_id
    )
    for row in connection.execute(query.distinct()):
        yield Item(
            kind=RetentionClass.RESIDUE_MARKS,
            item_id=row.certificate_id,
            started_at=row.at,
            lasts=period(RetentionClass.RESIDUE_MARKS),
        )


def _sessions(connection: Connection, now: datetime) -> Iterator[Item]:
    over = connection.execute(select(func.max(sessions.c.expires_at)).where(sessions.c.expires_at <= now))
    latest = over.scalar_one()
    if latest is not None:
        yield Item(
            kind=RetentionClass.SESSION,
            item_id="expired",
            started_at=latest,
            lasts=period(RetentionClass.SESSION),
        )


def is_empty(connection: Connection, deployment_id: str) -> bool:
    """Whether neither an alert, a watchlist nor a blue list of the deployment is left."""
    n_alerts = select(func.count()).where(alerts.c.deployment_id == deployment_id)
    n_lists = select(func.count()).where(
        watchlists.c.deployment_id == deployment_id, watchlists.c.state != str(WatchlistState.DELETED)
    )
    n_blue = select(func.count()).where(blue_list.c.deployment_id == deployment_id)
    return not any(connection.execute(each).scalar_one() for each in (n_alerts, n_lists, n_blue))


_SEALED: dict[str, tuple[Table, Column[Any], dict[str, MarkKind | None]]] = {
    "watchlist_pictures": (
        pictures,
        pictures.c.watchlist_id,
        {"picture": MarkKind.PICTURE, "template": MarkKind.TEMPLATE},
    ),
    "blue_list": (blue_list, blue_list.c.deployment_id, {"template": MarkKind.TEMPLATE, "details": None}),
    "watchlist_entries": (entries, entries.c.watchlist_id, {"details": None, "review": None}),
    "alerts": (
        alerts,
        alerts.c.alert_id,
        {"probe": MarkKind.PICTURE, "reference": MarkKind.PICTURE, "details": None},
    ),
    "alert_events": (alert_events, alert_events.c.alert_id, {"note": None}),
    "alert_shots": (alert_shots, alert_shots.c.alert_id, {"picture": MarkKind.PICTURE}),
}
"""What is collected -> its table, the column that chooses rows, and its sealed columns with what they are."""


def collect(connection: Connection, vault: Vault, scope: str, chosen: dict[str, Sequence[str]]) -> Collected:
    """Digests and marks of rows that are to go.

    Parameters
    ----------
    scope
        Whose key seals them; where it is destroyed already only ciphertext is noted.
    chosen
        Key of `_SEALED` -> ids in its choosing column.
    """
    collected = Collected()
    key = _key_or_none(connection, vault, scope)
    for what, ids in chosen.items():
        for part in in_parts(list(ids)):
            _collect_rows(connection, key, what, part, collected)
    return collected


def _collect_rows(
    connection: Connection, key: DataKey | None, what: str, ids: Sequence[str], into: Collected
) -> None:
    table, chooser, columns = _SEALED[what]
    names = [column for column in table.primary_key] + [table.c[f"sealed_{name}"] for name in columns]
    query = select(*names).where(chooser.in_(ids)).execution_options(yield_per=_BATCH)
    for row in connection.execute(query):
        row_id = ":".join(str(row._mapping[column.name]) for column in table.primary_key)
        pieces = {name: row._mapping[f"sealed_{name}"] for name in columns}
        into.add(table.name, row_id, b"".join(bytes(each) for each in pieces.values() if each is not None))
        for name, sealed in pieces.items():
            if sealed is not None:
                _mark(key, f"{table.name}:{row_id}:{name}", bytes(sealed), columns[name], into)


def _mark(key: DataKey | None, about: str, sealed: bytes, kind: MarkKind | None, into: Collected) -> None:
    into.marks += marks_of(MarkKind.CIPHERTEXT, "" if key is None else key.key_id, sealed, n=1)
    if key is None or kind is None:
        return
    try:
        into.marks += marks_of(kind, "", key.open(sealed, about))
    except TamperedError:
        return  # what does not open goes all the same; its ciphertext is marked


def _key_or_none(connection: Connection, vault: Vault, scope: str) -> DataKey | None:
    try:
        return vault.key(connection, scope)
    except KeyDestroyedError:
        return None


def joined(parts: Sequence[Collected]) -> Collected:
    """Several as one."""
    whole = Collected()
    for part in parts:
        whole.marks += part.marks
        for table, rows in part.digests.items():
            whole.digests.setdefault(table, {}).update(rows)
    return whole
