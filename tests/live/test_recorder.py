"""The recorder by itself: how often, what it drops, how it fails and comes back. Referee: rows, a fake clock."""

from __future__ import annotations

import errno
import os
import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from alerted import CAMERA, OPERATOR, Opened
from filmed import LIVE, granted_plan, opened_to_record, scene
from store_places import settings_of

from lfr_kit.errors import StoreBusyError
from lfr_kit.governance.recording import SegmentState
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.live.feeds import Happening, News
from lfr_kit.live.recorder import Recorder
from lfr_kit.live.segment_writer import Place, check_room
from lfr_kit.operations.recordings import listing
from lfr_kit.store import segment_file
from lfr_kit.store.repository.deployments import events_of

D = "D-0000000001"
PATIENCE_S = 30.0


class Seconds:
    """A monotonic clock that obeys."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Scene:
    """A recorder that is shown one frame after the other, a fifth of a second apart."""

    def __init__(self, store, **live):
        self.store, self.seconds, self.n = store, Seconds(), 0
        place = Place(store, OPERATOR, D, LIVE.model_copy(update=live))
        self.recorder = Recorder(place, [CAMERA], self.seconds)
        self.recorder.lit()

    def show(self, n_frames: int = 1, *, wait: bool = True, every_s: float = 0.2, **changes) -> None:
        for _ in range(n_frames):
            before = self.status()
            at = self.store.clock() + timedelta(seconds=self.n / 5)
            self.recorder.saw(SimpleNamespace(frames=(scene(self.n, at, **changes),)))
            self.n += 1
            self.seconds.now_s += every_s
            if wait:
                self.until(
                    lambda now, before=before: now["frames"] > before["frames"] or now["state"] == "stopped"
                )

    def status(self):
        return self.recorder.status(CAMERA)

    def until(self, is_it):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if is_it(self.status()):
                return self.status()
            time.sleep(0.005)
        raise AssertionError(self.status())

    def segments(self):
        return listing(self.store, OPERATOR, D).segments


@pytest.fixture
def made(store):
    """Makes a scene on a deployment that lets its camera be recorded."""
    opened_to_record(store)
    scenes = []

    def make(**live):
        scenes.append(Scene(store, **live))
        return scenes[-1]

    yield make
    for each in scenes:
        each.recorder.close()


@pytest.fixture
def store_settings(tmp_path, founded):
    """SQLite only: what is tested here does not depend on the database."""
    from shutil import copytree

    from governed import FakeClock

    for name in ("keys", "store"):
        copytree(founded(FakeClock) / name, tmp_path / name)
    return settings_of(tmp_path)


def test_segments_end_after_their_time_and_with_the_run(made):
    scenery = made(recording_segment_s=2.0)
    scenery.show(25)
    scenery.recorder.close()
    found = scenery.segments()
    assert [(each.state, each.n_frames) for each in found] == [
        (SegmentState.WHOLE, 10),
        (SegmentState.WHOLE, 10),
        (SegmentState.WHOLE, 5),
    ]
    assert (scenery.status()["state"], scenery.status()["segments"]) == ("waiting", 3)


def test_no_more_frames_are_kept_than_asked_for(made):
    scenery = made(recording_fps=5.0)
    scenery.show(25, wait=False, every_s=0.04)
    scenery.recorder.close()
    kept = scenery.status()
    assert kept["frames"] + kept["dropped"] <= 6, "a second of 25 frames"


def test_what_it_cannot_keep_up_with_is_dropped_and_counted_and_nobody_waits(made, monkeypatch):
    scenery, gate = made(), threading.Event()
    monkeypatch.setattr("lfr_kit.live.recorder.SegmentWriter.write", lambda self, frame: gate.wait(PATIENCE_S))
    began = time.monotonic()
    scenery.show(20, wait=False)
    assert time.monotonic() - began < PATIENCE_S / 2, "the camera's thread never waits for the recorder's"
    gate.set()
    scenery.until(lambda now: now["frames"] + now["dropped"] == 20)
    assert scenery.status()["dropped"] >= 18


def test_dark_ends_the_segment_and_keeps_nothing_more(made):
    scenery = made()
    scenery.show(12)
    scenery.recorder.dark("paused")
    scenery.until(lambda now: now["state"] == "waiting")
    n_bytes = scenery.segments()[0].n_bytes
    scenery.show(12, wait=False)
    scenery.recorder.close()
    (found,) = scenery.segments()
    assert (found.state, found.n_frames, found.n_bytes) == (SegmentState.WHOLE, 12, n_bytes)


def test_frame_that_waits_when_it_gets_dark_is_let_go(made, monkeypatch):
    scenery, gate, began = made(), threading.Event(), threading.Event()
    write = Recorder._record

    def slow(self, camera_id, camera, frame):
        began.set()
        gate.wait(PATIENCE_S)
        write(self, camera_id, camera, frame)

    monkeypatch.setattr(Recorder, "_record", slow)
    scenery.show(2, wait=False)
    began.wait(PATIENCE_S)
    scenery.show(1, wait=False)
    scenery.recorder.dark("paused")
    gate.set()
    scenery.recorder.close()
    assert scenery.status()["frames"] == 1


def test_camera_that_changes_its_size_or_breaks_begins_a_new_segment(made):
    scenery = made()
    scenery.show(3)
    scenery.show(3, size_wh=(640, 480))
    scenery.recorder.heard(News(CAMERA, Happening.BROKEN))
    scenery.until(lambda now: now["state"] == "waiting")
    scenery.show(2, size_wh=(640, 480))
    scenery.recorder.close()
    assert [each.n_frames for each in scenery.segments()] == [3, 3, 2]


def test_camera_that_is_not_granted_is_not_recorded(made):
    scenery = made()
    scenery.show(5, wait=False, camera_id="north-2")
    scenery.recorder.close()
    assert scenery.recorder.status("north-2") is None
    assert scenery.segments() == ()


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_full_disk_stops_recording_keeps_what_was_kept_and_is_tried_again_later(made, store, monkeypatch):
    scenery = made()
    scenery.show(15)
    with monkeypatch.context() as patch:
        patch.setattr(segment_file.os, "write", full)
        scenery.show(10)
        stopped = scenery.until(lambda now: now["state"] == "stopped")
        assert "no room left on the disk" in stopped["why"]
        scenery.seconds.now_s += 4.0
        scenery.show(1, wait=False)
        assert scenery.status()["state"] == "stopped", "not before its pause is over"
        scenery.seconds.now_s += 1.0
        scenery.show(1, wait=False)
        scenery.until(lambda _: scenery.recorder._cameras[CAMERA].n_failures == 2)
    scenery.seconds.now_s += 10.0
    scenery.show(1, wait=False)
    scenery.until(lambda now: now["state"] == "recording")
    scenery.recorder.close()
    first, *_, last = scenery.segments()
    assert (first.state, first.n_frames) == (SegmentState.CUT_OFF, 10)
    assert (last.state, last.n_frames) == (SegmentState.WHOLE, 1)
    with store.reading() as connection:
        key = store.vault.key(connection, "store")
        told = events_of(connection, key, D, ["recording_stopped", "recording_back"])
    assert [(each.kind, each.data.get("code")) for each in told] == [
        ("recording_stopped", "OutputError"),
        ("recording_back", None),
    ]


def test_recording_stops_before_the_disk_is_full_so_that_alerts_have_room(made, tmp_path, monkeypatch):
    with pytest.raises(Exception, match="must stay free"):
        check_room(tmp_path / "not" / "there", 1e9)
    scenery = made(recording_free_mb=500.0)
    room = SimpleNamespace(f_bavail=499, f_frsize=1_000_000)
    with monkeypatch.context() as patch:
        patch.setattr("lfr_kit.live.segment_writer.os.statvfs", lambda _: room)
        scenery.show(1)
    assert "499 MB free, 500 must stay free" in scenery.status()["why"]
    assert scenery.segments() == ()


def test_store_that_is_away_stops_recording_for_a_while(made, monkeypatch):
    scenery = made()

    def away(*_, **__):
        raise StoreBusyError("the database is locked")

    with monkeypatch.context() as patch:
        patch.setattr("lfr_kit.operations.recordings.begin_segment", away)
        scenery.show(1)
    assert scenery.status()["why"] == "the database is locked"
    assert not scenery.store.chosen.recordings.exists()
    scenery.seconds.now_s += 5.0
    scenery.show(1, wait=False)
    scenery.until(lambda now: now["state"] == "recording")


def test_what_the_authority_refuses_is_not_asked_for_again_until_it_is_lit_anew(store):
    opened = Opened(store, D, granted_plan())  # never granted
    scenery = Scene(store)
    scenery.show(1)
    assert "not the one that was granted" in scenery.status()["why"]
    scenery.seconds.now_s += 1e6
    scenery.show(3, wait=False)
    scenery.recorder.close()
    assert scenery.recorder._cameras[CAMERA].n_failures == 1
    assert not store.chosen.recordings.exists()
    assert opened.deployment_id == D


def test_deployment_that_is_closed_behind_its_back_begins_no_further_segment(made, store):
    scenery = made(recording_segment_s=1.0)
    scenery.show(5)
    Opened.move(SimpleNamespace(store=store, deployment_id=D), DeploymentState.CLOSED)
    scenery.show(2)
    scenery.recorder.close()
    assert scenery.status()["state"] == "stopped"
    assert [each.n_frames for each in scenery.segments()] == [5]


def test_thread_stands_back_for_every_other(made):
    scenery = made()
    scenery.show(1)
    nice = os.getpriority(os.PRIO_PROCESS, scenery.recorder._thread.native_id)
    assert nice > os.getpriority(os.PRIO_PROCESS, 0)
