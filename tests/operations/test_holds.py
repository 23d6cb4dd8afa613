"""Legal holds: evidence outlives its clock under a key of its own; somebody else looks after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alerted import logged, shot
from governed import person
from retained import GOLD, OTHER_SILVER, SILVER, WHY, add_user, hold_request, lived
from sqlalchemy import select

from lfr_kit.config import settings
from lfr_kit.errors import (
    InputError,
    KeyDestroyedError,
    NotInStoreError,
    PermissionRefusedError,
    RetentionError,
)
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.operations import certificates, holds, retention
from lfr_kit.operations.alerts import raise_alert
from lfr_kit.store.tables.retention import holds as table


@pytest.fixture(autouse=True)
def own_spool(tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_STORE__SPOOL_DIR", str(tmp_path / "spool"))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def made(store, clock):
    add_user(store, "silver-2", Role.SILVER)
    return lived(store, clock)


def test_held_alert_stays_readable_when_its_deployments_key_is_destroyed(store, clock, made):
    first, second = made.alert_ids
    before, before_further = made.faces(first), made.further(first)
    placed = holds.place_hold(store, GOLD, first, hold_request(clock))
    clock.advance(hours=48)
    done = retention.run(store, SILVER, reason=WHY)
    assert made.alerts_left() == [first]
    assert made.faces(first).probe_jpeg == before.probe_jpeg
    assert made.faces(first).details == before.details
    assert made.further(first) == before_further
    assert before_further
    with store.reading() as connection, pytest.raises(KeyDestroyedError):
        store.vault.key(connection, f"deployment:{made.deployment_id}")
    assert made.state() == "closed", "not purged while something of it is held"
    assert certificates.certificate(store, done.deleted[0].certificate_id).certificate.held_back == 1
    assert (placed.alert_ids, second in made.alerts_left()) == ((first,), False)


def test_released_alert_goes_at_once_for_that_reason_and_the_deployment_is_purged(store, clock, made):
    placed = holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock))
    clock.advance(hours=48)
    retention.run(store, SILVER, reason=WHY)
    holds.release_hold(store, SILVER, placed.hold_id, reason="the trial is over")
    done = retention.run(store, SILVER, reason=WHY)
    body = certificates.certificate(store, done.deleted[0].certificate_id).certificate
    assert body.reason == "hold_released"
    assert body.counts == {"released_alert": 1}
    assert (made.alerts_left(), made.state()) == ([], "purged")
    with store.reading() as connection, pytest.raises(KeyDestroyedError):
        store.vault.key(connection, f"hold:{placed.hold_id}")


def test_hold_released_before_the_ordinary_time_does_not_shorten_it(store, clock, made):
    placed = holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock))
    holds.release_hold(store, SILVER, placed.hold_id, reason="placed on the wrong alert")
    assert retention.run(store, SILVER, reason=WHY).deleted == []
    assert made.alerts_left() == made.alert_ids
    clock.advance(hours=24)
    retention.run(store, SILVER, reason=WHY)
    assert made.alerts_left() == []


def test_hold_on_all_alerts_of_a_person_holds_those_and_no_others(store, clock, made):
    made.opened.move(DeploymentState.OPEN, closed_at=None)
    again = raise_alert(
        store, made.deployment_id, made.opened.alert(0, "A-again", shot=shot(at=clock.now, seed=9))
    )
    made.opened.move(DeploymentState.CLOSED, closed_at=clock.now)
    placed = holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock), same_person=True)
    assert placed.alert_ids == (made.alert_ids[0], again)
    clock.advance(hours=48)
    retention.run(store, SILVER, reason=WHY)
    assert made.alerts_left() == sorted([made.alert_ids[0], again])


def test_hold_seals_its_case_and_reason(store, clock, made):
    request = hold_request(clock, case_ref="CR/26/9999", reason="Mrs Hopper complains")
    holds.place_hold(store, GOLD, made.alert_ids[0], request)
    with store.reading() as connection:
        row = connection.execute(select(table)).one()
    assert b"Hopper" not in bytes(row.sealed_reason)
    assert b"9999" not in bytes(row.sealed_reason)
    (found,) = holds.holds(store, GOLD, reason="quarterly review")
    assert (found.case_ref, found.reason) == ("CR/26/9999", "Mrs Hopper complains")
    assert len(logged(store, "retention.hold")) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"case_ref": " "}, "--case"),
        ({"reason": ""}, "reason"),
        ({"reviewer": ""}, "--reviewer"),
        ({"reviewer": "gold-1"}, "another person"),
        ({"days": 0}, "after today"),
        ({"days": -1}, "after today"),
        ({"days": 367}, "366 days"),
        ({"reviewer": "retired"}, "not active"),
        ({"reviewer": "operator"}, "may not release"),
    ],
)
def test_hold_that_lacks_something_is_refused(store, clock, made, changes, words):
    add_user(store, "retired", Role.SILVER, is_active=False)
    add_user(store, "operator", Role.LFR_OPERATOR)
    review_on = (clock.now + timedelta(days=changes.get("days", 30))).date()
    texts = {name: value for name, value in changes.items() if name != "days"}
    request = hold_request(clock, review_on=review_on, **texts)
    with pytest.raises(RetentionError, match=words):
        holds.place_hold(store, GOLD, made.alert_ids[0], request)
    assert holds.holds(store, GOLD, reason=WHY) == []


def test_hold_with_an_unknown_reviewer_or_alert_is_refused(store, clock, made):
    with pytest.raises(NotInStoreError, match="nobody"):
        holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock, reviewer="nobody"))
    with pytest.raises(NotInStoreError, match="A-none"):
        holds.place_hold(store, GOLD, "A-none", hold_request(clock))


@pytest.mark.parametrize("text", ["CR/26\u202e", "CR\x00", "x" * 81])
def test_hold_with_a_case_that_misleads_is_refused(store, clock, made, text):
    with pytest.raises(InputError):
        holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock, case_ref=text))


def test_alert_is_not_held_twice(store, clock, made):
    placed = holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock))
    with pytest.raises(RetentionError, match=placed.hold_id):
        holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock))


def test_hold_and_release_by_others_are_refused(store, clock, made):
    placed = holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock))
    for role in set(Role) - {Role.SILVER, Role.GOLD}:
        with pytest.raises(PermissionRefusedError):
            holds.place_hold(store, person(role), made.alert_ids[1], hold_request(clock))
        with pytest.raises(PermissionRefusedError):
            holds.release_hold(store, person(role), placed.hold_id, reason=WHY)


def test_release_or_renewal_by_the_one_who_placed_it_is_refused(store, clock, made):
    placed = holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock))
    with pytest.raises(RetentionError, match="another person"):
        holds.release_hold(store, GOLD, placed.hold_id, reason=WHY)
    with pytest.raises(RetentionError, match="another person"):
        holds.renew_hold(store, GOLD, placed.hold_id, placed.review_on + timedelta(days=1), reason=WHY)
    clock.advance(hours=48)
    retention.run(store, SILVER, reason=WHY)
    assert made.alerts_left() == [made.alert_ids[0]]


def test_release_twice_or_of_an_unknown_hold_is_refused(store, clock, made):
    placed = holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock))
    released = holds.release_hold(store, OTHER_SILVER, placed.hold_id, reason=WHY)
    assert (released.released_by, released.released_at) == ("silver-2", clock.now)
    with pytest.raises(RetentionError, match="was released by silver-2"):
        holds.release_hold(store, OTHER_SILVER, placed.hold_id, reason=WHY)
    with pytest.raises(NotInStoreError):
        holds.release_hold(store, SILVER, "H-none", reason=WHY)
