"""axe-core, which finds what people with impairments cannot use: fetched once from npm, and checked."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path

import platformdirs

VERSION = "4.14.1"
SHA256 = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

EXCEPTIONS: dict[str, str] = {}
"""Rule that may be broken -> why."""


class NoAxeError(Exception):
    """Why it is not here."""


@cache
def script() -> str:
    """Its source. NoAxeError if npm cannot give it."""
    folder = platformdirs.user_cache_path("lfr_kit") / "axe-core"
    package = folder / f"axe-core-{VERSION}.tgz"
    if not package.exists():
        _fetch(folder)
    if hashlib.sha256(package.read_bytes()).hexdigest() != SHA256:
        raise NoAxeError(f"{package}: is not axe-core {VERSION} as it was published")
    with tarfile.open(package) as packed:
        found = packed.extractfile("package/axe.min.js")
        assert found is not None
        return found.read().decode()


def _fetch(folder: Path) -> None:
    if shutil.which("npm") is None:
        raise NoAxeError("npm is not here; it fetches axe-core")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        command = ["npm", "pack", f"axe-core@{VERSION}", "--silent"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    except (subprocess.SubprocessError, OSError) as error:
        raise NoAxeError(f"npm cannot fetch axe-core {VERSION}: {type(error).__name__}") from None


def violations(page) -> list[str]:
    """What it finds, one line each; a rule in `EXCEPTIONS` is left out."""
    page.evaluate(script())
    found = page.evaluate(
        "standards => axe.run(document, { runOnly: standards, resultTypes: ['violations'] })", STANDARDS
    )
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {[node['target'] for node in each['nodes']][:4]}"
        for each in found["violations"]
        if each["id"] not in EXCEPTIONS
    ]
