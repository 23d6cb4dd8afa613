"""Where a network runs: one protocol, batched; OpenVINO on the processor by default, torch where CUDA is."""

from __future__ import annotations

from lfr_kit.runtime.executor import Executor, host_precision

__all__ = ["Executor", "host_precision"]
