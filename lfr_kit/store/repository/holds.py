"""Legal holds: rows and records. The case and the reason are sealed under the ``store`` key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Row, func, insert, select, update

from lfr_kit.errors import NotInStoreError
from lfr_kit.governance.retention import Hold
from lfr_kit.store.tables.alerts import alerts
from lfr_kit.store.tables.recordings import recording_segments
from lfr_kit.store.tables.retention import holds
from lfr_kit.store.vault import DataKey

__all__ = ["alerts_of_same_person", "hold", "holds_in_force", "insert_hold", "n_held", "release", "renew"]


def insert_hold(connection: Connection, key: DataKey, new: Hold, key_id: str) -> None:
    """A new hold; `key` is that of the scope ``store``, `key_id` that of its own; of footage it has none."""
    connection.execute(
        insert(holds).values(
            hold_id=new.hold_id,
            subject=f"alert:{new.alert_ids[0]}" if new.alert_ids else f"recording:{new.segment_ids[0]}",
            deployment_id=new.deployment_id,
            key_id=key_id,
            sealed_reason=key.seal_json({"case": new.case_ref, "reason": new.reason}, _about(new.hold_id)),
            placed_by=new.placed_by,
            placed_at=new.placed_at,
            reviewer=new.reviewer,
            review_on=new.review_on,
        )
    )


def hold(connection: Connection, hold_id: str, key: DataKey | None = None) -> Hold:
    """A hold; with the key of the scope ``store`` also its case and reason. NotInStoreError if none."""
    row = connection.execute(select(holds).where(holds.c.hold_id == hold_id)).one_or_none()
    if row is None:
        raise NotInStoreError(f"hold {hold_id}: there is none; see: lfr retention holds")
    return _hold(connection, row, key)


def holds_in_force(connection: Connection, key: DataKey | None = None) -> list[Hold]:
    """Holds that are not released, the one to be reviewed first first."""
    rows = connection.execute(
        select(holds).where(holds.c.released_at.is_(None)).order_by(holds.c.review_on, holds.c.hold_id)
    ).all()
    return [_hold(connection, row, key) for row in rows]


def release(connection: Connection, hold_id: str, by: str, at: datetime) -> bool:
    """Ends a hold; False if somebody did before."""
    in_force = holds.c.hold_id == hold_id, holds.c.released_at.is_(None)
    return connection.execute(update(holds).where(*in_force).values(released_by=by, released_at=at)).rowcount == 1


def renew(connection: Connection, hold_id: str, review_on: date) -> None:
    """Sets the next day of review."""
    connection.execute(update(holds).where(holds.c.hold_id == hold_id).values(review_on=review_on))


def n_held(connection: Connection, deployment_id: str) -> int:
    """How many alerts and segments of footage of a deployment are under a hold in force."""
    in_force = select(holds.c.hold_id).where(holds.c.released_at.is_(None))
    counts = (
        select(func.count()).where(table.c.deployment_id == deployment_id, table.c.hold_id.in_(in_force))
        for table in (alerts, recording_segments)
    )
    return sum(connection.execute(each).scalar_one() for each in counts)


def alerts_of_same_person(connection: Connection, alert_id: str) -> Sequence[str]:
    """Ids of all alerts for the same entry in the same deployment, that alert first; not those under a hold."""
    row = connection.execute(
        select(alerts.c.deployment_id, alerts.c.entry_id).where(alerts.c.alert_id == alert_id)
    ).one()
    query = select(alerts.c.alert_id).where(
        alerts.c.deployment_id == row.deployment_id,
        alerts.c.entry_id == row.entry_id,
        alerts.c.alert_id != alert_id,
        alerts.c.hold_id.is_(None),
    )
    return [alert_id, *connection.execute(query.order_by(alerts.c.alert_id)).scalars()]


def _hold(connection: Connection, row: Row[tuple[object, ...]], key: DataKey | None) -> Hold:
    about = key.open_json(bytes(row.sealed_reason), _about(row.hold_id)) if key else {"case": "", "reason": ""}
    held = select(alerts.c.alert_id).where(alerts.c.hold_id == row.hold_id).order_by(alerts.c.alert_id)
    footage = recording_segments.c
    segments = select(footage.segment_id).where(footage.hold_id == row.hold_id)
    return Hold(
        hold_id=row.hold_id,
        deployment_id=row.deployment_id,
        alert_ids=tuple(connection.execute(held).scalars()),
        case_ref=about["case"],
        reason=about["reason"],
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        reviewer=row.reviewer,
        review_on=row.review_on,
        released_by=row.released_by,
        released_at=row.released_at,
        segment_ids=tuple(connection.execute(segments.order_by(footage.started_at, footage.segment_id)).scalars()),
    )


def _about(hold_id: str) -> str:
    return f"holds:{hold_id}:reason"
