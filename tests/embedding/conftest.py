"""Shots of a real face that is always at hand, made-up dlib streams, and FaceNet weights in the official form."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from lfr_kit.config import settings
from lfr_kit.errors import ModelMissingError
from lfr_kit.models import model_path
from lfr_kit.records import BestShot

HOPPER_KEY_POINTS = np.array([(233, 171), (312, 178), (268, 215), (270, 252)], np.float32)
"""Grace Hopper's right eye, left eye, nose tip and mouth centre in matplotlib's photo, read off by eye."""

HOPPER_BOX = np.array([178, 108, 372, 302], np.float32)


@pytest.fixture(scope="session")
def make_shot(portrait: np.ndarray) -> Callable[..., BestShot]:
    """A shot of the portrait; any field can be given."""

    def make(**changes: object) -> BestShot:
        fields: dict[str, object] = {
            "image": portrait,
            "origin_px": np.zeros(2),
            "box_px": HOPPER_BOX,
            "landmarks_px": HOPPER_KEY_POINTS,
            "mesh_px": np.zeros((0, 2)),
            "quality": 50.0,
            "camera_id": "a",
            "track_id": -1,
            "frame_index": 0,
            "captured_at": datetime(2026, 1, 1, tzinfo=UTC),
        }
        return BestShot(**{**fields, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def mesh() -> np.ndarray:
    """(468, 2): a made-up mesh whose corner points lie on the portrait's eyes and nose, the rest anywhere."""
    points = np.random.default_rng(3).uniform(180, 360, (468, 2)).astype(np.float32)
    points[[263, 362, 33, 133, 2]] = [(330, 179), (297, 180), (215, 172), (247, 174), (268, 226)]
    return points


@pytest.fixture(scope="session")
def shots(make_shot: Callable[..., BestShot], portrait: np.ndarray, mesh: np.ndarray) -> list[BestShot]:
    """Five different shots: with and without mesh, mirrored, dark, tiny."""
    mirrored = HOPPER_KEY_POINTS[[1, 0, 2, 3]] * (-1, 1) + (portrait.shape[1] - 1, 0)
    return [
        make_shot(),
        make_shot(mesh_px=mesh),
        make_shot(image=np.ascontiguousarray(portrait[:, ::-1]), landmarks_px=mirrored),
        make_shot(image=portrait // 3),
        make_shot(
            image=np.ascontiguousarray(portrait[::6, ::6]),
            landmarks_px=HOPPER_KEY_POINTS / 6,
            box_px=HOPPER_BOX / 6,
        ),
    ]


@pytest.fixture(scope="session")
def dlib_weights() -> Path:
    """The published file; the test is skipped where it has not been fetched."""
    try:
        return model_path("dlib_resnet")
    except ModelMissingError as error:
        pytest.skip(str(error))


def compact(value: int) -> bytes:
    """dlib's compact integer."""
    digits = abs(value).to_bytes(max((abs(value).bit_length() + 7) // 8, 1), "little")
    return bytes([len(digits) | (0x80 if value < 0 else 0)]) + digits


def ints(*values: int) -> bytes:
    return b"".join(map(compact, values))


def tensor_bytes(values: np.ndarray) -> bytes:
    return ints(2, values.size, 1, 1, 1) + struct.pack(f"<{values.size}f", *values.ravel())


def tag(name: str) -> bytes:
    return compact(len(name)) + name.encode()


def convolution_bytes(weight: np.ndarray, bias: np.ndarray, stride: int = 1) -> bytes:
    k, c, h, w = weight.shape
    parameters = tensor_bytes(np.concatenate([weight.ravel(), bias]))
    return tag("con_4") + parameters + ints(k, h, w, stride, stride, 0, 0, 1, k, c, h, w, 1, 1, k, 1, 1)


def affine_bytes(gamma: np.ndarray, beta: np.ndarray) -> bytes:
    k = len(gamma)
    return tag("affine_") + tensor_bytes(np.concatenate([gamma, beta])) + ints(1, 1, k, 1, 1, 1, 1, k, 1, 1, 0)


def fully_connected_bytes(weight: np.ndarray) -> bytes:
    n_inputs, n_outputs = weight.shape
    return (
        tag("fc_2")
        + ints(n_outputs, n_inputs)
        + ints(2, n_inputs, n_outputs, 1, 1)
        + weight.astype("<f4").tobytes()
    )


@pytest.fixture(scope="session")
def facenet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of InceptionResnetV1 for VGGFace2, saved as the official file is, classifier included."""
    import torch

    from lfr_kit.embedding.facenet_network import N_PEOPLE, _architecture

    torch.manual_seed(7)
    network = _architecture().InceptionResnetV1()
    state = network.state_dict()
    for name, value in state.items():
        if name.endswith("running_mean") or name.endswith("bn.bias"):
            value.normal_(0, 0.1)
        elif name.endswith("running_var") or name.endswith("bn.weight"):
            value.uniform_(0.5, 1.5)
    state["logits.weight"] = torch.zeros(N_PEOPLE["vggface2"], 512)
    state["logits.bias"] = torch.zeros(N_PEOPLE["vggface2"])
    path = tmp_path_factory.mktemp("facenet") / "20180402-114759-vggface2.pt"
    torch.save(state, path)
    return path


@pytest.fixture(scope="session")
def facenet_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of converted networks for all tests of a run."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def facenet_installed(facenet_file: Path, facenet_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A models folder that holds the made FaceNet weights and nothing else."""
    monkeypatch.setenv("LFR_MODELS_DIR", str(facenet_file.parent))
    monkeypatch.setenv("LFR_CACHE_DIR", str(facenet_cache))
    settings.cache_clear()
    yield facenet_file
    settings.cache_clear()
