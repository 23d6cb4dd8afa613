"""Signing in and out: a session is a random token, of which the store keeps only the digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import insert, select

from lfr_kit.config import settings
from lfr_kit.errors import SignInError
from lfr_kit.governance.roles import Actor, Role
from lfr_kit.store.store import Store
from lfr_kit.store.tables.users import sessions, users

__all__ = ["actor_of_terminal", "actor_of_token", "new_session"]

SESSION_HOURS = 12
_SIGN_IN = "sign in with: lfr users sign-in NAME"


def new_session(store: Store, user_id: str) -> str:
    """A token for a user whose password was just checked."""
    token = secrets.token_urlsafe(32)
    now = store.clock()
    with store.engine.begin() as connection:
        connection.execute(
            insert(sessions).values(
                token_digest=_digest(token),
                user_id=user_id,
                created_at=now,
                expires_at=now + timedelta(hours=SESSION_HOURS),
            )
        )
    return token


def actor_of_token(store: Store, token: str) -> Actor:
    """Who holds the token. SignInError if nobody, not any more, or the user was deactivated."""
    with store.reading() as connection:
        row = connection.execute(
            select(users.c.user_id, users.c.roles, users.c.is_active, sessions.c.expires_at)
            .join(sessions, sessions.c.user_id == users.c.user_id)
            .where(sessions.c.token_digest == _digest(token))
        ).one_or_none()
    if row is None or not row.is_active or row.expires_at <= store.clock():
        raise SignInError(f"nobody is signed in on this terminal, or no longer; {_SIGN_IN}")
    return Actor(row.user_id, frozenset(map(Role, row.roles)))


def actor_of_terminal(store: Store) -> Actor:
    """Who signed in on this terminal. SignInError if nobody."""
    path = settings().store.session_file
    if not path.is_file():
        raise SignInError(f"nobody is signed in on this terminal; {_SIGN_IN}")
    return actor_of_token(store, path.read_text(encoding="utf-8").strip())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
