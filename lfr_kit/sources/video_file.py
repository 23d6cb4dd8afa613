"""Frames of a recorded video, every one of them, at the times they were recorded."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from lfr_kit.config import Limits, settings
from lfr_kit.errors import SettingError, SourceNotFoundError, SourceUnreadableError
from lfr_kit.records import Frame
from lfr_kit.sources.decoding import decoded_frames, open_video, pixel_ratio, rgb_image, video_stream
from lfr_kit.sources.read_ahead import read_ahead

__all__ = ["VideoFacts", "VideoFile"]

_GUESSED_FPS = 25.0
_MOST_FAILED_READS = 100
_N_AHEAD = 4
"""Converted frames that may wait: enough to bridge a slow step, 25 MB at 1080p."""


@dataclass(frozen=True)
class VideoFacts:
    """What the header of a video says, without decoding.

    Attributes
    ----------
    size_wh
        (width, height) in pixels as stored, before any rotation.
    fps
        Mean frames per second.
    duration_s
        Seconds, None where the container does not tell.
    n_frames
        Estimate, None where the container tells neither number nor duration.
    created_at
        The container's own time of recording, UTC, None where it has none.
    codec, container
        FFmpeg's names, e.g. ``"h264"`` and ``"mov,mp4,m4a,3gp,3g2,mj2"``.
    """

    size_wh: tuple[int, int]
    fps: float
    duration_s: float | None
    n_frames: int | None
    created_at: datetime | None
    codec: str
    container: str


class VideoFile:
    """A recorded video as a `FrameSource`: any container and codec FFmpeg reads, also GIF.

    Frames are decoded in a background thread while the caller works on the last one. Damage in the
    middle is skipped and counted in `n_corrupt`. Rotated footage is turned upright and pixels are
    made square. The picture's size may change in the middle.

    Parameters
    ----------
    path
        The file. It is opened for its header now and anew by every iteration.
    every_nth
        Hands out every nth frame; the others are decoded (later ones need them) but not converted.
    start_s, end_s
        Hands out frames with start_s <= position < end_s, in seconds; end_s None = to the end.
    camera_id
        Name of the camera the footage is from; the file's name if None.
    started_at
        When the recording began, timezone-aware; if None the container's creation time,
        and where it has none the time the file was last written.

    Raises
    ------
    SourceNotFoundError
        If there is no such file.
    SourceUnreadableError
        If it is empty, cut off before the first frame, no video, of an unknown codec, or if its frames
        are larger than the setting `limits.frame_megapixels`.
    SettingError
        If a setting is out of range.

    Notes
    -----
    After a start in the middle, `frame_index` is reckoned from the time and the mean frame rate.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        every_nth: int = 1,
        start_s: float = 0.0,
        end_s: float | None = None,
        camera_id: str | None = None,
        started_at: datetime | None = None,
    ) -> None:
        _check_settings(every_nth, start_s, end_s, started_at)
        self.path = Path(path)
        self.every_nth = every_nth
        self.start_s = start_s
        self.end_s = end_s
        self.camera_id = camera_id or self.path.name
        self.n_corrupt = 0
        self._limits = settings().limits
        with _opened(self.path, self._limits) as container:
            self.facts = video_facts(container)
        self.started_at = (started_at or self.facts.created_at or _written_at(self.path)).astimezone(UTC)

    @property
    def n_frames(self) -> int | None:
        """How many frames will be handed out, an estimate for progress; None = not known."""
        facts = self.facts
        if facts.n_frames is None:
            return None
        last = facts.n_frames if self.end_s is None else min(facts.n_frames, round(self.end_s * facts.fps))
        wanted = max(0, last - round(self.start_s * facts.fps))
        return -(-wanted // self.every_nth)

    def __iter__(self) -> Generator[Frame, None, None]:
        """Frames in order of time; `n_corrupt` counts anew.

        Raises
        ------
        SourceNotFoundError, SourceUnreadableError
            At the first frame, if the file went away or not one frame can be decoded.
        """
        self.n_corrupt = 0
        return read_ahead(self._frames(), _N_AHEAD)

    def _frames(self) -> Generator[Frame, None, None]:
        with _opened(self.path, self._limits) as container:
            stream = video_stream(container)
            stream.thread_type = "AUTO"
            _seek(container, stream, self.start_s)
            ratio = pixel_ratio(stream)
            for picture, frame_index, position_s in self._wanted(container, stream):
                yield Frame(
                    image=rgb_image(picture, self._limits, ratio),
                    frame_index=frame_index,
                    captured_at=self.started_at + timedelta(seconds=position_s),
                    camera_id=self.camera_id,
                    position_s=position_s,
                )

    def _wanted(self, container: InputContainer, stream: VideoStream) -> Iterator[tuple[VideoFrame, int, float]]:
        """Frames to hand out, with index and position."""
        frame_index, n_seen, n_decoded, position_s = 0, 0, 0, 0.0
        for picture in decoded_frames(container, stream, self._count_damage, _MOST_FAILED_READS):
            # Times never run backwards, whatever the container says.
            position_s = max(position_s, _position(picture, stream, n_decoded, self.facts.fps))
            frame_index = frame_index + 1 if n_decoded else round(position_s * self.facts.fps * (self.start_s > 0))
            n_decoded += 1
            if self.end_s is not None and position_s >= self.end_s:
                return
            if position_s < self.start_s:
                continue
            if n_seen % self.every_nth == 0:
                yield picture, frame_index, position_s
            n_seen += 1
        if n_decoded == 0:
            raise SourceUnreadableError(
                f"{self.path}: not one frame can be decoded; the file is cut off or damaged, copy it anew"
            )

    def _count_damage(self) -> None:
        self.n_corrupt += 1


def video_facts(container: InputContainer) -> VideoFacts:
    """Facts of an opened container."""
    stream = video_stream(container)
    fps = float(stream.average_rate or stream.guessed_rate or _GUESSED_FPS)
    if stream.duration is not None and stream.time_base:
        duration_s: float | None = float(stream.duration * stream.time_base)
    else:
        duration_s = container.duration / av.time_base if container.duration else None
    n_frames = stream.frames or (round(duration_s * fps) if duration_s else None)
    return VideoFacts(
        size_wh=(stream.width, stream.height),
        fps=fps,
        duration_s=duration_s,
        n_frames=n_frames,
        created_at=_created_at({**stream.metadata, **container.metadata}),
        codec=stream.codec_context.name,
        container=container.format.name,
    )


def _check_settings(every_nth: int, start_s: float, end_s: float | None, started_at: datetime | None) -> None:
    if every_nth < 1:
        raise SettingError(f"every_nth: at least 1, got {every_nth}")
    if start_s < 0:
        raise SettingError(f"start_s: at least 0, got {start_s}")
    if end_s is not None and end_s <= start_s:
        raise SettingError(f"end_s: must be larger than start_s ({start_s}), got {end_s}")
    if started_at is not None and started_at.tzinfo is None:
        raise SettingError("started_at: needs a timezone-aware time, e.g. datetime(..., tzinfo=UTC)")


def _opened(path: Path, limits: Limits) -> InputContainer:
    """`open_video` on a file, with errors that name it."""
    if not path.exists():
        raise SourceNotFoundError(f"{path}: no such file; check the path")
    if not path.is_file():
        raise SourceUnreadableError(f"{path}: not a video file")
    if path.stat().st_size == 0:
        raise SourceUnreadableError(f"{path}: empty (0 bytes); copy the file anew")
    try:
        # Only this file: nothing in it may reach for the network.
        return open_video(f"file:{path}", limits, options={"protocol_whitelist": "file"})
    except SourceUnreadableError as error:
        raise SourceUnreadableError(f"{path}: {error}") from None
    except (av.FFmpegError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise SourceUnreadableError(
            f"{path}: not a video that can be read, or cut off at the start ({why}); copy the file anew"
        ) from None


def _seek(container: InputContainer, stream: VideoStream, start_s: float) -> None:
    """Goes to the last key frame before `start_s`; where a format cannot seek, it is decoded from the start."""
    if start_s > 0 and stream.time_base:
        with suppress(av.FFmpegError):
            container.seek((stream.start_time or 0) + int(start_s / stream.time_base), stream=stream)


def _position(picture: VideoFrame, stream: VideoStream, n_decoded: int, fps: float) -> float:
    """Seconds since the first frame; by the frame rate where the format has no times."""
    if picture.pts is None or picture.time_base is None:
        return n_decoded / fps
    return float((picture.pts - (stream.start_time or 0)) * picture.time_base)


def _created_at(tags: dict[str, str]) -> datetime | None:
    """The tag `creation_time`; None where it is absent, unreadable or a clock that was never set."""
    try:
        moment = datetime.fromisoformat(tags.get("creation_time", ""))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if moment.year > 1990 else None


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
