"""What a benchmark ran on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lfr_kit.config import settings
from lfr_kit.runtime.executor import host_precision

__all__ = ["machine"]

_PACKAGES = ("lfr_kit", "numpy", "openvino", "torch", "mediapipe", "annoy", "av")


def machine() -> dict[str, Any]:
    """Processor, cores this process may use, arithmetic of networks, versions of what is timed.

    ``load`` is the run queue of the last minute when it is asked: above a few tenths, others were computing
    too. Libraries whose threads wait by spinning (torch, dlib's BLAS) then look slower than they are.
    """
    precision = settings().runtime.precision
    return {
        "processor": _processor(),
        "cores": _cores(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "precision": host_precision() if precision == "auto" else precision,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version(), **_versions()},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
