"""Who may do what: one table, read top to bottom.

An action that is not in the table is nobody's. A person may hold several roles, but not two that check each
other (`INCOMPATIBLE`), and never grants what they asked for (`lfr_kit.governance.deployment_state`).

References
----------
Roles: South Wales Police AFR standard operating procedure (Gold, Silver, Bronze, operator, intervention
officer); College of Policing APP (authorising officer of superintendent rank or above).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from lfr_kit.errors import PermissionRefusedError, RoleConflictError

__all__ = [
    "INCOMPATIBLE",
    "IN_WORDS",
    "PERMISSIONS",
    "SYSTEM",
    "Action",
    "Actor",
    "Role",
    "check_roles",
    "may",
    "require",
    "role_in_words",
    "roles_that_may",
]


class Role(StrEnum):
    """What a person is to a deployment."""

    AUTHORISING_OFFICER = "authorising_officer"
    GOLD = "gold"
    SILVER = "silver"
    BRONZE = "bronze"
    LFR_OPERATOR = "lfr_operator"
    ENGAGEMENT_OFFICER = "engagement_officer"
    WATCHLIST_MANAGER = "watchlist_manager"
    WATCHLIST_REVIEWER = "watchlist_reviewer"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


class Action(StrEnum):
    """What can be done. The part before the dot is the thing it is done to."""

    WATCHLIST_CREATE = "watchlist.create"
    WATCHLIST_IMPORT = "watchlist.import"
    WATCHLIST_REVIEW = "watchlist.review"
    WATCHLIST_SECOND_APPROVE = "watchlist.second_approve"
    WATCHLIST_FREEZE = "watchlist.freeze"
    WATCHLIST_WITHDRAW = "watchlist.withdraw"
    WATCHLIST_VIEW = "watchlist.view"
    WATCHLIST_DELETE = "watchlist.delete"
    BLUE_LIST_ENROL = "blue_list.enrol"
    BLUE_LIST_CHECK = "blue_list.check"
    LEDGER_SEARCH = "ledger.search"
    DEPLOYMENT_DRAFT = "deployment.draft"
    DEPLOYMENT_REQUEST = "deployment.request"
    DEPLOYMENT_GRANT = "deployment.grant"
    DEPLOYMENT_GRANT_URGENTLY = "deployment.grant_urgently"
    DEPLOYMENT_RATIFY = "deployment.ratify"
    DEPLOYMENT_REFUSE = "deployment.refuse"
    DEPLOYMENT_EXTEND = "deployment.extend"
    DEPLOYMENT_OPEN = "deployment.open"
    DEPLOYMENT_RUN = "deployment.run"
    DEPLOYMENT_PAUSE = "deployment.pause"
    DEPLOYMENT_RESUME = "deployment.resume"
    DEPLOYMENT_CLOSE = "deployment.close"
    DEPLOYMENT_ABORT = "deployment.abort"
    DEPLOYMENT_CHANGE_THRESHOLD = "deployment.change_threshold"
    DEPLOYMENT_CHECKLIST = "deployment.checklist"
    DEPLOYMENT_CHECK_IN = "deployment.check_in"
    DEPLOYMENT_VIEW = "deployment.view"
    RECORD_PUBLISH = "record.publish"
    RECORD_CORRECT = "record.correct"
    ALERT_RAISE = "alert.raise"
    ALERT_ROUTE = "alert.route"
    ALERT_VIEW = "alert.view"
    ALERT_ACKNOWLEDGE = "alert.acknowledge"
    ALERT_ADJUDICATE = "alert.adjudicate"
    ALERT_ENGAGE = "alert.engage"
    ALERT_OUTCOME = "alert.outcome"
    ALERT_REVIEW = "alert.review"
    EQUALITY_RECORD = "equality.record"
    RETENTION_RUN = "retention.run"
    RETENTION_HOLD = "retention.hold"
    RETENTION_RELEASE = "retention.release"
    RECORDING_MAKE = "recording.make"
    RECORDING_PLAY = "recording.play"
    RECORDING_EXPORT = "recording.export"
    AUDIT_VIEW = "audit.view"
    AUDIT_VERIFY = "audit.verify"
    FOOTAGE_SCAN = "footage.scan"
    EVALUATION_VIEW = "evaluation.view"
    USERS_MANAGE = "users.manage"
    USERS_VIEW = "users.view"
    KEYS_MANAGE = "keys.manage"
    POLICY_CHANGE = "policy.change"
    CLOCK_ACCEPT = "clock.accept"


_R = Role
_COMMAND = frozenset({_R.GOLD, _R.SILVER, _R.BRONZE})
_EVERYBODY_ON_DUTY = _COMMAND | {
    _R.AUTHORISING_OFFICER,
    _R.LFR_OPERATOR,
    _R.ENGAGEMENT_OFFICER,
    _R.WATCHLIST_MANAGER,
    _R.WATCHLIST_REVIEWER,
    _R.AUDITOR,
}

PERMISSIONS: dict[Action, frozenset[Role]] = {
    Action.WATCHLIST_CREATE: frozenset({_R.WATCHLIST_MANAGER}),
    Action.WATCHLIST_IMPORT: frozenset({_R.WATCHLIST_MANAGER}),
    Action.WATCHLIST_REVIEW: frozenset({_R.WATCHLIST_REVIEWER}),
    Action.WATCHLIST_SECOND_APPROVE: frozenset({_R.SILVER, _R.GOLD, _R.AUTHORISING_OFFICER}),
    Action.WATCHLIST_FREEZE: frozenset({_R.WATCHLIST_MANAGER}),
    Action.WATCHLIST_WITHDRAW: frozenset({_R.WATCHLIST_MANAGER, _R.WATCHLIST_REVIEWER, _R.SILVER}),
    Action.WATCHLIST_VIEW: frozenset(
        {_R.WATCHLIST_MANAGER, _R.WATCHLIST_REVIEWER, _R.SILVER, _R.GOLD, _R.AUTHORISING_OFFICER, _R.AUDITOR}
    ),
    Action.WATCHLIST_DELETE: frozenset({_R.WATCHLIST_MANAGER, _R.SILVER, _R.SYSTEM}),
    Action.BLUE_LIST_ENROL: frozenset({_R.WATCHLIST_MANAGER, _R.LFR_OPERATOR, _R.BRONZE}),
    Action.BLUE_LIST_CHECK: frozenset({_R.LFR_OPERATOR, _R.BRONZE, _R.SILVER}),
    Action.LEDGER_SEARCH: frozenset({_R.AUDITOR}),
    Action.DEPLOYMENT_DRAFT: frozenset({_R.SILVER, _R.BRONZE}),
    Action.DEPLOYMENT_REQUEST: frozenset({_R.SILVER, _R.BRONZE}),
    Action.DEPLOYMENT_GRANT: frozenset({_R.AUTHORISING_OFFICER}),
    Action.DEPLOYMENT_GRANT_URGENTLY: frozenset({_R.AUTHORISING_OFFICER, _R.GOLD, _R.SILVER}),
    Action.DEPLOYMENT_RATIFY: frozenset({_R.AUTHORISING_OFFICER}),
    Action.DEPLOYMENT_REFUSE: frozenset({_R.AUTHORISING_OFFICER}),
    Action.DEPLOYMENT_EXTEND: frozenset({_R.AUTHORISING_OFFICER}),
    Action.DEPLOYMENT_OPEN: frozenset({_R.SILVER, _R.BRONZE}),
    Action.DEPLOYMENT_RUN: frozenset({_R.LFR_OPERATOR, _R.BRONZE, _R.SILVER}),
    Action.DEPLOYMENT_PAUSE: _COMMAND | {_R.AUTHORISING_OFFICER, _R.LFR_OPERATOR, _R.SYSTEM},
    Action.DEPLOYMENT_RESUME: frozenset({_R.SILVER, _R.GOLD}),
    Action.DEPLOYMENT_CLOSE: _COMMAND | {_R.SYSTEM},
    Action.DEPLOYMENT_ABORT: _COMMAND | {_R.AUTHORISING_OFFICER, _R.LFR_OPERATOR, _R.SYSTEM},
    Action.DEPLOYMENT_CHANGE_THRESHOLD: frozenset({_R.SILVER, _R.GOLD, _R.AUTHORISING_OFFICER}),
    Action.DEPLOYMENT_CHECKLIST: _COMMAND | {_R.LFR_OPERATOR},
    Action.DEPLOYMENT_CHECK_IN: frozenset({_R.ENGAGEMENT_OFFICER, _R.BRONZE}),
    Action.DEPLOYMENT_VIEW: _EVERYBODY_ON_DUTY | {_R.ANALYST},
    Action.RECORD_PUBLISH: frozenset({_R.SILVER, _R.GOLD, _R.SYSTEM}),
    Action.RECORD_CORRECT: frozenset({_R.SILVER, _R.GOLD}),
    Action.ALERT_RAISE: frozenset({_R.LFR_OPERATOR, _R.BRONZE, _R.SILVER, _R.SYSTEM}),
    Action.ALERT_ROUTE: frozenset({_R.SYSTEM}),
    Action.ALERT_VIEW: _COMMAND | {_R.LFR_OPERATOR, _R.ENGAGEMENT_OFFICER, _R.AUDITOR},
    Action.ALERT_ACKNOWLEDGE: frozenset({_R.LFR_OPERATOR, _R.ENGAGEMENT_OFFICER, _R.BRONZE, _R.SILVER}),
    Action.ALERT_ADJUDICATE: frozenset({_R.LFR_OPERATOR}),
    Action.ALERT_ENGAGE: frozenset({_R.ENGAGEMENT_OFFICER}),
    Action.ALERT_OUTCOME: frozenset({_R.ENGAGEMENT_OFFICER}),
    Action.ALERT_REVIEW: frozenset({_R.SILVER, _R.GOLD}),
    Action.EQUALITY_RECORD: frozenset({_R.ENGAGEMENT_OFFICER}),
    Action.RETENTION_RUN: frozenset({_R.SILVER, _R.ADMINISTRATOR, _R.SYSTEM}),
    Action.RETENTION_HOLD: frozenset({_R.SILVER, _R.GOLD}),
    Action.RETENTION_RELEASE: frozenset({_R.SILVER, _R.GOLD}),
    Action.RECORDING_MAKE: frozenset({_R.LFR_OPERATOR, _R.BRONZE, _R.SILVER, _R.SYSTEM}),
    Action.RECORDING_PLAY: frozenset({_R.SILVER, _R.GOLD, _R.AUDITOR}),
    Action.RECORDING_EXPORT: frozenset({_R.SILVER, _R.GOLD}),
    Action.AUDIT_VIEW: frozenset({_R.AUDITOR}),
    Action.AUDIT_VERIFY: frozenset({_R.AUDITOR, _R.ADMINISTRATOR}),
    Action.FOOTAGE_SCAN: frozenset({_R.ANALYST}),
    Action.EVALUATION_VIEW: _COMMAND | {_R.AUTHORISING_OFFICER, _R.ANALYST, _R.AUDITOR, _R.ADMINISTRATOR},
    Action.USERS_MANAGE: frozenset({_R.ADMINISTRATOR}),
    Action.USERS_VIEW: frozenset({_R.ADMINISTRATOR, _R.AUDITOR}),
    Action.KEYS_MANAGE: frozenset({_R.ADMINISTRATOR}),
    Action.POLICY_CHANGE: frozenset({_R.ADMINISTRATOR}),
    Action.CLOCK_ACCEPT: frozenset({_R.ADMINISTRATOR}),
}
"""Action -> the roles that may do it."""

IN_WORDS: dict[Action, str] = {
    Action.WATCHLIST_CREATE: "begin a watchlist",
    Action.WATCHLIST_IMPORT: "enter people on a watchlist",
    Action.WATCHLIST_REVIEW: "review entries of a watchlist",
    Action.WATCHLIST_SECOND_APPROVE: "give the second approval of an entry",
    Action.WATCHLIST_FREEZE: "freeze a watchlist",
    Action.WATCHLIST_WITHDRAW: "withdraw people from a watchlist",
    Action.WATCHLIST_VIEW: "look at a watchlist",
    Action.WATCHLIST_DELETE: "delete a watchlist",
    Action.BLUE_LIST_ENROL: "enter staff on the blue list",
    Action.BLUE_LIST_CHECK: "run the blue-list check",
    Action.LEDGER_SEARCH: "search the ledger of who was on a list",
    Action.DEPLOYMENT_DRAFT: "draft a deployment",
    Action.DEPLOYMENT_REQUEST: "request a deployment",
    Action.DEPLOYMENT_GRANT: "grant a deployment",
    Action.DEPLOYMENT_GRANT_URGENTLY: "grant a deployment urgently",
    Action.DEPLOYMENT_RATIFY: "ratify an urgent grant",
    Action.DEPLOYMENT_REFUSE: "refuse a deployment",
    Action.DEPLOYMENT_EXTEND: "extend a deployment",
    Action.DEPLOYMENT_OPEN: "open a deployment",
    Action.DEPLOYMENT_RUN: "run the cameras of a deployment",
    Action.DEPLOYMENT_PAUSE: "pause a deployment",
    Action.DEPLOYMENT_RESUME: "resume a deployment",
    Action.DEPLOYMENT_CLOSE: "close a deployment",
    Action.DEPLOYMENT_ABORT: "abort a deployment",
    Action.DEPLOYMENT_CHANGE_THRESHOLD: "change the threshold of a deployment",
    Action.DEPLOYMENT_CHECKLIST: "tick the checklist of a deployment",
    Action.DEPLOYMENT_CHECK_IN: "check in on the ground",
    Action.DEPLOYMENT_VIEW: "look at deployments",
    Action.RECORD_PUBLISH: "publish the record of a deployment",
    Action.RECORD_CORRECT: "correct a published record",
    Action.ALERT_RAISE: "raise an alert",
    Action.ALERT_ROUTE: "route alerts to teams",
    Action.ALERT_VIEW: "look at alerts",
    Action.ALERT_ACKNOWLEDGE: "take an alert in hand",
    Action.ALERT_ADJUDICATE: "decide on an alert",
    Action.ALERT_ENGAGE: "engage with the person of an alert",
    Action.ALERT_OUTCOME: "say how an engagement ended",
    Action.ALERT_REVIEW: "review the truth of an alert",
    Action.EQUALITY_RECORD: "record equality data",
    Action.RETENTION_RUN: "delete what is due",
    Action.RETENTION_HOLD: "put on a legal hold",
    Action.RETENTION_RELEASE: "review or release a legal hold",
    Action.RECORDING_MAKE: "record a deployment",
    Action.RECORDING_PLAY: "look at a recording",
    Action.RECORDING_EXPORT: "export a recording",
    Action.AUDIT_VIEW: "read the audit log",
    Action.AUDIT_VERIFY: "verify the audit log",
    Action.FOOTAGE_SCAN: "search footage",
    Action.EVALUATION_VIEW: "look at evaluations",
    Action.USERS_MANAGE: "add, change or deactivate users",
    Action.USERS_VIEW: "look at the users",
    Action.KEYS_MANAGE: "change the master key",
    Action.POLICY_CHANGE: "change a policy of the store",
    Action.CLOCK_ACCEPT: "accept the clock as it stands",
}
"""Action -> what is done, as people say it after "may" or "may not"."""

INCOMPATIBLE: tuple[frozenset[Role], ...] = (
    frozenset({Role.AUTHORISING_OFFICER, Role.LFR_OPERATOR}),
    frozenset({Role.AUTHORISING_OFFICER, Role.ENGAGEMENT_OFFICER}),
    frozenset({Role.LFR_OPERATOR, Role.ENGAGEMENT_OFFICER}),
    frozenset({Role.WATCHLIST_MANAGER, Role.WATCHLIST_REVIEWER}),
    frozenset({Role.ADMINISTRATOR, Role.AUTHORISING_OFFICER}),
    frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
)
"""Pairs of roles that one person may not hold: each checks the other."""


@dataclass(frozen=True)
class Actor:
    """Who acts: a signed-in user, or the program itself (`SYSTEM`).

    Attributes
    ----------
    user_id
        Login name, e.g. a collar number: pseudonymous, stands in the audit log.
    roles
        What they are.
    """

    user_id: str
    roles: frozenset[Role] = field(default_factory=frozenset)


SYSTEM = Actor("system", frozenset({Role.SYSTEM}))
"""The program, where no person asked: a clock ran out, an alert was raised. Nobody can sign in as it."""


def may(actor: Actor, action: Action) -> bool:
    """Whether the table lets one of the actor's roles do it."""
    return not actor.roles.isdisjoint(PERMISSIONS.get(action, frozenset()))


