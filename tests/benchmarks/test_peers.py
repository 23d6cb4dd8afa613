"""Referee: a peer written here, which answers what these tests know beforehand. Nothing is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lfr_kit.benchmarks import peer_worker, peers
from lfr_kit.config import settings
from lfr_kit.errors import MissingDependencyError, UnknownAlgorithmError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_CACHE_DIR", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """A worker whose peer adds up arrays, prints nonsense, fails and dies on request."""
    script = tmp_path / "worker.py"
    script.write_text(
        f"""
import os, sys
sys.path.insert(0, {str(Path(peer_worker.__file__).parent)!r})
import peer_worker

class Adder:
    def add(self, arrays):
        print("chatter on standard output")
        return [float(a.sum()) for a in arrays]
    def fail(self):
        raise ValueError("no such face")
    def die(self):
        print("last words", file=sys.stderr, flush=True)
        os._exit(3)

peer_worker._PEERS["adder"] = Adder
peer_worker.main(sys.argv[1], sys.stdin)
"""
    )
    monkeypatch.setattr(peers, "_WORKER", script)
    with peers.PeerWorker("adder", Path(sys.executable)) as running:
        yield running


def test_ask_arrays_arrive_whole_and_chatter_does_no_harm(worker):
    a = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    b = np.asfortranarray(np.linspace(-1, 2, 6, dtype=np.float32).reshape(2, 3))
    assert worker.ask("add", arrays=[a, b]) == pytest.approx([a.sum(), b.sum()])


def test_timed_gives_both_clocks(worker):
    sample = worker.timed("add", 5, arrays=[np.zeros(3)])
    assert sample.n_items == 5
    assert sample.wall_s >= 0


def test_ask_failure_says_what_the_peer_said_and_the_worker_lives_on(worker):
    with pytest.raises(MissingDependencyError, match="peer adder: fail failed: ValueError: no such face"):
        worker.ask("fail")
    with pytest.raises(MissingDependencyError, match="AttributeError"):
        worker.ask("unknown")
    assert worker.ask("add", arrays=[]) == []


def test_ask_death_gives_the_last_words(worker):
    with pytest.raises(MissingDependencyError, match="last words"):
        worker.ask("die")
    with pytest.raises(MissingDependencyError, match="peer adder"):
        worker.ask("add", arrays=[])


def test_close_ends_the_process(worker):
    worker.close()
    assert worker._process.returncode == 0


def test_install_peer_unknown_name_lists_the_right_ones(cache):
    with pytest.raises(UnknownAlgorithmError, match="face_recognition, facenet_pytorch, mediapipe"):
        peers.install_peer("insightface")


def test_install_peer_makes_an_environment_of_its_own_once(cache, monkeypatch):
    monkeypatch.setitem(peers.PEERS, "mediapipe", peers.Peer(("wanted>=1",), ("bare==2",)))
    ran, told = [], []
    monkeypatch.setattr(peers, "_call", lambda command, name: ran.append(command[1:]) or made(command))

    def made(command):
        if "venv" in command:
            Path(command[-1]).mkdir(parents=True, exist_ok=True)

    python = peers.install_peer("mediapipe", tell=told.append)
    place = cache / "peers" / "mediapipe"
    assert place in python.parents
    assert ran[0] == ["-m", "venv", "--clear", str(place)]
    assert [command[-1] for command in ran[1:]] == ["wanted>=1", "bare==2"]
    assert ["--no-deps" in command for command in ran[1:]] == [False, True]
    assert "installing mediapipe" in told[0]
    ran.clear()
    assert peers.install_peer("mediapipe") == python
    assert ran == []
    monkeypatch.setitem(peers.PEERS, "mediapipe", peers.Peer(("wanted>=2",)))
    peers.install_peer("mediapipe")
    assert [command[-1] for command in ran[1:]] == ["wanted>=2"]


def test_install_peer_failure_is_named_and_tried_again_next_time(cache, monkeypatch):
    def no_network(command, **_):
        return subprocess.CompletedProcess(command, 1, "", "WARNING: slow\nERROR: no such package\n")

    monkeypatch.setattr(subprocess, "run", no_network)
    for _ in range(2):
        with pytest.raises(MissingDependencyError, match=r"peer facenet_pytorch.*no such package.*without --peer"):
            peers.install_peer("facenet_pytorch")


def test_worker_environment_leaves_our_packages_out(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/ours")
    assert "PYTHONPATH" not in peers._environment()


def test_worker_line_is_plain_json():
    line = json.loads(json.dumps({"a": np.zeros((1, 2), np.uint8), "p": Path("x")}, default=peers._packed))
    assert line == {"a": {"base64": "AAA=", "shape": [1, 2], "dtype": "uint8"}, "p": "x"}
