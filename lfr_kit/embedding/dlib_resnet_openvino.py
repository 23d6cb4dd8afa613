"""dlib's face ResNet as an OpenVINO graph, built from the tensors themselves: torch is not needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lfr_kit.embedding.dlib_resnet_network import CHIP_PX, Convolution, Floats, Network, descriptors

if TYPE_CHECKING:
    import openvino

__all__ = ["openvino_model"]


def openvino_model(network: Network) -> openvino.Model:
    """A graph from (b, 150, 150, 3) float32 RGB 0..255 to descriptors (b, 128) float32; b is free."""
    import openvino
    from openvino import opset13

    picture = opset13.parameter([-1, CHIP_PX, CHIP_PX, 3], np.float32, name="picture")
    channels_first = opset13.transpose(picture, np.array([0, 3, 1, 2]))
    output = descriptors(_OpenVinoOperations(), channels_first, network)
    return openvino.Model([opset13.result(output)], [picture], "dlib_resnet")


class _OpenVinoOperations:
    """See `lfr_kit.embedding.dlib_resnet_network.Operations`; maps are nodes of the graph."""

    def __init__(self) -> None:
        from openvino import opset13

        self._op = opset13

    def convolution(self, x: Any, layer: Convolution) -> Any:
        sides = [layer.padding] * 2
        y = self._op.convolution(x, layer.filters, [layer.stride] * 2, sides, sides, [1, 1])
        return self._op.add(y, layer.bias.reshape(1, -1, 1, 1))

    def relu(self, x: Any) -> Any:
        return self._op.relu(x)

    def max_pool(self, x: Any) -> Any:
        return self._op.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [3, 3]).output(0)

    def halve(self, x: Any) -> Any:
        return self._op.avg_pool(x, [2, 2], [0, 0], [0, 0], [2, 2], exclude_pad=True)

    def add(self, x: Any, y: Any) -> Any:
        return self._op.add(self._filled(x, _sides(y)), self._filled(y, _sides(x)))

    def _filled(self, x: Any, sides: list[int]) -> Any:
        missing = [max(wanted - have, 0) for have, wanted in zip(_sides(x), sides, strict=True)]
        return self._op.pad(x, [0] * 4, [0, *missing], "constant", np.float32(0)) if any(missing) else x

    def project(self, x: Any, matrix: Floats) -> Any:
        return self._op.matmul(self._op.reduce_mean(x, np.array([2, 3])), matrix, False, False)


def _sides(node: Any) -> list[int]:
    """Channels, rows, columns of a node's first output."""
    output = node if hasattr(node, "get_partial_shape") else node.output(0)
    return [side.get_length() for side in list(output.get_partial_shape())[1:]]
