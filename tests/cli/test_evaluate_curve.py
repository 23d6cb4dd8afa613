"""`lfr evaluate curve` on painted people whom the scripted embedder tells apart."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import evaluated_runs
import numpy as np
import pytest
from evaluation import painted_people
from PIL import Image
from typer.testing import CliRunner

from lfr_kit.cli.evaluate import app
from lfr_kit.config import settings
from lfr_kit.errors import SettingError, TableError, TamperedError
from lfr_kit.evaluation.curve_report import fall_in_words
from lfr_kit.evaluation.run_folder import open_run
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


@pytest.fixture(autouse=True)
def working_folder(monkeypatch, tmp_path):
    """Where runs go if nothing else is asked for."""
    monkeypatch.chdir(tmp_path)


def invoked(*words):
    return CliRunner().invoke(app, ["curve", *map(str, words), *CHOSEN], catch_exceptions=False)


def ran(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def asked(*words):
    done = invoked(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_json_has_every_level_with_counts_and_intervals(people):
    found = asked("blur", people, "--levels", "2,20", "--fpir", "0.2")
    assert (found["condition"], found["unit"]) == ("blur", "blur (standard deviation, px)")
    assert [each["level"] for each in found["levels"]] == [0, 2, 20]
    assert (found["n_people"], found["draws"], found["score_scale"]) == (10, 20, "cosine")
    first = found["levels"][0]
    assert (first["tpir"]["count"], first["tpir"]["trials"], first["n_enrolled"]) == (100, 100, 5)
    assert first["tpir"]["interval"][0] == pytest.approx(0.025 ** (1 / 10))
    assert {each["share"] for each in found["falls"]} == {0.9, 0.5}
    assert found["space_id"].startswith("scripted")


def test_curve_is_a_run_like_a_trials(people, tmp_path):
    words = [
        "jpeg",
        people,
        "--levels",
        "10",
        "--fpir",
        "0.2",
        "--data",
        "Painted people.",
        "--out",
        tmp_path / "out",
    ]
    found = asked(*words)
    run = open_run(Path(found["run"]))
    assert (run.kind, run.path.parent) == ("curve", tmp_path / "out")
    assert run.path.name.startswith("people-jpeg-curve-")
    assert run.figures == {key: value for key, value in found.items() if key not in ("run", "embedder")}
    assert run.manifest["data"] == "Painted people."
    assert run.manifest["counts"] == {"references": 10, "people_with_a_probe": 10, "probes": 10}
    assert run.manifest["plan"]["levels"] == [95, 10]
    for name in ("curve", "det"):
        drawing = ElementTree.parse(run.path / "plots" / f"{name}.svg").getroot()
        assert "JPEG quality" in drawing.attrib["aria-label"] or name == "det"
    for path in run.path.rglob("*.*"):
        assert "person_0" not in path.read_text()
        assert path.stat().st_mode & 0o222 == 0
    assert "Painted people." in (run.path / "report.html").read_text()
    assert asked(*words)["run"] == found["run"]
    assert asked(*words, "--seed", 1)["run"] != found["run"]


def test_changed_curve_is_found(people):
    path = Path(asked("jpeg", people, "--levels", "10", "--fpir", "0.2")["run"])
    assert path.parent.name == "runs"
    figures = path / "figures.json"
    figures.chmod(0o644)
    figures.write_text(figures.read_text().replace('"fpir_asked": 0.2', '"fpir_asked": 0.1'))
    with pytest.raises(TamperedError, match="was changed"):
        ran("compare", path, path)


def test_name_that_no_folder_can_begin_with_is_refused_before_work(people):
    with pytest.raises(SettingError, match="name the photographs with --id"):
        invoked("jpeg", people, "--id", "../elsewhere")


def test_curves_stand_side_by_side_level_by_level(people):
    words = ["jpeg", people, "--fpir", "0.2"]
    plain = asked(*words, "--levels", "30,10")["run"]
    ungated = asked(*words, "--levels", "10,5", "--admit", "probe")["run"]
    found = json.loads(ran("compare", plain, ungated, "--json").stdout)
    assert (found["kind"], found["differences"]) == ("curve", [])
    names = [Path(run).name for run in (plain, ungated)]
    assert [(row["level"], names.index(row["run"])) for row in found["rows"]] == [
        (95, 0), (95, 1), (30, 0), (10, 0), (10, 1), (5, 1),
    ]  # fmt: skip
    assert any("quality gates" in remark for remark in found["remarks"])
    shown = ran("compare", plain, ungated).stdout
    assert f"B: {names[1]}, cosine" in shown


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (["blur", "--levels", "2"], "two conditions"),
        (["jpeg", "--levels", "10", "--fpir", "0.3"], "two rates"),
        (["jpeg", "--levels", "10", "--draws", "3"], "drew other lists"),
        (["jpeg", "--levels", "10", "--enrol", "3"], "no level in common"),
        (["jpeg", "--levels", "10", "--people", "6"], "other people or pictures"),
    ],
)
def test_curves_that_are_not_comparable_are_refused(people, other, words):
    one = asked("jpeg", people, "--levels", "10", "--fpir", "0.2")["run"]
    two = asked(other[0], people, *(["--fpir", "0.2"] if "--fpir" not in other else []), *other[1:])["run"]
    with pytest.raises(TableError, match=words):
        ran("compare", one, two)
    assert json.loads(ran("compare", one, two, "--anyway", "--json").stdout)["differences"]


def test_curve_is_not_put_beside_a_run_of_another_kind(people, tmp_path):
    curve = asked("jpeg", people, "--levels", "10", "--fpir", "0.2")["run"]
    with pytest.raises(TableError, match="is a run of curve"):
        ran("compare", curve, evaluated_runs.put_run(tmp_path / "trials").path, "--anyway")


def test_table_names_levels_and_where_half_is_lost(people):
    done = invoked("contrast", people, "--levels", "0.5,0.01", "--fpir", "0.2")
    assert done.exit_code == 0
    assert "contrast" in done.stdout
    assert "TPIR is down to 0.5 of the first level's" in done.stdout


@pytest.mark.parametrize(
    ("level", "interval", "words"),
    [
        (2.531, [2.24, 3.02], "at 2.53 (95 %: 2.24 to 3.02)"),
        (3.9, [3.1, None], "at 3.9 (95 %: 3.1 to beyond these levels)"),
        (None, [3.5, None], "beyond these levels (95 %: 3.5 to beyond these levels)"),
        (None, [None, None], "beyond these levels"),
    ],
)
def test_where_tpir_falls_is_said_with_its_interval(level, interval, words):
    said = fall_in_words({"share": 0.9, "level": level, "interval": interval})
    assert said == f"TPIR is down to 0.9 of the first level's {words}"


def test_list_size_with_filler(people):
    found = asked("list-size", people, "--people", "6", "--filler", "8", "--levels", "3,11", "--fpir", "0.2")
    assert [each["n_enrolled"] for each in found["levels"]] == [3, 11]
    assert found["falls"] == []


def film(path, picture, n_frames=20):
    """A clip of two seconds in which a picture stands still."""
    av = pytest.importorskip("av")
    image = np.array(Image.open(picture).convert("RGB"))
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=10, options={"qscale": "1"})
        stream.height, stream.width, stream.pix_fmt = *image.shape[:2], "yuv420p"
        for _ in range(n_frames):
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)


def test_passes_of_labelled_clips(people, tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    lines = ["clip,person,from_s,to_s"]
    for number in range(6):
        film(clips / f"{number}.mp4", people / f"person_{number:02}" / "1.png")
        lines.append(f"{number}.mp4,person_{number:02},0,1.5")
    (clips / "passes.csv").write_text("\n".join(lines))
    words = ["--clips", clips / "passes.csv", "--levels", "1,3", "--fpir", "0.3", "--draws", "3"]
    found = asked("best-shots", people, *words)
    assert [each["level"] for each in found["levels"]] == [1, 3]
    for level in found["levels"]:
        assert (level["failed_to_acquire"]["count"], level["failed_to_acquire"]["trials"]) == (0, 6)
        assert level["n_enrolled"] == 3 + 14
        assert level["tpir_at_own_threshold"] == 1.0


def test_passes_of_walks_are_those_of_the_people_asked_for(people):
    """The one face that `middle` finds is as large as a walker's only where they come past the camera."""
    found = asked(
        "best-shots", people, "--walks", "--people", "4", "--draws", "2", "--fpir", "0.4", "--levels", "1,2"
    )
    assert [each["level"] for each in found["levels"]] == [1, 2]
    for level in found["levels"]:
        assert level["failed_to_acquire"]["trials"] == 4


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
