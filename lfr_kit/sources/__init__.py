"""Where frames come from: video files, folders of pictures, cameras and streams, a generated walk-through.

>>> from lfr_kit.sources import open_source
>>> open_source("walkthrough", seconds=12.0).n_frames
300
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lfr_kit.errors import SourceNotFoundError
from lfr_kit.registry import create
from lfr_kit.stages import FrameSource

__all__ = ["open_source"]


def open_source(where: str | Path | int, **settings: Any) -> FrameSource:
    """The right source for a place.

    Parameters
    ----------
    where
        A video file; a folder of pictures, or one picture; ``"camera:0"`` or the number of a camera;
        an address (``rtsp://…``, ``http://…``); ``"walkthrough"`` for generated footage.
    settings
        Of the source that it turns out to be, e.g. ``every_nth=3`` for a video file.

    Raises
    ------
    SourceNotFoundError
        If there is nothing at that place.
    SourceUnreadableError
        If a file is no video.
    SettingError
        If the source has no such setting.
    """
    text = str(where)
    source: FrameSource
    if isinstance(where, int) or text.startswith("camera:") or "://" in text:
        source = create("source", "camera", device=_device(text), **settings)
    elif text == "walkthrough":
        source = create("source", "walkthrough", **settings)
    else:
        source = _open_path(Path(where), settings)
    return source


def _device(text: str) -> int | str:
    number = text.removeprefix("camera:")
    if number.isdecimal():
        return int(number)
    if text.startswith("camera:"):
        raise SourceNotFoundError(f"{text}: a camera is named by its number, e.g. camera:0")
    return text


def _open_path(path: Path, settings: dict[str, Any]) -> FrameSource:
    from lfr_kit.sources.image_file import is_image_file

    if not path.exists():
        raise SourceNotFoundError(
            f"{path}: no such file or folder; give a video, a folder of pictures, camera:0, "
            "an rtsp:// or http:// address, or walkthrough"
        )
    source: FrameSource
    # GIFs are taken as footage: their frames have times.
    if path.is_dir() or (is_image_file(path) and path.suffix.lower() != ".gif"):
        source = create("source", "image_folder", folder=path, **settings)
    elif path.is_char_device():
        source = create("source", "camera", device=str(path), **settings)
    else:
        source = create("source", "video_file", path=path, **settings)
    return source
