"""Deciding on alerts: in order, by different people, within the time, and with nobody's decision lost."""

from __future__ import annotations

import multiprocessing
import threading
from itertools import permutations

import pytest
from alerted import OFFICER, OPERATOR, OTHER_OPERATOR, SILVER, Opened, logged
from governed import person

from lfr_kit.errors import (
    DecisionConflictError,
    InputError,
    JustificationError,
    NotInStoreError,
    PermissionRefusedError,
    StateError,
)
from lfr_kit.governance.adjudication import Conclusion, DecisionReason, IdMethod, NotEngagedReason, Verdict
from lfr_kit.governance.roles import Actor, Role
from lfr_kit.governance.vocabulary import AlertState, DeploymentState, Operation, Outcome, Truth
from lfr_kit.operations.alerts import (
    conclude,
    decide,
    do_not_engage,
    engage,
    expire_due,
    queue,
    raise_alert,
    review,
    view,
)
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.store import Store

VIABLE = (Verdict.VIABLE, DecisionReason.SAME_FEATURES)
DISMISSED = (Verdict.DISMISSED, DecisionReason.DIFFERENT_PERSON)
ARRESTED = Conclusion(truth=Truth.TRUE_CONFIRMED, outcome=Outcome.ARREST, id_method=IdMethod.FINGERPRINT)
GONE = Conclusion(truth=Truth.TRUE_UNCONFIRMED)


@pytest.fixture
def opened(store) -> Opened:
    return Opened(store)


@pytest.fixture
def alert_id(store, opened) -> str:
    return raise_alert(store, opened.deployment_id, opened.alert())


def now(store, alert_id):
    with store.reading() as connection:
        return rows.alert(connection, alert_id)


def events(store, alert_id):
    with store.reading() as connection:
        return rows.events(connection, alert_id)


def viable(store, alert_id):
    view(store, OPERATOR, alert_id)
    decide(store, OPERATOR, alert_id, *VIABLE)
    view(store, OFFICER, alert_id)


def test_alert_is_lived_through_to_its_outcome(store, clock, alert_id):
    clock.advance(seconds=3)
    view(store, OPERATOR, alert_id)
    clock.advance(seconds=4.5)
    assert decide(store, OPERATOR, alert_id, *VIABLE).state is AlertState.VIABLE
    clock.advance(seconds=2)
    view(store, OFFICER, alert_id)
    clock.advance(seconds=6)
    assert engage(store, OFFICER, alert_id, status_rechecked=True).state is AlertState.ENGAGED
    done = conclude(store, OFFICER, alert_id, ARRESTED, note="gave his name")
    assert (done.state, done.truth, done.outcome) == (AlertState.CONCLUDED, Truth.TRUE_CONFIRMED, Outcome.ARREST)
    kinds = [(event.kind, event.actor_id, event.to_state) for event in events(store, alert_id)]
    assert kinds == [
        ("raised", "system", "raised"),
        ("viewed", OPERATOR.user_id, "viewed"),
        ("decided", OPERATOR.user_id, "viable"),
        ("viewed", OFFICER.user_id, "viable"),
        ("engaged", OFFICER.user_id, "engaged"),
        ("concluded", OFFICER.user_id, "concluded"),
    ]
    decided, engaged, concluded = (events(store, alert_id)[i].data for i in (2, 4, 5))
    assert (decided["decision_s"], decided["decision_s_from_raise"]) == (4.5, 7.5)
    assert decided["reason_code"] == "same_features"
    assert (engaged["status_rechecked"], engaged["officer_s"]) == (True, 6.0)
    assert concluded == {"truth": "true_confirmed", "outcome": "arrest", "id_method": "fingerprint"}


def test_every_decision_is_an_alteration_in_the_audit_log(store, alert_id):
    viable(store, alert_id)
    engage(store, OFFICER, alert_id, status_rechecked=False)
    conclude(store, OFFICER, alert_id, ARRESTED)
    for action, who in (
        ("alert.adjudicate", OPERATOR), ("alert.engage", OFFICER), ("alert.outcome", OFFICER)
    ):  # fmt: skip
        (row,) = logged(store, action)
        assert (row.actor_id, row.operation, row.subject) == (
            who.user_id,
            Operation.ALTERATION,
            f"alert:{alert_id}",
        )
        assert row.deployment_id == "D-0000000001"


