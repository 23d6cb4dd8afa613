"""Whether a deployment's cameras are fit, before the opening: they are looked at, nobody is compared or kept.

Faces are found, so that their size is known; no template is made of them and no list is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from lfr_kit.config import Settings, settings
from lfr_kit.detection.zoned import ZonedDetector
from lfr_kit.errors import StateError
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import DeploymentState, Operation
from lfr_kit.live.camera_health import CameraHealth
from lfr_kit.live.feeds import Feeds
from lfr_kit.live.fitness import PictureWatch, fitness_findings
from lfr_kit.live.newest_of_each import NewestOfEach
from lfr_kit.records import Frame

if TYPE_CHECKING:
    from lfr_kit.governance.deployment_state import Deployment
    from lfr_kit.stages import Detector
    from lfr_kit.store.store import Store

__all__ = ["CameraFitness", "check_cameras"]

_STATES = frozenset({DeploymentState.GRANTED, DeploymentState.OPEN, DeploymentState.PAUSED})
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class CameraFitness:
    """One camera, as it was seen.

    Attributes
    ----------
    health
        Frames, drops, size.
    brightness, sharpness, face_px_median, n_faces
        Of its picture, see `lfr_kit.live.fitness`; None where there was none.
    findings
        What speaks against going live with it; empty if nothing does.
    """

    health: CameraHealth
    brightness: float | None
    sharpness: float | None
    face_px_median: float | None
    n_faces: int
    findings: tuple[str, ...]


def check_cameras(
    store: Store,
    actor: Actor,
    deployment_id: str,
    chosen: Settings | None = None,
    *,
    seconds: float = 10.0,
    on_round: Callable[[], None] = lambda: None,
) -> list[CameraFitness]:
    """Looks through the authority's cameras for so long; logged as a consultation.

    Raises
    ------
    PermissionRefusedError
        If the person may not tick off the checklist.
    StateError
        If the deployment is not granted, open or paused.
    """
    found = _begun(store, actor, deployment_id)
    chosen = chosen or settings()
    zones = {camera.camera_id: camera.zone for camera in found.authority.cameras if camera.zone is not None}
    detector = ZonedDetector(_detector(chosen), zones)
    feeds = NewestOfEach({camera.camera_id: camera.source for camera in found.authority.cameras})
    watches = {camera_id: PictureWatch() for camera_id in found.authority.camera_ids}
    try:
        _look(feeds, detector, watches, seconds, on_round)
        health = feeds.health()
    finally:
        feeds.close()
    return [_fitness(each, watches[each.camera_id]) for each in health]


def _look(
    feeds: Feeds,
    detector: Detector,
    watches: dict[str, PictureWatch],
    seconds: float,
    on_round: Callable[[], None],
) -> None:
    looked_at_s = dict.fromkeys(watches, -_LOOK_EVERY_S)
    end_s = monotonic() + seconds
    while (now_s := monotonic()) < end_s:
        frames = feeds.take().frames
        for frame in frames:
            if now_s - looked_at_s[frame.camera_id] >= _LOOK_EVERY_S:
                looked_at_s[frame.camera_id] = now_s
                _measure(frame, detector, watches[frame.camera_id])
        on_round()


def _measure(frame: Frame, detector: Detector, watch: PictureWatch) -> None:
    watch.look(frame.image)
    (found,) = detector.detect([frame])
    watch.faces(np.asarray(found.boxes_px))


def _fitness(health: CameraHealth, watch: PictureWatch) -> CameraFitness:
    latest = watch.latest
    return CameraFitness(
        health,
        latest.brightness if latest else None,
        latest.sharpness if latest else None,
        watch.face_px_median,
        len(watch.face_px),
        tuple(fitness_findings(health, watch)),
    )


def _begun(store: Store, actor: Actor, deployment_id: str) -> Deployment:
    """The deployment, with the look in the log."""
    from lfr_kit.operations.deployment_steps import deployment, tick

    tick(store, deployment_id)
    with store.act(
        actor,
        Action.DEPLOYMENT_CHECKLIST,
        Operation.CONSULTATION,
        subject=f"deployment:{deployment_id}",
        deployment_id=deployment_id,
        justification=f"deployment {deployment_id} under its authority: whether its cameras are fit",
    ) as act:
        found = deployment(act, deployment_id)
        if found.state not in _STATES:
            raise StateError(
                f"deployment {deployment_id} is {found.state}: cameras are looked at once it is granted"
            )
    return found


def _detector(chosen: Settings) -> Detector:
    from lfr_kit.registry import create

    detector: Detector = create("detector", chosen.detector.name, **chosen.detector.settings)
    return detector
