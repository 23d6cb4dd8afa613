"""Referees: scipy's Fisher test over every pair of counts, simulation, published rules."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest, fisher_exact

from lfr_kit.errors import SettingError
from lfr_kit.evaluation import sample_size
from lfr_kit.evaluation.rates import Rate
from lfr_kit.evaluation.sample_size import (
    detectable_rates,
    fisher_power,
    minimum_detectable_difference,
    minimum_detectable_ratio,
    ratio_at,
    trials_for_rule_of_30,
    trials_for_width,
    trials_without_error,
)


def power_by_enumeration(p_a, n_a, p_b, n_b, alpha):
    return sum(
        binom.pmf(a, n_a, p_a) * binom.pmf(b, n_b, p_b)
        for a in range(n_a + 1)
        for b in range(n_b + 1)
        if fisher_exact([[a, n_a - a], [b, n_b - b]]).pvalue <= alpha
    )


@pytest.mark.parametrize(
    ("p_a", "n_a", "p_b", "n_b", "alpha"),
    [(0.3, 12, 0.8, 15, 0.05), (0.1, 20, 0.6, 9, 0.01), (0.5, 14, 0.5, 14, 0.05), (0.0, 10, 1.0, 10, 0.05)],
)
def test_fisher_power_equals_enumeration_with_scipys_test(p_a, n_a, p_b, n_b, alpha):
    assert fisher_power(p_a, n_a, p_b, n_b, alpha) == pytest.approx(
        power_by_enumeration(p_a, n_a, p_b, n_b, alpha), abs=1e-9
    )


def test_fisher_power_equals_simulated_trials():
    rng = np.random.default_rng(1)
    counts = rng.binomial((400, 300), (0.02, 0.07), size=(800, 2))
    seen = np.mean([fisher_exact([[a, 400 - a], [b, 300 - b]]).pvalue <= 0.05 for a, b in counts])
    assert fisher_power(0.02, 400, 0.07, 300) == pytest.approx(seen, abs=0.05)


def test_fisher_power_of_equal_rates_stays_at_the_level():
    assert fisher_power(0.3, 200, 0.3, 150, 0.05) <= 0.05


def test_normal_approximation_is_near_what_it_stands_in_for(monkeypatch):
    exact = fisher_power(0.5, 3000, 0.53, 3000)
    monkeypatch.setattr(sample_size, "_MOST_PAIRS", 0)
    assert fisher_power(0.5, 3000, 0.53, 3000) == pytest.approx(exact, abs=0.01)


def test_detectable_rates_are_just_seen():
    below, above = detectable_rates(0.2, 100, 80)
    for seen, nearer in ((below, below + 0.005), (above, above - 0.005)):
        assert fisher_power(0.2, 100, seen, 80) >= 0.8 > fisher_power(0.2, 100, nearer, 80)
    assert below < 0.2 < above


def test_minimum_detectable_looks_to_the_side_with_room_and_to_the_worse_assignment():
    _, above = detectable_rates(0.05, 300, 60)
    _, other = detectable_rates(0.05, 60, 300)
    assert minimum_detectable_difference(0.05, 60, 300) == pytest.approx(max(above, other) - 0.05)
    below, _ = detectable_rates(0.9, 200, 200)
    assert minimum_detectable_ratio(0.9, 200, 200) == pytest.approx(0.9 / below)


def test_more_trials_show_smaller_ratios():
    ratios = [minimum_detectable_ratio(0.02, n, n) for n in (200, 1000, 5000)]
    assert ratios == sorted(ratios, reverse=True)
    assert minimum_detectable_ratio(0.02, 1000, 1000, alpha=0.005) > ratios[1]


def test_nothing_can_be_seen_in_two_trials():
    assert minimum_detectable_difference(0.3, 2, 2) is None
    assert minimum_detectable_ratio(0.3, 2, 2) is None


def test_no_event_at_all_has_a_difference_but_no_ratio():
    difference = minimum_detectable_difference(0.0, 200, 200)
    # six of 200 against none is the least that Fisher's test calls different
    assert fisher_exact([[0, 200], [6, 194]]).pvalue <= 0.05 < fisher_exact([[0, 200], [5, 195]]).pvalue
    assert binom.sf(5, 200, difference) == pytest.approx(0.8, abs=0.01)
    assert ratio_at(0.0, difference) is None


def test_rule_of_30_is_its_claim():
    n = trials_for_rule_of_30(0.01)
    assert n == 3000
    assert binom.cdf(39, n, 0.01) - binom.cdf(20, n, 0.01) == pytest.approx(0.9, abs=0.02)  # 30 +- 30 %


@pytest.mark.parametrize(("bound", "confidence"), [(0.001, 0.95), (1 / 6000, 0.95), (0.05, 0.9)])
def test_trials_without_error_is_the_least_that_scipys_test_accepts(bound, confidence):
    n = trials_without_error(bound, confidence)
    refused = [binomtest(0, trials, bound, alternative="less").pvalue <= 1 - confidence for trials in (n - 1, n)]
    assert refused == [False, True]


@pytest.mark.parametrize(("rate", "half_width"), [(0.9, 0.03), (0.0, 0.01), (0.5, 0.1), (1.0, 0.2)])
def test_trials_for_width_reaches_the_width_and_not_much_sooner(rate, half_width):
    n = trials_for_width(rate, half_width)

    def widest(trials):
        low, high = Rate(round(rate * trials), trials, "x").interval()
        return max(high - round(rate * trials) / trials, round(rate * trials) / trials - low)

    assert widest(n) <= half_width
    assert all(widest(fewer) > half_width for fewer in range(max(1, n // 2), n - 20, 7))


@pytest.mark.parametrize(
    "call",
    [
        lambda: trials_for_rule_of_30(0),
        lambda: trials_without_error(1.0),
        lambda: trials_for_width(0.5, 0),
        lambda: fisher_power(0.5, 0, 0.5, 10),
        lambda: fisher_power(float("nan"), 5, 0.5, 10),
        lambda: detectable_rates(0.5, 10, 10, power=1),
    ],
    ids=["rate", "bound", "width", "no trials", "NaN", "power"],
)
def test_arguments_out_of_range_are_refused(call):
    with pytest.raises(SettingError):
        call()
