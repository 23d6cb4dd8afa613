"""Searches of drawn lists, many at once. Referee: `ExactMatcher`, one list and one pass at a time."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.errors import RecordError
from lfr_kit.evaluation.filler import filler_draws
from lfr_kit.evaluation.list_search import RivalScoring
from lfr_kit.evaluation.threshold_sweep import SweepInput, search_draws
from lfr_kit.matching.exact import ExactMatcher
from lfr_kit.records import Template

K, RIVAL_FROM = 3, 0.8
N_LISTED, N_DRAWS = 30, 6


def look_alikes(n: int, rng: np.random.Generator) -> np.ndarray:
    """(n, 6) float32 unit vectors in few directions, so that most have several rivals."""
    centres = rng.normal(size=(4, 6))
    vectors = centres[rng.integers(0, 4, n)] + 0.45 * rng.normal(size=(n, 6))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def scene():
    """Thirty references; a pass of each of the first twenty, two without a reference, one without a face."""
    rng = np.random.default_rng(2)
    references = look_alikes(N_LISTED, rng)
    passes = np.concatenate([references[:20] + 0.4 * rng.normal(size=(20, 6)), look_alikes(3, rng)])
    passes = (passes / np.linalg.norm(passes, axis=1, keepdims=True)).astype(np.float32)
    own = np.r_[np.arange(20), -1, -1, -1]
    passes[22] = np.nan
    return references, passes, own


def given_of(scene, scoring) -> SweepInput:
    references, passes, own = scene
    scores = passes @ references.T
    mates = np.where(own < 0, np.nan, scores[np.arange(len(own)), own]).astype(np.float64)
    scores[np.flatnonzero(own >= 0), own[own >= 0]] = -np.inf
    return SweepInput(own, mates, scores, len(references), scoring, None if scoring is None else own)


def by_matcher(scene, listed, probe, normalisation):
    """(reference, score) of everybody listed, in the matcher's order."""
    rival_from = RIVAL_FROM if normalisation == "rivals" else None
    matcher = ExactMatcher(n_candidates=len(listed), normalisation=normalisation, rival_from=rival_from)
    templates = [Template(vector=scene[0][row], space_id="space") for row in listed]
    matcher.enrol([str(row) for row in listed], templates)
    found = matcher.search([Template(vector=scene[1][probe], space_id="space")])[0]
    return [(int(row), score) for row, score in zip(found.reference_ids, found.comparison_scores, strict=True)]


@pytest.mark.parametrize("normalisation", ["none", "rivals"])
@pytest.mark.parametrize("size", [1, 3, 4, 12, 29])
def test_searches_of_draws_are_those_of_the_matcher(scene, normalisation, size):
    scoring = RivalScoring(scene[0], K, RIVAL_FROM) if normalisation == "rivals" else None
    drawn = filler_draws(N_LISTED, size, N_DRAWS, 5)
    for columns, found in zip(drawn, search_draws(given_of(scene, scoring), size, N_DRAWS, 5), strict=True):
        for probe, own in enumerate(scene[2][:22]):
            strangers = [row for row in columns.tolist() if row != own]
            top = by_matcher(scene, strangers, probe, normalisation)[0][1] if strangers else -np.inf
            assert found.top_scores[20 + probe] == pytest.approx(top, abs=2e-6)
            if own < 0:
                continue
            ranked = by_matcher(scene, [*strangers, int(own)], probe, normalisation)
            rank = [row for row, _ in ranked].index(own)
            assert found.top_scores[probe] == pytest.approx(ranked[0][1], abs=2e-6)
            assert found.mates.ranks[probe] == rank + 1
            assert found.mates.scores[probe] == pytest.approx(ranked[rank][1], abs=2e-6)
        assert np.isnan(found.top_scores[42])


def test_rivals_take_from_scores_of_these_lists(scene):
    """Else the referee above would show nothing."""
    plain, less = (
        search_draws(given_of(scene, scoring), 12, N_DRAWS, 5)
        for scoring in (None, RivalScoring(scene[0], K, RIVAL_FROM))
    )
    taken = np.concatenate([a.top_scores[:42] - b.top_scores[:42] for a, b in zip(plain, less, strict=True)])
    assert (taken >= -1e-6).all()
    assert (taken > 0.01).mean() > 0.1
    moved = [(a.mates.ranks != b.mates.ranks).sum() for a, b in zip(plain, less, strict=True)]
    assert sum(moved) > 0


def test_blocks_of_passes_change_nothing(scene, monkeypatch):
    given = given_of(scene, RivalScoring(scene[0], K, RIVAL_FROM))
    whole = search_draws(given, 12, 2)
    monkeypatch.setattr("lfr_kit.evaluation.threshold_sweep._BLOCK_BYTES", 4 * N_LISTED * 5)
    for one, other in zip(whole, search_draws(given, 12, 2), strict=True):
        np.testing.assert_allclose(one.top_scores, other.top_scores, atol=2e-6)
        np.testing.assert_array_equal(one.mates.ranks, other.mates.ranks)


def test_rivals_without_whose_reference_is_whose_are_refused(scene):
    with pytest.raises(RecordError, match="need both"):
        SweepInput(scene[2], np.zeros(23), np.zeros((23, 30), np.float32), 30, RivalScoring(scene[0], 3, 0.8))
