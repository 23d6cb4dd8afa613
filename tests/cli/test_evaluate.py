"""Referees: painted people whom the scripted embedder cannot mistake; the keys the house has fixed."""

from __future__ import annotations

import json

import pytest
from evaluation import painted_people
from typer.testing import CliRunner

from lfr_kit.cli.evaluate import app
from lfr_kit.config import settings
from lfr_kit.errors import SettingError, TableError
from lfr_kit.registry import register, unregister

CHOSEN = ["--detector", "middle", "--embedder", "scripted", "--json"]
HALVES = ("all", "first", "second")


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


@pytest.fixture
def pairs(people, tmp_path):
    """Two folds, each with five mated and five non-mated pairs."""
    lines = ["fold,image_a,image_b,same"]
    for person in range(10):
        fold = 1 + person % 2
        lines.append(f"{fold},person_{person:02}/0.png,person_{person:02}/1.png,1")
        lines.append(f"{fold},person_{person:02}/0.png,person_{person + 10:02}/0.png,0")
    table = tmp_path / "pairs.csv"
    table.write_text("\n".join(lines))
    return table


def asked(*words):
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_verify_json_has_the_fixed_keys_and_the_truth(people, pairs):
    found = asked("verify", people, "--pairs", pairs, *CHOSEN)
    assert {"pairs", "accuracy", "interval", "failed_to_acquire"} <= found.keys()
    assert (found["pairs"], found["accuracy"], found["failed_to_acquire"]) == (20, 1.0, 0)
    low, high = found["interval"]
    assert high == 1
    assert low == pytest.approx(0.025 ** (1 / 20))
    assert found["space_id"].startswith("scripted")


def test_verify_face_not_acquired_is_wrong_and_counted(people, pairs):
    painted_people.blacken(people / "person_00/1.png")
    found = asked("verify", people, "--pairs", pairs, *CHOSEN)
    assert found["accuracy"] == pytest.approx(19 / 20)
    assert found["failed_to_acquire"] == found["pairs_failed"] == 1
    assert found["failed_by_reason"] == {"no_face": 1}


def test_identify_json_has_the_fixed_keys_and_the_truth(people):
    found = asked("identify", people, "--enrol", 5, "--draws", 3, "--seed", 1, *CHOSEN)
    assert {"n_enrolled", "draws", "mated", "non_mated", "rank1", "tpir"} <= found.keys()
    assert (found["n_enrolled"], found["draws"]) == (5, 3)
    assert (found["mated"], found["non_mated"]) == (10, 25)
    assert found["rank1"] == 1
    assert [point["fpir"] for point in found["tpir"]] == [0.01, 0.001]
    assert all({"tpir", "interval", "threshold"} <= point.keys() for point in found["tpir"])
    assert all(point["tpir"] == 1 for point in found["tpir"])


def test_identify_repeats_with_its_seed(people):
    words = ["identify", people, "--enrol", 6, "--draws", 2, "--photos", 2, "--choose", "random", *CHOSEN]
    assert asked(*words, "--seed", 3) == asked(*words, "--seed", 3)


def test_identify_cohort_normalisation_is_another_scale(people):
    words = ["identify", people, "--enrol", 4, "--draws", 1, *CHOSEN]
    normalised = asked(*words, "--normalisation", "cohort", "--cohort", 15)
    assert normalised["tpir"][0]["threshold"] != asked(*words)["tpir"][0]["threshold"]
    assert normalised["normalisation"] == "cohort"


def test_identify_against_another_normalisation_tells_what_is_gained(people):
    words = ["identify", people, "--enrol", 4, "--draws", 2, "--cohort", 15, *CHOSEN]
    found = asked(*words, "--normalisation", "cohort", "--against", "none")
    assert found["against"] == "none"
    assert found["gain"] == [{"fpir": fpir, "gain": 0.0, "interval": [0.0, 0.0]} for fpir in (0.01, 0.001)]
    assert found["tpir"] == asked(*words, "--normalisation", "cohort")["tpir"]


def test_identify_halves_of_the_people_are_apart_and_make_the_whole(people):
    counts = {half: asked("identify", people, "--enrol", 2, "--people", half, *CHOSEN) for half in HALVES}
    photos = {half: found["photos"] for half, found in counts.items()}
    assert photos["first"] + photos["second"] == photos["all"]
    assert 0 < photos["first"] < photos["all"]
    assert counts["second"]["half"] == "second"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--enrol", "500"], SettingError),
        (["--enrol", "5", "--normalisation", "cohort"], SettingError),
        (["--enrol", "5", "--draws", "0"], SettingError),
    ],
)
def test_identify_impossible_wishes_are_refused_before_the_work(people, words, error, monkeypatch):
    monkeypatch.setattr("lfr_kit.evaluation.photos.templates_of", lambda *_, **__: pytest.fail("worked first"))
    with pytest.raises(error):
        CliRunner().invoke(app, ["identify", str(people), *words, *CHOSEN], catch_exceptions=False)


def test_detect_json_has_the_fixed_keys_and_the_truth(people, tmp_path):
    table = tmp_path / "boxes.csv"
    table.write_text(
        "file,x1,y1,x2,y2\nperson_00/0.png,16,16,48,48\nperson_01/0.png,0,0,20,20\nperson_02/0.png,,,,\n"
    )
    found = asked("detect", people, "--boxes", table, "--detector", "middle", "--json")
    assert {"images", "faces", "recall", "false_per_image", "by_height_px"} <= found.keys()
    assert (found["images"], found["faces"], found["recall"]) == (3, 2, 0.5)
    assert found["false_per_image"] == pytest.approx(2 / 3)
    assert [(band["from"], band["to"], band["recall"]) for band in found["by_height_px"]] == [
        (16, 24, 0),
        (32, 48, 1),
    ]


def test_detect_counts_faces_from_the_height_asked_for(people, tmp_path):
    table = tmp_path / "boxes.csv"
    table.write_text("file,x1,y1,x2,y2\nperson_00/0.png,16,16,48,48\nperson_01/0.png,0,0,20,20\n")
    words = ["detect", people, "--boxes", table, "--detector", "middle", "--json"]
    assert asked(*words, "--count-from", 21)["recall"] == 1
    assert asked(*words, "--smallest-face", 21)["recall"] == 0.5


def test_tables_at_fault_are_refused(people, pairs):
    pairs.write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match="row 1"):
        CliRunner().invoke(app, ["verify", str(people), "--pairs", str(pairs), *CHOSEN], catch_exceptions=False)


@pytest.mark.parametrize(
    "words", [["verify"], ["identify", ".", "--enrol", "x"], ["detect", ".", "--boxes"], ["no"]]
)
def test_wrong_usage_ends_with_status_2(words):
    assert CliRunner().invoke(app, words).exit_code == 2


def test_without_json_a_table_is_printed(people, pairs):
    words = ["verify", str(people), "--pairs", str(pairs), *CHOSEN[:-1]]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0
    assert "accuracy" in done.stdout
    assert "20 of 20 pairs" in " ".join(done.stdout.split())
