"""Users and their sessions as rows, each under a MAC: whoever writes to the database without its key lifts nobody.

`key` is that of the scope ``store`` throughout.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from lfr_kit.errors import NotInStoreError, TamperedError
from lfr_kit.governance.roles import Role
from lfr_kit.store.tables.users import sessions, users
from lfr_kit.store.vault import DataKey

__all__ = [
    "Session",
    "User",
    "add_session",
    "add_user",
    "change_user",
    "delete_sessions",
    "every_user",
    "n_users",
    "session_of",
    "touch_session",
    "user",
]

_LONGEST_ID = 64


@dataclass(frozen=True, kw_only=True)
class User:
    """Somebody who may sign in.

    Attributes
    ----------
    user_id
        Login name, pseudonymous.
    roles
        What they are.
    is_active
        Whether they may sign in at all.
    password_hash
        Argon2id, with its parameters. Never printed.
    failed_attempts
        Since the last success.
    locked_until
        No sign-in before then; None if not locked.
    must_change_password
        Whether somebody else chose the password.
    created_at
        When they were added.
    sealed_name
        Display name, sealed; None if there is none.
    """

    user_id: str
    roles: frozenset[Role]
    is_active: bool
    password_hash: str
    failed_attempts: int
    locked_until: datetime | None
    must_change_password: bool
    created_at: datetime
    sealed_name: bytes | None

    def __repr__(self) -> str:
        return f"User({self.user_id}, {', '.join(sorted(self.roles))})"

    def name(self, key: DataKey) -> str:
        """Display name, or nothing."""
        return "" if self.sealed_name is None else key.open(self.sealed_name, _about_name(self.user_id)).decode()


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in.

    Attributes
    ----------
    token_digest
        SHA-256 of the token.
    user
        Who.
    created_at, expires_at, last_used_at
        Since when, until when, and when it was last made use of.
    """

    token_digest: str
    user: User
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime


def add_user(connection: Connection, key: DataKey, who: User, name: str) -> None:
    """A new user; the display name is sealed."""
    connection.execute(
        insert(users).values(
            user_id=who.user_id,
            sealed_name=key.seal(name.encode(), _about_name(who.user_id)) if name else None,
            password_hash=who.password_hash,
            roles=sorted(who.roles),
            is_active=who.is_active,
            created_at=who.created_at,
            failed_attempts=who.failed_attempts,
            locked_until=who.locked_until,
            must_change_password=who.must_change_password,
            mac=_mac_of_user(key, who),
        )
    )


def user(connection: Connection, key: DataKey, user_id: str) -> User:
    """One user.

    Raises
    ------
    NotInStoreError
        If there is none of that name.
    TamperedError
        If roles, password or state were changed from outside.
    """
    can_be = len(user_id) <= _LONGEST_ID and user_id.isascii() and user_id.isprintable()
    found = select(users).where(users.c.user_id == user_id)
    row = connection.execute(found).one_or_none() if can_be else None
    if row is None:
        raise NotInStoreError(f"there is no user {user_id[:_LONGEST_ID]!a}; see: lfr users list")
    return _user(key, row)


def every_user(connection: Connection, key: DataKey) -> list[User]:
    """All users, also those who were deactivated, by name. TamperedError if one was changed from outside."""
    return [_user(key, row) for row in connection.execute(select(users).order_by(users.c.user_id))]


def n_users(connection: Connection) -> int:
    """How many there ever were."""
    return connection.execute(select(func.count()).select_from(users)).scalar_one()


def change_user(connection: Connection, key: DataKey, user_id: str, **values: Any) -> None:
    """Sets columns of a user, e.g. ``is_active=False``; roles as a frozenset. Call with the audit log locked.

    Raises
    ------
    NotInStoreError, TamperedError
        As `user`.
    """
    changed = replace(user(connection, key, user_id), **values)
    if "roles" in values:
        values["roles"] = sorted(changed.roles)
    connection.execute(
        update(users).where(users.c.user_id == user_id).values(mac=_mac_of_user(key, changed), **values)
    )


def add_session(
    connection: Connection, key: DataKey, user_id: str, token_digest: str, times: tuple[datetime, datetime]
) -> None:
    """A new session from the first time to the second; those of anybody that are over by then are cleared away."""
    now, expires_at = times
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    connection.execute(
        insert(sessions).values(
            token_digest=token_digest,
            user_id=user_id,
            created_at=now,
            expires_at=expires_at,
            last_used_at=now,
            mac=_mac_of_session(key, token_digest, user_id, times),
        )
    )


def session_of(connection: Connection, key: DataKey, token_digest: str) -> Session | None:
    """The session of a token; None if there is none. TamperedError if it or its user was changed from outside."""
    row = connection.execute(select(sessions).where(sessions.c.token_digest == token_digest)).one_or_none()
    if row is None:
        return None
    mac = _mac_of_session(key, token_digest, row.user_id, (row.created_at, row.expires_at))
    if not compare_digest(str(row.mac).encode(), mac.encode()):
        raise TamperedError("this session was changed from outside; sign in anew: lfr users sign-in NAME")
    used = row.last_used_at or row.created_at
    return Session(token_digest, user(connection, key, row.user_id), row.created_at, row.expires_at, used)


def touch_session(connection: Connection, token_digest: str, at: datetime) -> None:
    """Notes that a session was made use of."""
    connection.execute(update(sessions).where(sessions.c.token_digest == token_digest).values(last_used_at=at))


def delete_sessions(connection: Connection, *, user_id: str = "", token_digest: str = "") -> int:
    """Ends one session, or all of a user; how many there were."""
    which = sessions.c.user_id == user_id if user_id else sessions.c.token_digest == token_digest
    return connection.execute(delete(sessions).where(which)).rowcount


def _user(key: DataKey, row: Row[Any]) -> User:
    found = User(
        user_id=row.user_id,
        roles=_roles(row.user_id, row.roles),
        is_active=row.is_active,
        password_hash=row.password_hash,
        failed_attempts=row.failed_attempts,
        locked_until=row.locked_until,
        must_change_password=bool(row.must_change_password),
        created_at=row.created_at,
        sealed_name=row.sealed_name,
    )
    if not _is_genuine(key, found, row):
        raise TamperedError(f"user {row.user_id}: was changed from outside; restore the store from a backup")
    return found


def _is_genuine(key: DataKey, found: User, row: Row[Any]) -> bool:
    try:
        mac = _mac_of_user(key, found)
    except TypeError:  # SQLite keeps bytes in a column of texts
        return False
    return isinstance(found.failed_attempts, int) and compare_digest(str(row.mac).encode(), mac.encode())


def _mac_of_user(key: DataKey, who: User) -> str:
    """Over what lifts somebody: who, with which roles and password, and whether at all."""
    lifting = ["user", who.user_id, sorted(who.roles), who.is_active, who.password_hash, who.must_change_password]
    return key.mac(json.dumps(lifting).encode())


def _mac_of_session(key: DataKey, token_digest: str, user_id: str, times: tuple[datetime, datetime]) -> str:
    since_until = [moment.astimezone(UTC).isoformat(timespec="microseconds") for moment in times]
    return key.mac(json.dumps(["session", token_digest, user_id, *since_until]).encode())


def _roles(user_id: str, stored: Iterable[str]) -> frozenset[Role]:
    try:
        return frozenset(map(Role, stored))
    except (TypeError, ValueError):
        raise TamperedError(
            f"user {user_id}: was changed from outside, to no role that there is; restore the store from a backup"
        ) from None


def _about_name(user_id: str) -> str:
    return f"users:{user_id}:name"
