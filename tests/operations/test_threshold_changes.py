"""Another threshold while a deployment runs: two people, two reasons, never below the floor."""

from __future__ import annotations

import pytest
from lived import GOLD, OPERATOR, OTHER_SILVER, SILVER, WHY, drafted, granted, opened
from sqlalchemy import update

from lfr_kit.errors import AuthorityError, DecisionConflictError, PermissionRefusedError, StateError
from lfr_kit.operations import deployments
from lfr_kit.store.tables.watchlists import watchlists


@pytest.fixture
def running(store, clock):
    """Open at 0.962 with three people on its list; the floor for three is 0.9397."""
    return opened(store, clock)


def test_proposal_changes_nothing_until_somebody_else_confirms(store, running):
    proposed = deployments.propose_threshold(store, SILVER, running.deployment_id, 0.95, reason="too few alerts")
    assert proposed.threshold == 0.962
    done = deployments.confirm_threshold(
        store, GOLD, running.deployment_id, 0.95, reason="agreed, within the floor"
    )
    assert (done.threshold, done.state) == (0.95, "open")
    assert deployments.standing(store, running.deployment_id).threshold == 0.95
    assert done.authority.threshold == 0.962
    events = deployments.history(store, SILVER, running.deployment_id, reason=WHY).events
    changed = next(each for each in events if each.kind == "threshold")
    assert (dict(changed.data), changed.actor_id) == ({"old": 0.962, "new": 0.95}, GOLD.user_id)
    assert changed.reason == "agreed, within the floor"


def test_nobody_confirms_their_own_proposal(store, running):
    deployments.propose_threshold(store, SILVER, running.deployment_id, 0.95, reason=WHY)
    with pytest.raises(AuthorityError, match="a second person must confirm"):
        deployments.confirm_threshold(store, SILVER, running.deployment_id, 0.95, reason=WHY)
    assert deployments.standing(store, running.deployment_id).threshold == 0.962


def test_proposal_below_the_floor_for_the_list_is_refused(store, running):
    with pytest.raises(AuthorityError, match=r"below the floor 0\.9397"):
        deployments.propose_threshold(store, SILVER, running.deployment_id, 0.9396, reason=WHY)
    assert deployments.propose_threshold(store, SILVER, running.deployment_id, 0.9397, reason=WHY)


def test_proposal_before_there_is_a_list_is_held_against_the_cap(store):
    found = granted(store)
    with pytest.raises(AuthorityError, match=r"below the floor 0\.96 of"):
        deployments.propose_threshold(store, SILVER, found.deployment_id, 0.95, reason=WHY)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 0.962])
def test_proposal_of_no_number_or_of_what_is_in_force_is_refused(store, running, number):
    with pytest.raises(AuthorityError):
        deployments.propose_threshold(store, SILVER, running.deployment_id, number, reason=WHY)


def test_confirmation_of_another_number_than_was_proposed_is_told(store, running):
    deployments.propose_threshold(store, SILVER, running.deployment_id, 0.95, reason=WHY)
    deployments.propose_threshold(store, OTHER_SILVER, running.deployment_id, 0.97, reason=WHY)
    with pytest.raises(DecisionConflictError, match=r"silver-2 has proposed 0\.97"):
        deployments.confirm_threshold(store, GOLD, running.deployment_id, 0.95, reason=WHY)
    with pytest.raises(AuthorityError, match="silver-2 proposed it"):
        deployments.confirm_threshold(store, OTHER_SILVER, running.deployment_id, 0.97, reason=WHY)


def test_confirmation_is_held_against_the_floor_for_the_list_as_it_is_then(store, running):
    deployments.propose_threshold(store, SILVER, running.deployment_id, 0.95, reason=WHY)
    with store.engine.begin() as connection:
        connection.execute(update(watchlists).values(n_entries=running.authority.watchlist_cap))
    with pytest.raises(AuthorityError, match=r"below the floor 0\.96 of"):
        deployments.confirm_threshold(store, GOLD, running.deployment_id, 0.95, reason=WHY)
    assert deployments.standing(store, running.deployment_id).threshold == 0.962


def test_confirmation_without_a_proposal_or_twice_is_refused(store, running):
    with pytest.raises(StateError, match="none is proposed"):
        deployments.confirm_threshold(store, GOLD, running.deployment_id, 0.95, reason=WHY)
    deployments.propose_threshold(store, SILVER, running.deployment_id, 0.95, reason=WHY)
    deployments.confirm_threshold(store, GOLD, running.deployment_id, 0.95, reason=WHY)
    with pytest.raises(StateError, match="none is proposed"):
        deployments.confirm_threshold(store, GOLD, running.deployment_id, 0.95, reason=WHY)


def test_change_by_an_operator_or_of_a_draft_is_refused(store, running):
    with pytest.raises(PermissionRefusedError):
        deployments.propose_threshold(store, OPERATOR, running.deployment_id, 0.97, reason=WHY)
    with pytest.raises(StateError, match="while the deployment is draft"):
        deployments.propose_threshold(store, SILVER, drafted(store).deployment_id, 0.97, reason=WHY)
