"""The folder of a run: manifest, versions, digests, figures, plots and report, written once and never changed.

A run holds counts only: no name, no picture, no template, no label of one person. It is named after what it was
computed from, so the same trial, or curve, with the same algorithm and plan is the same run.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import OutputError, TableError, TamperedError
from lfr_kit.evaluation.trial_manifest import TrialManifest
from lfr_kit.evaluation.trial_passes import TrialTemplates
from lfr_kit.reports.whole_file import output_error

__all__ = [
    "Run",
    "RunContent",
    "canonical",
    "check_folder",
    "digest_of",
    "manifest_digest",
    "open_run",
    "vectors_digest",
    "versions",
    "write_run",
]

_PACKAGES = ("lfr_kit", "numpy", "scipy", "openvino", "torch", "mediapipe", "opencv-contrib-python")
_JSON = ("manifest", "versions", "figures")


@dataclass(frozen=True, kw_only=True)
class RunContent:
    """What a run is written from.

    Attributes
    ----------
    kind
        ``trial``, ``groups`` or ``curve``.
    trial_id
        Begins the folder's name.
    manifest
        What was asked for, without a name: counts, consent is not in it.
    sources
        Name -> SHA-256 of what it was computed from.
    figures
        The result; the same sources give the same.
    plots
        Name -> SVG.
    report
        The page; loads nothing.
    """

    kind: str
    trial_id: str
    manifest: Mapping[str, Any]
    sources: Mapping[str, str]
    figures: Mapping[str, Any]
    plots: Mapping[str, str] = field(default_factory=dict)
    report: str = ""

    @property
    def name(self) -> str:
        """Of the folder: the trial, the kind, and eight digits of what it was computed from."""
        return f"{self.trial_id}-{self.kind}-{digest_of(canonical({'kind': self.kind, **self.sources}))[:8]}"


@dataclass(frozen=True, eq=False)
class Run:
    """A run that was read and found unchanged.

    Attributes
    ----------
    path
        Its folder.
    manifest, versions, digests, figures
        Its files.
    """

    path: Path
    manifest: Mapping[str, Any]
    versions: Mapping[str, Any]
    digests: Mapping[str, Any]
    figures: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """``trial``, ``groups`` or ``curve``."""
        return str(self.manifest["kind"])


def canonical(value: Any) -> str:
    """JSON with sorted keys: the same value gives the same text."""
    return json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))


def digest_of(text: str) -> str:
    """SHA-256 of a text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def manifest_digest(manifest: TrialManifest, templates: TrialTemplates) -> str:
    """SHA-256 of a trial by what its pictures hold: where they lie and what they are called is no part of it."""
    digests = templates.digests

    def of(picture: Any) -> list[Any]:
        return [digests[picture.path], picture.start_s, picture.end_s]

    people = [
        [
            each.person_id,
            each.part,
            dict(sorted(each.groups.items())),
            [of(picture) for picture in each.references],
        ]
        for each in manifest.people
    ]
    passes = [
        [each.pass_id, each.person, each.camera, each.day, [of(picture) for picture in each.pictures]]
        for each in manifest.passes
    ]
    return digest_of(canonical([manifest.trial_id, people, passes]))


def vectors_digest(templates: Iterable[NDArray[np.float32]]) -> str:
    """SHA-256 of templates, (n, d) float32 each, one after the other."""
    found = hashlib.sha256()
    for vectors in templates:
        found.update(np.ascontiguousarray(vectors, "<f4").tobytes())
    return found.hexdigest()


def versions(recipe: str, why: str) -> dict[str, Any]:
    """What computed a run: releases, machine, moment, and how templates were made."""
    found = {}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return {
        "packages": found,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "embedder": why,
        "recipe": json.loads(recipe),
    }


def write_run(folder: Path, content: RunContent, made_with: Mapping[str, Any]) -> Run:
    """Writes a run as a new folder in `folder`, whole or not at all; one that is there already is given back.

    Raises
    ------
    OutputError
        If it cannot be written.
    TamperedError
        If a run of these sources is there and says something else.
    """
    path = folder / content.name
    if path.exists():
        earlier = open_run(path)
        if canonical(earlier.figures) != canonical(content.figures):
            raise TamperedError(
                f"{path}: is a run of the same pictures, algorithm and plan with other figures; one was computed "
                "on another machine or by another release: keep both, in two folders (--out)"
            )
        return earlier
    partial = folder / f".{content.name}.{os.getpid()}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_files(partial, content, made_with)
        partial.rename(path)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return open_run(path)


def _write_files(partial: Path, content: RunContent, made_with: Mapping[str, Any]) -> None:
    manifest = {"kind": content.kind, "trial_id": content.trial_id, **content.manifest}
    files = {
        "manifest.json": _readable(manifest),
        "versions.json": _readable(made_with),
        "figures.json": _readable(content.figures),
        "report.html": content.report,
        **{f"plots/{name}.svg": svg for name, svg in content.plots.items()},
    }
    of_files = {name: digest_of(text) for name, text in files.items()}
    files["digests.json"] = _readable({"sources": dict(content.sources), "files": of_files})
    (partial / "plots").mkdir(parents=True)
    for name, text in files.items():
        path = partial / name
        path.write_text(text, encoding="utf-8", newline="")
        path.chmod(0o444)


def _readable(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n"


def open_run(path: Path) -> Run:
    """Reads a run and holds every file against its digest.

    Raises
    ------
    TableError
        If the folder is no run.
    TamperedError
        If a file was changed, or is missing.
    """
    try:
        digests = json.loads((path / "digests.json").read_text(encoding="utf-8"))
        of_files = dict(digests["files"])
    except (OSError, ValueError, KeyError, TypeError):
        raise TableError(f"{path}: is no run; make one with: lfr evaluate trial, groups or curve") from None
    texts = {name: _unchanged(path / name, digest) for name, digest in of_files.items()}
    try:
        parts = [json.loads(texts[f"{name}.json"]) for name in _JSON]
    except (KeyError, ValueError):
        raise TamperedError(f"{path}: lacks one of its files; compute the run anew") from None
    return Run(path, parts[0], parts[1], digests, parts[2])


def _unchanged(path: Path, digest: str) -> str:
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise TamperedError(f"{path}: was changed since the run was written; compute the run anew")
    return content.decode("utf-8")


def check_folder(folder: Path) -> None:
    """OutputError if runs cannot be written there: asked before minutes go into them."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file, not a folder; choose another --out")
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: no permission to write there; choose another --out")
