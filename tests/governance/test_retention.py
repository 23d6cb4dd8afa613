"""Clocks at the second: never early, never of a thing in use or held."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from lfr_kit.errors import RetentionError
from lfr_kit.governance.retention import (
    HEADROOM,
    PERIODS,
    Hold,
    Item,
    RetentionClass,
    check_hold,
    check_release,
    check_review,
    deployment_end,
    due,
    overdue_reviews,
    period,
    start_of_day_after,
    watchlist_clock,
)
from lfr_kit.governance.vocabulary import DeploymentState, RetentionProfile

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PUBLISHED = {
    ("swp", "alert"): timedelta(hours=24),
    ("mps", "alert"): timedelta(days=31),
    ("swp", "watchlist"): timedelta(hours=24),
    ("mps", "watchlist"): timedelta(hours=24),
    ("swp", "cctv"): timedelta(days=31),
    ("mps", "cctv"): timedelta(days=31),
    ("swp", "residue_marks"): timedelta(days=30),
    ("mps", "residue_marks"): timedelta(days=30),
}
"""As the two forces publish them, typed here from their statements."""


def item(**changes) -> Item:
    given = {"kind": RetentionClass.ALERT, "item_id": "A-1", "started_at": NOON, "lasts": timedelta(hours=24)}
    return Item(**given | changes)


def hold(**changes) -> Hold:
    given = {
        "hold_id": "H-1",
        "deployment_id": "D-1",
        "alert_ids": ("A-1",),
        "placed_by": "gold-1",
        "placed_at": NOON,
        "reviewer": "silver-1",
        "review_on": date(2026, 6, 1),
    }
    return Hold(**given | changes)


@pytest.mark.parametrize(("which", "lasts"), PUBLISHED.items())
def test_periods_are_those_published(which, lasts):
    profile, kind = which
    assert PERIODS[RetentionProfile(profile)][RetentionClass(kind)] == lasts


def test_every_profile_has_a_period_for_every_class():
    assert all(set(PERIODS[profile]) == set(RetentionClass) for profile in RetentionProfile)


@pytest.mark.parametrize("kind", RetentionClass)
def test_period_without_a_profile_is_the_shortest(kind):
    assert period(kind) == min(period(kind, profile) for profile in RetentionProfile)


def test_due_at_the_second_and_not_a_second_before():
    only = item()
    assert due([only], NOON + timedelta(hours=24) - HEADROOM - SECOND) == []
    assert due([only], NOON + timedelta(hours=24) - HEADROOM) == [only]


def test_deletion_by_a_timer_is_done_within_the_published_period():
    every = timedelta(minutes=10)
    runs = [NOON + n * every for n in range(150)]
    assert next(run for run in runs if due([item()], run)) <= NOON + timedelta(hours=24) - timedelta(minutes=5)


def test_what_is_not_kept_at_all_is_due_at_once():
    assert item(lasts=timedelta(0)).due_at == NOON


def test_due_is_never_what_is_in_use_or_held():
    far = NOON + timedelta(days=10_000)
    assert due([item(started_at=None), item(hold_id="H-1")], far) == []


def test_due_waits_for_the_end_of_the_deployment():
    waits = item(not_before=NOON + timedelta(hours=30))
    assert due([waits], NOON + timedelta(hours=30) - SECOND) == []
    assert due([waits], NOON + timedelta(hours=30)) == [waits]


def test_due_in_another_time_zone_is_the_same_instant():
    only = item()
    there = (NOON + timedelta(hours=24) - HEADROOM).astimezone(__import__("zoneinfo").ZoneInfo("Pacific/Auckland"))
    assert due([only], there) == [only]
    assert due([only], there - SECOND) == []


@pytest.mark.parametrize(
    ("state", "ends_at", "closed_at", "ended"),
    [
        ("closed", NOON, NOON - SECOND, NOON - SECOND),
        ("closed", NOON, NOON + SECOND, NOON),
        ("aborted", NOON + SECOND, NOON - SECOND, NOON - SECOND),
        ("aborted", None, NOON, NOON),
        ("open", NOON + SECOND, None, None),
        ("open", NOON, None, NOON),
        ("paused", NOON - SECOND, None, NOON - SECOND),
        ("granted", NOON + SECOND, None, None),
        ("granted", NOON, None, NOON),
        ("draft", None, None, None),
    ],
)
def test_deployment_ends_when_closed_or_with_its_window(state, ends_at, closed_at, ended):
    assert deployment_end(DeploymentState(state), ends_at, closed_at, NOON) == ended


def test_watchlist_without_a_window_is_past_use_a_day_after_it_was_begun():
    a_day = timedelta(hours=24)
    assert watchlist_clock(NOON, (None, False), NOON + a_day - SECOND) is None
    assert watchlist_clock(NOON, (None, False), NOON + a_day) == NOON + a_day
    assert watchlist_clock(NOON, (None, True), NOON + 10 * a_day) is None
    assert watchlist_clock(NOON, (NOON + SECOND, True), NOON + a_day) == NOON + SECOND


def test_what_is_kept_up_to_a_day_is_kept_through_it():
    assert start_of_day_after(date(2026, 12, 31)) == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("case_ref", "reason", "reviewer"), [("", "why", "b"), ("c", " ", "b"), ("c", "why", ""), ("c", "why", "a")]
)
def test_hold_without_case_reason_or_second_person_is_refused(case_ref, reason, reviewer):
    with pytest.raises(RetentionError):
        check_hold(case_ref, reason, ("a", reviewer))


def test_review_must_be_ahead_and_within_a_year():
    today = date(2026, 5, 4)
    for day in (today, today - timedelta(days=1), today + timedelta(days=367)):
        with pytest.raises(RetentionError):
            check_review(day, today)
    check_review(today + timedelta(days=1), today)
    check_review(today + timedelta(days=366), today)


def test_release_takes_another_person_and_happens_once():
    check_release(hold(), "silver-1")
    with pytest.raises(RetentionError, match="gold-1 placed it"):
        check_release(hold(), "gold-1")
    with pytest.raises(RetentionError, match="was released by silver-2"):
        check_release(hold(released_by="silver-2", released_at=NOON), "silver-1")


def test_overdue_reviews_are_those_past_and_in_force_longest_first():
    late, later = hold(hold_id="H-2", review_on=date(2026, 5, 30)), hold(review_on=date(2026, 5, 31))
    done = hold(hold_id="H-3", review_on=date(2026, 5, 1), released_at=NOON, released_by="x")
    today = hold(hold_id="H-4", review_on=date(2026, 6, 1))
    assert overdue_reviews([later, late, done, today], date(2026, 6, 1)) == [late, later]
