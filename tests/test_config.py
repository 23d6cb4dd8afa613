"""Settings: where they come from, in which order, and what a wrong one says."""

from __future__ import annotations

import pytest

from lfr_kit.config import Settings, settings
from lfr_kit.errors import SettingError


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_settings_toml_file_stands_over_defaults(tmp_path):
    (tmp_path / "lfr.toml").write_text('detect_every = 3\n[embedder]\nname = "facenet"\n')
    assert settings().detect_every == 3
    assert settings().embedder.name == "facenet"


def test_settings_environment_stands_over_the_file(tmp_path, monkeypatch):
    (tmp_path / "lfr.toml").write_text("detect_every = 3\n")
    monkeypatch.setenv("LFR_DETECT_EVERY", "2")
    monkeypatch.setenv("LFR_LIMITS__IMAGE_MEGAPIXELS", "80")
    assert settings().detect_every == 2
    assert settings().limits.image_megapixels == 80


def test_settings_part_of_a_stage_keeps_its_other_defaults(tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_DETECTOR__SETTINGS", '{"smallest_face_px": 24}')
    (tmp_path / "lfr.toml").write_text("[policy.settings]\nthreshold = 0.9\n")
    assert settings().detector.model_dump() == {"name": "blazeface_tiled", "settings": {"smallest_face_px": 24}}
    assert settings().policy.model_dump() == {"name": "threshold_with_cooldown", "settings": {"threshold": 0.9}}
    assert settings().reference_gate.settings == {"profile": "reference"}


def test_settings_another_algorithm_starts_from_its_own_defaults(monkeypatch):
    monkeypatch.setenv("LFR_REFERENCE_GATE", '{"name": "open"}')
    assert settings().reference_gate.model_dump() == {"name": "open", "settings": {}}


def test_settings_default_algorithm_named_keeps_its_settings(monkeypatch):
    monkeypatch.setenv("LFR_REFERENCE_GATE", '{"name": "face_mesh", "settings": {"min_presence": 0.9}}')
    assert settings().reference_gate.settings == {"profile": "reference", "min_presence": 0.9}


def test_settings_file_named_by_environment_is_read(tmp_path, monkeypatch):
    (tmp_path / "other.toml").write_text("detect_every = 5\n")
    monkeypatch.setenv("LFR_CONFIG", str(tmp_path / "other.toml"))
    assert settings().detect_every == 5


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("detect_evry = 2", "detect_evry"),
        ("detect_every = 0", "detect_every"),
        ("[limits]\nimage_megapixels = 'x'", "megapixels"),
    ],
)
def test_settings_wrong_value_is_named(tmp_path, text, named):
    (tmp_path / "lfr.toml").write_text(text)
    with pytest.raises(SettingError, match=named):
        settings()


def test_settings_broken_toml_is_a_setting_error(tmp_path):
    (tmp_path / "lfr.toml").write_text("detect_every = = 2")
    with pytest.raises(SettingError, match=r"lfr\.toml"):
        settings()


def test_settings_missing_named_file_is_a_setting_error(tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_CONFIG", str(tmp_path / "absent.toml"))
    with pytest.raises(SettingError, match=r"absent\.toml"):
        settings()


def test_choosing_another_algorithm_drops_the_settings_of_the_old():
    start = Settings().setting("detector", smallest_face_px=16)
    assert start.choosing(detector=None).detector.settings == {"smallest_face_px": 16}
    assert start.choosing(detector="yunet").detector.settings == {}
    with pytest.raises(SettingError, match="no stage"):
        start.choosing(detektor="yunet")


def test_every_setting_has_a_help_text():
    for name, field in Settings.model_fields.items():
        assert field.description, name


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("LFR_DETECT_EVRY", "2", "LFR_DETECT_EVRY.*did you mean LFR_DETECT_EVERY"),
        ("LFR_MATHCER__NAME", "exact", "LFR_MATHCER__NAME.*LFR_MATCHER"),
        ("LFR_LIMITS__IMAGE_MEGAPIXEL", "2", "image_megapixel: there is no such setting"),
        ("LFR_DETECTOR__SETTINGS", "{bad", "detector.*JSON"),
        ("LFR_DETECTOR", "yunet", "LFR_DETECTOR__NAME"),
    ],
)
def test_settings_misspelt_or_unreadable_variable_is_named(monkeypatch, variable, value, words):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingError, match=words):
        settings()


def test_settings_misspelt_key_says_that_there_is_none_and_names_the_nearest(tmp_path):
    (tmp_path / "lfr.toml").write_text("detekt_every = 2")
    with pytest.raises(SettingError, match=r"detekt_every: there is no such.*mean detect_every\?"):
        settings()


def test_settings_file_in_another_encoding_is_a_setting_error(tmp_path):
    (tmp_path / "lfr.toml").write_bytes("# Größe\ndetect_every = 2".encode("utf-16"))
    with pytest.raises(SettingError, match=r"lfr\.toml.*UTF-8"):
        settings()


def test_folder_in_the_home_folder_is_found(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LFR_MODELS_DIR", "~/models")
    assert settings().models_dir == tmp_path / "models"
