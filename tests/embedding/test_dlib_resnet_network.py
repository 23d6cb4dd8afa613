from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from lfr_kit.embedding.dlib_dat import read_dat
from lfr_kit.embedding.dlib_resnet_network import BLOCKS, fold
from lfr_kit.embedding.dlib_resnet_openvino import openvino_model
from lfr_kit.embedding.dlib_resnet_torch import DlibResnetModule
from lfr_kit.errors import ModelFormatError
from lfr_kit.runtime.executor import host_precision
from lfr_kit.runtime.openvino_executor import OpenVinoExecutor
from lfr_kit.runtime.torch_executor import TorchExecutor

ITEM = (150, 150, 3)


def random_tensors(seed: int = 0) -> dict[str, np.ndarray]:
    """Tensors of the right shapes, scaled so that signals neither die nor explode."""
    rng = np.random.default_rng(seed)
    shapes, before = [(32, 3, 7, 7)], 32
    for channels, n_blocks in BLOCKS:
        for _ in range(n_blocks):
            shapes += [(channels, before, 3, 3), (channels, channels, 3, 3)]
            before = channels
    tensors = {"fc_0.weight": rng.normal(0, 0.1, (256, 128)).astype(np.float32)}
    for index, shape in enumerate(shapes):
        spread = 0.7 / np.sqrt(np.prod(shape[1:]))
        tensors[f"con_{index}.weight"] = rng.normal(0, spread, shape).astype(np.float32)
        tensors[f"con_{index}.bias"] = rng.normal(0, 0.1, shape[0]).astype(np.float32)
        tensors[f"affine_{index}.gamma"] = rng.uniform(0.5, 1.5, shape[0]).astype(np.float32)
        tensors[f"affine_{index}.beta"] = rng.normal(0, 0.1, shape[0]).astype(np.float32)
    return tensors


def referee(tensors: dict[str, np.ndarray], pictures: np.ndarray) -> np.ndarray:
    """dlib's layer list spelt out in torch layers, nothing folded."""
    t = {name: torch.from_numpy(value) for name, value in tensors.items()}
    index = iter(range(29))

    def conv(x: torch.Tensor, stride: int, padding: int) -> torch.Tensor:
        i = next(index)
        x = nn.functional.conv2d(x, t[f"con_{i}.weight"], t[f"con_{i}.bias"], stride, padding)
        return x * t[f"affine_{i}.gamma"][:, None, None] + t[f"affine_{i}.beta"][:, None, None]

    x = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    x = (x - torch.tensor([122.782, 117.001, 104.298])[:, None, None]) / 256
    x = nn.MaxPool2d(3, 2)(torch.relu(conv(x, 2, 0)))
    for group, (channels, n_blocks) in enumerate(BLOCKS):
        for block in range(n_blocks):
            halves = group > 0 and block == 0
            y = conv(torch.relu(conv(x, 2 if halves else 1, 0 if halves else 1)), 1, 1)
            short = nn.AvgPool2d(2)(x) if halves else x
            size = (len(x), channels, *(max(a, b) for a, b in zip(y.shape[2:], short.shape[2:], strict=True)))
            total = torch.zeros(size)
            for part in (y, short):
                total[:, : part.shape[1], : part.shape[2], : part.shape[3]] += part
            x = torch.relu(total)
    return (x.mean(dim=(2, 3)) @ t["fc_0.weight"]).numpy()


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


@pytest.fixture(scope="module")
def pictures(portrait: np.ndarray) -> np.ndarray:
    """(4, 150, 150, 3) float32 0..255: three pieces of a photo and noise."""
    noise = np.random.default_rng(1).integers(0, 256, ITEM)
    return np.stack(
        [portrait[100:250, 180:330], portrait[90:390:2, 150:450:2], portrait[:150, :150], noise]
    ).astype(np.float32)


@pytest.fixture(scope="module")
def published(dlib_weights):
    return fold(read_dat(dlib_weights))


@pytest.fixture(scope="module")
def of_dlib(dlib_weights, pictures) -> np.ndarray:
    """dlib's own answers."""
    import dlib

    model = dlib.face_recognition_model_v1(str(dlib_weights))
    return np.array([model.compute_face_descriptor(picture) for picture in pictures.astype(np.uint8)])


def test_networks_with_made_weights_agree_with_the_layers_spelt_out(pictures):
    tensors = random_tensors()
    expected = referee(tensors, pictures)
    network = fold(tensors)
    for found in (
        OpenVinoExecutor(openvino_model(network), precision="f32").run(pictures)[0],
        TorchExecutor(DlibResnetModule(network), item_shape=ITEM, device="cpu", precision="f32").run(pictures)[0],
    ):
        np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_openvino_network_agrees_with_dlib(published, pictures, of_dlib):
    found = OpenVinoExecutor(openvino_model(published), precision="f32").run(pictures)[0]
    assert cosines(found, of_dlib).min() >= 0.9999
    np.testing.assert_allclose(found, of_dlib, atol=1e-4)


def test_torch_network_agrees_with_dlib(published, pictures, of_dlib):
    executor = TorchExecutor(DlibResnetModule(published), item_shape=ITEM, precision="f32")
    assert cosines(executor.run(pictures)[0], of_dlib).min() >= 0.9999


def test_torch_network_in_bf16_agrees_with_dlib(published, pictures, of_dlib):
    executor = TorchExecutor(DlibResnetModule(published), item_shape=ITEM, device="cpu", precision="bf16")
    found = executor.run(pictures)[0]
    assert cosines(found, of_dlib).min() >= 0.999
    assert np.abs(found - of_dlib).max() > 1e-5, "bf16 was not in force"


@pytest.mark.skipif(host_precision() != "bf16", reason="this processor does not compute in bf16")
def test_openvino_network_in_bf16_agrees_with_dlib(published, pictures, of_dlib):
    found = OpenVinoExecutor(openvino_model(published), precision="bf16").run(pictures)[0]
    assert cosines(found, of_dlib).min() >= 0.999


@pytest.mark.parametrize(
    "change",
    [
        {"con_3.weight": np.zeros((32, 32, 5, 5), np.float32)},
        {"affine_28.beta": np.zeros(255, np.float32)},
        {"con_29.weight": np.zeros((1, 1, 1, 1), np.float32)},
        {"fc_0.weight": None},
    ],
    ids=["shape", "length", "surplus", "missing"],
)
def test_fold_other_tensors_than_the_networks_are_refused_by_name(change):
    tensors = {**random_tensors(), **change}
    tensors = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    with pytest.raises(ModelFormatError, match=next(iter(change))):
        fold(tensors)
