"""Reader of dlib's ``.dat`` files: the learned tensors, in the order a picture meets them.

A ``.dat`` file is one byte stream of layer records from the input of a network to its output. Layers
that learned something open with their tag (``con_4``, ``affine_``, ``fc_2``) and their parameters in one
flat tensor; what lies between (settings of training, empty buffers) is skipped. Integers are in dlib's
compact form: one byte whose low nibble counts the bytes that follow and whose 0x80 is the sign, then
those bytes, little-endian.

References
----------
dlib 19/20, Boost Software License: ``dlib/serialize.h`` (compact integers), ``dlib/dnn/layers.h``
(``con_``, ``affine_``, ``fc_``), ``dlib/cuda/tensor_tools.h`` (tensors). Written from the format.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import ModelFormatError, ModelMissingError

__all__ = ["read_dat", "read_tensors"]

Tensors = dict[str, NDArray[np.float32]]

LARGEST_FILE_BYTES = 256 * 1024 * 1024
"""No network read here is a tenth of this; a larger file is not opened."""

# A tag is a serialised string: its length as a compact integer (0x01 n), then its letters.
_TAG = re.compile(rb"\x01\x05(con)_4|\x01\x07(affine)_|\x01\x04(fc)_2")
_TENSOR_VERSION = 2
_ALIAS_VERSION = 1


class _Stream:
    """A position in the bytes; nothing is ever allocated on the word of the file."""

    def __init__(self, content: bytes, position: int) -> None:
        self._content = content
        self.position = position

    def integer(self) -> int:
        """The next compact integer."""
        start = self.position + 1
        control = self._content[self.position : start]
        n_bytes = control[0] & 0x0F if control else 0
        digits = self._content[start : start + n_bytes]
        if not 1 <= n_bytes <= 8 or len(digits) < n_bytes or control[0] & 0x70:
            raise ModelFormatError(f"byte {self.position}: no integer here; the file is cut short or damaged")
        self.position = start + n_bytes
        value = int.from_bytes(digits, "little")
        return -value if control[0] & 0x80 else value

    def shape(self, version: int) -> tuple[int, int, int, int]:
        """The next four dimensions, after the version number they must carry."""
        start = self.position
        found = self.integer()
        dims = (self.integer(), self.integer(), self.integer(), self.integer())
        if found != version or min(dims) < 1:
            raise ModelFormatError(f"byte {start}: no tensor of version {version} here (version {found}, {dims})")
        return dims

    def tensor(self) -> NDArray[np.float32]:
        """The next tensor, flat: a view of the bytes, float32."""
        start = self.position
        n = math.prod(self.shape(_TENSOR_VERSION))
        end = self.position + 4 * n
        if end > len(self._content):
            raise ModelFormatError(f"byte {start}: a tensor of {n} numbers reaches past the end of the file")
        values = np.frombuffer(self._content, "<f4", n, self.position)
        if not np.isfinite(values).all():
            raise ModelFormatError(f"byte {start}: a tensor holds NaN or infinity")
        self.position = end
        return values


def _split(values: NDArray[np.float32], shapes: list[tuple[int, ...]], where: int) -> list[NDArray[np.float32]]:
    """Flat parameters cut into tensors of `shapes`; ModelFormatError if they do not add up exactly."""
    sizes = [math.prod(shape) for shape in shapes]
    if sum(sizes) != len(values):
        raise ModelFormatError(f"byte {where}: {len(values)} parameters do not fill tensors of shapes {shapes}")
    parts = np.split(values, np.cumsum(sizes)[:-1])
    return [np.array(part, np.float32).reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def _convolution(stream: _Stream) -> Tensors:
    where, values = stream.position, stream.tensor()
    n_filters, height, width, *_ = (stream.integer() for _ in range(7))  # the rest: strides and paddings
    filters, bias = stream.shape(_ALIAS_VERSION), stream.shape(_ALIAS_VERSION)
    weight, bias_values = _split(values, [filters, (math.prod(bias),)], where)
    if (filters[0], *filters[2:]) != (n_filters, height, width) or len(bias_values) != n_filters:
        raise ModelFormatError(f"byte {where}: a convolution of {n_filters} filters holds {filters} and {bias}")
    return {"weight": weight, "bias": bias_values}


def _affine(stream: _Stream) -> Tensors:
    where, values = stream.position, stream.tensor()
    n_gamma, n_beta = math.prod(stream.shape(_ALIAS_VERSION)), math.prod(stream.shape(_ALIAS_VERSION))
    gamma, beta = _split(values, [(n_gamma,), (n_beta,)], where)
    return {"gamma": gamma, "beta": beta}


def _fully_connected(stream: _Stream) -> Tensors:
    n_outputs, n_inputs = stream.integer(), stream.integer()
    where, values = stream.position, stream.tensor()
    return {"weight": _split(values, [(n_inputs, n_outputs)], where)[0]}


_READERS = {"con": _convolution, "affine": _affine, "fc": _fully_connected}


def read_tensors(content: bytes) -> Tensors:
    """The learned tensors of a serialised dlib network.

    Parameters
    ----------
    content
        The whole file.

    Returns
    -------
    dict
        Named by kind and order of appearance from the input on, float32, owned by the caller:
        ``con_0.weight`` (k, c, h, w), ``con_0.bias`` (k,), ``affine_0.gamma`` (k,),
        ``affine_0.beta`` (k,), ``fc_0.weight`` (n_inputs, n_outputs). Empty if the stream holds no such layer.

    Raises
    ------
    ModelFormatError
        If a record is cut short, or its tensors do not have the sizes it states.
    """
    tensors: Tensors = {}
    counts = dict.fromkeys(_READERS, 0)
    position = 0
    while match := _TAG.search(content, position):
        kind = next(group for group in match.groups() if group).decode()
        stream = _Stream(content, match.end())
        record = _READERS[kind](stream)
        tensors |= {f"{kind}_{counts[kind]}.{name}": value for name, value in record.items()}
        counts[kind] += 1
        position = stream.position
    return tensors


def read_dat(path: Path) -> Tensors:
    """`read_tensors` of a file.

    Raises
    ------
    ModelMissingError
        If there is no such file.
    ModelFormatError
        If it is far larger than any network of this kind, or `read_tensors` refuses it.
    """
    if not path.is_file():
        raise ModelMissingError(f"{path}: no such file; fetch it with: lfr models fetch dlib_resnet")
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise ModelFormatError(f"{path}: {path.stat().st_size} bytes is no dlib face network")
    try:
        return read_tensors(path.read_bytes())
    except ModelFormatError as error:
        raise ModelFormatError(f"{path}: {error}; fetch it anew with: lfr models fetch dlib_resnet") from None
