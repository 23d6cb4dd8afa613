"""Reviews: by another person, of what is there now, recorded one by one, none counted twice."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier

import pytest
from frozen_lists import (
    AUDITOR,
    MANAGER,
    OPERATOR,
    REVIEWER,
    SILVER,
    STATEMENT,
    WHY,
    add,
    add_many,
    approve,
    frozen_list,
    new_list,
    planned,
    somebody,
    versions,
)
from governed import person
from sqlalchemy import select

from lfr_kit.errors import (
    DecisionConflictError,
    InputError,
    NotInStoreError,
    PermissionRefusedError,
    StateError,
    WatchlistError,
)
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import Category, EntryStatus
from lfr_kit.operations.watchlist_entries import add_entry
from lfr_kit.operations.watchlist_freezing import freeze
from lfr_kit.operations.watchlist_review import approve_second, recheck, refuse, review, send_back, withdraw
from lfr_kit.operations.watchlists import entry_card, show
from lfr_kit.store.repository import audit_reading
from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.audit_reading import AuditQuestion

WORDS = "checked by a second officer: risk of harm is real"
BOTH = person(Role.WATCHLIST_MANAGER, Role.WATCHLIST_REVIEWER, Role.SILVER, name="everything-1")
"""Somebody whose roles nobody should hold together, to see that the rule does not rest on roles."""


@pytest.fixture
def watchlist(store):
    planned(store)
    return new_list(store)


def child(seed=5):
    return somebody(seed, date_of_birth=date(2012, 1, 1), under_18_rationale="missing since Friday, at risk")


def status_of(store, entry_id):
    with store.reading() as connection:
        return rows.entry_by_id(connection, entry_id).status


def audit_lines(store, action):
    with store.reading() as connection:
        found = audit_reading.entries(
            connection, store.vault.key(connection, "audit"), AuditQuestion(action=action)
        )
    return [(one.subject, one.details) for one in found]


def test_review_records_who_when_and_why_for_this_deployment(store, watchlist, clock):
    ids = add_many(store, watchlist, [somebody(1), somebody(2)])
    clock.advance(minutes=5)
    decided = review(store, REVIEWER, watchlist.watchlist_id, versions(store, watchlist), STATEMENT)
    assert {(one.entry_id, one.status) for one in decided} == {(one, EntryStatus.APPROVED) for one in ids}
    for shown in show(store, AUDITOR, watchlist.watchlist_id, justification=WHY):
        assert (shown.entry.reviewed_by, shown.entry.reviewed_at) == (REVIEWER.user_id, clock())
        assert shown.review == {
            "necessity": STATEMENT.necessity,
            "proportionality": STATEMENT.proportionality,
        }
    lines = audit_lines(store, "entry.necessity")
    assert sorted(subject for subject, _ in lines) == sorted(f"entry:{one}" for one in ids)
    assert all(details["necessity"] == STATEMENT.necessity for _, details in lines)


def test_review_of_ones_own_entry_is_refused_whatever_the_roles(store, watchlist):
    entered = add_entry(store, BOTH, watchlist.watchlist_id, somebody(1), justification=WHY)
    with pytest.raises(WatchlistError, match="somebody else"):
        review(store, BOTH, watchlist.watchlist_id, {entered.entry_id: 1}, STATEMENT)
    assert status_of(store, entered.entry_id) is EntryStatus.PENDING_REVIEW


def test_review_by_who_changed_it_last_is_refused(store, watchlist):
    (entry_id,) = add(store, watchlist, somebody(1))
    add_entry(store, BOTH, watchlist.watchlist_id, somebody(1, note="armed"), justification=WHY)
    with pytest.raises(WatchlistError, match="somebody else"):
        review(store, BOTH, watchlist.watchlist_id, {entry_id: 2}, STATEMENT)


def test_review_by_another_role_is_refused(store, watchlist):
    add(store, watchlist, somebody(1))
    for who in (MANAGER, OPERATOR, SILVER, AUDITOR):
        with pytest.raises(PermissionRefusedError):
            review(store, who, watchlist.watchlist_id, versions(store, watchlist), STATEMENT)


def test_review_replayed_does_not_count_again(store, watchlist):
    (entry_id,) = add(store, watchlist, somebody(1))
    seen = versions(store, watchlist)
    review(store, REVIEWER, watchlist.watchlist_id, seen, STATEMENT)
    with pytest.raises(DecisionConflictError):
        review(store, REVIEWER, watchlist.watchlist_id, seen, STATEMENT)
    with pytest.raises(StateError, match="approved"):
        review(store, REVIEWER, watchlist.watchlist_id, versions(store, watchlist), STATEMENT)
    add(store, watchlist, somebody(1, note="another man altogether"))
    with pytest.raises(DecisionConflictError):
        review(store, REVIEWER, watchlist.watchlist_id, seen, STATEMENT)
    assert status_of(store, entry_id) is EntryStatus.PENDING_REVIEW


def test_review_of_an_entry_of_another_list_is_refused(store, watchlist):
    planned(store, "D-2")
    other = new_list(store, "D-2")
    (foreign,) = add(store, other, somebody(1))
    with pytest.raises(NotInStoreError, match=foreign):
        review(store, REVIEWER, watchlist.watchlist_id, {foreign: 1}, STATEMENT)
    assert status_of(store, foreign) is EntryStatus.PENDING_REVIEW


def test_review_of_quarantined_entries_is_refused_and_none_of_the_others_is_approved(store, watchlist):
    good, bad = add(store, watchlist, somebody(1), somebody(2, legal_basis=""))
    with pytest.raises(StateError, match="legal_basis"):
        approve(store, watchlist, good, bad)
    assert status_of(store, good) is EntryStatus.PENDING_REVIEW


def test_review_of_nobody_is_refused(store, watchlist):
    with pytest.raises(WatchlistError, match="at least one"):
        review(store, REVIEWER, watchlist.watchlist_id, {}, STATEMENT)


def test_review_of_a_frozen_list_is_refused(store):
    planned(store)
    watchlist = new_list(store)
    approved, late = add(store, watchlist, somebody(1), somebody(2))
    approve(store, watchlist, approved)
    freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)
    with pytest.raises(StateError, match="frozen"):
        approve(store, watchlist, late)


@pytest.mark.parametrize(
    "given",
    [child(), somebody(5, date_of_birth=None), somebody(6, category=Category.MISSING_AT_INCREASED_RISK)],
)
def test_second_approval_is_needed_for_children_unknown_ages_and_the_higher_test(store, watchlist, given):
    (entry_id,) = add(store, watchlist, given)
    approve(store, watchlist)
    assert status_of(store, entry_id) is EntryStatus.PENDING_SECOND_APPROVAL
    (decided,) = approve_second(store, SILVER, watchlist.watchlist_id, versions(store, watchlist), WORDS)
    assert decided.status is EntryStatus.APPROVED
    (shown,) = show(store, SILVER, watchlist.watchlist_id, justification=WHY)
    assert shown.entry.second_approved_by == SILVER.user_id
    assert shown.review["second_approval"] == WORDS


@pytest.mark.parametrize("stage", ["entered", "reviewed"])
def test_second_approval_by_who_entered_or_reviewed_is_refused(store, watchlist, stage):
    if stage == "entered":
        add_entry(store, BOTH, watchlist.watchlist_id, child(), justification=WHY)
        approve(store, watchlist)
    else:
        add(store, watchlist, child())
        review(store, BOTH, watchlist.watchlist_id, versions(store, watchlist), STATEMENT)
    with pytest.raises(WatchlistError, match="somebody else"):
        approve_second(store, BOTH, watchlist.watchlist_id, versions(store, watchlist), WORDS)


def test_second_approval_by_another_role_is_refused(store, watchlist):
    add(store, watchlist, child())
    approve(store, watchlist)
    for who in (MANAGER, REVIEWER, OPERATOR):
        with pytest.raises(PermissionRefusedError):
            approve_second(store, who, watchlist.watchlist_id, versions(store, watchlist), WORDS)


def test_second_approval_before_the_review_is_refused(store, watchlist):
    add(store, watchlist, child())
    with pytest.raises(StateError, match="no second approval"):
        approve_second(store, SILVER, watchlist.watchlist_id, versions(store, watchlist), WORDS)


@pytest.mark.parametrize("who", [REVIEWER, SILVER])
def test_refuse_deletes_pictures_and_templates_at_once(store, watchlist, who):
    (entry_id,) = add(store, watchlist, child())
    approve(store, watchlist)
    refuse(store, who, watchlist.watchlist_id, versions(store, watchlist), "another person of that name")
    assert status_of(store, entry_id) is EntryStatus.REFUSED
    with store.reading() as connection:
        assert picture_rows.pictures_of(connection, [entry_id])[entry_id] == []


def test_refuse_of_an_approved_entry_is_a_withdrawal(store, watchlist):
    add(store, watchlist, somebody(1))
    approve(store, watchlist)
    with pytest.raises(StateError, match="withdrawn instead"):
        refuse(store, REVIEWER, watchlist.watchlist_id, versions(store, watchlist), "another person of that name")


@pytest.mark.parametrize("who", [REVIEWER, SILVER])
def test_send_back_keeps_pictures_until_a_change_brings_the_entry_up_again(store, watchlist, who):
    ids = add_many(store, watchlist, [child(5), somebody(6)])
    approve(store, watchlist, ids[0])
    seen = versions(store, watchlist)
    send_back(store, who, watchlist.watchlist_id, seen, "the picture may be of the brother")
    shown = show(store, REVIEWER, watchlist.watchlist_id, justification=WHY)
    assert {(one.entry.status, one.entry.reasons) for one in shown} == {("quarantined", ("sent_back",))}
    assert {one.review["sent_back"] for one in shown} == {"the picture may be of the brother"}
    assert {one.entry.reviewed_by for one in shown} == {None}
    assert all(one.pictures for one in shown)
    with pytest.raises(StateError, match="sent_back"):
        review(store, REVIEWER, watchlist.watchlist_id, versions(store, watchlist), STATEMENT)
    assert add_many(store, watchlist, [somebody(6)]) == ids[1:]
    assert status_of(store, ids[1]) == "quarantined", "the same again mends nothing"
    add(store, watchlist, somebody(6, image_source="custody, of the day of arrest"))
    assert status_of(store, ids[1]) == "pending_review"


def test_send_back_takes_what_waits_a_role_and_a_reason(store, watchlist):
    ids = add_many(store, watchlist, [somebody(1), somebody(2)])
    approve(store, watchlist, ids[0])
    seen = versions(store, watchlist)
    for who, given, words, error in (
        (REVIEWER, seen, WORDS, StateError),
        (MANAGER, {ids[1]: 1}, WORDS, PermissionRefusedError),
        (REVIEWER, {ids[1]: 1}, "no", InputError),
        (REVIEWER, {ids[1]: 7}, WORDS, DecisionConflictError),
    ):
        with pytest.raises(error):
            send_back(store, who, watchlist.watchlist_id, given, words)
    assert status_of(store, ids[1]) == "pending_review"


def test_refuse_and_withdraw_need_a_reason_that_says_something(store, watchlist):
    (entry_id,) = add(store, watchlist, somebody(1))
    for words in ("", "no", "x\u202e" * 20):
        with pytest.raises(InputError, match=r"^reason: "):
            refuse(store, REVIEWER, watchlist.watchlist_id, versions(store, watchlist), words)
        with pytest.raises(InputError, match=r"^reason: "):
            withdraw(store, REVIEWER, watchlist.watchlist_id, [entry_id], words)


def test_withdraw_deletes_pictures_and_raises_the_revision(store):
    planned(store)
    watchlist, ids, _ = frozen_list(store)
    revision, _ = withdraw(store, SILVER, watchlist.watchlist_id, ids[:2], "arrested this morning at home")
    assert revision == 1
    assert withdraw(store, SILVER, watchlist.watchlist_id, [ids[2]], "arrested this morning at home")[0] == 2
    with store.reading() as connection:
        assert all(not found for found in picture_rows.pictures_of(connection, ids).values())
        key = store.vault.key(connection, rows.scope(watchlist.watchlist_id))
        with pytest.raises(WatchlistError, match="withdrawn"):
            entry_card(connection, key, ids[0])


def test_withdraw_whoever_keeps_the_list_may_and_nobody_else(store, watchlist):
    for seed, who in enumerate((MANAGER, REVIEWER, SILVER)):
        (entry_id,) = add(store, watchlist, somebody(seed))
        with pytest.raises(PermissionRefusedError):
            withdraw(store, OPERATOR, watchlist.watchlist_id, [entry_id], "warrant withdrawn by the court")
        withdraw(store, who, watchlist.watchlist_id, [entry_id], "warrant withdrawn by the court")
        assert status_of(store, entry_id) is EntryStatus.WITHDRAWN


def test_withdraw_twice_or_of_another_list_is_refused_and_nothing_moves(store, watchlist):
    planned(store, "D-2")
    (foreign,) = add(store, new_list(store, "D-2"), somebody(1))
    one, other = add(store, watchlist, somebody(1), somebody(2))
    withdraw(store, MANAGER, watchlist.watchlist_id, [one], "warrant withdrawn by the court")
    with pytest.raises(StateError, match="withdrawn already"):
        withdraw(store, MANAGER, watchlist.watchlist_id, [other, one], "warrant withdrawn by the court")
    with pytest.raises(NotInStoreError):
        withdraw(store, MANAGER, watchlist.watchlist_id, [other, foreign], "warrant withdrawn by the court")
    assert status_of(store, other) is EntryStatus.PENDING_REVIEW
    with store.reading() as connection:
        assert rows.watchlist(connection, watchlist.watchlist_id).revision == 1


def test_recheck_is_shown_with_the_next_alert_also_after_the_freeze(store, clock):
    planned(store)
    watchlist, ids, frozen = frozen_list(store)
    clock.advance(hours=7)
    recheck(store, REVIEWER, watchlist.watchlist_id, ids[:1], "PNC looked at, 16:00")
    with store.reading() as connection:
        key = store.vault.key(connection, rows.scope(watchlist.watchlist_id))
        assert entry_card(connection, key, ids[0]).status_verified_at == clock()
        assert entry_card(connection, key, ids[1]).status_verified_at is None
        assert rows.watchlist(connection, watchlist.watchlist_id).digest == frozen.digest
    assert audit_lines(store, "entry.recheck")[0][1]["recheck"] == "PNC looked at, 16:00"


def test_recheck_of_who_was_withdrawn_is_refused(store):
    planned(store)
    watchlist, ids, _ = frozen_list(store)
    withdraw(store, SILVER, watchlist.watchlist_id, ids[:1], "arrested this morning at home")
    with pytest.raises(StateError, match="nothing to re-check"):
        recheck(store, REVIEWER, watchlist.watchlist_id, ids[:1], "PNC looked at, 16:00")


def test_decisions_of_two_reviewers_at_once_one_is_told(store, watchlist):
    (entry_id,) = add(store, watchlist, somebody(1))
    seen = versions(store, watchlist)
    second = person(Role.WATCHLIST_REVIEWER, name="watchlist_reviewer-2")
    review(store, REVIEWER, watchlist.watchlist_id, seen, STATEMENT)
    with pytest.raises(DecisionConflictError, match="look at it again"):
        refuse(store, second, watchlist.watchlist_id, seen, "not who the record says they are")
    assert status_of(store, entry_id) is EntryStatus.APPROVED


def test_statements_are_sealed(store, watchlist):
    add(store, watchlist, somebody(1))
    approve(store, watchlist)
    with store.reading() as connection:
        everything = json.dumps(
            [[repr(value) for value in row] for row in connection.execute(select(rows.tables.entries))]
        )
    assert replace(STATEMENT).necessity not in everything


def test_decisions_of_two_reviewers_in_the_same_moment_exactly_one_counts(store, watchlist):
    ids = add_many(store, watchlist, [somebody(seed) for seed in range(1, 7)])
    second = person(Role.WATCHLIST_REVIEWER, name="watchlist_reviewer-2")
    at_once = Barrier(2)

    def decide(who, how, words):
        told = 0
        for entry_id in ids:
            at_once.wait()
            try:
                how(store, who, watchlist.watchlist_id, {entry_id: 1}, words)
            except DecisionConflictError:
                told += 1
        return told

    with ThreadPoolExecutor(2) as pool:
        approving = pool.submit(decide, REVIEWER, review, STATEMENT)
        refusing = pool.submit(decide, second, refuse, "another person of that name")
        told = approving.result() + refusing.result()
    assert told == len(ids)
    with store.reading() as connection:
        found = {one.entry_id: one for one in rows.entries_of(connection, watchlist.watchlist_id)}
        held = picture_rows.pictures_of(connection, ids)
    assert {one.status for one in found.values()} <= {EntryStatus.APPROVED, EntryStatus.REFUSED}
    assert all(one.version == 2 for one in found.values())
    assert all(bool(held[key]) is (one.status is EntryStatus.APPROVED) for key, one in found.items())
