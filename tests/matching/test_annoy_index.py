"""The approximate index: against numpy where it answers, and its files against everything that can befall them."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfr_kit.errors import (
    IndexFileError,
    IndexRecallError,
    OutputError,
    ReferenceConflictError,
    SettingError,
    SpaceMismatchError,
)
from lfr_kit.matching import annoy_index
from lfr_kit.matching.annoy_forest import build_forest
from lfr_kit.matching.annoy_index import AnnoyIndexMatcher
from lfr_kit.records import Template

N, D = 400, 16


def unit_vectors(n=N, d=D, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, d))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def templates(vectors, space_id="plane"):
    return [Template(vector=vector, space_id=space_id) for vector in vectors]


def ids_of(n=N):
    return [f"person {i}" for i in range(n)]


def built(**changes) -> AnnoyIndexMatcher:
    """An index over N references: the buffer is too small for them."""
    matcher = AnnoyIndexMatcher(**{"largest_buffer": 50, "n_probes": 200, "n_trees": 20, **changes})
    matcher.enrol(ids_of(), templates(unit_vectors()))
    return matcher


def first(matcher, vector):
    return matcher.search(templates([vector]))[0].reference_ids[:1]


def test_index_finds_the_reference_numpy_finds():
    matcher, probes = built(), unit_vectors(300, seed=3)
    expected = [f"person {i}" for i in (probes @ unit_vectors().T).argmax(axis=1)]
    found = [candidates.reference_ids[0] for candidates in matcher.search(templates(probes))]
    assert np.mean([a == b for a, b in zip(found, expected, strict=True)]) >= 0.99


def test_index_similarities_equal_the_double_precision_product():
    matcher, probe = built(n_candidates=8), unit_vectors(1, seed=3)[0]
    found = matcher.search(templates([probe]))[0]
    rows = [int(key.split()[1]) for key in found.reference_ids]
    np.testing.assert_allclose(found.similarities, unit_vectors()[rows].astype(float) @ probe, atol=1e-6)
    assert (np.diff(found.similarities) <= 0).all()


def test_index_recall_is_the_share_numpy_counts():
    """On probes of our own making: references moved to a cosine of 0.7."""
    matcher, vectors = built(n_probes=1000), unit_vectors()
    assert matcher.recall >= 0.999
    random = np.random.default_rng(77)
    rows = random.integers(0, N, 1000)
    aside = random.normal(size=(1000, D))
    aside -= (aside * vectors[rows]).sum(axis=1, keepdims=True) * vectors[rows]
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    probes = np.asarray(0.7 * vectors[rows] + np.sqrt(1 - 0.49) * aside, np.float32)
    expected = (probes @ vectors.T).argmax(axis=1)
    found = [int(c.reference_ids[0].split()[1]) for c in matcher.search(templates(probes))]
    assert np.mean(found == expected) >= 0.995


@settings(max_examples=25, deadline=None)
@given(gone=st.lists(st.integers(0, N - 1), unique=True, max_size=N), extra=st.integers(0, 40))
def test_search_after_withdrawals_and_additions_equals_numpy_over_who_is_left(gone, extra):
    matcher = built(n_candidates=3)
    matcher.withdraw([f"person {row}" for row in gone])
    added = unit_vectors(extra, seed=9)
    matcher.enrol([f"new {i}" for i in range(extra)], templates(added))
    left = [row for row in range(N) if row not in set(gone)]
    keys = [f"person {row}" for row in left] + [f"new {i}" for i in range(extra)]
    assert len(matcher) == len(keys)
    probe = unit_vectors(1, seed=len(gone))[0]
    found = matcher.search(templates([probe]))[0]
    assert set(found.reference_ids) <= set(keys)
    cosines = np.concatenate([unit_vectors()[left], added]) @ probe
    buffered = {key: cosine for key, cosine in zip(keys, cosines, strict=True) if key.startswith("new")}
    best = sorted(cosines.tolist(), reverse=True)[:3]
    assert len(found) == len(best)
    # The buffer is searched exactly: whoever of it belongs in the list is in it.
    assert {key for key, cosine in buffered.items() if best and cosine > best[-1] + 1e-6} <= set(
        found.reference_ids
    )


def test_everybody_near_withdrawn_crowds_nobody_out():
    matcher, probe = built(n_candidates=5), unit_vectors(1, seed=3)[0]
    order = np.argsort(-(unit_vectors() @ probe))
    matcher.withdraw([f"person {row}" for row in order[:-5]])
    assert set(matcher.search(templates([probe]))[0].reference_ids) == {f"person {row}" for row in order[-5:]}


def test_withdrawn_crowd_around_the_probe_does_not_empty_the_list():
    """A hundred lookalikes are withdrawn: what little the index looks at is all of them."""
    crowd = np.eye(1, D) + 0.02 * unit_vectors(100, seed=4)
    crowd /= np.linalg.norm(crowd, axis=1, keepdims=True)
    matcher = AnnoyIndexMatcher(largest_buffer=50, n_probes=50, n_trees=2, min_recall=0.01)
    others = unit_vectors(300)
    matcher.enrol([f"twin {i}" for i in range(100)] + ids_of(300), templates(np.concatenate([crowd, others])))
    assert matcher.search_k < 50
    matcher.withdraw([f"twin {i}" for i in range(100)])
    found = matcher.search(templates(np.eye(1, D)))[0]
    assert len(found) == 5
    assert all(key.startswith("person") for key in found.reference_ids)


def test_enrol_beyond_the_buffer_builds_and_within_it_does_not():
    matcher = AnnoyIndexMatcher(largest_buffer=50, n_probes=100)
    matcher.enrol(ids_of(50), templates(unit_vectors(50)))
    assert matcher.recall is None
    matcher.enrol(["one more"], templates(unit_vectors(1, seed=5)))
    assert matcher.recall >= 0.999
    assert first(matcher, unit_vectors(1, seed=5)[0]) == ("one more",)
    assert len(matcher) == 51


def test_rebuild_keeps_who_is_enrolled_and_empties_the_buffer():
    matcher = built()
    vectors = unit_vectors(2, seed=5)
    matcher.withdraw(["person 1", "person 2"])
    matcher.enrol(["new 0", "person 1"], templates(vectors))
    matcher.rebuild()
    assert len(matcher) == N
    assert len(matcher._buffer) == 0
    assert [first(matcher, v) for v in vectors] == [("new 0",), ("person 1",)]
    assert first(matcher, unit_vectors()[2]) != ("person 2",)
    assert first(matcher, unit_vectors()[3]) == ("person 3",)


def test_index_that_misses_too_many_is_refused_and_nobody_added():
    matcher = AnnoyIndexMatcher(largest_buffer=50, n_trees=1, largest_search_k=1, n_probes=200)
    with pytest.raises(IndexRecallError, match="more trees"):
        matcher.enrol(ids_of(), templates(unit_vectors()))
    assert len(matcher) == 0


def test_rebuild_that_fails_serves_on_with_what_was_there():
    matcher = AnnoyIndexMatcher(largest_buffer=1000, n_trees=1, largest_search_k=1, n_probes=200)
    matcher.enrol(ids_of(), templates(unit_vectors()))
    with pytest.raises(IndexRecallError):
        matcher.rebuild()
    assert first(matcher, unit_vectors()[7]) == ("person 7",)


@pytest.mark.parametrize("key", ["person 3", "new"])
def test_enrol_of_an_id_in_index_or_buffer_is_refused(key):
    matcher = built()
    matcher.enrol(["new"], templates(unit_vectors(1, seed=5)))
    with pytest.raises(ReferenceConflictError, match=key):
        matcher.enrol(["another", key], templates(unit_vectors(2, seed=6)))
    assert len(matcher) == N + 1


def test_enrol_of_another_space_beside_an_index_is_refused():
    with pytest.raises(SpaceMismatchError):
        built().enrol(["new"], templates(unit_vectors(1), "other"))


def test_cohort_normalisation_equals_that_of_the_exact_matcher():
    from lfr_kit.matching.exact import ExactMatcher

    chosen = {"normalisation": "cohort", "cohort": unit_vectors(60, seed=8), "n_candidates": 3}
    exact, index = ExactMatcher(**chosen), built(**chosen)
    exact.enrol(ids_of(), templates(unit_vectors()))
    for matcher in (exact, index):
        matcher.withdraw(["person 3"])
        matcher.enrol(["new"], templates(unit_vectors(1, seed=5)))
    probes = templates(np.concatenate([unit_vectors(8, seed=3), unit_vectors(1, seed=5)]))
    for a, b in zip(exact.search(probes), index.search(probes), strict=True):
        assert a.reference_ids[0] == b.reference_ids[0]
        assert a.comparison_scores[0] == pytest.approx(b.comparison_scores[0], rel=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_candidates": 0},
        {"normalisation": "watchlist"},
        {"is_prebuilt": True},
        {"n_trees": 0},
        {"min_recall": 0},
        {"no_such": 1},
    ],
)
def test_setting_out_of_range_is_refused(wrong):
    with pytest.raises(SettingError):
        AnnoyIndexMatcher(**wrong)


# ------------------------------------------------------------------------------------------- files


def test_nothing_is_written_unless_a_path_is_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    built()
    assert list(tmp_path.iterdir()) == []


def test_files_are_readable_by_the_owner_alone_and_state_the_recall(tmp_path):
    matcher = built(index_path=tmp_path / "list.json")
    files = sorted(tmp_path.iterdir())
    assert [file.suffix for file in files] == [".ann", ".json"]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert json.loads(files[1].read_text())["recall_at_1"] == matcher.recall


def test_another_process_finds_the_same(tmp_path):
    path = tmp_path / "list.json"
    probe = unit_vectors(1, seed=3)[0]
    ours = built(index_path=path).search(templates([probe]))[0].reference_ids
    code = (
        "import sys, numpy as np; from lfr_kit.registry import create; from lfr_kit.records import Template;"
        "matcher = create('matcher', 'annoy_index', index_path=sys.argv[1], is_prebuilt=True);"
        "probe = Template(vector=np.array(eval(sys.argv[2]), np.float32), space_id='plane');"
        "print(matcher.search([probe])[0].reference_ids)"
    )
    argv = [sys.executable, "-c", code, str(path), str(probe.tolist())]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip() == str(ours)


def test_withdrawal_is_obeyed_by_who_shares_the_file_and_after_a_restart(tmp_path):
    path, vectors = tmp_path / "list.json", unit_vectors()
    one = built(index_path=path)
    two = AnnoyIndexMatcher(index_path=path, is_prebuilt=True)
    one.withdraw(["person 4"])
    two.withdraw(["person 5"])
    three = AnnoyIndexMatcher(index_path=path, is_prebuilt=True)
    for matcher in (one, two, three):
        assert first(matcher, vectors[4]) != ("person 4",)
        assert first(matcher, vectors[5]) != ("person 5",)
        assert len(matcher) == N - 2


def found_by_anybody(path, key, *matchers):
    """Whether one of the matchers, or one that starts now, finds a reference by its own vector."""
    vector = dict(zip(ids_of(), unit_vectors(), strict=True))[key]
    started = AnnoyIndexMatcher(index_path=path, is_prebuilt=True)
    return any(first(matcher, vector) == (key,) for matcher in (*matchers, started))


def test_withdrawal_while_another_process_builds_is_not_lost(tmp_path, monkeypatch):
    path = tmp_path / "list.json"
    one = built(index_path=path)
    two = AnnoyIndexMatcher(index_path=path, is_prebuilt=True)

    def slow_build(*arguments):
        two.withdraw(["person 5"])
        return build_forest(*arguments)

    monkeypatch.setattr(annoy_index, "build_forest", slow_build)
    one.withdraw(["person 3"])
    one.enrol(["person 3"], templates(unit_vectors()[3:4]))
    one.rebuild()
    assert not found_by_anybody(path, "person 5", one, two)
    assert found_by_anybody(path, "person 3")


def test_withdrawal_and_rebuild_by_another_process_while_one_builds_are_not_undone(tmp_path, monkeypatch):
    path = tmp_path / "list.json"
    one = built(index_path=path)
    two = AnnoyIndexMatcher(index_path=path, is_prebuilt=True, n_probes=200, n_trees=20)

    def slow_build(*arguments):
        monkeypatch.setattr(annoy_index, "build_forest", build_forest)
        two.withdraw(["person 5"])
        two.rebuild()
        return build_forest(*arguments)

    monkeypatch.setattr(annoy_index, "build_forest", slow_build)
    one.rebuild()
    assert not found_by_anybody(path, "person 5", one, two)


def test_withdrawal_by_another_process_is_obeyed_by_an_enrolment_that_builds(tmp_path):
    path = tmp_path / "list.json"
    one = built(index_path=path)
    AnnoyIndexMatcher(index_path=path, is_prebuilt=True).withdraw(["person 5"])
    one.enrol([f"new {i}" for i in range(60)], templates(unit_vectors(60, seed=9)))
    assert not found_by_anybody(path, "person 5", one)
    assert len(one) == N - 1 + 60


@pytest.mark.skipif(sys.platform == "win32", reason="no such lock there")
def test_two_processes_withdrawing_at_once_lose_neither(tmp_path, monkeypatch):
    path = tmp_path / "list.json"
    one = built(index_path=path)
    two = AnnoyIndexMatcher(index_path=path, is_prebuilt=True)
    other = Thread(target=two.withdraw, args=[["person 5"]])
    write = annoy_index.write_manifest

    def write_late(*arguments):
        monkeypatch.setattr(annoy_index, "write_manifest", write)
        other.start()
        other.join(0.5)
        write(*arguments)

    monkeypatch.setattr(annoy_index, "write_manifest", write_late)
    one.withdraw(["person 4"])
    other.join()
    assert set(json.loads(path.read_text())["withdrawn"]) == {"person 4", "person 5"}


def test_index_whose_file_is_gone_serves_nobody_however_often_it_is_asked(tmp_path):
    path = tmp_path / "list.json"
    matcher = built(index_path=path)
    path.unlink()
    for _ in range(2):
        with pytest.raises(IndexFileError):
            first(matcher, unit_vectors()[0])


def test_rebuild_leaves_no_template_of_the_withdrawn_on_disk(tmp_path):
    path = tmp_path / "list.json"
    matcher = built(index_path=path)
    needle = unit_vectors()[4].tobytes()
    assert any(needle in file.read_bytes() for file in tmp_path.iterdir())
    matcher.withdraw(["person 4"])
    matcher.rebuild()
    assert len(list(tmp_path.iterdir())) == 2
    assert not any(needle in file.read_bytes() for file in tmp_path.iterdir())
    assert "person 4" not in json.loads(path.read_text())["reference_ids"]


def test_rebuild_with_nobody_left_deletes_the_files(tmp_path):
    matcher = built(index_path=tmp_path / "list.json")
    matcher.withdraw(ids_of())
    assert len(matcher.search(templates(unit_vectors(1)))[0]) == 0
    matcher.rebuild()
    assert list(tmp_path.iterdir()) == []


def truncate(trees: Path, manifest: Path):
    trees.write_bytes(trees.read_bytes()[:-1000])


def flip(trees: Path, manifest: Path):
    content = bytearray(trees.read_bytes())
    content[len(content) // 2] ^= 1
    trees.write_bytes(content)


def lose_trees(trees: Path, manifest: Path):
    trees.unlink()


def lose_manifest(trees: Path, manifest: Path):
    manifest.unlink()


def cut_manifest(trees: Path, manifest: Path):
    manifest.write_bytes(manifest.read_bytes()[:-20])


def rename_somebody(trees: Path, manifest: Path):
    manifest.write_text(manifest.read_text().replace("person 17", "person 71x"))


def empty_manifest(trees: Path, manifest: Path):
    manifest.write_bytes(b"")


def point_elsewhere(trees: Path, manifest: Path):
    manifest.write_text(manifest.read_text().replace(trees.name, "../../etc/hostname"))


@pytest.mark.parametrize(
    "damage",
    [
        truncate,
        flip,
        lose_trees,
        lose_manifest,
        cut_manifest,
        rename_somebody,
        empty_manifest,
        point_elsewhere,
    ],
    ids=lambda f: f.__name__,
)
def test_damaged_index_is_refused(tmp_path, damage):
    path = tmp_path / "list.json"
    built(index_path=path)
    damage(next(tmp_path.glob("*.ann")), path)
    with pytest.raises(IndexFileError, match=r"build|absent|rebuild"):
        AnnoyIndexMatcher(index_path=path, is_prebuilt=True)


def test_index_measured_below_what_is_asked_for_is_refused(tmp_path):
    path = tmp_path / "list.json"
    weak = {"n_trees": 1, "min_recall": 0.3, "largest_search_k": 30}
    assert built(index_path=path, **weak).recall < 0.999
    with pytest.raises(IndexRecallError, match=r"0\.999"):
        AnnoyIndexMatcher(index_path=path, is_prebuilt=True)


def test_index_that_cannot_be_written_leaves_the_old_one_and_nobody_added(tmp_path, monkeypatch):
    path = tmp_path / "list.json"
    matcher = built(index_path=path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def no_room(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", no_room)
    with pytest.raises(OutputError, match="No space left"):
        matcher.enrol([f"new {i}" for i in range(60)], templates(unit_vectors(60, seed=5)))
    assert len(matcher) == N
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_index_in_a_folder_that_is_not_there_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="index_path"):
        built(index_path=tmp_path / "nowhere" / "list.json")
