"""A street in 1080p at 25 frames a second, generated, at the bit rate of a camera: what `lfr bench live` plays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

__all__ = ["N_FRAMES", "street_clip"]

_SIZE_WH, _FPS, _SECONDS = (1920, 1080), 25.0, 14.0
_BITS_PER_S = 5_000_000
N_FRAMES = round(_FPS * _SECONDS)


def street_clip(folder: Path, on_frame: Callable[[], None] = lambda: None) -> Path:
    """The clip, drawn if it is not there yet (a minute or so).

    Parameters
    ----------
    folder
        Where it is kept.
    on_frame
        Called after each frame drawn.

    Raises
    ------
    ModelMissingError
        If a portrait is not on this machine.
    OutputError
        If nothing can be written there.
    """
    from lfr_kit.reports.mp4_file import write_clip
    from lfr_kit.sources.walkthrough import Walkthrough

    path = folder / f"street-{_SIZE_WH[1]}p{_FPS:.0f}.mp4"
    street = Walkthrough(size_wh=_SIZE_WH, seconds=_SECONDS, fps=_FPS)
    write_clip(path, street, on_frame, bits_per_s=_BITS_PER_S)
    return path
