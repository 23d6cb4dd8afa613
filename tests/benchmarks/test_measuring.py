"""Referee: ratios worked by hand from made-up rounds."""

from __future__ import annotations

from itertools import cycle

import pytest

from lfr_kit.benchmarks.measuring import Comparison, Sample, comparison_row, figure_row, interleaved, timed
from lfr_kit.errors import SettingError

OURS = (Sample(1.0, 2.0, 10), Sample(2.0, 2.0, 10), Sample(4.0, 6.0, 10))
PEER = (Sample(2.0, 2.0, 2), Sample(6.0, 4.0, 2), Sample(4.0, 3.0, 2))


def test_comparison_row_times_hand_worked():
    row = comparison_row("x", Comparison(OURS, PEER), "ms", "face")
    assert (row["ours"], row["peer"], row["unit"]) == (200, 2000, "ms per face")
    # per item: ours .1 .2 .4, peer 1 3 2: ratios 10 15 5
    assert row["ratio"] == pytest.approx(10)
    assert row["ratio_range"] == pytest.approx((5, 15))
    # processor time per item: ours .2 .2 .6, peer 1 2 1.5: ratios 5 10 2.5
    assert row["cpu_ratio"] == pytest.approx(5)
    assert (row["cpu_ms"], row["peer_cpu_ms"]) == (200, 1500)


def test_comparison_row_rates_ratio_still_says_times_as_fast():
    row = comparison_row("x", Comparison(OURS, PEER), "per_s", "frame", more=7)
    assert (row["ours"], row["peer"], row["unit"]) == (5, 0.5, "frames/s")
    assert row["ratio"] == pytest.approx(10)
    assert row["more"] == 7


def test_comparison_row_without_peer_has_no_ratio():
    row = comparison_row("x", Comparison(OURS), "ms", "face")
    assert row["peer"] is row["ratio"] is row["cpu_ratio"] is row["peer_cpu_ms"] is None
    assert row["rounds"] == 3


def test_figure_row_has_the_keys_of_every_row():
    assert set(figure_row("x", 0.5, "cosine")) == {"name", "ours", "peer", "unit", "ratio"}


def test_interleaved_takes_turns_and_does_not_count_the_warm_up():
    calls = []

    def work(who, numbers=None):
        counter = cycle(range(100)) if numbers is None else numbers

        def once():
            calls.append(who)
            return Sample(1.0, 1.0, next(counter))

        return once

    compared = interleaved(work("a"), work("b"), rounds=2)
    assert calls == ["a", "b"] * 3
    assert [s.n_items for s in compared.ours] == [1, 2]
    assert [s.n_items for s in compared.peer] == [1, 2]


def test_interleaved_without_rounds_is_refused():
    with pytest.raises(SettingError, match="rounds"):
        interleaved(lambda: Sample(1, 1, 1), rounds=0)


def test_timed_runs_the_work_once():
    done = []
    sample = timed(lambda: done.append(1), 4)
    assert done == [1]
    assert sample.n_items == 4
    assert sample.wall_s >= 0
