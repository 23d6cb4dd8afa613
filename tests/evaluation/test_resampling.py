"""Referees: scipy's bootstrap, resampling by plain loops, coverage of intervals in made-up trials."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.rates import Rate
from lfr_kit.evaluation.resampling import (
    bca_interval,
    bootstrap_by_person,
    draw_weights,
    numbered,
    rate_interval_by_person,
    rates_interval_by_person,
)


@pytest.fixture
def passes():
    """40 people with 5 passes each; some are found less easily than others."""
    rng = np.random.default_rng(1)
    people = np.repeat(np.arange(40), 5)
    return people, rng.random(200) < rng.beta(2, 1, 40)[people]


def mean_of(values):
    return lambda weights: float(weights @ values / weights.sum())


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_bca_interval_equals_scipys_from_the_same_resamples(confidence):
    values = np.random.default_rng(2).exponential(size=25)
    res = stats.bootstrap((values,), np.mean, method="BCa", confidence_level=confidence, rng=3, n_resamples=999)
    without = [np.delete(values, i).mean() for i in range(25)]
    low, high = bca_interval(res.bootstrap_distribution, values.mean(), without, confidence)
    assert (float(low), float(high)) == pytest.approx(tuple(res.confidence_interval), abs=1e-9)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_bootstrap_with_one_row_a_person_is_scipys(method):
    values = np.random.default_rng(4).exponential(size=60)
    found = bootstrap_by_person(np.arange(60), mean_of(values), n_resamples=6000, method=method)
    name = {"bca": "BCa"}.get(method, method)
    want = stats.bootstrap((values,), np.mean, method=name, n_resamples=6000, rng=5).confidence_interval
    assert found == pytest.approx((want.low, want.high), abs=0.02)


def test_bootstrap_draws_people_with_all_their_rows(passes):
    people, hits = passes
    found = bootstrap_by_person(people, mean_of(hits), n_resamples=4000)
    rng = np.random.default_rng(9)
    by_hand = [
        np.concatenate([hits[people == person] for person in rng.integers(0, 40, 40)]).mean() for _ in range(4000)
    ]
    assert found == pytest.approx(tuple(np.quantile(by_hand, [0.025, 0.975])), abs=0.01)
    assert rate_interval_by_person(people, hits, 4000) == pytest.approx(found, abs=1e-12)


def test_bca_of_a_rate_equals_the_general_way(passes):
    people, hits = passes
    general = bootstrap_by_person(people, mean_of(hits), n_resamples=500, method="bca")
    assert rate_interval_by_person(people, hits, 500, method="bca") == pytest.approx(general, abs=1e-12)


def test_interval_by_person_holds_the_truth_where_that_of_independent_passes_does_not():
    rng = np.random.default_rng(6)
    people, held = np.repeat(np.arange(60), 10), np.zeros(2)
    for _ in range(300):
        hits = rng.random(600) < rng.beta(1, 1, 60)[people]  # found always, or never, or between
        for i, found in enumerate(
            [rate_interval_by_person(people, hits, 400), Rate(int(hits.sum()), 600, "passes").interval()]
        ):
            held[i] += found[0] <= 0.5 <= found[1]
    assert held[0] / 300 > 0.91
    assert held[1] / 300 < 0.85


def test_bootstrap_of_an_array_is_that_of_its_numbers(passes):
    people, hits = passes
    low, high = bootstrap_by_person(people, lambda w: np.array([mean_of(hits)(w), w.sum()]), n_resamples=300)
    assert (low[0], high[0]) == bootstrap_by_person(people, mean_of(hits), n_resamples=300)
    assert (low[1], high[1]) == (200, 200)
    trials = np.full(40, 5)
    of_person = np.bincount(people, hits)
    low, high = rates_interval_by_person(np.c_[of_person, trials], trials, 300)
    assert (low[0], high[0]) == pytest.approx(bootstrap_by_person(people, mean_of(hits), n_resamples=300))
    assert (low[1], high[1]) == (1, 1)


def test_resampling_days_as_well_is_wider():
    rng = np.random.default_rng(7)
    people, days = np.repeat(np.arange(50), 4), np.tile(np.arange(4), 50)
    hits = rng.random(200) < np.array([0.9, 0.5, 0.8, 0.4])[days]
    one, both = (
        bootstrap_by_person(by, mean_of(hits), n_resamples=500) for by in (people, np.stack([people, days]))
    )
    assert both[1] - both[0] > 2 * (one[1] - one[0])


def test_crowd_is_everybody_for_themselves(passes):
    _, hits = passes
    rows, n_people = numbered([-1, 5, -1, 5])
    assert (len(set(rows[[0, 2]])), rows[1], rows[3], n_people) == (2, rows[1], rows[1], 3)
    found = rate_interval_by_person(np.full(200, -1), hits, 2000)
    assert found == pytest.approx(rate_interval_by_person(np.arange(200), hits, 2000))


@pytest.mark.parametrize("is_hit", [False, True])
def test_rate_without_spread_gets_the_exact_interval_over_people(is_hit):
    found = rate_interval_by_person(np.repeat(np.arange(30), 10), np.full(300, is_hit))
    bound = 1 - 0.025 ** (1 / 30)
    assert found == pytest.approx((1 - bound, 1.0) if is_hit else (0.0, bound))


def test_one_person_has_no_interval():
    assert rate_interval_by_person(np.zeros(10), np.arange(10) < 5) is None
    assert bootstrap_by_person(np.zeros(10), mean_of(np.arange(10.0))) is None
    assert bootstrap_by_person([], lambda w: 0.0) is None


def test_statistic_not_defined_in_most_resamples_has_no_interval():
    assert bootstrap_by_person(np.arange(5), lambda w: float("nan") if w[0] < 3 else 1.0, n_resamples=50) is None
    found = bootstrap_by_person(
        np.arange(50), lambda w: float("nan") if w[0] > 2 else float(w[1]), n_resamples=200
    )
    assert np.isfinite(found).all()


def test_resampling_repeats_with_its_seed(passes):
    assert rate_interval_by_person(*passes, 50, 3) == rate_interval_by_person(*passes, 50, 3)
    assert rate_interval_by_person(*passes, 50, 3) != rate_interval_by_person(*passes, 50, 4)


def test_wrong_input_is_refused(passes):
    people, hits = passes
    with pytest.raises(RecordError, match="one length"):
        rate_interval_by_person(people, hits[:-1])
    with pytest.raises(RecordError, match="one number per row"):
        numbered([[1, 2]])
    with pytest.raises(SettingError, match="percentile or bca"):
        bootstrap_by_person(people, mean_of(hits), method="normal")
    with pytest.raises(SettingError, match="confidence"):
        rate_interval_by_person(people, hits, confidence=95)
    with pytest.raises(SettingError, match="resamples"):
        draw_weights(3, 0, np.random.default_rng(0))
