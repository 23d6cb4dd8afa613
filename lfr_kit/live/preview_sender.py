"""Covers, encodes and publishes previews in a thread of its own, so that looking never waits for showing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Condition, Thread

from lfr_kit.live.frame_bus import BusPublisher, frames_of
from lfr_kit.live.preview import Outgoing, PreviewForm

__all__ = ["PreviewSender"]


class PreviewSender:
    """Keeps the newest outgoing frame of each camera; one that comes too early for it is replaced.

    Parameters
    ----------
    bus
        Where to publish.
    forms
        Camera id -> how its previews are made.

    Attributes
    ----------
    n_sent
        Previews published.
    """

    def __init__(self, bus: BusPublisher, forms: Mapping[str, PreviewForm]) -> None:
        self.n_sent = 0
        self._bus = bus
        self._forms = dict(forms)
        self._waiting: dict[str, Outgoing] = {}
        self._changed = Condition()
        self._is_over = False
        self._thread = Thread(target=self._work, name="lfr-previews", daemon=True)
        self._thread.start()

    def send(self, outgoing: Outgoing) -> None:
        """Soon, unless a newer one of the same camera comes first."""
        with self._changed:
            self._waiting[outgoing.frame.camera_id] = outgoing
            self._changed.notify()

    def forget(self, camera_id: str) -> None:
        """What waits of a camera is let go."""
        with self._changed:
            self._waiting.pop(camera_id, None)

    def close(self) -> None:
        """Sends nothing more; may be done twice."""
        with self._changed:
            self._is_over = True
            self._waiting.clear()
            self._changed.notify()
        self._thread.join(5.0)

    def _work(self) -> None:
        while (outgoing := self._next()) is not None:
            camera_id = outgoing.frame.camera_id
            body = outgoing.jpeg(self._forms[camera_id])
            header = {**outgoing.header, "published_at": datetime.now(UTC).isoformat()}
            del outgoing
            self._bus.publish(frames_of(camera_id), header, body)
            self.n_sent += 1

    def _next(self) -> Outgoing | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_over)
            if self._is_over:
                return None
            camera_id = next(iter(self._waiting))  # whoever waits longest
            return self._waiting.pop(camera_id)
