"""The brother problem. Referee: every pair compared one by one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from lfr_kit.errors import SettingError
from lfr_kit.governance import alike
from lfr_kit.governance.alike import (
    AlikeKind,
    clearly_different_below,
    find_alike,
    find_differing,
)
from lfr_kit.matching.one_person import verification_threshold


def faces(n, length=16, seed=3):
    vectors = np.random.default_rng(seed).normal(size=(n, length)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def one_by_one(owners, vectors, threshold):
    best = {}
    for i, j in combinations(range(len(owners)), 2):
        if owners[i] != owners[j]:
            pair = tuple(sorted((owners[i], owners[j])))
            score = float(vectors[i] @ vectors[j])
            if score >= threshold:
                best[pair] = max(score, best.get(pair, -2))
    return best


@pytest.mark.parametrize("block", [1, 7, 1024])
@pytest.mark.parametrize("threshold", [0.3, 0.6, -1.0])
def test_find_alike_finds_what_one_by_one_finds(monkeypatch, block, threshold):
    monkeypatch.setattr(alike, "_BLOCK_ROWS", block)
    owners = [f"E-{i % 23:02d}" for i in range(60)]
    vectors = faces(60)
    pairs, n = find_alike(owners, vectors, threshold)
    expected = one_by_one(owners, vectors, threshold)
    assert {(pair.entry_id, pair.other_entry_id): pytest.approx(pair.similarity, abs=1e-5) for pair in pairs} == (
        expected
    )
    assert n == len(expected)
    assert [pair.similarity for pair in pairs] == sorted((pair.similarity for pair in pairs), reverse=True)


def test_find_alike_pictures_of_one_person_are_no_pair():
    vectors = faces(1).repeat(3, axis=0)
    assert find_alike(["E-1", "E-1", "E-1"], vectors, 0.5) == ([], 0)


def test_find_alike_twins_are_found_whatever_the_order():
    vectors = faces(3)
    vectors[2] = vectors[0]
    (pair,), n = find_alike(["E-9", "E-5", "E-1"], vectors, 0.99)
    assert (pair.entry_id, pair.other_entry_id, pair.kind, n) == ("E-1", "E-9", AlikeKind.LOOK_ALIKE, 1)
    assert pair.similarity == pytest.approx(1.0, abs=1e-6)
    assert pair.similarity <= 1.0


def test_find_alike_keeps_the_most_alike_and_counts_all():
    owners, vectors = [f"E-{i:03d}" for i in range(40)], faces(40)
    every, n = find_alike(owners, vectors, 0.0)
    some, n_of_some = find_alike(owners, vectors, 0.0, most=5)
    assert some == every[:5]
    assert n_of_some == n == len(every) > 5


@pytest.mark.parametrize("n", [0, 1])
def test_find_alike_nobody_to_compare_gives_nothing(n):
    assert find_alike(["E-1"][:n], faces(n) if n else np.zeros((0, 1), np.float32), 0.5) == ([], 0)


@pytest.mark.parametrize("threshold", [-1.1, 1.1, float("nan")])
def test_find_alike_threshold_that_is_no_cosine_is_refused(threshold):
    with pytest.raises(SettingError, match="cosine"):
        find_alike(["E-1"], faces(1), threshold)


def test_find_alike_threshold_that_everybody_reaches_is_refused_before_memory_is_gone(monkeypatch):
    monkeypatch.setattr(alike, "_TOO_MANY", 100)
    with pytest.raises(SettingError, match="more than 100 pairs"):
        find_alike([f"E-{i}" for i in range(40)], faces(40), -1.0)


def test_verification_threshold_by_space():
    assert verification_threshold("facenet:12345678:keypoints-mesh.v1") == 0.45
    assert 0.9 < verification_threshold("dlib_resnet:55533b28:keypoints-mesh.v1") < 0.95
    with pytest.raises(SettingError, match="--threshold"):
        verification_threshold("scripted:colour-grid-4.v1")


def test_find_differing_names_whose_two_least_alike_pictures_fall_below():
    east, north = np.eye(2, dtype=np.float32)
    between = ((east + north) / np.sqrt(2)).astype(np.float32)
    owners = ["a", "b", "a", "b", "c", "b"]
    vectors = np.stack([east, east, between, between, north, north])
    assert find_differing(owners, vectors, 0.7) == {"b": pytest.approx(0.0)}
    assert find_differing(owners, vectors, 0.8) == {"a": pytest.approx(2**-0.5), "b": pytest.approx(0.0)}
    assert find_differing(owners, vectors, -1.0) == {}
    assert find_differing([], np.zeros((0, 1), np.float32), 0.7) == {}


@pytest.mark.parametrize(("space_id", "known"), [("dlib_resnet-x", True), ("facenet-x", True), ("other", False)])
def test_clearly_different_lies_below_the_threshold_where_one_is_known(space_id, known):
    below = clearly_different_below(space_id)
    assert below == -1.0 or below < verification_threshold(space_id)
    assert (below > -1.0) is known
