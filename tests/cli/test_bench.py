"""Referee: the keys the house has fixed; benchmarks themselves are tested in tests/benchmarks."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest
from typer.testing import CliRunner

from lfr_kit.benchmarks import detection_speed, embedding_speed, peers, starting_speed, store_speed, video_speed
from lfr_kit.cli.bench import app

ROW = {"name": "x", "ours": 2.0, "peer": 8.0, "unit": "ms per face", "ratio": 4.0, "ratio_range": [3.0, 5.0]}


class FakePeer:
    started: ClassVar[list[str]] = []

    def __init__(self, name, **_):
        self.name = name

    def __enter__(self):
        self.started.append(self.name)
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture(autouse=True)
def no_peer_is_installed(monkeypatch):
    FakePeer.started.clear()
    monkeypatch.setattr(peers, "start_peer", FakePeer)
    monkeypatch.setattr(peers, "install_peer", lambda name, tell: f"python of {name}")


def asked(*words, status=0):
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == status, done.output
    return json.loads(done.stdout)


def test_match_json_has_the_fixed_keys():
    found = asked("match", "--exact", 50, "--sizes", "", "--rounds", 1, "--json")
    assert found.keys() == {"machine", "rows"}
    assert {"processor", "cores", "precision", "versions"} <= found["machine"].keys()
    assert {"name", "ours", "peer", "unit", "ratio"} <= found["rows"][0].keys()


def test_match_sizes_that_are_no_numbers_are_wrong_usage():
    assert CliRunner().invoke(app, ["match", "--sizes", "many"]).exit_code == 2


def test_embed_hands_its_options_on(monkeypatch):
    seen = {}
    monkeypatch.setattr(
        embedding_speed, "bench_dlib_resnet", lambda plan, peer: seen.update(dlib=(plan, peer)) or [ROW]
    )
    monkeypatch.setattr(
        embedding_speed, "bench_facenet", lambda plan, peer: seen.update(facenet=(plan, peer)) or [ROW]
    )
    found = asked("embed", "--batch", 4, "--rounds", 2, "--peer", "--json")
    assert found["rows"] == [ROW, ROW]
    assert seen["dlib"][0].batch_size == 4
    assert (seen["dlib"][1].name, seen["facenet"][1].name) == ("face_recognition", "facenet_pytorch")
    seen.clear()
    asked("embed", "--network", "dlib_resnet", "--json")
    assert list(seen) == ["dlib"]
    assert seen["dlib"][1] is None


def test_detect_hands_its_options_on(monkeypatch):
    seen = {}
    monkeypatch.setattr(
        detection_speed, "bench_detection", lambda plan, peer: seen.update(p=plan, w=peer) or [ROW]
    )
    asked("detect", "street.mp4", "--frames", 3, "--tile-rows", 1, "--peer", "--json")
    assert (seen["p"].clip, seen["p"].n_frames, seen["p"].rows, seen["w"].name) == (
        "street.mp4",
        3,
        1,
        "mediapipe",
    )


def test_video_hands_its_options_on(monkeypatch):
    seen = {}
    monkeypatch.setattr(video_speed, "bench_video", lambda plan, make, peer: seen.update(p=plan, w=peer) or [ROW])
    asked("video", "street.mp4", "--references", 30, "--detect-every", 2, "--json")
    assert (seen["p"].n_references, seen["p"].detect_every, seen["w"]) == (30, (2,), None)
    asked("video", "--references", "photos/", "--json")
    assert (seen["p"].clip, seen["p"].references, seen["p"].detect_every) == ("walkthrough", "photos/", (1, 3))


def test_store_hands_its_options_on(monkeypatch):
    seen = {}
    monkeypatch.setattr(store_speed, "bench_store", lambda plan, tell: seen.update(p=plan) or [ROW])
    assert asked("store", "--decisions", 7, "--entries", 900, "--references", 30, "--json")["rows"] == [ROW]
    plan = seen["p"]
    assert (plan.n_acts, plan.n_decisions, plan.n_verified, plan.n_appended) == (7, 7, 900, 900)
    assert plan.n_references == 30


@pytest.mark.parametrize(("heavy", "status"), [([], 0), (["torch"], 1)])
def test_import_fails_where_heavy_modules_come_along(monkeypatch, heavy, status):
    monkeypatch.setattr(starting_speed, "bench_starting", lambda *_, **__: [{**ROW, "heavy_modules": heavy}])
    asked("import", "--json", status=status)


def test_without_json_a_table_is_printed(monkeypatch):
    monkeypatch.setattr(
        starting_speed, "bench_starting", lambda *_, **__: [{**ROW, "stage_ms": {"detection": 1.5}}]
    )
    done = CliRunner().invoke(app, ["import"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "ms per face" in " ".join(done.stdout.split())
    assert "detection 1.5" in " ".join(done.stdout.split())
