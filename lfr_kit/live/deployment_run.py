"""One deployment, driven: the authority's cameras through the engine, alerts into the store.

Before every frame the run asks whether it may still look (`RightToLook`). An alert is committed, or waits sealed
in the spool, before anybody is told of it. Nothing of a passer-by leaves this process: alerts and counts do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import sleep
from typing import TYPE_CHECKING

from lfr_kit.config import Settings, settings
from lfr_kit.errors import GovernanceError, SourceError, StateError, StoreBusyError, StoreError
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import DeploymentState, Operation
from lfr_kit.live.engine import engine_of
from lfr_kit.live.one_run import the_only_run
from lfr_kit.live.right_to_look import Answer, RightToLook
from lfr_kit.records import Alert, Frame
from lfr_kit.reports.recorder import settings_in_words

if TYPE_CHECKING:
    from lfr_kit.governance.deployment_state import Deployment
    from lfr_kit.pipeline import Step
    from lfr_kit.stages import FrameSource
    from lfr_kit.store.repository.alerts import PendingAlert
    from lfr_kit.store.store import Act, Store

__all__ = ["DeploymentRun", "Progress"]

COUNT_EVERY = timedelta(seconds=30)
"""How often faces seen are logged, overdue alerts expire, and the false alert rate is looked at."""
POLL_S = 0.5
"""How often a paused run asks whether it may look again."""


@dataclass
class Progress:
    """What a run did so far; counts, no faces.

    Attributes
    ----------
    alert_ids
        Of alerts in the store.
    n_waiting
        Alerts that wait sealed in the spool, or in memory where even that is full.
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
    n_lost: int = 0
    n_withdrawn: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    ended_because: str = ""


