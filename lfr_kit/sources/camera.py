"""A live camera or stream: always the newest frame, however slow its reader is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import numpy as np
from numpy.typing import NDArray

from lfr_kit.config import settings
from lfr_kit.errors import SettingError, SourceError
from lfr_kit.records import Frame
from lfr_kit.sources.connection import (
    Pictures,
    device_pictures,
    file_pictures,
    public_address,
    stream_pictures,
)
from lfr_kit.sources.newest_frame import NewestOnly
from lfr_kit.sources.reconnecting import Patience, reconnecting

__all__ = ["Camera"]


@dataclass(frozen=True, eq=False)
class _Arrival:
    image: NDArray[np.uint8]
    frame_index: int
    arrived_at: datetime
    position_s: float


class Camera:
    """A camera at this machine or a network stream as a `FrameSource` without end.

    A thread reads every frame and keeps only the newest; those nobody took are counted in `n_dropped`.
    When the stream breaks the camera is opened again, at first after half a second, then each time
    after twice as long, at most 8 s. One iteration at a time; a new one connects anew.

    Parameters
    ----------
    device
        Number of a camera at this machine; an address (``rtsp://…``, ``http://…``); or a video file,
        which is then played in real time, over and over.
    camera_id
        Name in records; if None ``"camera:0"``, the address without password, or the file's name.
    give_up_after_s
        Seconds without a frame after which a lost camera is given up.
    timeout_s
        Seconds without an answer after which a network connection counts as broken.

    Attributes
    ----------
    n_connects
        How many times frames began to arrive: 1 + the times the stream came back.
    is_connected
        Whether frames are arriving now.
    """

    n_frames: int | None = None

    def __init__(
        self,
        device: int | str | Path = 0,
        *,
        camera_id: str | None = None,
        give_up_after_s: float = 30.0,
        timeout_s: float = 5.0,
    ) -> None:
        if not give_up_after_s >= 0:
            raise SettingError(f"give_up_after_s: at least 0, got {give_up_after_s}")
        if not timeout_s > 0:
            raise SettingError(f"timeout_s: larger than 0, got {timeout_s}")
        self.device = device
        self.camera_id = camera_id or _name(device)
        self.give_up_after_s = give_up_after_s
        self.timeout_s = timeout_s
        self.n_connects = 0
        self.is_connected = False
        self._newest = NewestOnly[_Arrival]()
        self._stop = Event()
        self._thread: Thread | None = None

    @property
    def n_dropped(self) -> int:
        """Frames that were replaced by a newer one before anybody took them."""
        return self._newest.n_dropped

    def __iter__(self) -> Iterator[Frame]:
        """Frames as they arrive, each newer than the last; ends after `close`.

        `captured_at` is when a frame arrived here; `frame_index` counts dropped frames too.

        Raises
        ------
        SourceNotFoundError, SourceUnreadableError
            If the first connection gives no frame.
        SourceLostError
            If the camera stopped and did not come back within `give_up_after_s`.
        """
        self._start()
        try:
            while (arrival := self._newest.take()) is not None:
                frame = Frame(
                    image=arrival.image,
                    frame_index=arrival.frame_index,
                    captured_at=arrival.arrived_at,
                    camera_id=self.camera_id,
                    position_s=arrival.position_s,
                )
                del arrival
                yield frame
                del frame
        finally:
            self.close()

    def stop(self) -> None:
        """Gives no more frames; the camera is let go soon, and nobody waits for it. Safe from any thread."""
        self._stop.set()
        self._newest.stop()

    def close(self) -> None:
        """Stops reading and lets the camera go; safe from any thread and more than once."""
        self.stop()
        if self._thread is not None:
            self._thread.join(self.timeout_s + 1)

    def _start(self) -> None:
        self.close()
        self._newest, self._stop = NewestOnly[_Arrival](), Event()
        self.n_connects = 0
        name = f"lfr-{self.camera_id}"
        thread = Thread(target=self._read, args=(self._newest, self._stop), name=name, daemon=True)
        thread.start()
        self._thread = thread  # only now: another thread may close at any moment

    def _read(self, newest: NewestOnly[_Arrival], stop: Event) -> None:
        """The thread: reads every frame until closed or given up."""
        try:
            began = time.monotonic()
            pictures = reconnecting(self._connect, Patience(self.give_up_after_s), stop, self._note_change)
            for frame_index, image in enumerate(pictures):
                newest.put(_Arrival(image, frame_index, datetime.now(UTC), time.monotonic() - began))
                del image
            newest.end()
        except Exception as error:  # raised in the consumer
            newest.end(_named(error, self.camera_id))

    def _note_change(self, is_connected: bool) -> None:
        self.n_connects += is_connected
        self.is_connected = is_connected

    def _connect(self) -> Pictures:
        limits = settings().limits
        text = str(self.device)
        if isinstance(self.device, int):
            return device_pictures(self.device, limits)
        if "://" in text:
            return stream_pictures(text, limits, self.timeout_s)
        if Path(text).is_char_device():
            return device_pictures(text, limits)
        return file_pictures(text)


def _name(device: int | str | Path) -> str:
    if isinstance(device, int):
        return f"camera:{device}"
    text = str(device)
    return public_address(text) if "://" in text else Path(text).name


def _named(error: Exception, camera_id: str) -> Exception:
    """The same error, its message beginning with the camera's name."""
    text = str(error)
    is_named = not isinstance(error, SourceError) or camera_id in text
    return error if is_named else type(error)(f"{camera_id}: {text}")
