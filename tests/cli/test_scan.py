"""`lfr scan` from the command line, on discs that stand for faces: their inner colour is who they are."""

from __future__ import annotations

import csv
import errno
import json
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from lfr_kit.cli.output import report_error
from lfr_kit.cli.scan import scan
from lfr_kit.config import settings
from lfr_kit.errors import LfrError, SettingError

GREEN, BLUE, RED = (20, 200, 20), (20, 20, 220), (210, 20, 20)
MAGENTA = (255, 0, 255)
SCRIPTED = {
    "LFR_DETECTOR__NAME": "scripted",
    "LFR_SELECTOR__NAME": "first",
    "LFR_TRACKER__SETTINGS": '{"n_confirm": 2}',
    "LFR_GATE__NAME": "open",
    "LFR_REFERENCE_GATE": '{"name": "open", "settings": {}}',
    "LFR_EMBEDDER__NAME": "scripted",
    "LFR_POLICY": '{"name": "threshold_with_cooldown", "settings": {"threshold": 0.999}}',
}

app = typer.Typer()
app.command()(scan)


def street(*people) -> np.ndarray:
    """(240, 320, 3) RGB with a disc for each (x, y, inner colour)."""
    image = np.full((240, 320, 3), 90, np.uint8)
    for x, y, colour in people:
        cv2.circle(image, (x, y), 24, MAGENTA, -1)
        cv2.circle(image, (x, y), 16, colour, -1)
    return image


def save(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image[..., ::-1])


@pytest.fixture(autouse=True)
def scripted_stages(monkeypatch, tmp_path):
    for name, value in SCRIPTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LFR_STORE__URL", f"sqlite:///{tmp_path / 'no' / 'store.sqlite'}")
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def footage(tmp_path):
    """Ten pictures, one a second: Blue stands there all the time, Green comes in the fifth."""
    for i in range(10):
        save(tmp_path / "footage" / f"{i:02d}.png", street((80, 120, BLUE), *[(220, 120, GREEN)] * (i >= 4)))
    return tmp_path / "footage"


@pytest.fixture
def references(tmp_path):
    """Green and Red are enrolled; one photo shows nobody."""
    save(tmp_path / "photos" / "Green.png", street((160, 120, GREEN)))
    save(tmp_path / "photos" / "Red.png", street((160, 120, RED)))
    save(tmp_path / "photos" / "Nobody.png", street())
    return tmp_path / "photos"


def run(*arguments, accounted=("--unaudited",)):
    """Runs the scan where there is no store; how it is audited where there is one: test_scan_audit.py."""
    result = CliRunner().invoke(app, [str(argument) for argument in (*arguments, *accounted)])
    if isinstance(result.exception, LfrError):
        report_error(result.exception, as_json=False)
    return result


def test_scan_prints_the_alerts_and_says_who_was_enrolled(footage, references):
    result = run(footage, "--references", references)
    assert result.exit_code == 0, result.output
    assert "1 alert." in result.stdout
    assert "Green" in result.stdout
    assert "a person decides" in result.stdout
    assert "Enrolled 2 people from 2 photos" in result.stderr
    assert "Nobody.png: no_face" in result.stderr


def test_scan_json_has_the_keys_others_build_on(footage, references):
    result = run(footage, "--references", references, "--json")
    found = json.loads(result.stdout)
    assert {"frames", "seconds", "faces_seen", "embedder", "alerts"} <= found.keys()
    assert (found["frames"], found["faces_seen"], found["embedder"]) == (10, 2, "scripted")
    (alert,) = found["alerts"]
    assert {"reference", "camera_id", "first_at_s", "similarity", "threshold"} <= alert.keys()
    assert (alert["reference"], alert["camera_id"], alert["threshold"]) == ("Green", "footage", 0.999)
    assert 4.0 <= alert["first_at_s"] <= 6.0
    assert [(r["photo"], r["reason"]) for r in found["refused"]] == [("Nobody.png", "no_face")]


