"""`lfr watchlist import` as people run it: with the scripted stages, which need no weights."""

from __future__ import annotations

import csv
import json

import pytest
from frozen_lists import WHY, new_list, planned
from painted_photos import row, save, write_table

from lfr_kit.config import settings
from lfr_kit.errors import (
    JustificationError,
    PermissionRefusedError,
    SettingError,
    SourceNotFoundError,
    SpaceMismatchError,
    TableError,
)
from lfr_kit.store.store import Store

MANAGER = "watchlist_manager"


@pytest.fixture
def scripted(monkeypatch):
    """The settings choose stages that need no weights."""
    for stage, name in (("DETECTOR", "scripted"), ("EMBEDDER", "scripted"), ("REFERENCE_GATE", "open")):
        monkeypatch.setenv(f"LFR_{stage}__NAME", name)
    settings.cache_clear()


@pytest.fixture
def watchlist(cli, scripted) -> str:
    with Store.open(cli.chosen) as store:
        return new_list(store, planned(store)).watchlist_id


@pytest.fixture
def table(tmp_path):
    save(tmp_path / "in" / "a.png", 1)
    save(tmp_path / "in" / "b.png", 2)
    rows = [
        row("A", "a.png"),
        row("B", "b.png", legal_basis="", name="=HYPERLINK(A1)"),
        row("C", "absent.png", name="[bold red]Carl[/]"),
        row("", "a.png"),
        row("=cmd|' /C calc'!A0", "../../secret.png"),
    ]
    return write_table(tmp_path / "in" / "people.csv", rows)


def test_import_json_tells_each_thing_to_act_on(cli, watchlist, table):
    told = cli.json(MANAGER, "watchlist", "import", watchlist, table, "--reason", WHY)
    assert told["n_people"] == {"accepted": 1, "quarantined": 1, "failed": 2}
    assert told["n_pictures"] == {"enrolled": 2, "failed": 2}
    assert [(one["person_ref"], one["outcome"], one["reasons"]) for one in told["people"]] == [
        ("B", "quarantined", ["legal_basis"]),
        ("C", "failed", ["template"]),
        ("=cmd|' /C calc'!A0", "failed", ["template"]),
    ]
    assert {(one["line"], one["reason"]) for one in told["failed_to_enrol"]} == {
        (4, "not_found"),
        (6, "outside_folder"),
    }
    assert [(one["line"], one["reason"]) for one in told["rows_not_read"]] == [(5, "no_person_ref")]
    assert told["n_by_reason"]["outside_folder"] == 1


def test_import_again_says_unchanged(cli, watchlist, table):
    cli(MANAGER, "watchlist", "import", watchlist, table, "--reason", WHY)
    told = cli.json(MANAGER, "watchlist", "import", watchlist, table, "--reason", WHY)
    assert told["n_people"] == {"unchanged": 2, "failed": 2}
    assert told["n_pictures"] == {"unchanged": 2, "failed": 2}


def test_import_table_for_people_has_lines_and_sums(cli, watchlist, table):
    shown = cli(MANAGER, "watchlist", "import", watchlist, table, "--reason", WHY).stdout
    assert "people: 1 accepted, 2 failed, 1 quarantined" in shown
    assert "rows not read: 1" in shown
    lines = shown.splitlines()
    assert (
        "failed to enrol: line 4, C, absent.png: not_found: no such file below the folder; check the path" in lines
    )
    assert "quarantined: line 3, B: legal_basis: fill in what is missing and import again" in lines
    assert any(line.startswith("row not read: line 5: no_person_ref: ") for line in lines)


def test_import_report_is_a_csv_without_formulas(cli, watchlist, table, tmp_path):
    report = tmp_path / "report.csv"
    cli(MANAGER, "watchlist", "import", watchlist, table, "--reason", WHY, "--report", report)
    with report.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {line["what"] for line in lines} == {
        "row not read",
        "quarantined",
        "failed",
        "failed to enrol",
        "enrolled, could be better",
    }
    assert all(not cell.startswith(("=", "+", "-", "@")) for line in lines for cell in line.values())
    assert any(line["person_ref"].startswith("'=cmd") for line in lines)


def test_import_folder_with_options_for_all(cli, watchlist, tmp_path):
    save(tmp_path / "in" / "anna.png", 1)
    words = {"--category": "suspect", "--legal-basis": "PACE", "--source": "custody"}
    words |= {"--captured-on": "2025-01-01", "--response": "red", "--expires": "2027-01-01", "--reason": WHY}
    given = [word for pair in words.items() for word in pair]
    told = cli.json(MANAGER, "watchlist", "import", watchlist, tmp_path / "in", *given)
    assert told["n_people"] == {"accepted": 1}


def test_import_pictures_may_lie_elsewhere_than_the_table(cli, watchlist, tmp_path):
    save(tmp_path / "elsewhere" / "a.png")
    table = write_table(tmp_path / "in" / "t.csv", [row("A", "a.png")])
    words = ("--pictures", tmp_path / "elsewhere", "--reason", WHY)
    assert cli.json(MANAGER, "watchlist", "import", watchlist, table, *words)["n_people"] == {"accepted": 1}


def test_import_report_in_place_of_the_table_or_nowhere_is_refused_before_anything_is_imported(
    cli, watchlist, table, tmp_path
):
    before = table.read_bytes()
    for report in (table, tmp_path / "none" / "report.csv", tmp_path):
        cli(MANAGER, "watchlist", "import", watchlist, table, "--report", report, "--reason", WHY, status=2)
    assert table.read_bytes() == before
    assert cli.json(MANAGER, "watchlist", "list")["watchlists"][0]["n_by_status"] == {}


def test_import_of_nobody_ends_with_status_one(cli, watchlist, tmp_path):
    table = write_table(tmp_path / "in" / "t.csv", [row("A", "absent.png")])
    cli(MANAGER, "watchlist", "import", watchlist, table, "--reason", WHY, status=1)


def test_import_refusals_are_sentences(cli, watchlist, table, tmp_path, monkeypatch):
    def refused(kind, *words, who=MANAGER, place=table):
        error = cli.refused(who, "watchlist", "import", watchlist, place, *words)
        assert isinstance(error, kind), error
        return str(error)

    refused(JustificationError)
    refused(PermissionRefusedError, "--reason", WHY, who="watchlist_reviewer")
    refused(SourceNotFoundError, "--reason", WHY, place=tmp_path / "none.csv")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("name,picture\n")
    assert "missing: person_ref" in refused(TableError, "--reason", WHY, place=wrong)
    refused(SettingError, "--reason", WHY, "--crops", "jitter")
    monkeypatch.setenv("LFR_EMBEDDER__SETTINGS", json.dumps({"n_cells": 2}))
    refused(SpaceMismatchError, "--reason", WHY)
    assert cli.json(MANAGER, "watchlist", "list")["watchlists"][0]["n_by_status"] == {}
