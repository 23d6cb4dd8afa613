"""An MP4 written frame by frame, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from lfr_kit.errors import OutputError
from lfr_kit.records import Frame, Image
from lfr_kit.reports.whole_file import output_error

__all__ = ["Mp4File", "video_codec", "write_clip"]

_TIME_BASE = Fraction(1, 60_000)
"""Fine enough for 24, 25, 29.97 and 60 frames a second without rounding, coarse enough for MPEG-4."""
_CODECS: dict[str, dict[str, str]] = {"libx264": {"crf": "23", "preset": "superfast"}, "mpeg4": {"qscale": "4"}}


@cache
def video_codec() -> str:
    """The encoder used: H.264 where this build of FFmpeg has it, else MPEG-4.

    Raises
    ------
    OutputError
        If it has neither.
    """
    for name in _CODECS:
        with suppress(av.codec.codec.UnknownCodecError):
            return str(av.codec.Codec(name, "w").name)
    raise OutputError(
        "this build of PyAV encodes neither H.264 nor MPEG-4; install the wheel from the package index"
    )


class Mp4File:
    """A video file in the making.

    Parameters
    ----------
    path
        Where it is to lie. Until `finish`, it is written beside that under a hidden name.
    bits_per_s
        About how many, as a camera's stream has; None = as many as good quality takes.
    """

    def __init__(self, path: Path, *, bits_per_s: int | None = None) -> None:
        self.path = path
        self._bits_per_s = bits_per_s
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        self._container: Any = None
        self._stream: Any = None
        self._last_pts = -1

    def write(self, image: Image, at_s: float) -> None:
        """Adds a frame.

        Parameters
        ----------
        image
            (h, w, 3) uint8 RGB. The first one sets the size; others are fitted into it.
        at_s
            When it is to be shown, in seconds; a time not after the last one is moved on a little.

        Raises
        ------
        OutputError
            If it cannot be written, e.g. for want of room. Nothing is left of the file then.
        """
        try:
            if self._container is None:
                self._open(image)
            planes: Any = cv2.cvtColor(self._fitted(image), cv2.COLOR_RGB2YUV_I420)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            self._last_pts = max(self._last_pts + 1, round(at_s / _TIME_BASE))
            frame.pts, frame.time_base = self._last_pts, _TIME_BASE
            self._container.mux(self._stream.encode(frame))
        except OSError as error:
            self.discard()
            raise output_error(self.path, error) from error

    def finish(self) -> bool:
        """Closes the file and gives it its name; says whether there is one (no frame, no file).

        Raises
        ------
        OutputError
            If its end cannot be written; nothing is left of it then.
        """
        if self._container is None:
            return False
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._partial.replace(self.path)
        except OSError as error:
            self.discard()
            raise output_error(self.path, error) from error
        self._container = None
        return True

    def discard(self) -> None:
        """Gives the file up: nothing of it is left."""
        if self._container is not None:
            with suppress(OSError):
                self._container.close()
            self._container = None
        with suppress(OSError):
            self._partial.unlink(missing_ok=True)

    def _open(self, image: Image) -> None:
        codec = video_codec()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._container = av.open(
            str(self._partial), "w", format="mp4", container_options={"movflags": "+faststart"}
        )
        self._stream = self._container.add_stream(codec, rate=25, options=self._options(codec))
        self._stream.width = image.shape[1] + image.shape[1] % 2
        self._stream.height = image.shape[0] + image.shape[0] % 2
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = _TIME_BASE

    def _options(self, codec: str) -> dict[str, str]:
        if self._bits_per_s is None:
            return dict(_CODECS[codec])
        most = str(self._bits_per_s)
        return {"preset": "superfast", "b": most, "maxrate": most, "bufsize": most}

    def _fitted(self, image: Image) -> Image:
        """The image at the size of the clip, its proportions kept, black where nothing is."""
        width, height = self._stream.width, self._stream.height
        if image.shape[:2] == (height, width):
            return image
        canvas = np.zeros((height, width, 3), np.uint8)
        if width - image.shape[1] not in (0, 1) or height - image.shape[0] not in (0, 1):
            scale = min(width / image.shape[1], height / image.shape[0])
            size_wh = (max(1, int(image.shape[1] * scale)), max(1, int(image.shape[0] * scale)))
            image = cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA).astype(np.uint8)
        canvas[: image.shape[0], : image.shape[1]] = image
        return canvas


def write_clip(
    path: Path, frames: Iterable[Frame], on_frame: Callable[[], None], *, bits_per_s: int | None = None
) -> None:
    """Writes footage to a clip; one that is there already is left.

    Parameters
    ----------
    on_frame
        Called after each frame.
    bits_per_s
        As `Mp4File` takes it.

    Raises
    ------
    OutputError
        If it cannot be written; nothing of it is there then.
    """
    if path.exists():
        return
    clip = Mp4File(path, bits_per_s=bits_per_s)
    try:
        for frame in frames:
            clip.write(frame.image, frame.position_s)
            on_frame()
        clip.finish()
    finally:
        clip.discard()
