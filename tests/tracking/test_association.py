"""Assignment, against trying every pairing."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lfr_kit.tracking.association import Gate, assign, likeness

SHAPES = st.tuples(st.integers(0, 4), st.integers(0, 4))
SCORES = hnp.arrays(np.float64, SHAPES, elements=st.sampled_from([0.0, 0.0, 0.2, 0.5, 0.7, 0.95]))


def best_by_trying(scores):
    """Most pairs, then the largest total, over every pairing."""
    n, m = scores.shape
    padded = np.zeros((max(n, m), max(n, m)))
    padded[:n, :m] = scores
    totals = []
    for columns in permutations(range(len(padded))):
        chosen = padded[range(len(padded)), columns]
        totals.append(((chosen > 0).sum(), chosen.sum()))
    return max(totals, default=(0, 0.0))


@settings(deadline=None)
@given(scores=SCORES)
def test_assign_finds_the_best_pairing_and_no_forbidden_pair(scores):
    rows, columns = assign(scores)
    assert len(set(rows)) == len(rows) == len(set(columns))
    assert (scores[rows, columns] > 0).all()
    count, total = best_by_trying(scores)
    assert (len(rows), scores[rows, columns].sum()) == (count, pytest.approx(total))


def test_likeness_is_zero_for_another_size_or_place():
    track = np.array([[100, 100, 140, 140.0]])
    seen = np.array([[104, 100, 144, 140.0], [100, 100, 220, 220.0], [300, 100, 340, 140.0]])
    found = likeness(track, seen, np.array([0.0]), Gate(min_iou=0.1, max_size_ratio=2.0))
    assert found[0].tolist() == [pytest.approx(36 / 44), 0, 0]


def test_likeness_reaches_further_with_a_buffer():
    track, seen = np.array([[100, 100, 140, 140.0]]), np.array([[145, 100, 185, 140.0]])
    gate = Gate(min_iou=0.1, max_size_ratio=2.0)
    assert likeness(track, seen, np.array([0.0]), gate).item() == 0
    # Both 72 wide after buffering, 45 apart: (72 - 45) / (72 + 45).
    assert likeness(track, seen, np.array([0.4]), gate).item() == pytest.approx(27 / 117)
