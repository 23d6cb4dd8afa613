"""What every place to run a network offers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Executor", "host_precision"]


class Executor(Protocol):
    """Runs one network on batches of any size."""

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Outputs of the network, in its own order.

        Parameters
        ----------
        batch
            (b, ...) float32 in the network's own layout, b >= 0.

        Returns
        -------
        list of arrays
            Each (b, ...) float32, owned by the caller.
        """
        ...


@cache
def host_precision() -> Literal["bf16", "f32"]:
    """``"bf16"`` where this processor multiplies bfloat16 natively (AVX512-BF16 or AMX), else ``"f32"``."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return "f32"
    return "bf16" if "avx512_bf16" in flags or "amx_bf16" in flags else "f32"
