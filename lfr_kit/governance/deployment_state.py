"""Where a deployment stands and which steps lead on: every change has an actor, a time and a reason.

    draft -> requested -> granted -> open <-> paused -> closed -> purged
      ^---refused--'         `---------'---------'----> aborted -> purged

`EDGES` is the whole machine; `check_step` adds who: nobody grants what they asked for, an urgent grant is ratified
by another authorising officer within 24 hours or lapses, and nothing runs outside its window.

References
----------
College of Policing APP (written authority before use; superintendent or above); the urgent route with later
ratification follows the Metropolitan Police's practice for inspectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from lfr_kit.errors import AuthorityError, StateError
from lfr_kit.governance.authority import LONGEST_WINDOW, Authority
from lfr_kit.governance.roles import SYSTEM, Action, Actor
from lfr_kit.governance.vocabulary import DeploymentState

__all__ = [
    "EDGES",
    "RATIFY_WITHIN",
    "RUNNABLE",
    "STEP_ACTIONS",
    "Clocked",
    "Deployment",
    "Step",
    "check_extension",
    "check_step",
    "due_step",
    "next_state",
]

RATIFY_WITHIN = timedelta(hours=24)
"""An urgent grant that no authorising officer has ratified by then is revoked."""

_S = DeploymentState


class Step(StrEnum):
    """What can happen to a deployment."""

    AMEND = "amend"
    REQUEST = "request"
    REFUSE = "refuse"
    GRANT = "grant"
    GRANT_URGENTLY = "grant_urgently"
    RATIFY = "ratify"
    LAPSE = "lapse"
    EXTEND = "extend"
    CHANGE_THRESHOLD = "change_threshold"
    OPEN = "open"
    PAUSE = "pause"
    RESUME = "resume"
    CLOSE = "close"
    ABORT = "abort"
    PURGE = "purge"


EDGES: dict[tuple[DeploymentState, Step], DeploymentState] = {
    (_S.DRAFT, Step.AMEND): _S.DRAFT,
    (_S.DRAFT, Step.REQUEST): _S.REQUESTED,
    (_S.REQUESTED, Step.REFUSE): _S.DRAFT,
    (_S.REQUESTED, Step.GRANT): _S.GRANTED,
    (_S.REQUESTED, Step.GRANT_URGENTLY): _S.GRANTED,
    (_S.GRANTED, Step.OPEN): _S.OPEN,
    (_S.OPEN, Step.PAUSE): _S.PAUSED,
    (_S.PAUSED, Step.RESUME): _S.OPEN,
    (_S.OPEN, Step.CLOSE): _S.CLOSED,
    (_S.PAUSED, Step.CLOSE): _S.CLOSED,
    (_S.CLOSED, Step.RATIFY): _S.CLOSED,
    (_S.CLOSED, Step.PURGE): _S.PURGED,
    (_S.ABORTED, Step.PURGE): _S.PURGED,
    **{
        (state, step): target or state
        for state in (_S.GRANTED, _S.OPEN, _S.PAUSED)
        for step, target in (
            (Step.RATIFY, None),
            (Step.EXTEND, None),
            (Step.CHANGE_THRESHOLD, None),
            (Step.LAPSE, _S.ABORTED),
            (Step.ABORT, _S.ABORTED),
        )
    },
}
"""(state, step) -> the state it leads to. What is not here cannot happen."""

STEP_ACTIONS: dict[Step, Action] = {
    Step.AMEND: Action.DEPLOYMENT_DRAFT,
    Step.REQUEST: Action.DEPLOYMENT_REQUEST,
    Step.REFUSE: Action.DEPLOYMENT_REFUSE,
    Step.GRANT: Action.DEPLOYMENT_GRANT,
    Step.GRANT_URGENTLY: Action.DEPLOYMENT_GRANT_URGENTLY,
    Step.RATIFY: Action.DEPLOYMENT_RATIFY,
    Step.LAPSE: Action.DEPLOYMENT_ABORT,
    Step.EXTEND: Action.DEPLOYMENT_EXTEND,
    Step.CHANGE_THRESHOLD: Action.DEPLOYMENT_CHANGE_THRESHOLD,
    Step.OPEN: Action.DEPLOYMENT_OPEN,
    Step.PAUSE: Action.DEPLOYMENT_PAUSE,
    Step.RESUME: Action.DEPLOYMENT_RESUME,
    Step.CLOSE: Action.DEPLOYMENT_CLOSE,
    Step.ABORT: Action.DEPLOYMENT_ABORT,
    Step.PURGE: Action.RETENTION_RUN,
}
"""Which permission a step takes, see `lfr_kit.governance.roles`."""

RUNNABLE = frozenset({_S.OPEN})
"""States in which faces may be compared."""

_GRANTS = frozenset({Step.GRANT, Step.GRANT_URGENTLY, Step.RATIFY, Step.EXTEND})
_WITHIN_WINDOW = frozenset({Step.GRANT, Step.GRANT_URGENTLY, Step.OPEN, Step.RESUME, Step.EXTEND, Step.REQUEST})


class Clocked(Protocol):
    """What the clock is held against."""

    @property
    def state(self) -> DeploymentState:
        """Where it stands."""

    @property
    def ends_at(self) -> datetime:
        """When its window ends."""

    @property
    def is_urgent(self) -> bool:
        """Whether it was granted urgently."""

    @property
    def ratify_by(self) -> datetime | None:
        """Until when an urgent grant must be ratified; None where it need not be."""

    @property
    def ratified_by(self) -> str | None:
        """Who ratified it; None = nobody yet."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment as it stands.

    Attributes
    ----------
    deployment_id
        ``D-...``
    state, version
        Where it stands; `version` rises with every change.
    authority, authority_digest
        What was drafted, and the SHA-256 that request and grant are bound to.
    starts_at, ends_at
        The window; `ends_at` is later than the authority's where it was extended.
    threshold
        In force now: the authority's, unless it was changed while running.
    asked_by
        Everybody who drafted, amended or requested it: none of them may grant it.
    drafted_by, requested_by, granted_by, granted_at
        Who and when; None until then.
    is_urgent, ratify_by, ratified_by
        An urgent grant, by when it must be ratified, and by whom it was.
    watchlist_id
        The frozen list it was opened with, or the one built for it.
    closed_at
        When it ended, closed or aborted.
    """

    deployment_id: str
    state: DeploymentState
    version: int
    authority: Authority
    authority_digest: str
    starts_at: datetime
    ends_at: datetime
    threshold: float
    asked_by: frozenset[str]
    drafted_by: str
    requested_by: str | None = None
    granted_by: str | None = None
    granted_at: datetime | None = None
    is_urgent: bool = False
    ratify_by: datetime | None = None
    ratified_by: str | None = None
    watchlist_id: str | None = None
    closed_at: datetime | None = None

    @property
    def awaits_ratification(self) -> bool:
        """Whether it runs on an urgent grant that nobody has ratified."""
        return self.is_urgent and self.ratified_by is None

    @property
    def ended_unratified(self) -> bool:
        """Whether it is over, and ran on an urgent grant that nobody has ratified up to now."""
        return self.awaits_ratification and self.state in (_S.CLOSED, _S.ABORTED, _S.PURGED)


def next_state(state: DeploymentState, step: Step) -> DeploymentState:
    """The state a step leads to.

    Raises
    ------
    StateError
        If there is no such step from there; names the steps there are.
    """
    found = EDGES.get((state, step))
    if found is None:
        steps = ", ".join(each for at, each in EDGES if at == state) or "nothing more"
        raise StateError(f"{step}: not possible while the deployment is {state}; from there: {steps}")
    return found


def check_step(deployment: Deployment, step: Step, actor: Actor, at: datetime) -> DeploymentState:
    """The state a step of this person leads to now; permission by role is checked elsewhere (`STEP_ACTIONS`).

    Raises
    ------
    StateError
        If there is no such step from there, or nothing to ratify, or it is too late or too early for it.
    AuthorityError
        If the person asked for what they would grant, or would ratify their own urgent grant.
    """
    target = next_state(deployment.state, step)
    if step in _GRANTS:
        _check_independence(deployment, step, actor)
    if step is Step.RATIFY:
        _check_ratification(deployment, at)
    if step is Step.LAPSE and not _has_lapsed(deployment, at):
        raise StateError("lapse: the grant is not urgent, is ratified, or may still be ratified")
    if step in _WITHIN_WINDOW and at >= deployment.ends_at:
        raise StateError(f"{step}: the window ended at {_said(deployment.ends_at)}; plan a new deployment")
    if step in (Step.OPEN, Step.RESUME) and at < deployment.starts_at:
        raise StateError(f"{step}: the window begins at {_said(deployment.starts_at)}; wait until then")
    return target


def check_extension(deployment: Deployment, ends_at: datetime) -> None:
    """StateError if a new end does not lengthen the window, or makes it longer than any may be."""
    if ends_at.tzinfo is None:
        raise StateError("extend: the new end has no time zone; add one, e.g. 2026-05-04T16:00:00+01:00")
    if ends_at <= deployment.ends_at:
        raise StateError(f"extend: it ends at {_said(deployment.ends_at)} already; to end it sooner, close it")
    if ends_at - deployment.starts_at > LONGEST_WINDOW:
        latest = deployment.starts_at + LONGEST_WINDOW
        raise StateError(f"extend: no window is longer than 24 hours; {_said(latest)} is the latest end")


def due_step(deployment: Clocked, at: datetime) -> tuple[Step, str] | None:
    """What the clock demands now, and the reason to record: a lapsed urgent grant, or a window that ended."""
    if deployment.state not in (_S.GRANTED, _S.OPEN, _S.PAUSED):
        return None
    if _has_lapsed(deployment, at):
        return Step.LAPSE, "the urgent grant was not ratified within 24 hours"
    if at < deployment.ends_at:
        return None
    if deployment.state is _S.GRANTED:
        return Step.ABORT, "its window ended without its having been opened"
    return Step.CLOSE, "its window ended"


def _check_independence(deployment: Deployment, step: Step, actor: Actor) -> None:
    if actor.user_id in deployment.asked_by:
        raise AuthorityError(
            f"{step}: {actor.user_id} drafted or requested this deployment; nobody grants what they asked for"
        )
    if step is Step.RATIFY and actor.user_id == deployment.granted_by:
        raise AuthorityError(f"{step}: {actor.user_id} granted it urgently; another officer must ratify")
    if actor.user_id == SYSTEM.user_id:
        raise AuthorityError(f"{step}: takes a person")


def _check_ratification(deployment: Deployment, at: datetime) -> None:
    if not deployment.is_urgent or deployment.ratify_by is None:
        raise StateError("ratify: it was not granted urgently, so there is nothing to ratify")
    if deployment.ratified_by is not None:
        raise StateError(f"ratify: {deployment.ratified_by} has ratified it already")
    if at >= deployment.ratify_by:
        raise StateError(f"ratify: it was to be done by {_said(deployment.ratify_by)}; plan a new deployment")


def _has_lapsed(deployment: Clocked, at: datetime) -> bool:
    if not deployment.is_urgent or deployment.ratified_by is not None or deployment.ratify_by is None:
        return False
    return at >= deployment.ratify_by


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}".strip()
