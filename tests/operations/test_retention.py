"""What is due goes: on the second, with its key, and with a certificate; nothing else does."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from alerted import Opened, logged, shot
from governed import person
from recorded import authority
from retained import GOLD, MANAGER, OTHER_SILVER, SILVER, WHY, add_user, hold_request, lived
from sqlalchemy import insert, select, update

from lfr_kit.config import settings
from lfr_kit.errors import (
    ClockError,
    JustificationError,
    KeyDestroyedError,
    NotInStoreError,
    PermissionRefusedError,
    RetentionError,
    StateError,
)
from lfr_kit.governance.retention import HEADROOM
from lfr_kit.governance.roles import SYSTEM, Role
from lfr_kit.governance.vocabulary import AlertState, DeletionReason, DeploymentState, RetentionProfile
from lfr_kit.operations import certificates, deletion, holds, records, retention
from lfr_kit.operations.alerts import raise_alert
from lfr_kit.operations.deletion import By, start
from lfr_kit.operations.sessions import new_session
from lfr_kit.operations.spooling import open_spool
from lfr_kit.store.repository import records as record_rows
from lfr_kit.store.tables.alerts import alert_shots, alerts
from lfr_kit.store.tables.deployments import deployments
from lfr_kit.store.tables.keys import data_keys, destroyed_keys
from lfr_kit.store.tables.retention import residue_marks
from lfr_kit.store.tables.users import sessions
from lfr_kit.store.tables.watchlists import inclusion_ledger, watchlists


@pytest.fixture(autouse=True)
def own_spool(tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_STORE__SPOOL_DIR", str(tmp_path / "spool"))
    settings.cache_clear()
    yield
    settings.cache_clear()


def scopes(store) -> set[str]:
    with store.reading() as connection:
        return set(connection.execute(select(data_keys.c.scope)).scalars())


def run(store, actor=SILVER):
    return retention.run(store, actor, reason=WHY)


def test_run_purges_a_deployment_when_everything_is_due(store, clock):
    made = lived(store, clock)
    clock.advance(hours=24)
    done = run(store)
    assert done.failed == []
    assert done.is_good
    assert (made.state(), made.watchlist_state()) == ("purged", "deleted")
    assert made.alerts_left() == []
    assert made.rows_left() == 0
    assert not {scope for scope in scopes(store) if scope.startswith(("watchlist:", "deployment:"))}
    signed = certificates.certificate(store, done.deleted[0].certificate_id)
    counts = signed.certificate.counts
    assert (counts["watchlist"], counts["entries"], counts["pictures"], counts["alert"]) == (1, 3, 3, 2)
    assert signed.certificate.residue["found_before"] > 0
    assert signed.certificate.residue["found_after"] == 0
    with store.reading() as connection:
        gone = connection.execute(select(destroyed_keys.c.key_id)).scalars().all()
    assert signed.certificate.keys_destroyed == sorted(gone)
    assert len(gone) == 2


def test_watchlist_goes_at_the_second_and_not_before(store, clock):
    made = lived(store, clock, n_alerts=0)
    clock.now += timedelta(hours=24, seconds=-1) - HEADROOM
    assert run(store).deleted == []
    assert made.watchlist_state() == "frozen"
    clock.advance(seconds=1)
    run(store)
    assert made.watchlist_state() == "deleted"


def test_alerts_go_one_by_one_and_the_rest_is_sealed_anew(store, clock):
    made = lived(store, clock)
    first, second = made.alert_ids
    before, before_further = made.faces(second), made.further(second)
    with store.reading() as connection:
        old = connection.execute(select(alerts.c.sealed_probe).where(alerts.c.alert_id == second)).scalar_one()
        key = store.vault.key(connection, f"deployment:{made.deployment_id}")
    clock.advance(hours=22)
    done = run(store)
    assert made.alerts_left() == [second]
    assert made.state() == "closed"
    after = made.faces(second)
    assert (after.probe_jpeg, after.reference_jpeg, after.details) == (
        before.probe_jpeg,
        before.reference_jpeg,
        before.details,
    )
    assert len(before_further) == 1
    assert made.further(second) == before_further
    assert certificates.certificate(store, done.deleted[0].certificate_id).certificate.keys_destroyed == [
        key.key_id
    ]
    with store.reading() as connection:
        new = connection.execute(select(alerts).where(alerts.c.alert_id == second)).one()
        shots = connection.execute(select(alert_shots.c.alert_id)).scalars().all()
    assert new.sealed_probe != old
    assert new.key_id != key.key_id
    assert first not in made.alerts_left()
    assert shots == [second], "the further pictures of what goes go with it"


def test_alert_of_the_longer_profile_stays_its_31_days(store, clock):
    made = lived(store, clock, n_alerts=1)
    with store.engine.begin() as connection:
        connection.execute(update(deployments).values(retention_profile=str(RetentionProfile.MPS)))
    clock.now += timedelta(days=31, hours=-1, seconds=-1) - HEADROOM
    run(store)
    assert made.watchlist_state() == "deleted"
    assert made.alerts_left() == made.alert_ids
    clock.advance(seconds=1)
    run(store)
    assert made.alerts_left() == []
    assert made.state() == "purged"


def test_alert_of_a_deployment_under_way_waits_for_its_end(store, clock):
    opened = Opened(store)
    with store.engine.begin() as connection:
        connection.execute(update(deployments).values(ends_at=clock.now + timedelta(hours=30)))
    alert_id = raise_alert(store, opened.deployment_id, opened.alert(shot=shot(at=clock.now)))
    clock.advance(hours=26)
    assert run(store).deleted == []
    opened.move(DeploymentState.CLOSED, closed_at=clock.now)
    run(store)
    with store.reading() as connection:
        assert alert_id not in connection.execute(select(alerts.c.alert_id)).scalars().all()


def test_forgotten_deployment_is_closed_at_the_end_of_its_window_and_cleaned(store, clock):
    opened = Opened(store)
    clock.now = opened.plan.ends_at + timedelta(hours=24)
    run(store)
    with store.reading() as connection:
        state = connection.execute(select(deployments.c.state)).scalar_one()
        list_state = connection.execute(select(watchlists.c.state)).scalar_one()
    assert (state, list_state) == ("purged", "deleted")


@pytest.mark.parametrize("state", [DeploymentState.DRAFT, DeploymentState.REQUESTED, DeploymentState.GRANTED])
def test_list_of_a_deployment_never_opened_goes_a_day_after_its_window(store, clock, state):
    opened = Opened(store)
    opened.move(state)
    clock.now = opened.plan.ends_at + timedelta(hours=24, seconds=-1) - HEADROOM
    run(store)
    clock.advance(seconds=1)
    with store.reading() as connection:
        assert connection.execute(select(watchlists.c.state)).scalar_one() == "frozen"
    run(store)
    with store.reading() as connection:
        assert connection.execute(select(watchlists.c.state)).scalar_one() == "deleted"


def test_deployment_that_lost_its_list_before_it_began_is_purged_too(store, clock):
    opened = Opened(store)
    opened.move(DeploymentState.GRANTED)
    retention.delete_watchlist(store, MANAGER, opened.watchlist_id, DeletionReason.ERROR, justification=WHY)
    clock.now = opened.plan.ends_at
    assert run(store).deleted == []
    clock.now += timedelta(hours=24, seconds=-1) - HEADROOM
    assert run(store).deleted == []
    assert f"deployment:{opened.deployment_id}" in scopes(store)
    clock.advance(seconds=1)
    (done,) = run(store).deleted
    assert certificates.certificate(store, done.certificate_id).certificate.counts == {"deployment": 1}
    assert f"deployment:{opened.deployment_id}" not in scopes(store)
    with store.reading() as connection:
        assert connection.execute(select(deployments.c.state)).scalar_one() == "purged"


def test_list_of_an_aborted_deployment_goes_a_day_after_the_abortion(store, clock):
    made = lived(store, clock, n_alerts=0)
    made.opened.move(DeploymentState.ABORTED)
    clock.advance(hours=24)
    run(store)
    assert (made.state(), made.watchlist_state()) == ("purged", "deleted")


def test_record_is_fixed_before_what_it_is_counted_from_goes(store, clock):
    made = lived(store, clock)
    clock.advance(hours=24)
    done = run(store)
    with store.reading() as connection:
        fixed = record_rows.latest(connection, store.vault.key(connection, "store"), made.deployment_id)
    assert fixed.n_raised == 2
    remarks = certificates.certificate(store, done.deleted[0].certificate_id).certificate.remarks
    assert any("as it stands, not for good" in each for each in remarks)


def test_record_keeps_the_figures_on_a_list_that_goes_before_the_alerts(store, clock):
    made = lived(store, clock)
    made.opened.change_entry(0, digest="0" * 64, age_band="13_to_17")
    made.opened.change_entry(1, digest="1" * 64, age_band="18_or_over")
    retention.delete_watchlist(store, MANAGER, made.watchlist_id, DeletionReason.CLOSE, justification=WHY)
    kept = records.deployment_record(store, SILVER, made.deployment_id)
    assert kept.watchlist.by_age_band == {"13_to_17": 1, "18_or_over": 1}
    assert kept.watchlist.by_category == {"wanted_by_courts": 2}
    assert not kept.is_final, "its alerts are still to be reviewed"


def test_run_with_a_clock_set_back_refuses_and_deletes_nothing(store, clock):
    made = lived(store, clock)
    clock.advance(hours=30)
    holds.holds(store, GOLD, reason=WHY)
    clock.advance(minutes=-3)
    assert retention.status(store).due, "by this clock too something is due"
    with pytest.raises(ClockError):
        run(store)
    with pytest.raises(ClockError):
        retention.plan(store)
    assert made.alerts_left() == made.alert_ids
    assert made.watchlist_state() == "frozen"


def test_run_by_others_is_refused_and_logged(store, clock):
    made = lived(store, clock, n_alerts=0)
    clock.advance(hours=24)
    others = set(Role) - {Role.SILVER, Role.ADMINISTRATOR, Role.SYSTEM}
    for role in others:
        with pytest.raises(PermissionRefusedError):
            run(store, person(role))
    assert made.watchlist_state() == "frozen"
    assert len(logged(store, "refused:retention.run")) == len(others)


def test_run_without_a_reason_is_refused(store, clock):
    with pytest.raises(JustificationError):
        retention.run(store, SILVER, reason=" ")


def test_run_by_the_program_itself_deletes(store, clock):
    made = lived(store, clock)
    clock.advance(hours=24)
    run(store, SYSTEM)
    assert made.state() == "purged"


def test_run_again_finds_nothing_to_do(store, clock):
    lived(store, clock)
    clock.advance(hours=24)
    run(store)
    assert run(store).deleted == []


def test_one_deployment_that_fails_does_not_keep_the_others(store, clock, monkeypatch):
    first, second = lived(store, clock), lived(store, clock, deployment_id="D-0000000002")
    clock.advance(hours=24)
    real = deletion.fix_record

    def broken(act, deployment_id, final):
        if deployment_id == first.deployment_id:
            raise RetentionError("cannot be counted")
        return real(act, deployment_id, final)

    monkeypatch.setattr(deletion, "fix_record", broken)
    done = run(store)
    assert done.failed == [(first.deployment_id, "cannot be counted")]
    assert not done.is_good
    assert (first.state(), second.state()) == ("closed", "purged")
    assert first.alerts_left() == first.alert_ids


def test_deployment_that_cannot_be_closed_does_not_keep_the_others_from_deletion(store, clock):
    broken, made = Opened(store, "D-0000000002"), lived(store, clock)
    with store.engine.begin() as connection:
        where = deployments.c.deployment_id == broken.deployment_id
        connection.execute(update(deployments).where(where).values(sealed_authority=b"not what was sealed"))
    clock.advance(hours=24)
    done = run(store)
    assert made.state() == "purged"
    assert broken.deployment_id in {what for what, _ in done.failed}
    assert not done.is_good


def test_hold_placed_between_plan_and_deletion_is_kept(store, clock):
    made = lived(store, clock)
    add_user(store, "silver-2", Role.SILVER)
    clock.advance(hours=24)
    (wanted,) = retention.plan(store)
    holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock))
    start(store, By(actor=SILVER, action=retention.Action.RETENTION_RUN, justification=WHY), wanted)
    assert made.alerts_left() == [made.alert_ids[0]]
    assert made.faces(made.alert_ids[0]).probe_jpeg.startswith(b"\xff\xd8")


def test_deletion_of_what_is_gone_already_makes_no_certificate(store, clock):
    lived(store, clock)
    clock.advance(hours=24)
    (wanted,) = retention.plan(store)
    run(store)
    by = By(actor=SILVER, action=retention.Action.RETENTION_RUN, justification=WHY)
    assert start(store, by, wanted) is None
    assert len(certificates.certificate_ids(store)) == 1


def test_alert_waiting_in_the_spool_comes_in_before_the_key_goes(store, clock):
    made = lived(store, clock, n_alerts=1)
    from lfr_kit.operations.alerts import handed_over

    before_it_closed = clock.now - timedelta(seconds=1)
    late = handed_over(made.deployment_id, made.opened.alert(1, "A-late", shot=shot(seed=7)), before_it_closed)
    open_spool(store, made.deployment_id).put(late)
    clock.advance(hours=23)
    run(store)
    assert made.alerts_left() == ["A-late"]
    assert made.faces("A-late").probe_jpeg == late.probe_jpeg


def test_purge_empties_the_spool_of_the_deployment(store, clock):
    made = lived(store, clock, n_alerts=1)
    spool = open_spool(store, made.deployment_id)
    spool.folder.mkdir(parents=True)
    (spool.folder / "A-9.alert.set_aside").write_bytes(b"what was no alert")
    clock.advance(hours=24)
    run(store)
    assert not spool.folder.exists()


def test_ledger_sessions_and_marks_expire(store, clock):
    add_user(store, "silver-1", Role.SILVER)
    lived(store, clock)
    with store.engine.begin() as connection:
        for n, day in enumerate((clock.now.date(), clock.now.date() + timedelta(days=400))):
            connection.execute(
                insert(inclusion_ledger).values(
                    ledger_id=f"L-{n}",
                    person_mac="0" * 64,
                    category="suspect",
                    deployment_id="D-1",
                    included_on=date(2026, 5, 4),
                    expires_on=day,
                )
            )
    new_session(store, "silver-1")
    clock.advance(hours=24)
    run(store)
    with store.reading() as connection:
        assert connection.execute(select(inclusion_ledger.c.ledger_id)).scalars().all() == ["L-1"]
        assert connection.execute(select(sessions)).all() == []
        assert connection.execute(select(residue_marks)).all()
    clock.now += timedelta(days=30, seconds=-1) - HEADROOM
    run(store)
    with store.reading() as connection:
        assert connection.execute(select(residue_marks)).all()
    clock.advance(seconds=1)
    run(store)
    with store.reading() as connection:
        assert connection.execute(select(residue_marks)).all() == []
    assert not {scope for scope in scopes(store) if scope.startswith("residue:")}


def test_ledger_is_kept_through_its_last_day(store, clock):
    with store.engine.begin() as connection:
        connection.execute(
            insert(inclusion_ledger).values(
                ledger_id="L-1",
                person_mac="0" * 64,
                category="suspect",
                deployment_id="D-1",
                included_on=date(2026, 5, 1),
                expires_on=clock.now.date(),
            )
        )
    clock.now = clock.now.replace(hour=23, minute=59, second=59)
    assert run(store).deleted == []
    clock.advance(seconds=1)
    assert len(run(store).deleted) == 1


@pytest.mark.parametrize("reason", [DeletionReason.REQUEST, DeletionReason.ERROR, DeletionReason.CLOSE])
def test_delete_watchlist_by_hand_goes_before_its_time(store, clock, reason):
    made = lived(store, clock)
    done = retention.delete_watchlist(store, MANAGER, made.watchlist_id, reason, justification=WHY)
    assert made.watchlist_state() == "deleted"
    assert made.rows_left() == 0
    assert made.alerts_left() == made.alert_ids
    body = certificates.certificate(store, done.certificate_id).certificate
    assert (body.reason, body.deleted_by, body.profile) == (str(reason), MANAGER.user_id, None)
    with store.reading() as connection, pytest.raises(KeyDestroyedError):
        store.vault.key(connection, f"watchlist:{made.watchlist_id}")


@pytest.mark.parametrize("reason", [DeletionReason.TTL, DeletionReason.HOLD_RELEASED])
def test_delete_watchlist_for_a_reason_of_the_clock_is_refused(store, clock, reason):
    made = lived(store, clock)
    with pytest.raises(RetentionError, match="close, error, request"):
        retention.delete_watchlist(store, MANAGER, made.watchlist_id, reason, justification=WHY)
    assert made.watchlist_state() == "frozen"


@pytest.mark.parametrize("state", [DeploymentState.OPEN, DeploymentState.PAUSED])
def test_delete_watchlist_that_is_being_searched_is_refused(store, clock, state):
    made = lived(store, clock)
    made.opened.move(state)
    with pytest.raises(RetentionError, match="close or abort"):
        retention.delete_watchlist(store, MANAGER, made.watchlist_id, DeletionReason.ERROR, justification=WHY)
    assert made.rows_left() == 6


def test_delete_watchlist_whose_deployment_is_opened_at_that_moment_is_refused(store, clock, monkeypatch):
    made = lived(store, clock)
    made.opened.move(DeploymentState.GRANTED)
    real = deletion._collect

    def opened_meanwhile(store, wanted):
        found = real(store, wanted)
        made.opened.move(DeploymentState.OPEN)
        return found

    monkeypatch.setattr(deletion, "_collect", opened_meanwhile)
    with pytest.raises(RetentionError, match="close or abort"):
        retention.delete_watchlist(store, MANAGER, made.watchlist_id, DeletionReason.ERROR, justification=WHY)
    assert (made.watchlist_state(), made.rows_left()) == ("frozen", 6)


def test_delete_watchlist_twice_or_unknown_is_refused(store, clock):
    made = lived(store, clock)
    retention.delete_watchlist(store, MANAGER, made.watchlist_id, DeletionReason.CLOSE, justification=WHY)
    with pytest.raises(StateError):
        retention.delete_watchlist(store, MANAGER, made.watchlist_id, DeletionReason.CLOSE, justification=WHY)
    with pytest.raises(NotInStoreError):
        retention.delete_watchlist(store, MANAGER, "W-none", DeletionReason.CLOSE, justification=WHY)


def test_delete_watchlist_by_a_reviewer_is_refused(store, clock):
    made = lived(store, clock)
    with pytest.raises(PermissionRefusedError):
        retention.delete_watchlist(
            store, person(Role.WATCHLIST_REVIEWER), made.watchlist_id, DeletionReason.CLOSE, justification=WHY
        )
    assert made.rows_left() == 6


def test_status_says_what_is_due_next_and_held_without_changing_anything(store, clock):
    made = lived(store, clock)
    add_user(store, "silver-2", Role.SILVER)
    holds.place_hold(store, GOLD, made.alert_ids[1], hold_request(clock))
    found = retention.status(store)
    assert found.due == []
    assert [item.item_id for item in found.ahead] == [made.alert_ids[0], made.watchlist_id]
    assert found.n_held == 1
    clock.advance(hours=24)
    assert {item.item_id for item in retention.status(store).due} == {made.alert_ids[0], made.watchlist_id}
    assert made.rows_left() == 6


def test_status_warns_of_an_arrest_that_falls_due_without_a_hold(store, clock):
    made = lived(store, clock)
    with store.engine.begin() as connection:
        settled = {"state": str(AlertState.CONCLUDED), "outcome": "arrest"}
        connection.execute(update(alerts).where(alerts.c.alert_id == made.alert_ids[0]).values(**settled))
    first, second = retention.status(store).warnings
    assert (first.alert_id, "arrest" in first.why) == (made.alert_ids[0], True)
    assert (second.alert_id, "not settled" in second.why) == (made.alert_ids[1], True)


def test_overdue_review_of_a_hold_stands_in_every_report(store, clock):
    made = lived(store, clock)
    add_user(store, "silver-2", Role.SILVER)
    placed = holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock))
    clock.advance(days=30)
    assert run(store).overdue_reviews == []
    clock.advance(days=1)
    assert [each.hold_id for each in run(store).overdue_reviews] == [placed.hold_id]
    assert [each.hold_id for each in retention.status(store).overdue_reviews] == [placed.hold_id]
    holds.renew_hold(
        store, OTHER_SILVER, placed.hold_id, (clock.now + timedelta(days=60)).date(), reason="still on trial"
    )
    assert run(store).overdue_reviews == []


def test_profile_of_an_authority_that_names_none_is_the_shorter():
    assert authority().retention_profile is RetentionProfile.SWP
