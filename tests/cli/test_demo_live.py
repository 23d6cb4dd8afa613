"""`lfr demo --live`, as `make dashboard` runs it: real processes, watched by a visitor as a page would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from time import sleep

import psutil
import pytest
from served import Browser

from lfr_kit.benchmarks.live_viewer import watch
from lfr_kit.demo import live_demo
from lfr_kit.demo.live_footage import CAMERA_IDS
from lfr_kit.errors import OutputError
from tests.sources.conftest import encode

PATIENCE_S = 120


def said(process) -> dict:
    """The object printed once everything is up."""
    text = ""
    for line in process.stdout:
        text += line
        if line.startswith("}"):
            return json.loads(text)
    raise AssertionError(process.stderr.read()[-3000:])


@pytest.fixture
def demo(tmp_path):
    """The demo on short recordings of nobody: the real ones take long to draw."""
    folder = tmp_path / "demo"
    (folder / "footage").mkdir(parents=True)
    for camera_id in CAMERA_IDS:
        encode(folder / "footage" / f"{camera_id}.mp4", range(40), size=(320, 192))
    command = [sys.executable, "-m", "lfr_kit.cli.main", "demo", "--live", "--json", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--out", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LFR_LIVE__METRICS_PORT": "0"},
    )
    yield process, said(process)
    process.kill()
    process.communicate()


def test_server_that_refuses_is_told_in_its_own_words():
    said_instead = json.dumps({"error": {"kind": "StateError", "message": "the port is taken"}}, indent=2)
    command = [sys.executable, "-c", f"print({said_instead!r})"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
        pytest.raises(OutputError, match="did not come up: the port is taken"),
    ):
        live_demo._address(server)


@pytest.mark.timeout(300)
def test_live_demo_can_be_watched_by_whoever_signs_in_and_ends_at_a_signal(demo):
    process, told = demo
    assert "demo-engager" in told["people"]
    what = told["deployment_id"], CAMERA_IDS[1]
    seen = watch(told["address"], ("demo-operator", told["password"]), what, 6.0, lambda: None)
    assert len(seen.preview_s) > 5
    status = seen.statuses[-1]
    assert (status["state"], status["is_lit"], status["n_enrolled"]) == ("open", True, 2)
    assert {camera["camera_id"]: camera["condition"] for camera in status["cameras"]} == dict.fromkeys(
        CAMERA_IDS, "live"
    )
    next_list_can_be_filled(told)
    stays_when_the_deployment_is_closed(process, told)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0


def signed_in(told: dict, user: str) -> Browser:
    browser = Browser(f"{told['address'].rstrip('/')}/")
    assert browser.sign_in(user, told["password"]).status_code == 302
    return browser


def next_list_can_be_filled(told: dict) -> None:
    """The list in use is frozen; another one waits for pictures."""
    lister = signed_in(told, "demo-lister")
    lists = {each["state"]: each for each in lister.get("lfr/api/watchlists").json()["watchlists"]}
    assert lists["frozen"]["deployment_id"] == told["deployment_id"]
    begun = lister.post(
        f"lfr/api/watchlists/{lists['building']['watchlist_id']}/uploads", {"name": "a.png", "size": 9}
    )
    assert begun.status_code == 201, begun.text


def stays_when_the_deployment_is_closed(process, told: dict) -> None:
    """The runner ends with it; the record can still be looked at."""
    planner, runner = signed_in(told, "demo-planner"), the_runner(process)
    closed = planner.post(f"lfr/api/deployments/{told['deployment_id']}/close", {"reason": "seen enough"})
    assert closed.status_code == 200, closed.text
    runner.wait(PATIENCE_S)
    sleep(live_demo.BEAT_EVERY_S + 1)  # a sign of life of the officer on the ground falls into it
    assert process.poll() is None
    record = planner.get(f"lfr/api/deployments/{told['deployment_id']}/record")
    assert record.status_code == 200, record.text


def the_runner(process) -> psutil.Process:
    (found,) = [each for each in psutil.Process(process.pid).children() if "run" in each.cmdline()]
    return found
