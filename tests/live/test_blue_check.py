"""Staff walk through before the opening: discs whose inner colour is who they are; Blue is staff, Green sought."""

from __future__ import annotations

import gc
import weakref

import pytest
from alerted import logged
from disc_scene import BLUE, ENGAGER, GREEN, RED, open_scene, shoot, street, template_of
from frozen_lists import MANAGER, OPERATOR, move
from sqlalchemy import func, select

from lfr_kit.errors import NotInStoreError, StateError
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.live.blue_check import BlueCheck
from lfr_kit.live.deployment_run import DeploymentRun
from lfr_kit.operations import blue_list, presence
from lfr_kit.pipeline import Pipeline
from lfr_kit.records import Alert, Template
from lfr_kit.sources import open_source
from lfr_kit.store.repository.deployments import events_of
from lfr_kit.store.tables.alerts import alerts

pytestmark = pytest.mark.usefixtures("scripted_stages")
FPS = 5.0


@pytest.fixture
def granted(store, tmp_path):
    """D-1, granted, within its window, an officer there: Green and Red are sought, Blue is on the blue list."""
    open_scene(store, tmp_path, [street((80, 120, BLUE), (220, 120, GREEN))] * 8)
    move(store, "D-1", DeploymentState.GRANTED)
    check = Template(vector=template_of(BLUE, tmp_path / "staff"), space_id="scripted:colour-grid-4.v1")
    blue_list.enrol(store, MANAGER, "D-1", "Blue", consent_ref="HR/26/7", template=check)


def recording(tmp_path, name: str, *frames, camera_id: str = "north"):
    shoot(tmp_path / name, frames)
    return open_source(tmp_path / name, camera_id=camera_id, fps=FPS)


def kinds(store) -> list[str]:
    with store.reading() as connection:
        events = events_of(connection, store.vault.key(connection, "store"), "D-1")
    return [each.kind for each in events]


def n_alerts(store) -> int:
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(alerts)).scalar_one()


def test_pass_is_found_and_how_long_it_took_is_of_the_recording(store, granted, tmp_path):
    check = BlueCheck(store, OPERATOR, "D-1")
    empty, there = street(), street((80, 120, BLUE))
    passed = check.walk("blue", recording(tmp_path, "pass", *[empty] * 4, *[there] * 6))
    assert (passed.is_hit, passed.camera_id, passed.is_recorded, passed.n_others) == (True, "north", True, 0)
    assert passed.latency_s == pytest.approx(5 / FPS), "in the second frame of the track, the sixth of the pass"
    assert blue_list.passes_of(store, OPERATOR, "D-1") == [passed]


def test_same_person_is_found_in_each_pass_though_an_alert_has_just_named_them(store, granted, tmp_path):
    check = BlueCheck(store, OPERATOR, "D-1")
    hits = [check.walk("Blue", recording(tmp_path, f"pass-{n}", *[street((80, 120, BLUE))] * 5)) for n in range(3)]
    assert [each.is_hit for each in hits] == [True] * 3
    assert blue_list.result(store, OPERATOR, "D-1").is_passed


def test_pass_without_the_one_announced_is_a_miss(store, granted, tmp_path):
    passed = BlueCheck(store, OPERATOR, "D-1").walk("Blue", recording(tmp_path, "pass", *[street()] * 5))
    assert (passed.is_hit, passed.latency_s, passed.camera_id) == (False, None, "")
    assert not blue_list.result(store, OPERATOR, "D-1").is_passed


def test_another_of_the_blue_list_is_no_hit_and_is_noted(store, granted, tmp_path):
    vector = template_of(RED, tmp_path / "other-staff")
    red = Template(vector=vector, space_id="scripted:colour-grid-4.v1")
    blue_list.enrol(store, MANAGER, "D-1", "Red", consent_ref="HR/26/8", template=red)
    frames = [street((80, 120, RED))] * 6
    passed = BlueCheck(store, OPERATOR, "D-1").walk("Blue", recording(tmp_path, "pass", *frames))
    assert (passed.is_hit, passed.n_others) == (False, 1)


