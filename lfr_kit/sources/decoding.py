"""What video files and network streams share: opening a container, decoding past damage, RGB pixels."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from lfr_kit.config import Limits
from lfr_kit.errors import SourceUnreadableError

__all__ = ["check_frame_size", "decoded_frames", "open_video", "pixel_ratio", "rgb_image", "video_stream"]

# FFmpeg takes text files for video, and lists for what they point to: other files, other machines.
_NOT_FOOTAGE = frozenset({"concat", "ffmetadata", "image2", "lavfi", "tty"})
_LISTS = frozenset({"applehttp", "dash", "hls", "imf", "rtp", "rtsp", "sap", "sdp", "webm_dash_manifest"})
_BYTES_PER_PIXEL = 8
"""Of the largest frame in any format: FFmpeg takes no more memory than that for any one thing."""
_LEAST_BYTES = 1 << 26


def open_video(where: str, limits: Limits, *, allow_lists: bool = False, **settings: Any) -> InputContainer:
    """An opened container with footage in it.

    Parameters
    ----------
    where
        A URL; a file as ``file:path``.
    limits
        Larger frames are refused by the decoder itself, before it makes room for them.
    allow_lists
        Takes lists of further addresses (HLS, DASH, SDP) too.
    settings
        Of `av.open`.

    Raises
    ------
    SourceUnreadableError
        If it holds no video, or its frames are too large.
    av.FFmpegError
        If it cannot be opened.
    """
    largest = {"max_pixels": str(int(limits.frame_megapixels * 1e6))}
    _bound_memory(int(limits.frame_megapixels * 1e6) * _BYTES_PER_PIXEL)
    options = {
        **largest,
        "format_whitelist": _formats(_NOT_FOOTAGE if allow_lists else _NOT_FOOTAGE | _LISTS),
        **settings.pop("options", {}),
    }
    # Tags of cameras are not always UTF-8; a wrong letter in one must not cost the footage.
    container: InputContainer = av.open(where, "r", options=options, metadata_errors="replace", **settings)
    try:
        if not container.streams.video:
            raise SourceUnreadableError(f"holds no video (it is read as {container.format.name!r})")
        stream = video_stream(container)
        check_frame_size(stream.width, stream.height, limits)
        stream.codec_context.options = largest  # for a header that lies and a size that changes
    except BaseException:
        container.close()
        raise
    return container


def _bound_memory(n_bytes: int) -> None:
    """FFmpeg takes no more for any one thing: a picture without an end would fill the memory as fast as it comes.

    PyAV leaves this out; it holds for the whole process.
    """
    with suppress(AttributeError, OSError):  # another build of it, which hides the name
        library = ctypes.CDLL(av._core.__file__)
        library.av_max_alloc(ctypes.c_size_t(max(n_bytes, _LEAST_BYTES)))


@cache
def _formats(refused: frozenset[str]) -> str:
    return ",".join(sorted(av.formats_available - refused))


def video_stream(container: InputContainer) -> VideoStream:
    """The stream to decode: the largest picture that moves (a cover picture does not)."""
    moving = [stream for stream in container.streams.video if not _is_cover(stream)]
    return max(moving or container.streams.video, key=lambda stream: stream.width * stream.height)


def decoded_frames(
    container: InputContainer,
    stream: VideoStream,
    on_damage: Callable[[], None],
    most_failed_reads: int = 0,
    on_piece: Callable[[], None] = lambda: None,
) -> Iterator[VideoFrame]:
    """Every frame that can be decoded from where the container stands.

    Parameters
    ----------
    container, stream
        Of `open_video` and `video_stream`.
    on_damage
        Called for each piece that cannot be decoded.
    most_failed_reads
        So many reads in a row may fail before the rest is given up.
    on_piece
        Called before each piece is decoded, which may become no frame; what it raises ends the reading.

    Raises
    ------
    av.FFmpegError
        If more reads fail.
    """
    n_failed = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (av.InvalidDataError, av.error.OSError):
            n_failed += 1
            if n_failed > most_failed_reads:
                raise
            packets = container.demux(stream)  # goes on behind the damage
            on_damage()
            continue
        if packet is None:
            return
        n_failed = 0
        on_piece()
        yield from _frames_of(packet, on_damage)


def rgb_image(frame: VideoFrame, limits: Limits, pixel_ratio: float = 1.0) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 RGB, read-only, upright, with square pixels.

    Parameters
    ----------
    frame
        Any pixel format; turned as its display matrix says.
    limits
        Checked before pixels are converted.
    pixel_ratio
        Width of a pixel over its height, see `pixel_ratio`.

    Raises
    ------
    SourceUnreadableError
        If the frame is larger than the limit.
    """
    width = max(1, round(frame.width * pixel_ratio))
    check_frame_size(width, frame.height, limits)
    # One thread: the conversion is memory-bound and runs beside the recognition.
    converted = frame.reformat(width=width, format="rgb24", threads=1)
    # A view of the converted frame, which it keeps alive; copied only where rows are padded.
    image: NDArray[np.uint8] = np.ascontiguousarray(converted.to_ndarray(), dtype=np.uint8)
    turns = round(frame.rotation / 90) % 4
    if turns:
        image = _turned(image, turns)
    image.flags.writeable = False
    return image


def pixel_ratio(stream: VideoStream) -> float:
    """Width of a pixel over its height; pixels of DVDs and of some cameras are not square."""
    ratio = float(stream.sample_aspect_ratio or 1)
    return ratio if 0.2 < ratio < 5 and abs(ratio - 1) > 0.01 else 1.0


def check_frame_size(width: int, height: int, limits: Limits) -> None:
    """SourceUnreadableError for a frame over `limits.frame_megapixels`."""
    if width * height > limits.frame_megapixels * 1e6:
        raise SourceUnreadableError(
            f"frames of {width} x {height} px are larger than {limits.frame_megapixels:g} megapixels; "
            "scale the footage down or raise the setting limits.frame_megapixels"
        )


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _frames_of(packet: av.Packet[VideoStream], on_damage: Callable[[], None]) -> Iterator[VideoFrame]:
    if packet.is_corrupt:  # the decoder makes of it what it can
        on_damage()
    try:
        frames = packet.decode()
    except av.FFmpegError:
        on_damage()
        return
    for frame in frames:
        if frame.is_corrupt:
            on_damage()
        else:
            yield frame


def _turned(image: NDArray[np.uint8], turns: int) -> NDArray[np.uint8]:
    """Turned counterclockwise by quarter turns."""
    import cv2  # only turned footage pays for this import

    how = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}[turns]
    return np.asarray(cv2.rotate(image, how), dtype=np.uint8)
