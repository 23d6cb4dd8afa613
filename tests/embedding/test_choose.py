from __future__ import annotations

import shutil

import pytest

from lfr_kit.config import settings
from lfr_kit.embedding.choose import choose_embedder
from lfr_kit.errors import ModelDigestError, ModelMissingError, SettingError, UnknownAlgorithmError


@pytest.fixture
def models_dir(tmp_path, monkeypatch):
    """An empty models folder."""
    monkeypatch.setenv("LFR_MODELS_DIR", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_choose_embedder_auto_with_facenet_weights_takes_them_and_says_so(facenet_installed):
    embedder, why = choose_embedder("auto", crops="single")
    assert embedder.space_id.startswith("facenet:")
    assert embedder.crops.still == "single"
    assert "vggface2" in why
    assert "facenet" in why


def test_choose_embedder_auto_without_facenet_takes_dlib_resnet_and_says_why(dlib_weights, models_dir):
    shutil.copy(dlib_weights, models_dir)
    embedder, why = choose_embedder(crops="mirror")
    assert embedder.space_id.startswith("dlib_resnet:")
    assert "dlib_resnet" in why
    assert "lfr models fetch facenet_vggface2" in why


def test_choose_embedder_auto_looks_for_the_weights_asked_for(dlib_weights, models_dir, facenet_file):
    shutil.copy(dlib_weights, models_dir)
    shutil.copy(facenet_file, models_dir)
    embedder, why = choose_embedder(weights="casia_webface")
    assert embedder.space_id.startswith("dlib_resnet:")
    assert "casia_webface" in why


def test_choose_embedder_auto_with_nothing_here_says_what_to_fetch(models_dir):
    with pytest.raises(ModelMissingError, match="lfr models fetch dlib_resnet"):
        choose_embedder()


def test_choose_embedder_auto_does_not_take_changed_weights_for_absent(models_dir, facenet_file):
    path = models_dir / facenet_file.name
    path.write_bytes(b"first")
    choose_embedder("facenet")
    path.write_bytes(b"other file")
    with pytest.raises(ModelDigestError):
        choose_embedder()


def test_choose_embedder_explicit_name_never_falls_back(dlib_weights, models_dir):
    shutil.copy(dlib_weights, models_dir)
    with pytest.raises(ModelMissingError, match="facenet_vggface2"):
        choose_embedder("facenet")


def test_choose_embedder_explicit_name_is_taken_with_its_settings():
    embedder, why = choose_embedder("scripted", n_cells=2)
    assert embedder.dimension == 12
    assert "scripted" in why


def test_choose_embedder_wrong_names_are_refused(facenet_installed):
    with pytest.raises(UnknownAlgorithmError, match="dlib_resnet"):
        choose_embedder("facent")
    with pytest.raises(SettingError, match="cropz"):
        choose_embedder("auto", cropz=1)
    with pytest.raises(SettingError, match="vggface2"):
        choose_embedder("auto", weights="vgg")
