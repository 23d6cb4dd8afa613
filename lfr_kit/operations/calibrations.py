"""Which calibrations a threshold may rest on: those of the release, and those an administrator added."""

from __future__ import annotations

from sqlalchemy import Connection

from lfr_kit.errors import GovernanceError
from lfr_kit.governance.calibration import Calibration
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.shipped_calibrations import SHIPPED_CALIBRATIONS
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.repository import calibrations as repository
from lfr_kit.store.store import Store

__all__ = ["add_calibration", "calibration_of", "known_calibrations"]


def known_calibrations(connection: Connection) -> list[Calibration]:
    """All there are, those of the release first."""
    return [*SHIPPED_CALIBRATIONS, *repository.added(connection)]


def calibration_of(connection: Connection, calibration_id: str) -> Calibration | None:
    """The one of that name; None if there is none."""
    found = (each for each in known_calibrations(connection) if each.calibration_id == calibration_id)
    return next(found, None)


def add_calibration(store: Store, actor: Actor, calibration: Calibration, *, reason: str) -> None:
    """Keeps a measurement, for good: one that was relied on is never changed, a new one gets a new name.

    Raises
    ------
    PermissionRefusedError
        If the person may not change what the store insists on.
    GovernanceError
        If the name is taken, or it is dated in the future.
    """
    with store.act(
        actor,
        Action.POLICY_CHANGE,
        Operation.ALTERATION,
        subject=f"calibration:{calibration.calibration_id}",
        justification=reason,
    ) as act:
        if calibration_of(act.connection, calibration.calibration_id) is not None:
            raise GovernanceError(f"calibration {calibration.calibration_id}: the name is taken; choose a new one")
        if calibration.measured_on > act.at.date():
            raise GovernanceError(f"calibration {calibration.calibration_id}: measured_on lies in the future")
        repository.insert_calibration(act.connection, calibration, actor.user_id, act.at)
        act.details.update(space_id=calibration.space_id, score_scale=calibration.score_scale)
