"""Calibrations that were added to a store; those of the release are no rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from lfr_kit.governance.calibration import Calibration
from lfr_kit.store.tables.deployments import calibrations

__all__ = ["added", "insert_calibration"]


def added(connection: Connection) -> list[Calibration]:
    """All that were added, by name."""
    query = select(calibrations.c.body).order_by(calibrations.c.calibration_id)
    return [Calibration.model_validate_json(body) for body in connection.execute(query).scalars()]


def insert_calibration(connection: Connection, calibration: Calibration, added_by: str, at: datetime) -> None:
    """Keeps one; its name must be new."""
    connection.execute(
        insert(calibrations).values(
            calibration_id=calibration.calibration_id,
            space_id=calibration.space_id,
            score_scale=calibration.score_scale,
            measured_on=calibration.measured_on.isoformat(),
            body=calibration.model_dump_json(),
            added_by=added_by,
            added_at=at,
        )
    )