@dataclass(eq=False)
class _Playing:
    """A camera of the authority, opened."""

    source: FrameSource
    frames: Iterator[Frame] | None = None

    @property
    def is_live(self) -> bool:
        return self.source.n_frames is None

    def next_frame(self) -> Frame:
        if self.frames is None:
            self.frames = iter(self.source)
        return next(self.frames)

    def close(self) -> None:
        """Lets go of the camera; a live one stops being decoded."""
        close = getattr(self.frames, "close", None)
        if close is not None:
            close()
        self.frames = None


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
    ) -> None:
        from lfr_kit.operations.spooling import open_spool
        from lfr_kit.operations.watchlists import load_gallery

        self.store = store
        self.actor = actor
        self.progress = Progress()
        self._on_alert = on_alert
        self.deployment = _open_deployment(store, deployment_id)
        gallery = load_gallery(store, actor, _list_of(self.deployment))
        chosen = chosen or settings()
        self.pipeline = engine_of(self.deployment, gallery, chosen)
        self._engine_in_words = settings_in_words(chosen)
        self._right = RightToLook(store, deployment_id, _list_of(self.deployment), gallery)
        self._spool = open_spool(store, deployment_id)
        self._playing = _opened(self.deployment)
        self._counted: Counter[str] = Counter()
        self._unsaved: list[PendingAlert] = []
        self._next_count_at: datetime | None = None

    @property
    def deployment_id(self) -> str:
        """Of the deployment."""
        return self.deployment.deployment_id

    @property
    def sources(self) -> tuple[FrameSource, ...]:
        """Of the cameras that still play."""
        return tuple(playing.source for playing in self._playing.values())

    def run(
        self, on_step: Callable[[Progress], None], should_stop: Callable[[], bool] = lambda: False
    ) -> Progress:
        """Drives the cameras, one frame of each in turn.

        Parameters
        ----------
        on_step
            Called after each round with what was done so far; alerts it names are in the store.
        should_stop
            Asked before each round; True ends the run.

        Raises
        ------
        StateError
            If another engine of this machine runs the deployment.
        """
        with the_only_run(self._spool.folder.parent, self.deployment_id):
            return self._run(on_step, should_stop)

    def _run(self, on_step: Callable[[Progress], None], should_stop: Callable[[], bool]) -> Progress:
        self._note_engine()
        self._event("lit", list(self._playing))
        is_dark = False
        try:
            while not self.progress.ended_because:
                answer = self._right.ask()
                self._take_off(answer)
                if should_stop():
                    self.progress.ended_because = "it was told to stop"
                elif answer.may_look:
                    is_dark = self._lit(is_dark)
                    self._round(answer)
                elif answer.state is DeploymentState.PAUSED:
                    is_dark = self._dark(is_dark)
                    sleep(POLL_S)
                else:
                    self.progress.ended_because = answer.why_not
                self._count()
                on_step(self.progress)
        finally:
            self._end(is_dark)
        on_step(self.progress)
        return self.progress

    def _round(self, answer: Answer) -> None:
        """One frame of each camera through the engine."""
        change_threshold = getattr(self.pipeline.policy, "change_threshold", None)
        if change_threshold is not None:
            change_threshold(answer.threshold)
        frames = [frame for camera_id in list(self._playing) if (frame := self._frame_of(camera_id)) is not None]
        if frames:
            self.progress.frames += len(frames)
            self._take(self.pipeline.process(frames))
        if not self._playing:
            self.progress.ended_because = "the cameras ended"

    def _frame_of(self, camera_id: str) -> Frame | None:
        playing = self._playing[camera_id]
        try:
            return playing.next_frame()
        except StopIteration:
            self._take(self.pipeline.finish(camera_id))
        except SourceError as fault:
            self.pipeline.let_go(camera_id)
            self.progress.faults[camera_id] = str(fault)
            self._event("fault", [camera_id], code=type(fault).__name__)
        playing.close()
        del self._playing[camera_id]
        self._event("dark", [camera_id])
        return None

    def _take(self, step: Step) -> None:
        """Alerts of a step into the store, after those that had to wait."""
        self.progress.faces_seen = self.pipeline.statistics.faces_seen
        self._keep([*self._unsaved, *step.alerts])

    def _keep(self, alerts: Sequence[Alert | PendingAlert]) -> None:
        """Into the store, or into the spool; in memory only where neither takes them, and then as handed over."""
        from lfr_kit.operations.spooling import Place, raise_or_spool

        self._unsaved = []
        for alert in alerts:
            try:
                raised = raise_or_spool(self.store, self._spool, alert)
            except GovernanceError as refused:
                self.progress.refused[type(refused).__name__] += 1
                continue
            if raised.place is Place.MEMORY:
                self._unsaved.append(raised.pending)
            elif raised.place is Place.STORE:
                self.progress.alert_ids.append(alert.alert_id)
                if isinstance(alert, Alert):
                    self._on_alert(alert)
        self.progress.n_waiting = len(self._spool.waiting()) + len(self._unsaved)

    def _take_off(self, answer: Answer) -> None:
        if answer.withdrawn:
            self.pipeline.matcher.withdraw(answer.withdrawn)
            self.progress.n_withdrawn += len(answer.withdrawn)

    def _dark(self, is_dark: bool) -> bool:
        """Stops decoding live cameras and forgets whoever was in view; files wait where they are."""
        if not is_dark:
            for camera_id, playing in self._playing.items():
                self.pipeline.let_go(camera_id)
                if playing.is_live:
                    playing.close()
            self._event("dark", list(self._playing))
        return True

    def _lit(self, is_dark: bool) -> bool:
        if is_dark:
            self._event("lit", list(self._playing))
        return False

    def _count(self, *, now_please: bool = False) -> None:
        """Logs faces newly seen, lets overdue alerts expire, empties the spool, looks at the false alert rate."""
        now = self.store.clock()
        if not now_please and self._next_count_at is not None and now < self._next_count_at:
            return
        self._next_count_at = now + COUNT_EVERY
        with suppress(StoreError):
            self._log_faces_seen()
            self._housekeep()

    def _log_faces_seen(self) -> None:
        from lfr_kit.operations.deployment_steps import append_event

        seen = self.pipeline.statistics
        new = seen.faces_seen_by_camera - self._counted
        if not new:
            return
        with self._act("faces_seen") as act:
            for camera_id, n in sorted(new.items()):
                data = {"camera_id": camera_id, "n": n, "method": seen.faces_seen_method}
                append_event(act, self.deployment_id, "faces_seen", data=data)
        self._counted += new

    def _housekeep(self) -> None:
        from lfr_kit.operations.alert_expiry import expire_due
        from lfr_kit.operations.false_alert_rate import check_false_alert_rate
        from lfr_kit.operations.spooling import drain

        expire_due(self.store, self.deployment_id)
        check_false_alert_rate(self.store, self.deployment_id)
        if self._spool.waiting():
            self.progress.alert_ids += drain(self.store, self._spool).arrived
        self.progress.n_waiting = len(self._spool.waiting()) + len(self._unsaved)

    def _note_engine(self) -> None:
        """Which algorithms look, and how they were set on this machine: what the authority leaves open."""
        from lfr_kit.operations.deployment_steps import append_event

        with suppress(StoreBusyError), self._act("engine") as act:
            append_event(act, self.deployment_id, "engine", data=self._engine_in_words)

    def _event(self, kind: str, camera_ids: list[str], **data: str) -> None:
        """What happened to cameras, in the deployment's log; while the store is away it goes unlogged."""
        from lfr_kit.operations.deployment_steps import append_event

        if not camera_ids:
            return
        with suppress(StoreBusyError), self._act(kind) as act:
            for camera_id in camera_ids:
                append_event(act, self.deployment_id, kind, data={"camera_id": camera_id, **data})

    def _act(self, what: str) -> AbstractContextManager[Act]:
        return self.store.act(
            self.actor,
            Action.DEPLOYMENT_RUN,
            Operation.COLLECTION,
            subject=f"deployment:{self.deployment_id}",
            deployment_id=self.deployment_id,
            justification=f"deployment {self.deployment_id} under its authority: {what}",
        )

    def _end(self, is_dark: bool) -> None:
        """Lets go of every camera and everybody in view."""
        for camera_id, playing in self._playing.items():
            self.pipeline.let_go(camera_id)
            playing.close()
        if not is_dark:
            self._event("dark", list(self._playing))
        self._playing.clear()
        self._keep(self._unsaved)
        self._count(now_please=True)
        self.progress.n_lost = len(self._unsaved)


def _open_deployment(store: Store, deployment_id: str) -> Deployment:
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


def _list_of(deployment: Deployment) -> str:
    if deployment.watchlist_id is None:
        raise StateError(f"deployment {deployment.deployment_id}: has no watchlist; build and freeze one")
    return deployment.watchlist_id


def _opened(deployment: Deployment) -> dict[str, _Playing]:
    from lfr_kit.sources import open_source

    return {
        camera.camera_id: _Playing(open_source(camera.source, camera_id=camera.camera_id))
        for camera in deployment.authority.cameras
    }
