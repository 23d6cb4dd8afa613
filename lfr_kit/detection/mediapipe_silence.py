"""Keeps MediaPipe to itself: no usage reports to its maker, no log lines on standard error.

MediaPipe 1.x sends a usage report (library version, task, operating system, timings) over HTTPS whenever a
task is made, and offers no way to say no. In this product nothing leaves the machine, so the address it
reports to is blanked in the loaded library before the first task is made; a report then fails before even
a name is looked up.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

__all__ = ["quiet_standard_error", "silence_mediapipe"]

_REPORT_ADDRESS = b"https://play.googleapis.com/log\0"
_DEAD_PROXY = "http://127.0.0.1:9"
_FLAGS = {"r": mmap.PROT_READ, "w": mmap.PROT_WRITE, "x": mmap.PROT_EXEC} if sys.platform != "win32" else {}


@cache
def silence_mediapipe() -> bool:
    """To be called before a MediaPipe task is made; does its work once per process.

    Returns
    -------
    bool
        Whether the address was blanked. Where that cannot be done (not Linux, another build), reports go
        to a proxy that does not exist: ``https_proxy`` is set for this process, unless it is set already.
    """
    from mediapipe.tasks.python.core import mediapipe_c_bindings

    mediapipe_c_bindings.load_raw_library()
    is_blanked = sys.platform == "linux" and _blank_report_address()
    if not is_blanked:
        os.environ.setdefault("https_proxy", _DEAD_PROXY)
    return is_blanked


@contextmanager
def quiet_standard_error() -> Iterator[None]:
    """Drops what C++ code writes to standard error inside; Python's own exceptions are not touched."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _blank_report_address() -> bool:
    """Zeroes every copy of the address among the library's constants; False if there is none."""
    n_blanked = 0
    for start, end, protection in _constants():
        held = ctypes.string_at(start, end - start)
        at = held.find(_REPORT_ADDRESS)
        while at >= 0:
            n_blanked += _overwrite(start + at, bytes(len(_REPORT_ADDRESS)), protection)
            at = held.find(_REPORT_ADDRESS, at + 1)
    return n_blanked > 0


def _constants() -> list[tuple[int, int, int]]:
    """Start, end and protection of the parts of libmediapipe in memory that may be read, not written."""
    found = []
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        parts = line.split(maxsplit=5)
        if len(parts) == 6 and "libmediapipe" in parts[5] and parts[1].startswith("r-"):
            start, end = (int(part, 16) for part in parts[0].split("-"))
            found.append((start, end, sum(_FLAGS.get(letter, 0) for letter in parts[1])))
    return found


def _overwrite(address: int, value: bytes, protection: int) -> bool:
    """Writes among constants; False if the system does not allow it."""
    first = address // mmap.PAGESIZE * mmap.PAGESIZE
    length = address + len(value) - first
    protect = ctypes.CDLL(None).mprotect
    protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    if protect(first, length, _FLAGS["r"] | _FLAGS["w"]) != 0:
        return False
    ctypes.memmove(address, value, len(value))
    protect(first, length, protection)
    return True
