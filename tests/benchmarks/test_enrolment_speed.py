"""The rows of the import benchmark, with stages that need no weights; nothing of it is left behind."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime

import pytest
from painted_photos import save

from lfr_kit.benchmarks.enrolment_speed import EnrolmentPlan, bench_enrolment, rehearsal_authority
from lfr_kit.config import settings


@pytest.fixture
def scripted(monkeypatch):
    for stage, name in (("DETECTOR", "scripted"), ("EMBEDDER", "scripted"), ("REFERENCE_GATE", "open")):
        monkeypatch.setenv(f"LFR_{stage}__NAME", name)
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_bench_imports_every_picture_and_leaves_nothing(scripted, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    for number in range(5):
        save(tmp_path / "in" / f"{number}.png", number)
    save(tmp_path / "in" / "nobody.png", n_faces=0)
    ticks = []
    rows = bench_enrolment(EnrolmentPlan(tmp_path / "in", rounds=2), progress=lambda: ticks.append(1))
    assert [row["name"] for row in rows] == [
        "pictures imported",
        "the same pictures again, unchanged",
        "peak memory",
    ]
    assert rows[0]["outcomes"] == {"enrolled": 5, "failed": 1}
    assert rows[0]["unit"] == "pictures/s"
    assert rows[0]["rounds"] == 2
    assert len(ticks) == 12
    assert list((tmp_path / "temp").iterdir()) == []


def test_rehearsal_authority_names_no_place_that_is_real():
    plan = rehearsal_authority("scripted:x", datetime(2026, 5, 4, 9, tzinfo=UTC))
    assert plan.place == "benchmark place"
    assert plan.camera_ids == ("none",)
