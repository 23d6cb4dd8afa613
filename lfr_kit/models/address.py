"""A file from the maker's address, over HTTP: resumed where the connection breaks, also in a later run.

The unfinished file lies beside its place as ``FILE.part``, with ``FILE.part.json`` saying which version of
the file it is a piece of (RFC 9110: entity tag, or date of last change, with ``If-Range``), so that pieces of
two versions are never put together.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from lfr_kit.errors import ModelDigestError, ModelFetchError
from lfr_kit.models.digest import write_note
from lfr_kit.models.model_card import Address, ModelCard, Progress
from lfr_kit.models.writing import file_errors, settle

__all__ = ["download"]

_TIMEOUT_S = 30.0
_N_TRIES = 5
"""Times in a row that a connection may break without a byte having come."""
_CHUNK_BYTES = 1 << 16


def download(which: ModelCard, source: Address, path: Path, *, progress: Progress | None = None) -> None:
    """Fetches the file of a card to `path`, verified.

    Raises
    ------
    ModelFetchError
        If it cannot be had. What has come is kept for the next try, if the server can resume.
    ModelDigestError
        If another file came. Nothing is kept then.
    OutputError
        If it cannot be written. Nothing is kept then.
    """
    part = path.with_name(path.name + ".part")
    with file_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    is_whole = False
    try:
        _receive(which, source, part, progress)
        is_whole = True
        settle(which, part, path, attested=True)
    except ModelFetchError:
        if not _note_path(part).exists():
            part.unlink(missing_ok=True)
        raise
    except KeyboardInterrupt:
        raise
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        if is_whole or not part.exists():
            _forget(part)


def _receive(which: ModelCard, source: Address, part: Path, progress: Progress | None) -> None:
    """Tries until the whole file has come, or nothing more comes."""
    failures = 0
    while True:
        before = _size(part)
        try:
            if _receive_once(which, source, part, progress):
                return
            reason = "the connection broke"
        except (OSError, http.client.HTTPException) as error:
            reason = _reason(error)
            if getattr(error, "code", None) == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                _forget(part)
            elif not _may_pass(error, has_begun=before > 0):
                raise ModelFetchError(reason) from None
        failures = 0 if _size(part) > before else failures + 1
        if failures == _N_TRIES:
            raise ModelFetchError(reason)
        time.sleep(0.25 * (2**failures - 1))


def _receive_once(which: ModelCard, source: Address, part: Path, progress: Progress | None) -> bool:
    """One connection; whether the file is whole after it."""
    from urllib.request import urlopen

    with urlopen(_request(source, part), timeout=_TIMEOUT_S) as answer:  # nosec: addresses come from cards only
        resumed = answer.status == http.client.PARTIAL_CONTENT
        done = _size(part) if resumed else 0
        if resumed and not answer.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
            _forget(part)
            raise http.client.HTTPException("the server sent another piece than was asked for")
        left = answer.headers.get("Content-Length")
        total = done + int(left) if left and left.isdigit() else 0
        with file_errors(part):
            file = part.open("ab" if resumed else "wb")
        with file:
            if not resumed:
                _note_version(source, part, answer.headers)
            while chunk := answer.read1(_CHUNK_BYTES):
                done += len(chunk)
                if done > which.largest_bytes:
                    raise ModelDigestError(f"more than {which.largest_bytes} bytes arrived: not this file")
                with file_errors(part):
                    file.write(chunk)
                    file.flush()
                if progress is not None:
                    progress(which.name, done, total or which.size_bytes)
    return done == total if total else done > 0


def _request(source: Address, part: Path) -> Any:
    from urllib.request import Request

    headers = {"User-Agent": "lfr-kit", "Accept-Encoding": "identity"}
    version = _noted_version(source, part)
    if version and _size(part):
        headers |= {"Range": f"bytes={_size(part)}-", "If-Range": version}
    return Request(source.url, headers=headers)


def _note_version(source: Address, part: Path, headers: Any) -> None:
    """A weak entity tag does not say that the bytes are the same, so it is not used."""
    tag = headers.get("ETag", "")
    version = tag if tag and not tag.startswith("W/") else headers.get("Last-Modified")
    if version and headers.get("Accept-Ranges", "bytes") == "bytes":
        with file_errors(part):
            write_note(_note_path(part), json.dumps({"url": source.url, "version": version}))
    else:
        _note_path(part).unlink(missing_ok=True)


def _noted_version(source: Address, part: Path) -> str | None:
    with suppress(OSError, ValueError):
        note = json.loads(_note_path(part).read_text(encoding="utf-8"))
        if isinstance(note, dict) and note.get("url") == source.url:
            return str(note.get("version", "")) or None
    return None


def _note_path(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note_path(part).unlink(missing_ok=True)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _may_pass(error: BaseException, *, has_begun: bool) -> bool:
    """Whether trying again can help: not when the server says no, or nobody was ever there to ask."""
    from urllib.error import HTTPError, URLError

    if isinstance(error, HTTPError):
        return error.code in (408, 429) or error.code >= 500
    return has_begun or not isinstance(error, URLError)


def _reason(error: BaseException) -> str:
    from urllib.error import HTTPError, URLError

    if isinstance(error, HTTPError):
        return f"the server answered {error.code} {error.reason}"
    if isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError):
        return f"no answer within {_TIMEOUT_S:.0f} s"
    if isinstance(error, URLError):
        return "no network: " + re.sub(r"^\[Errno [^]]*\] ", "", str(error.reason))
    return f"the connection broke ({error or type(error).__name__})"
