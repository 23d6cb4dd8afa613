"""Frames as video in memory, piece by piece, and such pieces as one MP4: nothing here touches a disk."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, BinaryIO, cast

import av
import cv2
import numpy as np
from av.video.frame import PictureType

from lfr_kit.errors import InputError, TamperedError
from lfr_kit.records import Image
from lfr_kit.reports.mp4_file import video_codec

__all__ = ["Clip", "FootageEncoder", "extent_of", "video_of"]

_TIME_BASE = Fraction(1, 1_000)
_FRAGMENTS = "frag_keyframe+empty_moov+default_base_moof"
_PIECE_S = 2.0
_CODECS = {
    "libx264": {"preset": "ultrafast", "crf": "26", "tune": "zerolatency", "forced-idr": "1"},
    "mpeg4": {"qscale": "6"},
}


@dataclass(frozen=True)
class Clip:
    """Footage to be put into a video.

    Attributes
    ----------
    starts_s
        When it begins, in seconds from the beginning of the video.
    pieces
        As `FootageEncoder` made them, in order; read once.
    """

    starts_s: float
    pieces: Iterable[bytes]


class FootageEncoder:
    """Video of one size, in one thread, handed out in pieces of two seconds that can be played up to any of them.

    Parameters
    ----------
    size_wh
        Of the video; even numbers.
    """

    def __init__(self, size_wh: tuple[int, int]) -> None:
        self.size_wh = size_wh
        self._out = _Pieces()
        codec = video_codec()
        container: Any = av.open(
            cast(Any, self._out), "w", format="mp4", container_options={"movflags": _FRAGMENTS}
        )
        self._container = container
        stream: Any = container.add_stream(codec, rate=25, options=dict(_CODECS[codec]))
        stream.width, stream.height = size_wh
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base, context.thread_count, context.max_b_frames = _TIME_BASE, 1, 0
        self._stream = stream
        self._last_pts = -1
        self._piece_since_s = 0.0

    def write(self, image: Image, at_s: float) -> bytes:
        """Adds a frame; what of the video is finished by it, often nothing.

        Parameters
        ----------
        image
            (h, w, 3) uint8 RGB; is scaled to `size_wh`.
        at_s
            Seconds from the first frame; a time not after the last one is moved on a little.
        """
        if image.shape[1::-1] != self.size_wh:
            image = cv2.resize(image, self.size_wh, interpolation=cv2.INTER_AREA).astype(np.uint8)
        planes: Any = cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        self._last_pts = max(self._last_pts + 1, round(at_s / _TIME_BASE))
        frame.pts, frame.time_base = self._last_pts, _TIME_BASE
        if at_s - self._piece_since_s >= _PIECE_S:
            self._piece_since_s = at_s
            frame.pict_type = PictureType.I
        self._container.mux(self._stream.encode(frame))
        return self._out.take()

    def finish(self) -> bytes:
        """The rest of the video; the encoder is of no use after it."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._out.take()


def video_of(
    clips: Sequence[Clip], into: BinaryIO, metadata: dict[str, str], step: Callable[[], None] = lambda: None
) -> int:
    """Writes clips into one MP4, as they were recorded: nothing is encoded anew. Returns how many frames.

    Parameters
    ----------
    into
        Where it goes; can be sought in.
    metadata
        Texts that the file carries: ``title``, ``comment``, ...
    step
        Called after each clip.

    Raises
    ------
    InputError
        If the clips are of several sizes.
    TamperedError
        If they hold no video.
    """
    n_frames = 0
    made: Any = av.open(into, "w", format="mp4")
    made.metadata.update(metadata)
    stream: Any = None
    last_dts = -1
    for clip in clips:
        with _readable(clip) as found:
            own = found.streams.video[0]
            if stream is None:
                stream = made.add_stream_from_template(own)
            elif (own.width, own.height) != (stream.width, stream.height):
                raise InputError("the picture's size changed between these segments; export them one by one")
            shift = round(Fraction(clip.starts_s) / own.time_base)
            for packet in found.demux(own):
                if packet.dts is None:
                    continue
                last_dts = max(last_dts + 1, packet.dts + shift)
                packet.pts = packet.dts = last_dts
                packet.stream = stream
                made.mux(packet)
                n_frames += 1
        step()
    made.close()
    return n_frames


def extent_of(pieces: Iterable[bytes]) -> tuple[int, float]:
    """(frames, seconds from the first to the last) of footage, every frame decoded; (0, 0) where there is none."""
    n_frames, last_s = 0, 0.0
    try:
        with _readable(Clip(0.0, pieces)) as found:
            for frame in found.decode(video=0):
                n_frames, last_s = n_frames + 1, float(frame.time or 0.0)
    except av.error.FFmpegError:
        raise TamperedError("the footage cannot be decoded to its end") from None
    return n_frames, last_s


def _readable(clip: Clip) -> Any:
    footage = b"".join(clip.pieces)
    try:
        found = av.open(io.BytesIO(footage))
    except (av.error.FFmpegError, ValueError):
        raise TamperedError(
            "the footage holds no video: it broke off before its first seconds were kept"
        ) from None
    return found


class _Pieces:
    """What a container is written to: keeps bytes until they are taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken
