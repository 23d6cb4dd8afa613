"""Where networks run on this machine: OpenVINO on the processor, or torch where CUDA is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from lfr_kit.errors import SettingError

__all__ = ["ExecutorName", "PrecisionName", "check_precision", "choose_executor"]

ExecutorName = Literal["auto", "openvino", "torch"]
PrecisionName = Literal["auto", "f32", "bf16"]

_NVIDIA_DRIVER = (Path("/dev/nvidia0"), Path("/dev/dxg"), Path("C:/Windows/System32/nvcuda.dll"))
"""One of these exists where CUDA can be (Linux, WSL, Windows): torch is only imported to ask where one does."""


def choose_executor(name: str = "auto") -> Literal["openvino", "torch"]:
    """``"torch"`` or ``"openvino"`` for ``"auto"``; a name that is neither of the three raises SettingError."""
    if name not in get_args(ExecutorName):
        raise SettingError(f"executor: one of {', '.join(get_args(ExecutorName))}, got {name!r}")
    if name == "auto":
        return "torch" if _has_cuda() else "openvino"
    return "torch" if name == "torch" else "openvino"


@cache
def _has_cuda() -> bool:
    if not any(path.exists() for path in _NVIDIA_DRIVER):
        return False
    try:
        import torch
    except ImportError:
        return False
    return bool(torch.cuda.is_available())


def check_precision(name: str) -> PrecisionName:
    """The name itself; SettingError if it is none of `PrecisionName`."""
    if name not in get_args(PrecisionName):
        raise SettingError(f"precision: one of {', '.join(get_args(PrecisionName))}, got {name!r}")
    return cast(PrecisionName, name)
