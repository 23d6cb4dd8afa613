"""How false alerts grow with the list. Referees: the National Physical Laboratory's figures, and chance itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, binom

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.list_size import FALSE_ALERT_CEILING, fmr_of, fpir_at, predicted_fpir, size_refusal


def test_fpir_at_national_physical_laboratory_1_in_60_000_at_1_000_is_1_in_6_000_at_10_000():
    fmr = fmr_of(1 / 60_000, 1_000)
    assert 1 / fpir_at(fmr, 10_000) == pytest.approx(6_000, rel=1e-3)


@pytest.mark.parametrize(("fmr", "n"), [(1e-3, 1), (1e-3, 500), (0.2, 7), (1e-9, 20_000), (0.0, 10), (1.0, 3)])
def test_fpir_at_is_the_chance_of_at_least_one_match(fmr, n):
    assert fpir_at(fmr, n) == pytest.approx(binom.sf(0, n, fmr), rel=1e-9, abs=1e-300)


def test_fpir_at_agrees_with_simulated_passers_by():
    random = np.random.default_rng(7)
    alerted = (random.random((20_000, 50)) < 0.004).any(axis=1).mean()
    assert fpir_at(0.004, 50) == pytest.approx(alerted, abs=0.01)


def test_fpir_at_empty_list_alerts_to_nobody():
    assert fpir_at(1.0, 0) == fpir_at(0.5, 0) == 0.0


@pytest.mark.parametrize("n", [1, 10, 20_000])
def test_fmr_of_is_the_way_back(n):
    for fpir in (0.0, 1e-9, 1e-4, 0.3):
        assert fpir_at(fmr_of(fpir, n), n) == pytest.approx(fpir, rel=1e-9)


@pytest.mark.parametrize(("fmr", "n"), [(-0.1, 1), (1.1, 1), (0.1, -1)])
def test_fpir_at_impossible_rate_is_refused(fmr, n):
    with pytest.raises(SettingError):
        fpir_at(fmr, n)


@pytest.mark.parametrize(("fpir", "n"), [(-0.1, 1), (1.1, 1), (0.1, 0)])
def test_fmr_of_impossible_rate_is_refused(fpir, n):
    with pytest.raises(SettingError):
        fmr_of(fpir, n)


def test_predicted_fpir_upper_bound_is_clopper_pearsons():
    expected, upper = predicted_fpir(Rate(10, 60_000, "searches"), 1_000, 1_000)
    assert expected == pytest.approx(10 / 60_000)
    assert upper == pytest.approx(beta.ppf(0.975, 11, 60_000 - 10))


def test_predicted_fpir_nothing_measured_predicts_nothing_good():
    assert predicted_fpir(Rate(0, 0, "searches"), 1_000, 10_000) == (None, 1.0)


def test_size_refusal_list_that_breaks_the_ceiling_is_refused_with_the_figures():
    measured = Rate(10, 600_000, "non-mated searches")
    assert size_refusal(measured, 1_000, 1_000) is None
    refusal = size_refusal(measured, 1_000, 50_000)
    assert refusal is not None
    assert "50,000" in refusal
    assert "10 of 600000 non-mated searches" in refusal
    assert "1 in 1,000" in refusal


def test_size_refusal_turns_exactly_where_the_upper_bound_meets_the_ceiling():
    measured = Rate(10, 600_000, "searches")
    sizes = np.arange(1_000, 60_000, 500)
    refused = [size_refusal(measured, 1_000, int(n)) is not None for n in sizes]
    above = [predicted_fpir(measured, 1_000, int(n))[1] > FALSE_ALERT_CEILING for n in sizes]
    assert refused == above
    assert any(refused)
    assert not all(refused)


def test_size_refusal_no_error_in_few_searches_is_no_proof():
    assert size_refusal(Rate(0, 100, "searches"), 1_000, 1_000) is not None
