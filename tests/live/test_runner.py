"""The runner as a process beside its camera, watched over the frame bus. Referee: the pixels of the previews."""

from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime

import numpy as np
import pytest
from disc_scene import BLUE, ENGAGER, GREEN, SCRIPTED, film, open_scene, street
from frozen_lists import AUDITOR, OPERATOR, SILVER, move
from governed import put_user
from PIL import Image

from lfr_kit.config import StoreSettings, settings
from lfr_kit.errors import StateError, StoreBusyError
from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.live.camera_check import check_cameras
from lfr_kit.live.frame_bus import ALERTS, STATUS, BusSubscriber, frames_of
from lfr_kit.operations import adjudication, alerts, presence
from lfr_kit.operations import deployments as steps
from lfr_kit.operations.audit import verify
from lfr_kit.operations.sessions import new_session
from lfr_kit.operations.terminal import keep_token
from lfr_kit.store.connection import database_file
from lfr_kit.store.key_places import save_master_keys
from lfr_kit.store.master_key import new_master_keys
from lfr_kit.store.repository.deployments import events_of
from lfr_kit.store.store import Store

BLUE_AT, GREEN_AT = (80, 120), (220, 120)
FPS = 5
PATIENCE_S = 60.0


@pytest.fixture
def chosen(tmp_path, monkeypatch):
    """A store of its own on the real clock; the scripted engine, here and in the runner."""
    for name, value in SCRIPTED.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    made = StoreSettings(
        url=f"sqlite:///{tmp_path / 'store' / 'lfr.sqlite'}",
        key_file=tmp_path / "keys" / "master.key",
        session_file=tmp_path / "session",
        spool_dir=tmp_path / "spool",
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
    """Blue stands before the camera, and Green, who is sought, comes and goes."""
    frames = [street((*BLUE_AT, BLUE), *[(*GREEN_AT, GREEN)] * (i >= 5)) for i in range(30 * FPS)]
    film(tmp_path / "north.mkv", frames, FPS)
    open_scene(store, tmp_path, tmp_path / "north.mkv")
    put_user(store, OPERATOR.user_id, Role.LFR_OPERATOR)
    keep_token(chosen.session_file, new_session(store, OPERATOR.user_id))
    with heard_of(store):
        yield store


@contextmanager
def heard_of(store):
    """The officer on the ground gives a sign of life every few seconds, unless checked out."""
    is_over = threading.Event()

    def beat():
        while not is_over.wait(3.0):
            with suppress(StateError, StoreBusyError):
                presence.heartbeat(store, ENGAGER, "D-1")

    officer = threading.Thread(target=beat, daemon=True)
    officer.start()
    yield
    is_over.set()
    officer.join()


def environment_of(chosen, bus_dir):
    """What a process is told to find the store and the bus."""
    return {
        **os.environ,
        "LFR_STORE__URL": chosen.url,
        "LFR_STORE__KEY_FILE": str(chosen.key_file),
        "LFR_STORE__SESSION_FILE": str(chosen.session_file),
        "LFR_STORE__SPOOL_DIR": str(chosen.spool_dir),
        "LFR_LIVE__BUS_DIR": str(bus_dir),
        "LFR_LIVE__METRICS_PORT": "0",
    }


class Runner:
    """`lfr run D-1` as a process."""

    def __init__(self, chosen, tmp_path, environment=None):
        self.bus_dir = tmp_path / "bus"
        self.environment = environment or environment_of(chosen, self.bus_dir)
        self.start()

    def start(self):
        command = [sys.executable, "-m", "lfr_kit.cli.main", "run", "D-1", "--json"]
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def stop(self, how=signal.SIGTERM):
        """Exit status, and what it printed."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, json.loads(out) if out.strip() else {}, err

    def hears(self, topic):
        return BusSubscriber(self.bus_dir, "D-1", topic)


@pytest.fixture
def runner(scene, chosen, tmp_path, request):
    more = getattr(request, "param", {})
    made = Runner(chosen, tmp_path, environment_of(chosen, tmp_path / "bus") | more)
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


def until(heard, is_it, within_s=PATIENCE_S):
    """The first message from now on of which `is_it` is true: an older one may still lie there to be taken."""
    end, now = time.monotonic() + within_s, datetime.now(UTC).isoformat()
    while time.monotonic() < end:
        message = heard.newest(0.5)
        if message is not None and said_at(message) > now and is_it(message):
            return message
    raise AssertionError(f"not heard within {within_s} s")


def said_at(message):
    return message.header.get("at") or message.header["published_at"]


def picture_of(message):
    return np.asarray(Image.open(io.BytesIO(message.body))).astype(int)


def is_shown(image, at, colour):
    """Whether the disc's inner colour can be seen at its place: covered, it is mixed with its rim."""
    x, y = at
    return bool(np.abs(image[y - 4 : y + 4, x - 4 : x + 4].mean((0, 1)) - colour).max() < 40)


def waiting(store):
    return alerts.queue(store, OPERATOR, "D-1")


def test_only_the_face_of_an_open_alert_is_shown_and_only_until_it_is_decided(runner, scene):
    with runner.hears(frames_of("north")) as frames:
        shown = picture_of(until(frames, lambda message: message.header["boxes"]))
        assert is_shown(shown, GREEN_AT, GREEN)
        assert not is_shown(shown, BLUE_AT, BLUE)
        (alert,) = waiting(scene)
        alerts.view(scene, OPERATOR, alert.alert_id)
        adjudication.decide(scene, OPERATOR, alert.alert_id, Verdict.VIABLE, DecisionReason.SAME_FEATURES)
        seen = []
        end = time.monotonic() + 3
        while time.monotonic() < end and len(seen) < 10:
            if message := frames.newest(0.5):
                seen.append(is_shown(picture_of(message), BLUE_AT, BLUE))
        assert seen
        assert not any(seen)


def test_status_and_news_of_alerts_are_heard_and_hold_no_name(runner, scene):
    with runner.hears(STATUS) as status, runner.hears(ALERTS) as news:
        told = until(news, lambda _: True)
        assert set(told.header) == {"deployment_id", "at"}
        assert len(waiting(scene)) == 1
        figures = until(status, lambda message: message.header["alerts_raised"] == 1).header
    assert (figures["state"], figures["is_lit"], figures["n_enrolled"]) == ("open", True, 2)
    assert figures["presence"]["teams"][0]["team"] == "team 1"
    (camera,) = figures["cameras"]
    assert (camera["camera_id"], camera["condition"], camera["size_wh"]) == ("north", "live", [320, 240])
    assert "similarity" not in json.dumps(figures)


def test_told_to_stop_it_ends_well_and_a_deployment_that_is_over_ends_it(runner, scene):
    with runner.hears(STATUS) as status:
        until(status, lambda message: message.header["frames"] > 3)
        code, said, _ = runner.stop()
        assert (code, said["ended_because"]) == (0, "it was told to stop")
        runner.start()
        until(status, lambda message: message.header["frames"] > 2)
        steps.close(scene, SILVER, "D-1", reason="the fair is over")
        out, _ = runner.process.communicate(timeout=PATIENCE_S)
        assert (runner.process.returncode, json.loads(out)["ended_because"]) == (0, "the deployment is closed")
    runner.start()
    _, err = runner.process.communicate(timeout=PATIENCE_S)
    assert runner.process.returncode == 1
    assert "only while it is open" in err


def test_nobody_on_the_ground_and_it_goes_dark_within_seconds_and_is_lit_again(runner, scene):
    with runner.hears(STATUS) as status, runner.hears(frames_of("north")) as frames:
        until(status, lambda message: message.header["is_lit"] and message.header["frames"] > 2)
        presence.check_out(scene, ENGAGER, "D-1")
        dark = until(status, lambda message: not message.header["is_lit"], within_s=5)
        assert dark.header["why_dark"]
        assert dark.header["cameras"][0]["condition"] == "dark"
        frames.newest(0.1)
        assert frames.newest(1.0) is None
        presence.check_in(scene, ENGAGER, "D-1", team="team 2")
        until(
            status, lambda message: message.header["is_lit"] and message.header["frames"] > dark.header["frames"]
        )
        until(frames, lambda _: True)
    with scene.reading() as connection:
        key = scene.vault.key(connection, "store")
        kinds = [event.kind for event in events_of(connection, key, "D-1", ["lit", "dark"])]
    assert kinds == ["lit", "dark", "lit"]


def test_killed_with_an_open_alert_it_comes_back_and_raises_nobody_twice(runner, scene):
    with runner.hears(STATUS) as status:
        raised = until(status, lambda message: message.header["alerts_raised"] == 1)
        n_enough = raised.header["frames"] + 2  # by then a run without memory would have raised it again
        for _ in range(2):
            os.kill(runner.process.pid, signal.SIGKILL)
            runner.process.communicate(timeout=PATIENCE_S)
            runner.start()
            until(status, lambda message: message.header["frames"] > n_enough)
        code, said, err = runner.stop()
    assert (code, said["alert_ids"]) == (0, []), err
    (alert,) = waiting(scene)
    assert alerts.view(scene, OPERATOR, alert.alert_id).name
    report = verify(scene, AUDITOR, justification="after the kills").report
    assert report.findings == ()


@pytest.mark.parametrize("runner", [{"LFR_STORE__BUSY_TIMEOUT_S": "1"}], indirect=True, ids=["impatient"])
def test_store_that_is_away_for_a_while_is_waited_for_and_nothing_is_lost(runner, scene, chosen):
    with runner.hears(STATUS) as status:
        until(status, lambda message: message.header["alerts_raised"] == 1)
        with closing(sqlite3.connect(database_file(chosen.url), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            time.sleep(3)  # longer than the runner waits for a lock
            other.execute("ROLLBACK")
        back = until(status, lambda message: message.header["is_lit"])
        until(status, lambda message: message.header["frames"] > back.header["frames"] + 3)
    code, said, _ = runner.stop()
    assert (code, said["waiting"], said["lost"]) == (0, 0, 0)
    assert Counter(each.repeat_of for each in waiting(scene))[None] == 1


def test_cameras_are_looked_at_before_the_opening_and_the_finding_says_what_to_do(scene):
    move(scene, "D-1", DeploymentState.GRANTED)
    (found,) = check_cameras(scene, SILVER, "D-1", seconds=3.0)
    assert (found.health.camera_id, found.health.size_wh) == ("north", (320, 240))
    assert found.n_faces > 0
    assert 40 < found.face_px_median < 60
    assert any("frames a second" in finding for finding in found.findings)  # five pictures a second
    move(scene, "D-1", DeploymentState.DRAFT)
    with pytest.raises(StateError, match="once it is granted"):
        check_cameras(scene, SILVER, "D-1", seconds=3.0)
