"""Whose faces may be shown: tracks with an alert that still waits for somebody.

An alert names the track its shot came from; while it is open that face, and no other, is uncovered in what people
see of that camera. Once it is decided, or its track is gone, the face is covered again like everybody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lfr_kit.records import Alert
    from lfr_kit.store.store import Store

__all__ = ["OpenAlerts"]


class OpenAlerts:
    """Remembers camera and track of each open alert, in memory only."""

    def __init__(self) -> None:
        self._tracks: dict[str, tuple[str, int]] = {}

    def __len__(self) -> int:
        return len(self._tracks)

    def add(self, alert: Alert) -> None:
        """An alert that is in the store; one of a still, or of no track, uncovers nobody."""
        if alert.shot.track_id >= 0:
            self._tracks[alert.alert_id] = (alert.shot.camera_id, alert.shot.track_id)

    def of_camera(self, camera_id: str) -> dict[int, str]:
        """Track id -> alert id."""
        return {track_id: alert_id for alert_id, (own, track_id) in self._tracks.items() if own == camera_id}

    def end(self, camera_id: str, track_ids: list[int]) -> None:
        """These tracks are over: their ids come never again."""
        gone = {(camera_id, track_id) for track_id in track_ids}
        self._tracks = {alert_id: place for alert_id, place in self._tracks.items() if place not in gone}

    def forget_camera(self, camera_id: str) -> None:
        """The camera broke or went dark: no track of it goes on."""
        self._tracks = {alert_id: place for alert_id, place in self._tracks.items() if place[0] != camera_id}

    def refresh(self, store: Store, deployment_id: str) -> None:
        """Lets go of what was decided meanwhile. StoreBusyError if the store does not answer."""
        from lfr_kit.operations.alert_view import WAITING
        from lfr_kit.store.repository import alerts

        if not self._tracks:
            return
        with store.reading() as connection:
            waiting = {each.alert_id for each in alerts.queue(connection, deployment_id, WAITING)}
        self._tracks = {alert_id: place for alert_id, place in self._tracks.items() if alert_id in waiting}
