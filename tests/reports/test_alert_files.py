"""Alert files as other programs read them: the csv and json modules, pandas."""

from __future__ import annotations

import csv
import errno
import json
from dataclasses import replace
from pathlib import Path

import pandas
import pytest
from hand_made import make_alert

from lfr_kit.errors import OutputError
from lfr_kit.reports.alert_files import COLUMNS, spreadsheet_safe, write_alert_lines, write_alert_table

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\ufeff=1", "＝1"]


def test_alert_lines_hold_one_object_each_in_order(tmp_path):
    write_alert_lines(tmp_path / "a.jsonl", [make_alert("anna", 2.0), make_alert("ben\nline", 3.5)])
    objects = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [(o["reference"], o["first_at_s"], o["threshold"]) for o in objects] == [
        ("anna", 2.0, 0.5),
        ("ben\nline", 3.5, 0.5),
    ]
    assert tuple(objects[0]) == COLUMNS


def test_alert_lines_of_no_alert_are_an_empty_file(tmp_path):
    write_alert_lines(tmp_path / "a.jsonl", [])
    assert (tmp_path / "a.jsonl").read_bytes() == b""


def test_alert_table_is_read_back_by_pandas(tmp_path):
    write_alert_table(tmp_path / "a.csv", [make_alert('Zoë, "the" one', 2.0), make_alert("ben", 3.0)])
    table = pandas.read_csv(tmp_path / "a.csv")
    assert list(table.columns) == list(COLUMNS)
    assert table["reference"].tolist() == ['Zoë, "the" one', "ben"]
    assert table["similarity"].tolist() == [0.62, 0.62]


@pytest.mark.parametrize("name", HOSTILE)
def test_alert_table_names_cannot_become_formulas(tmp_path, name):
    write_alert_table(tmp_path / "a.csv", [make_alert(name)])
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert row["reference"] == "'" + name


def test_spreadsheet_safe_leaves_names_and_negative_numbers_alone():
    assert spreadsheet_safe("anna-lena") == "anna-lena"
    assert spreadsheet_safe(-0.2) == -0.2


@pytest.mark.parametrize("write", [write_alert_lines, write_alert_table])
def test_alert_files_full_disk_is_an_output_error_and_leaves_the_old_file(tmp_path, monkeypatch, write):
    path = tmp_path / "alerts"
    path.write_text("older")
    full = OSError(errno.ENOSPC, "No space left on device")

    def no_room(self, *_, **__):
        self.touch()
        raise full

    monkeypatch.setattr(Path, "write_text", no_room)
    with pytest.raises(OutputError, match="no room left"):
        write(path, [make_alert()])
    assert [(f.name, f.read_text()) for f in tmp_path.iterdir()] == [("alerts", "older")]


def test_alert_files_folder_that_is_a_file_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_alert_lines(tmp_path / "file" / "alerts.jsonl", [])


def test_alert_files_of_footage_whose_name_is_no_text_are_written(tmp_path):
    alert = make_alert("anna", 2.0)
    alert = replace(alert, shot=replace(alert.shot, camera_id="gate\udcff.mp4"))
    write_alert_lines(tmp_path / "lines", [alert])
    write_alert_table(tmp_path / "table", [alert])
    assert json.loads((tmp_path / "lines").read_text(encoding="utf-8"))["camera_id"] == "gate\udcff.mp4"
    assert r"gate\udcff.mp4" in (tmp_path / "table").read_text(encoding="utf-8")
