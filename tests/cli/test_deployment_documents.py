"""`lfr deployment record, correct, corrections, notice, documents, roll-up, check-record, equality`."""

from __future__ import annotations

import csv
import json

import pytest
from recorded import Written, lived_through

from lfr_kit.errors import (
    JustificationError,
    NotInStoreError,
    OutputError,
    PermissionRefusedError,
    RecordRefusedError,
    TableError,
)
from lfr_kit.governance.published_record import COLUMNS
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.store.store import Store

D = "D-0000000001"


@pytest.fixture
def ended(cli):
    with Store.open(cli.chosen) as store:
        yield lived_through(store)


def test_record_prints_all_sixteen_columns(cli, ended):
    printed = cli("analyst", "deployment", "record", D).stdout
    for column in COLUMNS:
        assert column in printed
    assert "1 of 3 alerts" in printed
    assert "provisional" in printed


def test_record_as_json_has_both_rates_with_intervals(cli, ended):
    found = cli.json("analyst", "deployment", "record", D)
    assert found["published"]["Total Alerts"] == "3"
    assert found["false_alerts_over_faces_seen"]["count"] == 1
    assert found["false_alerts_over_faces_seen"]["trials"] == 12_120
    assert len(found["false_alerts_over_alerts"]["interval_95"]) == 2


def test_record_out_writes_every_form_without_personal_data(cli, ended, tmp_path):
    out = tmp_path / "out"
    files = cli.json("silver", "deployment", "record", D, "--out", out)["files"]
    assert sorted(path.suffix for path in out.iterdir()) == [".csv", ".html", ".json", ".pdf"]
    assert sorted(files) == sorted(str(path) for path in out.iterdir())
    with (out / f"record-{D}.csv").open(encoding="utf-8-sig", newline="") as file:
        headings, row = list(csv.reader(file))
    assert tuple(headings[:16]) == COLUMNS
    assert row[6] == "3"
    for path in out.iterdir():
        for word in (b"Grace Hopper", b"silver", b"bronze-1", b"E-1", b"lfr_operator"):
            assert word not in path.read_bytes(), (path.name, word)


def test_record_writes_only_the_forms_asked_for(cli, ended, tmp_path):
    cli("silver", "deployment", "record", D, "--out", tmp_path / "out", "--csv", "--pdf")
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".csv", ".pdf"]


def test_record_form_without_a_folder_is_wrong_usage(cli, ended):
    cli("silver", "deployment", "record", D, "--html", status=2)


def test_record_is_made_final_and_published_by_silver_with_a_reason(cli, ended):
    assert isinstance(cli.refused("silver", "deployment", "record", D, "--final"), JustificationError)
    assert isinstance(
        cli.refused("analyst", "deployment", "record", D, "--final", "--reason", "x"), PermissionRefusedError
    )
    found = cli.json(
        "silver", "deployment", "record", D, "--final", "--publish", "police.example", "--reason", "reviewed"
    )
    assert (found["is_final"], found["is_provisional"], found["version"]) == (True, False, 1)


def test_record_that_is_not_final_is_not_published(cli, ended):
    words = ("deployment", "record", D, "--publish", "police.example", "--reason", "reviewed")
    assert isinstance(cli.refused("silver", *words), RecordRefusedError)


def test_record_awaiting_review_is_refused_as_final_with_the_finding(cli, ended):
    ended.alert()
    refused = cli.refused("silver", "deployment", "record", D, "--final", "--reason", "reviewed")
    assert "1 alert still awaits review" in str(refused)
    assert "awaits review" in cli("analyst", "deployment", "record", D).stdout


