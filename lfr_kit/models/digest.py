"""SHA-256 of a file, and what is noted beside the file about it.

Two small notes lie beside a weights file: ``FILE.sha256`` (in the form of ``sha256sum``) for a file whose maker
published no digest, written once and enforced ever after; and ``FILE.verified.json``, which spares the start of
a live run from hashing 100 MB again while size and times of the file are unchanged.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from lfr_kit.errors import ModelDigestError

__all__ = ["digest_of", "read_record", "record_path", "sha256_of", "write_note", "write_record"]

_WORTH_NOTING_BYTES = 4 << 20
"""A smaller file is hashed in a few milliseconds, each time."""

_stamps: dict[Path, dict[str, Any]] = {}
"""Stamps of this process, for a folder that cannot be written to."""


def sha256_of(path: Path) -> str:
    """64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def record_path(path: Path) -> Path:
    """Where the digest of a file without a published one is recorded."""
    return path.with_name(path.name + ".sha256")


def read_record(path: Path) -> str | None:
    """The digest recorded for `path`, or None.

    Raises
    ------
    ModelDigestError
        If there is a record and it does not begin with a digest.
    """
    record = record_path(path)
    try:
        text = record.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    found = re.match(r"[0-9a-f]{64}\b", text)
    if found is None:
        raise ModelDigestError(f"{record}: holds no SHA-256; delete it and import the file again")
    return found[0]


def write_record(path: Path, digest: str) -> None:
    """Notes the digest of `path` for ever; OSError where the folder cannot be written to."""
    write_note(record_path(path), f"{digest}  {path.name}\n")


def digest_of(path: Path, *, anew: bool = False) -> str:
    """SHA-256 of a file, hashed only if it has changed since it last was, or `anew` is asked for.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    before = _marks(path)
    noted = None if anew else _noted(path, before)
    if noted is not None:
        return noted
    digest = sha256_of(path)
    if before["size"] >= _WORTH_NOTING_BYTES and _marks(path) == before:
        _note(path, {**before, "sha256": digest})
    return digest


def _noted(path: Path, marks: dict[str, int]) -> str | None:
    stamp = _stamps.get(path)
    if stamp is None:
        with suppress(OSError, ValueError):
            stamp = json.loads(_stamp_path(path).read_text(encoding="utf-8"))
    if not isinstance(stamp, dict) or any(stamp.get(key) != value for key, value in marks.items()):
        return None
    digest = stamp.get("sha256")
    return digest if isinstance(digest, str) else None


def _note(path: Path, stamp: dict[str, Any]) -> None:
    """Where the folder cannot be written to, the stamp holds for this process only."""
    _stamps[path] = stamp
    with suppress(OSError):
        write_note(_stamp_path(path), json.dumps(stamp) + "\n")


def write_note(path: Path, text: str) -> None:
    """Writes a small file whole or not at all."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _stamp_path(path: Path) -> Path:
    return path.with_name(path.name + ".verified.json")


def _marks(path: Path) -> dict[str, int]:
    """What changes when a file is changed or replaced (also by a copy that keeps its date: ctime)."""
    status = path.stat()
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "ctime_ns": status.st_ctime_ns}
