"""Pictures and figures from the runner to whoever shows them, on this machine only.

The runner publishes on one local socket per deployment; a viewer subscribes to one topic and holds nothing but
the newest message of it, however slow it is. The folder of the sockets is its owner's alone (mode 0700): who
cannot open it hears nothing. What is published may be seen: faces are covered before (`lfr_kit.live.preview`).
"""

from __future__ import annotations

import json
import os
import re
import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any

from lfr_kit.errors import InputError, OutputError, RecordError, SettingError

if TYPE_CHECKING:
    import zmq

__all__ = [
    "ALERTS",
    "STATUS",
    "BusMessage",
    "BusPublisher",
    "BusSubscriber",
    "frames_of",
    "own_folder",
    "packed",
    "unpacked",
]

STATUS = "status"
"""Topic of the runner's figures (`lfr_kit.live.status`), about twice a second."""
ALERTS = "alerts"
"""Topic that says that alerts changed; which, is for the store to say to who may know."""

_LENGTH = struct.Struct(">I")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_LONGEST_PATH = 100
"""Bytes of a local socket's path that every system takes."""
_KEPT = 2
"""Messages that wait for a subscriber that does not read; then newer ones are dropped for it."""


@dataclass(frozen=True)
class BusMessage:
    """One thing that was published.

    Attributes
    ----------
    topic
        `STATUS`, `ALERTS` or `frames_of` a camera.
    header
        Plain values.
    body
        A JPEG, or nothing.
    """

    topic: str
    header: Mapping[str, Any]
    body: bytes = field(default=b"", repr=False)


def frames_of(camera_id: str) -> str:
    """Topic of a camera's pictures."""
    return f"frames:{camera_id}"


def packed(message: BusMessage) -> bytes:
    """A message as one part: topic, NUL, length of the header, header, body.

    One part, because a socket that keeps only the newest message takes no others.
    """
    header = json.dumps(message.header, separators=(",", ":"), allow_nan=False).encode()
    return b"".join((_prefix(message.topic), _LENGTH.pack(len(header)), header, message.body))


def unpacked(raw: bytes) -> BusMessage:
    """The message that `packed` packed. RecordError if it did not."""
    topic, separator, rest = raw.partition(b"\0")
    if not separator or len(rest) < _LENGTH.size:
        raise RecordError("not a message of the frame bus")
    (length,) = _LENGTH.unpack_from(rest)
    header, body = rest[_LENGTH.size : _LENGTH.size + length], rest[_LENGTH.size + length :]
    try:
        return BusMessage(topic.decode(), json.loads(header), body)
    except ValueError:
        raise RecordError("not a message of the frame bus") from None


class BusPublisher:
    """The runner's end.

    Parameters
    ----------
    folder
        Where the socket lies; made with mode 0700 if it is not there.
    deployment_id
        Names the socket.

    Raises
    ------
    SettingError
        If others may open the folder, it is somebody else's, or its path is too long.
    OutputError
        If it cannot be made.
    """

    def __init__(self, folder: Path, deployment_id: str) -> None:
        import zmq

        own_folder(folder)
        self._one_at_a_time = Lock()
        self._path = _socket(folder, deployment_id)
        self._path.unlink(missing_ok=True)
        self._context = zmq.Context()
        self._out = self._context.socket(zmq.PUB)
        self._out.setsockopt(zmq.SNDHWM, _KEPT)
        self._out.setsockopt(zmq.LINGER, 0)
        self._out.bind(f"ipc://{self._path}")

    def publish(self, topic: str, header: Mapping[str, Any], body: bytes = b"") -> None:
        """Sends to whoever listens; from any thread, never waits, and nobody may listen."""
        import zmq

        raw = packed(BusMessage(topic, header, body))
        with self._one_at_a_time:
            self._out.send(raw, zmq.DONTWAIT)

    def close(self) -> None:
        """No more messages; may be done twice."""
        self._out.close()
        self._context.term()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> BusPublisher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class BusSubscriber:
    """A viewer's end: the newest message of one topic. The runner may start later, stop and come back.

    Parameters
    ----------
    folder, deployment_id
        As the publisher's.
    topic
        What to listen to.
    context
        zmq's; an asynchronous one (``zmq.asyncio.Context``) for `socket` to be awaited. One of its own if None.

    Raises
    ------
    SettingError, OutputError
        As `BusPublisher`.

    Attributes
    ----------
    socket
        Of zmq, for who waits on several.
    """

    def __init__(
        self, folder: Path, deployment_id: str, topic: str, context: zmq.Context[Any] | None = None
    ) -> None:
        import zmq

        path = _socket(folder, deployment_id)
        own_folder(folder)
        self._own = zmq.Context() if context is None else None
        made = context or self._own
        assert made is not None
        self.socket: Any = made.socket(zmq.SUB)
        self.socket.setsockopt(zmq.CONFLATE, 1)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 100)
        self.socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
        self.socket.setsockopt(zmq.SUBSCRIBE, _prefix(topic))
        self.socket.connect(f"ipc://{path}")

    def newest(self, timeout_s: float) -> BusMessage | None:
        """The newest message not yet taken; None if there is none within that time."""
        if not self.socket.poll(round(timeout_s * 1000)):
            return None
        return unpacked(self.socket.recv())

    def close(self) -> None:
        """Listens no more; may be done twice."""
        self.socket.close()
        if self._own is not None:
            self._own.term()

    def __enter__(self) -> BusSubscriber:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _prefix(topic: str) -> bytes:
    return topic.encode() + b"\0"


def _socket(folder: Path, deployment_id: str) -> Path:
    if not _NAME.fullmatch(deployment_id):
        raise InputError(f"{deployment_id[:60]!r} is no id of a deployment; see: lfr deployment list")
    path = folder / f"{deployment_id}.bus"
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise SettingError(f"live.bus_dir: {folder} is too long for a local socket; choose a shorter path")
    return path


def own_folder(folder: Path) -> None:
    """Makes the folder, for nobody else to open: whoever could, might hear what is shown, or show something else.

    Raises
    ------
    SettingError
        If others may open it, or it is somebody else's.
    OutputError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.lstat()
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror}); set live.bus_dir to another") from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise SettingError(f"live.bus_dir: others may open {folder}; make it yours alone: chmod 700 {folder}")
