"""Exact search against numpy: whatever is enrolled and withdrawn, the list is the one a full sort gives."""

from __future__ import annotations

from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfr_kit.errors import ReferenceConflictError, SettingError, SpaceMismatchError, UnknownReferenceError
from lfr_kit.matching import exact
from lfr_kit.matching.exact import ExactMatcher
from lfr_kit.matching.ranking import top_rows
from lfr_kit.records import Template


def unit_vectors(n, d, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, d))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def templates(vectors, space_id="plane"):
    return [Template(vector=vector, space_id=space_id) for vector in vectors]


def numpy_search(gallery: dict[str, np.ndarray], probe, n):
    """The referee: a full product in double precision and a full, stable sort."""
    ids = list(gallery)
    cosines = np.array([np.dot(gallery[key].astype(float), probe.astype(float)) for key in ids])
    order = np.argsort(-cosines, kind="stable")[:n]
    return [ids[i] for i in order], cosines[order]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_search_after_any_changes_equals_numpy(data):
    d, n_candidates = data.draw(st.integers(2, 12)), data.draw(st.integers(1, 6))
    pool = unit_vectors(40, d, seed=data.draw(st.integers(0, 99)))
    matcher, gallery, next_id = ExactMatcher(n_candidates=n_candidates), {}, 0
    for _ in range(data.draw(st.integers(1, 6))):
        if gallery and data.draw(st.booleans()):
            gone = data.draw(st.lists(st.sampled_from(sorted(gallery)), unique=True))
            matcher.withdraw(gone)
            gallery = {key: vector for key, vector in gallery.items() if key not in gone}
        else:
            rows = data.draw(st.lists(st.integers(0, 39), max_size=30))
            added = {f"person {next_id + i}": pool[row] for i, row in enumerate(rows)}
            next_id += len(rows)
            matcher.enrol(list(added), templates(added.values()))
            gallery |= added
        probes = pool[data.draw(st.lists(st.integers(0, 39), min_size=1, max_size=3))]
        for probe, found in zip(probes, matcher.search(templates(probes)), strict=True):
            ids, cosines = numpy_search(gallery, probe, n_candidates)
            np.testing.assert_allclose(found.similarities, cosines, atol=1e-6)
            np.testing.assert_array_equal(found.comparison_scores, found.similarities)
            assert list(found.reference_ids) == ids
            assert (len(matcher), found.n_enrolled) == (len(gallery), len(gallery))


def test_search_of_a_long_list_equals_numpy():
    vectors, probes = unit_vectors(5000, 32), unit_vectors(20, 32, seed=1)
    gallery = {str(i): vector for i, vector in enumerate(vectors)}
    matcher = ExactMatcher(n_candidates=7)
    matcher.enrol(list(gallery), templates(vectors))
    batch = matcher.search(templates(probes))
    for probe, found in zip(probes, batch, strict=True):
        assert list(found.reference_ids) == numpy_search(gallery, probe, 7)[0]
        alone = matcher.search(templates([probe]))[0]
        np.testing.assert_array_equal(alone.similarities, found.similarities)


def test_search_with_equal_references_ranks_by_enrolment():
    vector = unit_vectors(1, 128)[0]
    others = unit_vectors(500, 128, seed=1)
    matcher = ExactMatcher(n_candidates=4)
    matcher.enrol(["gone", "zoe"], templates([others[0], vector]))
    matcher.enrol([str(i) for i in range(400)], templates(others[:400]))
    matcher.enrol(["eve", "ada"], templates([vector, vector]))
    matcher.withdraw(["gone"])
    found = matcher.search(templates([vector]))[0]
    assert found.reference_ids[:3] == ("zoe", "eve", "ada")
    assert len(set(found.similarities[:3].tolist())) == 1


def test_withdraw_overwrites_the_vectors():
    matcher = ExactMatcher()
    matcher.enrol(["ada", "bob"], templates(unit_vectors(2, 4)))
    matrix = matcher._gallery._matrix
    matcher.withdraw(["ada", "bob"])
    assert not matrix.any()


