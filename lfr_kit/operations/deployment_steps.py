"""One step of one deployment: the rules, the row, the event and the audit entry, all or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from lfr_kit.errors import DecisionConflictError, JustificationError, StateError
from lfr_kit.governance.deployment_state import STEP_ACTIONS, Deployment, Step, check_step, due_step
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.roles import SYSTEM, Actor
from lfr_kit.governance.vocabulary import DeploymentState, Operation
from lfr_kit.operations.audit import check_clock
from lfr_kit.store.repository import deployments as repository
from lfr_kit.store.repository.deployments import Event, Standing
from lfr_kit.store.store import Act, Store
from lfr_kit.store.vault import DataKey

__all__ = [
    "LONGEST_REASON",
    "Stepping",
    "append_event",
    "deployment",
    "digest_at",
    "said_reason",
    "standing",
    "stepping",
    "tick",
]

LONGEST_REASON = 2_000
_DECISIONS = frozenset({Step.GRANT, Step.GRANT_URGENTLY, Step.REFUSE})
_PAST = {Step.GRANT: "granted", Step.GRANT_URGENTLY: "granted urgently", Step.REFUSE: "refused"}


@dataclass
class Stepping:
    """A step being taken.

    Attributes
    ----------
    act
        The open act.
    found
        The deployment as it was; locked.
    columns, data
        What else shall change in its row, and what its event shall say.
    after
        The deployment as it stands once the block has ended.
    """

    act: Act
    found: Deployment
    columns: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    _after: Deployment | None = None

    @property
    def after(self) -> Deployment:
        """See above; before the block has ended, as it was found."""
        return self._after or self.found


def append_event(
    act: Act,
    deployment_id: str,
    kind: str,
    *,
    data: Mapping[str, Any] | None = None,
    reason: str = "",
    states: tuple[DeploymentState | None, DeploymentState | None] = (None, None),
) -> Event:
    """Appends to a deployment's events, within an act.

    Parameters
    ----------
    kind
        transition, faces_seen, threshold, lit, dark, notice_published, briefing, checklist, fault, extension, ...
    data
        Plain values that hold no personal data: it is not sealed.
    reason
        Free text; sealed under the ``store`` key.
    states
        From which state to which, of a transition.
    """
    event = Event(
        deployment_id=deployment_id,
        seq=0,
        at=act.at,
        actor_id=act.actor.user_id,
        kind=kind,
        from_state=states[0],
        to_state=states[1],
        data=dict(data or {}),
        reason=reason,
    )
    return repository.add_event(act.connection, act.key("store"), event)


def deployment(act: Act, deployment_id: str, *, lock: bool = False) -> Deployment:
    """A deployment, within an act. NotInStoreError if there is none of that name."""
    return repository.deployment(act.connection, act.key("store"), deployment_id, lock=lock)


def said_reason(reason: str) -> str:
    """The reason of a step, clean. JustificationError without one: every step has one, whatever the policy."""
    cleaned = clean_text(reason, "reason", LONGEST_REASON, lines=True)
    if not cleaned:
        raise JustificationError("say why it is done (--reason); the deployment's history keeps it")
    return cleaned


@contextmanager
def stepping(store: Store, actor: Actor, deployment_id: str, step: Step, reason: str) -> Iterator[Stepping]:
    """Takes a step when the block ends well; within it, further rules may refuse, and say what else changes.

    Raises
    ------
    PermissionRefusedError, JustificationError
        If the person may not, or gives no reason.
    DecisionConflictError
        If somebody else decided first; says who, when and what.
    StateError, AuthorityError
        See `lfr_kit.governance.deployment_state.check_step`.
    """
    why = said_reason(reason)
    with store.act(
        actor,
        STEP_ACTIONS[step],
        Operation.ALTERATION,
        subject=f"deployment:{deployment_id}",
        deployment_id=deployment_id,
        justification=why,
    ) as act:
        found = deployment(act, deployment_id, lock=True)
        _check_not_decided(act, found, step)
        target = check_step(found, step, actor, act.at)
        taking = Stepping(act, found)
        yield taking
        ended = {"closed_at": act.at} if target in _ENDED and found.state not in _ENDED else {}
        repository.change(act.connection, found, state=str(target), **ended, **taking.columns)
        append_event(
            act,
            deployment_id,
            "transition",
            data={"step": str(step), **taking.data},
            reason=why,
            states=(found.state, target),
        )
        act.details.update(step=str(step), from_state=str(found.state), to_state=str(target), **taking.data)
        taking._after = deployment(act, deployment_id)


_ENDED = frozenset({DeploymentState.CLOSED, DeploymentState.ABORTED, DeploymentState.PURGED})


def digest_at(connection: Connection, key: DataKey, found: Deployment, *steps: Step) -> str:
    """The digest of the plan that stood when one of these steps was last taken; empty if none was."""
    past = repository.events_of(connection, key, found.deployment_id, ["transition"])
    taken = (each for each in reversed(past) if each.data.get("step") in steps)
    return next((str(each.data.get("authority_digest", "")) for each in taken), "")


def standing(store: Store, deployment_id: str) -> Standing:
    """Where it stands, read without a lock and without opening what is sealed: fit for every frame."""
    with store.reading() as connection:
        return repository.standing(connection, deployment_id)


def tick(store: Store, deployment_id: str) -> Standing:
    """Does what the clock demands (revokes a lapsed urgent grant, ends an ended window); where it stands then.

    Cheap while nothing is due: two rows are read.

    Raises
    ------
    ClockError
        If the clock was set back: then nobody knows whether the window has ended.
    """
    at = store.clock()
    with store.reading() as connection:
        now = repository.standing(connection, deployment_id)
        check_clock(connection, at)
    due = due_step(now, at)
    if due is None:
        return now
    step, why = due
    try:
        with stepping(store, SYSTEM, deployment_id, step, why):
            pass
    except (StateError, DecisionConflictError):
        pass  # somebody, or another process, was first: where it stands says so
    return standing(store, deployment_id)


def _check_not_decided(act: Act, found: Deployment, step: Step) -> None:
    if step not in _DECISIONS or found.state is DeploymentState.REQUESTED:
        return
    past = repository.events_of(act.connection, act.key("store"), found.deployment_id, ["transition"])
    decided = next((event for event in reversed(past) if event.data.get("step") in _DECISIONS), None)
    if decided is not None:
        raise DecisionConflictError(
            f"{found.deployment_id} was {_PAST[Step(decided.data['step'])]} by {decided.actor_id} at "
            f"{decided.at:%Y-%m-%d %H:%M:%S %Z} already and is {found.state}; nothing was changed"
        )
