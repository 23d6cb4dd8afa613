"""The running false alert rate: shown; where it is red the program pauses the deployment until Silver looked."""

from __future__ import annotations

import pytest
from alerted import OPERATOR, SILVER, Opened, logged

from lfr_kit.errors import NotInStoreError, StateError
from lfr_kit.governance.adjudication import Conclusion, DecisionReason, Verdict
from lfr_kit.governance.false_alert_watch import Colour
from lfr_kit.governance.roles import Action
from lfr_kit.governance.vocabulary import DeploymentState, Operation, Truth
from lfr_kit.operations.alerts import decide, raise_alert, review, view
from lfr_kit.operations.deployment_steps import append_event, standing
from lfr_kit.operations.false_alert_rate import check_false_alert_rate


@pytest.fixture
def opened(store) -> Opened:
    return Opened(store)


def seen(store, opened, n):
    with store.act(
        OPERATOR, Action.DEPLOYMENT_RUN, Operation.COLLECTION, subject="deployment", justification="test"
    ) as act:
        append_event(
            act, opened.deployment_id, "faces_seen", data={"camera_id": "north-1", "n": n, "method": "tracks"}
        )


def false_alert(store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    view(store, OPERATOR, alert_id)
    decide(store, OPERATOR, alert_id, Verdict.DISMISSED, DecisionReason.DIFFERENT_PERSON)
    return alert_id


def state(store, opened):
    return standing(store, opened.deployment_id).state


def test_one_false_alert_in_616_faces_is_amber_and_the_deployment_goes_on(store, opened):
    seen(store, opened, 400)
    seen(store, opened, 216)
    false_alert(store, opened)
    found = check_false_alert_rate(store, opened.deployment_id)
    assert (found.colour, found.rate.count, found.rate.trials) == (Colour.AMBER, 1, 616)
    assert state(store, opened) is DeploymentState.OPEN


def test_rate_that_chance_does_not_explain_pauses_and_says_why(store, opened):
    seen(store, opened, 600)
    for _ in range(4):
        false_alert(store, opened)
    assert check_false_alert_rate(store, opened.deployment_id).colour is Colour.RED
    assert state(store, opened) is DeploymentState.PAUSED
    paused = logged(store, "deployment.pause")
    assert [row.actor_id for row in paused] == ["system"]
    with pytest.raises(StateError, match="is paused"):
        raise_alert(store, opened.deployment_id, opened.alert())
    check_false_alert_rate(store, opened.deployment_id)
    assert len(logged(store, "deployment.pause")) == 1


def test_resumed_after_review_it_runs_until_the_next_false_alert(store, opened, clock):
    seen(store, opened, 600)
    for _ in range(4):
        false_alert(store, opened)
    check_false_alert_rate(store, opened.deployment_id)
    clock.advance(minutes=5)
    with store.act(
        SILVER, Action.DEPLOYMENT_RESUME, Operation.ALTERATION, subject="deployment", justification="reviewed"
    ) as act:
        opened_again = (DeploymentState.PAUSED, DeploymentState.OPEN)
        append_event(act, opened.deployment_id, "transition", reason="reviewed", states=opened_again)
    opened.move(DeploymentState.OPEN)
    clock.advance(minutes=1)
    assert check_false_alert_rate(store, opened.deployment_id).colour is Colour.RED
    assert state(store, opened) is DeploymentState.OPEN
    false_alert(store, opened)
    check_false_alert_rate(store, opened.deployment_id)
    assert state(store, opened) is DeploymentState.PAUSED


def test_alert_whose_truth_is_corrected_counts_as_corrected(store, opened):
    seen(store, opened, 600)
    ids = [false_alert(store, opened) for _ in range(4)]
    for alert_id in ids[:3]:
        view(store, SILVER, alert_id)
        review(store, SILVER, alert_id, Conclusion(truth=Truth.TRUE_UNCONFIRMED), reason="looked again")
    found = check_false_alert_rate(store, opened.deployment_id)
    assert (found.rate.count, found.colour) == (1, Colour.AMBER)
    assert state(store, opened) is DeploymentState.OPEN


def test_closed_deployment_is_only_looked_at(store, opened):
    for _ in range(4):
        false_alert(store, opened)
    opened.move(DeploymentState.CLOSED)
    assert check_false_alert_rate(store, opened.deployment_id).colour is Colour.RED
    assert state(store, opened) is DeploymentState.CLOSED


def test_deployment_that_is_not_there_is_refused(store):
    with pytest.raises(NotInStoreError):
        check_false_alert_rate(store, "D-nowhere")
