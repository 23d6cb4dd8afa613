"""Referees: a pair list small enough to judge by hand; scipy's cosine."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cosine

from lfr_kit.errors import RecordError
from lfr_kit.evaluation.pair_study import study_pairs
from lfr_kit.evaluation.photos import PhotoTemplates
from lfr_kit.evaluation.tables import PairList
from lfr_kit.records import Template


def photos_of(angles):
    """Templates on the unit circle at these degrees; None = not acquired."""
    templates = [
        None
        if angle is None
        else Template(vector=[np.cos(np.radians(angle)), np.sin(np.radians(angle))], space_id="circle")
        for angle in angles
    ]
    return PhotoTemplates(tuple(templates), tuple("no_face" if angle is None else "" for angle in angles))


def pairs_of(rows, is_mated, folds, n):
    return PairList(
        images=tuple(Path(f"{i}.jpg") for i in range(n)),
        rows=np.array(rows),
        is_mated=np.array(is_mated, bool),
        folds=np.array(folds),
    )


ROWS = [(0, 1), (0, 2), (3, 4), (3, 5)]


def test_study_pairs_separable_pairs_are_all_right():
    photos = photos_of([0, 10, 90, 200, 215, 300])
    study = study_pairs(pairs_of(ROWS, [1, 0, 1, 0], [1, 1, 2, 2], 6), photos)
    want = [1 - cosine(photos.vectors[a], photos.vectors[b]) for a, b in ROWS]
    assert study.similarities == pytest.approx(want, abs=1e-6)
    assert study.folds.accuracy.value == 1
    assert study.equal_error_rate == 0
    assert (study.fmr.count, study.fnmr.count, study.pairs_failed) == (0, 0, 0)


def test_study_pairs_with_a_face_not_acquired_are_wrong():
    rows, is_mated = [*ROWS, (6, 7), (6, 8)], [1, 0, 1, 0, 1, 0]
    photos = photos_of([None, 10, 90, 200, 215, 300, 20, 30, 120])
    study = study_pairs(pairs_of(rows, is_mated, [1, 1, 1, 1, 2, 2], 9), photos)
    assert (study.folds.accuracy.count, study.folds.accuracy.trials) == (4, 6)
    assert study.pairs_failed == 2
    assert (study.fnmr.count, study.fnmr.trials) == (1, 3)


def test_study_pairs_nobody_acquired_is_all_wrong():
    study = study_pairs(pairs_of([(0, 1), (1, 2)], [1, 0], [1, 2], 3), photos_of([None] * 3))
    assert study.folds.accuracy.value == 0
    assert study.pairs_failed == 2


def test_study_pairs_other_number_of_photographs_is_refused():
    with pytest.raises(RecordError, match="one per picture"):
        study_pairs(pairs_of(ROWS, [1, 0, 1, 0], [1, 1, 2, 2], 6), photos_of([0, 1]))


def test_study_pairs_folds_that_accept_all_and_none_have_no_mean_threshold_and_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study = study_pairs(pairs_of([(0, 1), (0, 2)], [1, 0], [1, 2], 3), photos_of([0, 10, 90]))
    assert np.isnan(study.threshold)
