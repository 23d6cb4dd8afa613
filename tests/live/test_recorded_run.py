"""A real run that records, with the folder of footage watched. Referee: files, PyAV, discs before the camera."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest
from disc_scene import BLUE, ENGAGER, GREEN, SCRIPTED, film, open_scene, street
from filmed import NECESSARY, note_grant
from frozen_lists import OPERATOR, SILVER
from governed import put_user
from sqlalchemy import update

from lfr_kit.config import StoreSettings, settings
from lfr_kit.governance.recording import SegmentState
from lfr_kit.governance.roles import Role
from lfr_kit.live import recorder
from lfr_kit.live.frame_bus import STATUS, BusSubscriber
from lfr_kit.live.metrics import metric_families
from lfr_kit.live.runner import run_live
from lfr_kit.operations import alerts, presence, recordings
from lfr_kit.operations.sessions import new_session
from lfr_kit.operations.terminal import keep_token
from lfr_kit.store.key_places import save_master_keys
from lfr_kit.store.master_key import new_master_keys
from lfr_kit.store.repository import deployments as rows
from lfr_kit.store.store import Store
from lfr_kit.store.tables.deployments import deployments

GRANT = {"cameras": ["north"], "why_necessary": NECESSARY}
FPS = 4
PATIENCE_S = 60.0
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def chosen(tmp_path, monkeypatch):
    """A store of its own on the real clock; the scripted engine."""
    bus_dir = tempfile.mkdtemp(prefix="lfr-bus-")
    live = {"BUS_DIR": bus_dir, "METRICS_PORT": "0", "RECORDING_SEGMENT_S": "600", "RECORDING_FREE_MB": "0"}
    for name, value in {**SCRIPTED, **{f"LFR_LIVE__{each}": text for each, text in live.items()}}.items():
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
    shutil.rmtree(bus_dir)


@pytest.fixture
def store(chosen):
    with Store.create(chosen) as made:
        yield made


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    """Four minutes: Blue stands before the camera, and Green, who is sought; no two pictures are alike."""
    frames = [street((80, 120, BLUE), (220, 120, GREEN)) for _ in range(240 * FPS)]
    for n, image in enumerate(frames):
        y, x = np.multiply(divmod(n, 40), 4)
        image[y : y + 4, x : x + 8] = 255
    path = tmp_path_factory.mktemp("footage") / "north.mkv"
    film(path, frames, FPS)
    return path


def opened(store, tmp_path, footage, **plan):
    """The deployment on this footage."""
    open_scene(store, tmp_path, footage, **plan)
    with store.reading() as connection:
        found = rows.deployment(connection, store.vault.key(connection, "store"), "D-1")
    note_grant(store, "D-1", found.authority)
    return found


class Run:
    """`lfr run D-1` in a thread of this process; its figures as a dashboard hears them."""

    def __init__(self, store):
        self.store, self.should_stop, self.statuses = store, False, []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        self.done = run_live(self.store, OPERATOR, "D-1", settings(), should_stop=lambda: self.should_stop)

    def until(self, is_it):
        """The first figures of which it is true."""
        end = time.monotonic() + PATIENCE_S
        with BusSubscriber(settings().live.bus_dir, "D-1", STATUS) as heard:
            while time.monotonic() < end:
                message = heard.newest(0.5)
                if message is not None:
                    self.statuses.append(message.header)
                    if is_it(message.header):
                        return message.header
        raise AssertionError(self.statuses[-1:])

    def until_recorded(self, n_more):
        """Figures after so many more frames were recorded."""
        first = self.until(lambda now: now["cameras"] and recording(now)["state"] == "recording")
        return self.until(lambda now: recording(now)["frames"] >= recording(first)["frames"] + n_more)

    def stop(self):
        self.should_stop = True
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()
        return self.done


def recording(status):
    (camera,) = status["cameras"]
    return camera["recording"]


def files(store) -> dict[Path, int]:
    """Every file in the folder of footage, with its size."""
    folder = store.chosen.recordings
    return {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def frames_of(store, segment_id):
    video = recordings.video_in_memory([recordings.play(store, SILVER, segment_id, reason="test")], {})
    with av.open(io.BytesIO(video)) as found:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in found.decode(video=0)]


def test_run_records_what_it_may_look_at_and_nothing_while_it_is_dark(store, tmp_path, footage):
    opened(store, tmp_path, footage, recording=GRANT)
    assert not store.chosen.recordings.exists()
    run = Run(store)
    run.until_recorded(3)
    presence.check_out(store, ENGAGER, "D-1")
    run.until(lambda now: not now["is_lit"] and recording(now)["state"] == "waiting")
    while_dark = files(store)
    assert len(while_dark) == 1
    run.until(lambda now: not now["is_lit"])
    time.sleep(1.5)
    assert files(store) == while_dark
    presence.check_in(store, ENGAGER, "D-1", team="team 1")
    run.until_recorded(2)
    assert run.stop().ended_because == "it was told to stop"
    found = recordings.listing(store, SILVER, "D-1").segments
    assert [each.state for each in found] == [SegmentState.WHOLE] * 2
    assert found[0].n_frames >= 3
    image = frames_of(store, found[0].segment_id)[0]
    for x, colour in ((80, BLUE), (220, GREEN)):
        seen = image[116:124, x - 4 : x + 4].mean((0, 1))
        assert np.abs(seen - colour).max() < 40, "the whole picture, not the covered one"
    assert alerts.queue(store, OPERATOR, "D-1")


@pytest.mark.parametrize("what", ["not granted", "swapped after the grant"])
def test_run_records_nothing_without_a_grant_that_stands(store, tmp_path, footage, what):
    found = opened(store, tmp_path, footage)
    if what == "swapped after the grant":
        plan = type(found.authority).model_validate({**dict(found.authority), "recording": GRANT}, strict=False)
        with store.engine.begin() as connection:
            columns = rows.columns_of(store.vault.key(connection, "store"), "D-1", plan)
            connection.execute(update(deployments).where(deployments.c.deployment_id == "D-1").values(**columns))
    run = Run(store)
    now = run.until(
        lambda now: now["frames"] >= 4 and (not recording(now) or recording(now)["state"] == "stopped")
    )
    if what == "not granted":
        assert recording(now) is None
        assert "lfr-recorder" not in [each.name for each in threading.enumerate()]
    else:
        assert "is not the one that was granted" in recording(now)["why"]
    run.until(lambda now: now["alerts_raised"] >= 1)
    run.stop()
    assert not store.chosen.recordings.exists()
    assert recordings.listing(store, SILVER, "D-1").segments == ()


@contextmanager
def small_disk(place: Path, size: str):
    """A disk of a certain size, if this machine lets tests mount one."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk here; test_recorder.py stands in")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_full_disk_stops_recording_is_said_everywhere_and_recognition_goes_on(
    store, tmp_path, footage, monkeypatch
):
    monkeypatch.setattr(recorder, "FIRST_PAUSE_S", 0.5)
    opened(store, tmp_path, footage, recording=GRANT)
    with small_disk(store.chosen.recordings, "64k"):
        ballast = store.chosen.recordings / "ballast"
        ballast.write_bytes(bytes(60_000))
        run = Run(store)
        stopped = run.until(lambda now: now["cameras"] and recording(now)["state"] == "stopped")
        assert "no room left on the disk" in recording(stopped)["why"]
        told = {family.name: family.samples[0].value for family in metric_families(stopped) if family.samples}
        assert (told["lfr_camera_recording"], told["lfr_camera_recording_failed"]) == (0.0, 1.0)
        later = run.until(lambda now: now["frames"] >= stopped["frames"] + 2)
        assert (later["is_lit"], later["cameras"][0]["condition"]) == (True, "live")
        run.until(lambda now: now["alerts_raised"] >= 1)
        ballast.unlink()
        run.until(lambda now: recording(now)["state"] == "recording")
        assert run.stop().refused == {}


