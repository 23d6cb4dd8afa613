"""A deployment driven on footage of discs that stand for faces: their inner colour is who they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from disc_scene import BLUE, ENGAGER, GREEN, open_scene, street
from frozen_lists import MANAGER, OPERATOR, move
from governed import person, put_user
from sqlalchemy import select, update

from lfr_kit.config import settings
from lfr_kit.errors import AuthorityError, OutputError, StateError, StoreBusyError
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.live import right_to_look
from lfr_kit.live.deployment_run import DeploymentRun
from lfr_kit.matching import one_person
from lfr_kit.operations import alerts as alert_operations
from lfr_kit.operations import deployments as steps
from lfr_kit.operations import presence
from lfr_kit.operations.users import deactivate
from lfr_kit.operations.watchlist_review import withdraw
from lfr_kit.pipeline import FACES_SEEN_METHOD
from lfr_kit.store.repository.deployments import events_of
from lfr_kit.store.spool import Spool
from lfr_kit.store.tables.audit import audit_head
from lfr_kit.store.tables.deployments import deployments

pytestmark = pytest.mark.usefixtures("scripted_stages")
SILVER = person(Role.SILVER)


@pytest.fixture
def opened(store, tmp_path):
    """Open: Green and Red are sought; before the camera Blue stands, and Green comes in the fifth picture."""
    frames = [street((80, 120, BLUE), *[(220, 120, GREEN)] * (i >= 4)) for i in range(10)]
    return open_scene(store, tmp_path, frames)


def log(store, *kinds):
    with store.reading() as connection:
        return events_of(connection, store.vault.key(connection, "store"), "D-1", list(kinds))


def stop_after(n_rounds, then):
    """A callback that does something once after so many rounds."""
    rounds = iter(range(1000))

    def on_step(_):
        if next(rounds) + 1 == n_rounds:
            then()

    return on_step


def test_run_stores_one_alert_of_the_person_sought(store, opened):
    done = DeploymentRun(store, OPERATOR, "D-1").run(lambda _: None)
    assert (done.frames, done.faces_seen, len(done.alert_ids)) == (10, 2, 1)
    assert done.ended_because == "the cameras ended"
    seen = alert_operations.view(store, OPERATOR, done.alert_ids[0])
    assert seen.entry_id == opened[0]
    assert seen.camera_id == "north"


def test_run_tells_of_an_alert_only_once_it_is_in_the_store(store, opened):
    told = []

    def on_alert(alert):
        told.append(alert.alert_id)
        assert alert_operations.view(store, OPERATOR, alert.alert_id).entry_id == opened[0]

    DeploymentRun(store, OPERATOR, "D-1", on_alert=on_alert).run(lambda _: None)
    assert len(told) == 1


def test_run_logs_faces_seen_and_when_the_camera_was_lit(store, opened):
    DeploymentRun(store, OPERATOR, "D-1").run(lambda _: None)
    assert [(e.kind, e.data["camera_id"]) for e in log(store, "lit", "dark")] == [
        ("lit", "north"),
        ("dark", "north"),
    ]
    counted = log(store, "faces_seen")
    assert sum(event.data["n"] for event in counted) == 2
    assert {event.data["method"] for event in counted} == {FACES_SEEN_METHOD}


def test_run_logs_which_algorithms_looked_and_how_they_were_set(store, opened):
    DeploymentRun(store, OPERATOR, "D-1").run(lambda _: None)
    (engine,) = log(store, "engine")
    assert engine.actor_id == OPERATOR.user_id
    assert (engine.data["gate"], engine.data["detector"]) == ("open", "scripted")
    assert engine.data["tracker"] == "iou_kalman (n_confirm 2)"


def test_run_of_a_deployment_that_is_not_open_is_refused(store, opened):
    for state in (DeploymentState.GRANTED, DeploymentState.PAUSED, DeploymentState.CLOSED):
        move(store, "D-1", state)
        with pytest.raises(StateError, match="only while it is open"):
            DeploymentRun(store, OPERATOR, "D-1")


def test_run_ends_when_the_deployment_is_closed(store, opened):
    def close():
        steps.close(store, SILVER, "D-1", reason="enough")

    done = DeploymentRun(store, OPERATOR, "D-1").run(stop_after(3, close))
    assert done.frames == 3
    assert done.ended_because == "the deployment is closed"
    assert done.alert_ids == []


def test_run_ends_at_the_end_of_the_window(store, clock, opened):
    done = DeploymentRun(store, OPERATOR, "D-1").run(stop_after(3, lambda: clock.advance(hours=6)))
    assert done.frames == 3
    with store.reading() as connection:
        state = connection.execute(select(deployments.c.state)).scalar_one()
    assert state == "closed"


def test_run_withdrawal_is_effective_in_the_next_frame(store, opened):
    running = DeploymentRun(store, OPERATOR, "D-1")
    watchlist_id = running.deployment.watchlist_id

    def leave():
        withdraw(store, MANAGER, watchlist_id, [opened[0]], "the warrant was executed this morning")

    done = running.run(stop_after(4, leave))
    assert (done.frames, done.n_withdrawn, done.alert_ids) == (10, 1, [])


def test_run_paused_looks_at_nothing_until_it_is_resumed(store, monkeypatch, opened):
    polls = []

    def poll(_):
        polls.append(1)
        if len(polls) == 3:
            move(store, "D-1", DeploymentState.OPEN)

    monkeypatch.setattr("lfr_kit.live.deployment_run.sleep", poll)
    done = DeploymentRun(store, OPERATOR, "D-1").run(
        stop_after(2, lambda: move(store, "D-1", DeploymentState.PAUSED))
    )
    assert len(polls) == 3
    assert done.frames == 10
    assert [event.kind for event in log(store, "lit", "dark")] == ["lit", "dark", "lit", "dark"]


def test_run_goes_dark_when_nobody_on_the_ground_is_heard_of_and_is_lit_again_when_somebody_is(
    store, clock, monkeypatch, opened
):
    polls = []

    def poll(_):
        polls.append(1)
        if len(polls) == 3:
            presence.heartbeat(store, ENGAGER, "D-1")

    monkeypatch.setattr("lfr_kit.live.deployment_run.sleep", poll)
    lost = stop_after(2, lambda: clock.advance(seconds=settings().live.presence_lost_after_s + 1))
    done = DeploymentRun(store, OPERATOR, "D-1").run(lost)
    assert (len(polls), done.frames, len(done.alert_ids)) == (3, 10, 1)
    assert [event.kind for event in log(store, "lit", "dark")] == ["lit", "dark", "lit", "dark"]


def test_run_goes_dark_as_soon_as_the_last_officer_checks_out_and_sees_nobody(store, monkeypatch, opened):
    running = DeploymentRun(store, OPERATOR, "D-1")
    looked = []
    monkeypatch.setattr("lfr_kit.live.deployment_run.sleep", lambda _: looked.append(running.progress.frames))
    leave = stop_after(2, lambda: presence.check_out(store, ENGAGER, "D-1"))
    done = running.run(leave, lambda: len(looked) == 4)
    assert (done.frames, looked) == (2, [2] * 4)


def test_run_with_nobody_on_the_ground_opens_no_camera_until_somebody_checks_in(store, monkeypatch, opened):
    presence.check_out(store, ENGAGER, "D-1")
    running = DeploymentRun(store, OPERATOR, "D-1")
    assert running._right.ask().why_not == "nobody is checked in on the ground"
    monkeypatch.setattr(
        "lfr_kit.live.deployment_run.sleep", lambda _: presence.check_in(store, ENGAGER, "D-1", team="team 2")
    )
    done = running.run(lambda _: None)
    assert done.frames == 10
    assert [event.kind for event in log(store, "presence", "lit", "dark")] == [
        *["presence"] * 3,
        "lit",
        "dark",
    ]


def test_right_to_look_says_who_is_present_and_outlives_no_officers_silence_without_the_store(
    store, clock, monkeypatch, opened
):
    right = DeploymentRun(store, OPERATOR, "D-1")._right
    clock.advance(seconds=40)
    assert [one.team for one in right.ask().present] == ["team 1"]

    def away(*_):
        raise StoreBusyError("locked")

    monkeypatch.setattr("lfr_kit.operations.deployment_steps.tick", away)
    clock.advance(seconds=21)
    answer = right.ask()
    assert "heard of for 61 s" in answer.why_not
    assert answer.may_come_back


def test_run_with_another_engine_than_the_authoritys_is_refused(store, opened):
    chosen = settings().setting("embedder")
    running = chosen.model_copy(
        update={"matcher": type(chosen.matcher)(name="exact", settings={"normalisation": "watchlist"})}
    )
    with pytest.raises(AuthorityError, match="score scale"):
        DeploymentRun(store, OPERATOR, "D-1", running)


def test_run_on_the_scale_less_rivals_raises_alerts_on_it(store, monkeypatch, tmp_path):
    """Green and Red are each other's rivals here, so a score lies below the cosine it was made from."""
    monkeypatch.setitem(one_person._VERIFICATION_THRESHOLDS, "scripted", -1.0)
    frames = [street((220, 120, GREEN))] * 10
    plan = {"score_scale": "cosine_less_rivals", "blind_first_look": False}
    entry_ids = open_scene(store, tmp_path, frames, threshold=0.3, **plan)
    with pytest.raises(AuthorityError, match="score scale is cosine, not cosine_less_rivals"):
        DeploymentRun(store, OPERATOR, "D-1", settings().setting("matcher", normalisation="none"))
    for others in ({"n_impostors": 5}, {"rival_from": -0.9}):  # other scores of the same faces
        chosen = settings().setting("matcher", normalisation="rivals", **others)
        with pytest.raises(AuthorityError, match="score scale is cosine_less_rivals_"):
            DeploymentRun(store, OPERATOR, "D-1", chosen)
    done = DeploymentRun(store, OPERATOR, "D-1").run(lambda _: None)  # the settings leave it to the authority
    seen = alert_operations.view(store, OPERATOR, done.alert_ids[0])
    assert (seen.entry_id, seen.score.score_scale) == (entry_ids[0], "cosine_less_rivals")
    assert seen.score.comparison_score < seen.score.similarity - 0.05


