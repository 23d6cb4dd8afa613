"""Further pictures of a face with an alert: which are worth keeping, of whom, and when the store is away."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise

import cv2
import numpy as np
import pytest
from disc_scene import BLUE, GREEN, MAGENTA, SCRIPTED, open_scene
from frozen_lists import OPERATOR
from PIL import Image
from sqlalchemy import select

from lfr_kit.config import settings
from lfr_kit.errors import StoreBusyError
from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.live import further_shots
from lfr_kit.live.deployment_run import DeploymentRun
from lfr_kit.live.further_shots import Look, is_worth_keeping
from lfr_kit.operations import alerts as operations
from lfr_kit.operations.alert_shots import MOST_SHOTS
from lfr_kit.store.store import Store
from lfr_kit.store.tables.alerts import alert_shots


@pytest.mark.parametrize(
    ("new", "kept", "is_worth"),
    [
        (Look(90), [Look(60)], True),
        (Look(68), [Look(60)], True),
        (Look(67), [Look(60)], False),
        (Look(97), [Look(60), Look(96)], False),
        (Look(60, 20, 0), [Look(60, 4, 0)], True),
        (Look(60, 18, 0), [Look(60, 4, 0)], False),
        (Look(60, 0, -16), [Look(60, 0, 0)], True),
        (Look(60, 20, 0), [Look(60, 4, 0), Look(70, 22, 0)], False),
        (Look(60, 20, 0), [Look(60)], False),
        (Look(29.9, 60, 0), [Look(31, 0, 0)], False),
    ],
)
def test_kept_is_what_is_clearly_better_or_shows_another_side(new, kept, is_worth):
    assert is_worth_keeping(new, kept) is is_worth


@pytest.fixture(autouse=True)
def scripted_stages(monkeypatch, tmp_path):
    for name, value in SCRIPTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LFR_STORE__SPOOL_DIR", str(tmp_path / "spool"))
    settings.cache_clear()
    yield
    settings.cache_clear()


def nearer(i: int) -> np.ndarray:
    """A picture a second: Green stands, then comes nearer; Blue passes by."""
    image = np.full((240, 320, 3), 90, np.uint8)
    for x, y, radius, colour in ((90, 120, 24 + 4 * max(0, i - 3), GREEN), (250, 60, 20 + 2 * i, BLUE)):
        cv2.circle(image, (x, y), radius, MAGENTA, -1)
        cv2.circle(image, (x, y), radius * 2 // 3, colour, -1)
    return image


@pytest.fixture
def opened(store, tmp_path):
    return open_scene(store, tmp_path, [nearer(i) for i in range(12)])


def shots_of(store, alert_id):
    return operations.view(store, OPERATOR, alert_id).shots


def middle(jpeg: bytes) -> np.ndarray:
    image = np.asarray(Image.open(BytesIO(jpeg)).convert("RGB")).astype(int)
    height, width = image.shape[:2]
    return image[height // 2 - 2 : height // 2 + 2, width // 2 - 2 : width // 2 + 2].mean((0, 1))


def n_rows(store) -> int:
    with store.reading() as connection:
        return len(connection.execute(select(alert_shots.c.seq)).all())


def test_run_keeps_better_pictures_of_the_person_alerted_on_and_of_nobody_else(store, opened):
    done = DeploymentRun(store, OPERATOR, "D-1").run(lambda _: None)
    (alert_id,) = done.alert_ids
    seen = operations.view(store, OPERATOR, alert_id)
    assert 1 <= len(seen.shots) <= MOST_SHOTS
    assert n_rows(store) == len(seen.shots)
    qualities = [each.quality for each in seen.shots]
    assert qualities == sorted(qualities)
    times = [seen.captured_at, *(each.captured_at for each in seen.shots)]
    assert all((b - a).total_seconds() >= 1 for a, b in pairwise(times))
    for each in seen.shots:
        assert np.abs(middle(each.jpeg) - GREEN).max() < 40, "it is Green, whose alert it is"


def test_run_keeps_a_picture_within_a_second_of_seeing_it(store, opened):
    """By the time the round in which a face was seen is over, its picture can be looked at."""
    counts = []
    DeploymentRun(store, OPERATOR, "D-1").run(lambda _: counts.append(n_rows(store)))
    grown = [i for i, (a, b) in enumerate(pairwise(counts)) if b > a]
    assert grown
    assert grown[0] < 8


def test_nothing_is_kept_of_a_track_without_an_alert(store, tmp_path):
    open_scene(store, tmp_path, [nearer(i) for i in range(8)])
    with store.engine.begin() as connection:
        from lfr_kit.store.tables.watchlists import entries

        connection.execute(entries.update().values(status="withdrawn"))
    done = DeploymentRun(store, OPERATOR, "D-1").run(lambda _: None)
    assert done.alert_ids == []
    assert n_rows(store) == 0


def test_runner_that_starts_anew_adds_nothing_to_the_alerts_of_the_one_before(store, opened):
    done = DeploymentRun(store, OPERATOR, "D-1").run(lambda _: None)
    before = [(each.seq, each.captured_at) for each in shots_of(store, done.alert_ids[0])]
    DeploymentRun(store, OPERATOR, "D-1").run(lambda _: None)
    assert [(each.seq, each.captured_at) for each in shots_of(store, done.alert_ids[0])] == before


def test_dismissed_alert_gets_no_further_picture(store, opened):
    at_dismissal = []

    def dismiss(progress):
        if progress.alert_ids and not at_dismissal:
            alert_id = progress.alert_ids[0]
            operations.view(store, OPERATOR, alert_id)
            operations.decide(store, OPERATOR, alert_id, Verdict.DISMISSED, DecisionReason.DIFFERENT_PERSON)
            at_dismissal.append(n_rows(store))

    DeploymentRun(store, OPERATOR, "D-1").run(dismiss)
    assert at_dismissal
    assert n_rows(store) == at_dismissal[0]


def test_pictures_wait_while_the_store_is_away_and_no_alert_is_lost_for_them(store, opened, monkeypatch):
    monkeypatch.setattr(further_shots, "TRY_AGAIN", further_shots.TRY_AGAIN * 0)
    running = DeploymentRun(store, OPERATOR, "D-1")
    act, waited = Store.act, []

    def away(self, actor, action, operation, **more):
        if "further pictures" in more.get("justification", ""):
            raise StoreBusyError("locked")
        return act(self, actor, action, operation, **more)

    def on_step(progress):
        waited.append(len(running._further))
        if len(waited) == 8:
            monkeypatch.setattr(Store, "act", act)

    monkeypatch.setattr(Store, "act", away)
    done = running.run(on_step)
    assert len(done.alert_ids) == 1
    assert max(waited) >= 1, "they waited"
    assert len(running._further) == 0
    assert len(shots_of(store, done.alert_ids[0])) >= max(waited)


def test_alert_that_waits_in_the_spool_is_pictured_once_it_has_arrived(store, opened, monkeypatch):
    """Before it is in the store, nothing further is taken of whoever it is about."""
    running = DeploymentRun(store, OPERATOR, "D-1")
    act, rounds, taken = Store.act, [], []

    def away(self, actor, action, operation, **more):
        if str(action) == "alert.raise":
            raise StoreBusyError("locked")
        return act(self, actor, action, operation, **more)

    def on_step(progress):
        rounds.append(1)
        taken.append(len(running._further))
        if len(rounds) == 6:
            monkeypatch.setattr(Store, "act", act)
            running._housekeep_at = None

    monkeypatch.setattr(Store, "act", away)
    done = running.run(on_step)
    assert max(taken[:6]) == 0
    assert len(done.alert_ids) == 1
    assert shots_of(store, done.alert_ids[0])
