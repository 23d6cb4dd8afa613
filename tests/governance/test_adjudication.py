"""Every state and every step against a table written by hand; no way round a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from lfr_kit.errors import InputError, StateError
from lfr_kit.governance.adjudication import (
    SETTLED,
    STEPS,
    UNDECIDED,
    Conclusion,
    DecisionReason,
    IdMethod,
    NotEngagedReason,
    Step,
    Verdict,
    after,
    check_alert_id,
    check_decision,
    check_other_person,
    seconds_from,
    truth_if_not_engaged,
    truth_of_verdict,
)
from lfr_kit.governance.vocabulary import AlertState, Outcome, Truth

TABLE = """
                view         dismiss    find_viable engage   do_not_engage conclude   expire       review
    raised      viewed       -          -           -        -             -          unconfirmed  -
    viewed      viewed       dismissed  viable      -        -             -          unconfirmed  -
    dismissed   dismissed    -          -           -        -             -          -            dismissed
    viable      viable       -          -           engaged  not_engaged   -          -            -
    engaged     engaged      -          -           -        -             concluded  -            -
    not_engaged not_engaged  -          -           -        -             -          -            not_engaged
    concluded   concluded    -          -           -        -             -          -            concluded
    unconfirmed unconfirmed  -          -           -        -             -          -            unconfirmed
"""


def expected() -> dict[tuple[AlertState, Step], AlertState | None]:
    header, *rows = (line.split() for line in TABLE.strip().splitlines())
    return {
        (AlertState(row[0]), Step(step)): None if cell == "-" else AlertState(cell)
        for row in rows
        for step, cell in zip(header, row[1:], strict=True)
    }


def test_the_table_has_every_state_and_step():
    assert set(expected()) == set(product(AlertState, Step))


@pytest.mark.parametrize(("state", "step"), list(product(AlertState, Step)))
def test_step_from_every_state_is_as_in_the_table(state, step):
    wanted = expected()[state, step]
    if wanted is None:
        with pytest.raises(StateError, match=rf"the alert is {state}: {step} is no step"):
            after(state, step)
    else:
        assert after(state, step) is wanted


def paths(state: AlertState, so_far: tuple[Step, ...] = ()) -> list[tuple[AlertState, tuple[Step, ...]]]:
    """Every way through the machine without turning in place."""
    found = [(state, so_far)]
    for (at, step), to in STEPS.items():
        if at is state and to is not state:
            found += paths(to, (*so_far, step))
    return found


def test_every_way_to_an_engagement_leads_over_a_look_and_a_viable_verdict():
    ways = [steps for state, steps in paths(AlertState.RAISED) if state is AlertState.ENGAGED]
    assert ways == [(Step.VIEW, Step.FIND_VIABLE, Step.ENGAGE)]


def test_every_way_ends_settled_and_no_state_is_out_of_reach():
    everywhere = paths(AlertState.RAISED)
    assert {state for state, _ in everywhere} == set(AlertState)
    ends = {
        state
        for state, _ in everywhere
        if not any(at is state and to is not state for (at, _), to in STEPS.items())
    }
    assert ends == SETTLED
    assert {AlertState.RAISED, AlertState.VIEWED} == UNDECIDED


def test_refusal_names_the_steps_there_are():
    with pytest.raises(StateError, match="there are: engage, do_not_engage"):
        after(AlertState.VIABLE, Step.CONCLUDE)


@pytest.mark.parametrize("closed", [DecisionReason, NotEngagedReason, IdMethod])
def test_no_reason_and_no_way_to_identify_is_a_score(closed):
    words = {word for member in closed for word in str(member).split("_")}
    assert not words & {"score", "similarity", "match", "matched", "algorithm", "system", "alert", "percent"}


@pytest.mark.parametrize(("verdict", "reason"), list(product(Verdict, DecisionReason)))
def test_each_reason_belongs_to_one_verdict(verdict, reason):
    for_viable = {"same_features", "same_marks", "person_known_to_operator"}
    if (str(reason) in for_viable) == (verdict is Verdict.VIABLE):
        assert check_decision(verdict, reason) in (Step.DISMISS, Step.FIND_VIABLE)
    else:
        with pytest.raises(InputError, match="is none for"):
            check_decision(verdict, reason)


@pytest.mark.parametrize(
    ("truth", "outcome", "id_method"),
    list(product(Truth, [None, *Outcome], [None, *IdMethod])),
)
def test_conclusion_is_whole_if_confirmed_and_bare_if_not(truth, outcome, id_method):
    is_confirmed = truth in (Truth.TRUE_CONFIRMED, Truth.FALSE_CONFIRMED)
    is_right = (
        (outcome is not None and id_method is not None)
        if is_confirmed
        else (outcome is None and id_method is None)
    )
    if is_right:
        assert Conclusion(truth=truth, outcome=outcome, id_method=id_method).truth is truth
    else:
        with pytest.raises(InputError, match=f"truth {truth}"):
            Conclusion(truth=truth, outcome=outcome, id_method=id_method)


def test_truth_of_a_dismissal_is_false_and_of_a_viable_one_open():
    assert truth_of_verdict(Verdict.DISMISSED) is Truth.FALSE_UNCONFIRMED
    assert truth_of_verdict(Verdict.VIABLE) is None


@pytest.mark.parametrize("reason", NotEngagedReason)
def test_truth_where_nobody_engages_is_unconfirmed(reason):
    saw_another = reason is NotEngagedReason.OFFICER_SAW_ANOTHER_PERSON
    assert truth_if_not_engaged(reason) is (Truth.FALSE_UNCONFIRMED if saw_another else Truth.TRUE_UNCONFIRMED)


def test_nobody_checks_themselves():
    check_other_person("officer-1", {"operator-1"}, "engage")
    with pytest.raises(
        StateError, match="operator-1 took a part in this alert already; another person must engage"
    ):
        check_other_person("operator-1", {"operator-1"}, "engage")


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "../../etc/passwd",
        "a/b",
        "a.b",
        ".",
        "a" * 41,
        "x'; DROP TABLE alerts; --",
        "a\0b",
        "ａ",
        "a\n",
        "a" * 10_000_000,
    ],
    ids=lambda forged: forged[:12],
)
def test_forged_alert_id_is_refused_and_not_repeated_at_length(forged):
    with pytest.raises(InputError) as refused:
        check_alert_id(forged)
    assert len(str(refused.value)) < 400


def test_alert_id_of_the_engine_is_taken():
    assert check_alert_id("3f2504e04f8911d39a0c0305e82c3301") == "3f2504e04f8911d39a0c0305e82c3301"


def test_seconds_are_never_negative_when_a_clock_was_set_back():
    at = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
    assert seconds_from(at, at + timedelta(seconds=4.2)) == 4.2
    assert seconds_from(at, at - timedelta(hours=1)) == 0.0