def test_run_sees_nobody_outside_the_zone(store, clock, opened, tmp_path):
    left_half = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))
    running = DeploymentRun(store, OPERATOR, "D-1")
    running.pipeline.detector._zones["north"] = left_half
    done = running.run(lambda _: None)
    assert (done.faces_seen, done.alert_ids) == (1, [])


def test_run_while_the_store_is_away_alerts_wait_and_arrive_once(store, monkeypatch, opened):
    running = DeploymentRun(store, OPERATOR, "D-1")
    away, act = [False], store.act

    def locked(*words, **more):
        if away[0]:
            raise StoreBusyError("locked")
        return act(*words, **more)

    monkeypatch.setattr(store, "act", locked)
    rounds = iter(range(1000))

    def on_step(done):
        n = next(rounds)
        away[0] = 3 <= n < 9
        if n == 8:
            assert (done.alert_ids, done.n_waiting) == ([], 1)

    done = running.run(on_step)
    assert (len(done.alert_ids), done.n_waiting) == (1, 0)


def without_store_or_disk(monkeypatch, store) -> list[bool]:
    """[True] while neither the database nor the spool takes anything."""
    away, act, put = [False], store.act, Spool.put

    def locked(*words, **more):
        if away[0]:
            raise StoreBusyError("locked")
        return act(*words, **more)

    def full(self, pending):
        if away[0]:
            raise OutputError("no room on the disk")
        return put(self, pending)

    monkeypatch.setattr(store, "act", locked)
    monkeypatch.setattr(Spool, "put", full)
    return away


