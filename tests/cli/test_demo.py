"""`lfr demo`: what it promises, and one whole deployment judged by the footage's own truth."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing

import pytest
import typer
from typer.testing import CliRunner

from lfr_kit.cli.demo import demo
from lfr_kit.config import settings
from lfr_kit.demo import ABSENT, SOUGHT
from lfr_kit.errors import ModelMissingError, OutputError

app = typer.Typer()
app.command()(demo)

GATES = [
    "People", "Authority", "Watchlist", "Blue list", "Opening", "Run", "Adjudication", "Record", "Deletion",
    "Audit",
]  # fmt: skip


def test_demo_folder_with_other_things_is_refused_before_any_work(tmp_path):
    (tmp_path / "thesis.docx").write_text("mine")
    result = CliRunner().invoke(app, ["--out", str(tmp_path)])
    assert isinstance(result.exception, OutputError)
    assert [f.name for f in tmp_path.iterdir()] == ["thesis.docx"]


def test_demo_out_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("mine")
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "out")])
    assert isinstance(result.exception, OutputError)


@pytest.fixture(scope="module")
def real_run(tmp_path_factory):
    """The JSON and the folder of one whole deployment; skipped where the networks were not fetched."""
    settings.cache_clear()
    out = tmp_path_factory.mktemp("demo") / "out"
    result = CliRunner().invoke(app, ["--out", str(out), "--json"])
    if isinstance(result.exception, ModelMissingError):
        pytest.skip(f"needs networks and portraits: {result.exception}")
    assert result.stdout, (result.output, result.exception)
    return result.exit_code, json.loads(result.stdout), out


def test_demo_alerts_once_and_on_the_person_sought_only(real_run):
    exit_code, found, _ = real_run
    assert exit_code == 0
    assert found["as_expected"] is True
    assert [a["reference"] for a in found["alerts"]] == [SOUGHT]
    assert found["alerts"][0]["similarity"] >= found["alerts"][0]["threshold"]
    assert found["frames"] >= 300
    assert found["n_enrolled"] == 2
    assert found["embedder"] in found["embedder_reason"]


def test_demo_passes_every_gate_and_shows_what_is_refused(real_run):
    _, found, _ = real_run
    assert [gate["title"] for gate in found["gates"]] == GATES
    refused = {gate["title"]: gate["refused"] for gate in found["gates"] if gate["refused"]}
    assert list(refused) == ["Authority", "Watchlist", "Blue list", "Opening", "Adjudication"]
    assert "authorising officer" in refused["Authority"]
    assert "public" in refused["Opening"]
    assert "nobody is on the blue list" in refused["Blue list"]
    (words,) = [gate["words"] for gate in found["gates"] if gate["title"] == "Blue list"]
    assert "3 of 3 passes found" in words


def test_demo_record_adds_up(real_run):
    _, found, out = real_run
    record = found["record"]
    assert record["Total Alerts"] == record["True Alerts Confirmed"] == "1"
    assert record["Faces seen (estimate)"] == str(found["faces_seen"])
    (row,) = csv.DictReader((out / "record.csv").read_text("utf-8-sig").splitlines())
    assert {column: row[column] for column in record} == record


def test_demo_leaves_no_face_and_no_name(real_run):
    _, _, out = real_run
    assert not [file for file in out.rglob("*") if file.suffix.lower() in {".jpg", ".jpeg", ".png", ".mp4"}]
    for file in (file for file in out.rglob("*") if file.is_file()):
        content = file.read_bytes()
        for name in (SOUGHT, ABSENT):
            assert name.encode() not in content, file
        assert b"data:image/jpeg" not in content, file
        assert b"\xff\xd8\xff" not in content, file


def test_demo_store_holds_neither_watchlist_nor_alert_any_more(real_run):
    _, found, out = real_run
    with closing(sqlite3.connect(out / "store" / "lfr.sqlite")) as store:
        counts = {
            t: store.execute(f"select count(*) from {t}").fetchone()[0]
            for t in ("entries", "pictures", "alerts", "blue_list", "presence")
        }
        keys = [scope for (scope,) in store.execute("select scope from data_keys")]
        (state,) = store.execute("select state from deployments").fetchone()
    assert counts == {"entries": 0, "pictures": 0, "alerts": 0, "blue_list": 0, "presence": 0}
    assert not [scope for scope in keys if scope.startswith(("watchlist:", "deployment:", "blue_list:"))]
    assert state == "purged"
    assert found["certificates"]
