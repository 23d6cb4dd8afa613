"""Pictures on their way from a browser: in memory, in chunks, not many, and not for long."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from lfr_kit.errors import InputError, NotInStoreError, StateError
from lfr_kit.ui.server.faults import TooLargeError

__all__ = ["CHUNK_BYTES", "LARGEST_FILE", "MOST_BYTES", "Upload", "Uploads"]

CHUNK_BYTES = 1 << 20
LARGEST_FILE = 64_000_000
MOST_BYTES = 256_000_000
"""Of all uploads together, as announced."""
_KEPT_S = 600.0
"""After the last sign of life."""
_MOST_UPLOADS = 500
_LONGEST_NAME = 200


@dataclass
class Upload:
    """One file on its way.

    Attributes
    ----------
    upload_id, session, watchlist_id
        Which, whose, for which list.
    size
        Bytes, as announced.
    state
        ``receiving``, ``waiting`` (for the import), ``importing`` or ``done``; refused, it is ``receiving`` again.
    step
        What the import does now, in words.
    report, error
        What came of it.
    """

    upload_id: str
    session: str
    watchlist_id: str
    name: str
    size: int
    touched_at: float
    content: bytearray = field(default_factory=bytearray, repr=False)
    state: str = "receiving"
    step: str = ""
    report: dict[str, Any] | None = field(default=None, repr=False)
    error: dict[str, Any] | None = field(default=None, repr=False)

    def values(self) -> dict[str, Any]:
        """As it is told to whoever uploads."""
        return {
            "upload_id": self.upload_id,
            "name": self.name,
            "size": self.size,
            "received": len(self.content) if self.state == "receiving" else self.size,
            "state": self.state,
            "step": self.step,
            "report": self.report,
            "error": self.error,
        }


class Uploads:
    """All uploads under way.

    Parameters
    ----------
    clock
        Seconds that only rise.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._uploads: dict[str, Upload] = {}

    def begin(self, session: str, watchlist_id: str, name: str, size: int) -> Upload:
        """A file is announced.

        Raises
        ------
        InputError
            If its name or size cannot be.
        TooLargeError
            If it is too large, or too much is under way.
        """
        self._let_old_ones_go()
        if size < 1:
            raise InputError("the file is empty; choose another")
        if not name.strip() or len(name) > _LONGEST_NAME:
            raise InputError(f"the file's name may have 1 to {_LONGEST_NAME} characters; rename it")
        if size > LARGEST_FILE:
            raise TooLargeError(f"{size:,} bytes; a picture may have {LARGEST_FILE:,}")
        under_way = sum(one.size for one in self._uploads.values() if one.state != "done")
        if under_way + size > MOST_BYTES or len(self._uploads) >= _MOST_UPLOADS:
            raise TooLargeError("too much is being uploaded at this moment; wait until some of it is imported")
        upload = Upload(secrets.token_hex(8), session, watchlist_id, name, size, self._clock())
        self._uploads[upload.upload_id] = upload
        return upload

    def find(self, session: str, upload_id: str) -> Upload:
        """An upload of this session. NotInStoreError if there is none, or not any more."""
        self._let_old_ones_go()
        found = self._uploads.get(upload_id)
        if found is None or found.session != session:
            raise NotInStoreError("there is no such upload, or no longer; send the file again")
        found.touched_at = self._clock()
        return found

    def add(self, upload: Upload, offset: int, chunk: bytes) -> None:
        """The next chunk; one that was received already is passed over, so that it may be sent again.

        Raises
        ------
        StateError
            If all of it is there already, or a chunk before this one is missing.
        TooLargeError
            If it is more than was announced.
        """
        if upload.state != "receiving":
            raise StateError(f"upload {upload.upload_id}: is {upload.state}")
        if offset + len(chunk) <= len(upload.content):
            return
        if offset != len(upload.content):
            raise StateError(
                f"upload {upload.upload_id}: {len(upload.content):,} bytes are here; go on from there"
            )
        if offset + len(chunk) > upload.size:
            raise TooLargeError(f"upload {upload.upload_id}: more than the {upload.size:,} bytes announced")
        upload.content += chunk

    def take(self, upload: Upload) -> bytes:
        """The whole file, of which nothing stays here but by `give_back`. StateError if it is not whole."""
        if upload.state != "receiving" or len(upload.content) != upload.size:
            raise StateError(
                f"upload {upload.upload_id}: {len(upload.content):,} of {upload.size:,} bytes are here"
            )
        content, upload.content, upload.state = bytes(upload.content), bytearray(), "waiting"
        return content

    def give_back(self, upload: Upload, content: bytes, error: dict[str, Any]) -> None:
        """Nothing came of a file that was taken: it may be tried again, with other words, and need not be sent."""
        upload.error, upload.step = error, ""
        if upload.upload_id in self._uploads:
            upload.content, upload.state, upload.touched_at = bytearray(content), "receiving", self._clock()

    def drop(self, upload: Upload) -> None:
        """Nobody wants it any more."""
        upload.content = bytearray()
        self._uploads.pop(upload.upload_id, None)

    def forget(self, session: str) -> None:
        """Those of a session that ended."""
        for upload_id in [one.upload_id for one in self._uploads.values() if one.session == session]:
            del self._uploads[upload_id]

    def _let_old_ones_go(self) -> None:
        now = self._clock()
        for upload_id in [key for key, one in self._uploads.items() if now - one.touched_at > _KEPT_S]:
            del self._uploads[upload_id]
