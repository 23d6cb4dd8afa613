"""A published record is put right in the open or not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hand_counted import alert, computed, false, true

from lfr_kit.errors import RecordRefusedError
from lfr_kit.governance.corrections import Requested, corrected
from lfr_kit.governance.published_record import published_row

TODAY = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 10, tzinfo=UTC)


@pytest.fixture
def record():
    alerts = [
        alert("1", true("arrest"), engaged=True),
        alert("2", true("other"), engaged=True),
        alert("3", false()),
    ]
    return computed(alerts).model_copy(update={"version": 1, "is_final": True})


def put_right(record, changes, reason="typed wrongly in the log"):
    requested = Requested(changes=changes, reason=reason, actor_id="silver-1", at=AT)
    return corrected(record, requested, today=TODAY)


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("Deployment Location", "South gate", "South gate"),
        ("Date", "2026-05-04", None),
        ("Duration", "4 h 10 min", "4 h 10 min"),
        ("LFR Use Case", "Specific intelligence", "Specific intelligence"),
        ("Watchlist Size", "1,403", "1403"),
        ("Min Threshold Setting", "0.62", "0.62"),
        ("Faces seen (estimate)", "12,130", "12130"),
        ("Outcome - Other", "0", "0"),
    ],
)
def test_every_typed_column_can_be_corrected(record, column, value, shown):
    if shown is None:
        record = record.model_copy(update={"opened_on": date(2026, 5, 3)})
        shown = "04/05/2026"
    after = put_right(record, {column: value})
    assert published_row(after)[column] == shown
    assert (after.version, after.is_final) == (2, True)


def test_rate_that_follows_from_a_correction_is_listed_with_it(record):
    after = put_right(record, {"Faces seen (estimate)": "12130"})
    assert [each.column for each in after.corrections] == ["False Alert Rate", "Faces seen (estimate)"]
    assert after.corrections[0].new_value.startswith("1 of 12130")


def test_corrections_of_earlier_versions_stay_listed(record):
    second = put_right(record, {"Watchlist Size": "413"})
    third = put_right(second, {"Watchlist Size": "414"})
    assert [(each.old_value, each.new_value) for each in third.corrections] == [("412", "413"), ("413", "414")]
    assert third.version == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Alerts": "3"}, "there is none; columns"),
        ({"Total Alerts": "3"}, "is 3 already"),
        ({"False Alert Rate": "0 %"}, "follows from the counts"),
        ({"True Alerts Confirmed": "3"}, "would not add up"),
        ({"Total Alerts": "4"}, "would not add up"),
        ({"True Alerts Confirmed": "three"}, "whole number"),
        ({"True Alerts Confirmed": "N/A"}, "whole number"),
        ({"Outcome - Arrest": "5"}, "arrests after"),
        ({"No action": "7"}, "officers spoke to"),
        ({"Date": "04/05/2027"}, "future"),
        ({"Date": "05/05/2026"}, "outside the authority's window"),
        ({"Duration": "a while"}, "5 h 30 min"),
        ({"Duration": "23 h 0 min"}, "longer than the authority"),
        ({"LFR Use Case": "General interest"}, "use one of"),
        ({"Min Threshold Setting": "N/A"}, "needs a number"),
        ({}, "needs a column"),
    ],
)
def test_correction_that_cannot_be_is_refused(record, changes, message):
    with pytest.raises(RecordRefusedError, match=message):
        put_right(record, changes)


def test_correction_without_a_reason_is_refused(record):
    with pytest.raises(RecordRefusedError, match="reason"):
        put_right(record, {"Watchlist Size": "413"}, reason="  ")


def test_parts_and_total_corrected_together_are_taken(record):
    after = put_right(record, {"True Alerts Confirmed": "3", "Total Alerts": "4"})
    assert (after.total_alerts, after.true_confirmed) == (4, 3)


def test_alert_judged_after_its_data_were_deleted_leaves_the_queue():
    waiting = computed([alert("1", true()), alert("2")]).model_copy(update={"version": 1})
    after = put_right(waiting, {"False Alerts Unconfirmed": "1"})
    assert (after.n_awaiting_review, after.total_alerts, after.false_unconfirmed) == (0, 2, 1)
