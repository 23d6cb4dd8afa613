"""One process beside the cameras: reads them, looks, stores alerts, and shows covered previews and figures.

It owns cameras, models and the writing of alerts; dashboards only watch and act through the store. It looks while
the authority lets it, waits in the dark while it is paused, nobody is on the ground or the store is away, and ends
when the deployment does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from lfr_kit.config import Settings, settings
from lfr_kit.live.broadcast import Broadcast
from lfr_kit.live.deployment_run import DeploymentRun, Progress
from lfr_kit.live.frame_bus import BusPublisher
from lfr_kit.live.metrics import serving_metrics
from lfr_kit.live.newest_of_each import NewestOfEach
from lfr_kit.live.preview import PreviewForm
from lfr_kit.live.recorder import Recorder
from lfr_kit.live.segment_writer import Place
from lfr_kit.live.watcher import Several

if TYPE_CHECKING:
    from lfr_kit.governance.deployment_state import Deployment
    from lfr_kit.governance.roles import Actor
    from lfr_kit.store.store import Store

__all__ = ["forms_of", "run_live"]


def run_live(
    store: Store,
    actor: Actor,
    deployment_id: str,
    chosen: Settings | None = None,
    *,
    on_step: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Progress:
    """Runs an open deployment on its cameras until it ends or is told to stop.

    Parameters
    ----------
    store, actor, deployment_id, chosen
        As `DeploymentRun`. Recordings stand for cameras: in real time, over and over.
    on_step, should_stop
        As `DeploymentRun.run`.

    Raises
    ------
    StateError, AuthorityError, WatchlistError, TamperedError
        As `DeploymentRun`.
    SettingError, OutputError
        If the frame bus or the metrics cannot be offered.
    """
    import cv2

    cv2.setNumThreads(1)  # at the sizes of previews a second thread takes a core's time and saves none
    chosen = chosen or settings()
    run = DeploymentRun(store, actor, deployment_id, chosen, feeds=_newest)
    cameras = run.feeds
    assert isinstance(cameras, NewestOfEach)
    with ExitStack() as open_things:
        bus = open_things.enter_context(BusPublisher(chosen.live.bus_dir, deployment_id))
        recorder = _recorder(run, chosen)
        broadcast = Broadcast(bus, run, forms_of(run, chosen), recorder.status if recorder else None)
        open_things.callback(broadcast.close)
        run.watcher = broadcast
        if recorder is not None:
            open_things.callback(recorder.close)
            run.watcher = Several(broadcast, recorder)
        open_things.enter_context(serving_metrics(chosen.live.metrics_port, lambda: broadcast.status))

        def step(progress: Progress) -> None:
            broadcast.step(cameras.health())
            on_step(progress)

        return run.run(step, should_stop)


def forms_of(run: DeploymentRun, chosen: Settings) -> dict[str, PreviewForm]:
    """Camera id -> how its previews are made."""
    live = chosen.live
    smallest_face_px = getattr(run.pipeline.detector, "smallest_face_px", None)
    return {
        camera.camera_id: PreviewForm(live.preview_width_px, live.preview_quality, camera.zone, smallest_face_px)
        for camera in run.deployment.authority.cameras
    }


def _recorder(run: DeploymentRun, chosen: Settings) -> Recorder | None:
    """None, and no folder and no thread, where the authority lets nothing be recorded."""
    grant = run.deployment.authority.recording
    if grant is None:
        return None
    return Recorder(Place(run.store, run.actor, run.deployment_id, chosen.live), grant.cameras)


def _newest(deployment: Deployment) -> NewestOfEach:
    return NewestOfEach({camera.camera_id: camera.source for camera in deployment.authority.cameras})
