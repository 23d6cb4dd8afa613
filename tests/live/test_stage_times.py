"""Percentiles of what the last rounds took."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.live.stage_times import StageTimes


@pytest.mark.parametrize("n", [1, 2, 3, 10, 499])
def test_percentiles_are_those_of_numpy(n):
    spent_s = np.random.default_rng(n).random(n)
    times = StageTimes()
    for each in spent_s:
        times.note("detection", float(each))
    found = times.percentiles()["detection"]
    assert (found.p50, found.p95) == pytest.approx(np.percentile(spent_s * 1e3, (50, 95)), abs=0.005)


def test_only_the_last_rounds_count_and_idle_stages_are_left_out():
    times = StageTimes(n_kept=2)
    for total_s in (1.0, 1.001, 1.003):
        times.add({"detection": total_s, "embedding": 5.0})
    found = times.percentiles()
    assert found["detection"].p50 == 1.5
    assert found["embedding"].p50 == 5000.0
