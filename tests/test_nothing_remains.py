"""After passers-by went past the real pipeline, nothing of them is left: not in memory, not on disk.

Run in a process of its own, whose home, temporary and working folders are watched, and in which every
file that Python opens for writing is noted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import gc, json, os, sys, weakref
opened = []
def note(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and not str(path).startswith("/dev/"):
            opened.append(str(path))
import numpy as np
from lfr_kit import Pipeline, open_source
from lfr_kit.records import BestShot, Frame, Template

pipeline = Pipeline.from_settings(threshold=1.0 if sys.argv[1] == "nobody" else -1.0)
rng = np.random.default_rng(0)
vectors = rng.standard_normal((50, pipeline.embedder.dimension)).astype(np.float32)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
people = [Template(vector=v, space_id=pipeline.embedder.space_id) for v in vectors]
pipeline.matcher.enrol([f"person {i}" for i in range(50)], people)
del people

born = []
for record in (Frame, BestShot, Template):
    def remember(self, _init=record.__init__, **fields):
        born.append(weakref.ref(self))
        _init(self, **fields)
    record.__init__ = remember
sys.addaudithook(note)
source = open_source("walkthrough", seconds=6.0)
alerts = list(pipeline.run(source))
gc.collect()
alive = [type(ref()).__name__ for ref in born if ref() is not None]
print(json.dumps({"born": len(born), "alive": alive, "opened": opened, "alerts": len(alerts),
                  "seen": pipeline.statistics.faces_seen}))
"""


def run(case: str, home: Path) -> dict:
    watched = {name: str(home) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    environment = {
        **os.environ,
        **watched,
        "LFR_MODELS_DIR": str(models_dir()),
        "LFR_CACHE_DIR": str(home.parent / "cache"),
    }
    done = subprocess.run(
        [sys.executable, "-c", RUN, case], cwd=home, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def models_dir() -> Path:
    from lfr_kit.config import settings

    return settings().models_dir


@pytest.fixture
def home(tmp_path) -> Path:
    """A watched folder, beside a cache of converted networks that a run before has filled."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_passers_by_leave_nothing_in_memory_and_no_file(home):
    run("nobody", home)
    cached = sorted(p for p in (home.parent / "cache").rglob("*") if p.is_file())
    left = run("nobody", home)
    assert left["seen"] >= 2
    assert left["alerts"] == 0
    assert left["born"] > 150 + left["seen"], "frames, shots and templates were really made"
    assert left["alive"] == []
    assert left["opened"] == []
    assert [p for p in home.rglob("*") if p.is_file()] == []
    assert sorted(p for p in (home.parent / "cache").rglob("*") if p.is_file()) == cached


def test_alerted_faces_are_all_that_stays_alive(home):
    left = run("everybody", home)
    assert left["alerts"] >= 1
    assert sorted(set(left["alive"])) == ["BestShot"]
    assert len(left["alive"]) == left["alerts"]
