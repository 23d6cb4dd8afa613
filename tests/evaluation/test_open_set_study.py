"""Referees: brute force with numpy over the same draw; people that cannot be mistaken, and that must be."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.open_set_study import OpenSetPlan, matcher_maker, search_draw, searches_of, study_open_set
from lfr_kit.evaluation.photos import PhotoTemplates
from lfr_kit.records import CandidateList, Template

PEOPLE = np.repeat(np.arange(40), [3, 1, 4, 2] * 10)


def photos_of(vectors, failed=()):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    templates = [
        None if i in failed else Template(vector=row.astype(np.float32), space_id="made")
        for i, row in enumerate(unit)
    ]
    return PhotoTemplates(tuple(templates), tuple("no_face" if t is None else "" for t in templates))


def faces(spread, seed=0, d=8):
    """One direction per person, and photographs scattered around it."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(40, d))[PEOPLE] + spread * rng.normal(size=(len(PEOPLE), d))


def test_search_draw_equals_brute_force():
    photos = photos_of(faces(0.5))
    split = OpenSetPlan(n_enrolled=15).draw(PEOPLE, np.random.default_rng(3))
    found, n_missing = search_draw(PEOPLE, photos, split, matcher_maker("exact"))
    rows = np.concatenate([split.mated_rows, split.non_mated_rows])
    scores = photos.vectors[rows] @ photos.vectors[split.reference_rows[:, 0]].T
    assert n_missing == 0
    assert found.people.tolist() == PEOPLE[rows].tolist()
    assert found.is_mated.tolist() == np.isin(PEOPLE[rows], split.enrolled).tolist()
    assert found.top_scores == pytest.approx(scores.max(1), abs=1e-6)
    assert found.is_right.tolist() == (split.enrolled[scores.argmax(1)] == PEOPLE[rows]).tolist()


def test_search_draw_several_photographs_are_fused_to_their_mean():
    photos = photos_of(faces(0.5))
    split = OpenSetPlan(n_enrolled=8, photos_each=2).draw(PEOPLE, np.random.default_rng(3))
    found, _ = search_draw(PEOPLE, photos, split, matcher_maker("exact"))
    means = photos.vectors[split.reference_rows].mean(1)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    rows = np.concatenate([split.mated_rows, split.non_mated_rows])
    assert found.top_scores == pytest.approx((photos.vectors[rows] @ means.T).max(1), abs=1e-6)


def test_search_draw_people_not_acquired_cannot_be_enrolled_and_are_missed():
    first = {int(np.flatnonzero(p == PEOPLE)[0]) for p in range(40)}
    photos = photos_of(faces(0.01), failed=first)
    split = OpenSetPlan(n_enrolled=10).draw(PEOPLE, np.random.default_rng(1))
    found, n_missing = search_draw(PEOPLE, photos, split, matcher_maker("exact"))
    assert n_missing == 10
    assert not found.is_right.any()
    assert found.is_mated.any()


def test_study_open_set_people_who_cannot_be_mistaken_are_found():
    study = study_open_set(
        PEOPLE, photos_of(faces(0.01, d=64)), OpenSetPlan(n_enrolled=20), matcher_maker("exact")
    )
    assert study.rank1 == 1
    assert [point.tpir for point in study.points] == [1, 1]
    assert study.failed_to_enrol == 0


def test_study_open_set_faces_without_likeness_are_found_by_chance_only():
    study = study_open_set(PEOPLE, photos_of(faces(100)), OpenSetPlan(n_enrolled=20), matcher_maker("exact"))
    assert study.rank1 < 0.25
    assert study.points[0].tpir < 0.15


