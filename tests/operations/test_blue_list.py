"""Staff on the blue list: who enrols, what is kept, what opens, and what goes when."""

from __future__ import annotations

import pytest
from alerted import logged
from frozen_lists import MANAGER, unit_vector
from governed import person
from lived import (
    BRONZE,
    ENGAGER,
    GOLD,
    OPERATOR,
    SILVER,
    WHY,
    blue_checked,
    blue_member,
    engine,
    granted,
    opened,
    prepare,
)
from sqlalchemy import select, update

from lfr_kit.config import settings
from lfr_kit.errors import (
    AuthorityError,
    KeyDestroyedError,
    NotInStoreError,
    PermissionRefusedError,
    StateError,
    TamperedError,
    WatchlistError,
)
from lfr_kit.governance.blue_list import LARGEST
from lfr_kit.governance.roles import Action, Role
from lfr_kit.operations import blue_list, deployments, records, retention
from lfr_kit.operations.certificates import certificate
from lfr_kit.records import Template
from lfr_kit.store.repository import blue_list as rows
from lfr_kit.store.tables.blue_list import blue_list as table


@pytest.fixture(autouse=True)
def own_spool(tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_STORE__SPOOL_DIR", str(tmp_path / "spool"))
    settings.cache_clear()
    yield
    settings.cache_clear()


def refused(store, found) -> list[str]:
    return deployments.start_refusals(store, found.deployment_id, engine(found))


def stored(store) -> list:
    with store.reading() as connection:
        return connection.execute(select(table)).all()


def test_member_is_kept_sealed_under_a_key_of_the_deployments_blue_list(store):
    found = granted(store)
    member = blue_member(store, found.deployment_id)
    (row,) = stored(store)
    content = bytes(row.sealed_details) + bytes(row.sealed_template)
    for plain in (b"staff 1", b"HR/26/1", unit_vector(1).tobytes()[:16]):
        assert plain not in content
    (shown,) = blue_list.members(store, OPERATOR, found.deployment_id)
    assert shown == member
    with store.reading() as connection:
        assert store.vault.has_key(connection, f"blue_list:{found.deployment_id}")
    assert [row.action for row in logged(store)].count(str(Action.BLUE_LIST_ENROL)) == 2


def enrol(store, found, actor=MANAGER, **changes):
    given = {"pseudonym": "staff 1", "consent_ref": "HR/26/1", "space_id": found.authority.space_id, **changes}
    template = Template(vector=unit_vector(7), space_id=given.pop("space_id"))
    pseudonym = given.pop("pseudonym")
    return blue_list.enrol(store, actor, found.deployment_id, pseudonym, template=template, **given)


def test_enrolment_that_lacks_something_is_refused(store):
    found = granted(store)
    for lacking, words in (
        ({"consent_ref": " "}, "consent"),
        ({"pseudonym": ""}, "called"),
        ({"space_id": "facenet:1"}, "is of facenet:1"),
    ):
        with pytest.raises(WatchlistError, match=words):
            enrol(store, found, **lacking)
    for actor in (SILVER, person(Role.WATCHLIST_REVIEWER), person(Role.ADMINISTRATOR), ENGAGER):
        with pytest.raises(PermissionRefusedError):
            enrol(store, found, actor)
    assert stored(store) == []
    enrol(store, found)
    with pytest.raises(WatchlistError, match="called 'STAFF 1' already"):
        enrol(store, found, pseudonym="STAFF 1")


def test_blue_list_is_no_second_watchlist(store):
    found = granted(store)
    for n in range(LARGEST):
        enrol(store, found, pseudonym=f"staff {n}")
    with pytest.raises(WatchlistError, match="no second watchlist"):
        enrol(store, found, pseudonym="one more")


def test_nobody_is_enrolled_once_the_deployment_has_started(store, clock):
    with pytest.raises(StateError, match="is open"):
        enrol(store, opened(store, clock), pseudonym="staff 9")


def test_member_who_takes_consent_back_is_gone(store):
    found = granted(store)
    blue_member(store, found.deployment_id)
    blue_list.remove(store, BRONZE, found.deployment_id, "Staff 1")
    assert (stored(store), blue_list.members(store, OPERATOR, found.deployment_id)) == ([], [])
    with pytest.raises(NotInStoreError):
        blue_list.remove(store, BRONZE, found.deployment_id, "staff 1")


def test_template_changed_or_moved_from_outside_is_not_searched(store):
    found = granted(store)
    blue_member(store, found.deployment_id, 1)
    blue_member(store, found.deployment_id, 2)
    first, second = stored(store)
    with store.engine.begin() as connection:
        connection.execute(
            update(table)
            .where(table.c.member_id == first.member_id)
            .values(sealed_template=second.sealed_template)
        )
    with pytest.raises(TamperedError):
        blue_list.begin_check(store, OPERATOR, found.deployment_id)


def test_deployment_without_a_check_or_with_one_that_failed_does_not_open(store, clock):
    found = prepare(store, clock, granted(store))
    for hits, words in (
        ((True, False, True), "2 of 3 passes found"),
        ((True, True), "only 2 passes"),
        ((False,), "0 of 1 passes found"),
    ):
        blue_checked(store, found.deployment_id, *hits)
        (line,) = refused(store, found)
        assert line.startswith("checklist: blue_list_check: the blue-list check is not passed: ")
        assert words in line
        assert f"lfr deployment blue-check {found.deployment_id}" in line
        with pytest.raises(AuthorityError, match="blue_list_check"):
            deployments.open_deployment(store, BRONZE, found.deployment_id, reason=WHY, engine=engine(found))
    blue_checked(store, found.deployment_id, True, True, True, True, False)
    assert refused(store, found) == []


def test_whoever_was_enrolled_after_the_check_must_walk_through_too(store, clock):
    found = prepare(store, clock, granted(store))
    blue_member(store, found.deployment_id, 2)
    (line,) = refused(store, found)
    assert "1 of 2 on the blue list did not walk through" in line
    blue_list.remove(store, BRONZE, found.deployment_id, "staff 2")
    assert refused(store, found) == []
    blue_list.remove(store, BRONZE, found.deployment_id, "staff 1")
    (line,) = refused(store, found)
    assert "nobody is on the blue list" in line


def test_check_at_another_threshold_must_be_made_again_before_the_opening_and_not_after_it(store, clock):
    found = prepare(store, clock, granted(store))
    deployments.propose_threshold(store, SILVER, found.deployment_id, 0.97, reason=WHY)
    deployments.confirm_threshold(store, GOLD, found.deployment_id, 0.97, reason=WHY)
    (line,) = refused(store, found)
    assert "at a threshold of 0.962, in force is 0.97" in line
    blue_checked(store, found.deployment_id, True, True, True)
    deployments.open_deployment(store, BRONZE, found.deployment_id, reason=WHY, engine=engine(found))
    deployments.propose_threshold(store, SILVER, found.deployment_id, 0.98, reason=WHY)
    deployments.confirm_threshold(store, GOLD, found.deployment_id, 0.98, reason=WHY)
    deployments.pause(store, BRONZE, found.deployment_id, reason=WHY)
    blue_list.remove(store, BRONZE, found.deployment_id, "staff 1")
    assert refused(store, found) == [], "it was opened on a check that was good"


def test_check_before_the_grant_or_after_the_opening_or_of_nobody_is_refused(store, clock):
    found = granted(store)
    with pytest.raises(WatchlistError, match="nobody is on it"):
        blue_list.begin_check(store, OPERATOR, found.deployment_id)
    blue_member(store, found.deployment_id)
    for actor in (MANAGER, ENGAGER, GOLD):
        with pytest.raises(PermissionRefusedError):
            blue_list.begin_check(store, actor, found.deployment_id)
    made = opened(store, clock)
    with pytest.raises(StateError, match="is open"):
        blue_list.begin_check(store, OPERATOR, made.deployment_id)


def test_passes_count_in_no_public_figure_and_name_nobody(store, clock):
    found = opened(store, clock)
    deployments.close(store, BRONZE, found.deployment_id, reason=WHY)
    record = records.deployment_record(store, SILVER, found.deployment_id)
    assert (record.faces_seen, record.total_alerts, record.n_raised, record.lit_s) == (0, 0, 0, {})
    passes = blue_list.passes_of(store, SILVER, found.deployment_id)
    assert [each.is_hit for each in passes] == [True] * 3
    assert "staff" not in str(passes)
    told = blue_list.result(store, SILVER, found.deployment_id)
    assert told.in_words() == "3 of 3 passes found, 95 % interval 29 to 100 %, after 2.5 s (median)"


def test_blue_list_goes_with_the_watchlist_and_its_key_first(store, clock):
    found = opened(store, clock)
    deployments.close(store, BRONZE, found.deployment_id, reason=WHY)
    clock.advance(hours=23)
    assert retention.run(store, SILVER, reason=WHY).deleted == []
    assert len(stored(store)) == 1
    clock.advance(hours=1)
    (done,) = retention.run(store, SILVER, reason=WHY).deleted
    assert done.found == []
    assert stored(store) == []
    told = certificate(store, done.certificate_id).certificate
    assert (told.counts["watchlist"], told.counts["blue_list"], told.counts["blue_list_members"]) == (1, 1, 1)
    assert "blue_list" in told.digests
    with store.reading() as connection, pytest.raises(KeyDestroyedError):
        store.vault.key(connection, rows.scope(found.deployment_id))
    assert deployments.standing(store, found.deployment_id).state == "purged"
    assert len(blue_list.passes_of(store, SILVER, found.deployment_id)) == 3, "what it came to stays"


def test_blue_list_of_a_deployment_never_opened_goes_too(store, clock):
    found = granted(store)
    blue_member(store, found.deployment_id)
    clock.now = found.ends_at
    retention.run(store, SILVER, reason=WHY)
    assert len(stored(store)) == 1
    clock.advance(hours=24)
    retention.run(store, SILVER, reason=WHY)
    assert stored(store) == []
    assert deployments.standing(store, found.deployment_id).state == "purged"
