"""Alerts to the nearest team: once, durably, and anew when that team is gone; only the store need run."""

from __future__ import annotations

import pytest
from alerted import CAMERA, OFFICER, OPERATOR, Opened, logged, logged_details, shot
from governed import person, put_user
from sqlalchemy import update

from lfr_kit.config import settings
from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.governance.charge import Route, charge_of
from lfr_kit.governance.roles import Action, Role
from lfr_kit.operations import presence
from lfr_kit.operations.alerts import acknowledge, decide, queue, raise_alert, view
from lfr_kit.operations.routing import route_due
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.tables.presence import presence as presence_table

ANN, BOB = person(Role.ENGAGEMENT_OFFICER, name="ann"), person(Role.ENGAGEMENT_OFFICER, name="bob")


@pytest.fixture
def opened(store, clock) -> Opened:
    made = Opened(store)
    clock.now = max(clock.now, made.plan.starts_at)
    for each in (ANN, BOB):
        put_user(store, each.user_id, Role.ENGAGEMENT_OFFICER)
    return made


def checks_in(store, opened, who, team, camera_id=""):
    presence.check_in(store, who, opened.deployment_id, team=team, camera_id=camera_id)


def raised(store, opened, clock, alert_id="A-1", n=2):
    return raise_alert(store, opened.deployment_id, opened.alert(n, alert_id, shot=shot(at=clock.now)))


def routed(store, alert_id):
    with store.reading() as connection:
        events = rows.events(connection, alert_id)
    return [(e.data["team"], e.data["was"], e.actor_id) for e in events if e.kind == "routed"]


def goes_silent(store, who, clock):
    """Not heard of for too long, without having checked out."""
    clock.advance(seconds=settings().live.presence_lost_after_s + 1)
    with store.engine.connect() as connection:
        assert connection.execute(presence_table.select()).all(), f"{who} is checked in"


def test_alert_is_routed_in_the_act_that_stores_it(store, opened, clock):
    checks_in(store, opened, ANN, "red", "north-2")
    checks_in(store, opened, BOB, "blue", CAMERA)
    alert_id = raised(store, opened, clock)
    assert routed(store, alert_id) == [("blue", "", "system")]
    assert [each["routed_to"] for each in logged_details(store, Action.ALERT_RAISE)] == ["blue"]
    assert route_due(store, opened.deployment_id) == ()
    assert len(routed(store, alert_id)) == 1, "once"


def test_two_alerts_at_a_camera_go_to_its_two_teams(store, opened, clock):
    checks_in(store, opened, ANN, "red", CAMERA)
    checks_in(store, opened, BOB, "blue", CAMERA)
    first = raised(store, opened, clock, "A-1", 1)
    clock.advance(seconds=5)
    second = raised(store, opened, clock, "A-2", 2)
    assert {routed(store, first)[0][0], routed(store, second)[0][0]} == {"red", "blue"}


def test_alert_that_finds_nobody_is_routed_when_somebody_checks_in(store, opened, clock):
    alert_id = raised(store, opened, clock)
    assert routed(store, alert_id) == []
    checks_in(store, opened, ANN, "red")
    assert routed(store, alert_id) == [("red", "", "system")]
    assert logged(store, Action.ALERT_ROUTE)


def test_alert_is_routed_anew_when_its_team_checks_out(store, opened, clock):
    checks_in(store, opened, ANN, "red", CAMERA)
    checks_in(store, opened, BOB, "blue")
    alert_id = raised(store, opened, clock)
    presence.check_out(store, ANN, opened.deployment_id)
    assert routed(store, alert_id) == [("red", "", "system"), ("blue", "red", "system")]
    presence.check_out(store, BOB, opened.deployment_id)
    assert routed(store, alert_id)[-1] == ("", "blue", "system"), "that nobody is there is kept too"


def test_alert_is_routed_anew_when_its_team_is_not_heard_of(store, opened, clock):
    checks_in(store, opened, ANN, "red", CAMERA)
    alert_id = raised(store, opened, clock)
    goes_silent(store, ANN, clock)
    checks_in(store, opened, BOB, "blue")
    assert routed(store, alert_id)[-1] == ("blue", "red", "system")


def test_any_sign_of_life_notices_that_another_team_is_gone(store, opened, clock):
    checks_in(store, opened, ANN, "red", CAMERA)
    checks_in(store, opened, BOB, "blue")
    alert_id = raised(store, opened, clock)
    with store.engine.begin() as connection:
        connection.execute(update(presence_table).where(presence_table.c.user_id == "ann").values(mac="0" * 64))
    presence.heartbeat(store, BOB, opened.deployment_id)
    assert routed(store, alert_id)[-1] == ("blue", "red", "system"), "who was put there from outside is not there"


def test_acknowledged_alert_stays_where_it_is(store, opened, clock):
    checks_in(store, opened, ANN, "red", CAMERA)
    alert_id = raised(store, opened, clock)
    view(store, OPERATOR, alert_id)
    decide(store, OPERATOR, alert_id, Verdict.VIABLE, DecisionReason.SAME_FEATURES)
    acknowledge(store, ANN, alert_id)
    checks_in(store, opened, BOB, "blue")
    presence.check_out(store, ANN, opened.deployment_id)
    assert [team for team, _, _ in routed(store, alert_id)] == ["red"]


def test_decided_alert_is_not_routed(store, opened, clock):
    alert_id = raised(store, opened, clock)
    view(store, OPERATOR, alert_id)
    decide(store, OPERATOR, alert_id, Verdict.DISMISSED, DecisionReason.DIFFERENT_PERSON)
    checks_in(store, opened, ANN, "red")
    assert routed(store, alert_id) == []


def test_queue_and_view_say_to_whom_it_is_routed(store, opened, clock):
    checks_in(store, opened, ANN, "red", CAMERA)
    alert_id = raised(store, opened, clock)
    assert [each.charge.team for each in queue(store, OFFICER, opened.deployment_id)] == ["red"]
    seen = view(store, OPERATOR, alert_id)
    assert seen.charge.team == "red"
    assert charge_of(seen.events) == seen.charge


def test_route_due_says_what_it_did(store, opened, clock):
    checks_in(store, opened, ANN, "red", CAMERA)
    alert_id = raised(store, opened, clock)
    goes_silent(store, ANN, clock)
    assert route_due(store, opened.deployment_id) == (Route(alert_id, "", "red"),)
    assert route_due(store, opened.deployment_id) == ()