def test_correction_is_listed_in_record_and_log(cli, ended, tmp_path):
    cli("silver", "deployment", "record", D, "--final", "--reason", "reviewed")
    change = ("--set", "Faces seen (estimate)=12130")
    found = cli.json("silver", "deployment", "correct", D, *change, "--reason", "counter was read too early")
    assert (found["version"], found["faces_seen"]) == (2, 12_130)
    log = cli.json("analyst", "deployment", "corrections", "--out", tmp_path)
    assert [(each["column"], each["new_value"]) for each in log["corrections"]] == [
        ("Faces seen (estimate)", "12130"),
        ("False Alert Rate", "1 of 12130 (0.00824 %)"),
    ]
    assert "counter was read too early" in (tmp_path / "corrections.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("change", ["Faces seen", "=", "Alerts=2"])
def test_correction_of_no_column_is_refused(cli, ended, change):
    cli("silver", "deployment", "record", D, "--final", "--reason", "reviewed")
    cli("silver", "deployment", "correct", D, "--set", change, "--reason", "x", status=1 if "=" in change else 2)


def test_roll_up_of_a_month_writes_its_files(cli, ended, tmp_path):
    found = cli.json(
        "analyst", "deployment", "roll-up", "--year", 2026, "--month", 5, "--out", tmp_path / "sums", "--no-pdf"
    )
    assert found["totals"]["faces_seen"] == 12_120
    assert sorted(path.name for path in (tmp_path / "sums").iterdir()) == [
        "deployments-2026-05.csv",
        "deployments-2026-05.html",
        "deployments-2026-05.json",
    ]
    assert json.loads((tmp_path / "sums" / "deployments-2026-05.json").read_text())["totals"] == found["totals"]
    said = cli("analyst", "deployment", "roll-up", "--year", 2026).stdout
    assert "1 of 12120 faces seen (95 % interval 0.000209 % to 0.046 %)" in said


def test_notice_writes_documents_and_notes_where_it_was_published(cli, tmp_path):
    with Store.open(cli.chosen) as store:
        Written(store).moved(-60, DeploymentState.REQUESTED)
    out = tmp_path / "public"
    done = cli.json("bronze", "deployment", "notice", D, "--out", out, "--published", "police.example")
    names = {
        f"{name}-{D}.{kind}"
        for name in ("notice", "poster-A3", "poster-A4", "leaflet")
        for kind in ("html", "pdf")
    }
    assert {path.name for path in out.iterdir()} == names
    assert len(done["files"]) == 8
    assert done["published"] == "police.example"


def test_documents_are_written_for_officers_with_a_reason(cli, ended, tmp_path):
    words = ("deployment", "documents", D, "--out", tmp_path / "own", "--no-pdf")
    assert isinstance(cli.refused("bronze", *words), JustificationError)
    cli("bronze", *words, "--reason", "briefing")
    assert {path.name for path in (tmp_path / "own").iterdir()} == {f"authority-{D}.html", f"briefing-{D}.html"}


def test_documents_are_refused_where_a_file_lies(cli, ended, tmp_path):
    (tmp_path / "taken").write_text("mine")
    assert isinstance(cli.refused("bronze", "deployment", "notice", D, "--out", tmp_path / "taken"), OutputError)


def test_deployment_that_is_not_there_is_refused(cli):
    assert isinstance(cli.refused("silver", "deployment", "record", "D-9"), NotInStoreError)


def published_table(path, **changes):
    row = {
        "Deployment Location": "Westminster",
        "Date": "10/01/24",
        "Duration": "5h",
        "LFR Use Case": "1",
        "Watchlist Size": "12,000",
        "Min Threshold Setting": "0.60",
        "Total Alerts": "9",
        "True Alerts Confirmed": "8",
        "True Alerts Unconfirmed": "0",
        "False Alerts Confirmed": "0",
        "False Alerts Unconfirmed": "0",
        "False Alert Rate": "0%",
        "Outcome - Arrest": "3",
        "Outcome - Other": "1",
        "No action": "4",
        "Faces seen (estimate)": "4,000",
        **changes,
    }
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    return path


def test_check_record_finds_a_sum_that_is_off_without_a_store_or_a_sign_in(cli, tmp_path):
    path = published_table(tmp_path / "met.csv")
    found = json.loads(cli(None, "deployment", "check-record", path, "--json", status=1).stdout)
    assert [(each["rule"], each["line"]) for each in found["findings"]] == [("sum", 2)]
    assert (
        "add up to 8 (8 + 0 + 0 + 0), not to 9" in cli(None, "deployment", "check-record", path, status=1).stdout
    )


def test_check_record_passes_a_table_that_adds_up(cli, tmp_path):
    path = published_table(tmp_path / "met.csv", **{"Total Alerts": "8"})
    assert "1 deployments, 0 findings" in cli(None, "deployment", "check-record", path).stdout


def test_check_record_reads_what_record_wrote(cli, ended, tmp_path):
    cli("silver", "deployment", "record", D, "--out", tmp_path / "out", "--csv")
    cli(None, "deployment", "check-record", tmp_path / "out" / f"record-{D}.csv")


def test_check_record_refuses_what_is_no_table(cli, tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "absent.csv", tmp_path / "x.csv", tmp_path):
        assert isinstance(cli.refused(None, "deployment", "check-record", path), TableError)


def test_perceived_is_noted_by_engagement_officers_and_comes_out_as_an_aggregate(cli, ended):
    seen = ("--truth", "false_confirmed", "--ethnicity", "ic3", "--sex", "male", "--age", "18_to_24")
    for _ in range(6):
        cli("engagement_officer", "deployment", "perceived", D, *seen)
    assert isinstance(cli.refused("lfr_operator", "deployment", "perceived", D, *seen), PermissionRefusedError)
    tables = cli.json("analyst", "deployment", "equality", "--year", 2026)["tables"]
    totals = {(each["alerts"], each["by"]): each["total"] for each in tables}
    assert (totals["false", "sex"], totals["true", "sex"]) == ("6", "fewer than 5")


def test_equality_of_a_year_is_printed(cli, ended):
    found = cli.json("analyst", "deployment", "equality", "--year", 2026)
    assert len(found["tables"]) == 6
    assert "fewer than 5" in cli("analyst", "deployment", "equality", "--year", 2026).stdout
