"""Keeps a process that handles frames for hours as small as it was after the first minutes, and quick."""

from __future__ import annotations

import ctypes
import mmap
from contextlib import suppress
from pathlib import Path

__all__ = ["keep_frames"]

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -2, -3, -8
_LARGEST_KEPT = 32 << 20
"""Bytes; the most that the library takes. A 4K frame has 25 MB."""
_ROOM = 1 << 30
"""Bytes of address space; memory is taken as it is written to."""


def keep_frames() -> None:
    """Has the C library keep the memory of frames let go for the next ones, in one place for all threads.

    Nothing happens where there is another than the GNU library, which by itself does one of two things. It gives
    a frame back to the system, and the next one is paid for page by page: 1,500 faults each. Or it keeps frames
    separately for each of the dozens of threads that they pass through, many times what is in use. In one place,
    of large pages, neither (docs/figures.md).

    References
    ----------
    mallopt(3): what is set by hand stays where it is. madvise(2), ``MADV_HUGEPAGE``.
    """
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        for parameter, value in (
            (_M_ARENA_MAX, 1),
            (_M_MMAP_THRESHOLD, _LARGEST_KEPT),
            (_M_TRIM_THRESHOLD, _ROOM),
            (_M_TOP_PAD, _ROOM),
        ):
            library.mallopt(parameter, value)
        library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
        library.free.argtypes = [ctypes.c_void_p]
        library.free(library.malloc(_LARGEST_KEPT - (1 << 20)))  # makes the room
        _use_large_pages(library)


def _use_large_pages(library: ctypes.CDLL) -> None:
    library.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for line in Path("/proc/self/maps").read_text().splitlines():
        if line.endswith("[heap]"):
            begin, end = (int(address, 16) for address in line.split(maxsplit=1)[0].split("-"))
            library.madvise(begin, end - begin, mmap.MADV_HUGEPAGE)
