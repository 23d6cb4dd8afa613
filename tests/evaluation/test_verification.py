"""Referees: scikit-learn's curves, and small tables worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.metrics import confusion_matrix, roc_curve
from sklearn.metrics import det_curve as sklearn_det_curve

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.verification import (
    best_threshold,
    det_curve,
    equal_error_rate,
    error_rates,
    fnmr_at_fmr,
    k_fold_accuracy,
)


@pytest.fixture
def scored():
    rng = np.random.default_rng(7)
    is_mated = rng.random(400) < 0.5
    return rng.normal(is_mated * 1.5, 1.0).round(2), is_mated


def test_best_threshold_hand_worked():
    # right answers by gap: below all 2; .1|.3 3; .3|.5 2; .5|.9 3; above all 2 -> two best gaps, the upper taken
    assert best_threshold([0.1, 0.3, 0.5, 0.9], [0, 1, 0, 1]) == pytest.approx(0.7)
    assert best_threshold([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]) == pytest.approx(0.5)


def test_best_threshold_one_kind_only_accepts_all_or_none():
    assert best_threshold([0.2, 0.4], [1, 1]) == -np.inf
    assert best_threshold([0.2, 0.4], [0, 0]) == np.inf
    assert best_threshold([], []) == np.inf


def test_best_threshold_is_as_good_as_any_of_sklearns(scored):
    scores, is_mated = scored
    fpr, tpr, _ = roc_curve(is_mated, scores, drop_intermediate=False)
    best = (tpr * is_mated.sum() + (1 - fpr) * (~is_mated).sum()).max()
    assert ((scores >= best_threshold(scores, is_mated)) == is_mated).sum() == pytest.approx(best)


def test_k_fold_accuracy_hand_worked():
    scores = [0.9, 0.1, 0.8, 0.2, 0.7, 0.6]
    is_mated = [1, 0, 1, 0, 1, 0]
    result = k_fold_accuracy(scores, is_mated, [1, 1, 1, 1, 2, 2])
    # fold 1 is judged by fold 2's gap .6|.7: all right. Fold 2 by fold 1's gap .2|.8 = .5: .6 is wrong.
    assert result.thresholds == pytest.approx((0.65, 0.5))
    assert [(r.count, r.trials) for r in result.by_fold] == [(4, 4), (1, 2)]
    assert result.accuracy.value == pytest.approx(5 / 6)


def test_k_fold_accuracy_pairs_not_acquired_are_wrong_whichever_kind():
    scores = np.array([0.9, 0.1, np.nan, np.nan, 0.9, 0.1])
    result = k_fold_accuracy(scores, [1, 0, 1, 0, 1, 0], [1, 1, 1, 1, 2, 2])
    assert (result.accuracy.count, result.accuracy.trials) == (4, 6)


def test_k_fold_accuracy_threshold_never_comes_from_its_own_fold():
    # Each fold is separable by itself, at a place where the other one is not.
    scores = [0.9, 0.8, 0.8, 0.9, 0.2, 0.1, 0.1, 0.2]
    is_mated = [1, 0, 0, 1, 1, 0, 0, 1]
    result = k_fold_accuracy(scores, is_mated, [1, 1, 1, 1, 2, 2, 2, 2])
    assert result.accuracy.value == 0.5


@pytest.mark.parametrize("folds", [[1, 1], [1, 2, 3]])
def test_k_fold_accuracy_too_few_folds_or_wrong_length_is_refused(folds):
    with pytest.raises(RecordError, match="folds"):
        k_fold_accuracy([0.1, 0.9], [0, 1], folds)


def test_scores_of_another_length_are_refused():
    with pytest.raises(RecordError, match="one length"):
        error_rates([0.1, 0.2, 0.3], [1, 0], 0.2)


def test_error_rates_equal_sklearns_det_curve(scored):
    scores, is_mated = scored
    for fpr, fnr, threshold in zip(*sklearn_det_curve(is_mated, scores), strict=True):
        fmr, fnmr = error_rates(scores, is_mated, threshold)
        assert (fmr.value, fnmr.value) == pytest.approx((fpr, fnr))


def test_error_rates_equal_sklearns_confusion_matrix(scored):
    scores, is_mated = scored
    fmr, fnmr = error_rates(scores, is_mated, 0.62)
    tn, fp, fn, tp = confusion_matrix(is_mated, scores >= 0.62).ravel()
    assert (fmr.count, fmr.trials, fnmr.count, fnmr.trials) == (fp, fp + tn, fn, fn + tp)


def test_error_rates_pairs_not_acquired_miss_and_never_flatter():
    fmr, fnmr = error_rates([np.nan, 0.9, np.nan, 0.1], [1, 1, 0, 0], 0.5)
    assert (fnmr.count, fnmr.trials) == (1, 2)
    assert (fmr.count, fmr.trials) == (0, 1)


def test_equal_error_rate_equals_the_crossing_of_sklearns_curve(scored):
    scores, is_mated = scored
    fpr, tpr, _ = roc_curve(is_mated, scores, drop_intermediate=False)
    want = brentq(lambda x: 1 - x - interp1d(fpr, tpr)(x), 0, 1)
    assert equal_error_rate(scores, is_mated) == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize(
    ("scores", "is_mated", "want"),
    [
        ([0.1, 0.9], [0, 1], 0.0),
        ([0.9, 0.1], [0, 1], 1.0),
        ([0.1, 0.3, 0.2, 0.4], [0, 0, 1, 1], 0.5),
        ([np.nan, 0.9, 0.1, 0.2], [1, 1, 0, 0], 0.5),
        ([0.1], [1], None),
    ],
)
def test_equal_error_rate_hand_worked(scores, is_mated, want):
    assert equal_error_rate(scores, is_mated) == (None if want is None else pytest.approx(want))


def test_k_fold_accuracy_of_one_fold_says_why_two_are_needed():
    with pytest.raises(RecordError, match=r"at least two.*all pairs are in fold 3"):
        k_fold_accuracy([0.5, 0.6], [True, False], [3, 3])


def test_det_curve_equals_sklearns(scored):
    scores, is_mated = scored
    fpr, fnr, thresholds = sklearn_det_curve(is_mated, scores)
    curve = det_curve(scores, is_mated, thresholds)  # sklearn's fall, ours rise
    assert curve.thresholds == pytest.approx(np.sort(thresholds))
    assert curve.false_positive_rates == pytest.approx(fpr[np.argsort(thresholds)])
    assert curve.false_negative_rates == pytest.approx(fnr[np.argsort(thresholds)])


def test_det_curve_of_every_score_equals_sklearns_roc_turned_over(scored):
    scores, is_mated = scored
    fpr, tpr, _ = roc_curve(is_mated, scores, drop_intermediate=False)
    curve = det_curve(scores, is_mated)
    assert curve.false_positive_rates[::-1] == pytest.approx(fpr)
    assert curve.false_negative_rates[::-1] == pytest.approx(1 - tpr)
    assert len(curve) == len(np.unique(scores)) + 1


def test_det_curve_points_carry_counts_and_denominators():
    curve = det_curve([0.9, 0.4, np.nan, 0.5, 0.1, np.nan], [1, 1, 1, 0, 0, 0])
    point = curve.point(2)
    assert (point.threshold, str(point.false_positive), str(point.false_negative)) == (
        0.5,
        "1 of 2 non-mated pairs compared",
        "2 of 3 mated pairs",  # 0.4 is below, one was not acquired
    )
    assert curve.false_positives.tolist() == [2, 1, 1, 0, 0]
    assert curve.false_negatives.tolist() == [1, 1, 2, 2, 3]


def test_det_curve_without_pairs_of_one_kind_knows_nothing():
    curve = det_curve([0.5], [1])
    assert np.isnan(curve.false_positive_rates).all()
    assert curve.equal_error_rate() is None
    with pytest.raises(RecordError, match="NaN"):
        det_curve([0.5], [1], [np.nan])


def test_fnmr_at_fmr_equals_the_best_of_sklearns_roc(scored):
    scores, is_mated = scored
    fpr, tpr, _ = roc_curve(is_mated, scores, drop_intermediate=False)
    for fmr in (0.001, 0.01, 0.1, 0.5, 1.0):
        point = fnmr_at_fmr(scores, is_mated, fmr)
        assert point.false_positive.value <= fmr
        assert point.false_negative.value == pytest.approx(1 - tpr[fpr <= fmr].max())


def test_fnmr_at_fmr_that_is_not_resolved_says_so_by_its_interval():
    point = fnmr_at_fmr([0.9, 0.5, 0.4, 0.3], [1, 0, 0, 0], 0.001)
    assert (point.false_positive.count, point.false_positive.trials) == (0, 3)
    assert point.false_positive.interval()[1] == pytest.approx(1 - 0.025 ** (1 / 3))


def test_fnmr_at_fmr_without_non_mated_pairs_or_out_of_range_is_refused():
    with pytest.raises(RecordError, match="FMR needs non-mated"):
        fnmr_at_fmr([0.5, np.nan], [1, 0], 0.01)
    with pytest.raises(SettingError, match="fmr"):
        fnmr_at_fmr([0.5, 0.4], [1, 0], 1.5)
