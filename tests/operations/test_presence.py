"""Checking in, being heard of, checking out; and what is written into the table from outside."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alerted import logged
from governed import person
from lived import BRONZE, ENGAGER, OPERATOR, SILVER, WHY, granted, opened, prepare, requested
from sqlalchemy import insert, select, update

from lfr_kit.config import settings
from lfr_kit.errors import AuthorityError, NotInStoreError, PermissionRefusedError, StateError
from lfr_kit.governance.roles import Action, Role
from lfr_kit.operations import deployments, presence, retention
from lfr_kit.store.tables.presence import presence as table

OTHER = person(Role.ENGAGEMENT_OFFICER, name="engagement_officer-2")
LOST_S = 60


@pytest.fixture
def found(store, clock):
    """A granted deployment within its window, nobody on the ground."""
    made = granted(store)
    clock.now = made.starts_at
    return made


def there(store, found) -> list[tuple[str, str, str]]:
    return [(one.user_id, one.team, one.camera_id) for one in presence.present(store, found.deployment_id, LOST_S)]


def events(store, found) -> list:
    past = deployments.history(store, SILVER, found.deployment_id, reason=WHY).events
    return [each for each in past if each.kind == "presence"]


def n_rows(store) -> int:
    with store.reading() as connection:
        return len(connection.execute(select(table)).all())


def test_check_in_counts_from_now_and_stands_in_the_events_and_the_log(store, clock, found):
    told = presence.check_in(store, ENGAGER, found.deployment_id, team="team 1", camera_id="corn-hall")
    assert (told.checked_in_at, told.seen_at) == (clock.now, clock.now)
    presence.check_in(store, BRONZE, found.deployment_id, team="command")
    assert there(store, found) == [
        ("bronze-1", "command", ""),
        ("engagement_officer-1", "team 1", "corn-hall"),
    ]
    first, second = events(store, found)
    assert dict(first.data) == {"step": "check_in", "team": "team 1", "camera_id": "corn-hall", "n": 1}
    assert (second.actor_id, second.data["n"]) == ("bronze-1", 2)
    assert len(logged(store, Action.DEPLOYMENT_CHECK_IN)) == 2


def test_heartbeat_keeps_somebody_present_and_is_not_logged(store, clock, found):
    presence.check_in(store, ENGAGER, found.deployment_id, team="team 1")
    n_logged = len(logged(store))
    for _ in range(10):
        clock.advance(seconds=50)
        presence.heartbeat(store, ENGAGER, found.deployment_id)
    assert there(store, found) == [("engagement_officer-1", "team 1", "")]
    assert len(logged(store)) == n_logged
    clock.advance(seconds=LOST_S)
    assert there(store, found)
    clock.advance(seconds=1)
    assert there(store, found) == []
    presence.heartbeat(store, ENGAGER, found.deployment_id)
    assert there(store, found), "who is heard of again is back"


def test_check_out_ends_it_at_once_and_heartbeats_do_not_bring_it_back(store, found):
    presence.check_in(store, ENGAGER, found.deployment_id, team="team 1")
    presence.check_in(store, OTHER, found.deployment_id, team="team 2")
    presence.check_out(store, ENGAGER, found.deployment_id)
    assert there(store, found) == [("engagement_officer-2", "team 2", "")]
    last = events(store, found)[-1]
    assert (last.data["step"], last.data["team"], last.data["n"]) == ("check_out", "team 1", 1)
    with pytest.raises(StateError, match="lfr deployment check-in"):
        presence.heartbeat(store, ENGAGER, found.deployment_id)
    presence.check_out(store, ENGAGER, found.deployment_id)
    assert len(events(store, found)) == 3


def test_check_in_again_changes_team_and_camera(store, found):
    presence.check_in(store, ENGAGER, found.deployment_id, team="team 1", camera_id="corn-hall")
    presence.check_in(store, ENGAGER, found.deployment_id, team="team 2", camera_id="north-approach")
    assert there(store, found) == [("engagement_officer-1", "team 2", "north-approach")]


def test_nobody_is_in_two_places(store, found):
    other = granted(store, place="Corn Hall, Lower Wexcombe")
    presence.check_in(store, ENGAGER, found.deployment_id, team="team 1")
    presence.check_in(store, ENGAGER, other.deployment_id, team="team 1")
    assert (there(store, found), len(there(store, other))) == ([], 1)
    assert [each.data["step"] for each in events(store, found)] == ["check_in", "check_out"]
    with pytest.raises(StateError, match="not checked in to"):
        presence.heartbeat(store, ENGAGER, found.deployment_id)
    presence.check_out(store, ENGAGER, found.deployment_id)
    assert len(there(store, other)) == 1


@pytest.mark.parametrize("step", ["check_in", "heartbeat", "check_out"])
def test_others_than_officers_on_the_ground_are_refused(store, found, step):
    more = {"team": "team 1"} if step == "check_in" else {}
    for actor in (SILVER, OPERATOR, person(Role.ADMINISTRATOR), person(Role.AUTHORISING_OFFICER)):
        with pytest.raises(PermissionRefusedError):
            getattr(presence, step)(store, actor, found.deployment_id, **more)


def test_check_in_to_what_is_not_granted_or_not_now_is_refused(store, clock, found):
    asked = requested(store)
    with pytest.raises(StateError, match="is requested"):
        presence.check_in(store, ENGAGER, asked.deployment_id, team="team 1")
    with pytest.raises(NotInStoreError):
        presence.check_in(store, ENGAGER, "D-none", team="team 1")
    clock.advance(seconds=-1)
    with pytest.raises(StateError, match="within it"):
        presence.check_in(store, ENGAGER, found.deployment_id, team="team 1")
    clock.now = found.ends_at
    with pytest.raises(StateError, match="is aborted"):
        presence.check_in(store, ENGAGER, found.deployment_id, team="team 1")


def test_heartbeat_of_what_is_over_is_refused(store, clock):
    made = opened(store, clock)
    presence.heartbeat(store, ENGAGER, made.deployment_id)
    deployments.close(store, BRONZE, made.deployment_id, reason=WHY)
    with pytest.raises(StateError, match="is closed"):
        presence.heartbeat(store, ENGAGER, made.deployment_id)


def test_check_in_at_a_camera_that_is_not_the_authoritys_is_refused(store, found):
    with pytest.raises(AuthorityError, match="corn-hall"):
        presence.check_in(store, ENGAGER, found.deployment_id, team="team 1", camera_id="my-phone")


def test_row_written_from_outside_puts_nobody_on_the_ground(store, clock, found):
    with store.engine.begin() as connection:
        connection.execute(
            insert(table).values(
                user_id="ghost",
                deployment_id=found.deployment_id,
                team="team 9",
                camera_id="",
                checked_in_at=clock.now,
                seen_at=clock.now,
                mac="0" * 64,
            )
        )
    assert there(store, found) == []
    assert presence.checked_in(store, found.deployment_id).n_refused == 1
    lines = deployments.start_refusals(store, found.deployment_id)
    assert any("1 written into the database from outside" in line for line in lines)


@pytest.mark.parametrize("column", ["user_id", "deployment_id", "team", "camera_id", "checked_in_at", "seen_at"])
def test_row_changed_from_outside_counts_for_nothing(store, clock, column):
    found, other = prepare(store, clock, granted(store)), granted(store)
    new = {"seen_at": clock.now + timedelta(minutes=5), "checked_in_at": clock.now - timedelta(minutes=5)}
    value = new.get(column, other.deployment_id if column == "deployment_id" else "x")
    clock.advance(minutes=5)
    with store.engine.begin() as connection:
        connection.execute(update(table).values(**{column: value}))
    for each in (found, other):
        assert there(store, each) == []
    with pytest.raises(StateError, match="not checked in"):
        presence.heartbeat(store, ENGAGER, found.deployment_id)
    presence.check_in(store, ENGAGER, found.deployment_id, team="team 1")
    assert len(there(store, found)) == 1


def test_public_record_says_nothing_of_who_was_there(store, clock):
    from lfr_kit.operations import records

    made = opened(store, clock)
    presence.check_in(store, OTHER, made.deployment_id, team="team seventeen", camera_id="corn-hall")
    deployments.close(store, BRONZE, made.deployment_id, reason=WHY)
    text = records.deployment_record(store, SILVER, made.deployment_id).model_dump_json()
    assert OTHER.user_id not in text
    assert "seventeen" not in text


def test_presence_goes_when_the_deployment_is_purged(store, clock, tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_STORE__SPOOL_DIR", str(tmp_path / "spool"))
    settings.cache_clear()
    made = opened(store, clock)
    presence.check_in(store, OTHER, made.deployment_id, team="team 2")
    deployments.close(store, BRONZE, made.deployment_id, reason=WHY)
    clock.advance(hours=23)
    retention.run(store, SILVER, reason=WHY)
    assert n_rows(store) == 2
    clock.advance(hours=1)
    (done,) = retention.run(store, SILVER, reason=WHY).deleted
    assert n_rows(store) == 0
    from lfr_kit.operations.certificates import certificate

    assert certificate(store, done.certificate_id).certificate.counts["presence"] == 2
    settings.cache_clear()
