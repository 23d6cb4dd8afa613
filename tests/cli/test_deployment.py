"""`lfr deployment` as it is typed, by everybody it takes."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from governance.test_threshold_choice import made
from lived import SAMPLE
from sqlalchemy import update

from lfr_kit.errors import (
    AuthorityError,
    DecisionConflictError,
    JustificationError,
    NotInStoreError,
    PermissionRefusedError,
    SignInError,
    StateError,
)
from lfr_kit.governance.calibration_file import write_calibration
from lfr_kit.governance.checklist import BEFORE_OPENING
from lfr_kit.store.store import Store
from lfr_kit.store.tables.deployments import deployments as deployment_rows

WHY = ("--reason", "for market day, as briefed")


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """The sample plan, with a window that has just begun."""
    starts_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    text = re.sub(r"(?m)^starts_at = .*$", f"starts_at = {starts_at.isoformat()}", SAMPLE.read_text())
    text = re.sub(r"(?m)^ends_at = .*$", f"ends_at = {(starts_at + timedelta(hours=4)).isoformat()}", text)
    text = re.sub(r"(?m)^policy_document_review_by = .*$", "policy_document_review_by = 2999-01-31", text)
    path = tmp_path / "plan.toml"
    path.write_text(text)
    return path


@pytest.fixture
def drafted(cli, plan_file) -> str:
    return cli.json("bronze", "deployment", "draft", plan_file, *WHY)["deployment_id"]


@pytest.fixture
def granted(cli, drafted) -> str:
    cli("silver", "deployment", "request", drafted, *WHY)
    cli("authorising_officer", "deployment", "grant", drafted, *WHY)
    return drafted


def test_template_is_what_a_plan_begins_with(cli):
    assert cli("silver", "deployment", "template").stdout == cli.json(None, "deployment", "template")["template"]


def test_draft_of_the_template_names_everything_missing(cli, tmp_path):
    empty = tmp_path / "empty.toml"
    empty.write_text(cli.json(None, "deployment", "template")["template"])
    error = cli.refused("silver", "deployment", "draft", empty, *WHY)
    assert isinstance(error, AuthorityError)
    assert "necessity: " in str(error)
    assert "dpia_ref: " in str(error)


def test_draft_needs_a_file_a_reason_and_somebody(cli, plan_file, tmp_path):
    cli("silver", "deployment", "draft", tmp_path / "none.toml", *WHY, status=2)
    assert isinstance(cli.refused("silver", "deployment", "draft", plan_file), JustificationError)
    assert isinstance(cli.refused(None, "deployment", "draft", plan_file, *WHY), SignInError)
    assert isinstance(cli.refused("lfr_operator", "deployment", "draft", plan_file, *WHY), PermissionRefusedError)


def test_list_of_nothing_says_how_to_begin(cli):
    assert "lfr deployment template" in cli("silver", "deployment", "list").stdout
    assert cli.json("silver", "deployment", "list") == {"deployments": [], "damaged": []}


def test_list_shows_state_and_who_does_what_next(cli, granted):
    (row,) = cli.json("auditor", "deployment", "list")["deployments"]
    assert (row["deployment_id"], row["state"], row["place"]) == (
        granted,
        "granted",
        "Market Square, Lower Wexcombe",
    )
    assert row["next"][0]["step"] == "open"
    assert row["next"][0]["roles"] == ["bronze", "silver"]
    shown = cli("auditor", "deployment", "list").stdout
    assert granted in shown


def test_step_tells_what_comes_next_and_who_may_not(cli, drafted):
    said = cli.json("silver", "deployment", "request", drafted, *WHY)
    assert said["state"] == "requested"
    grant = said["next"][0]
    assert (grant["step"], grant["roles"], grant["not_by"]) == (
        "grant",
        ["authorising_officer"],
        ["bronze", "silver"],
    )
    digest = said["authority_digest"][:12]
    assert grant["command"] == f"lfr deployment grant {drafted} --digest {digest} --reason WHY"


def test_grant_twice_is_told_who_was_first(cli, granted):
    error = cli.refused("authorising_officer-2", "deployment", "grant", granted, *WHY)
    assert isinstance(error, DecisionConflictError)
    assert "granted by authorising_officer at" in str(error)


def test_grant_by_digest_refuses_another_plan(cli, drafted):
    cli("silver", "deployment", "request", drafted, *WHY)
    assert isinstance(
        cli.refused("authorising_officer", "deployment", "grant", drafted, *WHY, "--digest", "0" * 12),
        AuthorityError,
    )
    digest = cli.json("silver", "deployment", "show", drafted, *WHY)["authority_digest"]
    done = cli.json("authorising_officer", "deployment", "grant", drafted, *WHY, "--digest", digest[:12])
    assert done["state"] == "granted"


def test_urgent_grant_is_ratified(cli, drafted):
    cli("silver", "deployment", "request", drafted, *WHY)
    cli("gold", "deployment", "grant", drafted, "--urgent", "--critical-threat", "no", *WHY, status=2)
    said = cli.json("gold", "deployment", "grant", drafted, "--urgent", *WHY)
    assert (said["is_urgent"], said["next"][0]["step"], said["next"][0]["not_by"]) == (
        True,
        "ratify",
        ["bronze", "gold", "silver"],
    )
    assert (
        cli.json("authorising_officer", "deployment", "ratify", drafted, *WHY)["ratified_by"]
        == "authorising_officer"
    )


def test_urgent_grant_that_was_never_ratified_is_flagged_once_it_is_over(cli, drafted):
    cli("silver", "deployment", "request", drafted, *WHY)
    cli("gold", "deployment", "grant", drafted, "--urgent", *WHY)
    assert "unratified" not in cli("silver", "deployment", "list").stdout.lower()
    cli("gold", "deployment", "abort", drafted, *WHY)
    assert "unratified" in cli("silver", "deployment", "list").stdout
    assert "ENDED UNRATIFIED" in " ".join(cli("silver", "deployment", "show", drafted, *WHY).stdout.split())
    assert cli.json("silver", "deployment", "list")["deployments"][0]["ended_unratified"] is True


def test_list_shows_a_damaged_deployment_beside_the_others(cli, drafted, plan_file):
    other = cli.json("silver", "deployment", "draft", plan_file, *WHY)["deployment_id"]
    with Store.open(cli.chosen) as store, store.engine.begin() as connection:
        row = deployment_rows.c.deployment_id == drafted
        connection.execute(update(deployment_rows).where(row).values(sealed_authority=b"overwritten"))
    found = cli.json("silver", "deployment", "list")
    assert [each["deployment_id"] for each in found["deployments"]] == [other]
    assert [each["deployment_id"] for each in found["damaged"]] == [drafted]
    table = cli("silver", "deployment", "list").stdout
    assert drafted in table
    assert "damaged" in table


def test_refusal_makes_a_draft_to_amend(cli, drafted, plan_file):
    cli("silver", "deployment", "request", drafted, *WHY)
    assert isinstance(cli.refused("silver", "deployment", "amend", drafted, plan_file, *WHY), StateError)
    assert cli.json("authorising_officer", "deployment", "refuse", drafted, *WHY)["state"] == "draft"
    plan_file.write_text(plan_file.read_text().replace("watchlist_cap = 100", "watchlist_cap = 10"))
    before = cli.json("silver", "deployment", "list")["deployments"][0]["authority_digest"]
    after = cli.json("silver", "deployment", "amend", drafted, plan_file, *WHY)["authority_digest"]
    assert before != after


def test_check_names_each_refusal_and_fails_while_there_is_one(cli, granted):
    found = cli.json("silver", "deployment", "check", granted, status=1)
    assert found["may_start"] is False
    kinds = [line.split(":")[0] for line in found["refusals"]]
    assert kinds[0] == "watchlist"
    assert kinds.count("checklist") == len(BEFORE_OPENING)
    shown = cli("silver", "deployment", "check", granted, status=1).stdout
    assert "notice" in shown
    assert isinstance(cli.refused("silver", "deployment", "open", granted, *WHY), AuthorityError)
    assert isinstance(cli.refused("administrator", "deployment", "check", granted), PermissionRefusedError)


def test_checklist_is_ticked_off_and_shown(cli, granted):
    cli("bronze", "deployment", "checklist", granted, "--done", "signs_placed", "--reason", "six signs")
    cli("bronze", "deployment", "checklist", granted, "--failed", "zones_seen", "--reason", "camera 2 looks away")
    found = cli.json("auditor", "deployment", "checklist", granted)
    results = {each["item"]: each["result"] for each in found["items"]}
    assert (results["signs_placed"], results["zones_seen"], results["debrief_held"]) == ("done", "failed", None)
    assert found["is_ready"] is False
    assert "six signs" not in cli("auditor", "deployment", "checklist", granted).stdout
    both = ("--done", "signs_placed", "--failed", "zones_seen")
    cli("bronze", "deployment", "checklist", granted, *both, "--reason", "x", status=2)
    cli("bronze", "deployment", "checklist", granted, "--done", "lunch", "--reason", "x", status=2)


def test_threshold_is_proposed_and_confirmed_by_two(cli, granted):
    cli("silver", "deployment", "threshold", granted, *WHY, status=2)
    cli("silver", "deployment", "threshold", granted, "--to", "0.97", *WHY)
    error = cli.refused("silver", "deployment", "threshold", granted, "--confirm", "0.97", *WHY)
    assert "a second person" in str(error)
    assert cli.json("gold", "deployment", "threshold", granted, "--confirm", "0.97", *WHY)["threshold"] == 0.97
    error = cli.refused("silver", "deployment", "threshold", granted, "--to", "0.9", *WHY)
    assert "below the floor" in str(error)


def test_extend_needs_a_time_with_its_zone(cli, granted):
    cli("authorising_officer", "deployment", "extend", granted, "--until", "later", *WHY, status=2)
    error = cli.refused(
        "authorising_officer", "deployment", "extend", granted, "--until", "2999-01-01T10:00", *WHY
    )
    assert "no time zone" in str(error)
    until = (datetime.now(UTC) + timedelta(hours=6)).isoformat()
    said = cli.json("authorising_officer", "deployment", "extend", granted, "--until", until, *WHY)
    assert datetime.fromisoformat(said["ends_at"]) == datetime.fromisoformat(until)


def test_show_tells_grounds_history_and_next_steps_but_no_camera_address(cli, granted):
    found = cli.json("auditor", "deployment", "show", granted, *WHY)
    assert [each["data"].get("step") for each in found["events"]] == ["draft", "request", "grant"]
    assert all(each["reason"] == WHY[1] for each in found["events"])
    assert found["authority"]["cameras"][1] == {"camera_id": "corn-hall", "zone": "whole frame"}
    assert "walkthrough" not in str(found)
    shown = cli("auditor", "deployment", "show", granted, *WHY).stdout
    assert "grant, now granted" in shown
    assert "walkthrough" not in shown
    assert isinstance(cli.refused("auditor", "deployment", "show", granted), JustificationError)


def test_show_takes_no_text_for_markup(cli, plan_file):
    plan_file.write_text(plan_file.read_text().replace("Market Square, Lower", "[/][red]Market[/red] [link=x]"))
    drafted = cli.json("silver", "deployment", "draft", plan_file, *WHY)["deployment_id"]
    for command in (("show", drafted, *WHY), ("list",)):
        assert "[red]" in re.sub(r"\s", "", cli("silver", "deployment", *command).stdout)


def test_abort_ends_it_and_nothing_more_is_to_be_done(cli, granted):
    said = cli("silver", "deployment", "abort", granted, *WHY).stdout
    assert "is aborted" in said
    assert "Nothing more" in said
    for command in ("open", "pause", "resume", "close", "request"):
        assert isinstance(cli.refused("silver", "deployment", command, granted, *WHY), StateError)


def test_calibrations_say_what_was_measured_and_the_floor_for_each_size(cli):
    _less_rivals, found = cli.json("silver", "deployment", "calibrations")["calibrations"]
    floors = {each["n_enrolled"]: each for each in found["floors"]}
    assert floors[100] == {"n_enrolled": 100, "floor": 0.96, "is_extrapolated": False}
    assert floors[2280] == {"n_enrolled": 2280, "floor": None, "is_extrapolated": True}
    assert "each comparison counted once" in found["measured_with"]
    assert "extrapolated" in cli("silver", "deployment", "calibrations").stdout


def test_calibration_file_is_added_by_an_administrator_with_a_reason_and_never_twice(cli, tmp_path):
    file = tmp_path / "c.json"
    write_calibration(file, made())
    add = ("deployment", "calibrations", "--add", file)
    assert isinstance(cli.refused("administrator", *add), JustificationError)
    assert isinstance(cli.refused("silver", *add, *WHY), PermissionRefusedError)
    assert [each["calibration_id"] for each in cli.json("administrator", *add, *WHY)["calibrations"]][
        -1
    ] == "made-2"
    assert "the name is taken" in str(cli.refused("administrator", *add, *WHY))
    file.write_text("{}")
    assert "is no calibration" in str(cli.refused("administrator", *add, *WHY))


def test_unknown_deployment_is_said_by_every_command(cli):
    for command in ("show", "request", "abort"):
        assert isinstance(cli.refused("silver", "deployment", command, "D-none", *WHY), NotInStoreError)
    for command in ("check", "checklist"):
        assert isinstance(cli.refused("silver", "deployment", command, "D-none"), NotInStoreError)


def test_officers_check_in_are_shown_and_check_out(cli, granted):
    cli("engagement_officer", "deployment", "check-in", granted, "--team", "team 1", "--camera", "corn-hall")
    told = cli.json("bronze", "deployment", "check-in", granted, "--team", "command")
    assert [(each["user_id"], each["team"]) for each in told["present"]] == [
        ("bronze", "command"),
        ("engagement_officer", "team 1"),
    ]
    shown = cli("auditor", "deployment", "show", granted, *WHY).stdout
    assert "team 1 (engagement_officer at corn-hall)" in " ".join(shown.split())
    (left,) = cli.json("engagement_officer", "deployment", "check-out", granted)["present"]
    assert left["user_id"] == "bronze"
    cli("bronze", "deployment", "check-out", granted)
    assert cli.json("auditor", "deployment", "show", granted, *WHY)["present"] == []
    assert isinstance(
        cli.refused("silver", "deployment", "check-in", granted, "--team", "team 1"), PermissionRefusedError
    )
    assert isinstance(cli.refused("bronze", "deployment", "check-in", granted, "--team", " "), StateError)


def test_stay_is_heard_of_until_control_c_and_then_checks_out(cli, granted, monkeypatch):
    monkeypatch.setenv("LFR_LIVE__PRESENCE_LOST_AFTER_S", "4")
    cli("engagement_officer", "deployment", "list")
    monkeypatch.setenv("LFR_STORE__SESSION_FILE", str(cli.folder / "session-engagement_officer"))
    words = [sys.executable, "-m", "lfr_kit.cli.main", "deployment", "check-in", granted, "--team", "t", "--stay"]
    staying = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert "checked in" in staying.stdout.readline()
    heard_until = monotonic() + 6
    while monotonic() < heard_until:
        sleep(1)
        (present,) = cli.json("auditor", "deployment", "show", granted, *WHY)["present"]
        assert present["seen_s_ago"] <= 4
    staying.send_signal(signal.SIGINT)
    assert "checked out" in staying.communicate(timeout=60)[0]
    assert staying.returncode == 0
    assert cli.json("auditor", "deployment", "show", granted, *WHY)["present"] == []
