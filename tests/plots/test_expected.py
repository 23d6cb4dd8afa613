"""Groups, watchlist size and reliability: intervals against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, chi2

from lfr_kit.errors import RecordError
from lfr_kit.evaluation.rates import Rate
from lfr_kit.plots.false_alert_reliability import counts_interval, false_alert_reliability
from lfr_kit.plots.fpir_against_n import Extrapolated, fpir_against_n
from lfr_kit.plots.tpir_by_group import tpir_by_group
from tests.plots.drawn import drawn, legend_of, line, ticks

GROUPS = {"a": Rate(80, 100, "passes"), "b": Rate(3, 4, "passes"), "none": Rate(0, 0, "passes")}


def test_groups_have_their_interval_their_counts_and_no_point_without_trials():
    axes, words = drawn(lambda a: tpir_by_group(a, GROUPS))
    assert ticks(axes.yaxis) == ["a\n80 of 100", "b\n3 of 4", "none\nno trials"]
    bars = [
        each.get_xdata() for each in axes.lines if len(each.get_xdata()) == 2 and len(set(each.get_ydata())) == 1
    ]
    for bar, (k, n) in zip(bars, [(80, 100), (3, 4)], strict=True):
        expected = binomtest(k, n).proportion_ci()
        assert list(bar) == pytest.approx([expected.low, expected.high], abs=1e-9)
    assert "none: no trials" in words


def test_groups_take_other_intervals():
    _, words = drawn(lambda a: tpir_by_group(a, GROUPS, intervals={"a": (0.5, 0.95)}))
    assert "a 0.800 (80 of 100 passes), 95 % interval 0.500 to 0.950" in words


POINTS = [(100, Rate(0, 3000, "searches")), (1000, Rate(3, 3000, "searches")), (2000, Rate(6, 3000, "searches"))]


def test_fpir_against_n_tells_measured_from_extrapolated():
    axes, words = drawn(
        lambda a: fpir_against_n(a, POINTS, [Extrapolated(10_000, 0.01, 0.004, 0.02)], ceiling=0.001)
    )
    assert legend_of(axes) == ["none seen: at most", "measured", "extrapolated, not measured", "budget 1 in 1,000"]
    assert line(axes, "measured").tolist() == [[1000, 0.001]]
    assert line(axes, "extrapolated, not measured").tolist() == [[10_000, 0.01]]
    assert "10,000 enrolled: 1 in 100, extrapolated" in words
    assert "1,000 enrolled: 1 in 1,000, measured" in words


def test_fpir_against_n_draws_zero_as_a_bound():
    axes, words = drawn(lambda a: fpir_against_n(a, POINTS))
    assert line(axes, "none seen: at most").tolist() == [[100, pytest.approx(3 / 3000)]]
    assert "none in 3,000, at most 1 in 1,000" in words


def test_counts_interval_agrees_with_chi_square_quantiles():
    counts = np.arange(0, 60)
    low, high = counts_interval(counts)
    assert low[1:] == pytest.approx(chi2.ppf(0.025, 2 * counts[1:]) / 2, abs=1e-9)
    assert low[0] == 0
    assert high == pytest.approx(chi2.ppf(0.975, 2 * counts + 2) / 2, abs=1e-9)


def test_reliability_says_where_the_prediction_held():
    axes, words = drawn(lambda a: false_alert_reliability(a, [1.0, 2.0, 20.0], [1, 2, 2]))
    assert "23 predicted in all, 5 counted" in words
    assert "in the 95 % interval of the count in 2" in words
    assert line(axes, "counted, 95 % interval").tolist() == [[1, 1], [2, 2], [20, 2]]


@pytest.mark.parametrize(("predicted", "observed"), [([1.0], [1, 2]), ([-1.0], [1])], ids=["lengths", "negative"])
def test_reliability_of_bad_numbers_is_refused(predicted, observed):
    with pytest.raises(RecordError, match="predicted, observed"):
        drawn(lambda a: false_alert_reliability(a, predicted, observed))
