"""What several rooms' tests share: real footage where it is at hand, and one real face that always is."""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from governed import FakeClock, GovernedCommandLine
from shared_out import SharedOut, place_in_line
from store_places import settings_of

from lfr_kit.config import StoreSettings, settings


@pytest.fixture(autouse=True)
def settings_are_read_anew():
    """What one test set in the environment is not in force in the next."""
    yield
    settings.cache_clear()


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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place_in_line(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log) -> SharedOut | None:
    return SharedOut(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands at 4 May 2026, 09:00 UTC, until it is advanced."""
    return FakeClock()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory):
    """Gives the folder of a new SQLite store with its master key, founded by a clock: tests copy it, because
    making a store takes much of a test's time. Copies share the master key and the store's id."""
    from lfr_kit.store.store import Store

    @cache
    def make(clock: type[FakeClock] | None) -> Path:
        folder = tmp_path_factory.mktemp("founded")
        chosen = settings_of(folder)
        _save_new_master_key(chosen)
        Store.create(chosen, *([clock()] if clock else [])).close()
        return folder

    return make


def _save_new_master_key(chosen: StoreSettings) -> None:
    from lfr_kit.store.key_places import save_master_keys
    from lfr_kit.store.master_key import new_master_keys

    save_master_keys(new_master_keys(), chosen)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_settings(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSettings:
    """A place for a store with a master key, on either database: empty, but for tests that ask for `store`."""
    is_founded = "store" in request.fixturenames
    if request.param == "postgresql":
        url = request.getfixturevalue("founded_postgresql_url" if is_founded else "postgresql_url")
        chosen = settings_of(tmp_path, url)
    else:
        chosen = settings_of(tmp_path)
    if not is_founded:
        _save_new_master_key(chosen)
        return chosen
    founded = request.getfixturevalue("founded")(FakeClock)
    copytree(founded / "keys", tmp_path / "keys")
    if request.param == "sqlite":
        copytree(founded / "store", tmp_path / "store")
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
    with postgresql_server.new_database() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server, founded):
    """Name of a PostgreSQL database to be copied: a new store under the master key of ``founded(FakeClock)``."""
    from sqlalchemy import make_url

    from lfr_kit.store.store import Store

    with postgresql_server.new_database() as url:
        Store.create(settings_of(founded(FakeClock), url), FakeClock()).close()
        yield make_url(url).database


@pytest.fixture
def founded_postgresql_url(postgresql_server, postgresql_template):
    """The address of a PostgreSQL database that holds a new store."""
    with postgresql_server.new_database(postgresql_template) as url:
        yield url


@pytest.fixture
def store(store_settings: StoreSettings, clock: FakeClock):
    """A fresh open store whose time is `clock`; runs on SQLite and on PostgreSQL."""
    from lfr_kit.store.store import Store

    with Store.open(store_settings, clock) as opened:
        yield opened


@pytest.fixture(scope="session", autouse=True)
def _commands_built_once():
    """Typer builds all commands anew for each that is run, which takes longer than most of them."""
    from typer import testing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testing, "_get_command", cache(testing._get_command))
        yield


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, founded):
    """The command line on a fresh SQLite store of its own, see `GovernedCommandLine`."""
    monkeypatch.setenv("LFR_STORE__URL", f"sqlite:///{tmp_path / 'store' / 'lfr.sqlite'}")
    monkeypatch.setenv("LFR_STORE__KEY_FILE", str(tmp_path / "keys" / "master.key"))
    monkeypatch.setenv("LFR_STORE__SPOOL_DIR", str(tmp_path / "spool"))
    settings.cache_clear()
    for name in ("keys", "store"):
        copytree(founded(None) / name, tmp_path / name)
    yield GovernedCommandLine(tmp_path, monkeypatch, settings().store)
    settings.cache_clear()
