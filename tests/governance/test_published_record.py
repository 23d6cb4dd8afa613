"""The sixteen columns from event logs written by hand; expected values are counted by hand, intervals by scipy."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hand_counted import RAN, S, alert, at, computed, faces, false, moved, true
from scipy.stats import beta

from lfr_kit.governance.deployment_counts import DeploymentEvent, count_alerts, lit_seconds
from lfr_kit.governance.published_record import COLUMNS, published_row
from lfr_kit.governance.vocabulary import Outcome, Truth


def test_columns_are_the_published_headings():
    published = (
        "Deployment Location | Date | Duration | LFR Use Case | Watchlist Size | Min Threshold Setting | "
        "Total Alerts | True Alerts Confirmed | True Alerts Unconfirmed | False Alerts Confirmed | "
        "False Alerts Unconfirmed | False Alert Rate | Outcome - Arrest | Outcome - Other | No action | "
        "Faces seen (estimate)"
    )
    assert " | ".join(COLUMNS) == published


def test_record_of_a_plain_deployment_has_every_column():
    alerts = [
        alert("1", true("arrest"), engaged=True),
        alert("2", {"truth": "true_unconfirmed", "outcome": None}),
        alert("3", false("no_action"), engaged=True),
    ]
    assert list(published_row(computed(alerts)).values()) == [
        "The Green", "04/05/2026", "4 h 25 min", "Crime hotspot", "412", "0.64",
        "3", "1", "1", "1", "0", "1 of 12120 (0.00825 %)", "1", "0", "1", "12120",
    ]  # fmt: skip


def test_pauses_are_shown_and_are_no_part_of_the_duration():
    record = computed()
    assert record.duration_s == (300 - 5 - 30) * 60
    assert [(pause.started_at, pause.ended_at) for pause in record.pauses] == [(at(60), at(90))]


def test_date_is_the_local_day_of_the_opening():
    events = [
        DeploymentEvent(at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC), kind="transition", to_state="open"),
        faces(10),
    ]
    record = computed(events=events, ends_at=datetime(2026, 7, 1, 3, tzinfo=UTC))
    assert record.opened_on == date(2026, 7, 1)


def test_still_open_deployment_counts_until_now():
    assert computed(events=[moved(5, S.OPEN)], state=S.OPEN, at=at(100)).duration_s == (100 - 5) * 60


def test_deployment_closed_late_in_the_log_counts_to_the_end_of_its_window():
    late = [moved(5, S.OPEN), moved(700, S.CLOSED)]
    assert computed(events=late).duration_s == (360 - 5) * 60
    assert computed(events=[moved(5, S.OPEN)], state=S.OPEN, at=at(390)).duration_s == (360 - 5) * 60


def test_true_alerts_on_one_person_count_once_with_the_gravest_outcome():
    alerts = [
        alert("1", true("no_action"), entry="E", engaged=True),
        alert("2", {"truth": "true_unconfirmed"}, entry="E"),
        alert("3", true("arrest"), entry="E", engaged=True),
    ]
    record = computed(alerts)
    assert (record.total_alerts, record.true_confirmed, record.true_unconfirmed) == (1, 1, 0)
    assert (record.arrests, record.no_actions, record.n_engaged, record.n_repeats) == (1, 0, 1, 2)


def test_false_alerts_on_one_entry_count_each_since_they_may_be_two_strangers():
    alerts = [alert("1", false(), entry="E"), alert("2", false(), entry="E"), alert("3", true(), entry="E")]
    record = computed(alerts)
    assert (record.false_confirmed, record.true_confirmed, record.n_repeats) == (2, 1, 0)


def test_review_takes_back_an_outcome_with_its_truth():
    history = alert("1", true("arrest"), {"truth": "true_unconfirmed", "outcome": None}, engaged=True)
    assert (history.truth, history.outcome) == (Truth.TRUE_UNCONFIRMED, None)


def test_late_decision_changes_no_finding():
    history = alert("1", false("no_action"), {"truth": None, "verdict": "viable"})
    assert (history.truth, history.outcome) == (Truth.FALSE_CONFIRMED, Outcome.NO_ACTION)


def test_blue_list_alerts_are_left_out_of_everything_but_their_own_count():
    record = computed([alert("1", true("arrest"), blue=True, engaged=True), alert("2", false())])
    assert (record.total_alerts, record.arrests, record.n_engaged, record.n_blue_list) == (1, 0, 0, 1)


def test_alert_nobody_judged_keeps_the_record_provisional_and_in_the_total():
    record = computed([alert("1", true()), alert("2")]).model_copy(update={"is_final": True})
    assert (record.total_alerts, record.n_awaiting_review) == (2, 1)
    assert record.is_provisional
    assert str(record.false_share_of_alerts) == "0 of 1 alerts"


def test_counts_name_every_truth_and_outcome_even_without_alerts():
    counts = count_alerts([])
    assert set(counts.by_truth) == set(Truth)
    assert set(counts.by_outcome) == set(Outcome)


def test_deployment_aborted_before_any_alert_shows_not_available_and_not_zero():
    record = computed(events=[moved(5, S.OPEN), moved(20, S.ABORTED)], state=S.ABORTED)
    row = published_row(record)
    assert {row[column] for column in COLUMNS[6:]} == {"N/A"}
    assert record.false_alert_rate is None
    assert "aborted" in record.notes[0]


def test_deployment_aborted_after_alerts_hides_none_of_them():
    record = computed([alert("1", false())], [moved(5, S.OPEN), faces(616), moved(20, S.ABORTED)], S.ABORTED)
    row = published_row(record)
    assert row["Total Alerts"] == "1"
    assert row["False Alert Rate"] == "1 of 616 (0.162 %)"


def test_deployment_never_opened_has_no_duration():
    record = computed(events=[moved(5, S.ABORTED)], state=S.ABORTED)
    assert published_row(record)["Duration"] == "N/A"


def test_purged_deployment_that_was_aborted_still_says_so():
    record = computed(events=[moved(5, S.OPEN), moved(20, S.ABORTED), moved(900, S.PURGED)], state=S.PURGED)
    assert record.is_short


def test_lowest_threshold_in_force_is_published():
    lowered = DeploymentEvent(at=at(30), kind="threshold", data={"old": 0.64, "new": 0.61})
    raised = DeploymentEvent(at=at(40), kind="threshold", data={"old": 0.61, "new": 0.7})
    assert computed(events=[*RAN, lowered, raised]).min_threshold == 0.61


def test_proposed_threshold_that_nobody_confirmed_is_not_published():
    proposed = DeploymentEvent(at=at(30), kind="threshold_proposed", data={"old": 0.64, "new": 0.61})
    assert computed(events=[*RAN, proposed]).min_threshold == 0.64


def test_faces_of_all_cameras_are_added_and_a_second_method_is_said():
    record = computed(events=[*RAN, faces(80, "detections", "c2")])
    assert (record.faces_seen, record.faces_seen_methods) == (12_200, ("detections", "tracks"))
    assert any("changed under way" in note for note in record.notes)


def test_camera_lit_twice_counts_both_times_and_one_still_lit_until_now():
    def event(minutes, kind, camera):
        return DeploymentEvent(at=at(minutes), kind=kind, data={"camera_id": camera})

    log = [event(0, "lit", "a"), event(10, "dark", "a"), event(20, "lit", "a"), event(25, "dark", "a")]
    assert lit_seconds([*log, event(30, "lit", "b")], at(31)) == {"a": 900.0, "b": 60.0}


@pytest.mark.parametrize(("n_false", "n_faces"), [(1, 12_120), (7, 8_600), (0, 5_000)])
def test_interval_is_clopper_pearson(n_false, n_faces):
    record = computed([alert(str(each), false()) for each in range(n_false)], [moved(5, S.OPEN), faces(n_faces)])
    low, high = record.false_alert_rate.interval()
    expected_low = beta.ppf(0.025, n_false, n_faces - n_false + 1) if n_false else 0
    assert low == pytest.approx(expected_low)
    assert high == pytest.approx(beta.ppf(0.975, n_false + 1, n_faces - n_false))


def test_rate_is_not_given_where_fewer_faces_were_counted_than_false_alerts():
    assert computed([alert("1", false())], [moved(5, S.OPEN)]).false_alert_rate is None


def test_lead_of_the_public_notice_is_that_of_the_first_one():
    told = [DeploymentEvent(at=at(minutes), kind="notice_published") for minutes in (-25, -600)]
    assert computed(events=[*told, *RAN]).notice_lead_s == 605 * 60
    assert computed().notice_lead_s is None


def test_record_survives_json_unchanged():
    record = computed([alert("1", true("arrest"), engaged=True)])
    assert type(record).model_validate_json(record.model_dump_json()) == record
