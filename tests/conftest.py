"""What several rooms' tests share: real footage where it is at hand, and one real face that always is."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from governed import FakeClock, GovernedCommandLine

from lfr_kit.config import StoreSettings, settings


@pytest.fixture(scope="session")
def testdata() -> Path:
    """The folder of real footage named by LFR_TESTDATA; the test is skipped where there is none."""
    folder = os.environ.get("LFR_TESTDATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("needs real footage: set LFR_TESTDATA to its folder")
    return Path(folder)


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """(606, 512, 3) uint8 RGB: Grace Hopper, a public-domain photo that matplotlib ships."""
    from PIL import Image

    path = files("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg"
    with path.open("rb") as file:
        return np.asarray(Image.open(file).convert("RGB"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("real_footage") and not os.environ.get("LFR_TESTDATA"):
        pytest.skip("needs real footage: set LFR_TESTDATA to its folder")


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands at 4 May 2026, 09:00 UTC, until it is advanced."""
    return FakeClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_settings(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSettings:
    """An empty place for a store with a fresh master key, on either database."""
    from lfr_kit.store.key_places import save_master_keys
    from lfr_kit.store.master_key import new_master_keys

    url = f"sqlite:///{tmp_path / 'store' / 'lfr.sqlite'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    chosen = StoreSettings(
        url=url,
        key_file=tmp_path / "keys" / "master.key",
        session_file=tmp_path / "session",
        spool_dir=tmp_path / "spool",
    )
    save_master_keys(new_master_keys(), chosen)
    return chosen


@pytest.fixture(scope="session")
def postgresql_server():
    """A running PostgreSQL server of the tests' own; skipped, with the reason, where none can be had."""
    from postgresql_server import PostgresqlServer, why_not

    if reason := why_not():
        pytest.skip(reason)
    server = PostgresqlServer()
    yield server
    server.remove()


@pytest.fixture
def postgresql_url(postgresql_server):
    """The address of an empty PostgreSQL database."""
    with postgresql_server.empty_database() as url:
        yield url


@pytest.fixture
def store(store_settings: StoreSettings, clock: FakeClock):
    """A fresh open store whose time is `clock`; runs on SQLite and on PostgreSQL."""
    from lfr_kit.store.store import Store

    with Store.create(store_settings, clock) as opened:
        yield opened


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The command line on a fresh SQLite store of its own, see `GovernedCommandLine`."""
    from lfr_kit.store.key_places import save_master_keys
    from lfr_kit.store.master_key import new_master_keys
    from lfr_kit.store.store import Store

    monkeypatch.setenv("LFR_STORE__URL", f"sqlite:///{tmp_path / 'store' / 'lfr.sqlite'}")
    monkeypatch.setenv("LFR_STORE__KEY_FILE", str(tmp_path / "keys" / "master.key"))
    monkeypatch.setenv("LFR_STORE__SPOOL_DIR", str(tmp_path / "spool"))
    settings.cache_clear()
    chosen = settings().store
    save_master_keys(new_master_keys(), chosen)
    Store.create(chosen).close()
    yield GovernedCommandLine(tmp_path, monkeypatch, chosen)
    settings.cache_clear()
