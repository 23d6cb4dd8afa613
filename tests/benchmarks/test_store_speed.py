"""Times are looked at for their shape only; what is timed must have been done, and right."""

from __future__ import annotations

import pytest

from lfr_kit.benchmarks.store_scene import OPERATOR, WATCHLIST, open_scene, place
from lfr_kit.benchmarks.store_speed import StorePlan, bench_store
from lfr_kit.config import settings
from lfr_kit.errors import SettingError
from lfr_kit.operations.watchlists import load_gallery
from lfr_kit.store.store import Store


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_CACHE_DIR", str(tmp_path / "cache"))
    settings.cache_clear()
    yield tmp_path / "cache"
    settings.cache_clear()


TINY = StorePlan(n_acts=3, n_decisions=2, n_appended=30, batch=20, n_verified=50, n_references=5, length=8)


def test_bench_store_tiny_rows_have_their_shape_and_nothing_is_left(own_cache):
    steps = []
    rows = bench_store(TINY, steps.append)
    assert [row["name"] for row in rows] == [
        "act to durable commit, p50",
        "act to durable commit, p95",
        "decision on an alert to durable commit, p50",
        "decision on an alert to durable commit, p95",
        "opening a store with 5 people to first search",
        "audit append, 20 at once",
        "audit verify, 52 entries",
    ]
    assert all({"name", "ours", "peer", "unit", "ratio"} <= row.keys() for row in rows)
    assert all(row["ours"] > 0 and row["peer"] is None for row in rows)
    assert rows[4]["is_right"]
    assert rows[6]["is_whole"]
    assert rows[0]["ours"] <= rows[1]["ours"]
    assert sum(steps) == TINY.n_steps
    assert list(own_cache.iterdir()) == []


def test_scene_has_everybody_on_its_list():
    with place() as chosen, Store.create(chosen) as store:
        open_scene(store, 7, 8, lambda _: None)
        gallery = load_gallery(store, OPERATOR, WATCHLIST)
    assert len(gallery.reference_ids) == len(set(gallery.reference_ids)) == 7


@pytest.mark.parametrize("wrong", ["n_acts", "n_appended", "n_references", "length", "batch"])
def test_store_plan_with_nothing_to_do_is_refused(wrong):
    with pytest.raises(SettingError, match=wrong):
        StorePlan(**{wrong: 0})
