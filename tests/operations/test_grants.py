"""Grants: nobody grants what they asked for, one decision stands, and what was read is what is granted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from governed import person
from lived import (
    BRONZE,
    GOLD,
    OFFICER,
    OTHER_OFFICER,
    OTHER_SILVER,
    SILVER,
    WHY,
    drafted,
    granted,
    granted_urgently,
    opened,
    plan,
    requested,
)
from sqlalchemy import update

from lfr_kit.errors import AuthorityError, DecisionConflictError, LfrError, PermissionRefusedError, StateError
from lfr_kit.governance.roles import Role
from lfr_kit.operations import deployments
from lfr_kit.store.tables.deployments import deployments as table


def kinds(store, found) -> list[str]:
    return [each.kind for each in deployments.history(store, SILVER, found.deployment_id, reason=WHY).events]


def test_grant_says_who_and_when(store, clock):
    found = granted(store)
    assert (found.state, found.granted_by, found.granted_at) == ("granted", OFFICER.user_id, clock.now)
    assert not found.is_urgent


def test_grant_of_ones_own_request_is_refused(store):
    both = person(Role.AUTHORISING_OFFICER, Role.SILVER, name="chief")
    found = deployments.draft(store, both, plan(), reason=WHY)
    found = deployments.request(store, SILVER, found.deployment_id, reason=WHY)
    with pytest.raises(AuthorityError, match="nobody grants what they asked for"):
        deployments.grant(store, both, found.deployment_id, reason=WHY)
    with pytest.raises(AuthorityError, match="nobody grants what they asked for"):
        deployments.grant_urgently(store, SILVER, found.deployment_id, reason=WHY)


def test_grant_by_whoever_only_amended_is_refused(store):
    both = person(Role.AUTHORISING_OFFICER, Role.BRONZE, name="chief")
    found = drafted(store)
    deployments.amend(store, both, found.deployment_id, plan(watchlist_cap=99), reason=WHY)
    deployments.request(store, SILVER, found.deployment_id, reason=WHY)
    with pytest.raises(AuthorityError, match="nobody grants what they asked for"):
        deployments.grant(store, both, found.deployment_id, reason=WHY)


def test_grant_of_a_draft_is_refused(store):
    with pytest.raises(StateError, match="while the deployment is draft"):
        deployments.grant(store, OFFICER, drafted(store).deployment_id, reason=WHY)


def test_grant_replayed_is_told_who_granted(store):
    found = granted(store)
    for officer in (OFFICER, OTHER_OFFICER):
        with pytest.raises(DecisionConflictError, match=r"granted by authorising_officer-1 at 2026-05-04 09:00"):
            deployments.grant(store, officer, found.deployment_id, reason=WHY)
    with pytest.raises(DecisionConflictError, match="granted by"):
        deployments.refuse(store, OTHER_OFFICER, found.deployment_id, reason=WHY)


def test_grant_after_a_refusal_is_told_who_refused(store):
    found = requested(store)
    assert deployments.refuse(store, OFFICER, found.deployment_id, reason="the zone is too wide").state == "draft"
    with pytest.raises(DecisionConflictError, match="refused by authorising_officer-1"):
        deployments.grant(store, OTHER_OFFICER, found.deployment_id, reason=WHY)


def test_two_officers_at_once_one_grants_and_the_other_is_told(store):
    found = requested(store)

    def decide(number: int) -> str:
        officer = person(Role.AUTHORISING_OFFICER, name=f"ao-{number}")
        decision = deployments.grant if number % 2 else deployments.refuse
        try:
            return decision(store, officer, found.deployment_id, reason=WHY).state
        except DecisionConflictError as told:
            return str(told)

    with ThreadPoolExecutor(6) as threads:
        said = list(threads.map(decide, range(6)))
    won = [each for each in said if each in ("granted", "draft")]
    assert len(won) == 1
    assert deployments.standing(store, found.deployment_id).state == won[0]
    word = "granted" if won[0] == "granted" else "refused"
    assert all(f"was {word} by ao-" in each for each in said if each not in won)
    decided = [each for each in kinds(store, found) if each == "transition"]
    assert len(decided) == 3


def test_grant_of_a_plan_swapped_after_the_request_is_refused(store):
    found = requested(store)
    with store.engine.begin() as connection:
        from lfr_kit.store.repository.deployments import columns_of

        values = columns_of(store.vault.key(connection, "store"), found.deployment_id, plan(watchlist_cap=5_000))
        sealed = values["sealed_authority"]
        where = table.c.deployment_id == found.deployment_id
        connection.execute(update(table).where(where).values(sealed_authority=sealed))
    with pytest.raises(AuthorityError, match="not the one that was requested"):
        deployments.grant(store, OFFICER, found.deployment_id, reason=WHY)


def test_grant_of_a_plan_and_digest_swapped_after_the_request_is_refused(store):
    found = requested(store)
    with store.engine.begin() as connection:
        from lfr_kit.store.repository.deployments import columns_of

        values = columns_of(store.vault.key(connection, "store"), found.deployment_id, plan(watchlist_cap=5_000))
        where = table.c.deployment_id == found.deployment_id
        connection.execute(update(table).where(where).values(**values))
    with pytest.raises(AuthorityError, match="not the one that was requested"):
        deployments.grant(store, OFFICER, found.deployment_id, reason=WHY)


def test_grant_of_another_plan_than_was_read_is_refused(store):
    found = requested(store)
    read = found.authority_digest[:12]
    deployments.refuse(store, OTHER_OFFICER, found.deployment_id, reason="shorter, please")
    deployments.amend(store, SILVER, found.deployment_id, plan(watchlist_cap=90), reason=WHY)
    again = deployments.request(store, SILVER, found.deployment_id, reason=WHY)
    with pytest.raises(AuthorityError, match="read it again"):
        deployments.grant(store, OFFICER, found.deployment_id, reason=WHY, digest=read)
    with pytest.raises(AuthorityError, match="at least its first 8"):
        deployments.grant(store, OFFICER, found.deployment_id, reason=WHY, digest=again.authority_digest[:4])
    done = deployments.grant(store, OFFICER, found.deployment_id, reason=WHY, digest=again.authority_digest[:12])
    assert done.state == "granted"


def test_grant_after_the_window_or_the_policy_document_ended_is_refused(store, clock):
    found = requested(store)
    clock.now = found.ends_at
    with pytest.raises(StateError, match="the window ended"):
        deployments.grant(store, OFFICER, found.deployment_id, reason=WHY)


def test_urgent_grant_by_command_sets_the_ratification_to_24_hours(store, clock):
    found = granted_urgently(store)
    assert (found.state, found.is_urgent, found.granted_by) == ("granted", True, GOLD.user_id)
    assert found.ratify_by == clock.now + timedelta(hours=24)
    assert found.awaits_ratification


def test_urgent_grant_by_the_one_who_asked_is_refused(store):
    found = requested(store)
    with pytest.raises(AuthorityError, match="asked for"):
        deployments.grant_urgently(store, SILVER, found.deployment_id, reason=WHY)
    assert deployments.grant_urgently(store, OTHER_SILVER, found.deployment_id, reason=WHY).is_urgent


def test_ratification_by_another_officer_within_the_time(store, clock):
    found = granted_urgently(store)
    clock.advance(minutes=50)
    done = deployments.ratify(store, OFFICER, found.deployment_id, reason="right, in the circumstances")
    assert (done.state, done.ratified_by, done.awaits_ratification) == ("granted", OFFICER.user_id, False)
    with pytest.raises(StateError, match="has ratified it already"):
        deployments.ratify(store, OTHER_OFFICER, found.deployment_id, reason=WHY)


def test_ratification_by_the_officer_who_granted_urgently_is_refused(store):
    found = deployments.grant_urgently(store, OFFICER, requested(store).deployment_id, reason=WHY)
    with pytest.raises(AuthorityError, match="another officer must ratify"):
        deployments.ratify(store, OFFICER, found.deployment_id, reason=WHY)
    assert deployments.ratify(store, OTHER_OFFICER, found.deployment_id, reason=WHY).ratified_by == "ao-2"


def test_unratified_grant_is_revoked_by_the_clock(store, clock):
    times = {
        "starts_at": datetime(2026, 5, 4, 10, 0, tzinfo=UTC),
        "ends_at": datetime(2026, 5, 5, 10, 0, tzinfo=UTC),
    }
    found = granted_urgently(store, **times)
    clock.advance(hours=24, seconds=-1)
    assert deployments.tick(store, found.deployment_id).state == "granted"
    clock.advance(seconds=1)
    with pytest.raises(StateError, match="while the deployment is aborted"):
        deployments.open_deployment(store, BRONZE, found.deployment_id, reason=WHY)
    last = deployments.history(store, SILVER, found.deployment_id, reason=WHY).events[-1]
    assert (last.actor_id, last.data["step"]) == ("system", "lapse")
    with pytest.raises(StateError):
        deployments.ratify(store, OFFICER, found.deployment_id, reason="too late")


def test_refusal_makes_a_draft_that_can_be_amended_and_asked_for_again(store):
    found = requested(store)
    back = deployments.refuse(store, OFFICER, found.deployment_id, reason="too wide")
    assert (back.state, back.requested_by) == ("draft", None)
    deployments.amend(store, SILVER, found.deployment_id, plan(watchlist_cap=20), reason="as the officer wished")
    deployments.request(store, SILVER, found.deployment_id, reason=WHY)
    assert deployments.grant(store, OFFICER, found.deployment_id, reason=WHY).authority.watchlist_cap == 20


def test_critical_threat_is_recorded_with_the_grant_and_only_by_an_authorising_officer(store):
    found = requested(store)
    deployments.grant(
        store, OFFICER, found.deployment_id, reason=WHY, critical_threat="attack expected within hours"
    )
    exempted = deployments.history(store, SILVER, found.deployment_id, reason=WHY).events[-2]
    assert (exempted.kind, exempted.actor_id) == ("notice_exempted", OFFICER.user_id)
    assert exempted.reason == "attack expected within hours"
    with pytest.raises(TypeError):
        deployments.grant_urgently(store, GOLD, found.deployment_id, reason=WHY, critical_threat="x")  # type: ignore


def test_extension_is_a_new_decision_of_an_officer_who_did_not_ask(store, clock):
    found = opened(store, clock)
    later = found.ends_at + timedelta(hours=1)
    for actor in (SILVER, GOLD, BRONZE):
        with pytest.raises(PermissionRefusedError):
            deployments.extend(store, actor, found.deployment_id, later, reason=WHY)
    done = deployments.extend(
        store, OTHER_OFFICER, found.deployment_id, later, reason="the suspects are still near"
    )
    assert (done.ends_at, done.state) == (later, "open")
    assert done.authority.ends_at == found.ends_at
    clock.now = found.ends_at
    assert deployments.tick(store, found.deployment_id).state == "open"
    clock.now = later
    assert deployments.tick(store, found.deployment_id).state == "closed"
    extension = next(
        each
        for each in deployments.history(store, SILVER, found.deployment_id, reason=WHY).events
        if each.kind == "extension"
    )
    assert dict(extension.data) == {"old": "2026-05-04T14:00:00+00:00", "new": "2026-05-04T15:00:00+00:00"}


@pytest.mark.parametrize("hours", [-1, 0, 20.5])
def test_extension_that_is_none_or_too_long_is_refused(store, clock, hours):
    found = opened(store, clock)
    with pytest.raises(StateError):
        deployments.extend(store, OFFICER, found.deployment_id, found.ends_at + timedelta(hours=hours), reason=WHY)


def test_extension_of_what_has_ended_is_refused(store, clock):
    found = opened(store, clock)
    clock.now = found.ends_at
    with pytest.raises(LfrError):
        deployments.extend(store, OFFICER, found.deployment_id, found.ends_at + timedelta(hours=1), reason=WHY)


def test_extension_on_a_policy_document_that_ran_out_meanwhile_is_refused(store, clock):
    times = {
        "starts_at": datetime(2026, 5, 4, 10, 0, tzinfo=UTC),
        "ends_at": datetime(2026, 5, 5, 4, 0, tzinfo=UTC),
    }
    found = opened(store, clock, policy_document_review_by=datetime(2026, 5, 4, tzinfo=UTC).date(), **times)
    later = found.ends_at + timedelta(hours=2)
    clock.now = datetime(2026, 5, 5, 1, 0, tzinfo=UTC)
    with pytest.raises(AuthorityError, match="was to be reviewed by 2026-05-04"):
        deployments.extend(store, OFFICER, found.deployment_id, later, reason=WHY)
