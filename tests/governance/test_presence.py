"""Who counts as present, and whose alert it is. Referee: tables written by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lfr_kit.errors import InputError, StateError
from lfr_kit.governance.presence import (
    CLOCK_SKEW_S,
    LONGEST_TEAM,
    Checked,
    check_may_check_in,
    is_present,
    nearest_team,
    present_at,
    said_team,
    why_nobody,
)
from lfr_kit.governance.vocabulary import DeploymentState

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
WINDOW = (NOON - timedelta(hours=1), NOON + timedelta(hours=1))


def officer(team: str = "team 1", seen_s_ago: float = 0, camera_id: str = "", user_id: str = "") -> Checked:
    seen_at = NOON - timedelta(seconds=seen_s_ago)
    return Checked(
        user_id=user_id or f"{team}-eo", team=team, camera_id=camera_id, checked_in_at=seen_at, seen_at=seen_at
    )


@pytest.mark.parametrize(
    ("seen_s_ago", "there"),
    [
        (0, True),
        (59.9, True),
        (60, True),
        (60.1, False),
        (3600, False),
        (-CLOCK_SKEW_S, True),
        (-CLOCK_SKEW_S - 0.1, False),
        (-3600, False),
    ],
)
def test_present_is_who_was_heard_of_lately_and_not_from_the_future(seen_s_ago, there):
    assert is_present(officer(seen_s_ago=seen_s_ago), NOON, 60) is there


def test_present_at_leaves_out_the_silent_and_goes_by_team():
    red, blue, silent = officer("red"), officer("blue", 10), officer("green", 61)
    assert present_at([red, silent, blue], NOON, 60) == (blue, red)


def test_why_nobody_is_empty_while_somebody_is_there():
    assert why_nobody([officer("red", 500), officer("blue", 5)], NOON, 60) == ""


@pytest.mark.parametrize(
    ("checked", "n_refused", "words"),
    [
        ([], 0, "nobody is checked in on the ground"),
        (
            [],
            2,
            "nobody is checked in on the ground; 2 written into the database from outside count for nothing",
        ),
        ([officer("red", 90), officer("blue", 300)], 0, "of for 90 s (red was the last)"),
        (
            [officer("red", -30)],
            0,
            "red was last heard of 30 s ahead of this machine's clock; set the clocks right",
        ),
    ],
)
def test_why_nobody_says_why(checked, n_refused, words):
    assert why_nobody(checked, NOON, 60, n_refused).endswith(words)


THERE = [
    officer("red", camera_id="north"),
    officer("blue", camera_id="north"),
    officer("green", camera_id="south"),
]
FIVE_AGO, ONE_AGO = NOON - timedelta(minutes=5), NOON - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("camera_id", "last", "team"),
    [
        ("north", {}, "blue"),
        ("north", {"blue": FIVE_AGO}, "red"),
        ("north", {"blue": FIVE_AGO, "red": ONE_AGO}, "blue"),
        ("south", {"green": ONE_AGO}, "green"),
        ("west", {"blue": FIVE_AGO, "red": ONE_AGO}, "green"),
        ("west", {"blue": FIVE_AGO, "red": ONE_AGO, "green": NOON}, "blue"),
    ],
)
def test_nearest_team_is_at_the_camera_first_and_then_longest_without_an_alert(camera_id, last, team):
    assert nearest_team(THERE, camera_id, last) == team
    assert nearest_team(reversed(THERE), camera_id, last) == team


def test_nearest_team_of_one_with_an_officer_at_each_camera_is_near_both():
    both = [officer("red", camera_id="north", user_id="a"), officer("red", camera_id="south", user_id="b")]
    assert nearest_team([*both, officer("blue")], "south", {"red": NOON}) == "red"


def test_nearest_team_of_nobody_is_none():
    assert nearest_team([], "north", {}) is None


@pytest.mark.parametrize("state", DeploymentState)
def test_check_in_only_to_what_is_granted_or_under_way(state):
    if state in (DeploymentState.GRANTED, DeploymentState.OPEN, DeploymentState.PAUSED):
        check_may_check_in(state, WINDOW, NOON)
    else:
        with pytest.raises(StateError, match=f"is {state}"):
            check_may_check_in(state, WINDOW, NOON)


@pytest.mark.parametrize(("s", "may"), [(-3600.1, False), (-3600, True), (3599.9, True), (3600, False)])
def test_check_in_only_within_the_window(s, may):
    at = NOON + timedelta(seconds=s)
    if may:
        check_may_check_in(DeploymentState.OPEN, WINDOW, at)
    else:
        with pytest.raises(StateError, match="within it"):
            check_may_check_in(DeploymentState.OPEN, WINDOW, at)


def test_team_is_said_and_says_what_it_seems_to():
    assert said_team("  team   2 ") == "team 2"
    with pytest.raises(StateError, match="with which team"):
        said_team("  ")
    for name in ("x" * (LONGEST_TEAM + 1), "te\u202eam", "a\nb"):
        with pytest.raises(InputError, match="team"):
            said_team(name)
