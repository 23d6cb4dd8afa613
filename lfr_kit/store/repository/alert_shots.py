"""Further pictures of the track an alert was raised on: rows in, pictures out, sealed as the alert is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from lfr_kit.store.tables.alerts import alert_shots, alerts
from lfr_kit.store.vault import DataKey

__all__ = ["FurtherShot", "add", "count", "counts", "of_alert"]


@dataclass(frozen=True, kw_only=True)
class FurtherShot:
    """One of them.

    Attributes
    ----------
    seq
        From 1, in the order in which they were kept; 0 = not kept yet.
    captured_at
        When the camera took it, UTC.
    quality
        0..100.
    jpeg
        The face alone, without metadata.
    """

    seq: int = 0
    captured_at: datetime
    quality: float
    jpeg: bytes = field(repr=False)


def add(connection: Connection, key: DataKey, alert_id: str, shots: Sequence[FurtherShot], most: int) -> list[int]:
    """Keeps shots of moments of which there is none yet, until there are `most`; what they are numbered.

    Parameters
    ----------
    key
        Of the scope that seals the alert. Call with the alert locked.
    """
    there = select(alert_shots.c.seq, alert_shots.c.captured_at).where(alert_shots.c.alert_id == alert_id)
    kept = {row.captured_at: row.seq for row in connection.execute(there)}
    added = []
    for shot in shots:
        if shot.captured_at in kept or len(kept) >= most:
            continue
        seq = kept[shot.captured_at] = max(kept.values(), default=0) + 1
        connection.execute(
            insert(alert_shots).values(
                alert_id=alert_id,
                seq=seq,
                captured_at=shot.captured_at,
                quality=shot.quality,
                sealed_picture=key.seal(shot.jpeg, _about(alert_id, seq)),
            )
        )
        added.append(seq)
    return added


def of_alert(connection: Connection, key: DataKey, alert_id: str) -> list[FurtherShot]:
    """All of an alert, opened, in the order in which they were kept."""
    query = select(alert_shots).where(alert_shots.c.alert_id == alert_id).order_by(alert_shots.c.seq)
    return [
        FurtherShot(
            seq=row.seq,
            captured_at=row.captured_at,
            quality=row.quality,
            jpeg=key.open(row.sealed_picture, _about(alert_id, row.seq)),
        )
        for row in connection.execute(query)
    ]


def count(connection: Connection, alert_id: str) -> int:
    """How many an alert has."""
    query = select(func.count()).where(alert_shots.c.alert_id == alert_id)
    return connection.execute(query).scalar_one()


def counts(connection: Connection, deployment_id: str) -> dict[str, int]:
    """Alert -> how many it has, of a deployment's; one that has none is not in it."""
    query = (
        select(alert_shots.c.alert_id, func.count().label("n"))
        .join(alerts, alerts.c.alert_id == alert_shots.c.alert_id)
        .where(alerts.c.deployment_id == deployment_id)
    )
    return {row.alert_id: row.n for row in connection.execute(query.group_by(alert_shots.c.alert_id))}


def _about(alert_id: str, seq: int) -> str:
    return f"alert_shots:{alert_id}:{seq}:picture"