def test_dismissal_is_false_and_ends_there(store, alert_id):
    view(store, OPERATOR, alert_id)
    done = decide(store, OPERATOR, alert_id, *DISMISSED)
    assert (done.state, done.truth) == (AlertState.DISMISSED, Truth.FALSE_UNCONFIRMED)
    view(store, OFFICER, alert_id)
    with pytest.raises(StateError, match="is dismissed"):
        engage(store, OFFICER, alert_id, status_rechecked=True)


STEPS = {
    "decide": lambda store, alert_id: decide(store, OPERATOR, alert_id, *VIABLE),
    "look_again": lambda store, alert_id: view(store, OFFICER, alert_id),
    "engage": lambda store, alert_id: engage(store, OFFICER, alert_id, status_rechecked=True),
    "conclude": lambda store, alert_id: conclude(store, OFFICER, alert_id, ARRESTED),
}


def test_steps_in_any_other_order_are_refused(store, opened):
    """Every order of the four steps after the operator's look: only the one right order engages and concludes."""
    for order in permutations(STEPS):
        alert_id = raise_alert(store, opened.deployment_id, opened.alert())
        view(store, OPERATOR, alert_id)
        done = []
        for name in order:
            try:
                STEPS[name](store, alert_id)
            except StateError:
                continue
            done.append(name)
        taken = [name for name in done if name != "look_again"]
        assert taken == ["decide", "engage", "conclude"][: len(taken)]
        looked_before = "engage" not in done or order.index("look_again") < order.index("engage")
        assert looked_before


def test_decision_without_a_look_is_refused(store, alert_id):
    with pytest.raises(StateError, match=r"has not looked at alert .* lfr alerts show"):
        decide(store, OPERATOR, alert_id, *VIABLE)
    view(store, OTHER_OPERATOR, alert_id)
    with pytest.raises(StateError, match=f"{OPERATOR.user_id} has not looked"):
        decide(store, OPERATOR, alert_id, *VIABLE)
    assert now(store, alert_id).state is AlertState.VIEWED


def test_engagement_without_the_officers_own_look_is_refused(store, alert_id):
    view(store, OPERATOR, alert_id)
    decide(store, OPERATOR, alert_id, *VIABLE)
    with pytest.raises(StateError, match=f"{OFFICER.user_id} has not looked"):
        engage(store, OFFICER, alert_id, status_rechecked=True)


def test_nobody_is_operator_and_officer_of_one_alert(store, alert_id):
    """Whoever hands themselves both roles is still one person."""
    both = Actor(OPERATOR.user_id, frozenset({Role.LFR_OPERATOR, Role.ENGAGEMENT_OFFICER}))
    view(store, both, alert_id)
    decide(store, both, alert_id, *VIABLE)
    with pytest.raises(StateError, match="another person must engage"):
        engage(store, both, alert_id, status_rechecked=True)
    with pytest.raises(StateError, match="another person"):
        do_not_engage(store, both, alert_id, NotEngagedReason.PERSON_GONE)
    view(store, OFFICER, alert_id)
    engage(store, OFFICER, alert_id, status_rechecked=True)
    with pytest.raises(StateError, match="another person must say how it ended"):
        conclude(store, both, alert_id, ARRESTED)


def test_roles_that_may_not_decide_are_refused(store, alert_id):
    for role in set(Role) - {Role.LFR_OPERATOR}:
        with pytest.raises(PermissionRefusedError):
            decide(store, person(role), alert_id, *VIABLE)
    for role in set(Role) - {Role.ENGAGEMENT_OFFICER}:
        with pytest.raises(PermissionRefusedError):
            engage(store, person(role), alert_id, status_rechecked=True)
        with pytest.raises(PermissionRefusedError):
            conclude(store, person(role), alert_id, ARRESTED)
    for role in set(Role) - {Role.SILVER, Role.GOLD}:
        with pytest.raises(PermissionRefusedError):
            review(store, person(role), alert_id, GONE, reason="looked again")
    assert now(store, alert_id).state is AlertState.RAISED


