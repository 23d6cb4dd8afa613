"""Trials by command: two commands from a folder to a run, stopped by force and continued, and what is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from evaluation import painted_people
from typer.testing import CliRunner

from lfr_kit.cli.evaluate import app
from lfr_kit.config import settings
from lfr_kit.errors import KeyMissingError, RetentionError, SettingError, TableError
from lfr_kit.matching import one_person
from lfr_kit.registry import register, unregister

CHOSEN = ["--detector", "middle", "--embedder", "scripted", "--json"]
SOON = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
HANGS = """
import sys, time
from evaluation.painted_people import MiddleDetector
from lfr_kit.registry import register
from lfr_kit.cli.main import app

class Hangs(MiddleDetector):
    n = 0
    def detect(self, frames):
        Hangs.n += 1
        if Hangs.n > 20:
            time.sleep(600)
        return super().detect(frames)

register("detector", "middle", Hangs)
app(sys.argv[1:])
"""


@pytest.fixture(autouse=True)
def chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("LFR_GATE__NAME", "open")
    monkeypatch.setenv("LFR_REFERENCE_GATE__NAME", "open")
    place(monkeypatch, tmp_path / "first")
    register("detector", "middle", painted_people.MiddleDetector)
    yield
    unregister("detector", "middle")
    settings.cache_clear()


def place(monkeypatch, folder: Path) -> None:
    """Where templates and key lie from now on."""
    monkeypatch.setenv("LFR_TRIALS__TEMPLATES_DIR", str(folder / "templates"))
    monkeypatch.setenv("LFR_TRIALS__KEY_FILE", str(folder / "keys" / "trials.key"))
    settings.cache_clear()


def ran(*words, exit_code=0):
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == exit_code, done.output
    return done


def asked(*words, exit_code=0):
    return json.loads(ran(*words, exit_code=exit_code).stdout)


@pytest.fixture
def manifest(tmp_path):
    people = painted_people.paint_people(tmp_path / "people")
    (tmp_path / "said.csv").write_text(
        "who,hair\n" + "\n".join(f"person_{n:02},{'dark' if n % 2 else 'fair'}" for n in range(20))
    )
    told = ["--until", SOON, "--consent", "C-1", "--data", "painted people, for tests of commands"]
    groups = ["--groups", tmp_path / "said.csv", "--by", "who", "--by", "hair"]
    made = asked("manifest", people, "--out", tmp_path / "trial", "--id", "painted", *told, *groups, "--json")
    assert (made["cohort"], made["filler"], made["crowd"]) == (10, 5, 5)
    return Path(made["manifest"])


def trial(manifest, out, *words):
    return asked("trial", manifest, "--out", out, "--sizes", "5,15", "--draws", 4, *CHOSEN, *words)


def test_from_folder_to_run_in_two_commands(manifest, tmp_path):
    found = trial(manifest, tmp_path / "runs")
    assert [size["n_enrolled"] for size in found["sizes"]] == [5, 15]
    assert found["sizes"][0]["points"][0]["tpir"] == 1  # the painted cannot be mistaken
    assert found["n_cached"] == 0
    again = trial(manifest, tmp_path / "runs")
    assert (again["n_cached"], again["run"]) == (40, found["run"])
    assert "painted people" in found["manifest"]["data"]
    shown = ran("trial", manifest, "--out", tmp_path / "runs", "--sizes", "5,15", "--draws", 4, *CHOSEN[:-1])
    assert "report.html" in shown.stdout


def test_manifest_that_no_trial_would_take_is_not_written(tmp_path):
    painted_people.paint_people(tmp_path / "people")
    words = ["manifest", tmp_path / "people", "--out", tmp_path / "trial", "--until", "2027-01-31"]
    with pytest.raises(SettingError, match="data: say it in 20 characters or more, got 'press'"):
        ran(*words, "--consent", "C-1", "--data", "press")
    with pytest.raises(SettingError, match="consent: say it in 3 characters or more, got ''"):
        ran(*words, "--consent", "", "--data", "press photographs of people")
    assert not (tmp_path / "trial").exists()


def test_run_that_was_killed_goes_on_to_the_same_digits(manifest, tmp_path, monkeypatch):
    words = ["evaluate", "trial", manifest, "--out", tmp_path / "runs", "--sizes", "5,15", "--draws", "4", *CHOSEN]
    tests = str(Path(__file__).parent.parent)
    child = subprocess.Popen(
        [sys.executable, "-c", HANGS, *map(str, words)],
        env={**os.environ, "PYTHONPATH": tests},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    templates = tmp_path / "first" / "templates"
    until = time.monotonic() + 100
    while not (templates.is_dir() and len(list(templates.glob("*.template"))) >= 16):
        assert child.poll() is None, "ended before it was killed"
        assert time.monotonic() < until, "kept no templates"
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (tmp_path / "runs").exists()
    continued = trial(manifest, tmp_path / "runs")
    assert 16 <= continued["n_cached"] < 40
    place(monkeypatch, tmp_path / "second")
    in_one_go = trial(manifest, tmp_path / "other")
    assert in_one_go["n_cached"] == 0
    figures = [(Path(each["run"]) / "figures.json").read_bytes() for each in (continued, in_one_go)]
    assert figures[0] == figures[1]
    assert Path(continued["run"]).name == Path(in_one_go["run"]).name


def test_compare_refuses_another_trial_and_shows_the_same(manifest, tmp_path):
    one = trial(manifest, tmp_path / "runs")["run"]
    other = trial(manifest, tmp_path / "runs", "--seed", 3)["run"]
    with pytest.raises(TableError, match="drew other lists"):
        ran("compare", one, other)
    assert asked("compare", one, other, "--anyway", "--json")["differences"]
    assert "NOT COMPARABLE" in ran("compare", one, other, "--anyway").stderr
    ungated = trial(manifest, tmp_path / "runs", "--admit", "all")["run"]
    assert asked("compare", one, ungated, "--json")["differences"] == []
    with pytest.raises(TableError, match="each once"):
        ran("compare", one, one)


def test_compare_tells_two_runs_of_one_name_apart(manifest, tmp_path):
    runs = [trial(manifest, tmp_path / folder)["run"] for folder in ("here", "there")]
    found = asked("compare", *runs, "--json")
    assert found["runs"] == runs
    assert [row["run"] for row in found["rows"][:2]] == runs
    shown = ran("compare", *runs).stdout
    assert all(f"{letter}: {run}" in shown for letter, run in zip("AB", runs, strict=True))


@pytest.fixture
def rivals_known(monkeypatch):
    """From which cosine two of the painted are alike: without that, rivals mean nothing in their space."""
    monkeypatch.setitem(one_person._VERIFICATION_THRESHOLDS, "scripted", 0.2)


def test_trial_less_rivals_is_another_run_on_its_own_scale_as_is_its_calibration(manifest, tmp_path, rivals_known):
    plain, less = (trial(manifest, tmp_path / "runs", "--normalisation", name) for name in ("none", "rivals"))
    assert (plain["score_scale"], less["score_scale"]) == ("cosine", "cosine_less_rivals")
    assert plain["run"] != less["run"]
    assert less["highest_stranger"] < plain["highest_stranger"]
    said = ran("compare", plain["run"], less["run"])
    assert "different scales: cosine, cosine_less_rivals" in said.stderr
    assert f"{Path(less['run']).name}, cosine_less_rivals" in said.stdout
    words = ["--budget", 3, "--at", 5]
    by_run = asked("calibrate", less["run"], *words, "--out", tmp_path / "a.json", "--id", "x", "--json")
    chosen = ["--normalisation", "rivals", *CHOSEN]
    by_manifest = asked("calibrate", manifest, *words, "--out", tmp_path / "b.json", "--id", "x", *chosen)
    assert by_run["score_scale"] == by_manifest["score_scale"] == "cosine_less_rivals"
    assert json.loads((tmp_path / "a.json").read_text()) == json.loads((tmp_path / "b.json").read_text())
    with pytest.raises(TableError, match="its scores are cosine; give the MANIFEST"):
        ran("calibrate", plain["run"], *words, "--normalisation", "rivals")


def test_list_is_held_against_strangers_on_the_scale_asked_for(manifest, tmp_path, rivals_known):
    for name in range(5):
        painted_people.paint(tmp_path / "list" / f"{name}.png", 101, noise=name, shade=name)
    words = ["calibrate", manifest, "--budget", 3, "--at", 5, "--references", tmp_path / "list", *CHOSEN]
    plain, less = asked(*words)["list"], asked(*words, "--normalisation", "rivals")["list"]
    assert less["highest_pair"] == plain["highest_pair"]
    assert less["highest_stranger"] < plain["highest_stranger"] - 0.1


def test_rivals_in_a_space_of_which_nobody_knows_are_refused(manifest, tmp_path):
    with pytest.raises(SettingError, match="none is known for embedding space"):
        ran("trial", manifest, "--out", tmp_path / "runs", "--normalisation", "rivals", "--sizes", 5, *CHOSEN)


def test_more_people_than_there_are_and_senseless_sizes_are_refused(manifest, tmp_path):
    from lfr_kit.errors import SettingError

    with pytest.raises(SettingError, match="15 people could be enrolled"):
        ran("trial", manifest, "--out", tmp_path / "runs", "--sizes", "16", *CHOSEN)
    done = CliRunner().invoke(app, ["trial", str(manifest), "--sizes", "many"])
    assert done.exit_code == 2


def test_expired_member_is_refused_and_the_templates_can_be_forgotten(manifest, tmp_path):
    trial(manifest, tmp_path / "runs")
    people = manifest.parent / "people.csv"
    people.write_text(people.read_text().replace("person_00,cohort,,", "person_00,cohort,,2020-01-01"))
    with pytest.raises(RetentionError, match="person_00"):
        trial(manifest, tmp_path / "runs")
    assert asked("forget", manifest, "--person", "person_00", "--json") == {
        "expired": 0,
        "asked_for": 3,
        "kept": 37,
    }
    for picture in (tmp_path / "people" / "person_01").iterdir():
        picture.unlink()
    assert asked("forget", manifest, "--json")["kept"] == 3  # whose pictures are gone: only time, or --all
    assert asked("forget", "--all", "--json") == {"expired": 0, "asked_for": 3, "kept": 0}
    with pytest.raises(TableError, match="names no 'nobody'"):
        ran("forget", manifest, "--person", "nobody")
    assert CliRunner().invoke(app, ["forget", "--person", "x"]).exit_code == 2


def test_without_a_cache_nothing_is_kept(manifest, tmp_path):
    trial(manifest, tmp_path / "runs", "--no-cache")
    assert not (tmp_path / "first").exists()


def test_key_beside_the_templates_is_refused(manifest, tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_TRIALS__KEY_FILE", str(tmp_path / "first" / "templates" / "key"))
    settings.cache_clear()
    with pytest.raises(KeyMissingError, match="keep it elsewhere"):
        trial(manifest, tmp_path / "runs")


def test_groups_by_command(manifest, tmp_path):
    found = asked("groups", manifest, "--by", "hair", "--fpir", 0.2, "--out", tmp_path / "runs", *CHOSEN)
    assert found["n_people"] == {"dark": 10, "fair": 10}
    tpir = found["measures"]["people found (TPIR)"]
    assert {each["group"]: (each["count"], each["trials"]) for each in tpir["groups"]} == {
        "dark": (10, 10), "fair": (10, 10),
    }  # fmt: skip
    assert "could not have been seen" in tpir["verdict"]
    shown = ran("groups", manifest, "--by", "hair", "--fpir", 0.2, "--out", tmp_path / "runs", *CHOSEN[:-1])
    assert "no significant difference detected" in " ".join(shown.stdout.split())
    assert "bias" not in (Path(found["run"]) / "report.html").read_text()


def test_calibrate_from_run_and_from_manifest_agree(manifest, tmp_path):
    run = trial(manifest, tmp_path / "runs")["run"]
    words = ["--budget", 3, "--at", 5, "--footfall", 3000, "--json"]
    by_run = asked("calibrate", run, *words, "--out", tmp_path / "a.json", "--id", "painted-1")
    by_manifest = asked(
        "calibrate", manifest, *words, *CHOSEN[:-1], "--out", tmp_path / "b.json", "--id", "painted-1"
    )
    assert by_run["threshold"] == by_manifest["threshold"]
    assert by_run["upper_fpir"] <= 1 / 3
    assert by_run["at_the_deployment"]["at_most"] == pytest.approx(3000 * by_run["upper_fpir"])
    assert by_run["per_10_000"]["at_most"] == pytest.approx(10_000 * by_run["upper_fpir"])
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()
    none = asked("calibrate", run, "--budget", 6000, "--at", 10, "--json", exit_code=1)
    assert none["threshold"] is None


def test_calibrate_holds_a_folder_of_references_against_itself_and_strangers(manifest, tmp_path):
    painted_people.paint(tmp_path / "list" / "one.png", 101)
    painted_people.paint(tmp_path / "list" / "two.png", 101, noise=5, shade=9)
    words = ["--budget", 3, "--at", 5, "--references", tmp_path / "list", *CHOSEN]
    found = asked("calibrate", manifest, *words)["list"]
    assert found["n_people"] == 2
    assert found["highest_pair"] > 0.9 > found["highest_stranger"]
    assert found["strangers_above"][1] == 25


def test_calibration_takes_the_groups_of_its_own_model_only(manifest, tmp_path):
    from lfr_kit.governance.calibration_file import read_calibration

    run = trial(manifest, tmp_path / "runs")["run"]
    groups = asked("groups", manifest, "--by", "hair", "--fpir", 0.2, "--out", tmp_path / "runs", *CHOSEN)["run"]
    words = ["--budget", 3, "--at", 5, "--out", tmp_path / "a.json", "--json"]
    assert asked("calibrate", run, *words, "--groups", groups)["differences"]
    differences = read_calibration(tmp_path / "a.json").differences
    assert {each.group for each in differences.groups} == {"hair: dark", "hair: fair"}
    assert all("TPIR" in v or "FPIR" in v for v in differences.verdicts)
    with pytest.raises(TableError, match="give one of: lfr evaluate groups"):
        ran("calibrate", run, *words, "--groups", run)
    with pytest.raises(TableError, match="calibrate from a trial"):
        ran("calibrate", groups, *words)
