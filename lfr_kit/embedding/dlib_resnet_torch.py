"""dlib's face ResNet in torch, for machines with CUDA."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lfr_kit.embedding.dlib_resnet_network import Convolution, Floats, Network, descriptors

__all__ = ["DlibResnetModule"]


class DlibResnetModule(nn.Module):
    """(b, 150, 150, 3) RGB 0..255 to descriptors (b, 128), not normalised; weights are buffers, not trained."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network
        for index, layer in enumerate(network.convolutions):
            self.register_buffer(f"filters_{index}", torch.from_numpy(layer.filters))
            self.register_buffer(f"bias_{index}", torch.from_numpy(layer.bias))
        self.register_buffer("matrix", torch.from_numpy(np.array(network.matrix)))
        self._index = {id(layer): index for index, layer in enumerate(network.convolutions)}

    def forward(self, picture: Tensor) -> Tensor:
        """See the class."""
        output: Tensor = descriptors(self, picture.permute(0, 3, 1, 2), self._network)
        return output

    def convolution(self, x: Tensor, layer: Convolution) -> Tensor:
        """Convolution and bias, with the buffer of this layer (which `Module.to` moves and casts)."""
        index = self._index[id(layer)]
        filters, bias = self.get_buffer(f"filters_{index}"), self.get_buffer(f"bias_{index}")
        return functional.conv2d(x, filters, bias, layer.stride, layer.padding)

    def relu(self, x: Tensor) -> Tensor:
        """max(x, 0)."""
        return functional.relu(x)

    def max_pool(self, x: Tensor) -> Tensor:
        """Largest of 3x3 at every second place."""
        return functional.max_pool2d(x, 3, 2)

    def halve(self, x: Tensor) -> Tensor:
        """Mean of 2x2."""
        return functional.avg_pool2d(x, 2)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        """Sum; the smaller is filled up with zeros after its last channel, row and column."""
        return _filled(x, y) + _filled(y, x)

    def project(self, x: Tensor, matrix: Floats) -> Tensor:
        """Mean over rows and columns, times the last matrix (the buffer)."""
        return x.mean(dim=(2, 3)) @ self.get_buffer("matrix")


def _filled(x: Tensor, other: Tensor) -> Tensor:
    channels, rows, columns = (max(b - a, 0) for a, b in zip(x.shape[1:], other.shape[1:], strict=True))
    return functional.pad(x, (0, columns, 0, rows, 0, channels)) if channels or rows or columns else x
