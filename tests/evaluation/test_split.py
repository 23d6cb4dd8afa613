"""Referee: set arithmetic over the photographs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.split import draw_split, half_of

PEOPLE = np.repeat(np.arange(20), [1, 2, 3, 4] * 5)


@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 10),
    photos=st.integers(1, 2),
    cohort=st.integers(0, 5),
    choose=st.sampled_from(["first", "random"]),
)
def test_draw_split_every_photograph_has_one_part(seed, n, photos, cohort, choose):
    split = draw_split(PEOPLE, n, np.random.default_rng(seed), photos_each=photos, choose=choose, n_cohort=cohort)
    parts = [split.reference_rows.ravel(), split.mated_rows, split.non_mated_rows, split.cohort_rows]
    assert Counter(np.concatenate(parts).tolist()) == Counter(range(len(PEOPLE)))
    people = [set(PEOPLE[rows].tolist()) for rows in parts]
    assert people[0] == people[1] == set(split.enrolled.tolist())
    assert not people[0] & people[2]
    assert not people[3] & (people[0] | people[2])
    assert len(people[3]) == cohort
    assert split.reference_rows.shape == (n, photos)
    assert (PEOPLE[split.reference_rows] == split.enrolled[:, None]).all()


def test_draw_split_first_enrols_the_first_photograph():
    split = draw_split(PEOPLE, 15, np.random.default_rng(0))
    assert split.reference_rows[:, 0].tolist() == [PEOPLE.tolist().index(p) for p in split.enrolled]


def test_draw_split_random_differs_from_first_and_repeats_with_its_seed():
    def rows(seed, choose):
        return draw_split(PEOPLE, 15, np.random.default_rng(seed), choose=choose).reference_rows.tolist()

    assert rows(1, "random") == rows(1, "random")
    assert rows(1, "random") != rows(1, "first")
    assert rows(1, "first") == rows(2, "first")  # all fifteen are enrolled, so only photographs could differ


def test_draw_split_people_differ_between_seeds():
    drawn = {tuple(draw_split(PEOPLE, 5, np.random.default_rng(s)).enrolled.tolist()) for s in range(5)}
    assert len(drawn) > 1


@pytest.mark.parametrize(
    ("n", "settings", "says"),
    [
        (0, {}, "enrol: 0 people"),
        (16, {}, "15 here have more than 1"),
        (11, {"photos_each": 2}, "10 here have more than 2"),
        (1, {"photos_each": 0}, "photos: at least 1"),
        (5, {"n_cohort": 15}, "leave some over"),
        (5, {"n_cohort": -1}, "leave some over"),
        (5, {"choose": "best"}, "choose"),
    ],
)
def test_draw_split_impossible_wishes_are_refused(n, settings, says):
    with pytest.raises(SettingError, match=says):
        draw_split(PEOPLE, n, np.random.default_rng(0), **settings)


def test_draw_split_of_nobody_says_how_many_there_may_be():
    with pytest.raises(SettingError, match="give 1 to 1"):
        draw_split(np.array([0, 0, 1]), 0, np.random.default_rng(0))
    with pytest.raises(SettingError, match="add photographs"):
        draw_split(np.array([0, 1]), 1, np.random.default_rng(0))


def test_half_of_halves_people_about_evenly_and_for_ever():
    names = [f"person {number}" for number in range(2000)]
    share = sum(half_of(name) == "first" for name in names) / 2000
    assert 0.45 < share < 0.55
    # By hand: printf 'lfr-half:Ada' | sha256sum; odd first byte = second.
    assert [half_of(name) for name in ("Ada", "Bob", "ada", "bob")] == ["first", "first", "second", "second"]
