"""Staff walk through before the opening, and are found or not (L10).

The engine looks through the authority's cameras, or at a recorded pass, against the blue list alone: the watchlist
is not loaded, no alert is stored, nobody is counted as seen. Of a pass hit, latency and camera are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from lfr_kit.config import Settings, settings
from lfr_kit.errors import NotInStoreError, StateError
from lfr_kit.governance.blue_list import BluePass
from lfr_kit.governance.presence import why_nobody
from lfr_kit.governance.roles import Actor
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.live.engine import engine_of
from lfr_kit.live.feeds import Feeds, Happening, InTurn
from lfr_kit.live.newest_of_each import NewestOfEach

if TYPE_CHECKING:
    from lfr_kit.governance.deployment_state import Deployment
    from lfr_kit.records import Alert, Frame
    from lfr_kit.stages import FrameSource
    from lfr_kit.store.store import Store

__all__ = ["LONGEST_PASS_S", "BlueCheck"]

LONGEST_PASS_S = 30.0
"""After so long somebody who was not found counts as missed."""


@dataclass(frozen=True)
class _Seen:
    """An alert of the check: whom it names, and when; the face is let go."""

    member_id: str
    camera_id: str
    after_s: float


class BlueCheck:
    """One check of a granted deployment; its passes belong together, and only the last check counts.

    Parameters
    ----------
    store, actor
        The store, and who checks (`Action.BLUE_LIST_CHECK`).
    deployment_id
        A granted deployment, within its window, with an officer on the ground.
    chosen
        Settings of the engine; those in force if None. Zone and threshold are the authority's.
    longest_s
        After so many seconds a pass is a miss.

    Raises
    ------
    StateError
        If the deployment is not granted.
    AuthorityError
        If this machine's engine is not the one the authority names.
    WatchlistError, TamperedError
        If nobody is on the blue list, or a template was changed from outside.
    """

    def __init__(
        self,
        store: Store,
        actor: Actor,
        deployment_id: str,
        chosen: Settings | None = None,
        *,
        longest_s: float = LONGEST_PASS_S,
    ) -> None:
        from lfr_kit.operations.blue_list import begin_check
        from lfr_kit.store.store import new_id

        self.check_id = new_id("K")
        self.longest_s = longest_s
        self._store, self._actor, self._deployment_id = store, actor, deployment_id
        self._gallery = begin_check(store, actor, deployment_id)
        self.pipeline = engine_of(self._gallery.deployment, self._gallery.searched, chosen or settings())
        self._fresh_policy = deepcopy(self.pipeline.policy)

    @property
    def camera_ids(self) -> tuple[str, ...]:
        """Of the authority's cameras."""
        return self._gallery.deployment.authority.camera_ids

    def check_names(self, pseudonyms: Iterable[str]) -> None:
        """NotInStoreError, naming them, unless all are on the blue list: told before anybody walks."""
        unknown = [
            each for each in dict.fromkeys(pseudonyms) if each.strip().casefold() not in self._gallery.by_pseudonym
        ]
        if unknown:
            named = ", ".join(ascii(each[:40]) for each in unknown)
            raise NotInStoreError(f"blue list: nobody is called {named}; see: lfr deployment blue-list")

    def walk(
        self,
        pseudonym: str,
        recorded: FrameSource | None = None,
        *,
        on_frame: Callable[[], None] = lambda: None,
    ) -> BluePass:
        """Somebody walks through now, or did in a recording made with the camera it is named after.

        Raises
        ------
        NotInStoreError
            If nobody on the blue list is called that.
        StateError
            If the check may not look (any more): the pass is not recorded then.
        SourceError
            If the recording cannot be played, or is of none of the authority's cameras.
        """
        from lfr_kit.operations.blue_list import record_pass

        self.check_names([pseudonym])
        member_id = self._gallery.by_pseudonym[pseudonym.strip().casefold()]
        seen = self._watched(self._feeds(recorded), member_id, on_frame)
        hit = next((one for one in seen if one.member_id == member_id), None)
        passed = BluePass(
            check_id=self.check_id,
            member_id=member_id,
            is_hit=hit is not None,
            latency_s=None if hit is None else round(hit.after_s, 3),
            threshold=self._gallery.deployment.threshold,
            camera_id="" if hit is None else hit.camera_id,
            is_recorded=recorded is not None,
            n_others=len({one.member_id for one in seen} - {member_id}),
        )
        record_pass(self._store, self._actor, self._deployment_id, passed)
        return passed

    def _watched(self, feeds: Feeds, member_id: str, on_frame: Callable[[], None]) -> list[_Seen]:
        """Whom alerts named, until it was the one who walks, the recording ended, or it took too long."""
        self.pipeline.policy = deepcopy(self._fresh_policy)  # whoever walks again is to be found again
        cameras, clock, seen = feeds.camera_ids, _PassClock(feeds), list[_Seen]()
        try:
            while feeds.camera_ids and clock.after_s < self.longest_s:
                self._check_may_look()
                taken = feeds.take()
                for news in taken.news:
                    if news.happening is Happening.ENDED:
                        seen += _named(self.pipeline.finish(news.camera_id).alerts, clock)
                if taken.frames:
                    clock.saw(taken.frames)
                    seen += _named(self.pipeline.process(taken.frames).alerts, clock)
                    on_frame()
                if any(one.member_id == member_id for one in seen):
                    break
        finally:
            feeds.close()
            for camera_id in cameras:
                self.pipeline.let_go(camera_id)
        return seen

    def _check_may_look(self) -> None:
        """StateError unless the deployment is granted, its window is now, and an officer is on the ground."""
        from lfr_kit.operations.deployment_steps import tick
        from lfr_kit.operations.presence import checked_in

        now = self._store.clock()
        stands = tick(self._store, self._deployment_id)
        if stands.state is not DeploymentState.GRANTED:
            raise StateError(
                f"blue check: the deployment is {stands.state}; staff walk through while it is granted"
            )
        if now < stands.starts_at:
            raise StateError(f"blue check: its window begins at {stands.starts_at:%Y-%m-%d %H:%M %Z}")
        there = checked_in(self._store, self._deployment_id)
        nobody = why_nobody(there.checked, now, settings().live.presence_lost_after_s, there.n_refused)
        if nobody:
            command = f"lfr deployment check-in {self._deployment_id} --team TEAM --stay"
            raise StateError(f"blue check: {nobody}; see to it, then: {command}")

    def _feeds(self, recorded: FrameSource | None) -> Feeds:
        if recorded is not None:
            return InTurn({_camera_of(self._gallery.deployment, recorded): recorded})
        return _authoritys(self._gallery.deployment)


