"""Further pictures of the face an alert was raised on: which are kept, how, and of whom never."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import numpy as np
import pytest
from alerted import OPERATOR, Opened, logged_details, shot
from governed import person
from PIL import Image
from sqlalchemy import select

from lfr_kit.errors import InputError, NotInStoreError, PermissionRefusedError
from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.governance.roles import Action, Role
from lfr_kit.governance.vocabulary import DeploymentState, EntryStatus
from lfr_kit.operations.alert_shots import MOST_SHOTS, keep_shots
from lfr_kit.operations.alerts import decide, raise_alert, view
from lfr_kit.store.repository import alert_shots as rows
from lfr_kit.store.tables.alerts import alert_shots


@pytest.fixture
def opened(store) -> Opened:
    return Opened(store)


@pytest.fixture
def alert_id(store, opened, clock) -> str:
    return raise_alert(store, opened.deployment_id, opened.alert(2, "A-1", shot=shot(at=clock.now)))


def later(clock, *seconds: float):
    return [shot(at=clock.now + timedelta(seconds=each), seed=int(each * 10)) for each in seconds]


def kept(store, alert_id, opened):
    with store.reading() as connection:
        key = store.vault.key(connection, f"deployment:{opened.deployment_id}")
        return rows.of_alert(connection, key, alert_id)


def kinds(store, alert_id):
    return [event.kind for event in view(store, OPERATOR, alert_id).events]


def test_further_shots_are_kept_with_the_face_alone_in_them(store, opened, clock, alert_id):
    seen = later(clock, 1.0, 2.5)
    assert keep_shots(store, alert_id, seen)
    found = kept(store, alert_id, opened)
    assert [(each.seq, each.captured_at, each.quality) for each in found] == [
        (1, clock.now + timedelta(seconds=1), 80.0),
        (2, clock.now + timedelta(seconds=2.5), 80.0),
    ]
    for one, original in zip(found, seen, strict=True):
        picture = Image.open(BytesIO(one.jpeg))
        apart = np.abs(np.asarray(picture).astype(int) - original.image.astype(int)).mean(axis=2)
        assert apart[30:90, 30:90].mean() < 4, "the face is as it was seen"
        assert apart[:8, :8].mean() > 8, "whoever stands beside it is not"
        assert not picture.getexif()


def test_further_shots_are_sealed_and_logged(store, opened, clock, alert_id):
    keep_shots(store, alert_id, later(clock, 1.0))
    with store.reading() as connection:
        sealed = bytes(connection.execute(select(alert_shots.c.sealed_picture)).scalar_one())
    assert b"JFIF" not in sealed
    assert kept(store, alert_id, opened)[0].jpeg[:200] not in sealed
    (first, *_) = [each for each in logged_details(store, Action.ALERT_RAISE) if "added" in each]
    assert first["added"] == [1]
    assert kinds(store, alert_id).count("pictured") == 1


def test_the_same_moment_is_kept_once(store, opened, clock, alert_id):
    """Whoever is not sure whether a shot arrived sends it again: also another runner, after a restart."""
    keep_shots(store, alert_id, later(clock, 1.0))
    keep_shots(store, alert_id, later(clock, 1.0, 2.0))
    assert [each.seq for each in kept(store, alert_id, opened)] == [1, 2]
    keep_shots(store, alert_id, later(clock, 2.0))
    assert kinds(store, alert_id).count("pictured") == 2, "nothing new is no event"


def test_no_more_than_a_few_are_kept(store, opened, clock, alert_id):
    assert not keep_shots(store, alert_id, later(clock, *range(1, MOST_SHOTS + 4)))
    assert len(kept(store, alert_id, opened)) == MOST_SHOTS
    assert not keep_shots(store, alert_id, later(clock, 30.0))
    assert len(kept(store, alert_id, opened)) == MOST_SHOTS


def test_nobody_is_pictured_without_an_alert(store, opened, clock):
    with pytest.raises(NotInStoreError):
        keep_shots(store, "A-none", later(clock, 1.0))
    with store.reading() as connection:
        assert connection.execute(select(alert_shots)).all() == []


def test_shot_of_another_camera_is_refused(store, opened, clock, alert_id):
    with pytest.raises(InputError, match="another camera"):
        keep_shots(store, alert_id, [shot("south-1", at=clock.now + timedelta(seconds=1))])
    assert kept(store, alert_id, opened) == []


def test_nobody_whose_alert_was_dismissed_is_pictured_further(store, opened, clock, alert_id):
    view(store, OPERATOR, alert_id)
    decide(store, OPERATOR, alert_id, Verdict.DISMISSED, DecisionReason.DIFFERENT_PERSON)
    assert not keep_shots(store, alert_id, later(clock, 1.0))
    assert kept(store, alert_id, opened) == []


def test_viable_alert_goes_on_being_pictured(store, opened, clock, alert_id):
    view(store, OPERATOR, alert_id)
    decide(store, OPERATOR, alert_id, Verdict.VIABLE, DecisionReason.SAME_FEATURES)
    assert keep_shots(store, alert_id, later(clock, 1.0))
    assert len(kept(store, alert_id, opened)) == 1


def test_nobody_who_was_taken_off_the_list_is_pictured_further(store, opened, clock, alert_id):
    opened.change_entry(2, status=str(EntryStatus.WITHDRAWN))
    assert not keep_shots(store, alert_id, later(clock, 1.0))
    assert kept(store, alert_id, opened) == []


@pytest.mark.parametrize("state", [DeploymentState.PAUSED, DeploymentState.CLOSED])
def test_nobody_is_pictured_while_the_deployment_is_not_open(store, opened, clock, alert_id, state):
    opened.move(state)
    assert not keep_shots(store, alert_id, later(clock, 1.0))
    assert kept(store, alert_id, opened) == []


def test_whoever_may_not_raise_alerts_adds_no_picture(store, opened, clock, alert_id):
    with pytest.raises(PermissionRefusedError):
        keep_shots(store, alert_id, later(clock, 1.0), actor=person(Role.ENGAGEMENT_OFFICER))
    assert kept(store, alert_id, opened) == []