def test_scan_writes_lines_table_clip_and_page(footage, references, tmp_path):
    out = tmp_path / "new" / "out"
    result = run(footage, "--references", references, "--out", out, "--clip", "--page")
    assert result.exit_code == 0, result.output
    assert sorted(f.name for f in out.iterdir()) == ["alerts.csv", "alerts.jsonl", "annotated.mp4", "report.html"]
    (line,) = (out / "alerts.jsonl").read_text().splitlines()
    with (out / "alerts.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert json.loads(line)["reference"] == row["reference"] == "Green"


def test_scan_clip_shows_the_alerted_and_covers_the_other(footage, references, tmp_path):
    run(footage, "--references", references, "--out", tmp_path / "out", "--clip")
    video, frame = cv2.VideoCapture(str(tmp_path / "out" / "annotated.mp4")), None
    while (read := video.read())[0]:
        frame = read[1][..., ::-1].astype(int)
    video.release()
    assert np.abs(frame[118:123, 218:223] - GREEN).max() < 60, "Green's middle is shown"
    assert np.abs(frame[118:123, 78:83] - BLUE).max() > 60, "Blue's middle is mixed with what is round it"


def test_scan_leaves_nothing_else_anywhere(footage, references, tmp_path):
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    run(footage, "--references", references)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_scan_threshold_and_detect_every_are_obeyed(footage, references):
    found = json.loads(run(footage, "--references", references, "--threshold", "1.0", "--json").stdout)
    assert found["alerts"] == [] or found["alerts"][0]["threshold"] == 1.0
    found = json.loads(run(footage, "--references", references, "--detect-every", "5", "--json").stdout)
    assert (found["frames"], found["frames_looked_at"]) == (10, 2)


def test_scan_folder_with_other_things_is_refused_before_any_work(footage, references, tmp_path):
    save(tmp_path / "out" / "holiday.png", street())
    result = run(footage, "--references", references, "--out", tmp_path / "out")
    assert isinstance(result.exception, LfrError)
    assert "holiday.png" in str(result.exception)
    assert [f.name for f in (tmp_path / "out").iterdir()] == ["holiday.png"]
    assert run(footage, "--references", references, "--out", tmp_path / "out", "--force").exit_code == 0
    assert (tmp_path / "out" / "holiday.png").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing.mp4", "--references", "photos"], "no such file"),
        (["footage", "--references", "nowhere"], "no such folder"),
        (["footage", "--references", "photos", "--detector", "hogg"], "no detector 'hogg'"),
        (["footage", "--references", "photos", "--threshold", "7"], "threshold"),
        (["footage", "--references", "photos", "--smallest-face", "30"], "smallest_face_px"),
    ],
)
def test_scan_faults_are_errors_of_ours_and_make_no_folder(footage, references, tmp_path, arguments, words):
    result = run(*arguments, "--out", tmp_path / "out", "--clip")
    assert isinstance(result.exception, LfrError)
    assert words in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments", [["footage"], ["footage", "--references", "photos", "--clip"], ["--detect-every", "0"]]
)
def test_scan_wrong_usage_ends_with_status_2(footage, references, arguments):
    assert run(*arguments).exit_code == 2


def test_scan_nobody_enrolled_is_refused(footage, tmp_path):
    save(tmp_path / "empty" / "Nobody.png", street())
    result = run(footage, "--references", tmp_path / "empty")
    assert isinstance(result.exception, LfrError)
    assert "nobody could be enrolled" in str(result.exception)


def test_scan_files_that_cannot_be_written_still_leave_the_result_on_screen(
    footage, references, tmp_path, monkeypatch
):
    def full(path):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("lfr_kit.reports.whole_file._sync", full)
    result = run(footage, "--references", references, "--out", tmp_path / "out", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["error"].keys() == {"kind", "message", "reason"}
    assert found["error"]["kind"] == "OutputError"
    assert [alert["reference"] for alert in found["alerts"]] == ["Green"]
    assert "not written" in result.stderr


def test_scan_interrupted_reports_and_leaves_whole_files(references, tmp_path):
    """The real thing: a process, an endless source, and Ctrl-C."""
    code = f"""
import itertools, typer, numpy as np
from datetime import UTC, datetime, timedelta
from lfr_kit import registry
from lfr_kit.records import Frame
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_scan import BLUE, GREEN, street
from lfr_kit.cli.scan import scan
import lfr_kit.sources

class Endless:
    camera_id, n_frames = "gate", None
    def __iter__(self):
        for i in itertools.count():
            image = street((80, 120, BLUE), (220, 120, GREEN))
            at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=i / 25)
            yield Frame(image=image, frame_index=i, captured_at=at, camera_id="gate", position_s=i / 25)
            if i == 30:
                print("running", file=sys.stderr, flush=True)

lfr_kit.sources.open_source = lambda where: Endless()
typer.run(scan)
"""
    out = tmp_path / "out"
    arguments = ["gate", "--references", str(references), "--out", str(out), "--clip", "--json", "--unaudited"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for line in process.stderr:
        if "running" in line:
            break
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    found = json.loads(stdout)
    assert process.returncode == 0
    assert "Ended early" in stderr
    assert found["ended_early"] == "interrupted at the keyboard"
    assert [alert["reference"] for alert in found["alerts"]] == ["Green"]
    assert json.loads((out / "alerts.jsonl").read_text())["reference"] == "Green"
    video = cv2.VideoCapture(str(out / "annotated.mp4"))
    assert sum(1 for _ in iter(lambda: video.read()[0], False)) == found["frames"]


def test_scan_unknown_setting_is_refused_by_the_detector(footage, references):
    result = run(footage, "--references", references, "--smallest-face", "20")
    assert isinstance(result.exception, SettingError)


def test_scan_says_how_many_pictures_could_not_be_read(footage, references):
    (footage / "03.png").write_bytes(b"no picture")
    result = run(footage, "--references", references, "--json")
    assert json.loads(result.stdout)["unreadable"] == 1
    assert "1 picture or packet of the footage could not be read" in result.stderr


def test_scan_folder_of_stills_compares_faces_that_are_seen_once(monkeypatch):
    from lfr_kit.cli.scan import without_tracks
    from lfr_kit.config import Settings, StageChoice

    monkeypatch.delenv("LFR_TRACKER__SETTINGS", raising=False)
    assert without_tracks(Settings()).tracker.name == "single_frame"
    chosen = Settings(tracker=StageChoice(name="iou_kalman", settings={"n_confirm": 1}))
    assert without_tracks(chosen).tracker == chosen.tracker
