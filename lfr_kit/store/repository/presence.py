"""Who is checked in, as rows under a MAC: writing to the database without its key puts nobody on the ground.

`key` is that of the scope ``store`` throughout.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from lfr_kit.governance.presence import Checked
from lfr_kit.store.tables.presence import presence
from lfr_kit.store.vault import DataKey

__all__ = ["CheckedIn", "delete_of_deployment", "of_deployment", "of_user", "put", "remove", "touch"]


@dataclass(frozen=True)
class CheckedIn:
    """Who is checked in to a deployment.

    Attributes
    ----------
    checked
        Everybody, whether heard of lately or not.
    n_refused
        Rows that were written or changed from outside; they count for nothing.
    """

    checked: tuple[Checked, ...]
    n_refused: int = 0


def of_deployment(connection: Connection, key: DataKey, deployment_id: str) -> CheckedIn:
    """Everybody who is checked in to it."""
    query = select(presence).where(presence.c.deployment_id == deployment_id).order_by(presence.c.user_id)
    rows = connection.execute(query).all()
    genuine = tuple(_checked(row) for row in rows if _is_genuine(key, row))
    return CheckedIn(genuine, len(rows) - len(genuine))


def of_user(connection: Connection, key: DataKey, user_id: str) -> tuple[str, Checked] | None:
    """Where somebody is checked in, locked: deployment id and row. None if nowhere, or if it is not genuine."""
    query = select(presence).where(presence.c.user_id == user_id).with_for_update()
    row = connection.execute(query).one_or_none()
    return None if row is None or not _is_genuine(key, row) else (row.deployment_id, _checked(row))


def put(connection: Connection, key: DataKey, deployment_id: str, one: Checked) -> None:
    """Somebody is checked in here, and no longer anywhere else."""
    remove(connection, one.user_id)
    connection.execute(
        insert(presence).values(deployment_id=deployment_id, **vars(one), mac=_mac(key, deployment_id, one))
    )


def touch(connection: Connection, key: DataKey, deployment_id: str, one: Checked) -> None:
    """Their last sign of life is now as `one` has it."""
    connection.execute(
        update(presence)
        .where(presence.c.user_id == one.user_id, presence.c.deployment_id == deployment_id)
        .values(seen_at=one.seen_at, mac=_mac(key, deployment_id, one))
    )


def remove(connection: Connection, user_id: str) -> bool:
    """Somebody is checked in nowhere any more; whether they were."""
    return bool(connection.execute(delete(presence).where(presence.c.user_id == user_id)).rowcount)


def delete_of_deployment(connection: Connection, deployment_id: str) -> int:
    """Nobody is checked in to it any more; how many were."""
    return connection.execute(delete(presence).where(presence.c.deployment_id == deployment_id)).rowcount


def _checked(row: Row[Any]) -> Checked:
    return Checked(**{name: row._mapping[name] for name in Checked.__dataclass_fields__})


def _is_genuine(key: DataKey, row: Row[Any]) -> bool:
    return compare_digest(str(row.mac).encode(), _mac(key, row.deployment_id, _checked(row)).encode())


def _mac(key: DataKey, deployment_id: str, one: Checked) -> str:
    times = [moment.astimezone(UTC).isoformat(timespec="microseconds") for moment in _times(one)]
    return key.mac(json.dumps(["presence", deployment_id, one.user_id, one.team, one.camera_id, *times]).encode())


def _times(one: Checked) -> tuple[datetime, datetime]:
    return one.checked_in_at, one.seen_at
