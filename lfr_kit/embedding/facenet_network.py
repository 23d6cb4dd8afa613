"""FaceNet (InceptionResnetV1, 512-D): the module of facenet-pytorch, loaded alone, checked and folded.

``import facenet_pytorch`` pulls in torchvision for its own detector, and fails where torch and torchvision
do not belong together. The network needs neither: only its one module file is loaded here.

References
----------
Schroff et al., "FaceNet", CVPR 2015 (arXiv:1503.03832); Szegedy et al., "Inception-v4, Inception-ResNet",
AAAI 2017 (arXiv:1602.07261). Code and weights: facenet-pytorch 2.5.3, MIT licence, weights converted from
David Sandberg's facenet; trained on VGGFace2 (8,631 people) or CASIA-WebFace (10,575 people).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lfr_kit.errors import MissingDependencyError, ModelFormatError

__all__ = ["N_PEOPLE", "FaceNetModule", "load_facenet"]

N_PEOPLE = {"vggface2": 8631, "casia_webface": 10575}
"""People each set of weights was trained to tell apart: rows of the classifier that its file also holds."""

MEAN = 127.5
"""Subtracted from every channel (facenet-pytorch ``fixed_image_standardization``)."""

SCALE = 128.0
"""Divides what is left (facenet-pytorch ``fixed_image_standardization``)."""

_CLASSIFIER = ("logits.weight", "logits.bias")
_COUNTER = "num_batches_tracked"
"""A count of training steps in every batch normalisation; of no effect here, and not saved by older torch."""


class FaceNetModule(nn.Module):
    """(b, 160, 160, 3) RGB 0..255 to descriptors (b, 512) of unit length."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> Tensor:
        """See the class."""
        output: Tensor = self.network((picture.permute(0, 3, 1, 2) - MEAN) / SCALE)
        return output


def load_facenet(path: Path, n_people: int) -> FaceNetModule:
    """The network with the weights of a file in the form facenet-pytorch publishes.

    Parameters
    ----------
    path
        A state dict saved by torch; opened with ``weights_only=True``: it cannot run code.
    n_people
        Rows of the classifier (``logits``) that the file must hold; the classifier itself is dropped.

    Raises
    ------
    ModelFormatError
        If torch cannot read it, or a tensor is missing, unknown, of another shape, or not finite.
    MissingDependencyError
        If facenet-pytorch is not installed.
    """
    network: nn.Module = _architecture().InceptionResnetV1(pretrained=None).eval()
    state = _read(path)
    _check(state, network.state_dict(), n_people, path)
    network.load_state_dict({**network.state_dict(), **{n: t for n, t in state.items() if n not in _CLASSIFIER}})
    _fold(network)
    return FaceNetModule(network).eval()


def _read(path: Path) -> dict[str, Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, UnpicklingError, EOFError, OSError, ValueError, LookupError) as error:
        # What torch says may advise to load the file unsafely: that advice is not passed on.
        raise ModelFormatError(
            f"{path}: torch cannot read these weights ({type(error).__name__}): cut off, or another file; "
            "get it anew, then: lfr models import NAME FILE --replace"
        ) from None
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise ModelFormatError(f"{path}: holds no table of tensors by name")
    return state


def _check(state: Mapping[str, Tensor], of_network: Mapping[str, Tensor], n_people: int, path: Path) -> None:
    """ModelFormatError unless the tensors are exactly those of the network and its classifier."""
    expected = {name: tuple(tensor.shape) for name, tensor in of_network.items() if _COUNTER not in name}
    expected |= {"logits.weight": (n_people, 512), "logits.bias": (n_people,)}
    found = {name: tuple(tensor.shape) for name, tensor in state.items() if _COUNTER not in name}
    wrong = sorted(name for name in expected | found if expected.get(name) != found.get(name))
    if wrong:
        raise ModelFormatError(
            f"{path}: not FaceNet for {n_people} people: {len(wrong)} tensors of {len(expected)} differ, first "
            f"{wrong[0]}: expected {expected.get(wrong[0], 'none')}, got {found.get(wrong[0], 'none')}"
        )
    for name in expected:
        if not state[name].is_floating_point() or not bool(torch.isfinite(state[name]).all()):
            raise ModelFormatError(f"{path}: {name} holds something else than finite real numbers")


@torch.no_grad()
def _fold(network: Any) -> None:
    """Works batch normalisation, and the scale of residuals, into the convolutions before them."""
    for part in network.modules():
        kind = type(part).__name__
        if kind == "BasicConv2d":
            part.conv = fuse_conv_bn_eval(part.conv, part.bn)
            part.bn = nn.Identity()
        elif kind.startswith("Block"):
            for parameter in part.conv2d.parameters():
                parameter.mul_(part.scale)
            part.scale = 1.0


@cache
def _architecture() -> Any:
    """``facenet_pytorch.models.inception_resnet_v1`` without running the package's ``__init__``.

    Its parents are put in place empty while it is imported (it imports a sibling), and taken away again.
    """
    spec = find_spec("facenet_pytorch")
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependencyError("FaceNet needs facenet-pytorch: pip install facenet-pytorch==2.5.3")
    root = Path(next(iter(spec.submodule_search_locations)))
    folders = {"facenet_pytorch": root, "facenet_pytorch.models": root / "models"}
    absent = {name: folder for name, folder in folders.items() if name not in sys.modules}
    for name, folder in absent.items():
        empty = ModuleSpec(name, None, is_package=True)
        empty.submodule_search_locations = [str(folder)]
        sys.modules[name] = module_from_spec(empty)
    try:
        return importlib.import_module("facenet_pytorch.models.inception_resnet_v1")
    finally:
        for name in absent:
            del sys.modules[name]