def test_run_alert_kept_in_memory_arrives_as_it_was_raised_though_the_deployment_was_closed(
    store, clock, monkeypatch, opened
):
    away = without_store_or_disk(monkeypatch, store)
    raised_by = clock()
    rounds = iter(range(1000))

    def on_step(done):
        n = next(rounds)
        away[0] = 3 <= n < 7
        if n == 6:
            assert (done.alert_ids, done.n_waiting) == ([], 1)
        if n == 7:
            clock.advance(seconds=5)
            steps.close(store, SILVER, "D-1", reason="enough")

    done = DeploymentRun(store, OPERATOR, "D-1").run(on_step)
    assert (len(done.alert_ids), done.n_waiting, done.n_lost, dict(done.refused)) == (1, 0, 0, {})
    assert alert_operations.view(store, OPERATOR, done.alert_ids[0], reason="late").raised_at == raised_by


def test_run_says_how_many_alerts_are_lost_where_nothing_takes_them(store, monkeypatch, opened):
    away = without_store_or_disk(monkeypatch, store)
    rounds = iter(range(1000))

    def on_step(_):
        away[0] = next(rounds) >= 3

    done = DeploymentRun(store, OPERATOR, "D-1").run(on_step)
    assert (done.alert_ids, done.n_waiting, done.n_lost) == ([], 1, 1)


