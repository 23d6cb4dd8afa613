"""`lfr evaluate curve` on painted people whom the scripted embedder tells apart."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from evaluation import painted_people
from typer.testing import CliRunner

from lfr_kit.cli.evaluate import app
from lfr_kit.config import settings
from lfr_kit.errors import SettingError
from lfr_kit.registry import register, unregister

CHOSEN = ["--detector", "middle", "--embedder", "scripted"]


@pytest.fixture(autouse=True)
def chosen(monkeypatch):
    monkeypatch.setenv("LFR_GATE__NAME", "open")
    settings.cache_clear()
    register("detector", "middle", painted_people.MiddleDetector)
    yield
    unregister("detector", "middle")
    settings.cache_clear()


@pytest.fixture
def people(tmp_path):
    return painted_people.paint_people(tmp_path / "people")


def invoked(*words):
    return CliRunner().invoke(app, ["curve", *map(str, words), *CHOSEN], catch_exceptions=False)


def asked(*words):
    done = invoked(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_json_has_every_level_with_counts_and_intervals(people):
    found = asked("blur", people, "--levels", "2,20", "--draws", "4", "--fpir", "0.2")
    assert (found["condition"], found["unit"]) == ("blur", "blur (standard deviation, px)")
    assert [each["level"] for each in found["levels"]] == [0, 2, 20]
    assert (found["n_people"], found["people"], found["draws"]) == (10, 10, 4)
    first = found["levels"][0]
    assert (first["tpir"]["count"], first["tpir"]["trials"], first["n_enrolled"]) == (20, 20, 5)
    assert first["tpir"]["interval"][0] == pytest.approx(0.025 ** (1 / 10))
    assert {each["share"] for each in found["falls"]} == {0.9, 0.5}
    assert found["space_id"].startswith("scripted")


def test_out_holds_figures_and_plots_and_is_new(people, tmp_path):
    out = tmp_path / "curve"
    found = asked("jpeg", people, "--levels", "10", "--fpir", "0.2", "--out", out)
    assert json.loads((out / "curve.json").read_text()) == found
    for name in ("curve", "det"):
        drawing = ElementTree.parse(out / f"{name}.svg").getroot()
        assert "JPEG quality" in drawing.attrib["aria-label"] or name == "det"
    assert invoked("jpeg", people, "--out", out).exit_code == 2


def test_table_names_levels_and_where_half_is_lost(people):
    done = invoked("contrast", people, "--levels", "0.5,0.01", "--fpir", "0.2")
    assert done.exit_code == 0
    assert "contrast (times)" in done.stdout
    assert "TPIR down to 0.5 of the first level's" in done.stdout


def test_list_size_with_filler(people):
    found = asked("list-size", people, "--people", "6", "--filler", "8", "--levels", "3,11", "--fpir", "0.2")
    assert [each["n_enrolled"] for each in found["levels"]] == [3, 11]
    assert found["falls"] == []


def test_passes_of_walks(people):
    found = asked(
        "best-shots", people, "--walks", "--people", "4", "--levels", "1,2", "--fpir", "0.4", "--draws", "2"
    )
    assert [each["level"] for each in found["levels"]] == [1, 2]
    assert found["levels"][0]["failed_to_acquire"]["trials"] == 4


@pytest.mark.parametrize(
    "words",
    [["every-nth"], ["blur", "--walks"], ["every-nth", "--walks", "--clips", "t.csv"]],
    ids=["no passes", "passes of photographs", "both"],
)
def test_what_does_not_fit_together_is_wrong_usage(people, words):
    assert invoked(words[0], people, *words[1:]).exit_code == 2


def test_a_condition_that_is_none_lists_those_there_are(people):
    with pytest.raises(SettingError, match="one of face-height, blur"):
        invoked("fog", people)
