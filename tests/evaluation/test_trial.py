"""The trial, against a table worked by hand: four references on a circle, six passes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import beta

from evaluation.trial_scene import made_manifest, made_templates
from lfr_kit.errors import SettingError, SpaceMismatchError, TableError
from lfr_kit.evaluation.trial import TrialPlan, run_trial, sizes_for, trial_scores
from lfr_kit.evaluation.trial_figures import figures_of


def at(degrees: float) -> np.ndarray:
    return np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))], np.float32)


PEOPLE = [("a", "cohort", {}), ("b", "cohort", {}), ("f", "filler", {}), ("g", "filler", {}), ("c", "crowd", {})]
PASSES = [0, 0, 1, 1, 4, 4]
REFERENCES = [at(0), at(90), at(45), at(180)]
SEEN = [at(10), None, at(60), at(85), at(50), at(270)]
"""a: 10 deg off, then no face. b: 30 deg off but 15 from f; then 5 off. Crowd: 5 from f; then 90 from a and g."""


@pytest.fixture
def made():
    manifest = made_manifest(PEOPLE, PASSES)
    return manifest, made_templates(manifest, REFERENCES, SEEN)


def result(made, **plan):
    return run_trial(*made, TrialPlan(list_sizes=(4,), n_thresholds=50, n_resamples=50, **plan))


def test_misses_are_split_and_add_up(made):
    found = result(made)
    point = found.at(found.sizes[0], math.cos(math.radians(20)))
    # Found: a at 10, b at 5. Missed: one without a face, one for whom f stands first.
    assert (point["mated"], point["tpir"], point["fta"]) == (4, 0.5, 0.25)
    assert (point["another_first"], point["below_threshold"]) == (1, 0)
    assert point["tpir"] == pytest.approx((1 - point["fta"]) * (1 - point["fnir_of_acquired"]))
    higher = found.at(found.sizes[0], math.cos(math.radians(7)))
    assert (higher["tpir"], higher["below_threshold"]) == (0.25, 2)


def test_strangers_are_the_crowd_and_the_cohort_without_its_reference(made):
    found = result(made)
    # Best of the others: a's pass 35 from f; b's 15 and 40 from f; crowd 5 from f and 90.
    assert found.stranger_scores == pytest.approx(
        [math.cos(math.radians(d)) for d in (35, 15, 40, 5, 90)], abs=1e-6
    )
    point = found.at(found.sizes[0], math.cos(math.radians(36)))
    assert (point["non_mated"], point["false"], point["fpir"]) == (5, 3, 0.6)


def test_transactions_are_passes_and_a_person_without_a_reference_is_no_mate(made):
    manifest, _ = made
    found = run_trial(
        manifest, made_templates(manifest, [None, *REFERENCES[1:]], SEEN), TrialPlan(list_sizes=(3,))
    )
    assert (found.failed_to_enrol.count, found.failed_to_enrol.trials) == (1, 4)
    assert (found.failed_to_acquire.count, found.failed_to_acquire.trials) == (1, 6)
    assert found.at(found.sizes[0], -1.0)["mated"] == 2


def test_list_that_is_everybody_is_drawn_once_and_a_shorter_one_as_often_as_asked(made):
    found = run_trial(*made, TrialPlan(list_sizes=(2, 4), n_draws=7, n_resamples=20))
    assert [len(size.draws) for size in found.sizes] == [7, 1]


def test_sizes_are_those_quoted_and_all_there_are():
    assert sizes_for(TrialPlan(), 30_000) == (1_000, 10_000, 30_000)
    assert sizes_for(TrialPlan(), 1_000) == (1_000,)
    with pytest.raises(SettingError, match="35 people could be enrolled"):
        sizes_for(TrialPlan(list_sizes=(10, 36)), 35)
    with pytest.raises(SettingError, match="give sizes from 1"):
        sizes_for(TrialPlan(list_sizes=(0,)), 35)


def test_two_spaces_do_not_meet(made):
    with pytest.raises(SpaceMismatchError, match="one embedder"):
        made_templates(made[0], REFERENCES, SEEN, spaces=("one", "two"))


def test_nothing_acquired_is_named(made):
    manifest, _ = made
    none = made_templates(manifest, REFERENCES, [*[None] * 5, at(0)])
    none.passes.vectors[:] = np.nan
    object.__setattr__(none.passes, "reasons", ("no_face",) * 6)
    with pytest.raises(TableError, match="4 people could be enrolled, 0 passes"):
        trial_scores(manifest, none)


def test_figures_are_the_same_to_the_digit_and_name_nobody(made):
    one, two = (repr(figures_of(result(made, seed=3))) for _ in range(2))
    assert one == two
    assert repr(figures_of(run_trial(*made, TrialPlan(list_sizes=(2,), seed=4)))) != one
    for name, *_ in PEOPLE:
        assert f"'{name}'" not in one


def test_rate_of_everybody_found_has_people_for_trials(made):
    manifest, _ = made
    all_found = made_templates(manifest, REFERENCES, [at(1), at(2), at(91), at(92), at(135), at(270)])
    found = figures_of(run_trial(manifest, all_found, TrialPlan(list_sizes=(4,), n_resamples=50)))
    (point, *_) = found["sizes"][0]["points"]
    assert point["tpir"] == 1
    assert point["tpir_interval"] == pytest.approx([beta.ppf(0.025, 2, 1), 1.0])


def test_longer_lists_are_extrapolated_marked_and_bounded():
    people = [(f"p{n}", "cohort", {}) for n in range(150)]
    manifest = made_manifest(people, list(range(150)))
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(150, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    figures = figures_of(
        run_trial(
            manifest,
            made_templates(manifest, list(vectors), list(vectors)),
            TrialPlan(fpirs=(0.5,), n_resamples=20),
        )
    )
    (longer,) = figures["extrapolated"]  # 1,000 from 150, and not 10,000
    assert (longer["n_enrolled"], longer["from_n_enrolled"]) == (1000, 150)
    (point,) = figures["sizes"][0]["points"]
    assert longer["fpir"] == pytest.approx(1 - (1 - point["fpir"]) ** (1000 / 150), rel=1e-9)
    assert longer["interval"][0] < longer["fpir"] < longer["interval"][1]
