from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from lfr_kit.config import settings
from lfr_kit.embedding.align import DLIB_CHIP
from lfr_kit.embedding.crops import crop_transforms, cut
from lfr_kit.embedding.dlib_resnet import DlibResnetEmbedder
from lfr_kit.errors import ModelMissingError, SettingError
from lfr_kit.models import model_digest
from lfr_kit.registry import create

CROPS = ("single", "mirror", "jitter", "many")


@pytest.fixture(scope="module")
def embedders(dlib_weights) -> dict[str, DlibResnetEmbedder]:
    made = {crops: DlibResnetEmbedder(crops=crops, executor="openvino", precision="f32") for crops in CROPS}
    for embedder in made.values():  # one network for all: compiling it takes longer than the tests
        embedder._network = made["single"]._network
    return made


def vectors(embedder, shots) -> np.ndarray:
    return np.array([template.vector for template in embedder.embed(shots)])


def test_dlib_resnet_single_crop_agrees_with_dlib_on_the_same_chip(embedders, dlib_weights, shots):
    import dlib

    model = dlib.face_recognition_model_v1(str(dlib_weights))
    found = vectors(embedders["single"], shots)
    for vector, shot in zip(found, shots, strict=True):
        (chip,) = cut(shot.image, crop_transforms(shot, DLIB_CHIP, "single"), 150)
        expected = np.array(model.compute_face_descriptor(chip))
        assert vector @ expected / np.linalg.norm(expected) >= 0.9999


@pytest.mark.parametrize("crops", ["mirror", "many"])
def test_dlib_resnet_one_shot_alone_gives_the_same_template_as_in_a_batch(embedders, shots, crops):
    together = vectors(embedders[crops], shots)
    alone = np.concatenate([vectors(embedders[crops], [shot]) for shot in shots])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_dlib_resnet_shots_of_a_track_are_made_of_the_live_crops(embedders, dlib_weights, make_shot):
    mixed = DlibResnetEmbedder(crops="many", live_crops="single", executor="openvino", precision="f32")
    mixed._network = embedders["single"]._network
    still, live = make_shot(), make_shot(track_id=7)
    expected = np.concatenate([vectors(embedders["many"], [still]), vectors(embedders["single"], [still])])
    np.testing.assert_allclose(vectors(mixed, [still, live]), expected, atol=1e-4)
    assert mixed.space_id == embedders["many"].space_id, "both are of one embedding space"


def test_dlib_resnet_templates_carry_shot_space_and_dimension(embedders, shots):
    embedder = embedders["mirror"]
    templates = embedder.embed(shots)
    assert [template.shot for template in templates] == shots
    assert embedder.space_id == f"dlib_resnet:{model_digest('dlib_resnet')[:8]}:keypoints-mesh.v1"
    assert {template.space_id for template in templates} == {embedder.space_id}
    assert all(template.vector.shape == (embedder.dimension,) == (128,) for template in templates)


def test_dlib_resnet_no_shots_gives_no_templates(embedders):
    assert embedders["many"].embed([]) == []


def test_dlib_resnet_the_same_face_is_alike_through_all_settings_and_changes(embedders, shots, make_shot):
    import cv2

    blobs = np.random.default_rng(0).integers(0, 255, (40, 34, 3), dtype=np.uint8)
    no_face = make_shot(image=np.asarray(cv2.resize(blobs, (512, 600))))
    plain = vectors(embedders["single"], shots[:1])[0]
    for crops in ("mirror", "many"):
        *same, foreign = vectors(embedders[crops], [*shots[:4], no_face]) @ plain
        assert min(same) > foreign, crops


def test_dlib_resnet_torch_gives_the_same_templates(embedders, shots):
    through_torch = DlibResnetEmbedder(crops="mirror", executor="torch", precision="f32")
    a, b = vectors(through_torch, shots), vectors(embedders["mirror"], shots)
    assert (a * b).sum(axis=1).min() >= 0.9999


def test_dlib_resnet_shot_cut_off_by_the_picture_still_gives_a_template(embedders, make_shot):
    shot = make_shot(landmarks_px=make_shot().landmarks_px - (200, 150))
    assert np.isfinite(vectors(embedders["many"], [shot])).all()


def test_dlib_resnet_runs_without_torch(dlib_weights):
    code = (
        "import sys, numpy as np; from datetime import datetime, UTC; from lfr_kit import create;"
        "from lfr_kit.records import BestShot;"
        "shot = BestShot(image=np.zeros((9, 9, 3), np.uint8), origin_px=(0, 0), box_px=(1, 1, 8, 8),"
        " landmarks_px=np.zeros((0, 2)), mesh_px=np.zeros((0, 2)), quality=0, camera_id='', track_id=-1,"
        " frame_index=0, captured_at=datetime.now(UTC));"
        "create('embedder', 'dlib_resnet', crops='single', executor='openvino').embed([shot]);"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_dlib_resnet_absent_weights_say_how_to_fetch_them(tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_MODELS_DIR", str(tmp_path))
    settings.cache_clear()
    try:
        with pytest.raises(ModelMissingError, match="lfr models fetch dlib_resnet"):
            create("embedder", "dlib_resnet")
    finally:
        settings.cache_clear()


@pytest.mark.parametrize(
    "wrong",
    [{"crops": "x"}, {"live_crops": "x"}, {"executor": "x"}, {"precision": "x"}],
    ids=lambda w: next(iter(w)),
)
def test_dlib_resnet_wrong_setting_is_named(dlib_weights, wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        create("embedder", "dlib_resnet", **wrong)


@pytest.mark.real_footage
def test_dlib_resnet_lfw_photos_of_one_person_are_more_alike_than_of_two(embedders, testdata, make_shot):
    """Aligned by eye positions that LFW's framing fixes: faces are centred, about 91 px wide."""
    from PIL import Image

    points = np.array([(104, 112), (146, 112), (125, 138), (125, 160)], np.float32)
    folders = [f for f in sorted((testdata / "lfw_dev" / "images").iterdir()) if len(list(f.iterdir())) > 1][:12]
    files = [path for folder in folders for path in sorted(folder.iterdir())[:2]]
    shots = [
        make_shot(
            image=np.asarray(Image.open(path).convert("RGB")), landmarks_px=points, box_px=(80, 80, 170, 170)
        )
        for path in files
    ]
    found = vectors(embedders["mirror"], [replace(shot) for shot in shots])
    similarity = found[::2] @ found[1::2].T
    mated = np.diag(similarity)
    assert np.median(mated) > np.quantile(similarity[~np.eye(12, dtype=bool)], 0.95)