def test_system_itself_can_take_no_decision(store, alert_id):
    from lfr_kit.governance.roles import SYSTEM

    for step in (
        lambda: decide(store, SYSTEM, alert_id, *VIABLE),
        lambda: engage(store, SYSTEM, alert_id, status_rechecked=True),
        lambda: conclude(store, SYSTEM, alert_id, ARRESTED),
        lambda: review(store, SYSTEM, alert_id, GONE, reason="because"),
    ):
        with pytest.raises(PermissionRefusedError):
            step()


def test_reason_of_the_other_verdict_is_refused(store, alert_id):
    view(store, OPERATOR, alert_id)
    with pytest.raises(InputError, match="is none for viable"):
        decide(store, OPERATOR, alert_id, Verdict.VIABLE, DecisionReason.DIFFERENT_PERSON)


def test_forged_ids_decide_nothing(store, opened):
    for alert_id in ("A-nothing", "x' OR '1'='1"):
        with pytest.raises((NotInStoreError, InputError)):
            decide(store, OPERATOR, alert_id, *VIABLE)
    assert logged(store, "alert.adjudicate") == []


def test_not_engaging_keeps_the_reason_and_an_unconfirmed_truth(store, alert_id):
    viable(store, alert_id)
    done = do_not_engage(store, OFFICER, alert_id, NotEngagedReason.PERSON_GONE)
    assert (done.state, done.truth, done.outcome) == (AlertState.NOT_ENGAGED, Truth.TRUE_UNCONFIRMED, None)
    assert events(store, alert_id)[-1].data["reason_code"] == "person_gone"


def test_officer_who_sees_another_person_leaves_a_false_alert(store, alert_id):
    viable(store, alert_id)
    done = do_not_engage(store, OFFICER, alert_id, NotEngagedReason.OFFICER_SAW_ANOTHER_PERSON)
    assert done.truth is Truth.FALSE_UNCONFIRMED


def test_person_who_got_away_has_neither_outcome_nor_identity(store, alert_id):
    viable(store, alert_id)
    engage(store, OFFICER, alert_id, status_rechecked=True)
    done = conclude(store, OFFICER, alert_id, GONE)
    assert (done.state, done.truth, done.outcome) == (AlertState.CONCLUDED, Truth.TRUE_UNCONFIRMED, None)


def test_status_recheck_is_asked_and_both_answers_are_kept(store, alert_id):
    viable(store, alert_id)
    with pytest.raises(TypeError, match="status_rechecked"):
        engage(store, OFFICER, alert_id)
    engage(store, OFFICER, alert_id, status_rechecked=False)
    assert events(store, alert_id)[-1].data["status_rechecked"] is False


@pytest.mark.parametrize("gone", [{"status": "withdrawn"}, {"expires_at": None}])
def test_nobody_is_engaged_who_was_taken_off_the_list_meanwhile(store, clock, opened, alert_id, gone):
    viable(store, alert_id)
    opened.change_entry(0, **{name: value or clock.now for name, value in gone.items()})
    with pytest.raises(StateError, match="--not status_not_current"):
        engage(store, OFFICER, alert_id, status_rechecked=True)
    assert now(store, alert_id).state is AlertState.VIABLE
    do_not_engage(store, OFFICER, alert_id, NotEngagedReason.STATUS_NOT_CURRENT)


def test_operator_who_would_engage_on_their_own_decision_is_refused_and_that_is_logged(store, alert_id):
    viable(store, alert_id)
    both = Actor(OPERATOR.user_id, frozenset({Role.ENGAGEMENT_OFFICER}))
    with pytest.raises(StateError, match="another person must engage"):
        engage(store, both, alert_id, status_rechecked=True)
    (refused,) = logged(store, "refused:alert.engage")
    assert (refused.actor_id, refused.subject) == (both.user_id, f"alert:{alert_id}")


