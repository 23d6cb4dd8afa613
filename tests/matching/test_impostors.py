"""Score normalisation against its definition, worked reference by reference in plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfr_kit.errors import SettingError, SpaceMismatchError
from lfr_kit.matching.exact import ExactMatcher
from lfr_kit.records import Template

K = 15


def unit_vectors(n, d=24, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, d))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def templates(vectors):
    return [Template(vector=vector, space_id="plane") for vector in vectors]


def side(similarity, impostor_scores):
    """(s - mean) / deviation over the K largest impostor scores."""
    top = np.sort(impostor_scores)[-K:].astype(float)
    return (similarity - top.mean()) / top.std()


def cohort_score(probe, reference, cohort):
    similarity = float(probe @ reference)
    return 0.5 * (side(similarity, cohort @ probe) + side(similarity, cohort @ reference))


def watchlist_score(probe, row, gallery):
    others = np.delete(gallery, row, axis=0)
    similarity = float(probe @ gallery[row])
    return 0.5 * (side(similarity, others @ probe) + side(similarity, others @ gallery[row]))


def ids_of(n):
    return [f"person {i}" for i in range(n)]


def test_cohort_scores_equal_the_definition_and_rank_the_list():
    gallery, cohort, probes = unit_vectors(200), unit_vectors(60, seed=1), unit_vectors(5, seed=2)
    matcher = ExactMatcher(n_candidates=6, normalisation="cohort", cohort=cohort, n_impostors=K)
    matcher.enrol(ids_of(200), templates(gallery))
    for probe, found in zip(probes, matcher.search(templates(probes)), strict=True):
        by_cosine = np.argsort(-(gallery @ probe))[:58]
        expected = {f"person {row}": cohort_score(probe, gallery[row], cohort) for row in by_cosine}
        best = sorted(expected, key=expected.get, reverse=True)[:6]
        assert list(found.reference_ids) == best
        np.testing.assert_allclose(found.comparison_scores, [expected[key] for key in best], rtol=1e-4)
        cosines = [float(gallery[int(key.split()[1])] @ probe) for key in best]
        np.testing.assert_allclose(found.similarities, cosines, atol=1e-6)
        assert found.score_scale == matcher.score_scale == "adaptive_s_norm"


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_watchlist_scores_after_any_changes_equal_the_definition(data):
    pool = unit_vectors(120)
    matcher = ExactMatcher(n_candidates=4, normalisation="watchlist", n_impostors=K)
    rows: list[int] = list(range(40))
    matcher.enrol([f"person {row}" for row in rows], templates(pool[rows]))
    for _ in range(data.draw(st.integers(0, 4))):
        if data.draw(st.booleans()):
            gone = data.draw(st.lists(st.sampled_from(rows), unique=True, max_size=max(0, len(rows) - 25)))
            matcher.withdraw([f"person {row}" for row in gone])
            rows = [row for row in rows if row not in gone]
        else:
            fresh = sorted(set(range(120)) - set(rows))[: data.draw(st.integers(0, 12))]
            matcher.enrol([f"person {row}" for row in fresh], templates(pool[fresh]))
            rows += fresh
    probe = pool[data.draw(st.integers(0, 119))]
    found = matcher.search(templates([probe]))[0]
    gallery = pool[rows]
    for key, score in zip(found.reference_ids, found.comparison_scores, strict=True):
        expected = watchlist_score(probe, rows.index(int(key.split()[1])), gallery)
        assert score == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_normalisation_puts_someone_who_looks_like_everybody_behind():
    """Two references at equal cosine to the probe; the cohort resembles one of them."""
    probe, everybody, nobody = np.eye(3, 24)[0], np.zeros(24), np.zeros(24)
    everybody[[0, 1]] = nobody[[0, 2]] = np.sqrt(0.5)
    cohort = unit_vectors(40) * 0.2
    cohort[:, 1] += 1
    cohort /= np.linalg.norm(cohort, axis=1, keepdims=True)
    plain = ExactMatcher()
    normalised = ExactMatcher(normalisation="cohort", cohort=cohort, n_impostors=K)
    for matcher in (plain, normalised):
        matcher.enrol(["everybody", "nobody"], templates([everybody, nobody]))
    assert plain.search(templates([probe]))[0].reference_ids == ("everybody", "nobody")
    assert normalised.search(templates([probe]))[0].reference_ids == ("nobody", "everybody")


def test_watchlist_normalisation_over_a_short_list_is_refused():
    matcher = ExactMatcher(normalisation="watchlist")
    assert matcher.search(templates(unit_vectors(1)))[0].reference_ids == ()
    matcher.enrol(ids_of(20), templates(unit_vectors(20)))
    with pytest.raises(SettingError, match="more than 20 references"):
        matcher.search(templates(unit_vectors(1)))
    matcher.enrol(["one more"], templates(unit_vectors(1, seed=5)))
    assert len(matcher.search(templates(unit_vectors(1)))[0]) == 5


def test_cohort_of_another_dimension_is_refused_and_nobody_added():
    matcher = ExactMatcher(normalisation="cohort", cohort=unit_vectors(30, d=7))
    with pytest.raises(SpaceMismatchError, match="7"):
        matcher.enrol(["ada"], templates(unit_vectors(1)))
    assert len(matcher) == 0
