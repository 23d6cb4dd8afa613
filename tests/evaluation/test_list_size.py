"""How false alerts grow with the list. Referees: the National Physical Laboratory's figures, and chance itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.list_size import fmr_of, fpir_at


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
