from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from lfr_kit.embedding.align import FACENET_CHIP
from lfr_kit.embedding.crops import crop_transforms, cut
from lfr_kit.embedding.facenet import FaceNetEmbedder
from lfr_kit.embedding.facenet_network import _architecture, load_facenet
from lfr_kit.errors import ModelFormatError, ModelMissingError, SettingError
from lfr_kit.models import model_digest
from lfr_kit.runtime.executor import host_precision


@pytest.fixture(scope="module", autouse=True)
def _few_threads():
    """On a shared machine threads of torch that wait for each other take longer than one alone."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def peer(facenet_file):
    """facenet-pytorch's own module with the same weights, as its users call it."""
    network = _architecture().InceptionResnetV1().eval()
    state = torch.load(facenet_file, weights_only=True)
    network.load_state_dict({name: value for name, value in state.items() if "logits" not in name})

    def descriptors(chips: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return network((torch.from_numpy(chips).permute(0, 3, 1, 2).float() - 127.5) / 128.0).numpy()

    return descriptors


def vectors(embedder, shots) -> np.ndarray:
    return np.array([template.vector for template in embedder.embed(shots)])


def chips_of(shots) -> np.ndarray:
    return np.stack([cut(s.image, crop_transforms(s, FACENET_CHIP, "single"), 160)[0] for s in shots])


def test_facenet_through_openvino_agrees_with_facenet_pytorch(facenet_installed, peer, shots):
    embedder = FaceNetEmbedder(crops="single", executor="openvino", precision="f32")
    found, expected = vectors(embedder, shots), peer(chips_of(shots))
    assert (found * expected).sum(axis=1).min() >= 0.9999
    spread = expected - expected.mean(axis=0)
    assert np.linalg.norm(spread, axis=1).min() > 1e-3, (
        "made weights answer alike to every face: nothing is tested"
    )
    assert np.abs(found - expected).max() < 0.01 * np.abs(spread).max()


def test_facenet_through_torch_agrees_with_facenet_pytorch(facenet_installed, peer, shots):
    embedder = FaceNetEmbedder(crops="single", executor="torch", precision="f32")
    assert (vectors(embedder, shots) * peer(chips_of(shots))).sum(axis=1).min() >= 0.9999


@pytest.mark.skipif(host_precision() != "bf16", reason="this processor does not compute in bf16")
def test_facenet_through_openvino_in_bf16_agrees_with_facenet_pytorch(facenet_installed, peer, shots):
    embedder = FaceNetEmbedder(crops="single", executor="openvino", precision="bf16")
    assert (vectors(embedder, shots) * peer(chips_of(shots))).sum(axis=1).min() >= 0.999


def test_facenet_one_shot_alone_gives_the_same_template_as_in_a_batch(facenet_installed, shots):
    embedder = FaceNetEmbedder(crops="mirror", executor="openvino", precision="f32")
    together = vectors(embedder, shots)
    alone = np.concatenate([vectors(embedder, [shot]) for shot in shots])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_facenet_templates_carry_shot_space_and_dimension(facenet_installed, shots):
    embedder = FaceNetEmbedder(crops="single", executor="openvino")
    (template,) = embedder.embed(shots[:1])
    digest = model_digest("facenet_vggface2")[:8]
    assert template.space_id == embedder.space_id == f"facenet:{digest}:keypoints-mesh.v1"
    assert template.vector.shape == (embedder.dimension,) == (512,)
    assert template.shot is shots[0]
    assert embedder.embed([]) == []


def test_facenet_second_start_does_without_torch(facenet_installed, shots):
    FaceNetEmbedder(crops="single", executor="openvino").embed(shots[:1])
    code = (
        "import sys, numpy as np; from datetime import datetime, UTC; from lfr_kit import create;"
        "from lfr_kit.records import BestShot;"
        "shot = BestShot(image=np.zeros((9, 9, 3), np.uint8), origin_px=(0, 0), box_px=(1, 1, 8, 8),"
        " landmarks_px=np.zeros((0, 2)), mesh_px=np.zeros((0, 2)), quality=0, camera_id='', track_id=-1,"
        " frame_index=0, captured_at=datetime.now(UTC));"
        "create('embedder', 'facenet', crops='single', executor='openvino').embed([shot]);"
        "print('torch' in sys.modules, 'facenet_pytorch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_load_facenet_does_not_import_torchvision(facenet_file):
    code = (
        "import sys; from pathlib import Path; from lfr_kit.embedding.facenet_network import load_facenet;"
        f"load_facenet(Path({str(facenet_file)!r}), 8631); print('torchvision' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def spoilt(state: dict, kind: str) -> dict:
    if kind == "missing":
        del state["repeat_1.0.conv2d.weight"]
    elif kind == "surplus":
        state["extra"] = torch.zeros(1)
    elif kind == "shape":
        state["last_linear.weight"] = torch.zeros(128, 1792)
    elif kind == "classifier":
        state["logits.bias"] = torch.zeros(10575)
    elif kind == "nan":
        state["last_bn.bias"] = torch.full((512,), torch.nan)
    elif kind == "integers":
        state["last_bn.bias"] = torch.zeros(512, dtype=torch.int64)
    else:
        return {"state": state}
    return state


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", r"repeat_1\.0\.conv2d\.weight"),
        ("surplus", "extra"),
        ("shape", r"last_linear\.weight"),
        ("classifier", "logits"),
        ("nan", "finite"),
        ("integers", "finite"),
        ("nested", "no table"),
    ],
)
def test_load_facenet_other_tensors_than_the_networks_are_refused(
    tmp_path, monkeypatch, facenet_file, kind, message
):
    state = spoilt(torch.load(facenet_file, weights_only=True), kind)
    monkeypatch.setattr(torch, "load", lambda *_, **__: state)
    with pytest.raises(ModelFormatError, match=message):
        load_facenet(facenet_file, 8631)


def test_load_facenet_weights_without_step_counters_are_taken(monkeypatch, facenet_file):
    state = torch.load(facenet_file, weights_only=True)
    state = {name: value for name, value in state.items() if "num_batches_tracked" not in name}
    monkeypatch.setattr(torch, "load", lambda *_, **__: state)
    load_facenet(facenet_file, 8631)


class _RunsCode:
    def __reduce__(self):
        return (eval, ("open('ran', 'w')",))


def test_load_facenet_file_that_would_run_code_is_refused_and_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "hostile.pt"
    torch.save({"weight": _RunsCode()}, path)
    with pytest.raises(ModelFormatError, match="cannot read"):
        load_facenet(path, 8631)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"no weights", b"PK\x03\x04" + b"\0" * 50, b"\0" * 5000],
    ids=["empty", "text", "zip", "zeros"],
)
def test_load_facenet_damaged_file_is_refused(tmp_path, content):
    path = tmp_path / "damaged.pt"
    path.write_bytes(content)
    with pytest.raises(ModelFormatError, match=r"cannot read.*lfr models import") as refusal:
        load_facenet(path, 8631)
    assert "weights_only" not in str(refusal.value), "torch advises to load damaged files unsafely"


def test_facenet_absent_weights_never_fall_back(facenet_installed):
    with pytest.raises(ModelMissingError, match="facenet_casia_webface"):
        FaceNetEmbedder(weights="casia_webface")


@pytest.mark.parametrize(
    "wrong",
    [{"weights": "x"}, {"crops": "x"}, {"live_crops": "x"}, {"executor": "x"}, {"precision": "x"}],
    ids=lambda w: next(iter(w)),
)
def test_facenet_wrong_setting_is_named(facenet_installed, wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        FaceNetEmbedder(**wrong)
