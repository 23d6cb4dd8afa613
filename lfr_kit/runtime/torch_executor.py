"""Torch: for machines with CUDA; runs on the processor too, slower than OpenVINO."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lfr_kit.errors import SettingError
from lfr_kit.runtime.executor import host_precision

__all__ = ["Device", "TorchExecutor"]

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "f32", "bf16"]

_OLDEST_BF16_GPU = (8, 0)
"""First CUDA compute capability that multiplies bfloat16 natively (Ampere)."""


class TorchExecutor:
    """Runs a torch module, see `lfr_kit.runtime.Executor`.

    Parameters
    ----------
    module
        Taken over: moved to the device, cast, and switched to evaluation.
    item_shape
        Shape of one item of a batch.
    largest_batch
        Largest piece handed to the module at once.
    device
        ``"auto"`` = CUDA where there is one.
    precision
        ``"f32"``, ``"bf16"``, or ``"auto"``: bf16 where the device computes in it.

    Raises
    ------
    SettingError
        If a setting is none of these, or ``"cuda"`` is asked for and there is none.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        item_shape: tuple[int, ...],
        largest_batch: int = 64,
        device: Device = "auto",
        precision: Precision = "auto",
    ) -> None:
        if largest_batch < 1:
            raise SettingError(f"largest_batch: must be 1 or more, got {largest_batch}")
        self.item_shape = tuple(item_shape)
        self.largest_batch = largest_batch
        self.device = _device(device)
        self.dtype = _dtype(precision, self.device)
        self._module = module.eval().to(self.device, self.dtype)

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """See `Executor.run`; raises ValueError if an item has not the network's input shape."""
        if batch.shape[1:] != self.item_shape:
            raise ValueError(f"batch: expected (b, {self.item_shape}), got {batch.shape}")
        if len(batch) == 0:
            return [output[:0] for output in self._run_piece(np.zeros((1, *self.item_shape), np.float32))]
        starts = range(0, len(batch), self.largest_batch)
        pieces = [self._run_piece(batch[start : start + self.largest_batch]) for start in starts]
        return [np.concatenate(parts) for parts in zip(*pieces, strict=True)]

    def _run_piece(self, piece: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        # A copy: torch warns of (and could write through) read-only arrays.
        values = torch.from_numpy(np.array(piece, np.float32)).to(self.device, self.dtype)
        with torch.inference_mode():
            found: Tensor | tuple[Tensor, ...] = self._module(values)
        outputs = (found,) if isinstance(found, Tensor) else found
        return [output.float().cpu().numpy() for output in outputs]


def _device(name: Device) -> torch.device:
    if name not in get_args(Device):
        raise SettingError(f"device: one of {', '.join(get_args(Device))}, got {name!r}")
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        raise SettingError("device 'cuda': torch finds no CUDA device here; use 'cpu' or 'auto'")
    return torch.device("cuda" if has_cuda and name != "cpu" else "cpu")


def _dtype(precision: Precision, device: torch.device) -> torch.dtype:
    if precision not in get_args(Precision):
        raise SettingError(f"precision: one of {', '.join(get_args(Precision))}, got {precision!r}")
    if precision == "auto":
        on_cuda = device.type == "cuda"
        is_native = (
            torch.cuda.get_device_capability() >= _OLDEST_BF16_GPU if on_cuda else host_precision() == "bf16"
        )
        precision = "bf16" if is_native else "f32"
    return torch.bfloat16 if precision == "bf16" else torch.float32