def test_check_searches_no_watchlist_stores_no_alert_and_counts_nobody(store, granted, tmp_path):
    check = BlueCheck(store, OPERATOR, "D-1")
    frames = [street((80, 120, GREEN), (220, 120, RED))] * 8
    passed = check.walk("Blue", recording(tmp_path, "pass", *frames))
    assert (passed.is_hit, passed.n_others) == (False, 0), "both are sought, and both walk by unseen"
    check.walk("Blue", recording(tmp_path, "again", *[street((80, 120, BLUE))] * 8))
    assert n_alerts(store) == 0
    assert not list((tmp_path / "spool").glob("**/*.alert")) if (tmp_path / "spool").exists() else True
    assert not {"faces_seen", "lit", "dark", "engine"} & set(kinds(store))
    assert kinds(store).count("blue_pass") == 2


def test_faces_of_a_check_are_let_go(store, granted, tmp_path, monkeypatch):
    raised: list[weakref.ref[Alert]] = []
    process = Pipeline.process

    def spied(self, frames):
        step = process(self, frames)
        raised.extend(weakref.ref(each.shot) for each in step.alerts)
        return step

    monkeypatch.setattr(Pipeline, "process", spied)
    check = BlueCheck(store, OPERATOR, "D-1")
    assert check.walk("Blue", recording(tmp_path, "pass", *[street((80, 120, BLUE))] * 8)).is_hit
    gc.collect()
    assert raised
    assert [each() for each in raised] == [None] * len(raised)


def test_blue_list_is_not_searched_once_the_deployment_is_open(store, granted):
    move(store, "D-1", DeploymentState.OPEN)
    running = DeploymentRun(store, OPERATOR, "D-1")
    assert len(running.pipeline.matcher) == 2
    done = running.run(lambda _: None)
    assert (done.faces_seen, len(done.alert_ids)) == (2, 1), (
        "Blue is seen like anybody, and only Green is alerted to"
    )


def test_check_on_the_authoritys_own_cameras(store, granted):
    passed = BlueCheck(store, OPERATOR, "D-1").walk("Blue")
    assert (passed.is_hit, passed.camera_id, passed.is_recorded) == (True, "north", False)


def test_check_looks_only_while_it_may(store, clock, granted, tmp_path):
    check = BlueCheck(store, OPERATOR, "D-1")
    frames = [street((80, 120, BLUE))] * 5
    presence.check_out(store, ENGAGER, "D-1")
    with pytest.raises(StateError, match="nobody is checked in on the ground"):
        check.walk("Blue", recording(tmp_path, "nobody", *frames))
    presence.check_in(store, ENGAGER, "D-1", team="team 1")
    n_seen = []

    def leave():
        n_seen.append(1)
        clock.advance(minutes=2)

    with pytest.raises(StateError, match="heard of for 120 s"):
        check.walk("Blue", recording(tmp_path, "lost", *[street()] * 5), on_frame=leave)
    assert len(n_seen) == 1
    presence.heartbeat(store, ENGAGER, "D-1")
    move(store, "D-1", DeploymentState.OPEN)
    with pytest.raises(StateError, match="is open"):
        check.walk("Blue", recording(tmp_path, "open", *frames))
    move(store, "D-1", DeploymentState.GRANTED)
    clock.advance(hours=6)
    with pytest.raises(StateError, match="is aborted"):
        check.walk("Blue", recording(tmp_path, "late", *frames))
    assert blue_list.passes_of(store, OPERATOR, "D-1") == [], "what was broken off is no pass"


def test_pass_of_nobody_known_or_of_another_camera_is_refused(store, granted, tmp_path):
    check = BlueCheck(store, OPERATOR, "D-1")
    with pytest.raises(NotInStoreError, match="nobody is called"):
        check.walk("Green", recording(tmp_path, "pass", street()))
    with pytest.raises(StateError, match="one of the authority's cameras"):
        check.walk("Blue", recording(tmp_path, "other", street(), camera_id="my-phone"))


def test_pass_that_takes_too_long_is_a_miss(store, granted, tmp_path):
    check = BlueCheck(store, OPERATOR, "D-1", longest_s=1.0)
    frames = [*[street()] * 10, *[street((80, 120, BLUE))] * 5]
    seen = []
    passed = check.walk("Blue", recording(tmp_path, "pass", *frames), on_frame=lambda: seen.append(1))
    assert (passed.is_hit, len(seen)) == (False, 6), "one second at five frames a second"


def test_each_pass_is_logged_under_the_name_of_who_checks(store, granted, tmp_path):
    check = BlueCheck(store, OPERATOR, "D-1")
    check.walk("Blue", recording(tmp_path, "pass", *[street((80, 120, BLUE))] * 5))
    assert [row.actor_id for row in logged(store, "blue_list.check")] == [OPERATOR.user_id] * 2
