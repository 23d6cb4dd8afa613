"""From a draft to its end, by the people who may; each forbidden way is tried."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest
from governed import person
from lived import (
    BRONZE,
    ENGAGER,
    GOLD,
    OFFICER,
    OPERATOR,
    OTHER_OFFICER,
    OTHER_SILVER,
    SILVER,
    WHY,
    drafted,
    engine,
    granted,
    log,
    opened,
    plan,
    prepare,
    requested,
)
from sqlalchemy import func, select, update

from lfr_kit.errors import (
    AuthorityError,
    ClockError,
    JustificationError,
    NotInStoreError,
    PermissionRefusedError,
    StateError,
    TamperedError,
)
from lfr_kit.governance.authority import authority_digest
from lfr_kit.governance.checklist import BEFORE_OPENING, SEEN, ChecklistItem, ItemResult, Ticked
from lfr_kit.governance.roles import SYSTEM, Role
from lfr_kit.operations import deployments, presence
from lfr_kit.store.tables.audit import audit_entries
from lfr_kit.store.tables.deployments import deployment_events
from lfr_kit.store.tables.deployments import deployments as table

HOSTILE = "Robert'); DROP TABLE deployments;-- \" OR 1=1; {{7*7}} %s =cmd|'/C calc'!A0"


def events(store, found) -> list:
    return list(deployments.history(store, SILVER, found.deployment_id, reason=WHY).events)


def steps(store, found) -> list[str]:
    return [each.data["step"] for each in events(store, found) if each.kind == "transition"]


def state(store, found) -> str:
    return deployments.standing(store, found.deployment_id).state


def test_draft_keeps_the_plan_and_who_drafted_it(store):
    found = drafted(store)
    assert found.state == "draft"
    assert found.authority == plan()
    assert found.authority_digest == authority_digest(plan())
    assert found.asked_by == {SILVER.user_id}
    (first,) = events(store, found)
    assert (first.kind, first.actor_id, first.at, first.reason) == ("transition", "silver-1", store.clock(), WHY)
    assert (first.from_state, first.to_state) == (None, "draft")


def test_whole_life_has_an_actor_a_time_and_a_reason_for_every_change(store, clock):
    found = opened(store, clock)
    clock.advance(minutes=5)
    deployments.pause(store, OPERATOR, found.deployment_id, reason="somebody fell in the zone")
    clock.advance(minutes=5)
    presence.heartbeat(store, ENGAGER, found.deployment_id)
    again = deployments.resume(store, SILVER, found.deployment_id, reason="he is well", engine=engine(found))
    assert again.state == "open"
    done = deployments.close(store, BRONZE, found.deployment_id, reason="the square is empty")
    assert (done.state, done.closed_at) == ("closed", clock.now)
    assert steps(store, found) == ["draft", "request", "grant", "open", "pause", "resume", "close"]
    changes = [each for each in events(store, found) if each.kind == "transition"]
    assert all(each.actor_id and each.at and each.reason for each in changes)
    path = [(each.from_state, each.to_state) for each in changes]
    assert all(after == before for (_, after), (before, _) in pairwise(path))


@pytest.mark.parametrize("reason", ["", "   ", "\n\t"])
def test_no_step_without_a_reason_whatever_the_policy(store, reason):
    from lfr_kit.store.repository.policies import set_justification_mandatory

    with store.engine.begin() as connection:
        set_justification_mandatory(connection, store.vault.key(connection, "store"), False)
    found = drafted(store)
    with pytest.raises(JustificationError):
        deployments.draft(store, SILVER, plan(), reason=reason)
    with pytest.raises(JustificationError):
        deployments.request(store, SILVER, found.deployment_id, reason=reason)
    assert state(store, found) == "draft"


@pytest.mark.parametrize("reason", ["fine\u202egnorw", "a\x00b", "zero\u200bwidth"])
def test_reason_that_hides_something_is_refused(store, reason):
    found = drafted(store)
    with pytest.raises(ValueError, match="reason: character"):
        deployments.request(store, SILVER, found.deployment_id, reason=reason)


def test_reason_of_ten_megabytes_is_refused_in_short_words(store):
    found = drafted(store)
    with pytest.raises(ValueError, match="at most 2,000") as refused:
        deployments.request(store, SILVER, found.deployment_id, reason="x" * 10_000_000)
    assert len(str(refused.value)) < 200


def test_sql_and_formulas_in_text_are_text(store):
    found = deployments.draft(store, SILVER, plan(place=HOSTILE, contact=HOSTILE), reason=HOSTILE)
    found = deployments.request(store, SILVER, found.deployment_id, reason=HOSTILE)
    assert found.authority.place == HOSTILE
    assert [each.reason for each in events(store, found)] == [HOSTILE, HOSTILE]
    with pytest.raises(NotInStoreError):
        deployments.history(store, SILVER, HOSTILE, reason=WHY)


def test_environment_gives_nobody_a_role(store, monkeypatch):
    found = requested(store)
    for name in ("LFR_ROLE", "LFR_ROLES", "LFR_USER", "LFR_ACTOR", "USER", "SUDO_USER"):
        monkeypatch.setitem(os.environ, name, "authorising_officer")
    for actor in (SILVER, BRONZE, OPERATOR, person(Role.ADMINISTRATOR), SYSTEM):
        with pytest.raises(PermissionRefusedError):
            deployments.grant(store, actor, found.deployment_id, reason=WHY)
    assert state(store, found) == "requested"


def test_amend_changes_a_draft_and_whoever_amends_has_asked_too(store):
    found = drafted(store)
    after = deployments.amend(store, BRONZE, found.deployment_id, plan(watchlist_cap=50), reason="a shorter list")
    assert after.authority.watchlist_cap == 50
    assert after.authority_digest == authority_digest(plan(watchlist_cap=50))
    assert after.asked_by == {SILVER.user_id, BRONZE.user_id}


def test_amend_after_the_request_is_refused(store):
    found = requested(store)
    with pytest.raises(StateError, match="while the deployment is requested"):
        deployments.amend(store, SILVER, found.deployment_id, plan(watchlist_cap=99), reason="sneaky")
    assert deployments.listing(store, SILVER)[0].authority == plan()


def test_request_on_an_expired_policy_document_or_without_calibration_is_refused(store, clock):
    clock.advance(days=-60)
    found = drafted(store, policy_document_review_by=clock.now.date())
    with pytest.raises(AuthorityError, match="was to be reviewed by") as refused:
        deployments.request(store, SILVER, found.deployment_id, reason=WHY)
    assert len(refused.value.findings) == 1
    found = drafted(store, calibration_id="my-own")
    with pytest.raises(AuthorityError, match="my-own is not known"):
        deployments.request(store, SILVER, found.deployment_id, reason=WHY)


def test_request_of_a_plan_whose_assessment_is_still_to_come_is_refused(store):
    found = drafted(store, dpia_ref="TBC")
    with pytest.raises(AuthorityError, match="dpia_ref: 'TBC' names nothing"):
        deployments.request(store, SILVER, found.deployment_id, reason=WHY)


def test_facenet_cannot_be_requested_for_want_of_a_calibration(store):
    found = drafted(store, embedder="facenet", space_id="facenet:281cebca:keypoints-mesh.v1", threshold=0.65)
    with pytest.raises(AuthorityError, match="is of space dlib_resnet"):
        deployments.request(store, SILVER, found.deployment_id, reason=WHY)


def test_authority_and_reasons_are_sealed_in_the_rows(store):
    found = requested(store)
    with store.reading() as connection:
        rows = [*connection.execute(select(table)).all(), *connection.execute(select(deployment_events)).all()]
    plain = repr(rows)
    for text in (plan().place, plan().necessity[:40], plan().cameras[0].source, WHY):
        assert text not in plain
    assert found.authority_digest in plain


def test_authority_of_another_row_does_not_open(store):
    one, other = drafted(store), drafted(store, watchlist_cap=7)
    with store.engine.begin() as connection:
        stolen = select(table.c.sealed_authority).where(table.c.deployment_id == other.deployment_id)
        sealed = connection.execute(stolen).scalar_one()
        where = table.c.deployment_id == one.deployment_id
        connection.execute(update(table).where(where).values(sealed_authority=sealed))
    with pytest.raises(TamperedError):
        deployments.request(store, SILVER, one.deployment_id, reason=WHY)


def test_pause_stops_and_abort_ends_with_the_time(store, clock):
    found = opened(store, clock)
    assert deployments.pause(store, OPERATOR, found.deployment_id, reason=WHY).state == "paused"
    done = deployments.abort(store, OFFICER, found.deployment_id, reason="a camera fell")
    assert (done.state, done.closed_at) == ("aborted", clock.now)
    with pytest.raises(StateError):
        deployments.close(store, BRONZE, found.deployment_id, reason=WHY)


def test_granted_deployment_is_cancelled_by_abort_not_closed(store):
    found = granted(store)
    with pytest.raises(StateError):
        deployments.close(store, BRONZE, found.deployment_id, reason=WHY)
    assert deployments.abort(store, SILVER, found.deployment_id, reason="rain").state == "aborted"


def test_window_ends_by_itself_at_the_end_time(store, clock):
    found = opened(store, clock)
    clock.now = found.ends_at
    assert deployments.tick(store, found.deployment_id).state == "closed"
    last = events(store, found)[-1]
    assert (last.actor_id, last.data["step"], last.reason) == ("system", "close", "its window ended")
    assert deployments.tick(store, found.deployment_id).state == "closed"
    assert steps(store, found).count("close") == 1


def test_window_of_a_deployment_never_opened_ends_as_aborted(store, clock):
    found = granted(store)
    clock.now = found.ends_at
    (listed,) = deployments.listing(store, SILVER)
    assert listed.state == "aborted"


@pytest.mark.parametrize("written", [b"{}", None])
def test_listing_leaves_out_a_plan_that_cannot_be_read_and_names_it(store, written):
    sound, broken = drafted(store), drafted(store)
    with store.engine.begin() as connection:
        key = store.vault.key(connection, "store")
        about = f"deployments:{broken.deployment_id}:authority"
        sealed = b"overwritten" if written is None else key.seal(written, about)
        row = table.c.deployment_id == broken.deployment_id
        connection.execute(update(table).where(row).values(sealed_authority=sealed))
    assert [each.deployment_id for each in deployments.listing(store, SILVER)] == [sound.deployment_id]
    (damaged,) = deployments.damaged(store, SILVER)
    assert (damaged.deployment_id, damaged.state, bool(damaged.why)) == (broken.deployment_id, "draft", True)
    with pytest.raises(PermissionRefusedError):
        deployments.damaged(store, person(Role.ADMINISTRATOR))


def test_tick_before_anything_is_due_writes_nothing(store, clock):
    found = opened(store, clock)
    count = select(func.count()).select_from(audit_entries)
    with store.reading() as connection:
        before = connection.execute(count).scalar_one()
    for _ in range(5):
        assert deployments.tick(store, found.deployment_id).threshold == found.threshold
    with store.reading() as connection:
        assert connection.execute(count).scalar_one() == before


def test_tick_with_the_clock_set_back_is_refused(store, clock):
    found = opened(store, clock)
    clock.advance(hours=-2)
    with pytest.raises(ClockError):
        deployments.tick(store, found.deployment_id)


def test_tick_off_lists_what_is_open_and_keeps_the_note_sealed(store):
    found = granted(store)
    ticked = Ticked(ChecklistItem.SIGNS_PLACED, ItemResult.DONE)
    left = deployments.tick_off(store, BRONZE, found.deployment_id, ticked, note="Sgt Example put up six signs")
    assert left == [item for item in BEFORE_OPENING if item is not ChecklistItem.SIGNS_PLACED]
    last = events(store, found)[-1]
    assert (last.kind, dict(last.data)) == ("checklist", {"item": "signs_placed", "result": "done"})
    assert last.reason == "Sgt Example put up six signs"
    assert deployments.checklist(store, SILVER, found.deployment_id) == [ticked]


def test_tick_off_of_the_differences_is_a_briefing(store):
    found = granted(store)
    ticked = Ticked(ChecklistItem.DIFFERENCES_BRIEFED, ItemResult.DONE)
    deployments.tick_off(store, SILVER, found.deployment_id, ticked, note="fourteen officers, at seven")
    assert events(store, found)[-1].kind == "briefing"


def test_tick_off_before_the_request_or_with_no_word_is_refused(store):
    found, ticked = drafted(store), Ticked(ChecklistItem.SIGNS_PLACED, ItemResult.DONE)
    with pytest.raises(AuthorityError, match="is draft"):
        deployments.tick_off(store, BRONZE, found.deployment_id, ticked, note="done")
    with pytest.raises(JustificationError):
        deployments.tick_off(store, BRONZE, granted(store).deployment_id, ticked, note=" ")
    with pytest.raises(PermissionRefusedError):
        deployments.tick_off(store, OFFICER, found.deployment_id, ticked, note="done")


@pytest.mark.parametrize("item", SEEN)
def test_tick_off_of_what_the_program_sees_is_refused(store, item):
    found = granted(store)
    for result in ItemResult:
        with pytest.raises(AuthorityError, match=r"the program sees it: lfr deployment"):
            deployments.tick_off(store, BRONZE, found.deployment_id, Ticked(item, result), note="vouched for")


def test_what_the_program_sees_counts_for_nothing_where_it_was_vouched_for(store, clock):
    found = prepare(store, clock, granted(store))
    presence.check_out(store, ENGAGER, found.deployment_id)
    log(store, found.deployment_id, "checklist", {"item": "engagement_officers_present", "result": "done"})
    told = deployments.history(store, SILVER, found.deployment_id, reason=WHY)
    assert told.to_do == (ChecklistItem.ENGAGEMENT_OFFICERS_PRESENT,)


def test_what_was_ticked_off_counts_no_more_after_a_refusal(store):
    found = requested(store)
    ticked = Ticked(ChecklistItem.SIGNS_PLACED, ItemResult.DONE)
    deployments.tick_off(store, BRONZE, found.deployment_id, ticked, note="six signs")
    deployments.refuse(store, OFFICER, found.deployment_id, reason="another place")
    deployments.amend(store, SILVER, found.deployment_id, plan(place="Corn Hall, Lower Wexcombe"), reason=WHY)
    deployments.request(store, SILVER, found.deployment_id, reason=WHY)
    assert deployments.checklist(store, SILVER, found.deployment_id) == []


def test_looking_at_a_deployment_is_logged_and_needs_a_reason_and_a_role(store):
    found = drafted(store)
    deployments.history(store, OTHER_OFFICER, found.deployment_id, reason="to decide on it")
    with store.reading() as connection:
        last = connection.execute(select(audit_entries).order_by(audit_entries.c.seq.desc())).first()
    assert (last.actor_id, last.operation, last.action) == ("ao-2", "consultation", "deployment.view")
    with pytest.raises(JustificationError):
        deployments.history(store, OTHER_OFFICER, found.deployment_id, reason="")
    with pytest.raises(PermissionRefusedError):
        deployments.listing(store, person(Role.ADMINISTRATOR))


@pytest.mark.parametrize(
    ("step", "actor"),
    [
        (deployments.request, OFFICER),
        (deployments.request, GOLD),
        (deployments.grant, GOLD),
        (deployments.grant_urgently, BRONZE),
        (deployments.refuse, SILVER),
        (deployments.ratify, SILVER),
        (deployments.open_deployment, OPERATOR),
        (deployments.pause, person(Role.AUDITOR)),
        (deployments.resume, OPERATOR),
        (deployments.close, OPERATOR),
        (deployments.abort, person(Role.ANALYST)),
    ],
)
def test_step_by_somebody_who_may_not_is_refused_and_logged(store, step, actor):
    found = drafted(store)
    with pytest.raises(PermissionRefusedError):
        step(store, actor, found.deployment_id, reason=WHY)
    with store.reading() as connection:
        last = connection.execute(select(audit_entries).order_by(audit_entries.c.seq.desc())).first()
    assert last.action.startswith("refused:deployment.")
    assert state(store, found) == "draft"


def test_no_such_deployment_is_said(store):
    for step in (deployments.request, deployments.grant, deployments.abort):
        actor = OFFICER if step is deployments.grant else OTHER_SILVER
        with pytest.raises(NotInStoreError, match="there is no deployment D-none"):
            step(store, actor, "D-none", reason=WHY)
