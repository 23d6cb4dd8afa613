"""dlib's face ResNet (29 convolutions, 128-D), described once for every library that runs it.

`descriptors` is the network over a handful of `Operations`; `dlib_resnet_openvino` and
`dlib_resnet_torch` say what an operation is in their library, so neither imports the other.
`fold` works the ``affine`` layers and the normalisation of the picture into the convolutions: every
convolution is followed at once by its rectifier or its sum, which OpenVINO runs as one step.

References
----------
Model ``dlib_face_recognition_resnet_model_v1.dat``, Davis King, public domain (CC0). Layer list after
dlib's ``examples/dnn_face_recognition_ex.cpp``: He et al. 2015 (arXiv:1512.03385), with fewer channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import ModelFormatError

__all__ = ["CHIP_PX", "DIMENSION", "Convolution", "Network", "Operations", "descriptors", "fold"]

Floats = NDArray[np.float32]

CHIP_PX = 150
"""Side of the square chip the network sees (dlib ``input_rgb_image_sized<150>``)."""

DIMENSION = 128
"""Length of a descriptor."""

MEAN_RGB = (122.782, 117.001, 104.298)
"""Subtracted from red, green, blue (dlib ``input_rgb_image_sized``)."""

SCALE = 256.0
"""Divides what is left (dlib ``input_rgb_image_sized``)."""

STEM_FILTERS = (32, 3, 7, 7)
"""(channels, red green blue, height, width) of the first convolution."""

BLOCKS = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
"""(channels, residual blocks) of each group; the first block of every group but the first halves the map."""


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution with everything linear around it folded in: filters (k, c, h, w), bias (k,)."""

    filters: Floats
    bias: Floats
    stride: int
    padding: int


class Network(NamedTuple):
    """What `fold` gives: 29 convolutions from the input on, and the last matrix (256, 128)."""

    convolutions: list[Convolution]
    matrix: Floats


class Operations(Protocol):
    """What the network needs of a library; maps are (b, c, h, w)."""

    def convolution(self, x: Any, layer: Convolution) -> Any:
        """Convolution and bias."""

    def relu(self, x: Any) -> Any:
        """max(x, 0)."""

    def max_pool(self, x: Any) -> Any:
        """Largest of 3x3 at every second place, no padding."""

    def halve(self, x: Any) -> Any:
        """Mean of 2x2 at every second place, no padding."""

    def add(self, x: Any, y: Any) -> Any:
        """Sum; whichever has fewer channels, rows or columns is filled up with zeros after its last."""

    def project(self, x: Any, matrix: Floats) -> Any:
        """(b, c, h, w) averaged over rows and columns, times (c, d)."""


def descriptors(ops: Operations, picture: Any, network: Network) -> Any:
    """The network: pictures (b, 3, 150, 150) RGB 0..255 to descriptors (b, 128), not normalised."""
    stem, *rest = network.convolutions
    x = ops.max_pool(ops.relu(ops.convolution(picture, stem)))
    for first, second in zip(rest[::2], rest[1::2], strict=True):
        shortcut = ops.halve(x) if first.stride == 2 else x
        y = ops.convolution(ops.relu(ops.convolution(x, first)), second)
        x = ops.relu(ops.add(y, shortcut))
    return ops.project(x, network.matrix)


def fold(tensors: Mapping[str, Floats]) -> Network:
    """Works ``affine`` layers and picture normalisation into the convolutions.

    Parameters
    ----------
    tensors
        As `lfr_kit.embedding.dlib_dat.read_tensors` gives them.

    Raises
    ------
    ModelFormatError
        If a tensor is missing, unknown, or of another shape than this network's.
    """
    _check(tensors)
    layers = [_folded(tensors, index, stride) for index, (_, stride) in enumerate(_layers())]
    return Network(layers, tensors["fc_0.weight"])


def _folded(tensors: Mapping[str, Floats], index: int, stride: int) -> Convolution:
    gamma, beta = (tensors[f"affine_{index}.{name}"].astype(np.float64) for name in ("gamma", "beta"))
    filters = tensors[f"con_{index}.weight"] * gamma[:, None, None, None]
    bias = tensors[f"con_{index}.bias"] * gamma + beta
    if index == 0:  # this one has no padding, so a shift of the picture is a shift of the bias everywhere
        filters = filters / SCALE
        bias = bias - np.einsum("kcyx,c->k", filters, np.array(MEAN_RGB))
    padding = 1 if stride == 1 else 0
    return Convolution(filters.astype(np.float32), bias.astype(np.float32), stride, padding)


def _layers() -> list[tuple[tuple[int, ...], int]]:
    """(filters' shape, stride) of the 29 convolutions, from the input on."""
    layers: list[tuple[tuple[int, ...], int]] = [(STEM_FILTERS, 2)]
    before = STEM_FILTERS[0]
    for group, (channels, n_blocks) in enumerate(BLOCKS):
        for block in range(n_blocks):
            stride = 2 if group and not block else 1
            layers += [((channels, before, 3, 3), stride), ((channels, channels, 3, 3), 1)]
            before = channels
    return layers


def _check(tensors: Mapping[str, Floats]) -> None:
    """ModelFormatError unless the tensors are exactly those of this network."""
    expected: dict[str, tuple[int, ...]] = {"fc_0.weight": (BLOCKS[-1][0], DIMENSION)}
    for index, (filters, _) in enumerate(_layers()):
        vectors = (f"con_{index}.bias", f"affine_{index}.gamma", f"affine_{index}.beta")
        expected |= {f"con_{index}.weight": filters, **dict.fromkeys(vectors, filters[:1])}
    found = {name: tensor.shape for name, tensor in tensors.items()}
    wrong = sorted(name for name in expected | found if expected.get(name) != found.get(name))
    if wrong:
        raise ModelFormatError(
            f"not dlib's face ResNet: {len(wrong)} tensors of {len(expected)} differ, first {wrong[0]}: "
            f"expected {expected.get(wrong[0], 'none')}, got {found.get(wrong[0], 'none')}"
        )
