"""What can be done with a deployment now, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lfr_kit.governance.deployment_state import EDGES, STEP_ACTIONS, Deployment, Step
from lfr_kit.governance.roles import PERMISSIONS, Role
from lfr_kit.governance.vocabulary import DeploymentState

__all__ = ["NextStep", "next_steps"]

_COMMANDS: dict[Step, str] = {
    Step.AMEND: "amend {id} PLAN.toml",
    Step.REQUEST: "request {id}",
    Step.REFUSE: "refuse {id}",
    Step.GRANT: "grant {id} --digest {digest}",
    Step.GRANT_URGENTLY: "grant {id} --urgent --digest {digest}",
    Step.RATIFY: "ratify {id}",
    Step.EXTEND: "extend {id} --until TIME",
    Step.CHANGE_THRESHOLD: "threshold {id} --to NUMBER",
    Step.OPEN: "open {id}",
    Step.PAUSE: "pause {id}",
    Step.RESUME: "resume {id}",
    Step.CLOSE: "close {id}",
    Step.ABORT: "abort {id}",
}
"""Steps that people take here; the clock makes a grant lapse, and retention purges."""

_DIGEST_SHOWN = 12


@dataclass(frozen=True)
class NextStep:
    """A step that leads on.

    Attributes
    ----------
    step, command
        Which, and how it is typed; words in capitals are to be replaced.
    roles
        Any of these may.
    not_by
        These people may not, whatever their roles: they asked for it, or granted it.
    note
        What else is to be known; empty if nothing.
    """

    step: Step
    command: str
    roles: tuple[Role, ...]
    not_by: tuple[str, ...] = ()
    note: str = ""


def next_steps(deployment: Deployment, at: datetime) -> list[NextStep]:
    """The steps that people can take now, most likely first."""
    steps = [step for state, step in EDGES if state is deployment.state and step in _COMMANDS]
    return [_next(deployment, step, at) for step in _in_likely_order(deployment, steps)]


def _in_likely_order(deployment: Deployment, steps: list[Step]) -> list[Step]:
    """Ratification, where awaited, before all; then forward, then sideways, then the end."""
    order = [
        Step.REQUEST,
        Step.GRANT,
        Step.OPEN,
        Step.RESUME,
        Step.CLOSE,
        Step.PAUSE,
        Step.AMEND,
        Step.REFUSE,
        Step.GRANT_URGENTLY,
        Step.EXTEND,
        Step.CHANGE_THRESHOLD,
        Step.ABORT,
    ]
    ratify = [Step.RATIFY] if Step.RATIFY in steps and deployment.awaits_ratification else []
    return [*ratify, *(step for step in order if step in steps)]


def _next(deployment: Deployment, step: Step, at: datetime) -> NextStep:
    action = STEP_ACTIONS[step]
    roles = tuple(sorted(PERMISSIONS[action] - {Role.SYSTEM}))
    not_by: set[str] = set()
    if step in (Step.GRANT, Step.GRANT_URGENTLY, Step.RATIFY, Step.EXTEND):
        not_by = set(deployment.asked_by)
    if step is Step.RATIFY and deployment.granted_by is not None:
        not_by.add(deployment.granted_by)
    words = _COMMANDS[step].format(id=deployment.deployment_id, digest=deployment.authority_digest[:_DIGEST_SHOWN])
    command = f"lfr deployment {words} --reason WHY"
    return NextStep(step, command, roles, tuple(sorted(not_by)), _note(deployment, step, at))


def _note(deployment: Deployment, step: Step, at: datetime) -> str:
    if step is Step.RATIFY and deployment.ratify_by is not None:
        return f"by {deployment.ratify_by:%Y-%m-%d %H:%M %Z}, else it is revoked"
    refuses = f"what still refuses: lfr deployment check {deployment.deployment_id}"
    if step is Step.OPEN and at < deployment.starts_at:
        return f"from {deployment.starts_at:%Y-%m-%d %H:%M %Z} on; {refuses}"
    if step is Step.OPEN:
        return refuses
    if step is Step.CLOSE and deployment.state in (DeploymentState.OPEN, DeploymentState.PAUSED):
        return f"by itself at {deployment.ends_at:%Y-%m-%d %H:%M %Z}"
    return ""
