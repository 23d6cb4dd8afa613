"""`lfr retention`, as people and timers use it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from alerted import Opened
from governed import FakeClock, person
from recorded import authority
from retained import GOLD, add_user, hold_request, lived

from lfr_kit.errors import (
    ClockError,
    JustificationError,
    PermissionRefusedError,
    RetentionError,
    SignInError,
    TamperedError,
)
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.operations import holds, residue_check
from lfr_kit.operations.users import list_users
from lfr_kit.store.repository import holds as hold_rows
from lfr_kit.store.repository.retention import deployment_state
from lfr_kit.store.store import Store

WHY = ("--reason", "periods ran out")


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    for name in ("work", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(residue_check, "gettempdir", lambda: str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path / "work")


def two_days_ago(cli, **changes):
    """A deployment of two days ago with two alerts: its watchlist and alerts are due."""
    clock = FakeClock(datetime.now(UTC) - timedelta(hours=51))
    store = Store.open(cli.chosen, clock)
    made = lived(store, clock, **changes)
    store.close()
    return made


def review_day(days: int = 30) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def test_status_run_and_certificate_in_order(cli, tmp_path):
    made = two_days_ago(cli)
    before = cli.json("silver", "retention", "status")
    assert sorted(each["kind"] for each in before["due"]) == ["alert", "alert", "watchlist"]
    planned = cli.json("silver", "retention", "run", "--dry-run")
    assert planned["would_delete"][0]["ids"]["watchlist"] == [made.watchlist_id]
    assert made.rows_left() == 6, "a dry run deletes nothing"
    done = cli.json("silver", "retention", "run", *WHY)
    (deleted,) = done["deleted"]
    assert (done["ok"], deleted["outcome"], deleted["found"]) == (True, "nothing found", [])
    assert made.state() == "purged"
    file = tmp_path / "certificate.json"
    shown = cli.json("auditor", "retention", "certificate", deleted["certificate_id"], "--out", file)
    assert shown["certificate"]["counts"]["pictures"] == 3
    page = tmp_path / "certificate.html"
    cli("auditor", "retention", "certificate", deleted["certificate_id"], "--out", page)
    assert page.read_text().startswith("<!doctype html>")
    assert shown["digest"] in page.read_text()
    cli("auditor", "retention", "certificate", deleted["certificate_id"], "--out", page.with_suffix(".pdf"))
    assert page.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")
    checked = cli.json("auditor", "retention", "check-certificate", file)
    assert (checked["ok"], checked["digest"]) == (True, shown["digest"])
    after = cli.json("silver", "retention", "status")
    assert (after["due"], after["public_key"]) == ([], shown["public_key"])
    assert cli.json("auditor", "retention", "certificate")["certificate_ids"] == [deleted["certificate_id"]]
    assert cli.json("silver", "retention", "verify", *WHY)["ok"]


def test_commands_say_in_words_what_they_did(cli):
    made = two_days_ago(cli)
    assert "3" not in cli("silver", "retention", "status").stdout.splitlines()[0]
    assert "would delete" in cli("silver", "retention", "run", "--dry-run").stdout
    assert "certificate C-" in cli("silver", "retention", "run", *WHY).stdout
    assert "nothing was due" in cli("silver", "retention", "run", *WHY).stdout
    assert "nothing found" in cli("silver", "retention", "verify", *WHY).stdout
    assert "MB/s" in cli("silver", "retention", "verify", *WHY).stdout
    assert made.rows_left() == 0


def test_run_for_a_timer_needs_nobody_signed_in(cli):
    made = two_days_ago(cli)
    assert cli.json(None, "retention", "run", "--unattended")["ok"]
    assert made.state() == "purged"


def test_run_and_status_need_somebody_signed_in(cli):
    made = two_days_ago(cli)
    for words in (("run", *WHY), ("run", "--dry-run"), ("status",), ("verify", *WHY), ("certificate",)):
        assert isinstance(cli.refused(None, "retention", *words), SignInError)
    assert made.rows_left() == 6


def test_run_by_an_operator_or_without_a_reason_is_refused(cli):
    made = two_days_ago(cli)
    assert isinstance(cli.refused("lfr_operator", "retention", "run", *WHY), PermissionRefusedError)
    assert isinstance(cli.refused("silver", "retention", "run"), JustificationError)
    assert made.rows_left() == 6


def test_run_with_rotation_takes_an_administrator(cli):
    two_days_ago(cli)
    cli("silver", "retention", "run", "--unattended", "--rotate-master", status=2)
    assert cli.json("administrator", "retention", "run", "--rotate-master", *WHY)["ok"]
    assert cli.json("silver", "retention", "verify", *WHY)["ok"]


def test_run_with_a_clock_set_back_is_refused(cli):
    clock = FakeClock(datetime.now(UTC) + timedelta(days=3))
    with Store.open(cli.chosen, clock) as store:
        Opened(store, plan=authority(starts_at=clock.now, ends_at=clock.now + timedelta(hours=5)))
        list_users(store, person(Role.ADMINISTRATOR), justification="the clock was wrong")
    assert isinstance(cli.refused("silver", "retention", "run", *WHY), ClockError)


def test_hold_is_placed_listed_renewed_and_released_by_others(cli):
    made = two_days_ago(cli)
    alert = made.alert_ids[0]
    with Store.open(cli.chosen) as store:
        add_user(store, "gold-9", Role.GOLD)
    words = ("--case", "CR/26/1", "--reviewer", "gold-9", "--review-on", review_day(), "--reason", "a trial")
    placed = cli.json("silver", "retention", "hold", alert, *words)
    assert placed["alert_ids"] == [alert]
    (listed,) = cli.json("gold", "retention", "holds", "--reason", "weekly look")["holds"]
    assert (listed["case_ref"], listed["reason"]) == ("CR/26/1", "a trial")
    assert cli.json("silver", "retention", "run", *WHY)["ok"]
    assert made.alerts_left() == [alert]
    hold = placed["hold_id"]
    assert isinstance(cli.refused("silver", "retention", "release", hold, *WHY), RetentionError)
    renewed = cli.json("gold", "retention", "renew", hold, "--review-on", review_day(60), *WHY)
    assert renewed["review_on"] == review_day(60)
    cli("gold", "retention", "release", hold, "--reason", "the trial is over")
    cli("silver", "retention", "run", *WHY)
    assert made.alerts_left() == []


@pytest.mark.parametrize("left_out", ["--case", "--reviewer", "--review-on"])
def test_hold_without_case_reviewer_or_day_is_wrong_usage(cli, left_out):
    words = {"--case": "CR/26/1", "--reviewer": "gold-9", "--review-on": review_day(), "--reason": "a trial"}
    del words[left_out]
    cli("silver", "retention", "hold", "A-1", *(each for pair in words.items() for each in pair), status=2)


def test_overdue_review_is_said_loudly_and_ends_with_status_1(cli):
    made = two_days_ago(cli)
    clock = FakeClock(datetime.now(UTC))
    with Store.open(cli.chosen, clock) as store:
        add_user(store, "silver-2", Role.SILVER)
        placed = holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock))
        with store.engine.begin() as connection:
            hold_rows.renew(connection, placed.hold_id, clock.now.date() - timedelta(days=1))
    assert "OVERDUE" in cli("silver", "retention", "status", status=1).stderr
    assert "OVERDUE" in cli("silver", "retention", "run", "--dry-run").stderr
    assert "OVERDUE" in cli("silver", "retention", "run", *WHY).stderr
    assert "OVERDUE" in cli("silver", "retention", "holds", *WHY, status=1).stderr


def test_verify_names_a_stray_copy_and_ends_with_status_1(cli, tmp_path):
    made = two_days_ago(cli)
    cli("silver", "retention", "run", *WHY)
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "\x1b[2Jface.jpg").write_bytes(made.opened.reference_jpeg(2))
    result = cli("silver", "retention", "verify", "--also", tmp_path / "away", *WHY, status=1)
    assert "FOUND picture" in result.stderr
    assert "\\x1b[2Jface.jpg" in result.stderr.replace("\n", "")
    found = cli.json("silver", "retention", "verify", "--also", tmp_path / "away", *WHY, status=1)
    assert (found["ok"], found["findings"][0]["what"]) == (False, "picture")


def test_verify_with_nothing_to_look_for_proves_nothing_and_says_so(cli):
    two_days_ago(cli)
    said = cli("silver", "retention", "verify", *WHY).stdout
    assert "nothing to look for: marks are kept for 30 days" in said
    assert "nothing found" not in said


def test_certificate_that_was_changed_or_is_none_is_refused(cli, tmp_path):
    two_days_ago(cli)
    done = cli.json("silver", "retention", "run", *WHY)
    file = tmp_path / "certificate.json"
    cli("silver", "retention", "certificate", done["deleted"][0]["certificate_id"], "--out", file)
    values = json.loads(file.read_text())
    values["certificate"]["counts"]["alert"] = 0
    file.write_text(json.dumps(values))
    assert isinstance(cli.refused("auditor", "retention", "check-certificate", file), TamperedError)
    file.write_text("not JSON")
    assert isinstance(cli.refused("auditor", "retention", "check-certificate", file), TamperedError)


def test_deployment_under_way_keeps_everything(cli):
    now = datetime.now(UTC)
    with Store.open(cli.chosen, FakeClock(now)) as store:
        opened = Opened(
            store, plan=authority(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=4))
        )
    assert cli.json("silver", "retention", "run", *WHY)["deleted"] == []
    with Store.open(cli.chosen) as store, store.reading() as connection:
        assert deployment_state(connection, opened.deployment_id) is DeploymentState.OPEN
