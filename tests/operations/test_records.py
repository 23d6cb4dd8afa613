"""The record as the store keeps it: computed, fixed for good, published, corrected."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from governed import person
from recorded import SILVER, Written, lived_through
from sqlalchemy import select, update

from lfr_kit.errors import PermissionRefusedError, RecordRefusedError, TamperedError
from lfr_kit.governance.published_record import published_row
from lfr_kit.governance.roles import Action, Role
from lfr_kit.governance.vocabulary import DeploymentState, Operation
from lfr_kit.operations import records
from lfr_kit.store.repository import audit_reading
from lfr_kit.store.repository.audit_reading import AuditQuestion
from lfr_kit.store.tables.deployments import corrections, deployments, published_records

D = "D-0000000001"


@pytest.fixture
def ended(store, clock) -> Written:
    written = lived_through(store)
    clock.advance(hours=6)
    return written


def fix(store, *, final: bool):
    return records.fix(store, SILVER, D, final=final, reason="end of the deployment")


def test_record_follows_the_log(store, ended):
    record = records.deployment_record(store, person(Role.ANALYST), D)
    row = published_row(record)
    assert row["Total Alerts"] == "3"
    assert row["False Alert Rate"] == "1 of 12120 (0.00825 %)"
    assert row["Duration"] == "4 h 25 min"
    assert record.is_provisional
    assert record.version == 0


def test_record_says_that_an_urgent_grant_was_not_ratified(store, ended):
    assert records.deployment_record(store, SILVER, D).notes == ()
    with store.engine.begin() as connection:
        connection.execute(update(deployments).values(is_urgent=True, ratified_by=None))
    (note,) = records.deployment_record(store, SILVER, D).notes
    assert "had ratified the urgent grant" in note
    with store.engine.begin() as connection:
        connection.execute(update(deployments).values(ratified_by="officer-2"))
    assert records.deployment_record(store, SILVER, D).notes == ()


def test_final_record_stands_after_its_alerts_are_deleted(store, ended):
    fixed = fix(store, final=True)
    ended.delete_alerts()
    after = records.deployment_record(store, SILVER, D)
    assert after == fixed
    assert (after.version, after.total_alerts, after.is_provisional) == (1, 3, False)


def test_provisional_record_stands_after_its_alerts_are_deleted(store, ended):
    ended.alert()
    fixed = fix(store, final=False)
    ended.delete_alerts()
    assert records.deployment_record(store, SILVER, D) == fixed
    assert fixed.total_alerts == 4
    assert fixed.is_provisional


def test_final_record_is_refused_while_an_alert_awaits_review(store, ended):
    ended.alert()
    with pytest.raises(RecordRefusedError, match="1 alert still awaits review") as refused:
        fix(store, final=True)
    assert refused.value.findings == ("1 alert still awaits review",)


def test_final_record_is_refused_while_the_deployment_is_open(store, clock):
    Written(store).moved(5, DeploymentState.OPEN).faces(100)
    clock.advance(hours=1)
    with pytest.raises(RecordRefusedError, match="close it first"):
        fix(store, final=True)


def test_record_of_an_open_deployment_can_always_be_fixed_as_it_stands(store, clock):
    Written(store).moved(5, DeploymentState.OPEN).faces(100)
    clock.advance(hours=1)
    assert fix(store, final=False).version == 1


def test_fixing_again_without_change_makes_no_new_version(store, clock, ended):
    fix(store, final=False)
    clock.advance(hours=1)
    assert fix(store, final=False).version == 1


def test_record_fixed_by_many_at_once_is_fixed_once(store, ended):
    with ThreadPoolExecutor(6) as pool:
        fixed = list(pool.map(lambda _: fix(store, final=True), range(6)))
    assert len(set(map(records.rows.record_digest, fixed))) == 1
    with store.reading() as connection:
        assert len(records.rows.versions(connection, store.vault.key(connection, "store"), D)) == 1


def test_final_record_is_not_changed_by_a_later_log(store, ended):
    fixed = fix(store, final=True)
    ended.alert("false_confirmed", "no_action")
    assert records.deployment_record(store, SILVER, D) == fixed
    assert fix(store, final=False) == fixed


def test_fixing_is_refused_to_an_operator(store, ended):
    with pytest.raises(PermissionRefusedError):
        records.fix(store, person(Role.LFR_OPERATOR), D, final=True, reason="please")


def test_fixed_record_stands_in_the_audit_log_with_its_digest(store, ended):
    fix(store, final=True)
    with store.reading() as connection:
        kept = connection.execute(select(published_records.c.digest)).scalar_one()
        key = store.vault.key(connection, "audit")
        entry = audit_reading.entries(connection, key, AuditQuestion(subject=f"record:{D}"))[-1]
    assert entry.action == "record.fix"
    assert (entry.details["digest"], entry.details["version"], entry.details["final"]) == (kept, 1, True)


def test_fixed_record_changed_in_the_database_is_refused(store, ended):
    fix(store, final=True)
    with store.engine.begin() as connection:
        body = connection.execute(select(published_records.c.body)).scalar_one()
        connection.execute(update(published_records).values(body={**body, "false_confirmed": 0}))
    with pytest.raises(TamperedError, match="changed after it was fixed"):
        records.deployment_record(store, SILVER, D)


def test_fixed_record_changed_together_with_its_digest_is_refused(store, ended):
    fixed = fix(store, final=True)
    forged = fixed.model_copy(update={"location": "elsewhere"})
    values = {"body": forged.model_dump(mode="json"), "digest": records.rows.record_digest(forged)}
    with store.engine.begin() as connection:
        connection.execute(update(published_records).values(**values))
    with pytest.raises(TamperedError, match="changed after it was fixed"):
        records.deployment_record(store, SILVER, D)


def test_fix_within_another_act_takes_that_acts_permission(store, ended):
    with store.act(
        person(Role.ADMINISTRATOR), Action.RETENTION_RUN, Operation.ERASURE, subject="all", justification="clock"
    ) as act:
        assert records.fix_record(act, D, True).is_final


def test_publishing_is_refused_before_the_record_is_final(store, ended):
    fix(store, final=False)
    with pytest.raises(RecordRefusedError, match="--final"):
        records.publish(store, SILVER, D, where="police.example", reason="publication")


def test_published_record_is_noted_in_the_deployments_log(store, ended):
    fix(store, final=True)
    records.publish(store, SILVER, D, where="police.example/lfr", reason="publication")
    with store.reading() as connection:
        noted = [event for event in records.rows.deployment_log(connection, D) if event.kind == "record_published"]
    assert [event.data["version"] for event in noted] == [1]


def test_correction_makes_the_next_version_and_the_first_stays(store, ended):
    first = fix(store, final=True)
    changes = {"True Alerts Confirmed": "1", "True Alerts Unconfirmed": "1"}
    second = records.correct(store, SILVER, D, changes, reason="identity turned out not to be proven")
    assert (second.version, second.true_confirmed, second.total_alerts, second.is_final) == (2, 1, 3, True)
    assert [(each.column, each.old_value, each.new_value) for each in second.corrections] == [
        ("True Alerts Confirmed", "2", "1"),
        ("True Alerts Unconfirmed", "0", "1"),
    ]
    with store.reading() as connection:
        assert records.rows.versions(connection, store.vault.key(connection, "store"), D) == [first, second]
        assert connection.execute(select(corrections.c.actor_id).distinct()).scalar_one() == SILVER.user_id


def test_correction_of_a_record_that_is_not_fixed_is_refused(store, ended):
    with pytest.raises(RecordRefusedError, match="not fixed for good"):
        records.correct(store, SILVER, D, {"Watchlist Size": "3"}, reason="typing error")


def test_correction_of_a_record_that_still_follows_the_log_is_refused(store, ended, clock):
    fix(store, final=False)
    clock.advance(hours=1)
    with pytest.raises(RecordRefusedError, match="not fixed for good"):
        records.correct(store, SILVER, D, {"Watchlist Size": "3"}, reason="typing error")


def test_record_whose_alerts_went_before_review_is_corrected_and_then_final(store, ended):
    ended.alert()
    fix(store, final=False)
    ended.delete_alerts()
    with pytest.raises(RecordRefusedError, match="awaits review"):
        fix(store, final=True)
    records.correct(store, SILVER, D, {"True Alerts Unconfirmed": "1"}, reason="reviewed from the officers' notes")
    fixed = fix(store, final=True)
    assert (fixed.version, fixed.total_alerts, fixed.is_provisional) == (3, 4, False)
    assert len(fixed.corrections) == 1


def test_objection_is_accepted_only_with_a_reason_that_is_published(store, ended):
    ended.alert("false_confirmed", "arrest")
    ended.alert("false_confirmed", "arrest")
    with pytest.raises(RecordRefusedError, match="3 arrests after 2 true alerts"):
        fix(store, final=True)
    why = "two were arrested for an assault on the officer"
    accepted = records.fix(store, SILVER, D, final=True, reason="reviewed", accepting=why)
    assert accepted.notes == (f"Checked and found so: 3 arrests after 2 true alerts. {why}",)


def test_alert_awaiting_review_cannot_be_accepted(store, ended):
    ended.alert()
    with pytest.raises(RecordRefusedError, match="awaits review"):
        records.fix(store, SILVER, D, final=True, reason="reviewed", accepting="we are in a hurry")


def test_watchlist_counts_stay_in_the_record_when_the_list_is_deleted(store, ended):
    ended.watchlist({"13_to_17": 2, "18_or_over": 9})
    fixed = fix(store, final=False)
    with store.engine.begin() as connection:
        connection.execute(update(records.rows.watchlists).values(state="deleted"))
    now = records.deployment_record(store, SILVER, D)
    assert now.watchlist == fixed.watchlist
    assert (now.watchlist.size, now.watchlist.by_age_band) == (11, {"13_to_17": 2, "18_or_over": 9})


def test_size_of_a_deleted_list_is_known_without_any_fixed_record(store, ended):
    ended.watchlist({"18_or_over": 9})
    with store.engine.begin() as connection:
        connection.execute(update(records.rows.watchlists).values(state="deleted"))
    assert records.deployment_record(store, SILVER, D).watchlist.size == 9


def test_year_adds_up_from_fixed_and_computed_records(store, ended):
    fix(store, final=True)
    ended.delete_alerts()
    other = Written(store, "D-0000000002")
    other.moved(5, DeploymentState.OPEN).faces(880)
    other.alert("true_confirmed", "other")
    other.moved(200, DeploymentState.CLOSED)
    year = records.rolled_up(store, person(Role.ANALYST), 2026)
    assert (year.totals.n_deployments, year.totals.faces_seen, year.totals.total_alerts) == (2, 13_000, 4)
    assert (year.over_faces.count, year.over_faces.trials) == (1, 13_000)
