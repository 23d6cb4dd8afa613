"""Referee: numpy for the made-up lists; times are looked at for their shape only."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.benchmarks.matching_speed import MatchingPlan, bench_matching, random_templates
from lfr_kit.errors import SettingError


def test_random_templates_are_distinct_unit_directions_that_repeat():
    ids, templates = random_templates(50, 16, space_id="made")
    vectors = np.array([t.vector for t in templates])
    assert len(set(ids)) == 50
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
    assert (vectors @ vectors.T - np.eye(50)).max() < 0.95
    assert {t.space_id for t in templates} == {"made"}
    assert np.array_equal(vectors[7], random_templates(50, 16)[1][7].vector)


def test_bench_matching_tiny_rows_have_their_shape():
    plan = MatchingPlan(exact_size=(60, 8), approximate_sizes=((300, 8), (400, 8)), n_probes=20, rounds=2)
    rows = bench_matching(plan)
    assert [row["name"] for row in rows] == [
        "exact, 60 x 8, one probe",
        "annoy_index, 300 x 8, one probe",
        "annoy_index, 300 x 8, recall@1",
        "annoy_index, 400 x 8, one probe",
        "annoy_index, 400 x 8, recall@1",
        "annoy_index pays from",
    ]
    assert all({"name", "ours", "peer", "unit", "ratio"} <= row.keys() for row in rows)
    exact, approximate, recall, *_ = rows
    assert exact["peer"] is None
    assert approximate["peer"] > 0
    assert recall["ours"] >= 0.95
    # pays from the smallest size at which it is faster than exact search in every round
    faster = [n for n, row in ((300, rows[1]), (400, rows[3])) if row["ratio_range"][0] > 1]
    assert rows[-1]["ours"] == (min(faster) if faster else None)


def test_bench_matching_without_approximate_sizes_is_exact_only():
    rows = bench_matching(MatchingPlan(exact_size=(30, 4), approximate_sizes=(), n_probes=3, rounds=1))
    assert len(rows) == 1


@pytest.mark.parametrize("wrong", [{"exact_size": (0, 4)}, {"n_probes": 0}, {"approximate_sizes": ((5, 0),)}])
def test_matching_plan_nothing_to_search_is_refused(wrong):
    with pytest.raises(SettingError):
        MatchingPlan(**wrong)
