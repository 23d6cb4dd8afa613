"""Templates of a trial, kept sealed until the retention date of whose they are.

One file per picture: the last day on which it may be kept, then AES-256-GCM. A file's name is a keyed hash of what
it holds, so that nobody without the key can tell whether a given picture is among them. A file is whole or not
there, so a run that was killed goes on where it stood.

References
----------
NIST SP 800-38D (GCM, 96-bit random nonces).
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import KeyMissingError, TamperedError
from lfr_kit.reports.whole_file import output_error

__all__ = ["Acquired", "TemplateCache"]

_KEY_BYTES, _NONCE_BYTES, _DAY_BYTES = 32, 12, 10
_SUFFIX = ".template"


@dataclass(frozen=True, eq=False)
class Acquired:
    """What one picture gave.

    Attributes
    ----------
    vector
        (d,) float32 of unit length; None = no face was acquired.
    quality
        Of the shot, 0..100.
    reason
        Why not; ``""`` where there is a vector.
    """

    vector: NDArray[np.float32] | None
    quality: float = 0.0
    reason: str = ""

    def to_bytes(self) -> bytes:
        """As it is sealed."""
        vector = b"" if self.vector is None else np.ascontiguousarray(self.vector, "<f4").tobytes()
        head = json.dumps({"quality": self.quality, "reason": self.reason}).encode()
        return head + b"\n" + vector

    @classmethod
    def from_bytes(cls, content: bytes) -> Acquired:
        """What `to_bytes` made."""
        head, _, vector = content.partition(b"\n")
        return cls(np.frombuffer(vector, "<f4").astype(np.float32) if vector else None, **json.loads(head))


class TemplateCache:
    """See the module.

    Parameters
    ----------
    folder
        Made with mode 0700 if it is not there.
    key_file
        Made with mode 0600 if it is not there; never in `folder`.
    today
        Files of earlier days are not given, but deleted.

    Raises
    ------
    KeyMissingError
        If the key file is none, lies in the folder, or others may read it.
    OutputError
        If folder or key cannot be written.
    """

    def __init__(self, folder: Path, key_file: Path, *, today: date) -> None:
        self.folder, self.today = folder, today
        _private_folder(folder)
        key = _key(folder, key_file)
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._naming = hmac.digest(key, b"lfr_kit trial names", "sha256")
        self._cipher = AESGCM(hmac.digest(key, b"lfr_kit trial templates", "sha256"))

    def get(self, picture: str, recipe: str, until: date) -> Acquired | None:
        """What is kept of a picture; None if there is nothing, or its day is past. The earlier of two days counts.

        Parameters
        ----------
        picture
            Its digest, with the span of a clip.
        recipe
            Whatever else the template depends on.
        until
            Last day on which it may be kept.

        Raises
        ------
        TamperedError
            If the file was changed, or sealed with another key.
        """
        path = self._path(picture, recipe)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise output_error(path, error) from error
        day = _day_of(content)
        if day is None or day < self.today:
            _remove(path)
            return None
        found = Acquired.from_bytes(self._open(path, content))
        if until < day:
            self.put(picture, recipe, found, until)
        return found

    def put(self, picture: str, recipe: str, found: Acquired, until: date) -> None:
        """Keeps what a picture gave until the end of a day.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        path, day = self._path(picture, recipe), until.isoformat().encode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, found.to_bytes(), _about(path, day))
        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            _write_private(partial, day + sealed, os.O_TRUNC)
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink()
            raise output_error(path, error) from error

    def forget(self, picture: str) -> int:
        """Deletes what is kept of a picture, made with whatever recipe. Returns how many templates."""
        return sum(_remove(path) for path in self.folder.glob(f"{self._name(picture)}-*"))

    def forget_expired(self) -> int:
        """Deletes whatever may no longer be kept, and what a killed run left half written. Returns how many."""
        gone = 0
        for path in self.folder.iterdir():
            if path.suffix == ".partial":
                gone += _remove(path)
            elif path.suffix == _SUFFIX:
                with path.open("rb") as file:
                    day = _day_of(file.read(_DAY_BYTES))
                gone += _remove(path) if day is None or day < self.today else 0
        return gone

    def forget_all(self) -> int:
        """Deletes every template. Returns how many."""
        return sum(_remove(path) for path in self.folder.iterdir() if path.suffix in (_SUFFIX, ".partial"))

    def __len__(self) -> int:
        """How many are kept."""
        return sum(path.suffix == _SUFFIX for path in self.folder.iterdir())

    def _name(self, text: str) -> str:
        return hmac.digest(self._naming, text.encode(), "sha256").hex()[:32]

    def _path(self, picture: str, recipe: str) -> Path:
        return self.folder / f"{self._name(picture)}-{self._name(recipe)}{_SUFFIX}"

    def _open(self, path: Path, content: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag

        day, sealed = content[:_DAY_BYTES], content[_DAY_BYTES:]
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _about(path, day))
        except (InvalidTag, ValueError):
            raise TamperedError(
                f"{path}: was changed, or sealed with another key; delete it: lfr evaluate forget --all"
            ) from None


def _write_private(path: Path, content: bytes, flag: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flag, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _about(path: Path, day: bytes) -> bytes:
    """What the seal is bound to: a file that is renamed, or kept for longer, does not open."""
    return path.stem.encode() + b"|" + day


def _day_of(content: bytes) -> date | None:
    try:
        return date.fromisoformat(content[:_DAY_BYTES].decode("ascii"))
    except ValueError:
        return None


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise output_error(path, error) from error
    return True


def _private_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise output_error(folder, error) from error


def _key(folder: Path, key_file: Path) -> bytes:
    """The key, a fresh one where there is none."""
    if key_file.resolve().is_relative_to(folder.resolve()):
        raise KeyMissingError(
            f"{key_file}: lies among the templates it seals; keep it elsewhere (trials.key_file)"
        )
    try:
        key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            _write_private(key_file, secrets.token_bytes(_KEY_BYTES), os.O_EXCL)
        mode = stat.S_IMODE(key_file.stat().st_mode)
        key = key_file.read_bytes()
    except OSError as error:
        raise output_error(key_file, error) from error
    if os.name == "posix" and mode & 0o077:
        raise KeyMissingError(f"{key_file}: others may read the key; run: chmod 600 {key_file}")
    if len(key) != _KEY_BYTES:
        raise KeyMissingError(f"{key_file}: is no key of trials; delete it, and the templates it sealed with it")
    return key
