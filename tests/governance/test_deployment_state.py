"""The state machine: every state against every step, and who may take one when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from governed import person
from lived import plan

from lfr_kit.errors import AuthorityError, StateError
from lfr_kit.governance.authority import authority_digest
from lfr_kit.governance.deployment_state import (
    EDGES,
    STEP_ACTIONS,
    Deployment,
    Step,
    check_extension,
    check_step,
    due_step,
    next_state,
)
from lfr_kit.governance.roles import PERMISSIONS, SYSTEM, Role
from lfr_kit.governance.vocabulary import DeploymentState

NOON = datetime(2026, 5, 4, 11, 0, tzinfo=UTC)
"""Within the window of the sample plan, 10:00 to 14:00 UTC."""

TABLE = {
    "draft": {"amend": "draft", "request": "requested"},
    "requested": {"refuse": "draft", "grant": "granted", "grant_urgently": "granted"},
    "granted": {
        "open": "open",
        "ratify": "granted",
        "extend": "granted",
        "change_threshold": "granted",
        "lapse": "aborted",
        "abort": "aborted",
    },
    "open": {
        "pause": "paused",
        "close": "closed",
        "ratify": "open",
        "extend": "open",
        "change_threshold": "open",
        "lapse": "aborted",
        "abort": "aborted",
    },
    "paused": {
        "resume": "open",
        "close": "closed",
        "ratify": "paused",
        "extend": "paused",
        "change_threshold": "paused",
        "lapse": "aborted",
        "abort": "aborted",
    },
    "closed": {"ratify": "closed", "purge": "purged"},
    "aborted": {"purge": "purged"},
    "purged": {},
}
"""Written by hand: state -> step -> where it leads; whatever is not here must be refused."""


def deployment(state: str = "granted", **changes) -> Deployment:
    authority = plan()
    standing = Deployment(
        deployment_id="D-1",
        state=DeploymentState(state),
        version=3,
        authority=authority,
        authority_digest=authority_digest(authority),
        starts_at=authority.starts_at,
        ends_at=authority.ends_at,
        threshold=authority.threshold,
        asked_by=frozenset({"silver-1", "bronze-1"}),
        drafted_by="bronze-1",
        requested_by="silver-1",
        granted_by="gold-1",
        granted_at=NOON - timedelta(hours=2),
    )
    return replace(standing, **changes)


def urgent(state: str = "granted", **changes) -> Deployment:
    return deployment(state, is_urgent=True, ratify_by=NOON + timedelta(hours=22), **changes)


AO = person(Role.AUTHORISING_OFFICER)


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("state", DeploymentState)
def test_every_state_and_step_leads_where_the_table_says_or_nowhere(state, step):
    target = TABLE[state].get(step)
    if target is None:
        with pytest.raises(StateError, match=f"while the deployment is {state}"):
            next_state(state, step)
    else:
        assert next_state(state, step) == target


def test_machine_has_no_edge_beyond_the_table():
    assert len(EDGES) == sum(map(len, TABLE.values()))
    assert set(TABLE) == set(DeploymentState)


def test_nothing_but_an_opening_or_a_resumption_leads_to_open():
    into = {(state, step) for (state, step), target in EDGES.items() if target == "open" and state != "open"}
    assert into == {("granted", "open"), ("paused", "resume")}


def test_no_way_to_granted_without_a_grant_and_no_way_back_from_an_end():
    assert {step for (_, step), target in EDGES.items() if target == "granted"} >= {"grant", "grant_urgently"}
    assert all(step.startswith("grant") for (state, step), to in EDGES.items() if to == "granted" != state)
    ends = {"closed", "aborted", "purged"}
    assert all(target in ends for (state, _), target in EDGES.items() if state in ends)


def test_every_step_takes_a_permission_that_somebody_has():
    assert set(STEP_ACTIONS) == set(Step)
    assert all(PERMISSIONS[action] for action in STEP_ACTIONS.values())


def test_refusal_names_the_steps_there_are():
    with pytest.raises(StateError, match=r"from there: amend, request"):
        next_state(DeploymentState.DRAFT, Step.OPEN)


@pytest.mark.parametrize("who", ["silver-1", "bronze-1"])
@pytest.mark.parametrize("step", [Step.GRANT, Step.GRANT_URGENTLY])
def test_nobody_grants_what_they_drafted_or_requested(who, step):
    both = person(Role.AUTHORISING_OFFICER, Role.SILVER, name=who)
    with pytest.raises(AuthorityError, match="nobody grants what they asked for"):
        check_step(deployment("requested", granted_by=None), step, both, NOON)


def test_another_officer_grants():
    assert check_step(deployment("requested", granted_by=None), Step.GRANT, AO, NOON) == "granted"


@pytest.mark.parametrize("step", [Step.RATIFY, Step.EXTEND])
def test_nobody_ratifies_or_extends_what_they_asked_for(step):
    both = person(Role.AUTHORISING_OFFICER, Role.SILVER, name="silver-1")
    with pytest.raises(AuthorityError, match="asked for"):
        check_step(urgent(), step, both, NOON)


def test_the_officer_who_granted_urgently_does_not_ratify():
    granter = person(Role.AUTHORISING_OFFICER, name="gold-1")
    with pytest.raises(AuthorityError, match="another officer must ratify"):
        check_step(urgent(), Step.RATIFY, granter, NOON)
    assert check_step(urgent(), Step.RATIFY, AO, NOON) == "granted"


@pytest.mark.parametrize("step", [Step.GRANT, Step.GRANT_URGENTLY, Step.RATIFY, Step.EXTEND])
def test_the_program_itself_never_grants(step):
    standing = deployment("requested") if step in (Step.GRANT, Step.GRANT_URGENTLY) else urgent()
    with pytest.raises(AuthorityError, match="takes a person"):
        check_step(standing, step, SYSTEM, NOON)


def test_ratification_is_refused_where_there_is_nothing_to_ratify_or_too_late():
    with pytest.raises(StateError, match="not granted urgently"):
        check_step(deployment(), Step.RATIFY, AO, NOON)
    with pytest.raises(StateError, match="ao-9 has ratified it already"):
        check_step(urgent(ratified_by="ao-9"), Step.RATIFY, AO, NOON)
    with pytest.raises(StateError, match="was to be done by"):
        check_step(urgent(), Step.RATIFY, AO, NOON + timedelta(hours=22))


@pytest.mark.parametrize(
    "step", [Step.GRANT, Step.GRANT_URGENTLY, Step.OPEN, Step.RESUME, Step.EXTEND, Step.REQUEST]
)
def test_nothing_begins_after_the_window(step):
    state = next(state for (state, each) in EDGES if each == step)
    late = deployment(state).ends_at
    with pytest.raises(StateError, match="the window ended"):
        check_step(deployment(state), step, AO, late)
    assert check_step(deployment(state), step, AO, late - timedelta(seconds=1))


@pytest.mark.parametrize(("state", "step"), [("granted", Step.OPEN), ("paused", Step.RESUME)])
def test_nothing_opens_before_the_window(state, step):
    early = deployment().starts_at - timedelta(seconds=1)
    with pytest.raises(StateError, match="the window begins"):
        check_step(deployment(state), step, person(Role.SILVER, name="silver-2"), early)


@pytest.mark.parametrize("state", ["open", "paused", "granted"])
def test_end_and_break_off_are_possible_at_any_time(state):
    late = deployment().ends_at + timedelta(days=3)
    assert check_step(deployment(state), Step.ABORT, AO, late) == "aborted"


@pytest.mark.parametrize("state", ["granted", "open", "paused"])
def test_due_step_urgent_grant_lapses_at_the_hour_and_not_before(state):
    standing = urgent(state, ends_at=NOON + timedelta(days=2))
    due_at = NOON + timedelta(hours=22)
    assert due_step(standing, due_at - timedelta(microseconds=1)) is None
    assert due_step(standing, due_at)[0] is Step.LAPSE
    assert check_step(standing, Step.LAPSE, SYSTEM, due_at) == "aborted"
    assert due_step(replace(standing, ratified_by="ao-1"), due_at) is None


def test_lapse_of_a_grant_that_may_still_be_ratified_is_refused():
    for standing in (urgent(), deployment(), urgent(ratified_by="ao-1")):
        with pytest.raises(StateError, match="lapse"):
            check_step(standing, Step.LAPSE, SYSTEM, NOON)


@pytest.mark.parametrize(
    ("state", "due"),
    [
        ("draft", None),
        ("requested", None),
        ("granted", Step.ABORT),
        ("open", Step.CLOSE),
        ("paused", Step.CLOSE),
        ("closed", None),
        ("aborted", None),
        ("purged", None),
    ],
)
def test_due_step_ends_what_runs_at_the_end_of_its_window(state, due):
    standing = deployment(state)
    assert due_step(standing, standing.ends_at - timedelta(microseconds=1)) is None
    found = due_step(standing, standing.ends_at)
    assert (found and found[0]) == due
    if found:
        assert found[1]


@pytest.mark.parametrize(
    ("hours", "what"),
    [(14, "it ends at"), (13, "it ends at"), (34.01, "no window is longer than 24 hours")],
)
def test_extension_that_does_not_lengthen_or_lengthens_too_far_is_refused(hours, what):
    ends_at = datetime(2026, 5, 4, tzinfo=UTC) + timedelta(hours=hours)
    with pytest.raises(StateError, match=what):
        check_extension(deployment("open"), ends_at)


def test_extension_within_24_hours_of_the_start_is_taken():
    check_extension(deployment("open"), datetime(2026, 5, 5, 10, 0, tzinfo=UTC))
    with pytest.raises(StateError, match="no time zone"):
        check_extension(deployment("open"), datetime(2026, 5, 4, 15, 0))
