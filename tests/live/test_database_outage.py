"""PostgreSQL gone under a running runner and server, for real: alerts wait, pages say so, all comes back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter

import httpx
import pytest
from disc_scene import BLUE, GREEN, RED, SCRIPTED, open_scene, shoot, street
from frozen_lists import AUDITOR, OPERATOR
from governed import put_user
from postgresql_server import PostgresqlServer, why_not
from served import Browser, put_person
from test_runner import Runner, environment_of, heard_of, until, waiting

from lfr_kit.config import StoreSettings, settings
from lfr_kit.governance.roles import Role
from lfr_kit.live.frame_bus import STATUS
from lfr_kit.operations.audit import verify
from lfr_kit.operations.sessions import new_session
from lfr_kit.operations.terminal import keep_token
from lfr_kit.store.key_places import save_master_keys
from lfr_kit.store.master_key import new_master_keys
from lfr_kit.store.store import Store

pytestmark = pytest.mark.skipif(why_not() is not None, reason=why_not() or "")


@pytest.fixture
def database():
    made = PostgresqlServer()
    yield made
    made.remove()


@pytest.fixture
def chosen(tmp_path, monkeypatch, database):
    """A store on that server; the scripted engine, here and in the processes."""
    for name, value in SCRIPTED.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    made = StoreSettings(
        url=database.url(),
        key_file=tmp_path / "keys" / "master.key",
        session_file=tmp_path / "session",
        spool_dir=tmp_path / "spool",
        busy_timeout_s=1.0,
    )
    save_master_keys(new_master_keys(), made)
    yield made
    settings.cache_clear()


@pytest.fixture
def store(chosen):
    with Store.create(chosen) as made:
        yield made


@pytest.fixture
def scene(store, chosen, tmp_path):
    """Green and Red are sought; Green stands before the camera beside Blue."""
    open_scene(store, tmp_path, [street((80, 120, BLUE), (220, 120, GREEN))] * 6)
    put_user(store, OPERATOR.user_id, Role.LFR_OPERATOR)
    put_person(store, "silver", Role.SILVER)
    keep_token(chosen.session_file, new_session(store, OPERATOR.user_id))
    with heard_of(store):
        yield store


@pytest.fixture
def environment(scene, chosen, tmp_path):
    """Of both processes; nobody is alerted a second time within the hour."""
    return {
        **environment_of(chosen, tmp_path / "bus"),
        "LFR_STORE__BUSY_TIMEOUT_S": "1",
        "LFR_POLICY__SETTINGS": '{"cooldown_s": 3600}',
    }


@pytest.fixture
def server(environment, tmp_path):
    """`lfr dashboard` on the store, with Silver at a browser."""
    with (tmp_path / "server.log").open("w") as log:
        command = [sys.executable, "-m", "lfr_kit.cli.main", "dashboard", "--port", "0", "--json"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as process:
            browser = Browser(said(process.stdout)["address"])
            browser.sign_in("silver")
            yield browser
            browser.client.close()
            process.send_signal(signal.SIGTERM)


@pytest.fixture
def runner(server, environment, chosen, tmp_path):
    made = Runner(chosen, tmp_path, environment)
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


def said(lines) -> dict[str, str]:
    """The object that a program prints first."""
    text = ""
    while not text.endswith("}\n"):
        text += lines.readline()
    return json.loads(text)


def walk_by(folder, colour):
    """Somebody else stands where Green stood."""
    shoot(folder.with_name("next"), [street((80, 120, BLUE), (220, 120, colour))] * 6)
    folder.rename(folder.with_name("before"))
    folder.with_name("next").rename(folder)


def of_deployment(browser) -> httpx.Response:
    return browser.get("lfr/api/deployments/D-1")


def test_database_that_is_killed_and_comes_back_costs_no_alert_and_doubles_none(
    runner, server, store, database, tmp_path
):
    with runner.hears(STATUS) as status:
        until(status, lambda message: message.header["alerts_raised"] == 1, within_s=100)
        assert of_deployment(server).status_code == 200
        database.stop()
        walk_by(tmp_path / "north", RED)
        sealed = until(status, lambda message: message.header["waiting"] == 1, within_s=100)
        assert sealed.header["is_lit"], "for a minute the last answer holds"
        told = of_deployment(server)
        assert (told.status_code, told.json()["error"]["kind"]) == (503, "StoreBusyError")
        assert server.get("lfr/api/me").status_code == 503, "not signed out, but told to try again"
        database.start()
        back = until(status, lambda message: message.header["alerts_raised"] == 2, within_s=100)
        until(status, lambda message: message.header["frames"] > back.header["frames"] + 2)
    assert of_deployment(server).json()["state"] == "open", "the same session goes on"
    code, said, err = runner.stop()
    assert (code, said["waiting"], said["lost"], len(said["alert_ids"])) == (0, 0, 0, 2), err
    assert Counter(each.repeat_of for each in waiting(store)) == {None: 2}
    assert verify(store, AUDITOR, justification="after the outage").report.findings == ()