def test_run_whose_audit_log_was_changed_ends_and_says_why_and_its_alert_waits_sealed(store, opened):
    def tamper():
        with store.engine.begin() as connection:
            connection.execute(update(audit_head).values(seq=audit_head.c.seq + 1))

    done = DeploymentRun(store, OPERATOR, "D-1").run(stop_after(3, tamper))
    assert (done.alert_ids, done.n_waiting, done.n_lost, dict(done.refused)) == ([], 1, 0, {})
    assert "nothing can be logged any more: the head of the audit log" in done.ended_because
    assert "head of the audit log" in done.why_waiting
    assert done.frames < 10


def test_run_ends_when_who_runs_it_is_deactivated(store, clock, opened):
    put_user(store, OPERATOR.user_id, Role.LFR_OPERATOR)

    def deactivated():
        deactivate(store, person(Role.ADMINISTRATOR), OPERATOR.user_id, justification="left the force")
        clock.advance(seconds=5)

    done = DeploymentRun(store, OPERATOR, "D-1").run(stop_after(3, deactivated))
    assert done.ended_because == f"{OPERATOR.user_id}, who runs it, was deactivated"
    assert done.frames < 10


def test_run_beside_another_of_the_same_deployment_is_refused(store, opened):
    def once_more(_):
        with pytest.raises(StateError, match="runs it already"):
            DeploymentRun(store, OPERATOR, "D-1").run(lambda _: None)

    DeploymentRun(store, OPERATOR, "D-1").run(once_more)
    assert [event.kind for event in log(store, "lit", "dark")] == ["lit", "dark"]
    assert sum(event.data["n"] for event in log(store, "faces_seen")) == 2


def test_right_to_look_of_a_silent_store_holds_a_while_and_then_no_longer(store, clock, monkeypatch, opened):
    running = DeploymentRun(store, OPERATOR, "D-1")
    right = running._right
    assert right.ask().may_look

    def away(*_):
        raise StoreBusyError("locked")

    monkeypatch.setattr("lfr_kit.operations.deployment_steps.tick", away)
    clock.advance(seconds=right_to_look.HOLDS_WITHOUT_STORE_S - 1)
    assert right.ask().may_look
    clock.advance(seconds=2)
    assert "nobody knows" in right.ask().why_not


def test_right_to_look_of_a_silent_store_ends_with_the_window(store, clock, monkeypatch, opened):
    running = DeploymentRun(store, OPERATOR, "D-1")
    right = running._right
    clock.now = running.deployment.ends_at - timedelta(seconds=5)
    presence.heartbeat(store, ENGAGER, "D-1")
    assert right.ask().may_look

    def away(*_):
        raise StoreBusyError("locked")

    monkeypatch.setattr("lfr_kit.operations.deployment_steps.tick", away)
    clock.advance(seconds=4)
    assert right.ask().may_look
    clock.advance(seconds=1)
    assert right.ask().why_not == "its window ended"
