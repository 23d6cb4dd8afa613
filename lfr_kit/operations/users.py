"""Users: added, given roles, deactivated; never deleted, for the audit log names them.

The first one is an administrator and is added by whoever has the master key; after that only administrators add
others, nobody changes their own roles, and one administrator always remains. Whoever was given a password by
somebody else chooses their own before anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from lfr_kit.errors import GovernanceError, InputError, PermissionRefusedError, RoleConflictError, TamperedError
from lfr_kit.governance.chain_check import ChainCheck
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.roles import SYSTEM, Action, Actor, Role, check_roles
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations.passwords import check_choice, hash_password
from lfr_kit.operations.sessions import UNKNOWN, check_password, check_unchanged
from lfr_kit.store.faults import translated
from lfr_kit.store.repository import audit_log, audit_reading, users
from lfr_kit.store.repository.audit_log import Line
from lfr_kit.store.repository.users import User
from lfr_kit.store.store import Act, Store

__all__ = [
    "NewUser",
    "UserCard",
    "add",
    "add_first",
    "change_own_password",
    "deactivate",
    "list_users",
    "reset_password",
    "set_roles",
    "there_are_none",
]

LONGEST_NAME = 120
_USER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RESERVED = frozenset({SYSTEM.user_id, UNKNOWN, "nobody"})
_FIRST = "users.bootstrap"


@dataclass(frozen=True)
class NewUser:
    """Who is to be added; checked when made.

    Attributes
    ----------
    user_id
        Letters, digits, ``. _ -``, at most 64; e.g. a collar number.
    roles
        At least one, none that check each other.
    name
        Display name, sealed in the store; may be empty.

    Raises
    ------
    InputError
        If the name or the display name cannot be taken.
    RoleConflictError
        If the roles may not be held together.
    """

    user_id: str
    roles: frozenset[Role]
    name: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.user_id, str) or not _USER_ID.fullmatch(self.user_id):
            raise InputError(
                "user name: give 1 to 64 letters (a-z), digits or . _ - , beginning with a letter or digit, "
                "e.g. a collar number"
            )
        if self.user_id.casefold() in _RESERVED:
            raise InputError(f"user name {self.user_id!r}: belongs to the program; give another")
        object.__setattr__(self, "name", clean_text(self.name, "display name", LONGEST_NAME))
        object.__setattr__(self, "roles", _checked(self.roles))


@dataclass(frozen=True)
class UserCard:
    """A user as an administrator sees them.

    Attributes
    ----------
    user_id, name, roles, is_active, created_at
        See `lfr_kit.store.repository.users.User`.
    locked_until
        No sign-in before then; None if not locked now.
    """

    user_id: str
    name: str
    roles: tuple[Role, ...]
    is_active: bool
    created_at: datetime
    locked_until: datetime | None


def there_are_none(store: Store) -> bool:
    """Whether nobody was ever added: then the first may be, without anybody signed in."""
    with store.reading() as connection:
        return users.n_users(connection) == 0


def add_first(store: Store, new: NewUser, password: str) -> None:
    """The first user, an administrator; logged as the program's own act.

    Raises
    ------
    TamperedError
        If the log knows of users already, or was itself changed: then they were deleted from outside.
    PermissionRefusedError
        If there is a user already, also one who was added at the same moment.
    RoleConflictError
        If the roles are not that of an administrator alone: more would be giving them to oneself.
    InputError
        If the password is too weak.
    """
    if new.roles != {Role.ADMINISTRATOR}:
        raise RoleConflictError("the first user is an administrator and nothing else; they then add the others")
    check_choice(password, new.user_id)
    hashed = hash_password(password)
    with translated(), store.engine.begin() as connection:
        audit_log.lock(connection)
        if users.n_users(connection):
            raise PermissionRefusedError("there are users already; an administrator adds others, signed in")
        _check_never_had_any(store, connection)
        now = store.clock()
        users.add_user(connection, store.vault.key(connection, "store"), _fresh(new, hashed, now), new.name)
        why = "the first user of this store, added by whoever holds its master key"
        line = Line("system", Operation.ALTERATION, _FIRST, f"user:{new.user_id}", justification=why)
        line.details["roles"] = sorted(new.roles)
        audit_log.append(connection, store.vault, [line], now)


def add(store: Store, actor: Actor, new: NewUser, password: str, *, justification: str) -> None:
    """A further user, who must choose their own password at first.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    InputError
        If the name is taken or the password too weak.
    """
    check_choice(password, new.user_id)
    hashed = hash_password(password)
    with _managing(store, actor, new.user_id, "add", justification) as act:
        taken = {each.user_id.casefold() for each in users.every_user(act.connection, act.key("store"))}
        if new.user_id.casefold() in taken:
            raise InputError(f"user {new.user_id}: that name, or one that differs in case only, is taken")
        fresh = _fresh(new, hashed, act.at, must_change_password=True)
        users.add_user(act.connection, act.key("store"), fresh, new.name)
        act.details["roles"] = sorted(new.roles)


def set_roles(
    store: Store, actor: Actor, user_id: str, roles: Iterable[Role], *, justification: str
) -> frozenset[Role]:
    """Gives a user these roles instead of those they had, and ends their sessions; the roles they had.

    Raises
    ------
    PermissionRefusedError
        If it is the actor: nobody changes their own roles. See also `Store.act`.
    RoleConflictError
        If the roles may not be held together.
    GovernanceError
        If no administrator would remain.
    NotInStoreError
        If there is no such user.
    """
    wanted = _checked(roles)
    with _managing(store, actor, user_id, "roles", justification) as act:
        _not_oneself(actor, user_id)
        before = users.user(act.connection, act.key("store"), user_id)
        if Role.ADMINISTRATOR not in wanted:
            _check_one_remains(act, before)
        users.change_user(act.connection, act.key("store"), user_id, roles=wanted)
        users.delete_sessions(act.connection, user_id=user_id)
        act.details.update({"before": sorted(before.roles), "roles": sorted(wanted)})
    return before.roles


def deactivate(store: Store, actor: Actor, user_id: str, *, justification: str) -> None:
    """Lets a user sign in no more, and ends their sessions at once.

    Raises
    ------
    GovernanceError
        If no administrator would remain.
    NotInStoreError
        If there is no such user.
    """
    with _managing(store, actor, user_id, "deactivate", justification) as act:
        _check_one_remains(act, users.user(act.connection, act.key("store"), user_id))
        users.change_user(act.connection, act.key("store"), user_id, is_active=False)
        act.details["sessions_ended"] = users.delete_sessions(act.connection, user_id=user_id)


def reset_password(store: Store, actor: Actor, user_id: str, password: str, *, justification: str) -> None:
    """Gives a user a new password, which they must change; ends their sessions, lets go of a lock.

    Raises
    ------
    PermissionRefusedError
        If it is the actor's own: that takes the old one (`change_own_password`).
    InputError
        If it is too weak.
    NotInStoreError
        If there is no such user.
    """
    check_choice(password, user_id)
    hashed = hash_password(password)
    with _managing(store, actor, user_id, "password", justification) as act:
        _not_oneself(actor, user_id)
        users.user(act.connection, act.key("store"), user_id)
        _give_password(act, user_id, hashed, must_change_password=True)


def change_own_password(store: Store, user_id: str, old: str, new: str) -> None:
    """Changes one's own password and ends all one's sessions.

    Raises
    ------
    SignInError
        If the old one is wrong, which counts as a failed sign-in, or was changed at this moment.
    InputError
        If the new one is too weak, or the old one again.
    """
    who = check_password(store, user_id, old)
    check_choice(new, user_id)
    if new == old:
        raise InputError("the new password is the old one; take another")
    hashed = hash_password(new)
    with translated(), store.engine.begin() as connection:
        audit_log.lock(connection)
        now = store.clock()
        act = Act(connection, store.vault, Actor(who.user_id, who.roles), now, f"user:{who.user_id}", None, "")
        check_unchanged(connection, act.key("store"), who)
        _give_password(act, who.user_id, hashed, must_change_password=False)
        why = "changed their own password"
        line = Line(who.user_id, Operation.ALTERATION, "users.own_password", f"user:{who.user_id}", None, why)
        audit_log.append(connection, store.vault, [line], now)


def list_users(store: Store, actor: Actor, *, justification: str) -> tuple[UserCard, ...]:
    """Every user, with display names: a consultation."""
    with store.act(
        actor, Action.USERS_VIEW, Operation.CONSULTATION, subject="users", justification=justification
    ) as act:
        key = act.key("store")
        found = users.every_user(act.connection, key)
        act.details["n_users"] = len(found)
        return tuple(_card(each, each.name(key), act.at) for each in found)


@contextmanager
def _managing(store: Store, actor: Actor, user_id: str, what: str, justification: str) -> Iterator[Act]:
    """An act on a user; others who manage users wait for its end."""
    subject = f"user:{user_id}" if _USER_ID.fullmatch(user_id) else "user:(no such name)"
    with store.act(
        actor, Action.USERS_MANAGE, Operation.ALTERATION, subject=subject, justification=justification
    ) as act:
        audit_log.lock(act.connection)
        act.details["change"] = what
        yield act


def _checked(roles: Iterable[Role]) -> frozenset[Role]:
    wanted = frozenset(Role(role) for role in roles)
    if not wanted:
        raise InputError("roles: give at least one with --role; to let somebody do nothing, deactivate them")
    check_roles(wanted)
    return wanted


def _check_never_had_any(store: Store, connection: Connection) -> None:
    """Whoever empties the table of users from outside makes nobody the first again."""
    opens = audit_reading.seal_checker(store.vault.key(connection, "audit"))
    check = ChainCheck(audit_log.head(connection, store.vault), opens)
    has_had = False
    for link in audit_reading.links(connection):
        check.add(link)
        has_had = has_had or link.action == _FIRST
    if has_had or not check.report().is_whole:
        raise TamperedError(
            "the store has no users, but had some or its log was changed: this was done from outside; "
            "restore it from a backup"
        )


def _not_oneself(actor: Actor, user_id: str) -> None:
    if actor.user_id.casefold() == user_id.casefold():
        raise PermissionRefusedError(f"{user_id} may not do this to themselves; another administrator does")


def _check_one_remains(act: Act, leaving: User) -> None:
    others = [
        each for each in users.every_user(act.connection, act.key("store")) if each.user_id != leaving.user_id
    ]
    if any(each.is_active and Role.ADMINISTRATOR in each.roles for each in others):
        return
    if Role.ADMINISTRATOR in leaving.roles and leaving.is_active:
        raise GovernanceError(f"{leaving.user_id} is the last administrator; add another one first")


def _give_password(act: Act, user_id: str, hashed: str, *, must_change_password: bool) -> None:
    users.change_user(
        act.connection,
        act.key("store"),
        user_id,
        password_hash=hashed,
        must_change_password=must_change_password,
        failed_attempts=0,
        locked_until=None,
    )
    act.details["sessions_ended"] = users.delete_sessions(act.connection, user_id=user_id)


def _fresh(new: NewUser, hashed: str, at: datetime, *, must_change_password: bool = False) -> User:
    return User(
        user_id=new.user_id,
        roles=new.roles,
        is_active=True,
        password_hash=hashed,
        failed_attempts=0,
        locked_until=None,
        must_change_password=must_change_password,
        created_at=at,
        sealed_name=None,
    )


def _card(who: User, name: str, now: datetime) -> UserCard:
    is_locked = who.locked_until is not None and now < who.locked_until
    until = who.locked_until if is_locked else None
    return UserCard(who.user_id, name, tuple(sorted(who.roles)), who.is_active, who.created_at, until)