def test_same_decision_sent_twice_is_one_decision(store, alert_id):
    view(store, OPERATOR, alert_id)
    first = decide(store, OPERATOR, alert_id, *VIABLE)
    assert decide(store, OPERATOR, alert_id, *VIABLE) == first
    assert [event.kind for event in events(store, alert_id)].count("decided") == 1


@pytest.mark.parametrize(
    ("reason", "note"), [(DecisionReason.SAME_FEATURES, "ears too"), (DecisionReason.SAME_MARKS, "same ears")]
)
def test_same_decision_sent_again_with_more_is_kept_as_a_late_one_and_told(store, alert_id, reason, note):
    view(store, OPERATOR, alert_id)
    first = decide(store, OPERATOR, alert_id, *VIABLE, note="same ears")
    assert decide(store, OPERATOR, alert_id, *VIABLE, note="same ears ") == first
    assert decide(store, OPERATOR, alert_id, *VIABLE) == first
    with pytest.raises(DecisionConflictError, match=r"that stands unchanged; the reason and the note .* late"):
        decide(store, OPERATOR, alert_id, Verdict.VIABLE, reason, note=note)
    assert now(store, alert_id) == first
    with store.reading() as connection:
        key = store.vault.key(connection, f"deployment:{first.deployment_id}")
        late = rows.events(connection, alert_id, key)[-1]
    assert (late.kind, late.data["late_reason_code"], late.note) == ("late_decision", reason, note)


def test_second_decision_is_kept_and_its_maker_told_who_when_what(store, clock, alert_id):
    view(store, OPERATOR, alert_id)
    view(store, OTHER_OPERATOR, alert_id)
    clock.advance(seconds=5)
    decide(store, OPERATOR, alert_id, *VIABLE)
    clock.advance(seconds=1)
    told = rf"{OPERATOR.user_id} decided viable \(same_features\) at 09:00:05 UTC; your decision \(dismissed\)"
    with pytest.raises(DecisionConflictError, match=told):
        decide(store, OTHER_OPERATOR, alert_id, *DISMISSED, note="ears differ")
    assert now(store, alert_id).state is AlertState.VIABLE
    late = events(store, alert_id)[-1]
    assert (late.kind, late.actor_id, late.to_state) == ("late_decision", OTHER_OPERATOR.user_id, "viable")
    assert (late.data["late_verdict"], late.data["late_decision_s"]) == ("dismissed", 6.0)
    assert len(logged(store, "alert.adjudicate")) == 2


def test_operator_who_changes_their_mind_is_late_too(store, alert_id):
    view(store, OPERATOR, alert_id)
    decide(store, OPERATOR, alert_id, *DISMISSED)
    with pytest.raises(DecisionConflictError, match="decided dismissed"):
        decide(store, OPERATOR, alert_id, *VIABLE)
    assert now(store, alert_id).state is AlertState.DISMISSED


def test_decision_after_the_time_is_late_and_the_alert_unconfirmed(store, clock, opened, alert_id):
    view(store, OPERATOR, alert_id)
    clock.advance(seconds=opened.plan.decision_limit_s)
    with pytest.raises(DecisionConflictError, match="its time to decide was over at 09:01:00 UTC"):
        decide(store, OPERATOR, alert_id, *VIABLE)
    assert now(store, alert_id).state is AlertState.UNCONFIRMED
    assert [event.kind for event in events(store, alert_id)][-2:] == ["expired", "late_decision"]
    with pytest.raises(StateError, match="is unconfirmed"):
        engage(store, OFFICER, alert_id, status_rechecked=True)


def test_decision_in_the_last_moment_counts(store, clock, opened, alert_id):
    view(store, OPERATOR, alert_id)
    clock.advance(seconds=opened.plan.decision_limit_s - 0.001)
    assert decide(store, OPERATOR, alert_id, *VIABLE).state is AlertState.VIABLE


