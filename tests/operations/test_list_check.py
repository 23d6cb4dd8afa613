"""A list of the store held against itself and against strangers: by whom, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from frozen_lists import MANAGER, OPERATOR, SILVER, SPACE, WHY, add_many, new_list, picture, planned, somebody

from lfr_kit.errors import JustificationError, PermissionRefusedError, SpaceMismatchError, WatchlistError
from lfr_kit.evaluation.rates import Rate
from lfr_kit.operations.list_check import check_list, list_templates


@pytest.fixture
def watchlist(store):
    planned(store)
    return new_list(store)


@pytest.fixture
def filled(store, watchlist):
    add_many(store, watchlist, [somebody(1), replace(somebody(2), pictures=[picture(2), picture(3)])])
    return watchlist.watchlist_id


def test_templates_of_a_list_are_read_by_who_may_see_it_with_a_reason(store, filled):
    owners, vectors = list_templates(store, SILVER, filled, space_id=SPACE, reason=WHY)
    assert len(owners) == 3
    assert len(set(owners)) == 2
    assert vectors.shape == (3, 48)
    with pytest.raises(PermissionRefusedError):
        list_templates(store, OPERATOR, filled, space_id=SPACE, reason=WHY)
    with pytest.raises(JustificationError):
        list_templates(store, MANAGER, filled, space_id=SPACE, reason=" ")


def test_list_of_another_space_or_without_templates_is_refused(store, watchlist):
    with pytest.raises(SpaceMismatchError, match="is of space"):
        list_templates(store, SILVER, watchlist.watchlist_id, space_id="another:1", reason=WHY)
    with pytest.raises(WatchlistError, match="nobody on it"):
        list_templates(store, SILVER, watchlist.watchlist_id, space_id=SPACE, reason=WHY)


def test_highest_scores_by_hand():
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1]], np.float32)
    strangers = np.array([[0.8, 0.6], [-1, 0]], np.float32)
    found = check_list(["a", "b", "b"], vectors, strangers, 0.9)
    assert found.n_people == 2
    assert found.highest_pair == pytest.approx(0.6)
    assert found.highest_stranger == pytest.approx(0.96)
    assert found.above == Rate(1, 2, "strangers' passes")
    with pytest.raises(SpaceMismatchError):
        check_list(["a"], vectors[:1], np.ones((1, 3), np.float32))
