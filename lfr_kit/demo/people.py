"""Who takes part in the demo: one role a person, nearly one person a role."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from lfr_kit.governance.roles import Actor, Role
from lfr_kit.operations import users
from lfr_kit.store.store import Store

__all__ = ["People", "add_people"]


@dataclass(frozen=True)
class People:
    """The demo's people, by what they are to it."""

    administrator: Actor
    planner: Actor
    officer: Actor
    lister: Actor
    reviewer: Actor
    operator: Actor
    operator_2: Actor
    engager: Actor
    bronze: Actor
    auditor: Actor

    def __len__(self) -> int:
        return len(self.__dataclass_fields__)


_ROLES = {
    "administrator": Role.ADMINISTRATOR,
    "planner": Role.SILVER,
    "officer": Role.AUTHORISING_OFFICER,
    "lister": Role.WATCHLIST_MANAGER,
    "reviewer": Role.WATCHLIST_REVIEWER,
    "operator": Role.LFR_OPERATOR,
    "operator_2": Role.LFR_OPERATOR,
    "engager": Role.ENGAGEMENT_OFFICER,
    "bronze": Role.BRONZE,
    "auditor": Role.AUDITOR,
}


def add_people(store: Store, password: str = "") -> People:
    """Makes them users of an empty store; the first is its administrator, who adds the others.

    Parameters
    ----------
    password
        By which all of them can sign in; if empty, each has one that nobody keeps.
    """
    actors = {name: Actor(f"demo-{name.replace('_', '-')}", frozenset({role})) for name, role in _ROLES.items()}
    administrator, *others = actors.values()
    users.add_first(store, _new(administrator), password or secrets.token_urlsafe())
    for actor in others:
        given = secrets.token_urlsafe()
        users.add(store, administrator, _new(actor), given, justification="takes part in the demo")
        if password:
            users.change_own_password(store, actor.user_id, given, password)
    return People(**actors)


def _new(actor: Actor) -> users.NewUser:
    return users.NewUser(user_id=actor.user_id, roles=actor.roles)
