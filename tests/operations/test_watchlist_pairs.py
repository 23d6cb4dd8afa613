"""Who on a list looks like whom, and who shares a picture file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from frozen_lists import (
    MANAGER,
    OPERATOR,
    REVIEWER,
    WHY,
    add,
    add_many,
    new_list,
    picture,
    planned,
    somebody,
    unit_vector,
)

from lfr_kit.errors import JustificationError, PermissionRefusedError, SettingError, StateError
from lfr_kit.operations.watchlist_pairs import find_pairs
from lfr_kit.operations.watchlist_review import withdraw
from lfr_kit.store.repository import alike_pairs
from lfr_kit.store.repository import watchlists as rows


@pytest.fixture
def watchlist(store):
    planned(store)
    return new_list(store)


def pairs_in(found):
    return [(pair.kind, {pair.entry_id, pair.other_entry_id}) for pair in found.pairs]


def test_find_pairs_twins_and_shared_files_are_listed_and_kept(store, watchlist):
    twin = replace(somebody(2), pictures=[picture(2, vector=unit_vector(1))])
    shared = replace(somebody(3), pictures=[picture(3), picture(4)])
    other = replace(somebody(4), pictures=[picture(4)])
    a, b, c, d = add_many(store, watchlist, [somebody(1), twin, shared, other])
    found = find_pairs(store, REVIEWER, watchlist.watchlist_id, 0.9, justification=WHY)
    assert pairs_in(found) == [("same_picture", {c, d}), ("look_alike", {a, b})]
    assert found.n_pairs == 2
    with store.reading() as connection:
        kept = alike_pairs.pairs_of(connection, watchlist.watchlist_id)
    assert {(pair.entry_id, pair.other_entry_id) for pair in kept} == {
        (pair.entry_id, pair.other_entry_id) for pair in found.pairs
    }


def test_find_pairs_shared_file_is_listed_even_if_nobody_can_be_enrolled_from_it(store, watchlist):
    faceless = picture(4, vector=None, reasons=("no_face",))
    ids = add(store, watchlist, *(replace(somebody(n), pictures=[faceless]) for n in (1, 2)))
    found = find_pairs(store, REVIEWER, watchlist.watchlist_id, 1.0, justification=WHY)
    assert pairs_in(found) == [("same_picture", set(ids))]


def test_find_pairs_replaces_what_was_found_before(store, watchlist):
    add(store, watchlist, somebody(1), somebody(2), somebody(3))
    assert find_pairs(store, MANAGER, watchlist.watchlist_id, -1.0, justification=WHY).n_pairs == 3
    assert find_pairs(store, MANAGER, watchlist.watchlist_id, 0.99, justification=WHY).n_pairs == 0
    with store.reading() as connection:
        assert alike_pairs.pairs_of(connection, watchlist.watchlist_id) == []


def test_find_pairs_withdrawn_people_are_forgotten(store, watchlist):
    ids = add(store, watchlist, somebody(1), somebody(2), somebody(3))
    find_pairs(store, MANAGER, watchlist.watchlist_id, -1.0, justification=WHY)
    withdraw(store, MANAGER, watchlist.watchlist_id, ids[:1], "warrant withdrawn by the court")
    with store.reading() as connection:
        kept = alike_pairs.pairs_of(connection, watchlist.watchlist_id)
    assert [{pair.entry_id, pair.other_entry_id} for pair in kept] == [set(ids[1:])]


def test_find_pairs_space_without_a_known_threshold_asks_for_one(store, watchlist):
    add(store, watchlist, somebody(1))
    with pytest.raises(SettingError, match="--threshold"):
        find_pairs(store, REVIEWER, watchlist.watchlist_id, justification=WHY)


def test_find_pairs_needs_right_and_reason_and_a_list_that_is_there(store, watchlist):
    with pytest.raises(PermissionRefusedError):
        find_pairs(store, OPERATOR, watchlist.watchlist_id, 0.9, justification=WHY)
    with pytest.raises(JustificationError):
        find_pairs(store, REVIEWER, watchlist.watchlist_id, 0.9)
    with store.engine.begin() as connection:
        rows.change_watchlist(connection, watchlist.watchlist_id, state="deleted")
    with pytest.raises(StateError, match="deleted"):
        find_pairs(store, REVIEWER, watchlist.watchlist_id, 0.9, justification=WHY)
