"""Other libraries, each in a virtual environment of its own, run as a process that answers in JSON lines.

They never enter the environment of LFR Kit: their pins would fight with its own.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lfr_kit.benchmarks.measuring import Sample
from lfr_kit.config import settings
from lfr_kit.errors import MissingDependencyError, UnknownAlgorithmError

__all__ = ["PEERS", "Peer", "PeerWorker", "install_peer", "start_peer"]

_WORKER = Path(__file__).with_name("peer_worker.py")


@dataclass(frozen=True)
class Peer:
    """A library to be compared with.

    Attributes
    ----------
    requirements
        Installed with what they depend on.
    bare_requirements
        Installed without: their declared dependencies cannot be had or are not needed.
    """

    requirements: tuple[str, ...]
    bare_requirements: tuple[str, ...] = ()


PEERS = {
    # It asks for dlib, which is a source package that compiles for a quarter of an hour: dlib-bin is the same
    # library compiled. Its models package reads pkg_resources, which later setuptools no longer have.
    "face_recognition": Peer(
        ("dlib-bin", "numpy", "Pillow", "click", "setuptools<81"),
        ("face_recognition==1.3.0", "face_recognition_models==0.3.0"),
    ),
    # Its pins on numpy and Pillow are older than what runs here; torchvision serves its detector only.
    "facenet_pytorch": Peer(("torch==2.13.0", "numpy", "requests", "tqdm"), ("facenet-pytorch==2.5.3",)),
    "mediapipe": Peer(("mediapipe==1.2.2",)),
}
"""The peers by name."""


def install_peer(name: str, *, tell: Callable[[str], None] | None = None) -> Path:
    """The Python of a peer's environment, made where it is not there yet.

    Parameters
    ----------
    tell
        Is told each step.

    Raises
    ------
    UnknownAlgorithmError
        If there is no such peer.
    MissingDependencyError
        If its packages cannot be had; what pip said is in the message.
    """
    if name not in PEERS:
        raise UnknownAlgorithmError(f"no peer {name!r}; there are: {', '.join(PEERS)}")
    peer, place = PEERS[name], settings().cache_dir / "peers" / name
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    complete = place / "complete.json"
    wanted = json.dumps([peer.requirements, peer.bare_requirements, sys.version_info[:2]])
    if complete.exists() and complete.read_text(encoding="utf-8") == wanted:
        return python
    (tell or _silent)(f"installing {name} into {place}")
    _call([sys.executable, "-m", "venv", "--clear", str(place)], name)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _call([*pip, *peer.requirements], name)
    if peer.bare_requirements:
        _call([*pip, "--no-deps", *peer.bare_requirements], name)
    complete.write_text(wanted, encoding="utf-8")
    return python


def _silent(_: str) -> None:
    pass


def _call(command: list[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in said if "error" in line.lower()] or said or ["nothing"]
        raise MissingDependencyError(
            f"peer {name}: {' '.join(command[1:4])} failed: {errors[-1].strip()}; "
            "needs the package index, or run without --peer"
        )


def _environment() -> dict[str, str]:
    """Ours without what would let our packages into the peer's Python."""
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}


class PeerWorker:
    """A peer's process; use it in a ``with`` statement, so that it ends with its block.

    Parameters
    ----------
    name
        Of the peer.
    python
        Which Python runs it.
    """

    def __init__(self, name: str, python: Path) -> None:
        self.name = name
        with ExitStack() as opening:
            self._errors = opening.enter_context(tempfile.TemporaryFile())
            self._process = subprocess.Popen(
                [str(python), "-W", "ignore", str(_WORKER), name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=_environment(),
                text=True,
            )
            self._open_things = opening.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # what was left to say to a process that died
                self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._open_things.close()

    def ask(self, operation: str, **arguments: Any) -> Any:
        """The peer's answer to one operation; arrays go over as they are.

        Raises
        ------
        MissingDependencyError
            If the peer fails; what it said is in the message.
        """
        return self._answer(operation, arguments)["value"]

    def timed(self, operation: str, n_items: int, **arguments: Any) -> Sample:
        """Times one operation inside the peer's process: sending and reading arrays does not count."""
        answer = self._answer(operation, arguments)
        return Sample(answer["wall_s"], answer["cpu_s"], n_items)

    def _answer(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = json.dumps({"operation": operation, "arguments": arguments}, default=_packed)
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            reply = self._process.stdout.readline()
        except BrokenPipeError:
            reply = ""
        answer: dict[str, Any] = json.loads(reply) if reply else {"error": self._last_words()}
        if "error" in answer:
            raise MissingDependencyError(f"peer {self.name}: {operation} failed: {answer['error']}")
        return answer

    def _last_words(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return said[-1] if said else f"it ended with status {self._process.returncode}"


def _packed(value: Any) -> Any:
    """Arrays as bytes in base64, paths as text."""
    if isinstance(value, np.ndarray):
        array: NDArray[Any] = np.ascontiguousarray(value)
        content = base64.b64encode(array.tobytes()).decode("ascii")
        return {"base64": content, "shape": array.shape, "dtype": str(array.dtype)}
    return str(value)


def start_peer(name: str, *, tell: Callable[[str], None] | None = None) -> PeerWorker:
    """A running peer, installed first where it is not there yet; errors as `install_peer`."""
    return PeerWorker(name, install_peer(name, tell=tell))
