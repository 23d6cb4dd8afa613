"""Referees: ExactMatcher on the same lists, counting by plain loops, resampling people by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation import threshold_sweep
from lfr_kit.evaluation.filler import draw_filler, filler_draws
from lfr_kit.evaluation.identification import Searches, false_positive_rate, true_positive_rate
from lfr_kit.evaluation.resampling import bootstrap_by_person
from lfr_kit.evaluation.sweep_bands import sweep_bands
from lfr_kit.evaluation.threshold_sweep import (
    SweepInput,
    cosine_blocks,
    search_draws,
    sweep,
    sweep_filler,
    thresholds_between,
)
from lfr_kit.matching.exact import ExactMatcher
from lfr_kit.records import Template


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def trial():
    """12 people with 3 passes each, 10 passes of the crowd, 40 filler; one pass of each kind without a face."""
    rng = np.random.default_rng(8)
    references, filler = unit(rng.normal(size=(12, 6))), unit(rng.normal(size=(40, 6)))
    people = np.r_[np.repeat(np.arange(12), 3), np.full(10, -1)]
    probes = unit(rng.normal(size=(46, 6)) * 0.4 + np.where(people[:, None] >= 0, references[people], 0))
    probes[[4, 40]] = np.nan
    mates = np.where(people >= 0, (probes * references[people]).sum(1), np.nan)
    return SweepInput(people, mates, cosine_blocks(probes, filler), 40), probes, references, filler


def test_search_draws_is_exact_search_of_every_list(trial):
    given, probes, references, filler = trial
    draws = search_draws(given, 15, 3, seed=5)
    for rows, found in zip(filler_draws(40, 15, 3, seed=5), draws, strict=True):
        tops, ranks = [], []
        for person in range(12):
            matcher = ExactMatcher(n_candidates=16)
            ids = [f"f{row}" for row in rows]
            matcher.enrol(ids, [Template(vector=filler[row], space_id="x") for row in rows])
            matcher.enrol(["mate"], [Template(vector=references[person], space_id="x")])
            for row in np.flatnonzero(given.people == person):
                if np.isnan(probes[row]).any():
                    tops.append(np.nan)
                    ranks.append(0)
                    continue
                (candidates,) = matcher.search([Template(vector=probes[row], space_id="x")])
                tops.append(candidates.comparison_scores[0])
                ranks.append(candidates.reference_ids.index("mate") + 1)
        mated = found.is_mated
        assert found.top_scores[mated] == pytest.approx(np.array(tops), abs=1e-6, nan_ok=True)
        assert found.mates.ranks[mated].tolist() == ranks
        best = (probes @ filler[rows].T).max(1)
        assert found.top_scores[~mated] == pytest.approx(best, abs=1e-6, nan_ok=True)
        assert found.people[~mated].tolist() == given.people.tolist()


def test_search_draws_does_not_depend_on_the_size_of_blocks(trial, monkeypatch):
    given = trial[0]
    whole = search_draws(given, 20, 2)
    told = []
    monkeypatch.setattr(threshold_sweep, "_BLOCK_BYTES", 7 * 4 * 40)
    for a, b in zip(whole, search_draws(given, 20, 2, progress=told.append), strict=True):
        assert a.top_scores == pytest.approx(b.top_scores, abs=1e-6, nan_ok=True)
        assert np.array_equal(a.mates.ranks, b.mates.ranks)
    assert told == [7] * 6 + [4]


def test_sweep_counts_are_those_of_plain_loops(trial):
    draws = search_draws(trial[0], 15, 3)
    curve = sweep(draws, 15, [0.2, 0.5, 0.8], rank=2)
    for d, draw in enumerate(draws):
        for t, threshold in enumerate(curve.thresholds):
            kinds = {"right": 0, "outranked": 0, "below": 0, "no face": 0, "false": 0}
            for row in range(len(draw.people)):
                top, rank, mate = draw.top_scores[row], draw.mates.ranks[row], draw.mates.scores[row]
                if not draw.is_mated[row]:
                    kinds["false"] += top >= threshold
                elif np.isnan(top):
                    kinds["no face"] += 1
                elif 1 <= rank <= 2 and mate >= threshold:
                    kinds["right"] += 1
                else:
                    kinds["outranked" if top >= threshold else "below"] += 1
            counted = (curve.true_positives, curve.outranked, curve.below)
            assert [int(each[d, t]) for each in counted] == [kinds["right"], kinds["outranked"], kinds["below"]]
            assert (curve.not_acquired[d], curve.false_positives[d, t]) == (kinds["no face"], kinds["false"])
            point = curve.at(t, d)
            assert point.false_negative == true_positive_rate(draw, threshold, 2).complement
            assert point.false_positive == false_positive_rate(draw, threshold)
    assert (curve.mated.tolist(), curve.non_mated.tolist()) == ([36] * 3, [44] * 3)
    assert curve.tpir == pytest.approx(curve.true_positives.mean(0) / 36)
    assert curve.fpir == pytest.approx(curve.false_positives.mean(0) / 44)


def test_sweep_longer_lists_raise_fpir_and_never_tpir(trial):
    short, long = (sweep_filler(trial[0], n, np.linspace(-1, 1, 50), n_draws=30) for n in (5, 40))
    assert (long.fpir >= short.fpir).all()
    assert (long.tpir <= short.tpir).all()
    assert long.fpir.sum() > short.fpir.sum()


def test_sweep_filler_takes_two_hundred_thresholds_over_all_scores(trial):
    curve = sweep_filler(trial[0], 10, n_draws=2)
    assert len(curve.thresholds) == 200
    assert (curve.fpir[-1], curve.tpir[-1]) == (0, 0)
    assert curve.true_positives[:, 0].min() > 0


def test_sweep_bands_equal_resampling_people_with_the_general_function(trial):
    draws = search_draws(trial[0], 15, 3)
    at = np.array([0.3, 0.6])
    bands = sweep_bands(draws, at, n_resamples=400, seed=2)
    mated = [draw.people[draw.is_mated] for draw in draws]
    hits = np.stack([draw.mate_scores() >= 0.6 for draw in draws]).sum(0)
    want = bootstrap_by_person(mated[0], lambda w: float(w @ hits / (3 * w.sum())), n_resamples=400, seed=2)
    assert (bands.tpir[0][1], bands.tpir[1][1]) == pytest.approx(want)
    # each pass of the crowd is somebody of their own, the same in every draw
    strangers = draws[0].people[~draws[0].is_mated]
    alerts = np.stack([draw.top_scores[~draw.is_mated] >= 0.6 for draw in draws]).sum(0)
    has_face = ~np.isnan(draws[0].top_scores[~draws[0].is_mated])
    want = bootstrap_by_person(
        strangers[has_face], lambda w: float(w @ alerts[has_face] / (3 * w.sum())), n_resamples=400, seed=2
    )
    assert (bands.fpir[0][1], bands.fpir[1][1]) == pytest.approx(want)


def test_sweep_bands_of_one_person_are_none():
    one = Searches(np.zeros(2, np.intp), np.array([True, False]), np.array([True, False]), np.array([0.9, 0.2]))
    bands = sweep_bands([one], [0.5], n_resamples=10)
    assert (bands.tpir, bands.fpir) == (None, None)


def test_filler_draws_hold_nobody_twice_and_repeat_with_their_seed():
    draws = filler_draws(50, 20, 4, seed=3)
    assert all(len(set(rows.tolist())) == 20 for rows in draws)
    assert not np.array_equal(draws[0], draws[1])
    assert np.array_equal(draws[2], filler_draws(50, 20, 4, seed=3)[2])


def test_draw_filler_matched_takes_one_group_only():
    labels = ["a", "b"] * 10
    rows = draw_filler(20, 6, np.random.default_rng(0), labels, matched_to="b")
    assert {labels[row] for row in rows} == {"b"}
    with pytest.raises(SettingError, match="the 10 filler of 'b'"):
        draw_filler(20, 11, np.random.default_rng(0), labels, matched_to="b")
    with pytest.raises(SettingError, match="one label per filler"):
        draw_filler(20, 6, np.random.default_rng(0), matched_to="b")


def test_more_on_the_list_than_there_is_filler_is_refused(trial):
    with pytest.raises(SettingError, match="between 1 and the 40 filler there are, got 41"):
        search_draws(trial[0], 41)
    with pytest.raises(SettingError, match="draws"):
        search_draws(trial[0], 5, 0)


def test_scores_that_are_missing_in_part_are_refused(trial):
    given, probes, _, filler = trial
    scores = (probes @ filler.T).copy()
    scores[7, 3] = np.nan
    with pytest.raises(RecordError, match="pass 7 has no score for filler 3"):
        search_draws(SweepInput(given.people, given.mate_scores, scores, 40), 5, 1)
    mates = given.mate_scores.copy()
    mates[2] = np.nan
    with pytest.raises(RecordError, match="pass 2: has scores against its own reference or"):
        search_draws(SweepInput(given.people, mates, given.filler_scores, 40), 5, 1)


def test_reference_that_could_not_be_enrolled_is_a_miss(trial):
    given = trial[0]
    mates = np.where(given.people == 0, -np.inf, given.mate_scores)
    (draw,) = search_draws(SweepInput(given.people, mates, given.filler_scores, 40), 5, 1)
    assert draw.mates.ranks[:3].tolist() == [0, 0, 0]
    assert np.isfinite(draw.top_scores[:3]).all()


def test_wrong_shapes_and_thresholds_are_refused(trial):
    given = trial[0]
    with pytest.raises(RecordError, match="one of each per pass"):
        SweepInput(given.people, given.mate_scores[1:], given.filler_scores, 40)
    with pytest.raises(RecordError, match=r"expected \(46, 40\)"):
        SweepInput(given.people, given.mate_scores, np.zeros((46, 39), np.float32), 40)
    with pytest.raises(RecordError, match="expected a block"):
        search_draws(SweepInput(given.people, given.mate_scores, given.filler_scores, 39), 5, 1)
    draws = search_draws(given, 5, 1)
    for thresholds in ([], [np.nan]):
        with pytest.raises(RecordError, match="thresholds"):
            sweep(draws, 5, thresholds)
    with pytest.raises(RecordError, match="draws"):
        sweep([], 5, [0.5])
    with pytest.raises(SettingError, match="at least 2"):
        thresholds_between(draws, 1)
    with pytest.raises(RecordError, match="no search has a score"):
        thresholds_between([])
