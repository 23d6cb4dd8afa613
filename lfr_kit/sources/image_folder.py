"""The pictures of a folder as footage, in the order a person would put their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lfr_kit.config import settings
from lfr_kit.errors import ImageError, SettingError, SourceNotFoundError, SourceUnreadableError
from lfr_kit.records import Frame
from lfr_kit.sources.image_file import is_image_file, read_image

__all__ = ["ImageFolder", "natural_order"]


class ImageFolder:
    """Still pictures as a `FrameSource`, e.g. frames somebody exported.

    Parameters
    ----------
    folder
        Its pictures, not those of folders inside it; or one picture file.
    fps
        Pictures per second of the footage they stand for.
    camera_id
        Name of the camera they are from; the folder's name if None.
    started_at
        When the first was taken, timezone-aware; the time its file was written if None.
    skip_broken
        Broken pictures are left out and counted in `n_broken`; False raises ImageError at the first.

    Raises
    ------
    SourceNotFoundError
        If there is no such folder.
    SourceUnreadableError
        If it holds no picture.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        fps: float = 1.0,
        camera_id: str | None = None,
        started_at: datetime | None = None,
        skip_broken: bool = True,
    ) -> None:
        if not fps > 0:
            raise SettingError(f"fps: larger than 0, got {fps}")
        if started_at is not None and started_at.tzinfo is None:
            raise SettingError("started_at: needs a timezone-aware time, e.g. datetime(..., tzinfo=UTC)")
        self.folder = Path(folder)
        self.fps = fps
        self.skip_broken = skip_broken
        self.n_broken = 0
        self._paths = _pictures(self.folder)
        self.camera_id = camera_id or self.folder.resolve().name
        written = datetime.fromtimestamp(self._paths[0].stat().st_mtime, UTC)
        self.started_at = (started_at or written).astimezone(UTC)

    @property
    def n_frames(self) -> int:
        """How many pictures the folder had when it was opened."""
        return len(self._paths)

    def __iter__(self) -> Iterator[Frame]:
        """One frame per picture; `frame_index` counts broken ones too.

        Raises
        ------
        ImageError
            At a broken picture, unless `skip_broken`.
        SourceUnreadableError
            After the last picture, if every one was broken.
        """
        self.n_broken = 0
        for frame_index, path in enumerate(self._paths):
            try:
                image = read_image(path, settings().limits)
            except ImageError as error:
                if not self.skip_broken:
                    raise
                self.n_broken += 1
                last_error = error
                continue
            position_s = frame_index / self.fps
            yield Frame(
                image=image,
                frame_index=frame_index,
                captured_at=self.started_at + timedelta(seconds=position_s),
                camera_id=self.camera_id,
                position_s=position_s,
            )
        if self.n_broken == self.n_frames:
            raise SourceUnreadableError(f"{self.folder}: no picture can be read; the last: {last_error}")


def natural_order(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Sorting key under which ``frame_2`` comes before ``frame_10``.

    >>> sorted([Path("b10.png"), Path("b2.png"), Path("A1.png")], key=natural_order)[0].name
    'A1.png'
    """
    pieces = re.findall(r"\d+|\D+", path.name.casefold())
    return tuple((0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces)


def _pictures(folder: Path) -> list[Path]:
    if not folder.exists():
        raise SourceNotFoundError(f"{folder}: no such folder; check the path")
    found = [folder] if folder.is_file() else [path for path in folder.iterdir() if path.is_file()]
    pictures = sorted(
        (path for path in found if is_image_file(path) and not path.name.startswith(".")), key=natural_order
    )
    if not pictures:
        raise SourceUnreadableError(f"{folder}: holds no picture (JPEG, PNG, WebP, TIFF, BMP, GIF)")
    return pictures
