"""Referees: brute force over every threshold, scikit-learn, hand-worked tables, resampling by plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_curve, top_k_accuracy_score

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.identification import (
    Mates,
    Searches,
    cumulative_matches,
    det_curve,
    false_negative_rate,
    false_positive_rate,
    open_set_point,
    rank_one,
    threshold_at_fpir,
    tpir_gain,
    true_positive_rate,
)


def searches(rows):
    """From (person, is_mated, is_right, top_score)."""
    people, mated, right, scores = zip(*rows, strict=True)
    return Searches(
        people=np.array(people, np.intp),
        is_mated=np.array(mated, bool),
        is_right=np.array(right, bool),
        top_scores=np.array(scores, np.float64),
    )


def random_draw(seed, n_people=60):
    rng = np.random.default_rng(seed)
    people = rng.integers(0, n_people, 300)
    is_mated = people < 20
    is_right = is_mated & (rng.random(300) < 0.9)
    skill = rng.normal(0, 0.5, n_people)  # some people are found less easily: what clustering must show
    return Searches(
        people=people,
        is_mated=is_mated,
        is_right=is_right,
        top_scores=rng.normal(2.0 * is_right + skill[people], 0.3).round(2),
    )


HAND = searches(
    [
        (0, 1, 1, 0.9),
        (0, 1, 1, 0.6),
        (1, 1, 0, 0.8),  # someone else at rank 1
        (1, 1, 0, np.nan),  # no face acquired
        (2, 0, 0, 0.7),
        (3, 0, 0, 0.5),
        (4, 0, 0, 0.3),
        (5, 0, 0, np.nan),
    ]
)


def test_rates_hand_worked():
    tpir, fpir = true_positive_rate(HAND, 0.6), false_positive_rate(HAND, 0.6)
    assert (tpir.count, tpir.trials) == (2, 4)
    assert (fpir.count, fpir.trials) == (1, 3)
    assert (rank_one(HAND).count, rank_one(HAND).trials) == (2, 4)
    assert true_positive_rate(HAND, 0.61).count == 1


def test_open_set_point_hand_worked():
    point = open_set_point([HAND], 0.34)
    assert 0.5 < point.threshold < 0.5 + 1e-9  # one of three may alert: just above the second
    assert point.tpir == 0.5
    assert (point.fpir_measured.count, point.fpir_measured.trials) == (1, 3)
    assert point.interval_over_draws is None


@given(scores=st.lists(st.integers(-20, 20), min_size=1, max_size=30), fpir=st.floats(0, 1), share=st.booleans())
def test_threshold_at_fpir_is_the_lowest_that_keeps_to_it(scores, fpir, share):
    if share:  # exactly k of n: rounding must not cost one
        fpir = round(fpir * len(scores)) / len(scores)
    values = np.array(scores) / 20
    threshold = threshold_at_fpir(values, fpir)
    assert np.mean(values >= threshold) <= fpir + 1e-9
    lower = values[values < threshold]
    if len(lower):
        assert np.mean(values >= lower.max()) > fpir


@pytest.mark.parametrize("fpir", [-0.1, 1.5, float("nan")])
def test_threshold_at_fpir_out_of_range_is_refused(fpir):
    with pytest.raises(SettingError, match="fpir"):
        threshold_at_fpir([0.1], fpir)


def test_threshold_at_fpir_without_strangers_is_refused():
    with pytest.raises(RecordError, match="non-mated"):
        threshold_at_fpir([], 0.01)


def test_open_set_point_equals_sklearns_roc_where_rank_one_is_always_right():
    rng = np.random.default_rng(5)
    is_mated = rng.random(500) < 0.4
    scores = rng.normal(is_mated * 1.0, 1)
    draw = Searches(people=np.arange(500), is_mated=is_mated, is_right=is_mated, top_scores=scores)
    fpr, tpr, _ = roc_curve(is_mated, scores, drop_intermediate=False)
    for fpir in (0.001, 0.01, 0.1, 0.5):
        assert open_set_point([draw], fpir, n_resamples=10).tpir == pytest.approx(tpr[fpr <= fpir].max())


def test_open_set_point_interval_equals_resampling_people_by_hand():
    draws = [random_draw(1), random_draw(2)]
    point = open_set_point(draws, 0.05, n_resamples=4000)
    rng = np.random.default_rng(99)
    present = np.unique(np.concatenate([d.people for d in draws]))
    means = []
    for _ in range(1500):
        chosen = rng.choice(present, len(present))
        values = []
        for d in draws:
            rows = np.concatenate([np.flatnonzero(d.people == p) for p in chosen])
            mated, scores = d.is_mated[rows], d.top_scores[rows]
            strangers = np.sort(scores[~mated])[::-1]
            threshold = strangers[int(0.05 * len(strangers))]
            values.append(np.mean((d.is_right[rows] & (scores > threshold))[mated]))
        means.append(np.mean(values))
    assert point.interval == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=0.02)
    low, high = point.interval
    assert low < point.tpir < high


def test_open_set_point_mean_and_interval_over_draws_equal_scipys():
    draws = [random_draw(seed) for seed in range(5)]
    point = open_set_point(draws, 0.05, n_resamples=50)
    alone = [open_set_point([draw], 0.05, n_resamples=50).tpir for draw in draws]
    want = stats.ttest_1samp(alone, 0).confidence_interval(0.95)
    assert point.tpir == pytest.approx(np.mean(alone))
    assert point.interval_over_draws == pytest.approx((want.low, want.high))


def test_open_set_point_repeats_with_its_seed():
    draw = [random_draw(3)]
    assert open_set_point(draw, 0.01, seed=4) == open_set_point(draw, 0.01, seed=4)


def test_open_set_point_without_mated_searches_is_refused():
    with pytest.raises(RecordError, match="mated searches"):
        open_set_point([searches([(0, 0, 0, 0.1)])], 0.01)
    with pytest.raises(RecordError, match="mated searches"):
        open_set_point([], 0.01)


def test_searches_that_disagree_are_refused():
    with pytest.raises(RecordError, match="length"):
        Searches(
            people=np.zeros(2, np.intp),
            is_mated=np.zeros(2, bool),
            is_right=np.zeros(2, bool),
            top_scores=np.zeros(3),
        )
    with pytest.raises(RecordError, match="rank 1"):
        searches([(0, 0, 1, 0.5)])


def test_threshold_at_fpir_a_share_that_binary_numbers_miss_costs_nothing():
    scores = np.arange(100) / 100  # 0.29 * 100 is 28.999999999999996
    assert (scores >= threshold_at_fpir(scores, 0.29)).sum() == 29


RANKED = Searches(
    people=np.arange(6),
    is_mated=np.array([1, 1, 1, 1, 1, 0], bool),
    is_right=np.array([1, 0, 0, 0, 0, 0], bool),
    top_scores=np.array([0.9, 0.8, 0.9, 0.7, np.nan, 0.6]),
    mates=Mates(
        ranks=np.array([1, 2, 3, 0, 0, 0]),
        scores=np.array([0.9, 0.7, 0.4, np.nan, np.nan, np.nan]),
        n_kept=3,
    ),
)


def test_false_negative_rate_at_rank_and_threshold_hand_worked():
    by_rank = [[str(false_negative_rate(RANKED, t, rank)) for rank in (1, 2, 3)] for t in (0.3, 0.5, 0.8)]
    assert by_rank == [
        ["4 of 5 mated searches", "3 of 5 mated searches", "2 of 5 mated searches"],
        ["4 of 5 mated searches", "3 of 5 mated searches", "3 of 5 mated searches"],
        ["4 of 5 mated searches"] * 3,
    ]
    assert true_positive_rate(RANKED, 0.5, 2) == false_negative_rate(RANKED, 0.5, 2).complement


def test_cumulative_matches_equal_sklearns_top_k_accuracy():
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(80, 10))
    truth = np.r_[np.arange(10), rng.integers(0, 10, 70)]
    own = scores[np.arange(80), truth]
    ranks = 1 + (scores > own[:, None]).sum(1)
    found = Searches(
        people=truth,
        is_mated=np.ones(80, bool),
        is_right=ranks == 1,
        top_scores=scores.max(1),
        mates=Mates(np.where(ranks <= 5, ranks, 0), own, 5),
    )
    want = [top_k_accuracy_score(truth, scores, k=k) for k in range(1, 6)]
    assert [rate.value for rate in cumulative_matches(found, 5)] == pytest.approx(want)


def test_ranks_that_were_not_kept_are_refused():
    with pytest.raises(RecordError, match="beyond the 3"):
        cumulative_matches(RANKED, 4)
    with pytest.raises(RecordError, match="beyond the 1"):
        false_negative_rate(HAND, 0.5, rank=2)
    with pytest.raises(SettingError, match="rank"):
        false_negative_rate(RANKED, 0.5, rank=0)


def test_det_curve_of_searches_is_the_rates_at_every_threshold():
    curve = det_curve(RANKED, rank=2)
    for i, threshold in enumerate(curve.thresholds):
        point = curve.point(i)
        assert point.false_negative == false_negative_rate(RANKED, threshold, 2)
        assert point.false_positive == false_positive_rate(RANKED, threshold)


def test_searches_whose_ranks_contradict_rank_one_are_refused():
    with pytest.raises(RecordError, match="disagree"):
        Searches(
            people=np.zeros(1, np.intp),
            is_mated=np.ones(1, bool),
            is_right=np.zeros(1, bool),
            top_scores=np.array([0.5]),
            mates=Mates(np.array([1]), np.array([0.5]), 1),
        )


def better(draw, by=0.1):
    """The same searches, in which the right person at rank 1 has a higher score."""
    scores = draw.top_scores + by * draw.is_right
    return Searches(people=draw.people, is_mated=draw.is_mated, is_right=draw.is_right, top_scores=scores)


def test_tpir_gain_equals_resampling_the_same_people_for_both_by_hand():
    draws = [random_draw(seed) for seed in (1, 2)]
    others = draws, [better(draw) for draw in draws]
    gain, interval = tpir_gain(others[1], others[0], 0.05, n_resamples=1500)
    rng, gains = np.random.default_rng(5), []
    for _ in range(1500):
        chosen = rng.integers(0, 60, 60)
        tpir = np.zeros(2)
        for way, made in enumerate(others):
            for draw in made:
                rows = np.concatenate([np.flatnonzero(draw.people == person) for person in chosen])
                right, mated = draw.is_right[rows], draw.is_mated[rows]
                bar = np.sort(draw.top_scores[rows][~mated])[::-1][int(0.05 * (~mated).sum())]
                tpir[way] += ((draw.top_scores[rows] > bar) & right).sum() / mated.sum() / 2
        gains.append(tpir[1] - tpir[0])
    before, after = (open_set_point(made, 0.05, n_resamples=1).tpir for made in others)
    assert gain == pytest.approx(after - before)
    assert interval == pytest.approx(tuple(np.quantile(gains, [0.025, 0.975])), abs=0.03)


def test_tpir_gain_over_itself_is_none_at_all():
    draws = [random_draw(3)]
    assert tpir_gain(draws, draws, 0.05) == (0.0, (0.0, 0.0))


@pytest.mark.parametrize("others", [[], [random_draw(8)], [random_draw(7), random_draw(7)]])
def test_tpir_gain_of_other_searches_is_refused(others):
    with pytest.raises(RecordError, match="same searches"):
        tpir_gain([random_draw(7)], others, 0.05)
