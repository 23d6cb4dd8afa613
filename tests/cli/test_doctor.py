"""`lfr doctor`: finds what is missing, says how to mend it, and ends with the right status."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib import metadata

import pytest
import typer
from typer.testing import CliRunner

from lfr_kit import checkup as rounds
from lfr_kit.checkup import Finding, cameras, disk, models, opencv, packages, processor
from lfr_kit.cli.doctor import doctor
from lfr_kit.config import settings
from lfr_kit.models import default_names

app = typer.Typer()
app.command()(doctor)


@pytest.fixture(autouse=True)
def fresh_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("LFR_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("LFR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    yield
    settings.cache_clear()


def state_of(findings, name: str) -> Finding:
    return next(each for each in findings if each.name == name)


def test_doctor_missing_networks_end_it_with_status_1_and_the_line_that_mends():
    shown = CliRunner().invoke(app)
    assert shown.exit_code == 1
    assert "lfr models fetch dlib_resnet" in shown.stdout
    found = json.loads(CliRunner().invoke(app, ["--json"]).stdout)
    assert found["ok"] is False
    wanting = {each["name"] for each in found["findings"] if each["is_required"] and each["state"] == "missing"}
    assert wanting == {name for name in default_names() if not name.startswith("portrait")}
    assert found["settings"]["detect_every"] == 1


def test_doctor_all_required_there_ends_with_status_0(monkeypatch):
    good = Finding(topic="models", name="dlib_resnet", state="ok", detail="here", is_required=True)
    note = Finding(topic="models", name="yunet", state="missing", detail="not needed")
    monkeypatch.setattr(rounds, "examine", lambda: iter([good, note]))
    assert CliRunner().invoke(app).exit_code == 0
    assert json.loads(CliRunner().invoke(app, ["--json"]).stdout)["ok"] is True


def test_doctor_wrong_setting_is_a_finding_and_not_a_crash(monkeypatch):
    monkeypatch.setenv("LFR_DETECT_EVERY", "0")
    settings.cache_clear()
    shown = CliRunner().invoke(app)
    assert shown.exit_code == 1
    assert "detect_every" in shown.stdout
    assert json.loads(CliRunner().invoke(app, ["--json"]).stdout)["settings"] is None


def test_doctor_loads_no_large_library():
    code = (
        "import sys; from lfr_kit.checkup import examine; list(examine());"
        "print(sorted({'torch', 'cv2', 'mediapipe', 'openvino', 'av', 'matplotlib'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_packages_report_the_versions_installed():
    found = list(packages())
    assert state_of(found, "numpy").detail == metadata.version("numpy")
    assert state_of(found, "numpy").state == "ok"


def test_packages_missing_and_outdated_are_wanting(monkeypatch):
    monkeypatch.setattr(
        rounds.metadata,
        "requires",
        lambda name: ["numpy>=999", "no-such-package==1.0", 'scipy>=999; extra == "x"'],
    )
    found = list(packages())
    old, missing = state_of(found, "numpy"), state_of(found, "no-such-package")
    assert (old.state, missing.state) == ("wrong", "missing")
    assert old.is_wanting
    assert missing.is_wanting
    assert old.mend.endswith("-m pip install 'numpy>=999'")
    assert not [each for each in found if each.name == "scipy"]


@pytest.mark.parametrize(
    ("installed", "state"),
    [
        (["opencv-contrib-python", "numpy"], "ok"),
        (["numpy"], "missing"),
        (["opencv-contrib-python", "opencv_python_headless"], "wrong"),
        (["opencv-python", "opencv-contrib-python", "opencv-stubs"], "wrong"),
    ],
)
def test_opencv_exactly_one_distribution_may_bring_it(monkeypatch, installed, state):
    monkeypatch.setattr(rounds.metadata, "version", lambda name: "5.0")
    (found,) = opencv(installed)
    assert found.state == state
    assert found.is_wanting == (state != "ok")
    if state == "wrong":
        assert all(name in found.mend for name in installed if "stubs" not in name)
        assert "stubs" not in found.mend


def test_models_damaged_file_is_wrong_and_present_one_is_ok(tmp_path):
    from lfr_kit.models import fetch

    fetch(["portrait_grace_hopper"])
    (tmp_path / "models" / "face_landmark.tflite").write_bytes(b"damaged")
    found = list(models())
    assert state_of(found, "portrait_grace_hopper").state == "ok"
    assert state_of(found, "face_mesh").state == "wrong"
    assert state_of(found, "face_mesh").is_wanting
    assert state_of(found, "yunet").state == "note"
    assert not state_of(found, "portrait_biden").is_wanting


def test_models_that_the_settings_name_are_required(monkeypatch):
    monkeypatch.setenv("LFR_EMBEDDER__NAME", "facenet")
    monkeypatch.setenv("LFR_DETECTOR__NAME", "yunet")
    settings.cache_clear()
    found = list(models())
    assert state_of(found, "facenet_vggface2").is_wanting
    assert state_of(found, "yunet").is_wanting
    assert not state_of(found, "facenet_casia_webface").is_wanting


def test_cameras_are_listed_in_order_with_their_names(tmp_path):
    for number in (10, 2):
        (tmp_path / f"video{number}").touch()
        (tmp_path / "kernel" / f"video{number}").mkdir(parents=True)
        (tmp_path / "kernel" / f"video{number}" / "name").write_text(f"Camera {number}\n")
    found = list(cameras(tmp_path, tmp_path / "kernel"))
    assert [(each.name, each.detail, each.state) for each in found] == [
        ("camera:2", "Camera 2", "ok"),
        ("camera:10", "Camera 10", "ok"),
    ]


def test_cameras_without_the_right_to_open_say_how_to_get_it(tmp_path, monkeypatch):
    (tmp_path / "video0").touch()
    monkeypatch.setattr(rounds.os, "access", lambda *_: False)
    (found,) = cameras(tmp_path, tmp_path)
    assert (found.state, found.is_wanting) == ("wrong", False)
    assert "usermod -aG video" in found.mend


def test_cameras_none_is_worth_a_note_only(tmp_path):
    (found,) = cameras(tmp_path, tmp_path)
    assert found.state == "note"


def test_processor_features_are_read_from_the_system(tmp_path):
    text = "model name\t: Example CPU @ 3 GHz\nflags\t\t: fpu sse avx2 avx512f amx_bf16\n"
    (tmp_path / "cpuinfo").write_text(text)
    found = state_of(processor(tmp_path / "cpuinfo"), "processor")
    assert found.detail.startswith("Example CPU @ 3 GHz, ")
    assert found.detail.endswith("cores, avx2 avx512f amx_bf16")


def test_processor_without_information_is_no_fault(tmp_path):
    assert state_of(processor(tmp_path / "nothing"), "processor").state == "ok"


def test_disk_too_full_for_the_models_is_wanting(monkeypatch, tmp_path):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(rounds.shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    found = list(disk())
    assert [each.state for each in found] == ["wrong", "wrong"]
    assert [each.is_wanting for each in found] == [True, False]
    assert "LFR_MODELS_DIR" in found[0].mend


def test_disk_file_in_the_way_says_where_to_go(tmp_path):
    (tmp_path / "models").write_text("a file")
    found = state_of(disk(), "models folder")
    assert found.state == "wrong"
    assert "LFR_MODELS_DIR" in found.mend
