"""What can be done next, and by whom."""

from __future__ import annotations

import pytest

from governance.test_deployment_state import NOON, deployment, urgent
from lfr_kit.governance.deployment_state import EDGES, Step
from lfr_kit.governance.next_steps import next_steps
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import DeploymentState

FIRST = {
    "draft": Step.REQUEST,
    "requested": Step.GRANT,
    "granted": Step.OPEN,
    "open": Step.CLOSE,
    "paused": Step.RESUME,
}


@pytest.mark.parametrize("state", DeploymentState)
def test_next_steps_are_those_of_the_machine_that_people_take(state):
    found = {each.step for each in next_steps(deployment(state), NOON)}
    by_itself = {Step.LAPSE, Step.PURGE, Step.RATIFY}
    assert found == {step for at, step in EDGES if at == state} - by_itself


@pytest.mark.parametrize("state", FIRST)
def test_next_steps_begin_with_the_likeliest(state):
    assert next_steps(deployment(state), NOON)[0].step is FIRST[state]


@pytest.mark.parametrize("state", ["granted", "open", "paused", "closed"])
def test_next_steps_awaited_ratification_comes_first_and_says_by_when_and_not_by_whom(state):
    first = next_steps(urgent(state), NOON)[0]
    assert first.step is Step.RATIFY
    assert first.roles == (Role.AUTHORISING_OFFICER,)
    assert first.not_by == ("bronze-1", "gold-1", "silver-1")
    assert "2026-05-05 09:00 UTC" in first.note


def test_next_steps_grant_is_not_for_those_who_asked():
    grant = next(each for each in next_steps(deployment("requested"), NOON) if each.step is Step.GRANT)
    assert grant.not_by == ("bronze-1", "silver-1")
    digest = deployment("requested").authority_digest[:12]
    assert grant.command == f"lfr deployment grant D-1 --digest {digest} --reason WHY"


def test_next_steps_never_name_the_program():
    for state in DeploymentState:
        assert all(Role.SYSTEM not in each.roles for each in next_steps(deployment(state), NOON))
