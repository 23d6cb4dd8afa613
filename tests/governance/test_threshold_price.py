"""Referees: rows worked by hand, scipy's exact bound, and a run that was really counted."""

from __future__ import annotations

import pytest
from evaluated_runs import made_figures
from scipy.stats import beta

from lfr_kit.errors import InputError
from lfr_kit.governance.threshold_price import Question, price_of


def row(threshold, n_false, n_searches=60_000, n_enrolled=100):
    return {"n_enrolled": n_enrolled, "threshold": threshold, "n_false": n_false, "n_searches": n_searches}


ROWS = [row(0.80, 60), row(0.85, 20), row(0.90, 4), row(0.95, 0)]
SIZES = [
    {"n_enrolled": 50, "curve": {"threshold": [0.8, 0.88, 0.96], "tpir": [0.95, 0.9, 0.5]}},
    {"n_enrolled": 100, "curve": {"threshold": [0.8, 0.88, 0.92], "tpir": [0.9, 0.85, 0.7]}},
]
FIGURES = {"calibration": ROWS, "sizes": SIZES, "counts": {"cohort": 40}}


def upper(k, n):
    return beta.ppf(0.975, k + 1, n - k)


def asked(**changes):
    return price_of(FIGURES, Question(**({"n_enrolled": 100, "budget": 1000, "footfall": 20_000} | changes)))


def test_the_lowest_threshold_whose_bound_keeps_to_the_budget():
    assert upper(60, 60_000) > 1 / 1000 > upper(20, 60_000) > 1 / 6000 > upper(0, 60_000)
    found = asked()
    assert found.threshold == 0.85
    assert found.fpir == pytest.approx(20 / 60_000)
    assert found.fpir_upper == pytest.approx(upper(20, 60_000), rel=1e-9)
    assert found.false_alerts == pytest.approx(20_000 * 20 / 60_000)
    assert found.false_alerts_upper == pytest.approx(20_000 * upper(20, 60_000))
    assert asked(budget=5000).threshold == 0.90


def test_tpir_is_that_of_the_next_higher_threshold_on_the_longest_list_that_is_not_longer():
    assert (asked().tpir, asked().tpir_n_enrolled) == (0.85, 100)
    assert (asked(n_enrolled=60).tpir, asked(n_enrolled=60).tpir_n_enrolled) == (0.9, 50)
    low, high = asked().tpir_interval
    assert (low, high) == pytest.approx((beta.ppf(0.025, 34, 7), beta.ppf(0.975, 35, 6)), rel=1e-9)


def test_a_threshold_above_the_curve_finds_nobody_knows_how_many():
    found = asked(budget=15_000)
    assert found.threshold == 0.95
    assert (found.tpir, found.tpir_interval) == (None, None)


def test_a_longer_list_costs_more_and_says_that_it_was_not_measured():
    near, far = asked(), asked(n_enrolled=400)
    assert (near.is_extrapolated, far.is_extrapolated) == (False, True)
    assert far.threshold > near.threshold
    assert far.fpir_upper == pytest.approx(1 - (1 - upper(4, 60_000)) ** 4, rel=1e-6) or far.threshold == 0.95


def test_far_beyond_what_was_measured_nothing_is_said():
    found = asked(n_enrolled=1001)
    assert found.threshold is None
    assert "longest list measured has 100" in found.why_not


def test_a_budget_that_nothing_keeps_says_what_the_best_would_be():
    found = asked(budget=60_000)
    assert found.threshold is None
    assert f"1 in {1 / upper(0, 60_000):,.0f}" in found.why_not


@pytest.mark.parametrize(
    "wrong", [{"n_enrolled": 0}, {"budget": 0}, {"footfall": -1}, {"footfall": 10**8}], ids=str
)
def test_a_question_out_of_range_is_refused(wrong):
    with pytest.raises(InputError, match="from 1 to"):
        asked(**wrong)


def test_a_real_run_has_a_price_and_a_stricter_budget_a_higher_one():
    figures = made_figures()
    prices = [price_of(figures, Question(60, budget, 5000)) for budget in (20, 200, 900)]
    thresholds = [price.threshold for price in prices]
    assert None not in thresholds
    assert thresholds == sorted(thresholds)
    assert prices[0].tpir >= prices[2].tpir > 0
    for price, budget in zip(prices, (20, 200, 900), strict=True):
        assert price.fpir <= price.fpir_upper <= 1 / budget


def test_where_scores_depend_on_the_list_a_longer_one_than_asked_about_prices_nothing():
    short, long = row(0.85, 600, n_enrolled=10), row(0.80, 0, n_enrolled=1_000)
    figures = FIGURES | {"calibration": [short, row(0.95, 0, n_enrolled=10), long]}
    question = Question(n_enrolled=10, budget=1_000, footfall=20_000)
    assert price_of(figures | {"score_scale": "cosine"}, question).threshold == 0.80
    assert price_of(figures | {"score_scale": "cosine_less_rivals"}, question).threshold == 0.95