def require(actor: Actor, action: Action) -> None:
    """PermissionRefusedError, in words and naming the roles that may, if the actor may not."""
    if not may(actor, action):
        raise PermissionRefusedError(
            f"{actor.user_id} may not {IN_WORDS[action]}; who may: {roles_that_may(action)}"
        )


def role_in_words(role: Role) -> str:
    """The role as people say it.

    >>> role_in_words(Role.LFR_OPERATOR), role_in_words(Role.GOLD)
    ('LFR operator', 'gold')
    """
    return role.replace("_", " ").replace("lfr", "LFR")


def roles_that_may(*actions: Action) -> str:
    """The roles of people that may do any of some actions, in words, in the table's order; ``nobody`` if none may.

    >>> roles_that_may(Action.ALERT_ENGAGE, Action.DEPLOYMENT_CHECK_IN)
    'bronze, engagement officer'
    """
    able = {role for action in actions for role in PERMISSIONS.get(action, ())} - {Role.SYSTEM}
    return ", ".join(role_in_words(role) for role in Role if role in able) or "nobody"


def check_roles(roles: Iterable[Role]) -> None:
    """RoleConflictError if a person with these roles would check themselves, or hold the program's own role."""
    held = frozenset(roles)
    if Role.SYSTEM in held:
        raise RoleConflictError("role system: belongs to the program itself; give another role")
    for pair in INCOMPATIBLE:
        if pair <= held:
            raise RoleConflictError(
                f"roles {' and '.join(sorted(pair))}: one checks the other; give them to two people"
            )