class _PassClock:
    """How long a pass has lasted: by the times of recorded frames, else by the clock on the wall."""

    def __init__(self, feeds: Feeds) -> None:
        self._is_recorded = isinstance(feeds, InTurn) and feeds.n_frames is not None
        self._announced_at = monotonic()
        self._first: datetime | None = None
        self._recorded_s = 0.0

    def saw(self, frames: Sequence[Frame]) -> None:
        """Frames came."""
        at = frames[0].captured_at
        self._first = self._first or at
        self._recorded_s = (at - self._first) / timedelta(seconds=1)

    @property
    def after_s(self) -> float:
        """Seconds since the first frame, or since the announcement."""
        return self._recorded_s if self._is_recorded else monotonic() - self._announced_at


def _named(alerts: Sequence[Alert], clock: _PassClock) -> list[_Seen]:
    return [_Seen(each.reference_id, each.shot.camera_id, clock.after_s) for each in alerts]


def _camera_of(deployment: Deployment, recorded: FrameSource) -> str:
    known = deployment.authority.camera_ids
    if recorded.camera_id not in known:
        raise StateError(
            f"blue check: a pass is recorded with one of the authority's cameras ({', '.join(known)}), "
            f"not with {recorded.camera_id[:60]!a}"
        )
    return recorded.camera_id


def _authoritys(deployment: Deployment) -> Feeds:
    """The authority's cameras: newest frames of live ones, recordings in turn."""
    from lfr_kit.sources import open_source

    cameras = deployment.authority.cameras
    sources = {each.camera_id: open_source(each.source, camera_id=each.camera_id) for each in cameras}
    if any(source.n_frames is None for source in sources.values()):
        return NewestOfEach({each.camera_id: each.source for each in cameras})
    return InTurn(sources)
