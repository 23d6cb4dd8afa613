"""What officers perceived goes in one by one and comes out as a whole year only."""

from __future__ import annotations

import pytest
from governed import person
from recorded import Written
from sqlalchemy import select

from lfr_kit.errors import NotInStoreError, PermissionRefusedError
from lfr_kit.governance.equality import Perceived, PerceivedAge, PerceivedEthnicity, PerceivedSex
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import Truth
from lfr_kit.operations.equality import equality_of_year, record_perceived
from lfr_kit.store.tables.deployments import equality_reports

D = "D-0000000001"
SEEN = Perceived(PerceivedEthnicity.IC3_BLACK, PerceivedSex.MALE, PerceivedAge.FROM_18_TO_24)
OFFICER = person(Role.ENGAGEMENT_OFFICER)


def test_reports_come_out_as_aggregates_of_their_year(store):
    Written(store)
    for _ in range(7):
        record_perceived(store, OFFICER, D, Truth.FALSE_CONFIRMED, SEEN)
    tables = {(table.alerts, table.by): table for table in equality_of_year(store, person(Role.ANALYST), 2026)}
    assert tables["false", "ethnicity"].total == "7"
    assert tables["true", "sex"].total == "fewer than 5"
    assert all(table.total == "fewer than 5" for table in equality_of_year(store, person(Role.ANALYST), 2025))


def test_report_is_sealed_and_has_no_link_to_an_alert(store):
    Written(store)
    record_perceived(store, OFFICER, D, Truth.FALSE_CONFIRMED, SEEN)
    assert set(equality_reports.c.keys()) == {"report_id", "deployment_id", "truth", "sealed_perceived"}
    with store.reading() as connection:
        assert b"ic3" not in connection.execute(select(equality_reports.c.sealed_perceived)).scalar_one()


def test_report_is_taken_from_engagement_officers_only(store):
    Written(store)
    with pytest.raises(PermissionRefusedError):
        record_perceived(store, person(Role.LFR_OPERATOR), D, Truth.FALSE_CONFIRMED, SEEN)


def test_report_on_no_deployment_is_refused(store):
    with pytest.raises(NotInStoreError):
        record_perceived(store, OFFICER, "D-9", Truth.FALSE_CONFIRMED, SEEN)
