"""Referee: sys.modules of a fresh interpreter."""

from __future__ import annotations

import pytest

from lfr_kit.benchmarks import starting_speed
from lfr_kit.benchmarks.starting_speed import bench_starting, heavy_modules
from lfr_kit.errors import OutputError


def test_import_lfr_kit_brings_nothing_heavy():
    assert heavy_modules() == []


def test_heavy_modules_names_those_a_statement_brings():
    assert heavy_modules("import sys; sys.modules['torch'] = sys") == ["torch"]


@pytest.fixture
def peer_python(tmp_path):
    """A Python that cannot import face_recognition, and says nothing of it."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 0\n")
    python.chmod(0o755)
    return python


def test_bench_starting_rows_have_their_shape(monkeypatch, peer_python):
    monkeypatch.setattr(starting_speed, "_FIRST_FRAME", "import sys; assert sys.argv[1] == 'street.mp4'")
    rows = bench_starting("street.mp4", rounds=1, peer_python=peer_python)
    assert [row["name"] for row in rows] == ["import lfr_kit", "lfr --help", "start to first frame"]
    assert [row["peer"] is None for row in rows] == [False, True, True]
    assert rows[0]["heavy_modules"] == []
    assert all(row["unit"] == "s per start" and row["ours"] > 0 for row in rows)


def test_bench_starting_a_process_that_fails_is_named(monkeypatch):
    monkeypatch.setattr(starting_speed, "_IMPORT", "raise ValueError('nothing here')")
    with pytest.raises(OutputError, match="nothing here"):
        bench_starting(rounds=1)
