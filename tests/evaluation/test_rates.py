"""Referees: scipy's beta quantiles, statistics facts of published deployments, closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.rates import Rate, interval_of_mean, rule_of_three


@pytest.mark.parametrize(("count", "trials", "percent"), [(7, 8600, "0.0814"), (1, 12120, "0.00825")])
def test_rate_published_counts_give_published_percentages(count, trials, percent):
    digits = len(percent.split(".")[1])
    assert f"{Rate(count, trials, 'faces').value * 100:.{digits}f}" == percent


def test_interval_ten_false_alerts_of_three_million_is_the_published_one():
    low, high = Rate(10, 3147436, "faces").interval()
    assert (f"{low:.3g}", f"{high:.3g}") == ("1.52e-06", "5.84e-06")


@pytest.mark.parametrize("trials", [1, 30, 5000])
def test_interval_zero_count_reaches_the_closed_form(trials):
    low, high = Rate(0, trials, "x").interval()
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / trials), rel=1e-9)


@pytest.mark.parametrize(("count", "trials", "confidence"), [(3, 10, 0.95), (10, 10, 0.95), (999, 1000, 0.9)])
def test_interval_equals_beta_quantiles(count, trials, confidence):
    tail = (1 - confidence) / 2
    want_low = stats.beta.ppf(tail, count, trials - count + 1)
    want_high = 1.0 if count == trials else stats.beta.ppf(1 - tail, count + 1, trials - count)
    assert Rate(count, trials, "x").interval(confidence) == pytest.approx((want_low, want_high), rel=1e-9)


def test_rate_without_trials_knows_nothing():
    rate = Rate(0, 0, "faces seen")
    assert rate.value is None
    assert rate.interval() == (0.0, 1.0)
    assert str(rate) == "0 of 0 faces seen"


@pytest.mark.parametrize(("count", "trials"), [(-1, 5), (6, 5), (0, -1)])
def test_rate_impossible_counts_are_refused(count, trials):
    with pytest.raises(RecordError, match="count"):
        Rate(count, trials, "x")


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_interval_confidence_out_of_range_is_refused(confidence):
    with pytest.raises(SettingError, match="confidence"):
        Rate(1, 2, "x").interval(confidence)


def test_rule_of_three_bounds():
    assert rule_of_three(3000) == pytest.approx(0.001)
    assert rule_of_three(2) == rule_of_three(0) == 1.0
    # it stands for the exact one-sided bound 1 - 0.05 ** (1 / n)
    assert rule_of_three(1000) == pytest.approx(1 - 0.05 ** (1 / 1000), rel=0.01)
    with pytest.raises(SettingError):
        rule_of_three(-1)


def test_interval_of_mean_equals_scipy_one_sample_t():
    values = [0.71, 0.75, 0.78, 0.74, 0.76]
    want = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert interval_of_mean(values) == pytest.approx((want.low, want.high))


def test_interval_of_mean_one_value_has_none():
    assert interval_of_mean(np.array([0.7])) is None


counts_of_trials = st.integers(1, 3_200_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts_of_trials, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_clopper_pearson_within_1e9_of_scipys_exact_interval(counts, confidence):
    k, n = counts
    want = stats.binomtest(k, n).proportion_ci(confidence, method="exact")
    assert Rate(k, n, "x").interval(confidence) == pytest.approx((want.low, want.high), abs=1e-9)


@given(counts_of_trials, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_within_1e9_of_scipys(counts, confidence):
    k, n = counts
    want = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
    assert Rate(k, n, "x").interval(confidence, "wilson") == pytest.approx((want.low, want.high), abs=1e-9)


def test_wilson_is_narrower_and_knows_nothing_without_trials():
    exact, wilson = (Rate(3, 6000, "x").interval(method=m) for m in ("clopper-pearson", "wilson"))
    assert wilson[1] - wilson[0] < exact[1] - exact[0]
    assert Rate(0, 0, "x").interval(method="wilson") == (0.0, 1.0)


def test_interval_unknown_method_is_refused():
    with pytest.raises(SettingError, match="clopper-pearson or wilson"):
        Rate(1, 2, "x").interval(method="wald")


def test_complement_counts_the_others():
    assert Rate(7, 10, "mated searches").complement == Rate(3, 10, "mated searches")
