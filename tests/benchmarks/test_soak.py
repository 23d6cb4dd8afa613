"""Whether what grows is told from what does not. Referee: made-up series whose slope is known; a real child."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from lfr_kit.benchmarks import soak as soaking
from lfr_kit.benchmarks.process_watch import Growth, ProcessWatch, files_below, trend_of
from lfr_kit.benchmarks.soak import Soak, SoakPlan, soak_rows
from lfr_kit.cli.bench import app
from lfr_kit.errors import SettingError

HOUR = np.arange(0, 3600, 10.0)


def noise(n, seed=0):
    return np.random.default_rng(seed).normal(0, 2.0, n)


@pytest.mark.parametrize(("per_hour", "is_flat"), [(0.0, True), (1.0, True), (30.0, False), (-30.0, True)])
def test_trend_tells_growth_from_noise(per_hour, is_flat):
    found = trend_of(HOUR, 500 + per_hour * HOUR / 3600 + noise(len(HOUR)), Growth(2.0, 0.01))
    assert found.is_flat is is_flat
    assert found.interval[0] < per_hour < found.interval[1]


def test_trend_one_burst_is_no_growth():
    values = np.full(len(HOUR), 40.0)
    values[200:210] = 400
    assert trend_of(HOUR, values, Growth(0.5)).is_flat is True


def test_trend_of_a_minute_is_too_short_to_say():
    at_s = HOUR[:6]
    assert trend_of(at_s, 500 + noise(6), Growth(2.0, 0.01)).is_flat is None


def test_process_is_watched_with_its_children_and_is_empty_once_gone(tmp_path):
    code = (
        "import subprocess, sys, socket, time; kept = [open(sys.argv[1]) for _ in range(20)];"
        "line = socket.socket(); line.bind(('127.0.0.1', 0)); line.listen();"
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE);"
        "print('up', flush=True);"
        "input(); child.kill(); child.wait()"
    )
    file = tmp_path / "file"
    file.touch()
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        watching = ProcessWatch("it", process.pid)
        found = watching.look()
        process.communicate("\n")
    assert found["children"] == 1
    assert found["sockets"] == 1
    assert found["handles"] > 20
    assert found["memory_mb"] > 3
    assert watching.look() == {}


def test_files_are_counted_and_folders_are_not(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").touch()
    assert files_below(tmp_path) == 1
    assert files_below(tmp_path / "nowhere") == 0


def seen_in_an_hour(**grows):
    seen = Soak(counts={"alerts": 240})
    for at_s in HOUR:
        found = {"runner memory_mb": 700.0, "server handles": 40.0, "database_mb": 4.0, "temporary_files": 6.0}
        seen.note(
            at_s,
            {name: value + grows.get(name.replace(" ", "_"), 0) * at_s / 3600 for name, value in found.items()},
        )
    return seen


def test_rows_say_what_grows_and_judge_no_settling_and_no_database():
    seen = seen_in_an_hour(server_handles=3, database_mb=50)
    seen.values["runner memory_mb"][:150] = list(np.linspace(690, 700, 150))
    rows = {row["name"]: row for row in soak_rows(SoakPlan((), seconds=3600), seen)}
    assert rows["server handles"]["is_flat"] is False
    assert rows["server handles"]["per_hour"] == pytest.approx(3)
    assert rows["runner memory_mb"]["is_flat"] is True
    assert rows["temporary_files"]["is_flat"] is True
    assert (rows["database_mb"]["is_flat"], rows["database_mb"]["per_hour"]) == (None, pytest.approx(50))
    assert rows["alerts"]["ours"] == 240


def test_process_that_was_not_always_there_counts_as_found_wanting():
    seen = seen_in_an_hour()
    seen.values["server handles"].pop()
    rows = soak_rows(SoakPlan((), seconds=3600), seen)
    assert [row["is_flat"] for row in rows if "server handles" in row["name"]] == [False]


def test_plan_that_is_too_short_is_refused():
    with pytest.raises(SettingError, match="too short"):
        SoakPlan((), seconds=30)


@pytest.mark.parametrize(("grows", "status"), [({}, 0), ({"runner_memory_mb": 200}, 1)])
def test_command_shows_slopes_draws_them_and_its_status_says_whether_anything_grows(
    monkeypatch, tmp_path, grows, status
):
    monkeypatch.setattr(soaking, "bench_soak", lambda plan, tell: seen_in_an_hour(**grows))
    clip, plot = tmp_path / "clip.mp4", tmp_path / "soak.svg"
    clip.touch()
    done = CliRunner().invoke(app, ["soak", str(clip), "--plot", str(plot)])
    assert done.exit_code == status, done.output
    assert ("grows" in done.stdout) is bool(status)
    assert "runner memory_mb" in ElementTree.fromstring(plot.read_text()).get("aria-label")
