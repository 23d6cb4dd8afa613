"""Measuring and tuning an approximate search, on one whose misses are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfr_kit.errors import IndexRecallError
from lfr_kit.matching.index_recall import best_similarities, perturbed, recall_at_1, tuned_search_k


def unit_vectors(n, d=8, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, d))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def index_needing(efforts, probes):
    """Finds the best of probe i only with at least efforts[i]; the first number of a probe is its row."""
    rows = {probe.tobytes(): i for i, probe in enumerate(probes)}
    return lambda probe, effort: 1.0 if effort >= efforts[rows[probe.tobytes()]] else 0.0


@settings(deadline=None, max_examples=60)
@given(
    efforts=st.lists(st.integers(1, 5000), min_size=1, max_size=30),
    min_recall=st.sampled_from([0.5, 0.9, 1.0]),
)
def test_tuned_effort_reaches_the_recall_and_a_fifth_less_does_not(efforts, min_recall):
    probes = unit_vectors(len(efforts))
    find, best = index_needing(efforts, probes), np.ones(len(efforts), np.float32)
    effort = tuned_search_k(find, probes, best, first=10, largest=10_000, min_recall=min_recall)
    assert recall_at_1(find, effort, probes, best) >= min_recall - 1e-9
    least = sorted(efforts)[int(np.ceil(min_recall * len(efforts) - 1e-9)) - 1]
    assert effort <= max(10, 1.2 * least + 1)


def test_tuning_that_cannot_succeed_says_what_was_reached():
    probes = unit_vectors(10)
    find = index_needing([1] * 9 + [10**9], probes)
    with pytest.raises(IndexRecallError, match=r"0\.9000"):
        tuned_search_k(find, probes, np.ones(10, np.float32), first=10, largest=1000, min_recall=0.95)


@given(similarity=st.floats(0.05, 1), seed=st.integers(0, 20))
def test_perturbed_references_have_the_cosine_asked_for(similarity, seed):
    vectors = unit_vectors(1, seed=1000)
    probes = perturbed(vectors, 20, similarity, seed)
    np.testing.assert_allclose(np.linalg.norm(probes, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(probes @ vectors[0], similarity, atol=1e-4)


def test_best_similarities_equal_the_largest_of_the_full_product():
    probes, vectors = unit_vectors(600, seed=1), unit_vectors(50)
    np.testing.assert_allclose(best_similarities(probes, vectors), (probes @ vectors.T).max(axis=1), atol=1e-6)
