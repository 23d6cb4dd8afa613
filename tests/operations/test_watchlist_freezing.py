"""The freeze: approved people only, within 24 hours, under the cap, under one digest; and the ledger beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from frozen_lists import (
    AUDITOR,
    MANAGER,
    REVIEWER,
    SILVER,
    WHY,
    add,
    add_many,
    approve,
    frozen_list,
    move,
    new_list,
    planned,
    somebody,
    versions,
)
from recorded import authority
from sqlalchemy import select, update

from lfr_kit.errors import (
    InputError,
    JustificationError,
    PermissionRefusedError,
    StateError,
    WatchlistError,
)
from lfr_kit.governance.vocabulary import Category, DeploymentState, EntryStatus
from lfr_kit.operations.ledger import was_listed
from lfr_kit.operations.watchlist_freezing import LEDGER_KEPT, freeze
from lfr_kit.operations.watchlist_review import approve_second, refuse, withdraw
from lfr_kit.operations.watchlists import summaries
from lfr_kit.store.repository import deployments as deployment_rows
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.tables.deployments import deployments
from lfr_kit.store.tables.watchlists import inclusion_ledger


def stored(store, watchlist):
    with store.reading() as connection:
        return rows.watchlist(connection, watchlist.watchlist_id)


def reschedule(store, starts_at):
    with store.engine.begin() as connection:
        connection.execute(update(deployments).values(starts_at=starts_at))


def test_freeze_takes_the_approved_and_names_the_others(store, clock):
    planned(store)
    watchlist = new_list(store)
    good, pending, quarantined, child, refused, withdrawn, expired = add_many(
        store,
        watchlist,
        [
            somebody(1),
            somebody(2),
            somebody(3, legal_basis=""),
            somebody(4, date_of_birth=date(2012, 1, 1), under_18_rationale="missing since Friday"),
            somebody(5),
            somebody(6),
            replace(somebody(7), expires_at=clock() + timedelta(hours=6)),
        ],
    )
    approve(store, watchlist, good, child, expired)
    refuse(
        store, REVIEWER, watchlist.watchlist_id, versions(store, watchlist, refused), "another person of that name"
    )
    withdraw(store, MANAGER, watchlist.watchlist_id, [withdrawn], "warrant withdrawn by the court")
    done = freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)
    assert {one.entry_id: one.reasons for one in done.left_out} == {
        pending: ("reviewer",),
        quarantined: ("legal_basis",),
        child: ("second_approver", "under_18"),
        expired: ("expired",),
    }
    now = stored(store, watchlist)
    assert (now.state, now.n_entries, now.digest, now.frozen_at) == ("frozen", 1, done.digest, clock())
    with store.reading() as connection:
        frozen = {one.entry_id for one in rows.entries_of(connection, watchlist.watchlist_id) if one.digest}
        assert frozen == {good}
        assert deployment_rows.standing(connection, "D-1").watchlist_id == watchlist.watchlist_id


@pytest.mark.parametrize(("hours", "is_taken"), [(24, True), (24.01, False)])
def test_freeze_list_begun_more_than_24_hours_before_the_start_is_refused(store, hours, is_taken):
    planned(store, starts_in_hours=hours)
    if is_taken:
        assert frozen_list(store)[2].n_entries == 3
    else:
        with pytest.raises(WatchlistError, match="24 hours"):
            frozen_list(store)


def test_freeze_list_whose_deployment_was_moved_is_refused(store, clock):
    planned(store)
    watchlist = new_list(store)
    add(store, watchlist, somebody(1))
    approve(store, watchlist)
    reschedule(store, clock() + timedelta(days=2))
    with pytest.raises(WatchlistError, match="24 hours"):
        freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)


def test_freeze_after_the_start_is_refused(store):
    planned(store)
    watchlist = new_list(store)
    add(store, watchlist, somebody(1))
    approve(store, watchlist)
    for state in ("open", "closed", "aborted"):
        move(store, "D-1", DeploymentState(state))
        with pytest.raises(StateError, match=state):
            freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)


def test_freeze_above_the_cap_of_the_authority_is_refused_whatever_cap_is_given(store):
    planned(store, watchlist_cap=2)
    watchlist = new_list(store)
    ids = add_many(store, watchlist, [somebody(seed) for seed in (1, 2, 3)])
    approve(store, watchlist)
    for cap in (None, 2, 100):
        with pytest.raises(WatchlistError, match="cap is 2"):
            freeze(store, MANAGER, watchlist.watchlist_id, cap=cap, justification=WHY)
    withdraw(store, MANAGER, watchlist.watchlist_id, ids[:1], "least necessary of the three")
    with pytest.raises(WatchlistError, match="cap is 1"):
        freeze(store, MANAGER, watchlist.watchlist_id, cap=1, justification=WHY)
    assert freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY).n_entries == 2


def test_freeze_of_nobody_is_refused(store):
    planned(store)
    watchlist = new_list(store)
    add(store, watchlist, somebody(1))
    with pytest.raises(WatchlistError, match="nobody"):
        freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)


def test_freeze_twice_or_without_right_or_reason_is_refused(store):
    planned(store)
    watchlist = new_list(store)
    add(store, watchlist, somebody(1))
    approve(store, watchlist)
    with pytest.raises(PermissionRefusedError):
        freeze(store, REVIEWER, watchlist.watchlist_id, justification=WHY)
    with pytest.raises(JustificationError):
        freeze(store, MANAGER, watchlist.watchlist_id)
    freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)
    with pytest.raises(StateError, match="frozen"):
        freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)


def test_freeze_ages_are_looked_at_anew_for_the_day(store, clock):
    clock.now = clock.now.replace(hour=20)
    planned(store, starts_in_hours=10)  # 5 May, 06:00: an adult on the day, so one reviewer is enough
    watchlist = new_list(store)
    turning_18 = add(
        store, watchlist, somebody(1, date_of_birth=date(2008, 5, 5), under_18_rationale="at risk of harm")
    )
    adult = add(store, watchlist, somebody(2))
    approve(store, watchlist)
    done = freeze_on(store, watchlist, clock() + timedelta(hours=3))  # 4 May, 23:00: 17 on the day after all
    assert [(one.entry_id, one.reasons) for one in done.left_out] == [
        (turning_18[0], ("second_approver", "under_18"))
    ]
    assert done.n_entries == len(adult)


def test_freeze_leaves_out_whose_age_is_unknown_until_a_second_person_approved(store):
    planned(store)
    watchlist = new_list(store)
    (unknown,) = add(store, watchlist, somebody(1, date_of_birth=None))
    add(store, watchlist, somebody(2))
    approve(store, watchlist)
    done = freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)
    assert [(one.entry_id, one.reasons) for one in done.left_out] == [
        (unknown, ("second_approver", "age_unknown"))
    ]
    assert done.n_entries == 1


def test_freeze_who_comes_of_age_before_the_start_is_counted_as_an_adult(store, clock):
    planned(store, starts_in_hours=3)
    watchlist = new_list(store)
    add(
        store,
        watchlist,
        somebody(
            1,
            date_of_birth=date(2008, 5, 5),
            under_18_rationale="at risk of harm",
        ),
    )
    approve(store, watchlist)
    approve_second(store, SILVER, watchlist.watchlist_id, versions(store, watchlist), "risk assessed, necessary")
    freeze_on(store, watchlist, clock() + timedelta(hours=20))
    assert summaries(store, MANAGER)[0].n_by_age_band == {"18_or_over": 1}


def freeze_on(store, watchlist, starts_at):
    reschedule(store, starts_at)
    return freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)


def test_freeze_authority_that_no_longer_names_a_category_leaves_its_entries_out(store):
    planned(store, extra_categories=[Category.WITNESS])
    watchlist = new_list(store)
    add(store, watchlist, somebody(1))
    (witness,) = add(store, watchlist, somebody(2, category=Category.WITNESS))
    approve(store, watchlist)
    approve_second(
        store, SILVER, watchlist.watchlist_id, versions(store, watchlist, witness), "the only eyewitness"
    )
    replan(store, space_id=watchlist.space_id)
    done = freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)
    assert [(one.entry_id, one.reasons) for one in done.left_out] == [(witness, ("category_not_allowed",))]


def test_freeze_authority_with_another_embedding_space_is_refused(store):
    planned(store)
    watchlist = new_list(store)
    add(store, watchlist, somebody(1))
    approve(store, watchlist)
    replan(store, space_id="facenet:00000000:keypoints-mesh.v1")
    with pytest.raises(WatchlistError, match="facenet:00000000"):
        freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)


def replan(store, **changes):
    with store.engine.begin() as connection:
        key = store.vault.key(connection, "store")
        found = deployment_rows.deployment(connection, key, "D-1")
        times = {"starts_at": found.starts_at, "ends_at": found.ends_at}
        columns = deployment_rows.columns_of(key, "D-1", authority(**{**times, **changes}))
        deployment_rows.change(connection, found, **columns)


def test_withdrawal_keeps_the_frozen_digest_and_stands_beside_it(store):
    planned(store)
    watchlist, ids, frozen = frozen_list(store)
    withdraw(store, SILVER, watchlist.watchlist_id, ids[:1], "arrested this morning at home")
    now = stored(store, watchlist)
    assert (now.digest, now.n_entries, now.revision) == (frozen.digest, 3, 1)
    assert summaries(store, MANAGER)[0].n_by_status == {"approved": 2, "withdrawn": 1}


def test_was_listed_is_answered_after_the_list_is_gone(store, clock):
    planned(store)
    watchlist, _, _ = frozen_list(store, people=[somebody(1, person_ref="PNC 77/1a"), somebody(2)])
    with store.engine.begin() as connection:
        rows.delete_rows(connection, watchlist.watchlist_id)
        store.vault.destroy(connection, rows.scope(watchlist.watchlist_id), clock())
        rows.change_watchlist(connection, watchlist.watchlist_id, state="deleted")
    (found,) = was_listed(store, AUDITOR, "pnc77/1A", justification="complaint 12 of 2026")
    assert (found.deployment_id, found.category) == ("D-1", Category.WANTED_BY_COURTS)
    assert (found.included_on, found.expires_on) == (date(2026, 5, 4), date(2026, 5, 4) + LEDGER_KEPT)
    assert was_listed(store, AUDITOR, "PNC 77/1b", justification="complaint 12 of 2026") == []


def test_was_listed_knows_only_of_frozen_people(store):
    planned(store)
    watchlist = new_list(store)
    approved, _ = add(store, watchlist, somebody(1), somebody(2))
    approve(store, watchlist, approved)
    assert was_listed(store, AUDITOR, "PNC/00001", justification=WHY) == []
    freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)
    assert len(was_listed(store, AUDITOR, "PNC/00001", justification=WHY)) == 1
    assert was_listed(store, AUDITOR, "PNC/00002", justification=WHY) == []


def test_was_listed_until_the_ledgers_own_expiry(store, clock):
    planned(store)
    frozen_list(store)
    clock.advance(days=LEDGER_KEPT.days)
    assert was_listed(store, AUDITOR, "PNC/00001", justification=WHY)
    clock.advance(days=1)
    assert was_listed(store, AUDITOR, "PNC/00001", justification=WHY) == []


def test_was_listed_is_the_auditors_alone(store):
    for who in (MANAGER, REVIEWER, SILVER):
        with pytest.raises(PermissionRefusedError):
            was_listed(store, who, "PNC/00001", justification=WHY)


def test_was_listed_reference_that_is_none_is_refused(store):
    for reference in ("", "  ", "A\u200bB", "A" * 10_000_000):
        with pytest.raises(InputError, match=r"^person_ref: "):
            was_listed(store, AUDITOR, reference, justification=WHY)


def test_ledger_holds_no_reference_and_another_mac_than_the_list(store):
    planned(store)
    _, ids, _ = frozen_list(store, people=[somebody(1, person_ref="PNC/UNMISTAKABLE")])
    with store.reading() as connection:
        (row,) = connection.execute(select(inclusion_ledger)).all()
        assert "UNMISTAKABLE" not in repr(row).upper()
        assert row.person_mac != rows.entry_by_id(connection, ids[0]).person_mac


def test_delete_rows_leaves_nothing_but_the_lists_own_row(store):
    planned(store)
    watchlist, _, _ = frozen_list(store)
    with store.engine.begin() as connection:
        assert rows.delete_rows(connection, watchlist.watchlist_id) == {
            "alike_pairs": 0,
            "pictures": 3,
            "entries": 3,
        }
        assert rows.entries_of(connection, watchlist.watchlist_id) == []
        assert rows.watchlist(connection, watchlist.watchlist_id).n_entries == 3


def test_status_of_left_out_entries_stays(store):
    planned(store)
    watchlist = new_list(store)
    good, other = add(store, watchlist, somebody(1), somebody(2))
    approve(store, watchlist, good)
    freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)
    with store.reading() as connection:
        assert rows.entry_by_id(connection, other).status is EntryStatus.PENDING_REVIEW
        assert rows.entry_by_id(connection, other).digest is None
