"""Hours of a deployment in seconds, on a clock that is moved on: everything is done once, and nothing is kept."""

from __future__ import annotations

import gc

import pytest
from disc_scene import BLUE, ENGAGER, GREEN, SCRIPTED, open_scene, street
from frozen_lists import OPERATOR

from lfr_kit.config import settings
from lfr_kit.live.deployment_run import DeploymentRun
from lfr_kit.live.feeds import Round
from lfr_kit.operations import alerts, presence
from lfr_kit.records import Frame
from lfr_kit.store.repository.deployments import events_of

STEP_S = 55
ROUNDS = 200
VISIT_EVERY, VISIT_LASTS = 40, 4


@pytest.fixture(autouse=True)
def scripted_stages(monkeypatch, tmp_path):
    for name, value in SCRIPTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LFR_STORE__SPOOL_DIR", str(tmp_path / "spool"))
    settings.cache_clear()
    yield
    settings.cache_clear()


class Passing:
    """Feeds of one camera, endless: Blue is always there, Green, who is sought, every half hour or so."""

    camera_ids = ("north",)
    n_frames = None

    def __init__(self, clock):
        self._clock, self.n_taken = clock, 0
        self._empty, self._with_green = street((80, 120, BLUE)), street((80, 120, BLUE), (220, 120, GREEN))

    def take(self):
        n, self.n_taken = self.n_taken, self.n_taken + 1
        is_visit = n % VISIT_EVERY < VISIT_LASTS
        image = (self._with_green if is_visit else self._empty).copy()
        frame = Frame(image=image, frame_index=n, captured_at=self._clock(), camera_id="north", position_s=n * 1.0)
        return Round((), (frame,))

    def darken(self):
        pass

    def close(self):
        pass


def test_hours_leave_each_alert_once_and_no_objects_behind(store, store_settings, clock, tmp_path):
    if not store_settings.url.startswith("sqlite"):
        pytest.skip("what a run keeps does not hang on the database")
    open_scene(store, tmp_path, [street()])
    n_objects = {}
    running = DeploymentRun(store, OPERATOR, "D-1", feeds=lambda _: Passing(clock))

    def on_step(_):
        clock.advance(seconds=STEP_S)
        n = running.feeds.n_taken
        presence.heartbeat(store, ENGAGER, "D-1")
        if n in (ROUNDS // 4, ROUNDS):
            gc.collect()
            n_objects[n] = len(gc.get_objects())

    done = running.run(on_step, lambda: running.feeds.n_taken >= ROUNDS)
    n_visits = ROUNDS // VISIT_EVERY
    assert (done.frames, done.ended_because) == (ROUNDS, "it was told to stop")
    assert len(done.alert_ids) == len(set(done.alert_ids)) == n_visits
    assert len(alerts.queue(store, OPERATOR, "D-1", everything=True)) == n_visits
    with store.reading() as connection:
        events = events_of(connection, store.vault.key(connection, "store"), "D-1", ["faces_seen", "lit", "dark"])
    assert [event.kind for event in events if event.kind != "faces_seen"] == ["lit", "dark"]
    assert sum(event.data["n"] for event in events if event.kind == "faces_seen") == done.faces_seen
    grown = n_objects[ROUNDS] - n_objects[ROUNDS // 4]
    assert grown < ROUNDS - ROUNDS // 4, "less than one for each further round"
