"""Memory of frames, let go and used again. Referee: what the system says of a process's pages."""

from __future__ import annotations

import json
import platform
import subprocess
import sys

import pytest

FRAMES_THROUGH_THREADS = """
import json, resource, sys
from concurrent.futures import ThreadPoolExecutor
import psutil
from lfr_kit.live.steady_memory import keep_frames
if sys.argv[1] == "kept": keep_frames()
small = []
def passing(_):
    frames = [bytearray(b"x" * 6_000_000) for _ in range(4)]
    small.append(bytearray(100_000))
    return len(frames)
with ThreadPoolExecutor(8) as threads:
    list(threads.map(passing, range(50)))
    n_before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    list(threads.map(passing, range(100)))
    n_faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - n_before
print(json.dumps([n_faults, psutil.Process().memory_info().rss // 1_000_000]))
"""


def faults_and_mb(how: str) -> tuple[int, int]:
    """Page faults of four hundred frames in eight threads, and megabytes held at the end."""
    command = [sys.executable, "-c", FRAMES_THROUGH_THREADS, how]
    n_faults, megabytes = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return n_faults, megabytes


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of the GNU C library")
def test_memory_of_frames_that_were_let_go_is_used_again():
    n_faults, megabytes = faults_and_mb("kept")
    assert n_faults < faults_and_mb("left alone")[0] / 10
    assert megabytes < 8 * 4 * 6 * 2 + 200, "what eight threads hold at once, twice, and the program"
