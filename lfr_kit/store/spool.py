"""Where alerts wait while the database is away: one sealed file each, in a folder of their deployment.

A file is sealed under the deployment's data key, which the runner holds in memory since it opened the deployment:
nothing lies on the disk in the clear, and when the key is destroyed, what still waits is gone too. A file is whole
or not there; its name is the alert's id, and it opens under that name only.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from lfr_kit.errors import InputError, OutputError, TamperedError
from lfr_kit.governance.adjudication import check_alert_id
from lfr_kit.reports.whole_file import output_error, whole_file
from lfr_kit.store.repository.alerts import PendingAlert
from lfr_kit.store.vault import DataKey

__all__ = ["SET_ASIDE", "Spool", "discard"]

SET_ASIDE = ".set_aside"
"""Ending of a file that is not what it claims to be, or that the store refused: kept, never loaded."""

_SUFFIX = ".alert"
_LARGEST_BYTES = 64 * 1024**2
_HEADER_BYTES = 4


class Spool:
    """The waiting alerts of one deployment.

    Parameters
    ----------
    folder
        ``settings().store.spool_dir``; the deployment gets a folder of its own in it, mode 0700.
    deployment_id
        Whose alerts.
    key
        Of the scope ``deployment:ID``.

    Raises
    ------
    InputError
        If the id cannot be one.
    """

    def __init__(self, folder: Path, deployment_id: str, key: DataKey) -> None:
        self.folder = _folder_of(folder, deployment_id)
        self.deployment_id = deployment_id
        self._key = key

    def put(self, pending: PendingAlert) -> Path:
        """Keeps an alert; when this returns it is on the disk.

        Raises
        ------
        OutputError
            If it cannot be written, e.g. because this disk is full too. Nothing of it is there then.
        """
        path = self.folder / (check_alert_id(pending.alert_id) + _SUFFIX)
        sealed = self._key.seal(_packed(pending), self._about(pending.alert_id))
        with _translated(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(path) as partial:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(sealed)
        with _translated(self.folder):
            _sync_folder(self.folder)
        return path

    def waiting(self) -> tuple[Path, ...]:
        """Files that wait, by name; none where there is no folder."""
        return tuple(sorted(self.folder.glob(f"[!.]*{_SUFFIX}")))

    def read(self, path: Path) -> PendingAlert:
        """What waits in a file.

        Raises
        ------
        TamperedError
            If it was changed, renamed, is a link or of another deployment.
        """
        try:
            alert_id = check_alert_id(path.name.removesuffix(_SUFFIX))
            plain = self._key.open(_content(path), self._about(alert_id))
        except (OSError, InputError) as error:
            raise TamperedError(f"{path}: is no alert that was put here ({error})") from None
        pending = _unpacked(plain)
        if (pending.alert_id, pending.deployment_id) != (alert_id, self.deployment_id):
            raise TamperedError(f"{path}: holds another alert than its name says")
        return pending

    def remove(self, path: Path) -> None:
        """Lets go of a file whose alert is in the store. OutputError if it cannot be deleted."""
        with _translated(path):
            path.unlink(missing_ok=True)
            _sync_folder(self.folder)

    def set_aside(self, path: Path) -> Path:
        """Renames a file so that it is never loaded; an older one is kept. OutputError if it cannot."""
        place = path.with_name(path.name + SET_ASIDE)
        n = 1
        while os.path.lexists(place):
            n += 1
            place = path.with_name(f"{path.name}{SET_ASIDE}-{n}")
        with _translated(path):
            path.rename(place)
            _sync_folder(self.folder)
        return place

    def _about(self, alert_id: str) -> str:
        return f"spool:{self.deployment_id}:{alert_id}"


def discard(folder: Path, deployment_id: str) -> int:
    """Deletes all that a deployment left in the spool, also what was set aside; how many files that were.

    Raises
    ------
    OutputError
        If a file cannot be deleted.
    """
    own = _folder_of(folder, deployment_id)
    if not own.is_dir():
        return 0
    try:
        files = list(own.iterdir())
        for file in files:
            file.unlink()
        own.rmdir()
    except OSError as error:
        raise OutputError(f"{own}: not deleted: {error.strerror}; delete it by hand") from error
    return len(files)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise output_error(path, error) from error


def _folder_of(folder: Path, deployment_id: str) -> Path:
    return folder / check_alert_id(deployment_id)


def _content(path: Path) -> bytes:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST_BYTES:
            raise OSError("no file of an alert's size")
        return file.read(_LARGEST_BYTES)


def _packed(pending: PendingAlert) -> bytes:
    """Length of a JSON header, the header, then the picture."""
    values = {name: value for name, value in vars(pending).items() if name != "probe_jpeg"}
    header = json.dumps(values, default=datetime.isoformat).encode()
    return len(header).to_bytes(_HEADER_BYTES, "big") + header + pending.probe_jpeg


def _unpacked(plain: bytes) -> PendingAlert:
    end = _HEADER_BYTES + int.from_bytes(plain[:_HEADER_BYTES], "big")
    values: dict[str, Any] = json.loads(plain[_HEADER_BYTES:end])
    for name in ("captured_at", "raised_at"):
        values[name] = datetime.fromisoformat(values[name])
    return PendingAlert(**values, probe_jpeg=plain[end:])


def _sync_folder(folder: Path) -> None:
    """Makes a renaming durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
