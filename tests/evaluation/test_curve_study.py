"""Painted people, made worse: what each level is made of, and what a condition refuses."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.curve_conditions import CONDITIONS, checked_levels, condition_named
from lfr_kit.evaluation.curve_photos import choose_photos, degraded_templates, face_heights
from lfr_kit.evaluation.curve_study import PhotoSetup, photo_levels
from lfr_kit.evaluation.degradation import Degradation
from lfr_kit.evaluation.tables import people_in


@pytest.fixture
def setup(people_folder, stages):
    photos = choose_photos(people_in(people_folder), 0, 4, seed=1)
    asked = []
    made = PhotoSetup(photos, lambda crops: asked.append(crops) or stages)
    return SimpleNamespace(made=made, asked=asked, photos=photos)


def test_photos_are_first_and_second_of_those_who_have_two_and_filler_is_somebody_else(setup):
    people = [path.parent.name for path in setup.photos.references]
    assert [path.parent.name for path in setup.photos.probes] == people[:10]
    assert {path.name for path in setup.photos.references} == {"0.png"}
    assert {path.name for path in setup.photos.probes} == {"1.png"}
    assert len(set(people)) == len(people) == 14


def test_the_same_seed_chooses_the_same_people(people_folder):
    people = people_in(people_folder)
    assert choose_photos(people, 6, 3, 5) == choose_photos(people, 6, 3, 5)
    assert choose_photos(people, 6, 3, 5) != choose_photos(people, 6, 3, 6)


@pytest.mark.parametrize(
    ("people", "filler", "words"), [(11, 0, "11 asked for, 10 have"), (3, 0, "at least 4"), (10, 11, "filler")]
)
def test_more_people_than_there_are_is_refused(people_folder, people, filler, words):
    with pytest.raises(SettingError, match=words):
        choose_photos(people_in(people_folder), people, filler, 0)


def test_degradation_changes_probes_and_leaves_references(setup):
    levels = photo_levels(CONDITIONS["blur"], (2, 12), setup.made)
    assert [each.level for each in levels] == [0, 2, 12]
    assert all(each.references is levels[0].references for each in levels)
    similarity = [
        np.mean([t.vector @ levels[0].references.templates[i].vector for i, t in enumerate(each.probes.templates)])
        for each in levels
    ]
    assert similarity[0] > similarity[1] > similarity[2]
    assert [each.n_enrolled for each in levels] == [9, 9, 9]


def test_face_height_starts_at_the_photographs_own_and_refuses_to_enlarge(setup):
    levels = photo_levels(CONDITIONS["face-height"], (16,), setup.made)
    assert [each.level for each in levels] == [32, 16]
    with pytest.raises(SettingError, match="below 32 px"):
        photo_levels(CONDITIONS["face-height"], (40,), setup.made)


def test_noise_of_each_photograph_is_its_own_and_repeats(setup, stages):
    heights = face_heights(setup.photos.probes[:2], stages)
    one, again, other = (degraded_templates(heights, Degradation(noise=40), stages, seed=s) for s in (1, 1, 2))
    assert np.array_equal(one.vectors, again.vectors)
    assert not np.array_equal(one.vectors, other.vectors)


def test_crops_are_levels_with_their_own_templates_of_references_too(setup):
    levels = photo_levels(CONDITIONS["crops"], ("single", "jitter"), setup.made)
    assert [each.level for each in levels] == ["single", "jitter"]
    assert setup.asked == ["single", "jitter"]
    assert levels[0].references is not levels[1].references


def test_list_sizes_and_normalisations_use_the_same_templates(setup):
    sizes = photo_levels(CONDITIONS["list-size"], (3, 9), setup.made)
    assert [each.n_enrolled for each in sizes] == [3, 9]
    assert sizes[0].probes is sizes[1].probes
    ways = photo_levels(CONDITIONS["normalisation"], ("none", "watchlist"), setup.made)
    assert ways[1].make_matcher(np.zeros((0, 4), np.float32)).score_scale != "cosine"


def test_a_condition_of_passes_asks_for_them(setup):
    with pytest.raises(SettingError, match="needs passes"):
        photo_levels(CONDITIONS["every-nth"], (1, 2), setup.made)


def test_conditions_by_name():
    assert condition_named("blur").name == "blur"
    with pytest.raises(SettingError, match="one of face-height, blur"):
        condition_named("fog")


@pytest.mark.parametrize("name", sorted(CONDITIONS))
def test_levels_of_a_condition_are_its_own_or_as_written(name):
    condition = CONDITIONS[name]
    assert checked_levels(condition, " ") == condition.levels
    assert len(set(condition.levels)) == len(condition.levels)
    written = ",".join(str(each) for each in condition.levels)
    assert checked_levels(condition, written) == condition.levels


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("blur", "1,x", "numbers"),
        ("blur", "1,1", "each once"),
        ("blur", "0", "larger than 0"),
        ("blur", "inf", "larger than 0"),
        ("every-nth", "1.5", "whole numbers"),
    ],
)
def test_levels_that_are_none_are_refused(name, text, words):
    with pytest.raises(SettingError, match=words):
        checked_levels(CONDITIONS[name], text)
