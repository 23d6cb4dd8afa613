"""Calibration rows. Referees: a list of scores by hand, and simulations of alerts that come in clusters."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.calibrate import calibration_rows, calibration_sizes, dealt_tops, highest_pair
from lfr_kit.evaluation.trial import TrialScores


def scores_of(matrix, person=None) -> TrialScores:
    scores = np.array(matrix, np.float32)
    n, m = scores.shape
    people = np.arange(n) + m if person is None else np.array(person)
    return TrialScores(people, np.zeros(n, bool), np.full(n, np.nan), np.arange(m), scores)


def test_no_comparison_is_counted_twice_and_own_references_never():
    scores = np.arange(12.0).reshape(2, 6) / 20
    scores[0, 3] = -np.inf
    tops = dealt_tops(scores_of(scores), 2)
    assert tops.shape == (2, 3)
    singles = dealt_tops(scores_of(scores), 1)
    assert sorted(singles[np.isfinite(singles)].tolist()) == pytest.approx([n / 20 for n in range(12) if n != 3])


def test_threshold_lies_just_above_the_score_that_must_not_alert():
    rows = calibration_rows(scores_of([[0.25, 0.5, 0.2], [0.125, 0.75, 0.375]]), sizes=(1,))
    by_count = {row.counted_false: row.threshold for row in rows}
    assert by_count == {0: 0.7501, 1: 0.5001, 2: 0.3751, 3: 0.2501, 5: 0.1251}
    assert {row.counted_searches for row in rows} == {6}


def test_faces_not_acquired_are_no_searches():
    rows = calibration_rows(scores_of([[0.3, 0.5], [np.nan, np.nan]]), sizes=(1, 2))
    assert [row.counted_searches for row in rows if row.counted_false == 0] == [2, 1]


def test_independent_alerts_are_worth_what_was_counted():
    rng = np.random.default_rng(5)
    rows = calibration_rows(scores_of(rng.uniform(size=(400, 100))), sizes=(1,))
    assert all(1 <= row.design_effect < 1.4 for row in rows)
    least = rows[-1]
    assert least.n_searches <= least.counted_searches


def test_alerts_that_come_in_clusters_are_counted_down():
    """Each stranger either looks like everybody or like nobody: 100 searches of one are worth one."""
    rng = np.random.default_rng(6)
    like_all = rng.uniform(size=(400, 1)) + 1e-3 * rng.uniform(size=(400, 100))
    rows = [row for row in calibration_rows(scores_of(like_all), sizes=(1,)) if row.counted_false >= 140]
    assert all(60 < row.design_effect < 140 for row in rows)
    assert all(row.n_searches == pytest.approx(row.counted_searches / row.design_effect, abs=1) for row in rows)
    same = calibration_rows(scores_of(like_all.T), sizes=(1,))  # and so for references that look like everybody
    assert max(row.design_effect for row in same) > 60


def test_searches_of_one_person_in_many_passes_are_counted_down():
    rng = np.random.default_rng(7)
    person = np.repeat(np.arange(40), 10)
    alike = np.repeat(rng.uniform(size=(40, 60)), 10, axis=0) + 1e-4 * rng.uniform(size=(400, 60))
    (row,) = [
        row for row in calibration_rows(scores_of(alike, 1000 + person), sizes=(1,)) if row.counted_false == 350
    ]
    assert row.design_effect > 5


def test_sizes_end_with_everybody_and_more_is_refused():
    assert calibration_sizes(1164)[-3:] == (700, 1000, 1164)
    with pytest.raises(SettingError, match="from 1 to the 3"):
        calibration_rows(scores_of(np.eye(3)), sizes=(4,))


def test_highest_pair_is_between_two_people():
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    assert highest_pair(vectors) == pytest.approx(0.8)
    assert highest_pair(vectors, ["a", "a", "b"]) == pytest.approx(0.6)
    assert highest_pair(vectors[:1]) is None
    assert highest_pair(vectors, ["a", "a", "a"]) is None