def test_killed_runner_loses_only_the_last_seconds_and_the_next_one_brings_the_segment_to_its_end(
    store, chosen, tmp_path, footage
):
    opened(store, tmp_path, footage, recording=GRANT)
    put_user(store, OPERATOR.user_id, Role.LFR_OPERATOR)
    keep_token(chosen.session_file, new_session(store, OPERATOR.user_id))
    environment = {
        **os.environ,
        "LFR_STORE__URL": chosen.url,
        "LFR_STORE__KEY_FILE": str(chosen.key_file),
        "LFR_STORE__SESSION_FILE": str(chosen.session_file),
        "LFR_STORE__SPOOL_DIR": str(chosen.spool_dir),
    }
    command = [sys.executable, "-m", "lfr_kit.cli.main", "run", "D-1", "--json"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    heard = Run.__new__(Run)
    heard.statuses = []
    before = heard.until_recorded(8 * FPS)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    (only,) = recordings.listing(store, SILVER, "D-1").segments
    assert only.state is SegmentState.RUNNING
    kept = len(frames_of(store, only.segment_id))
    assert kept >= recording(before)["frames"] - 4 * FPS, "playable as it is, but for the last seconds"
    presence.heartbeat(store, ENGAGER, "D-1")
    run = Run(store)
    run.until_recorded(1)
    run.stop()
    first, second = recordings.listing(store, SILVER, "D-1").segments
    assert (first.segment_id, first.state) == (only.segment_id, SegmentState.CUT_OFF)
    assert first.n_frames == kept
    assert second.state is SegmentState.WHOLE
    assert {path.name for path in files(store)} == {f"{each.segment_id}.segment" for each in (first, second)}
