"""DET, histograms, CMC and operating curves: drawn points against numpy's own counts."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.errors import RecordError
from lfr_kit.plots.cmc import cmc
from lfr_kit.plots.det import det
from lfr_kit.plots.operating_curve import CurvePoint, operating_curve
from lfr_kit.plots.score_histograms import score_histograms
from lfr_kit.plots.style import NARROW_IN
from tests.plots.drawn import drawn, legend_of, line, ticks

FALSE, MISSED = [0.5, 0.1, 0.01, 0.001, 0.0], [0.0, 0.05, 0.1, 0.2, 0.9]


def test_det_draws_the_rates_in_order_and_leaves_out_zeros():
    axes, words = drawn(lambda a: det(a, {"mine": (FALSE[::-1], MISSED[::-1])}))
    points = line(axes, "mine")
    shown = points[~np.isnan(points).any(1)]
    assert shown.tolist() == [[0.001, 0.2], [0.01, 0.1], [0.1, 0.05]]
    assert "mine misses 0.100 at a false rate of at most 1 in 100" in words
    assert "mine misses 0.200 at a false rate of at most 1 in 1,000" in words


def test_det_axes_say_one_in_so_many():
    axes, _ = drawn(lambda a: det(a, {"mine": (FALSE, MISSED)}))
    assert ticks(axes.xaxis) == ["1 in 1,000", "1 in 100", "1 in 10", "1"]


def test_det_shades_what_was_not_measured():
    axes, _ = drawn(lambda a: det(a, {"mine": (FALSE, MISSED)}, n_false_trials=2000))
    assert "below 1 in 2,000: not measured" in legend_of(axes)
    assert axes.patches[0].get_extents().transformed(axes.transData.inverted()).x1 == pytest.approx(1 / 2000)


def test_det_of_two_lengths_is_refused():
    with pytest.raises(RecordError, match="curve mine: two rates of one length"):
        drawn(lambda a: det(a, {"mine": (FALSE, MISSED[1:])}))


def test_histograms_each_add_up_to_one_and_count_what_is_above():
    rng = np.random.default_rng(1)
    mated, strangers = rng.normal(0.7, 0.1, 300), rng.normal(0.2, 0.1, 5000)
    axes, words = drawn(lambda a: score_histograms(a, np.r_[mated, np.nan], strangers, 0.5))
    outlines = [patch for patch in axes.patches if patch.get_fill()]
    heights = [np.where(p.get_data().values > 0, p.get_data().values, 0).sum() for p in outlines]
    assert heights == pytest.approx([1, 1])
    assert f"{(mated >= 0.5).sum()} at or above 0.500" in words
    assert f"{(strangers >= 0.5).sum()} at or above 0.500" in words
    assert "1 searches gave no score" in words
    assert "%" not in axes.get_xlabel() + "".join(ticks(axes.xaxis))


def test_histograms_of_nothing_can_be_drawn():
    assert "no scores" in drawn(lambda a: score_histograms(a, [], [], None))[1]


def test_cmc_starts_at_rank_one():
    axes, words = drawn(lambda a: cmc(a, {"one": [0.5, 0.75], "three": [0.9, 1.0]}))
    assert line(axes, "one").tolist() == [[1, 0.5], [2, 0.75]]
    assert "three 0.900 at rank 1, 1.000 at rank 2" in words


def points(*levels):
    return [CurvePoint(level, 0.1 * i, 0.1 * i - 0.05, 0.1 * i + 0.05) for i, level in enumerate(levels, 1)]


def test_operating_curve_has_a_tick_at_every_level_and_its_interval():
    axes, words = drawn(
        lambda a: operating_curve(a, {"a": points(16, 32, 120)}, level_name="face height (px)", log=True)
    )
    assert ticks(axes.xaxis) == ["16", "32", "120"]
    assert [segment[:, 1].round(2).tolist() for segment in axes.collections[0].get_segments()] == [
        [0.05, 0.15], [0.15, 0.25], [0.25, 0.35],
    ]  # fmt: skip
    assert "0.30 at 120" in words


def test_operating_curve_of_named_levels_joins_nothing():
    axes, _ = drawn(lambda a: operating_curve(a, {"a": points("one crop", "jitter")}, level_name="crops"))
    assert ticks(axes.xaxis) == ["one crop", "jitter"]
    assert axes.lines[0].get_linestyle() == "None"


@pytest.mark.parametrize("n_curves", [1, 4])
def test_legend_of_a_narrow_plot_stays_on_the_paper(n_curves):
    curves = {f"dlib_resnet, crop set number {i}": (FALSE, MISSED) for i in range(n_curves)}
    axes, _ = drawn(lambda a: det(a, curves, n_false_trials=2000), NARROW_IN)
    legend = axes.get_legend().get_window_extent()
    assert legend.x0 >= 0
    assert legend.x1 <= axes.figure.bbox.x1
    assert axes.get_position().width > 0.5
