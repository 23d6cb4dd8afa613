"""Rivals against their definition, worked reference by reference in plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfr_kit.errors import SettingError
from lfr_kit.matching.exact import ExactMatcher
from lfr_kit.matching.rivals import rivalry_without
from lfr_kit.records import Template

FROM = 0.4


def unit_vectors(n, d=8, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, d))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def templates(vectors, space_id="plane"):
    return [Template(vector=vector, space_id=space_id) for vector in vectors]


def ids_of(rows):
    return [f"person {row}" for row in rows]


def rivals_of(face, others, k):
    """How far the k nearest others lie above FROM, on average over k."""
    nearest = sorted((float(face @ other) for other in others), reverse=True)[:k]
    return sum(max(cosine - FROM, 0.0) for cosine in nearest) / k


def score(probe, row, gallery, k):
    others = np.delete(gallery, row, axis=0)
    own = rivals_of(probe, others, k) + rivals_of(gallery[row], others, k)
    return float(probe @ gallery[row]) - own / 2


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_scores_after_any_changes_equal_the_definition_and_rank_the_list(data):
    pool, k = unit_vectors(90), data.draw(st.integers(1, 5))
    matcher = ExactMatcher(n_candidates=4, normalisation="rivals", n_impostors=k, rival_from=FROM)
    rows = list(range(data.draw(st.integers(1, 40))))
    matcher.enrol(ids_of(rows), templates(pool[rows]))
    for _ in range(data.draw(st.integers(0, 4))):
        if data.draw(st.booleans()):
            gone = data.draw(st.lists(st.sampled_from(rows), unique=True, max_size=len(rows) - 1))
            matcher.withdraw(ids_of(gone))
            rows = [row for row in rows if row not in gone]
        else:
            fresh = sorted(set(range(90)) - set(rows))[: data.draw(st.integers(0, 12))]
            matcher.enrol(ids_of(fresh), templates(pool[fresh]))
            rows += fresh
    probe, gallery = pool[data.draw(st.integers(0, 89))], pool[rows]
    found = matcher.search(templates([probe]))[0]
    expected = sorted((score(probe, i, gallery, k) for i in range(len(rows))), reverse=True)[:4]
    np.testing.assert_allclose(found.comparison_scores, expected, atol=1e-5)
    for key, given_score, cosine in zip(
        found.reference_ids, found.comparison_scores, found.similarities, strict=True
    ):
        row = rows.index(int(key.split()[1]))
        assert given_score == pytest.approx(score(probe, row, gallery, k), abs=1e-5)
        assert cosine == pytest.approx(float(probe @ gallery[row]), abs=1e-6)


def test_score_where_nobody_else_is_alike_is_the_cosine():
    probes = unit_vectors(6, seed=1)
    scores = []
    for normalisation in ("none", "rivals"):
        chosen = {} if normalisation == "none" else {"rival_from": 0.999}
        matcher = ExactMatcher(normalisation=normalisation, **chosen)
        matcher.enrol(ids_of(range(30)), templates(unit_vectors(30)))
        scores.append([found.comparison_scores for found in matcher.search(templates(probes))])
    np.testing.assert_array_equal(scores[0], scores[1])


@pytest.mark.parametrize("n", [1, 2, 3])
def test_list_shorter_than_the_rivals_counted_is_searched(n):
    gallery, probe = unit_vectors(n), unit_vectors(1, seed=4)[0]
    matcher = ExactMatcher(normalisation="rivals", rival_from=FROM)
    matcher.enrol(ids_of(range(n)), templates(gallery))
    found = matcher.search(templates([probe]))[0]
    expected = sorted((score(probe, row, gallery, 3) for row in range(n)), reverse=True)
    np.testing.assert_allclose(found.comparison_scores, expected, atol=1e-6)


def test_a_brother_on_the_list_takes_from_both():
    """A probe alike to one reference, whose brother is enrolled; without the brother it stands alone."""
    man, brother, stranger = np.array([(1, 0, 0), (0.96, 0.28, 0), (0, 0, 1)], np.float32)
    alone, beside = (ExactMatcher(normalisation="rivals", rival_from=0.9) for _ in range(2))
    alone.enrol(["man", "stranger"], templates([man, stranger]))
    beside.enrol(["man", "stranger", "brother"], templates([man, stranger, brother]))
    (first,), (second,) = (matcher.search(templates([man])) for matcher in (alone, beside))
    assert first.comparison_scores[0] == pytest.approx(1.0)
    assert second.reference_ids[0] == "man"
    assert second.comparison_scores[0] == pytest.approx(1 - 0.5 * (0.06 / 3 + 0.06 / 3), abs=1e-6)
    beside.withdraw(["brother"])
    assert beside.search(templates([man]))[0].comparison_scores[0] == pytest.approx(1.0)


def test_rivalry_without_a_candidate_that_is_far_away_leaves_the_k_nearest():
    cosines = np.array([0.9, 0.8, 0.7, 0.6, 0.1], np.float32)
    found = rivalry_without(cosines, cosines[[0, 2, 4]], 2, 0.5)
    np.testing.assert_allclose(found, [(0.3 + 0.2) / 2, (0.4 + 0.3) / 2, (0.4 + 0.3) / 2], atol=1e-6)


@pytest.mark.parametrize(("space_id", "rival_from"), [("dlib_resnet:55533b28:v1", 0.917), ("facenet:1:v1", 0.45)])
def test_least_cosine_of_a_rival_is_that_of_the_space(space_id, rival_from):
    gallery = np.array([(1, 0), (0.98, np.sqrt(1 - 0.98**2))], np.float32)
    matcher = ExactMatcher(normalisation="rivals")
    matcher.enrol(["a", "b"], templates(gallery, space_id))
    found = matcher.search(templates(gallery[:1], space_id))[0]
    assert found.comparison_scores[0] == pytest.approx(1 - (0.98 - rival_from) / 3, abs=1e-5)


def test_space_nobody_measured_is_refused_and_nobody_added():
    matcher = ExactMatcher(normalisation="rivals")
    with pytest.raises(SettingError, match="rival_from"):
        matcher.enrol(["ada"], templates(unit_vectors(1)))
    assert len(matcher) == 0


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"normalisation": "rivals", "rival_from": 1.5}, "rival_from"),
        ({"normalisation": "none", "rival_from": 0.9}, "belongs to"),
        ({"normalisation": "rivals", "n_impostors": 0}, "at least 1"),
        ({"normalisation": "rivals", "cohort": unit_vectors(30)}, "cohort"),
    ],
)
def test_settings_that_do_not_fit_are_refused(chosen, message):
    with pytest.raises(SettingError, match=message):
        ExactMatcher(**chosen)


@pytest.mark.parametrize(
    ("given", "scale"),
    [
        ({}, "cosine_less_rivals"),
        ({"n_impostors": 3}, "cosine_less_rivals"),
        ({"n_impostors": 5}, "cosine_less_rivals_5"),
        ({"rival_from": 0.9}, "cosine_less_rivals_from_0.9"),
        ({"n_impostors": 150, "rival_from": -0.123456789}, "cosine_less_rivals_150_from_-0.123457"),
    ],
)
def test_scale_is_another_where_the_same_faces_score_otherwise(given, scale):
    assert ExactMatcher(normalisation="rivals", **given).score_scale == scale
    assert len(scale) <= 40  # of the store's column
