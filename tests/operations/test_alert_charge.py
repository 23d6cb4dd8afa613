"""Acknowledging an alert and handing it over: durable, logged, by role, and nobody's word lost."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from alerted import CAMERA, OFFICER, OPERATOR, SILVER, Opened, logged, logged_details, shot
from governed import person, put_user
from recorded import authority
from sqlalchemy import select

from lfr_kit.config import settings
from lfr_kit.errors import DecisionConflictError, InputError, NotInStoreError, PermissionRefusedError, StateError
from lfr_kit.governance.absence import Absence
from lfr_kit.governance.acknowledgement import AcknowledgementRule
from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.governance.roles import Action, Role
from lfr_kit.operations import presence
from lfr_kit.operations.alerts import acknowledge, decide, engage, expire_due, hand_over, queue, raise_alert, view
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.repository.changes import mark_of
from lfr_kit.store.tables.alerts import alert_events

ANN, BOB = person(Role.ENGAGEMENT_OFFICER, name="ann"), person(Role.ENGAGEMENT_OFFICER, name="bob")


@pytest.fixture
def opened(store, clock) -> Opened:
    made = Opened(store)
    clock.now = max(clock.now, made.plan.starts_at)
    for who in (ANN, BOB, OPERATOR, SILVER, person(Role.AUDITOR)):
        put_user(store, who.user_id, *who.roles)
    return made


@pytest.fixture
def alert_id(store, opened, clock) -> str:
    """A red alert, found viable ten seconds after it was raised."""
    made = raise_alert(store, opened.deployment_id, opened.alert(2, "A-1", shot=shot(at=clock.now)))
    view(store, OPERATOR, made)
    clock.advance(seconds=10)
    decide(store, OPERATOR, made, Verdict.VIABLE, DecisionReason.SAME_FEATURES)
    return made


def charge(store, opened):
    (only,) = queue(store, OPERATOR, opened.deployment_id)
    return only.charge


def kept(store, alert_id, *kinds):
    with store.reading() as connection:
        return [each for each in rows.events(connection, alert_id) if each.kind in kinds]


def test_acknowledgement_is_an_event_with_its_times_and_stands_in_the_log(store, opened, clock, alert_id):
    presence.check_in(store, ANN, opened.deployment_id, team="red", camera_id=CAMERA)
    clock.advance(seconds=4)
    acknowledge(store, ANN, alert_id, note="two minutes away")
    (event,) = kept(store, alert_id, "acknowledged")
    assert event.data == {"team": "red", "is_at_desk": False, "from_raise_s": 14.0, "acknowledge_s": 4.0}
    assert (event.actor_id, event.from_state, event.to_state) == ("ann", "viable", "viable")
    last = logged(store, Action.ALERT_ACKNOWLEDGE)[-1]
    assert (last.actor_id, last.subject) == ("ann", f"alert:{alert_id}")
    assert logged_details(store, Action.ALERT_ACKNOWLEDGE)[-1]["acknowledge_s"] == 4.0
    assert (charge(store, opened).holder, charge(store, opened).acknowledged_at) == ("ann", clock.now)


def test_note_is_sealed_and_shown_to_whoever_looks(store, opened, alert_id):
    acknowledge(store, ANN, alert_id, note="by the bakery")
    with store.reading() as connection:
        lies = repr(connection.execute(select(alert_events)).all())
    assert "bakery" not in lies
    assert [e.note for e in view(store, OFFICER, alert_id).events if e.kind == "acknowledged"] == ["by the bakery"]


def test_acknowledging_twice_changes_nothing(store, opened, clock, alert_id):
    acknowledge(store, ANN, alert_id)
    clock.advance(seconds=5)
    acknowledge(store, ANN, alert_id)
    assert len(kept(store, alert_id, "acknowledged")) == 1


def test_second_to_acknowledge_is_told_who_has_it(store, opened, clock, alert_id):
    acknowledge(store, ANN, alert_id)
    since = f"{clock.now:%H:%M:%S}"
    clock.advance(seconds=1)
    with pytest.raises(DecisionConflictError, match=f"ann has it in hand since {since} UTC.*--from ann"):
        acknowledge(store, BOB, alert_id)
    assert charge(store, opened).holder == "ann"


def test_of_several_who_acknowledge_at_once_one_has_it_and_the_others_know(store, opened, alert_id):
    people = [person(Role.ENGAGEMENT_OFFICER, name=f"officer-{n}") for n in range(4)]
    told, start = {}, threading.Barrier(len(people))

    def at_once(who):
        start.wait()
        try:
            acknowledge(store, who, alert_id)
            told[who.user_id] = ""
        except DecisionConflictError as conflict:
            told[who.user_id] = str(conflict)

    threads = [threading.Thread(target=at_once, args=(who,)) for who in people]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    (holder,) = (name for name, words in told.items() if not words)
    assert charge(store, opened).holder == holder
    assert len(kept(store, alert_id, "acknowledged")) == 1
    assert all(f"{holder} has it" in words for name, words in told.items() if name != holder)


def test_alert_is_handed_over_and_back_and_each_acknowledges(store, opened, clock, alert_id):
    presence.check_in(store, ANN, opened.deployment_id, team="red")
    presence.check_in(store, BOB, opened.deployment_id, team="blue")
    acknowledge(store, ANN, alert_id)
    clock.advance(seconds=10)
    hand_over(store, ANN, alert_id, "bob", note="he walks your way")
    handed = charge(store, opened)
    assert (handed.holder, handed.team, handed.acknowledged_at) == ("bob", "blue", None)
    clock.advance(seconds=3)
    acknowledge(store, BOB, alert_id)
    assert kept(store, alert_id, "acknowledged")[-1].data["acknowledge_s"] == 3.0
    hand_over(store, BOB, alert_id, "ann")
    acknowledge(store, ANN, alert_id)
    back = charge(store, opened)
    assert (back.holder, back.team, back.is_with_officers) == ("ann", "red", True)
    assert [(e.data["was"], e.data["to"]) for e in kept(store, alert_id, "handed_over")] == [
        ("ann", "bob"),
        ("bob", "ann"),
    ]


def test_alert_is_taken_from_somebody_only_by_saying_from_whom(store, opened, alert_id):
    acknowledge(store, ANN, alert_id)
    with pytest.raises(DecisionConflictError, match="ann has it in hand"):
        hand_over(store, BOB, alert_id, "bob")
    with pytest.raises(DecisionConflictError, match="ann has it in hand"):
        hand_over(store, BOB, alert_id, "bob", held_by="silver-1")
    hand_over(store, BOB, alert_id, "bob", held_by="ann")
    taken = charge(store, opened)
    assert (taken.holder, taken.is_with_officers) == ("bob", True), "whoever takes it need not acknowledge it too"


def test_alert_that_is_put_down_goes_to_a_team_again(store, opened, clock, alert_id):
    presence.check_in(store, ANN, opened.deployment_id, team="red")
    acknowledge(store, ANN, alert_id)
    hand_over(store, ANN, alert_id, "")
    presence.check_in(store, BOB, opened.deployment_id, team="blue")
    presence.check_out(store, ANN, opened.deployment_id)
    now = charge(store, opened)
    assert (now.holder, now.team) == ("", "blue")


@pytest.mark.parametrize(
    ("to", "error"), [("auditor-1", InputError), ("nobody-such", NotInStoreError)], ids=["auditor", "nobody"]
)
def test_alert_is_handed_only_to_who_may_have_it(store, opened, alert_id, to, error):
    with pytest.raises(error):
        hand_over(store, OPERATOR, alert_id, to)
    assert kept(store, alert_id, "handed_over") == []


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.GOLD, Role.ANALYST, Role.WATCHLIST_MANAGER], ids=str)
def test_who_may_not_have_alerts_in_hand_is_refused_and_it_is_logged(store, opened, alert_id, role):
    with pytest.raises(PermissionRefusedError):
        acknowledge(store, person(role), alert_id)
    with pytest.raises(PermissionRefusedError):
        hand_over(store, person(role), alert_id, "ann")
    assert len(logged(store, f"refused:{Action.ALERT_ACKNOWLEDGE}")) == 2
    assert charge(store, opened).holder == ""


def test_nobody_takes_in_hand_what_is_settled(store, opened, clock):
    made = raise_alert(store, opened.deployment_id, opened.alert(1, "A-2", shot=shot(at=clock.now)))
    clock.advance(hours=1)
    expire_due(store, opened.deployment_id)
    with pytest.raises(StateError, match="unconfirmed"):
        acknowledge(store, ANN, made)


def test_operator_has_it_in_hand_until_the_decision(store, opened, clock):
    made = raise_alert(store, opened.deployment_id, opened.alert(2, "A-3", shot=shot(at=clock.now)))
    hand_over(store, OPERATOR, made, OPERATOR.user_id)
    assert charge(store, opened).holder == OPERATOR.user_id
    view(store, OPERATOR, made)
    decide(store, OPERATOR, made, Verdict.VIABLE, DecisionReason.SAME_FEATURES)
    acknowledge(store, ANN, made)
    assert charge(store, opened).holder == "ann"


def test_red_alert_must_be_acknowledged_in_time_and_says_so_until_it_is(store, opened, clock, alert_id):
    (before,) = queue(store, OFFICER, opened.deployment_id)
    assert (before.acknowledge_by - clock.now).total_seconds() == 30
    clock.advance(seconds=45)
    (overdue,) = queue(store, OFFICER, opened.deployment_id)
    assert overdue.acknowledge_by < clock.now
    acknowledge(store, ANN, alert_id)
    (taken,) = queue(store, OFFICER, opened.deployment_id)
    assert taken.acknowledge_by is None


def test_alert_must_be_acknowledged_as_soon_as_the_plan_says_for_its_colour(store, clock):
    rule = AcknowledgementRule(red_s=0, green_s=90)
    opened = Opened(store, plan=authority(acknowledgement=rule))
    for n in (0, 2):
        made = raise_alert(store, opened.deployment_id, opened.alert(n, f"A-{n}", shot=shot(at=clock.now)))
        view(store, OPERATOR, made)
        decide(store, OPERATOR, made, Verdict.VIABLE, DecisionReason.SAME_FEATURES)
    red, green = queue(store, OFFICER, opened.deployment_id)
    assert (red.acknowledge_by, green.acknowledge_by) == (None, clock.now + timedelta(seconds=90))


def test_green_alert_need_not_be_acknowledged(store, opened, clock):
    made = raise_alert(store, opened.deployment_id, opened.alert(0, "A-4", shot=shot(at=clock.now)))
    view(store, OPERATOR, made)
    decide(store, OPERATOR, made, Verdict.VIABLE, DecisionReason.SAME_FEATURES)
    (waiting,) = queue(store, OFFICER, opened.deployment_id)
    assert waiting.acknowledge_by is None


def test_engaging_puts_it_into_the_officers_hands(store, opened, alert_id):
    view(store, BOB, alert_id)
    engage(store, BOB, alert_id, status_rechecked=True)
    assert (charge(store, opened).holder, charge(store, opened).is_with_officers) == ("bob", True)


def test_alert_of_somebody_who_fell_silent_is_shown_as_such_and_stays_theirs(store, opened, clock, alert_id):
    presence.check_in(store, ANN, opened.deployment_id, team="red")
    acknowledge(store, ANN, alert_id)
    (held,) = queue(store, BOB, opened.deployment_id)
    assert held.absence is None
    seen_at = clock.now
    clock.advance(seconds=settings().live.presence_lost_after_s + 1)
    (left,) = queue(store, BOB, opened.deployment_id)
    assert (left.charge.holder, left.absence) == ("ann", Absence("silent", seen_at))
    assert view(store, BOB, alert_id).absence == left.absence
    presence.heartbeat(store, ANN, opened.deployment_id)
    assert queue(store, BOB, opened.deployment_id)[0].absence is None


def test_alert_is_taken_over_from_who_fell_silent_and_the_history_says_why(store, opened, clock, alert_id):
    presence.check_in(store, ANN, opened.deployment_id, team="red")
    acknowledge(store, ANN, alert_id)
    seen_at = clock.now
    clock.advance(seconds=settings().live.presence_lost_after_s + 1)
    with pytest.raises(
        DecisionConflictError, match=r"ann has it in hand .* not heard of since .* UTC; nothing was"
    ):
        acknowledge(store, BOB, alert_id)
    hand_over(store, BOB, alert_id, "bob", held_by="ann")
    (event,) = kept(store, alert_id, "handed_over")
    assert (event.actor_id, event.data["was"], event.data["was_gone"]) == ("bob", "ann", "silent")
    assert datetime.fromisoformat(event.data["last_seen_at"]) == seen_at
    assert (charge(store, opened).holder, queue(store, BOB, opened.deployment_id)[0].absence) == ("bob", None)


def test_alert_of_somebody_who_checked_out_with_it_is_shown_as_such(store, opened, alert_id):
    presence.check_in(store, ANN, opened.deployment_id, team="red")
    acknowledge(store, ANN, alert_id)
    presence.check_out(store, ANN, opened.deployment_id)
    (left,) = queue(store, BOB, opened.deployment_id)
    assert left.absence == Absence("checked_out")
    hand_over(store, ANN, alert_id, "bob")
    (event,) = kept(store, alert_id, "handed_over")
    assert "was_gone" not in event.data, "whoever gives it away themselves has not gone"


def test_pages_are_told_when_somebody_falls_silent_and_when_they_are_back(store, opened, clock):
    presence.check_in(store, ANN, opened.deployment_id, team="red")

    def mark():
        heard_since = clock.now - timedelta(seconds=settings().live.presence_lost_after_s)
        with store.reading() as connection:
            return mark_of(connection, opened.deployment_id, heard_since)

    here = mark()
    clock.advance(seconds=settings().live.presence_lost_after_s)
    assert mark() == here
    clock.advance(seconds=1)
    silent = mark()
    assert (silent.heard_of, silent != here) == ((), True)
    presence.heartbeat(store, ANN, opened.deployment_id)
    assert mark().heard_of == here.heard_of == ("ann",)
