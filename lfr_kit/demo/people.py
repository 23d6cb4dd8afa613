"""Who takes part in the demo: one person a role, each with a password of their own that nobody keeps."""

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
    engager: Actor
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
    "engager": Role.ENGAGEMENT_OFFICER,
    "auditor": Role.AUDITOR,
}


def add_people(store: Store) -> People:
    """Makes them users of an empty store; the first is its administrator, who adds the others."""
    actors = {name: Actor(f"demo-{name}", frozenset({role})) for name, role in _ROLES.items()}
    administrator, *others = actors.values()
    users.add_first(store, _new(administrator), secrets.token_urlsafe())
    for actor in others:
        users.add(
            store, administrator, _new(actor), secrets.token_urlsafe(), justification="takes part in the demo"
        )
    return People(**actors)


def _new(actor: Actor) -> users.NewUser:
    return users.NewUser(user_id=actor.user_id, roles=actor.roles)
