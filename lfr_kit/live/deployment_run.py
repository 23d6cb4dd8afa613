"""One deployment, driven: the authority's cameras through the engine, alerts into the store.

Before every frame the run asks whether it may still look (`RightToLook`). An alert is committed, or waits sealed
in the spool, before anybody is told of it. Nothing of a passer-by leaves this process: alerts and counts do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import sleep
from typing import TYPE_CHECKING

from lfr_kit.config import Settings, settings
from lfr_kit.errors import AuditChainError, StateError, StoreError
from lfr_kit.governance.roles import Actor
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.live.alert_intake import AlertIntake
from lfr_kit.live.engine import engine_of
from lfr_kit.live.feeds import Feeds, Happening, InTurn, News
from lfr_kit.live.further_shots import FurtherShots
from lfr_kit.live.one_run import the_only_run
from lfr_kit.live.right_to_look import Answer, RightToLook
from lfr_kit.live.right_to_run import RightToRun
from lfr_kit.live.run_log import RunLog
from lfr_kit.live.watcher import NOBODY, Watcher
from lfr_kit.records import Alert
from lfr_kit.reports.recorder import settings_in_words

if TYPE_CHECKING:
    from lfr_kit.governance.deployment_state import Deployment
    from lfr_kit.governance.false_alert_watch import FalseAlertWatch
    from lfr_kit.pipeline import Pipeline, Step
    from lfr_kit.store.store import Store

__all__ = ["DeploymentRun", "Progress", "open_deployment"]

COUNT_EVERY = timedelta(seconds=30)
"""How often faces seen are logged."""
HOUSEKEEP_EVERY = timedelta(seconds=5)
"""How often it is looked whether the actor still may run it, overdue alerts expire, those whose team is gone are
routed anew, the spool is emptied, and the false alert rate is looked at."""
POLL_S = 0.5
"""How often a dark run asks whether it may look again."""


@dataclass
class Progress:
    """What a run did so far; counts, no faces.

    Attributes
    ----------
    alert_ids
        Of alerts in the store.
    n_waiting
        Alerts that wait sealed in the spool, or in memory where even that is full.
    why_waiting
        What is wrong with the store that they wait for; empty while none waits.
    n_lost
        Alerts that neither store nor spool had taken when the run ended.
    n_withdrawn
        Entries that left the gallery while it ran.
    refused
        Alerts that the store refused, by kind of error.
    faults
        Camera id -> why it was given up.
    ended_because
        Why the run is over; empty while it goes on.
    """

    frames: int = 0
    faces_seen: int = 0
    alert_ids: list[str] = field(default_factory=list)
    n_waiting: int = 0
    why_waiting: str = ""
    n_lost: int = 0
    n_withdrawn: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    ended_because: str = ""


class DeploymentRun:
    """Runs an open deployment until its cameras end, its right to look ends, or it is told to stop.

    Parameters
    ----------
    store, actor
        The store, and who runs it (`Action.DEPLOYMENT_RUN`).
    deployment_id
        An open deployment.
    chosen
        Settings of the engine; those in force if None. Zone, threshold and watchlist are the authority's.
    on_alert
        Told of each alert once it is in the store, not before. It carries the similarity, which an operator
        whose first look is blind must not see. One that had to wait is only named in `Progress.alert_ids`.
    feeds
        Makes the feeds of the authority's cameras; if None, one frame of each in turn, none left out.

    Attributes
    ----------
    watcher
        Told of all that is seen, as it is seen; nobody, unless somebody is set before it runs.
    progress, answer, false_alerts, is_lit
        How far it is, what held for the last round, the false alert rate when it was last looked at (None before),
        and whether faces are compared now.
    n_seen_before
        Faces that earlier runs of the deployment saw.

    Raises
    ------
    StateError
        If the deployment is not open.
    AuthorityError
        If this machine's engine is not the one the authority names.
    WatchlistError, TamperedError
        If the list is not frozen, or not what was frozen.
    SourceError
        If a camera does not exist.
    """

    def __init__(
        self,
        store: Store,
        actor: Actor,
        deployment_id: str,
        chosen: Settings | None = None,
        *,
        on_alert: Callable[[Alert], None] = lambda alert: None,
        feeds: Callable[[Deployment], Feeds] | None = None,
    ) -> None:
        from lfr_kit.operations.watchlists import load_gallery

        self.store = store
        self.actor = actor
        self.progress = Progress()
        self.watcher: Watcher = NOBODY
        self.deployment = open_deployment(store, deployment_id)
        watchlist_id = _list_of(self.deployment)
        gallery = load_gallery(store, actor, watchlist_id)
        chosen = chosen or settings()
        self.pipeline = engine_of(self.deployment, gallery, chosen)
        _remember_alerts(store, deployment_id, self.pipeline)
        self.feeds = (feeds or _in_turn)(self.deployment)
        self._engine_in_words = settings_in_words(chosen)
        self._right = RightToLook(store, deployment_id, watchlist_id, gallery)
        self._right_to_run = RightToRun(store, actor)
        self._log = RunLog(store, actor, deployment_id)
        self._intake = AlertIntake(store, deployment_id, self._told(on_alert))
        self._further = FurtherShots(store)
        self.answer: Answer | None = None
        self.false_alerts: FalseAlertWatch | None = None
        self.is_lit = False
        self.n_seen_before = _faces_seen_so_far(store, deployment_id)
        self._count_at: datetime | None = None
        self._housekeep_at: datetime | None = None

    @property
    def deployment_id(self) -> str:
        """Of the deployment."""
        return self.deployment.deployment_id

    def run(
        self, on_step: Callable[[Progress], None], should_stop: Callable[[], bool] = lambda: False
    ) -> Progress:
        """Drives the cameras, one round of frames after the other.

        Parameters
        ----------
        on_step
            Called after each round with what was done so far; alerts it names are in the store.
        should_stop
            Asked before each round; True ends the run: who is in view then is still compared.

        Raises
        ------
        StateError
            If another engine of this machine runs the deployment.
        """
        with the_only_run(self._intake.folder, self.deployment_id):
            self._log.engine(self._engine_in_words)
            try:
                while not self.progress.ended_because:
                    self.answer = self._right.ask()
                    self._step(self.answer, should_stop)
                    self._keep_up()
                    on_step(self.progress)
            finally:
                self._end()
            on_step(self.progress)
        return self.progress

    def _step(self, answer: Answer, should_stop: Callable[[], bool]) -> None:
        self._take_off(answer)
        if should_stop():
            self._stop(answer)
        elif answer.may_look:
            self._lit()
            self._round(answer)
        elif answer.may_come_back:
            self._dark(answer.why_not)
            sleep(POLL_S)
        else:
            self.progress.ended_because = answer.why_not

    def _stop(self, answer: Answer) -> None:
        """Told to stop: who is in view is still compared, if faces may be."""
        self.progress.ended_because = "it was told to stop"
        if answer.may_look and self.is_lit:
            for camera_id in self.feeds.camera_ids:
                self._take(self.pipeline.finish(camera_id))

    def _round(self, answer: Answer) -> None:
        """What is new of the cameras, through the engine."""
        change_threshold = getattr(self.pipeline.policy, "change_threshold", None)
        if change_threshold is not None:
            change_threshold(answer.threshold)
        taken = self.feeds.take()
        for news in taken.news:
            self._hear(news)
        if taken.frames:
            self.progress.frames += len(taken.frames)
            self._take(self.pipeline.process(taken.frames))
        if not self.feeds.camera_ids:
            self.progress.ended_because = "the cameras ended"

    def _hear(self, news: News) -> None:
        """Lets go of whoever was before a camera that broke, changed or ended, and logs it."""
        camera_id, happening = news.camera_id, news.happening
        if happening is Happening.ENDED:
            self._take(self.pipeline.finish(camera_id))
        elif happening is not Happening.STARTED:
            self.pipeline.let_go(camera_id)
        if happening is not Happening.STARTED:
            self._further.forget_camera(camera_id)
        if happening in (Happening.FAILED, Happening.BROKEN):
            self.progress.faults[camera_id] = news.why
            self._log.cameras("fault", [camera_id], code=news.code)
        if happening is Happening.BACK:
            self.progress.faults.pop(camera_id, None)
            self._log.cameras("back", [camera_id])
        if happening in (Happening.ENDED, Happening.FAILED):
            self._log.cameras("dark", [camera_id])
        self.watcher.heard(news)

    def _take(self, step: Step) -> None:
        """Alerts of a step into the store; then whoever watches is shown the step."""
        self.progress.faces_seen = self.pipeline.statistics.faces_seen
        self._intake.take(step.alerts)
        self._further.raised(step.alerts)
        self._tell_of_alerts()
        self.watcher.saw(step)
        self._further.saw(step)
        self._further.keep()

    def _told(self, on_alert: Callable[[Alert], None]) -> Callable[[Alert], None]:
        def told(alert: Alert) -> None:
            on_alert(alert)
            self.watcher.raised(alert)

        return told

    def _tell_of_alerts(self) -> None:
        self.progress.alert_ids = self._intake.stored_ids
        self._further.stored(self._intake.stored_ids)
        self.progress.refused = self._intake.refused
        self.progress.n_waiting = self._intake.n_waiting
        fault = self._intake.fault if self.progress.n_waiting else None
        self.progress.why_waiting = "" if fault is None else str(fault)
        if isinstance(fault, AuditChainError):
            self._end_without_log(fault)

    def _end_without_log(self, broken: AuditChainError) -> None:
        """Nothing can be logged, and so no alert be shown to anybody: nobody is looked at any more."""
        self.progress.ended_because = f"nothing can be logged any more: {broken}"

    def _take_off(self, answer: Answer) -> None:
        if answer.withdrawn:
            self.pipeline.matcher.withdraw(answer.withdrawn)
            self.progress.n_withdrawn += len(answer.withdrawn)

    def _dark(self, why: str) -> None:
        """Stops decoding live cameras and forgets whoever was in view; recordings wait where they are."""
        if not self.is_lit:
            return
        self.is_lit = False
        for camera_id in self.feeds.camera_ids:
            self.pipeline.let_go(camera_id)
            self._further.forget_camera(camera_id)
        self.feeds.darken()
        self._log.cameras("dark", self.feeds.camera_ids)
        self.watcher.dark(why)

    def _lit(self) -> None:
        if not self.is_lit:
            self.is_lit = True
            self._log.cameras("lit", self.feeds.camera_ids)
            self.watcher.lit()

    def _keep_up(self, *, now_please: bool = False) -> None:
        """Counts, expiry of alerts, the spool and the false alert rate, each when it is due."""
        now = self.store.clock()
        try:
            with suppress(StoreError):
                if now_please or self._count_at is None or now >= self._count_at:
                    self._count_at = now + COUNT_EVERY
                    self._log.faces_seen(self.pipeline.statistics)
                if now_please or self._housekeep_at is None or now >= self._housekeep_at:
                    self._housekeep_at = now + HOUSEKEEP_EVERY
                    self._housekeep()
        except AuditChainError as broken:
            self._end_without_log(broken)
        self._tell_of_alerts()

    def _housekeep(self) -> None:
        from lfr_kit.operations.alert_expiry import expire_due
        from lfr_kit.operations.false_alert_rate import check_false_alert_rate
        from lfr_kit.operations.routing import route_due

        if why_not := self._right_to_run.why_not():
            self.progress.ended_because = why_not
        self._intake.drain()
        expire_due(self.store, self.deployment_id)
        route_due(self.store, self.deployment_id)
        self.false_alerts = check_false_alert_rate(self.store, self.deployment_id)

    def _end(self) -> None:
        """Lets go of every camera and everybody in view."""
        self._dark(self.progress.ended_because or "it broke off")
        self.feeds.close()
        self._intake.take([])
        self._further.keep()
        self._keep_up(now_please=True)
        self.progress.n_lost = self._intake.n_unsaved


def open_deployment(store: Store, deployment_id: str) -> Deployment:
    """The deployment, if faces may be compared in it now; StateError if it is not open."""
    from lfr_kit.operations.deployment_steps import tick
    from lfr_kit.store.repository import deployments

    state = tick(store, deployment_id).state
    if state is not DeploymentState.OPEN:
        raise StateError(
            f"deployment {deployment_id} is {state}: the engine runs only while it is open; "
            f"see what it lacks with: lfr deployment check {deployment_id}"
        )
    with store.reading() as connection:
        return deployments.deployment(connection, store.vault.key(connection, "store"), deployment_id)


def _faces_seen_so_far(store: Store, deployment_id: str) -> int:
    from lfr_kit.governance.deployment_counts import faces_seen
    from lfr_kit.store.repository.records import deployment_log

    with store.reading() as connection:
        return faces_seen(deployment_log(connection, deployment_id)).n


def _remember_alerts(store: Store, deployment_id: str, pipeline: Pipeline) -> None:
    """Who was alerted before a restart stays in cooldown: a runner that was killed raises nobody twice."""
    from lfr_kit.store.repository import alerts

    remember = getattr(pipeline.policy, "remember", None)
    if remember is None:
        return
    with store.reading() as connection:
        for each in alerts.queue(connection, deployment_id, None):
            remember(each.entry_id, each.raised_at)


def _list_of(deployment: Deployment) -> str:
    if deployment.watchlist_id is None:
        raise StateError(f"deployment {deployment.deployment_id}: has no watchlist; build and freeze one")
    return deployment.watchlist_id


def _in_turn(deployment: Deployment) -> Feeds:
    from lfr_kit.sources import open_source

    return InTurn(
        {
            camera.camera_id: open_source(camera.source, camera_id=camera.camera_id)
            for camera in deployment.authority.cameras
        }
    )