def test_withdraw_of_everybody_frees_the_embedding_space():
    matcher = ExactMatcher()
    matcher.enrol(["ada"], templates(unit_vectors(1, 4)))
    matcher.withdraw(["ada"])
    matcher.enrol(["bob"], templates(unit_vectors(1, 7), "other"))
    assert matcher.search(templates(unit_vectors(1, 7), "other"))[0].reference_ids == ("bob",)


def test_enrol_again_after_withdrawal_finds_the_new_template():
    first, second = unit_vectors(2, 8)
    matcher = ExactMatcher()
    matcher.enrol(["ada"], templates([first]))
    matcher.withdraw(["ada"])
    matcher.enrol(["ada"], templates([second]))
    assert matcher.search(templates([second]))[0].similarities[0] == pytest.approx(1)


@pytest.mark.parametrize(
    ("ids", "space_id", "d", "error"),
    [
        (["ada"], "plane", 4, ReferenceConflictError),
        (["bob", "bob"], "plane", 4, ReferenceConflictError),
        (["bob", "eve", "eli"], "plane", 4, ReferenceConflictError),
        (["bob"], "other", 4, SpaceMismatchError),
        (["bob"], "plane", 5, SpaceMismatchError),
    ],
)
def test_enrol_of_what_does_not_fit_adds_nothing(ids, space_id, d, error):
    matcher = ExactMatcher()
    matcher.enrol(["ada"], templates(unit_vectors(1, 4)))
    with pytest.raises(error):
        matcher.enrol(ids, templates(unit_vectors(min(len(ids), 2), d), space_id))
    assert len(matcher) == 1


def test_withdraw_with_one_unknown_withdraws_nobody():
    matcher = ExactMatcher()
    matcher.enrol(["ada"], templates(unit_vectors(1, 4)))
    with pytest.raises(UnknownReferenceError, match="bob"):
        matcher.withdraw(["ada", "bob"])
    assert matcher.search(templates(unit_vectors(1, 4)))[0].reference_ids == ("ada",)


def test_withdrawal_in_the_middle_of_a_search_waits_for_its_end(monkeypatch):
    matcher, everybody = ExactMatcher(n_candidates=1), templates(unit_vectors(30, 16))
    ids = [f"person {i}" for i in range(30)]
    matcher.enrol(ids, everybody)
    other = Thread(target=matcher.withdraw, args=[ids[:15]])

    def top_rows_meanwhile(*arguments):
        monkeypatch.setattr(exact, "top_rows", top_rows)
        rows = top_rows(*arguments)
        other.start()
        other.join(0.3)
        return rows

    monkeypatch.setattr(exact, "top_rows", top_rows_meanwhile)
    assert [found.reference_ids[0] for found in matcher.search(everybody[10:20])] == ids[10:20]
    other.join()
    assert matcher.search(everybody[10:11])[0].reference_ids != ("person 10",)


def test_search_with_a_foreign_probe_names_both_spaces():
    matcher = ExactMatcher()
    matcher.enrol(["ada"], templates(unit_vectors(1, 4)))
    with pytest.raises(SpaceMismatchError, match=r"'other'.*'plane'"):
        matcher.search(templates(unit_vectors(1, 4), "other"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_candidates": 0},
        {"normalisation": "zscore"},
        {"normalisation": "cohort"},
        {"normalisation": "watchlist", "n_impostors": 1},
        {"cohort": unit_vectors(30, 4)},
        {"normalisation": "cohort", "cohort": unit_vectors(5, 4)},
        {"normalisation": "cohort", "cohort": np.ones((30, 4))},
        {"normalisation": "cohort", "cohort": np.full((30, 4), np.nan)},
    ],
)
def test_setting_out_of_range_is_refused(wrong):
    with pytest.raises(SettingError):
        ExactMatcher(**wrong)
