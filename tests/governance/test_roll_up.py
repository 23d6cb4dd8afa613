"""Sums of deployments: what may be added, and what is said where it may not."""

from __future__ import annotations

from datetime import date

import pytest
from hand_counted import RAN, S, alert, computed, faces, false, moved, true
from scipy.stats import beta

from lfr_kit.governance.roll_up import roll_up
from lfr_kit.governance.vocabulary import UseCase


def record(name: str, month: int = 5, **changes):
    made = computed([alert("1", true("arrest"), engaged=True), alert("2", false())]).model_copy(
        update={"deployment_id": name, "opened_on": date(2026, month, 4), "is_final": True}
    )
    return made.model_copy(update=changes)


def test_year_adds_counts_and_gives_both_rates():
    year = roll_up([record("D-1"), record("D-2", 6)], 2026)
    assert (year.totals.n_deployments, year.totals.total_alerts, year.totals.arrests) == (2, 4, 2)
    assert str(year.over_faces) == "2 of 24240 faces seen"
    assert str(year.totals.over_alerts) == "2 of 4 alerts"
    assert year.over_faces.interval()[1] == pytest.approx(beta.ppf(0.975, 3, 24_238))
    assert [(month, totals.n_deployments) for month, totals in year.by_month] == [(5, 1), (6, 1)]
    assert year.remarks == ()


def test_month_holds_only_its_own():
    month = roll_up([record("D-1"), record("D-2", 6)], 2026, 6)
    assert [each.deployment_id for each in month.records] == ["D-2"]
    assert month.by_month == ()


def test_faces_counted_in_two_ways_are_not_pooled_and_this_is_said():
    year = roll_up([record("D-1"), record("D-2", faces_seen_methods=("detections",))], 2026)
    assert year.over_faces is None
    assert "more than one way" in year.remarks[0]
    assert [(stratum.methods, str(stratum.totals.over_faces)) for stratum in year.strata] == [
        (("detections",), "1 of 12120 faces seen"),
        (("tracks",), "1 of 12120 faces seen"),
    ]


def test_one_deployment_that_changed_its_way_of_counting_is_not_pooled_either():
    mixed = computed(events=[*RAN, faces(9, "detections")])
    assert roll_up([mixed], 2026).over_faces is None


def test_pooled_thresholds_are_said():
    year = roll_up([record("D-1"), record("D-2", min_threshold=0.6)], 2026)
    assert year.remarks == ("The sums pool deployments with different thresholds: 0.6 (cosine), 0.64 (cosine).",)
    assert len(year.strata) == 2


def test_aborted_deployment_is_listed_and_in_no_sum():
    aborted = computed(events=[moved(5, S.OPEN), moved(20, S.ABORTED)], state=S.ABORTED)
    year = roll_up([record("D-1"), aborted], 2026)
    assert (year.totals.n_deployments, len(year.records), len(year.aborted)) == (1, 2, 1)


def test_provisional_records_are_named():
    year = roll_up([record("D-1"), record("D-2", is_final=False, n_awaiting_review=2)], 2026)
    assert year.provisional == ("D-2",)
    assert year.remarks == (
        "Provisional: 2 alerts still await review.",
        "The record of 1 deployment is not final: figures may still change.",
    )


def test_use_cases_are_added_apart():
    year = roll_up([record("D-1"), record("D-2", use_case=UseCase.PSO_EVENT)], 2026)
    assert [(name, totals.n_deployments) for name, totals in year.by_use_case] == [
        ("crime_hotspot", 1),
        ("pso_event", 1),
    ]


def test_year_without_deployments_claims_no_rate():
    year = roll_up([record("D-1")], 2025)
    assert (year.over_faces, year.totals.over_alerts, year.totals.n_deployments) == (None, None, 0)
