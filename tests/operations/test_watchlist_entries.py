"""People onto a list: what is missing quarantines them, what is new changes them, what is old changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from frozen_lists import (
    MANAGER,
    OPERATOR,
    REVIEWER,
    WHY,
    add,
    add_many,
    approve,
    frozen_list,
    move,
    new_list,
    picture,
    planned,
    somebody,
    versions,
)
from sqlalchemy import select

from lfr_kit.errors import (
    InputError,
    JustificationError,
    NotInStoreError,
    PermissionRefusedError,
    StateError,
    WatchlistError,
)
from lfr_kit.governance.vocabulary import Category, DeploymentState, EntryStatus, Response
from lfr_kit.governance.watchlist import AgeBand, EntryDetails
from lfr_kit.operations.watchlist_entries import NewPerson, add_entry
from lfr_kit.operations.watchlist_review import refuse, withdraw
from lfr_kit.operations.watchlists import create, show, summaries
from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.tables import watchlists as tables

SQL = [
    "'; DROP TABLE entries; --",
    '"; DELETE FROM watchlists; --',
    "x' OR '1'='1",
    "%s %(a)s :a ? {0}",
    "\\'); SELECT 1; --",
]


@pytest.fixture
def watchlist(store):
    planned(store)
    return new_list(store)


def entry_of(store, watchlist, entry_id):
    with store.reading() as connection:
        return rows.entry_by_id(connection, entry_id)


def bytes_of_everything(store):
    """All that a stranger who copies the tables of this theme can read, as one heap of bytes."""
    heap = b""
    with store.reading() as connection:
        for table in (tables.watchlists, tables.entries, tables.pictures, tables.inclusion_ledger):
            for row in connection.execute(select(table)):
                heap += b"\n".join(value if isinstance(value, bytes) else repr(value).encode() for value in row)
    return heap


def test_create_takes_categories_and_space_from_the_authority(store):
    planned(store, "D-1", extra_categories=[Category.WITNESS], space_id="scripted:colour-grid-4.v1")
    made = new_list(store, "D-1")
    assert Category.WITNESS in made.allowed_categories
    assert not {Category.VICTIM, Category.ASSOCIATE} & made.allowed_categories
    assert made.space_id == "scripted:colour-grid-4.v1"


def test_create_without_a_reason_is_refused(store):
    planned(store)
    with pytest.raises(JustificationError):
        create(store, MANAGER, "D-1")


def test_create_by_another_role_is_refused(store):
    planned(store)
    for who in (REVIEWER, OPERATOR):
        with pytest.raises(PermissionRefusedError):
            create(store, who, "D-1", justification=WHY)


def test_create_for_a_deployment_past_its_start_or_for_none_is_refused(store):
    planned(store)
    for state in ("open", "paused", "closed", "aborted", "purged"):
        move(store, "D-1", DeploymentState(state))
        with pytest.raises(StateError, match=state):
            new_list(store)
    with pytest.raises(NotInStoreError):
        new_list(store, "D-2")


def test_enter_complete_person_waits_for_review(store, watchlist):
    (entry_id,) = add(store, watchlist, somebody())
    found = entry_of(store, watchlist, entry_id)
    assert (found.status, found.reasons) == (EntryStatus.PENDING_REVIEW, ())
    assert (found.age_band, found.response) == (AgeBand.ADULT, Response.AMBER)
    assert found.created_by == found.changed_by == MANAGER.user_id


def test_enter_nothing_known_is_quarantined_with_every_reason(store, watchlist):
    (entry_id,) = add(store, watchlist, NewPerson(details=EntryDetails()))
    found = entry_of(store, watchlist, entry_id)
    assert found.status is EntryStatus.QUARANTINED
    assert found.reasons == ("identity_ref", "legal_basis", "image_source", "category", "response", "picture")
    assert found.age_band is AgeBand.UNKNOWN


def test_enter_category_the_authority_does_not_name_is_quarantined(store, watchlist):
    (entry_id,) = add(store, watchlist, somebody(category=Category.WITNESS))
    assert entry_of(store, watchlist, entry_id).reasons == ("category_not_allowed",)


def test_enter_two_people_without_a_reference_stay_two(store, watchlist):
    ids = add_many(store, watchlist, [somebody(1, person_ref=""), somebody(2, person_ref="")])
    assert len(set(ids)) == 2


def test_enter_age_is_that_on_the_day_of_the_deployment(store):
    planned(store, starts_in_hours=20)  # 5 May 2026, 05:00 UTC
    ids = add(
        store,
        new_list(store),
        somebody(1, date_of_birth=date(2008, 5, 5)),
        somebody(2, date_of_birth=date(2008, 5, 6), under_18_rationale="at risk of harm"),
    )
    bands = [entry_of(store, None, one).age_band for one in ids]
    assert bands == [AgeBand.ADULT, AgeBand.FROM_13_TO_17]


def test_enter_the_same_again_changes_nothing(store, watchlist):
    (first,) = add(store, watchlist, somebody())
    before = bytes_of_everything(store)
    again = add_entry(store, MANAGER, watchlist.watchlist_id, somebody(), justification=WHY)
    assert (again.entry_id, again.change, again.n_pictures) == (first, "unchanged", 0)
    assert bytes_of_everything(store) == before


def test_enter_reference_typed_otherwise_is_the_same_person(store, watchlist):
    ids = add(store, watchlist, somebody(1, person_ref="PNC 12/345a"), somebody(1, person_ref="pnc12/345A"))
    assert len(set(ids)) == 1


def test_enter_same_person_twice_in_one_batch_is_one_entry_with_both_pictures(store, watchlist):
    twice = [somebody(1), replace(somebody(1), pictures=[picture(2)])]
    ids = add_many(store, watchlist, twice)
    assert ids[0] == ids[1]
    with store.reading() as connection:
        assert len(picture_rows.pictures_of(connection, ids)[ids[0]]) == 2


def test_enter_missing_piece_given_later_ends_the_quarantine(store, watchlist):
    (entry_id,) = add(store, watchlist, somebody(1, legal_basis=""))
    assert entry_of(store, watchlist, entry_id).reasons == ("legal_basis",)
    add(store, watchlist, somebody(1))
    assert entry_of(store, watchlist, entry_id).status is EntryStatus.PENDING_REVIEW


def test_enter_change_of_an_approved_entry_needs_a_new_review(store, watchlist):
    changes = [
        {"pictures": [picture(90)]},
        {"response": Response.RED},
        {"category": Category.SUSPECT},
        {"expires_at": datetime(2026, 5, 4, 20, tzinfo=UTC)},
        {"details": replace(somebody(5).details, note="armed")},
    ]
    for seed, change in enumerate(changes, start=1):
        (entry_id,) = add(store, watchlist, somebody(seed))
        approve(store, watchlist, entry_id)
        add(store, watchlist, replace(somebody(seed), **change))
        found = entry_of(store, watchlist, entry_id)
        assert (found.status, found.reviewed_by) == (EntryStatus.PENDING_REVIEW, None)


@pytest.mark.parametrize("way", ["refused", "withdrawn"])
def test_enter_who_was_refused_or_withdrawn_is_not_brought_back(store, watchlist, way):
    (entry_id,) = add(store, watchlist, somebody(1))
    if way == "refused":
        refuse(
            store, REVIEWER, watchlist.watchlist_id, versions(store, watchlist), "not who the record says they are"
        )
    else:
        withdraw(store, MANAGER, watchlist.watchlist_id, [entry_id], "warrant withdrawn by the court")
    again = add_entry(store, MANAGER, watchlist.watchlist_id, somebody(1), justification=WHY)
    assert (again.change, again.reasons) == ("kept_out", (way,))
    assert entry_of(store, watchlist, entry_id).status == way
    with store.reading() as connection:
        assert picture_rows.pictures_of(connection, [entry_id]) == {entry_id: []}


def test_enter_frozen_list_takes_nobody(store):
    planned(store)
    watchlist, _, _ = frozen_list(store)
    with pytest.raises(StateError, match="frozen"):
        add(store, watchlist, somebody(7))


@pytest.mark.parametrize("state", ["open", "closed", "aborted"])
def test_enter_nobody_is_collected_for_a_deployment_past_its_start(store, watchlist, state):
    move(store, watchlist.deployment_id, DeploymentState(state))
    with pytest.raises(StateError, match=f"is {state}; its watchlist is built before it starts"):
        add(store, watchlist, somebody(1))


@pytest.mark.parametrize("late", [timedelta(), timedelta(days=400)])
def test_enter_expiry_that_is_over_is_refused_and_nobody_is_entered(store, watchlist, clock, late):
    with pytest.raises(InputError, match=r"expires_at: .* is over; give a day or time that lies ahead"):
        add_many(store, watchlist, [somebody(1), replace(somebody(2), expires_at=clock.now - late)])
    with store.reading() as connection:
        assert rows.entries_of(connection, watchlist.watchlist_id) == []


def test_enter_expiry_ahead_is_kept_and_may_not_be_moved_into_the_past(store, watchlist, clock):
    soon = clock.now + timedelta(minutes=1)
    (entry_id,) = add(store, watchlist, replace(somebody(1), expires_at=soon))
    with pytest.raises(InputError, match="is withdrawn"):
        add(store, watchlist, replace(somebody(1), expires_at=clock.now - timedelta(days=1)))
    clock.advance(hours=1)
    again = add_entry(
        store, MANAGER, watchlist.watchlist_id, replace(somebody(1), expires_at=soon), justification=WHY
    )
    assert (again.change, entry_of(store, watchlist, entry_id).expires_at) == ("unchanged", soon)


def test_enter_reviewer_may_not(store, watchlist):
    with pytest.raises(PermissionRefusedError):
        add_entry(store, REVIEWER, watchlist.watchlist_id, somebody(), justification=WHY)


@pytest.mark.parametrize("given", [{"vector": None}, {"reasons": ("no_face",)}])
def test_enter_picture_has_a_template_or_reasons_never_both(store, watchlist, given):
    with pytest.raises(WatchlistError, match="either"):
        add(store, watchlist, replace(somebody(), pictures=[picture(1, **given)]))


def test_enter_sql_in_every_text_field_is_kept_as_text(store, watchlist):
    fields = ("person_ref", "name", "legal_basis", "image_source", "rationale", "note", "under_18_rationale")
    for number, sql in enumerate(SQL):
        (entry_id,) = add(store, watchlist, somebody(number, **dict.fromkeys(fields, sql)))
        (shown,) = show(store, REVIEWER, watchlist.watchlist_id, entry_ids=[entry_id], justification=sql)
        assert {getattr(shown.details, name) for name in fields} == {sql}
    assert summaries(store, MANAGER)[0].n_by_status == {"pending_review": len(SQL)}


def test_show_sql_for_an_id_finds_nothing(store, watchlist):
    add(store, watchlist, somebody(1))
    for sql in SQL:
        with pytest.raises(NotInStoreError):
            show(store, REVIEWER, sql, justification=WHY)
        with pytest.raises(NotInStoreError):
            show(store, REVIEWER, watchlist.watchlist_id, entry_ids=[sql], justification=WHY)


def test_rows_hold_no_name_reference_picture_or_template_in_the_clear(store):
    planned(store)
    frozen_list(store, people=[somebody(1, name="Unmistakable Surname", person_ref="PNC/55-UNMISTAKABLE")])
    heap = bytes_of_everything(store)
    assert heap
    for secret in (
        b"Unmistakable",
        b"UNMISTAKABLE",
        b"unmistakable",
        b"1990, 1",
        b"1990-0",
        b"picture 1",
        b"do not approach",
    ):
        assert secret not in heap
    vector = picture(1).vector
    assert np.asarray(vector).tobytes()[:16] not in heap


def test_show_needs_a_reason_and_is_logged_without_names(store, watchlist):
    from lfr_kit.store.tables.audit import audit_entries

    add(store, watchlist, somebody(1))
    with pytest.raises(JustificationError):
        show(store, REVIEWER, watchlist.watchlist_id)
    (shown,) = show(store, REVIEWER, watchlist.watchlist_id, justification="to review it")
    assert shown.details.name == "Person 1"
    with store.reading() as connection:
        last = connection.execute(select(audit_entries).order_by(audit_entries.c.seq.desc())).first()
    assert (last.actor_id, last.operation, last.action) == (REVIEWER.user_id, "consultation", "watchlist.view")
    assert last.deployment_id == "D-1"


def test_summaries_role_that_may_not_look_is_refused(store, watchlist):
    with pytest.raises(PermissionRefusedError):
        summaries(store, OPERATOR)


def test_summaries_count_categories_and_ages_of_approved_entries(store, watchlist):
    child = somebody(3, date_of_birth=date(2015, 1, 1), under_18_rationale="missing since Friday")
    people = [somebody(1), somebody(2, category=Category.SUSPECT), child, somebody(4, date_of_birth=None)]
    ids = add_many(store, watchlist, people)
    approve(store, watchlist, *ids)
    (found,) = summaries(store, MANAGER, "D-1")
    assert found.n_by_status == {"approved": 2, "pending_second_approval": 2}
    assert found.n_by_category == {"suspect": 1, "wanted_by_courts": 1}
    assert found.n_by_age_band == {"18_or_over": 2}
    assert summaries(store, MANAGER, "D-2") == []
