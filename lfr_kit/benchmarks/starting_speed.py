"""How long it takes to be there: import, command line, first frame; each in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from lfr_kit.benchmarks.measuring import Sample, comparison_row, interleaved
from lfr_kit.errors import LfrError, OutputError

__all__ = ["HEAVY", "bench_starting", "heavy_modules"]

HEAVY = ("torch", "cv2", "mediapipe", "openvino", "annoy", "av", "matplotlib", "pandas", "scipy")
"""Modules that `import lfr_kit` must not bring in."""

_IMPORT = "import lfr_kit"
_HELP = "import sys; sys.argv = ['lfr', '--help']; from lfr_kit.cli.main import main; main()"
_FIRST_FRAME = """
import sys
from lfr_kit import Pipeline, open_source
steps = Pipeline.from_settings(threshold=0.99).steps(open_source(sys.argv[1]))
next(steps)
print("seen", flush=True)
"""


def heavy_modules(statement: str = _IMPORT) -> list[str]:
    """Which of `HEAVY` a fresh Python holds after a statement."""
    code = f"{statement}\nimport json, sys; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    found: list[str] = json.loads(_run([sys.executable, "-c", code]).splitlines()[-1])
    return found


def bench_starting(
    clip: str = "walkthrough", *, rounds: int = 5, peer_python: Path | None = None
) -> list[dict[str, Any]]:
    """Seconds from the start of a process to its end, or to the first frame seen (then it ends at once).

    Parameters
    ----------
    clip
        Whose first frame is waited for.
    peer_python
        Python of face_recognition's environment: importing it is timed beside importing LFR Kit.

    Raises
    ------
    OutputError
        If one of the processes fails; what it said is in the message.
    """
    peer = (
        None
        if peer_python is None
        else _start([str(peer_python), "-W", "ignore", "-c", "import face_recognition"])
    )
    ours = {
        "import lfr_kit": [_IMPORT],
        "lfr --help": [_HELP],
        "start to first frame": [_FIRST_FRAME, clip],
    }
    rows = []
    for name, (code, *arguments) in ours.items():
        start = _start([sys.executable, "-c", code, *arguments])
        compared = interleaved(start, peer if code == _IMPORT else None, rounds=rounds)
        more = {"heavy_modules": heavy_modules()} if code == _IMPORT else {}
        rows.append(comparison_row(name, compared, "s", "start", **more))
    return rows


def _start(command: list[str]) -> Callable[[], Sample]:
    def once() -> Sample:
        wall, cpu = perf_counter(), _children_cpu_s()
        _run(command)
        return Sample(perf_counter() - wall, _children_cpu_s() - cpu, 1)

    return once


def _children_cpu_s() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system


def _run(command: list[str]) -> str:
    """Standard output of a process."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        problem: LfrError = OutputError(f"{' '.join(command[:2])}: {said[-1]}")
        raise problem
    return done.stdout
