"""Where a network runs: one protocol, batched; OpenVINO on the processor by default, torch where CUDA is."""

from __future__ import annotations

import sys
from typing import Any

from lfr_kit.runtime.executor import Executor, host_precision

__all__ = ["Executor", "host_precision"]

# OpenVINO reports its import and each conversion to Google Analytics through this package, and keeps an
# identifier in the home folder; no setting prevents it. Where the package cannot be imported, it does neither.
_NO_MODULE: Any = None
sys.modules.setdefault("openvino_telemetry", _NO_MODULE)
