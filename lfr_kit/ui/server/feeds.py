"""One subscriber for each camera that somebody watches, and everybody is told when its newest frame is there.

Nothing is queued for anybody: who comes for the next frame gets the newest one, and who stops reading costs
nothing but the one frame on its way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from lfr_kit.live.frame_bus import BusSubscriber, frames_of

if TYPE_CHECKING:
    import zmq.asyncio

__all__ = ["CameraFeed", "SharedFeeds", "packet_of"]


def packet_of(raw: bytes) -> bytes:
    r"""A frame as it goes to the browser: length of the header (4 bytes, big-endian), header, JPEG.

    It is what the bus carries behind the topic, so that a frame is neither read nor written anew on its way.

    >>> packet_of(b"frames:a\0\0\0\0\2{}jpeg")
    b'\x00\x00\x00\x02{}jpeg'
    """
    return raw[raw.index(b"\0") + 1 :]


class CameraFeed:
    """The newest frame of one camera.

    Attributes
    ----------
    number
        Of the newest frame since somebody began to watch; 0 = there is none yet.
    """

    def __init__(self, folder: Path, deployment_id: str, camera_id: str, context: zmq.asyncio.Context) -> None:
        self._subscriber = BusSubscriber(folder, deployment_id, frames_of(camera_id), context)
        self._changed = asyncio.Condition()
        self._packet = b""
        self.number = 0
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            raw = await self._subscriber.socket.recv()
            async with self._changed:
                self._packet = packet_of(raw)
                self.number += 1
                self._changed.notify_all()

    async def newer_than(self, number: int) -> tuple[int, bytes]:
        """Number and packet of the newest frame, once there is one newer than `number`."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.number > number)
            return self.number, self._packet

    async def close(self) -> None:
        """Listens no more."""
        await ended(self._listening)
        self._subscriber.close()


async def ended(task: asyncio.Task[None]) -> None:
    """Ends a task and waits for it."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


class _Feed(Protocol):
    def close(self) -> Awaitable[None]: ...


_F = TypeVar("_F", bound=_Feed)
_Key = tuple[str, ...]


class SharedFeeds(Generic[_F]):
    """Feeds that several visitors share: made for the first, closed after the last.

    Parameters
    ----------
    make
        Makes the feed of a key, e.g. (deployment, camera).
    """

    def __init__(self, make: Callable[[_Key], _F]) -> None:
        self._make = make
        self._feeds: dict[_Key, tuple[_F, int]] = {}

    def take(self, *key: str) -> _F:
        """The feed, for one more visitor."""
        feed, n = self._feeds.get(key) or (self._make(key), 0)
        self._feeds[key] = feed, n + 1
        return feed

    async def give_back(self, *key: str) -> None:
        """One visitor fewer; nothing happens once all are closed."""
        if key not in self._feeds:
            return
        feed, n = self._feeds[key]
        if n > 1:
            self._feeds[key] = feed, n - 1
            return
        del self._feeds[key]
        await feed.close()

    def find(self, *key: str) -> _F | None:
        """The feed, if anybody has it."""
        found = self._feeds.get(key)
        return found and found[0]

    def __len__(self) -> int:
        return len(self._feeds)

    async def close(self) -> None:
        """Closes them all, whoever has them."""
        feeds, self._feeds = self._feeds, {}
        for feed, _ in feeds.values():
            await feed.close()
