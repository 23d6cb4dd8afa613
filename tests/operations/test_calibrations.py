"""Which measurements a threshold may rest on."""

from __future__ import annotations

from datetime import date

import pytest
from governance.test_calibration import calibration
from governed import person
from lived import SILVER, WHY, drafted

from lfr_kit.errors import GovernanceError, PermissionRefusedError
from lfr_kit.governance.roles import Role
from lfr_kit.governance.shipped_calibrations import SHIPPED_CALIBRATIONS
from lfr_kit.operations import deployments
from lfr_kit.operations.calibrations import add_calibration, calibration_of, known_calibrations

ADMINISTRATOR = person(Role.ADMINISTRATOR)
MADE = calibration((100, 0.6, 5, 100_000))


def test_added_calibration_is_known_and_can_be_asked_for(store):
    add_calibration(store, ADMINISTRATOR, MADE, reason="measured on our own cameras")
    with store.reading() as connection:
        assert known_calibrations(connection) == [*SHIPPED_CALIBRATIONS, MADE]
        assert calibration_of(connection, "made-up-1") == MADE
        assert calibration_of(connection, "made-up-2") is None
    found = drafted(store, calibration_id="made-up-1")
    assert deployments.request(store, SILVER, found.deployment_id, reason=WHY).state == "requested"


def test_calibration_is_never_replaced(store):
    add_calibration(store, ADMINISTRATOR, MADE, reason=WHY)
    for taken in (MADE, SHIPPED_CALIBRATIONS[0]):
        with pytest.raises(GovernanceError, match="the name is taken"):
            add_calibration(store, ADMINISTRATOR, taken, reason=WHY)


def test_calibration_by_those_who_would_use_it_or_from_the_future_is_refused(store):
    with pytest.raises(PermissionRefusedError):
        add_calibration(store, SILVER, MADE, reason=WHY)
    ahead = calibration((100, 0.6, 5, 100_000), measured_on=date(2026, 5, 5))
    with pytest.raises(GovernanceError, match="in the future"):
        add_calibration(store, ADMINISTRATOR, ahead, reason=WHY)
