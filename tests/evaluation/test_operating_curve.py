"""Referees: scores made so that the answer is known, numpy's own counts, and scipy's binomial interval."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.open_set_study import matcher_maker
from lfr_kit.evaluation.operating_curve import (
    CurveLevel,
    CurvePlan,
    fall_to,
    search_level,
    study_curve,
)
from lfr_kit.evaluation.photos import PhotoTemplates
from lfr_kit.records import Template

D = 64


def templates(vectors):
    made = [
        None if np.isnan(v).any() else Template(vector=v / np.linalg.norm(v), space_id="s", shot=None)
        for v in vectors
    ]
    return PhotoTemplates(tuple(made), tuple("" if each else "no_face" for each in made))


def level(at, noise, *, n_people=40, n_filler=0, n_enrolled=20, lost=0, seed=0):
    """People are random directions; a probe is its reference and so much noise."""
    rng = np.random.default_rng(seed)
    references = rng.normal(size=(n_people + n_filler, D)).astype(np.float32)
    probes = references[:n_people] + noise * rng.normal(size=(n_people, D)).astype(np.float32)
    probes[:lost] = np.nan
    return CurveLevel(
        at, templates(references), templates(probes), np.arange(n_people), n_enrolled, matcher_maker("exact")
    )


def test_levels_share_their_draws_and_half_of_the_people_are_strangers():
    one, other = (
        search_level(level(at, noise), CurvePlan(n_draws=5, seed=3)) for at, noise in ((1, 0.1), (2, 3.0))
    )
    assert np.array_equal(one.people, other.people)
    assert np.array_equal(one.is_mated, other.is_mated)
    assert (one.is_mated.sum(), (~one.is_mated).sum()) == (5 * 20, 5 * 20)
    for draw in range(5):
        assert sorted(one.people[draw * 40 : draw * 40 + 40]) == list(range(40))


def test_a_longer_list_of_the_same_seed_holds_the_shorter_one():
    short, long = (search_level(level(1, 0.5, n_filler=60, n_enrolled=n), CurvePlan(n_draws=3)) for n in (20, 80))
    assert np.array_equal(short.people, long.people)
    assert (long.top_scores >= short.top_scores - 1e-6).all()


def test_more_noise_lowers_tpir_at_the_first_level_s_threshold():
    clear, noisy, hopeless = study_curve([level(1, 0.2), level(2, 2.0), level(3, 8.0)], CurvePlan(fpir=0.05))
    assert clear.tpir.value == 1.0
    assert clear.threshold == noisy.threshold == hopeless.threshold
    assert clear.tpir.value > noisy.tpir.value > hopeless.tpir.value
    hits = noisy.searches.is_right & (noisy.searches.top_scores >= noisy.threshold)
    assert noisy.tpir.count == hits.sum()
    alerted = ~noisy.searches.is_mated & (noisy.searches.top_scores >= noisy.threshold)
    assert noisy.fpir.count == alerted.sum()


def test_interval_is_by_person_not_by_draw():
    """Twenty draws of the same forty people say no more about the next person than forty people do."""
    (found,) = study_curve([level(1, 1.6)], CurvePlan(n_draws=20, fpir=0.05))
    low, high = found.tpir_interval
    width = np.diff(binom.interval(0.95, 40, found.tpir.value))[0] / 40
    assert 0.5 * width < high - low < 1.5 * width
    assert high - low > 1.5 * np.diff(found.tpir.interval())[0]


def test_probes_without_a_face_are_misses_and_are_counted():
    (found,) = study_curve([level(1, 0.2, lost=10)], CurvePlan(fpir=0.05))
    assert (found.failed.count, found.failed.trials) == (10, 40)
    mated = found.searches.is_mated
    assert found.tpir.value == pytest.approx(1 - np.isnan(found.searches.top_scores[mated]).mean())
    assert found.fpir.trials == (~mated & ~np.isnan(found.searches.top_scores)).sum()


def test_levels_on_other_scales_share_no_threshold():
    found = study_curve([level("none", 0.2), level("other", 0.2)], CurvePlan(shares_threshold=False))
    assert [each.threshold for each in found] == [None, None]
    assert [each.tpir for each in found] == [None, None]
    assert found[0].at_own.tpir == 1.0


def test_fall_to_half_lies_between_the_levels_where_it_happens():
    levels = [level(at, noise) for at, noise in ((0, 0.1), (1, 0.5), (2, 1.6), (3, 6.0), (4, 20.0))]
    found = study_curve(levels, CurvePlan(fpir=0.05))
    rates = [each.tpir.value for each in found]
    fall = fall_to(found, 0.5)
    i = next(i for i, rate in enumerate(rates) if rate < 0.5 * rates[0])
    expected = np.interp(0.5 * rates[0], [rates[i], rates[i - 1]], [i, i - 1])
    assert fall.level == pytest.approx(expected)
    assert fall.interval[0] < fall.level < fall.interval[1]


def test_fall_counts_the_same_downwards():
    levels = [(0, 0.1), (1, 0.5), (2, 1.6), (3, 6.0), (4, 20.0)]
    up = fall_to(study_curve([level(at, noise) for at, noise in levels], CurvePlan(fpir=0.05)))
    down = fall_to(study_curve([level(100 - at, noise) for at, noise in levels], CurvePlan(fpir=0.05)))
    assert 100 - down.level == pytest.approx(up.level)
    assert [100 - end for end in down.interval] == pytest.approx(list(up.interval))


def test_fall_that_does_not_happen_is_none():
    fall = fall_to(study_curve([level(0, 0.1), level(1, 0.2)], CurvePlan(fpir=0.05)))
    assert (fall.level, fall.interval) == (None, (None, None))


def test_fall_needs_levels_in_order():
    found = study_curve([level(1, 0.1), level(3, 0.2), level(2, 0.3)], CurvePlan(fpir=0.05))
    with pytest.raises(SettingError, match="in order"):
        fall_to(found)


@pytest.mark.parametrize(
    ("given", "words"),
    [({"n_enrolled": 1}, "enrol: 1"), ({"n_enrolled": 21}, "enrol: 21"), ({"n_people": 3}, "at least 4")],
    ids=["too few", "too many", "too few people"],
)
def test_a_level_that_cannot_be_searched_says_what_can(given, words):
    with pytest.raises(SettingError, match=words):
        level(1, 0.1, **given)


def test_one_person_number_per_probe():
    made = level(1, 0.1)
    with pytest.raises(RecordError, match="one per probe"):
        CurveLevel(1, made.references, made.probes, np.arange(3), 20, made.make_matcher)


@pytest.mark.parametrize("wrong", [{"fpir": 0}, {"fpir": 1.0}, {"n_draws": 0}, {"seed": -1}], ids=str)
def test_plan_out_of_range_is_refused(wrong):
    with pytest.raises(SettingError):
        CurvePlan(**wrong)
