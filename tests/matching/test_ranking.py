"""The largest of many scores, against a full sort."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lfr_kit.matching.ranking import cosines_of_rows, top_rows

SCORES = hnp.arrays(np.float32, st.integers(0, 700), elements=st.floats(-1, 1, width=32), fill=st.just(0.25))


@settings(max_examples=100, deadline=None)
@given(scores=SCORES, n=st.integers(0, 20))
def test_top_rows_equals_a_full_stable_sort(scores, n):
    np.testing.assert_array_equal(top_rows(scores, n), np.argsort(-scores, kind="stable")[:n])


@given(n=st.integers(1, 30), d=st.integers(1, 40), seed=st.integers(0, 99))
def test_cosines_of_rows_equal_the_double_precision_product(n, d, seed):
    vectors = np.random.default_rng(seed).normal(size=(n + 1, d))
    vectors = np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
    found = cosines_of_rows(vectors[:n], vectors[n])
    np.testing.assert_allclose(found, vectors[:n].astype(float) @ vectors[n].astype(float), atol=1e-6)
    assert np.abs(found).max() <= 1
