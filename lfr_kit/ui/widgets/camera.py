"""A camera's covered picture in a notebook: the kernel listens to the runner and hands on one frame at a time.

The way of the dashboards, a WebSocket to their server, is not there in somebody's own JupyterLab. Here each frame
goes as a message to the browser, which says when it was drawn; then goes the newest, and what came between is
let go. No frame is widget state, so none is saved with a notebook.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

from lfr_kit.config import settings
from lfr_kit.live.frame_bus import STATUS, BusMessage, BusSubscriber, frames_of
from lfr_kit.ui.widgets.dashboard import script, styles

__all__ = ["CameraView"]

_WAIT_S = 0.2


class CameraView(anywidget.AnyWidget):
    """Shows one camera of a running deployment, until it is closed.

    Parameters
    ----------
    deployment_id, camera_id
        Whose pictures.
    folder
        Of the runner's bus; None = as in the settings.

    Attributes
    ----------
    health
        What the runner last said of the camera: plain figures.
    n_shown
        Frames that were handed on.
    newest
        Header of the last of them: which frame, when it was taken, boxes of open alerts.

    Examples
    --------
    >>> view = CameraView("D-1", "north-1", folder=getfixture("tmp_path"))
    >>> view.n_shown
    0
    >>> view.close()
    """

    _esm = script("camera")
    _css = styles("layout", "camera")
    _tells: ClassVar[frozenset[str]] = frozenset({"next"})

    camera_id = traitlets.Unicode("").tag(sync=True)
    health = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    def __init__(self, deployment_id: str, camera_id: str, *, folder: Path | None = None) -> None:
        super().__init__(camera_id=camera_id)
        self.n_shown = 0
        self.newest: Mapping[str, Any] = {}
        self._is_drawn, self._is_closed = threading.Event(), threading.Event()
        self.on_msg(self._heard)
        bus = folder or settings().live.bus_dir
        self._threads = [
            threading.Thread(target=each, args=(bus, deployment_id), daemon=True, name=f"camera view: {camera_id}")
            for each in (self._hand_on, self._follow)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Listens no more; may be done twice."""
        self._is_closed.set()
        for thread in self._threads:
            thread.join()
        super().close()

    def __repr__(self) -> str:
        return f"CameraView({self.camera_id}: {self.n_shown} frames, none saved)"

    def _heard(self, _: Any, content: Any, buffers: Any) -> None:
        """The browser drew the last frame. It can say nothing else."""
        if isinstance(content, dict) and content.get("kind") in self._tells:
            self._is_drawn.set()

    def _hand_on(self, folder: Path, deployment_id: str) -> None:
        with BusSubscriber(folder, deployment_id, frames_of(self.camera_id)) as frames:
            while not self._is_closed.is_set():
                if self._is_drawn.wait(_WAIT_S):
                    self._show(frames.newest(_WAIT_S))

    def _show(self, frame: BusMessage | None) -> None:
        if frame is None:
            return
        self._is_drawn.clear()
        self.newest, self.n_shown = frame.header, self.n_shown + 1
        self.send({"kind": "frame", "header": dict(frame.header)}, [frame.body])

    def _follow(self, folder: Path, deployment_id: str) -> None:
        with BusSubscriber(folder, deployment_id, STATUS) as figures:
            while not self._is_closed.is_set():
                told = figures.newest(_WAIT_S)
                if told is not None:
                    cameras = {each["camera_id"]: each for each in told.header.get("cameras", [])}
                    self.set_trait("health", cameras.get(self.camera_id))
