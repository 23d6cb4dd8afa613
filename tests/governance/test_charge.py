"""In whose charge an alert is, and which team it goes to. Referee: stories told by hand, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lfr_kit.governance.charge import Charge, Route, charge_of, routes
from lfr_kit.governance.presence import Checked

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def after_s(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Told:
    """An event, as many seconds after noon."""

    seconds: float
    kind: str
    actor_id: str = "system"
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        return after_s(self.seconds)


RAISED = Told(0, "raised", data={"acknowledge_within_s": 30.0})
TO_RED = Told(0, "routed", data={"team": "red", "was": ""})
VIABLE = Told(10, "decided", "operator", {"verdict": "viable"})
BY_ANN = Told(15, "acknowledged", "ann", {"team": "red"})


def officer(team: str, camera_id: str = "") -> Checked:
    return Checked(user_id=f"{team}-1", team=team, camera_id=camera_id, checked_in_at=NOON, seen_at=NOON)


def test_new_alert_is_in_nobodys_charge():
    assert charge_of([RAISED]) == Charge(within_s=30.0)
    assert charge_of([Told(0, "raised")]) == Charge(), "one stored by an earlier release says nothing"


def test_acknowledged_alert_is_with_the_officer_and_the_officers_team():
    charge = charge_of([RAISED, TO_RED, VIABLE, Told(15, "acknowledged", "bob", {"team": "blue"})])
    assert (charge.team, charge.holder, charge.held_since) == ("blue", "bob", after_s(15))
    assert (charge.acknowledged_at, charge.is_with_officers) == (after_s(15), True)


def test_handed_over_alert_waits_until_it_is_acknowledged_again():
    story = [RAISED, TO_RED, VIABLE, BY_ANN, Told(20, "handed_over", "ann", {"to": "bob", "team": "blue"})]
    handed = charge_of(story)
    assert (handed.holder, handed.team, handed.acknowledged_at) == ("bob", "blue", None)
    assert handed.acknowledge_by == after_s(50), "bob has his own time from when he was asked"
    taken = charge_of([*story, Told(25, "acknowledged", "bob", {"team": "blue"})])
    assert (taken.holder, taken.acknowledged_at, taken.acknowledge_by) == ("bob", after_s(25), None)


def test_alert_that_somebody_takes_for_themselves_is_acknowledged():
    charge = charge_of([RAISED, VIABLE, BY_ANN, Told(20, "handed_over", "bob", {"to": "bob"})])
    assert (charge.holder, charge.acknowledged_at) == ("bob", after_s(20))


def test_alert_that_is_put_down_is_nobodys_but_the_teams():
    charge = charge_of([RAISED, TO_RED, VIABLE, BY_ANN, Told(20, "handed_over", "ann", {"to": ""})])
    assert (charge.team, charge.holder, charge.acknowledged_at) == ("red", "", None)
    assert charge.acknowledge_by == after_s(40)


def test_operator_puts_it_down_by_deciding_and_is_no_officer():
    at_desk = Told(5, "handed_over", "operator", {"to": "operator", "is_at_desk": True})
    held = charge_of([RAISED, TO_RED, at_desk])
    assert (held.holder, held.is_with_officers) == ("operator", False)
    assert charge_of([RAISED, TO_RED, at_desk, VIABLE]).holder == ""


def test_officer_who_has_it_before_the_decision_has_it_after():
    charge = charge_of([RAISED, TO_RED, Told(5, "acknowledged", "ann", {"team": "red"}), VIABLE])
    assert (charge.holder, charge.acknowledge_by) == ("ann", None)


def test_engaging_is_acknowledging():
    charge = charge_of([RAISED, TO_RED, VIABLE, Told(20, "engaged", "bob")])
    assert (charge.holder, charge.acknowledged_at, charge.acknowledge_by) == ("bob", after_s(20), None)
    kept = charge_of([RAISED, TO_RED, VIABLE, BY_ANN, Told(20, "engaged", "ann")])
    assert kept.acknowledged_at == after_s(15)


def test_rerouted_alert_leaves_the_hands_of_whoever_never_acknowledged():
    handed = Told(20, "handed_over", "operator", {"to": "bob", "team": "blue"})
    anew = Told(90, "routed", data={"team": "red", "was": "blue"})
    charge = charge_of([RAISED, VIABLE, handed, anew])
    assert (charge.team, charge.holder, charge.held_since) == ("red", "", None)


@pytest.mark.parametrize(
    ("story", "seconds"),
    [
        ([RAISED], None),
        ([RAISED, VIABLE], 40),
        ([RAISED, TO_RED, VIABLE], 40),
        ([RAISED, VIABLE, BY_ANN], None),
        ([Told(0, "raised", data={"acknowledge_within_s": None}), VIABLE], None),
        ([RAISED, Told(10, "decided", "operator", {"verdict": "dismissed"})], None),
    ],
)
def test_must_be_acknowledged_by(story, seconds):
    assert charge_of(story).acknowledge_by == (None if seconds is None else after_s(seconds))


def test_expired_alert_is_in_nobodys_hands():
    held = Told(5, "handed_over", "operator", {"to": "operator", "is_at_desk": True})
    assert charge_of([RAISED, held, Told(60, "expired")]).holder == ""


RED, BLUE = officer("red", "north"), officer("blue", "south")
ROUTED = {
    "new": charge_of([RAISED]),
    "red's": charge_of([RAISED, TO_RED]),
    "taken": charge_of([RAISED, TO_RED, VIABLE, BY_ANN]),
    "at the desk": charge_of([RAISED, Told(5, "acknowledged", "operator", {"is_at_desk": True})]),
    "nobody's": charge_of([RAISED, TO_RED, Told(60, "routed", data={"team": "", "was": "red"})]),
}


@pytest.mark.parametrize(
    ("charge", "camera_id", "present", "expected"),
    [
        ("new", "north", [RED, BLUE], Route("A", "red", "")),
        ("new", "south", [RED, BLUE], Route("A", "blue", "")),
        ("new", "north", [], None),
        ("red's", "south", [RED, BLUE], None),
        ("red's", "south", [BLUE], Route("A", "blue", "red")),
        ("red's", "south", [], Route("A", "", "red")),
        ("taken", "south", [BLUE], None),
        ("taken", "south", [], None),
        ("at the desk", "north", [RED], Route("A", "red", "")),
        ("nobody's", "north", [], None),
        ("nobody's", "north", [BLUE], Route("A", "blue", "")),
    ],
)
def test_alert_goes_to_the_nearest_team_once_and_anew_when_that_is_gone(charge, camera_id, present, expected):
    found = routes([("A", camera_id, ROUTED[charge])], present, {}, NOON)
    assert found == ([] if expected is None else [expected])


def test_several_alerts_at_once_are_shared_among_the_teams_of_a_camera():
    there = [officer("red", "north"), officer("blue", "north"), officer("green", "south")]
    waiting = [(each, "north", Charge()) for each in ("A", "B", "C")]
    found = routes(waiting, there, {"blue": after_s(-60), "red": after_s(-30)}, NOON)
    assert [(each.alert_id, each.team) for each in found] == [("A", "blue"), ("B", "red"), ("C", "blue")]
