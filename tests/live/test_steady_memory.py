"""Memory of frames, let go and given back. Referee: what the system says that a process holds."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

HELD = """
import sys, psutil
from lfr_kit.live.steady_memory import return_frames
if sys.argv[1] == "returned": return_frames()
kept, frames = [], [bytearray(b"x" * 2_000_000)]
for _ in range(5):
    for _ in range(100):
        frames.append(bytearray(b"x" * 2_000_000))
        kept.append(bytearray(100_000))
    before_last = frames.pop()
    frames.clear()
print(psutil.Process().memory_info().rss // 1_000_000 - len(kept) // 10)
"""


def held_mb(how: str) -> int:
    """Megabytes held, beside what is in use, once a thousand megabytes of frames were let go."""
    done = subprocess.run([sys.executable, "-c", HELD, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of the GNU C library")
def test_frames_that_were_let_go_are_given_back():
    assert held_mb("returned") < held_mb("kept") - 80
