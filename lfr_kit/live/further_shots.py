"""Further pictures of faces with an alert in the store: better ones, and other sides, while their track lives.

Of passers-by nothing is taken: a track is looked at only once its alert is in the store. An alert never waits for
a picture: these go into the store after it, wait in memory where the store is away, a few at most, and are dropped
when the run ends. A runner that starts anew knows no track of before, so nothing is taken twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from lfr_kit.errors import (
    AuditChainError,
    GovernanceError,
    KeyDestroyedError,
    NotInStoreError,
    StoreError,
    VaultError,
)
from lfr_kit.quality.crop import crop_shot
from lfr_kit.quality.head_pose import head_pose

if TYPE_CHECKING:
    from lfr_kit.pipeline import Step
    from lfr_kit.records import Alert, BestShot, Frame, Tracks
    from lfr_kit.store.store import Store

__all__ = ["FurtherShots", "Look", "is_worth_keeping", "look_of"]

LOOK_EVERY = timedelta(seconds=0.4)
"""How often a face with an alert is looked at again, by time of capture."""
APART = timedelta(seconds=1)
"""Least time between two kept pictures of one track."""
LEAST_QUALITY = 30.0
IMPROVEMENT, LEAST_GAIN = 0.2, 3.0
"""A better one makes good this share of what the best so far lacks to 100, and gains so much at the least."""
TURNED_DEG = 15.0
"""A face turned so far from all kept ones shows another side."""
MOST_WAITING = 20
"""Most pictures that wait while the store is away; then the oldest goes."""
TRY_AGAIN = timedelta(seconds=30)
"""How long a store that did not answer is left in peace: looking for faces goes before further pictures."""


@dataclass(frozen=True)
class Look:
    """A face in numbers.

    Attributes
    ----------
    quality
        0..100.
    yaw_deg, pitch_deg
        Where it looks; None where it cannot be told.
    """

    quality: float
    yaw_deg: float | None = None
    pitch_deg: float | None = None


def look_of(shot: BestShot) -> Look:
    """A shot in numbers."""
    pose = head_pose(shot.landmarks_px)
    return Look(shot.quality) if pose is None else Look(shot.quality, pose.yaw_deg, pose.pitch_deg)


def is_worth_keeping(new: Look, kept: Sequence[Look]) -> bool:
    """Whether a face is clearly better than the kept ones, or shows another side than each of them.

    Examples
    --------
    >>> is_worth_keeping(Look(70), [Look(60)]), is_worth_keeping(Look(65), [Look(60)])
    (True, False)
    >>> is_worth_keeping(Look(45, yaw_deg=-20, pitch_deg=0), [Look(60, yaw_deg=5, pitch_deg=0)])
    True
    """
    if new.quality < LEAST_QUALITY:
        return False
    best = max((each.quality for each in kept), default=0.0)
    is_better = new.quality >= best + max(LEAST_GAIN, IMPROVEMENT * (100 - best))
    return is_better or all(_shows_another_side(new, each) for each in kept)


def _shows_another_side(one: Look, other: Look) -> bool:
    angles = (one.yaw_deg, other.yaw_deg), (one.pitch_deg, other.pitch_deg)
    return any(a is not None and b is not None and abs(a - b) >= TURNED_DEG for a, b in angles)


@dataclass
class _Watched:
    """A live track with an alert, and what was kept of it."""

    alert_id: str
    camera_id: str
    track_id: int
    kept: list[Look]
    kept_at: datetime
    is_stored: bool = False
    looked_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.looked_at = self.kept_at


class FurtherShots:
    """Takes and stores them for one run.

    Parameters
    ----------
    store
        Where they go.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watched: list[_Watched] = []
        self._waiting: list[tuple[str, BestShot]] = []
        self._n_stored = 0
        self._again_at: datetime | None = None

    def __len__(self) -> int:
        """How many pictures wait."""
        return len(self._waiting)

    def raised(self, alerts: Sequence[Alert]) -> None:
        """Alerts of this step, in the store or not yet; one of a still, or of no track, has no other pictures."""
        self._watched += [
            _Watched(alert.alert_id, shot.camera_id, shot.track_id, [look_of(shot)], shot.captured_at)
            for alert in alerts
            if (shot := alert.shot).track_id >= 0
        ]

    def stored(self, alert_ids: Sequence[str]) -> None:
        """All alerts of this run that are in the store by now, in the order in which they arrived."""
        arrived = set(alert_ids[self._n_stored :])
        self._n_stored = len(alert_ids)
        for each in self._watched:
            each.is_stored = each.is_stored or each.alert_id in arrived

    def saw(self, step: Step) -> None:
        """Looks at the faces with an alert among those of a step; lets go of tracks that ended."""
        for frame, tracks in zip(step.frames, step.tracks, strict=True):
            if tracks is None or not self._watched:
                continue
            for each in self._watched:
                if each.camera_id == frame.camera_id and each.is_stored:
                    self._look(each, frame, tracks)
            self._end(frame.camera_id, set(tracks.ended_ids.tolist()))

    def _look(self, watched: _Watched, frame: Frame, tracks: Tracks) -> None:
        now = frame.captured_at
        if now - watched.looked_at < LOOK_EVERY or now - watched.kept_at < APART:
            return
        for row in np.flatnonzero(tracks.track_ids == watched.track_id).tolist():
            watched.looked_at = now
            shot = crop_shot(frame, tracks.detections, row, track_id=watched.track_id)
            look = look_of(shot)
            if is_worth_keeping(look, watched.kept):
                watched.kept.append(look)
                watched.kept_at = now
                self._waiting.append((watched.alert_id, shot))
                del self._waiting[:-MOST_WAITING]

    def _end(self, camera_id: str, track_ids: set[int]) -> None:
        self._watched = [
            each for each in self._watched if each.camera_id != camera_id or each.track_id not in track_ids
        ]

    def forget_camera(self, camera_id: str) -> None:
        """No track of it goes on; what was taken goes into the store all the same."""
        self._watched = [each for each in self._watched if each.camera_id != camera_id]

    def keep(self) -> None:
        """What waits, into the store; a store that does not answer is asked again later."""
        from lfr_kit.operations.alert_shots import keep_shots

        now = self._store.clock()
        if not self._waiting or (self._again_at is not None and now < self._again_at):
            return
        self._again_at = None
        while self._waiting:
            alert_id, shot = self._waiting[0]
            try:
                goes_on = keep_shots(self._store, alert_id, [shot])
            except (NotInStoreError, KeyDestroyedError):
                goes_on = False
            except (AuditChainError, StoreError, VaultError):
                self._again_at = now + TRY_AGAIN
                return
            except GovernanceError:
                goes_on = False
            del self._waiting[0]
            if not goes_on:
                self._watched = [each for each in self._watched if each.alert_id != alert_id]
                self._waiting = [each for each in self._waiting if each[0] != alert_id]
