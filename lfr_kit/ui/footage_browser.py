"""Leafing through a clip in a notebook: a slider, a play button and the frame, with whatever is drawn on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SourceUnreadableError
from lfr_kit.records import Frame
from lfr_kit.sources.video_file import VideoFile
from lfr_kit.ui.pictures import picture

__all__ = ["FootageBrowser", "frame_at"]

Image = NDArray[np.uint8]


def frame_at(path: Path | str, position_s: float) -> Frame:
    """The first frame of a video file at or after a position.

    Raises
    ------
    SourceNotFoundError, SourceUnreadableError
        If the file is absent, unreadable, or ends before.
    """
    with closing(iter(VideoFile(path, start_s=position_s))) as frames:
        for frame in frames:
            return frame
    raise SourceUnreadableError(f"{path}: ends before {position_s:.2f} s")


class FootageBrowser(ipywidgets.VBox):  # type: ignore[misc]
    """A clip to leaf through; one frame is in memory at a time and none is saved with the notebook.

    Parameters
    ----------
    path
        A video file.
    duration_s
        Where the slider ends.
    draw
        Frame -> (h, w, 3) uint8 RGB to be shown, e.g. with its faces marked; None = the frame itself.
    width_px
        Width on the screen.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        duration_s: float,
        draw: Callable[[Frame], Image] | None = None,
        width_px: int = 800,
    ) -> None:
        self._path, self._draw, self._width_px = path, draw or (lambda frame: frame.image), width_px
        n_steps = max(1, round(duration_s * 5))
        self.slider = ipywidgets.IntSlider(0, 0, n_steps - 1, continuous_update=False, readout=False)
        play = ipywidgets.Play(min=0, max=n_steps - 1, interval=200)
        ipywidgets.jslink((play, "value"), (self.slider, "value"))
        self.caption = ipywidgets.Label()
        self._screen = ipywidgets.Box()
        self.slider.observe(self._show, "value")
        super().__init__([ipywidgets.HBox([play, self.slider, self.caption]), self._screen])
        self._show()

    def _show(self, _: Any = None) -> None:
        position_s = self.slider.value / 5
        try:
            frame = frame_at(self._path, position_s)
        except SourceUnreadableError:
            self.caption.value = f"{position_s:.1f} s: the clip ends before"
            return
        self._screen.children = [picture(self._draw(frame), width_px=self._width_px)]
        self.caption.value = f"{frame.position_s:.2f} s, frame {frame.frame_index}"