def test_clock_set_back_makes_no_negative_seconds(store, clock, alert_id):
    view(store, OPERATOR, alert_id)
    clock.advance(hours=-1)
    decide(store, OPERATOR, alert_id, *VIABLE)
    assert events(store, alert_id)[-1].data["decision_s"] == 0.0


def test_alerts_can_be_settled_after_the_deployment_ended(store, opened, alert_id):
    viable(store, alert_id)
    engage(store, OFFICER, alert_id, status_rechecked=True)
    opened.move(DeploymentState.CLOSED)
    assert conclude(store, OFFICER, alert_id, ARRESTED).state is AlertState.CONCLUDED


def test_review_gives_an_expired_alert_its_truth_and_takes_it_off_the_queue(store, clock, opened, alert_id):
    clock.advance(hours=1)
    expire_due(store, opened.deployment_id)
    assert [each.alert_id for each in queue(store, SILVER, opened.deployment_id)] == [alert_id]
    view(store, SILVER, alert_id)
    done = review(store, SILVER, alert_id, Conclusion(truth=Truth.FALSE_UNCONFIRMED), reason="other ears")
    assert (done.state, done.truth) == (AlertState.UNCONFIRMED, Truth.FALSE_UNCONFIRMED)
    assert queue(store, SILVER, opened.deployment_id) == []


def test_review_corrects_a_truth_and_each_correction_is_an_event(store, alert_id):
    viable(store, alert_id)
    do_not_engage(store, OFFICER, alert_id, NotEngagedReason.PERSON_GONE)
    found = Conclusion(truth=Truth.TRUE_CONFIRMED, outcome=Outcome.NO_ACTION, id_method=IdMethod.DETAILS_CHECKED)
    view(store, SILVER, alert_id)
    review(store, SILVER, alert_id, found, reason="identified an hour later")
    done = review(store, SILVER, alert_id, Conclusion(truth=Truth.FALSE_UNCONFIRMED), reason="papers were forged")
    assert (done.truth, done.outcome) == (Truth.FALSE_UNCONFIRMED, None)
    reviewed = [event.data for event in events(store, alert_id) if event.kind == "reviewed"]
    assert [(data["old_truth"], data["truth"]) for data in reviewed] == [
        ("true_unconfirmed", "true_confirmed"),
        ("true_confirmed", "false_unconfirmed"),
    ]


def test_review_confirms_nothing_that_nobody_identified(store, alert_id):
    with pytest.raises(InputError, match="by which ordinary means"):
        Conclusion(truth=Truth.TRUE_CONFIRMED, outcome=Outcome.ARREST)


def test_review_is_by_somebody_who_took_no_part(store, alert_id):
    silver_too = Actor(OPERATOR.user_id, frozenset({Role.LFR_OPERATOR, Role.SILVER}))
    view(store, silver_too, alert_id)
    decide(store, silver_too, alert_id, *DISMISSED)
    with pytest.raises(StateError, match="another person must review it"):
        review(store, silver_too, alert_id, GONE, reason="changed my mind")


def test_review_is_not_by_the_officer_who_did_not_engage(store, alert_id):
    viable(store, alert_id)
    do_not_engage(store, OFFICER, alert_id, NotEngagedReason.PERSON_GONE)
    in_command_too = Actor(OFFICER.user_id, frozenset({Role.ENGAGEMENT_OFFICER, Role.SILVER}))
    with pytest.raises(StateError, match="another person must review it"):
        review(store, in_command_too, alert_id, GONE, reason="they were gone indeed")


def test_review_is_not_by_an_operator_who_decided_too_late(store, clock, alert_id):
    in_command_too = Actor(OPERATOR.user_id, frozenset({Role.LFR_OPERATOR, Role.SILVER}))
    view(store, in_command_too, alert_id)
    clock.advance(hours=1)
    with pytest.raises(DecisionConflictError, match="time to decide was over"):
        decide(store, in_command_too, alert_id, *DISMISSED)
    with pytest.raises(StateError, match="another person must review it"):
        review(store, in_command_too, alert_id, GONE, reason="as I said")


