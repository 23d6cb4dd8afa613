"""Keeps a process that handles frames for hours as small as it was after the first minute."""

from __future__ import annotations

import ctypes
from contextlib import suppress

__all__ = ["return_frames"]

_M_MMAP_THRESHOLD = -3
_LEAST_BYTES = 1 << 20
"""Smaller than any frame that is worth looking at, larger than whatever is made and dropped all the time."""


def return_frames() -> None:
    """Has the C library give a frame's memory back when it is let go; nothing happens where there is another.

    The GNU library keeps what was freed once for the next that asks, separately for each thread. Frames pass
    through dozens of threads, so that it comes to hold many times what is in use.

    References
    ----------
    mallopt(3), ``M_MMAP_THRESHOLD``: set by hand, it stays where it is.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LEAST_BYTES)
