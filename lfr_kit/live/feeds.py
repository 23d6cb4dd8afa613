"""Where a running deployment's frames come from: of each recording the next, or of each camera the newest.

A run takes frames in rounds, at most one of each camera; what happened to cameras meanwhile comes with the round,
for the run to log and to let go of whoever was in view.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lfr_kit.errors import SourceError
from lfr_kit.records import Frame
from lfr_kit.stages import FrameSource

__all__ = ["Feeds", "Happening", "InTurn", "News", "Round"]


class Happening(StrEnum):
    """What can happen to a camera."""

    STARTED = "started"
    ENDED = "ended"
    FAILED = "failed"
    BROKEN = "broken"
    BACK = "back"
    CHANGED = "changed"


@dataclass(frozen=True)
class News:
    """Something happened to a camera.

    Attributes
    ----------
    happening
        STARTED: its first frame came. ENDED: its recording is over. FAILED: it is given up. BROKEN: frames ceased,
        it is being opened again. BACK: they come again. CHANGED: another picture (its size, or a recording from
        its start).
    code, why
        Kind of the error and its words; empty where there was none.
    """

    camera_id: str
    happening: Happening
    code: str = ""
    why: str = ""

    @classmethod
    def of(cls, camera_id: str, happening: Happening, error: Exception) -> News:
        """News of an error."""
        return cls(camera_id, happening, type(error).__name__, str(error))


@dataclass(frozen=True, eq=False)
class Round:
    """What one `take` gave.

    Attributes
    ----------
    news
        What happened before these frames, in order.
    frames
        At most one of each camera.
    """

    news: tuple[News, ...]
    frames: tuple[Frame, ...]


class Feeds(Protocol):
    """The cameras of one run."""

    @property
    def camera_ids(self) -> tuple[str, ...]:
        """Of the cameras that may still give frames."""
        ...

    @property
    def n_frames(self) -> int | None:
        """How many rounds there will be at most; None = not known, or endless."""
        ...

    def take(self) -> Round:
        """The next round; may wait a moment, and may have no frames."""
        ...

    def darken(self) -> None:
        """Stops decoding whatever is live until the next `take`; recordings wait where they are."""
        ...

    def close(self) -> None:
        """Lets go of every camera."""
        ...


class InTurn:
    """One frame of each source in turn, none left out: for recordings, and the same every time.

    Parameters
    ----------
    sources
        Camera id -> source.
    """

    def __init__(self, sources: Mapping[str, FrameSource]) -> None:
        self._sources = dict(sources)
        self._playing: dict[str, Iterator[Frame]] = {}

    @property
    def camera_ids(self) -> tuple[str, ...]:
        """See `Feeds`."""
        return tuple(self._sources)

    @property
    def n_frames(self) -> int | None:
        """See `Feeds`."""
        lengths = [source.n_frames for source in self._sources.values()]
        known = [n for n in lengths if n is not None]
        return max(known, default=0) if len(known) == len(lengths) else None

    def take(self) -> Round:
        """See `Feeds`."""
        news, frames = [], []
        for camera_id in list(self._sources):
            try:
                frames.append(self._next(camera_id))
            except StopIteration:
                news.append(News(camera_id, Happening.ENDED))
                self._drop(camera_id)
            except SourceError as fault:
                news.append(News.of(camera_id, Happening.FAILED, fault))
                self._drop(camera_id)
        return Round(tuple(news), tuple(frames))

    def darken(self) -> None:
        """See `Feeds`."""
        for camera_id, source in self._sources.items():
            if source.n_frames is None:
                self._stop(camera_id)

    def close(self) -> None:
        """See `Feeds`."""
        for camera_id in list(self._sources):
            self._drop(camera_id)

    def _next(self, camera_id: str) -> Frame:
        if camera_id not in self._playing:
            self._playing[camera_id] = iter(self._sources[camera_id])
        return next(self._playing[camera_id])

    def _drop(self, camera_id: str) -> None:
        self._stop(camera_id)
        del self._sources[camera_id]

    def _stop(self, camera_id: str) -> None:
        close = getattr(self._playing.pop(camera_id, None), "close", None)
        if close is not None:  # what is no generator has nothing to close
            close()