def test_review_by_who_has_not_looked_is_refused(store, clock, opened, alert_id):
    clock.advance(hours=1)
    expire_due(store, opened.deployment_id)
    gold, silver = person(Role.GOLD), SILVER
    for who, other in ((gold, silver), (silver, gold)):
        view(store, other, alert_id, reason="to review it")
        with pytest.raises(StateError, match=rf"has not looked .* lfr alerts show {alert_id} --reason"):
            review(store, person(next(iter(who.roles)), name=f"{who.user_id}-2"), alert_id, GONE, reason="gone")
    assert review(store, gold, alert_id, GONE, reason="they were gone indeed").truth is Truth.TRUE_UNCONFIRMED


def test_review_of_an_open_alert_or_without_a_reason_is_refused(store, alert_id):
    with pytest.raises(StateError, match="is raised"):
        review(store, SILVER, alert_id, GONE, reason="early")
    with pytest.raises(JustificationError):
        review(store, SILVER, alert_id, GONE, reason=" \n ")


def decide_on_all(chosen, clock_now, who, verdict, alert_ids, barrier, told):
    """What one operator's process does: decides on each alert at the same moment as the other."""
    with Store.open(chosen, lambda: clock_now) as own:
        for alert_id in alert_ids:
            barrier.wait(20)
            try:
                decide(own, who, alert_id, *verdict)
                told.append((alert_id, who.user_id, ""))
            except DecisionConflictError as conflict:
                told.append((alert_id, who.user_id, str(conflict)))


def both_looked_at(store, opened, n):
    alert_ids = [raise_alert(store, opened.deployment_id, opened.alert()) for _ in range(n)]
    for alert_id in alert_ids:
        view(store, OPERATOR, alert_id)
        view(store, OTHER_OPERATOR, alert_id)
    return alert_ids


def check_nothing_lost(store, alert_ids, told):
    for alert_id in alert_ids:
        happened = events(store, alert_id)
        (decided,) = [event for event in happened if event.kind == "decided"]
        (late,) = [event for event in happened if event.kind == "late_decision"]
        assert {decided.actor_id, late.actor_id} == {OPERATOR.user_id, OTHER_OPERATOR.user_id}
        assert now(store, alert_id).state == decided.data["verdict"]
        assert [event.seq for event in happened] == list(range(1, len(happened) + 1))
        answers = {who: words for each, who, words in told if each == alert_id}
        assert answers[decided.actor_id] == ""
        assert f"{decided.actor_id} decided {decided.data['verdict']}" in answers[late.actor_id]
    assert len(logged(store, "alert.adjudicate")) == 2 * len(alert_ids)


def test_two_operators_in_two_threads_lose_nothing(store, store_settings, clock, opened):
    alert_ids, told, barrier = both_looked_at(store, opened, 8), [], threading.Barrier(2)
    operators = [
        threading.Thread(
            target=decide_on_all, args=(store_settings, clock.now, who, verdict, alert_ids, barrier, told)
        )
        for who, verdict in ((OPERATOR, VIABLE), (OTHER_OPERATOR, DISMISSED))
    ]
    for thread in operators:
        thread.start()
    for thread in operators:
        thread.join(60)
    check_nothing_lost(store, alert_ids, told)


def test_two_operators_in_two_processes_lose_nothing(store, store_settings, clock, opened):
    alert_ids = both_looked_at(store, opened, 5)
    context = multiprocessing.get_context("forkserver")
    with context.Manager() as manager:
        barrier, told = manager.Barrier(2), manager.list()
        operators = [
            context.Process(
                target=decide_on_all, args=(store_settings, clock.now, who, verdict, alert_ids, barrier, told)
            )
            for who, verdict in ((OPERATOR, VIABLE), (OTHER_OPERATOR, DISMISSED))
        ]
        for process in operators:
            process.start()
        for process in operators:
            process.join(60)
        assert [process.exitcode for process in operators] == [0, 0]
        check_nothing_lost(store, alert_ids, list(told))
