"""One connection to a live camera: opens, reads until it breaks, closes.

Each function yields pictures (h, w, 3) uint8 RGB, read-only, as they arrive, returns when the stream
ends, and raises SourceNotFoundError or SourceUnreadableError where it cannot be opened.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator
from contextlib import suppress
from typing import TYPE_CHECKING

import av
import numpy as np
from numpy.typing import NDArray

from lfr_kit.config import Limits
from lfr_kit.errors import SourceNotFoundError, SourceUnreadableError
from lfr_kit.sources.decoding import (
    check_frame_size,
    decoded_frames,
    open_video,
    pixel_ratio,
    rgb_image,
    video_stream,
)

if TYPE_CHECKING:
    import cv2

__all__ = ["Pictures", "device_pictures", "file_pictures", "public_address", "stream_pictures"]

Pictures = Generator[NDArray[np.uint8], None, None]

_STREAM_OPTIONS = {
    "protocol_whitelist": "rtsp,rtsps,rtp,srtp,rtmp,rtmps,srt,http,https,tls,tcp,udp,crypto,httpproxy",
    # UDP loses packets, and a lost packet smears a face.
    "rtsp_transport": "tcp",
    "fflags": "nobuffer",
    "flags": "low_delay",
}

_LOOKED_AT = 0.4
"""Share of the time-out spent on finding out what a stream holds."""

_WITHOUT_PICTURE = 4
"""Time-outs during which a stream may send what makes no picture: whole pictures come that seldom in some."""


def stream_pictures(address: str, limits: Limits, timeout_s: float) -> Pictures:
    """Pictures of a network stream: RTSP, HTTP (MJPEG, MPEG-TS), RTMP, SRT, UDP."""
    name = public_address(address)
    try:
        container = open_video(
            address, limits, allow_lists=True, options=_stream_options(timeout_s), timeout=(timeout_s, timeout_s)
        )
    except SourceUnreadableError as error:
        raise SourceUnreadableError(f"{name}: {error}") from None
    except av.InvalidDataError as error:
        raise SourceUnreadableError(f"{name}: answers, but not with video ({error.strerror})") from None
    except av.error.ExitError:
        silent = f"{name}: no answer within {timeout_s:g} s; check its power and network"
        raise SourceNotFoundError(silent) from None
    except av.FFmpegError as error:
        # The error's own text repeats the address with its password.
        raise SourceNotFoundError(
            f"{name}: cannot be reached ({error.strerror}); check address and network"
        ) from None
    with container:
        if container.duration and address.startswith("http"):
            raise SourceUnreadableError(f"{name}: a recording, not live; download it and give the file")
        stream = video_stream(container)
        stream.thread_type = "SLICE"  # threads over whole frames would delay each by their number
        ratio = pixel_ratio(stream)
        waiting = _Waiting(_WITHOUT_PICTURE * timeout_s, limits, name)
        with suppress(av.FFmpegError):  # broken off: what was opened once may be opened again
            for picture in decoded_frames(container, stream, lambda: None, on_piece=waiting.check):
                waiting.over()
                yield rgb_image(picture, limits, ratio)


class _Waiting:
    """For pictures of a stream that goes on sending."""

    def __init__(self, most_s: float, limits: Limits, name: str) -> None:
        self._most_s, self._limits, self._name = most_s, limits, name
        self._since = time.monotonic()

    def over(self) -> None:
        """A picture came."""
        self._since = time.monotonic()

    def check(self) -> None:
        """SourceUnreadableError if none came for too long."""
        if time.monotonic() - self._since > self._most_s:
            raise SourceUnreadableError(
                f"{self._name}: sends, but nothing of it became a picture for {self._most_s:g} s; check its "
                f"codec, and that a picture has at most {self._limits.frame_megapixels:g} megapixels (setting "
                "limits.frame_megapixels)"
            )


def _stream_options(timeout_s: float) -> dict[str, str]:
    """What a stream is opened with.

    A live stream without usable times is looked at for as long as the decoder may (5 s of its own accord), and
    that counts as opening: it must end well before the time-out, or such a stream could never be opened.
    """
    return {**_STREAM_OPTIONS, "analyzeduration": str(round(_LOOKED_AT * timeout_s * 1e6))}


def device_pictures(device: int | str, limits: Limits) -> Pictures:
    """Pictures of a camera at this machine."""
    import cv2

    capture = _capture(device)
    try:
        if not capture.isOpened():
            raise SourceNotFoundError(f"camera {device}: not there or in use; `lfr doctor` lists the cameras")
        while True:
            is_read, picture = capture.read()
            if not is_read:
                return
            check_frame_size(picture.shape[1], picture.shape[0], limits)
            image = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)
            image.flags.writeable = False
            yield image
    finally:
        capture.release()


def _capture(device: int | str) -> cv2.VideoCapture:
    """Opens a camera; what OpenCV's back ends print when there is none is left out, ours is one sentence."""
    import cv2
    from cv2.utils import logging

    before = logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        return cv2.VideoCapture(device)
    finally:
        logging.setLogLevel(before)


def file_pictures(path: str) -> Pictures:
    """Pictures of a recording at the pace they were recorded: what stands for a camera."""
    from lfr_kit.sources import open_source

    began = time.monotonic()
    for frame in open_source(path):
        time.sleep(max(0.0, began + frame.position_s - time.monotonic()))
        yield frame.image


def public_address(address: str) -> str:
    """The address without user name, password and query, for names, messages and logs.

    >>> public_address("rtsp://admin:secret@10.0.0.5:554/door?token=1")
    'rtsp://10.0.0.5:554/door'
    """
    return re.sub(r"//[^/@]*@", "//", address).partition("?")[0]
