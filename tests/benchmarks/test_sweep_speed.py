"""Times and memory are looked at for their shape only."""

from __future__ import annotations

import pytest

from lfr_kit.benchmarks.sweep_speed import SweepPlan, bench_sweep
from lfr_kit.errors import SettingError


def test_bench_sweep_tiny_rows_have_their_shape():
    plan = SweepPlan(
        n_passes=12, passes_each=3, n_filler=30, n_enrolled=20, n_draws=2, n_thresholds=5, dimension=4
    )
    counted, banded, memory = bench_sweep(plan)
    assert counted["name"] == "12 passes, 2 draws of 20 from 30, 5 thresholds"
    assert all({"name", "ours", "peer", "unit", "ratio"} <= row.keys() for row in (counted, banded, memory))
    assert counted["unit"] == banded["unit"] == "s per sweep"
    assert 20 < memory["ours"] < 100_000


def test_bench_sweep_more_on_the_list_than_there_is_filler_is_refused():
    with pytest.raises(SettingError, match="between 1 and the 5 filler"):
        bench_sweep(SweepPlan(n_passes=4, n_filler=5, n_enrolled=6, dimension=2))
    with pytest.raises(SettingError, match="at least 1"):
        SweepPlan(n_passes=0)