def test_study_open_set_counts_every_search_and_misses_failures():
    whole = study_open_set(PEOPLE, photos_of(faces(0.01, d=64)), OpenSetPlan(20), matcher_maker("exact"))
    last = {int(np.flatnonzero(p == PEOPLE)[-1]) for p in range(40)}
    broken = study_open_set(
        PEOPLE, photos_of(faces(0.01, d=64), failed=last), OpenSetPlan(20), matcher_maker("exact")
    )
    assert (broken.mated, broken.non_mated) == (whole.mated, whole.non_mated)
    # one probe of each enrolled person fails
    assert broken.rank1 == pytest.approx(np.mean([1 - 20 / draw.is_mated.sum() for draw in whole.draws]))


def test_study_open_set_repeats_with_its_seed_and_tells_progress():
    done = []
    plan = OpenSetPlan(n_enrolled=10, n_draws=3, seed=5, choose="random")
    photos = photos_of(faces(0.7))
    once = study_open_set(PEOPLE, photos, plan, matcher_maker("exact"), progress=done.append)
    again = study_open_set(PEOPLE, photos, plan, matcher_maker("exact"))
    assert once.points == again.points
    assert len(once.draws) == len(done) == 3
    assert {tuple(d.people[d.is_mated]) for d in once.draws} != {
        tuple(once.draws[0].people[once.draws[0].is_mated])
    }


def test_matcher_maker_cohort_reaches_the_matcher():
    plan = OpenSetPlan(n_enrolled=10, n_cohort=15)
    study = study_open_set(PEOPLE, photos_of(faces(0.3)), plan, matcher_maker("exact", "cohort", 15))
    top = np.concatenate([draw.top_scores for draw in study.draws])
    assert top.max() > 1  # standard deviations, no cosines
    assert study.non_mated < (PEOPLE >= 0).sum() - study.mated - 10 - 15 + 1


@pytest.mark.parametrize(("normalisation", "n"), [("cohort", 0), ("none", 5), ("watchlist", 5)])
def test_matcher_maker_cohort_without_its_normalisation_is_refused(normalisation, n):
    with pytest.raises(SettingError, match="cohort"):
        matcher_maker("exact", normalisation, n)


def test_plan_faults_are_refused_before_the_work():
    with pytest.raises(SettingError, match="draws"):
        OpenSetPlan(n_enrolled=1, n_draws=0)
    with pytest.raises(SettingError, match="enrol"):
        OpenSetPlan(n_enrolled=1000).check(PEOPLE)
    with pytest.raises(RecordError, match="one per photograph"):
        study_open_set(PEOPLE[:3], photos_of(faces(1)), OpenSetPlan(1), matcher_maker("exact"))


def test_plan_with_a_seed_below_zero_is_refused():
    with pytest.raises(SettingError, match="seed: at least 0"):
        OpenSetPlan(n_enrolled=1, seed=-4)


def test_searches_of_candidate_lists_hand_worked():
    def candidates(*ids):
        scores = np.array([0.9, 0.7, 0.2][: len(ids)], np.float32)
        return CandidateList(
            probe=Template(vector=np.ones(2) / 2**0.5, space_id="made"),
            reference_ids=ids,
            similarities=scores,
            comparison_scores=scores,
            score_scale="cosine",
            n_enrolled=3,
        )

    lists = [candidates("7", "8", "9"), candidates("8", "7"), candidates("8", "9"), None, candidates("8", "7")]
    found = searches_of([7, 7, 7, 7, 3], ["7", "7", "7", "7", None], lists)
    assert found.is_mated.tolist() == [True] * 4 + [False]
    assert found.is_right.tolist() == [True] + [False] * 4
    assert found.mates.ranks.tolist() == [1, 2, 0, 0, 0]
    assert found.mates.n_kept == 2  # the shortest list
    assert found.mates.scores[:2] == pytest.approx([0.9, 0.7])
    assert found.top_scores == pytest.approx([0.9, 0.9, 0.9, np.nan, 0.9], nan_ok=True)
    with pytest.raises(RecordError, match="one per candidate list"):
        searches_of([7], ["7", "8"], lists[:1])
