"""Signing in and out: a session is a random token, of which the store keeps only the digest.

A sign-in that fails says the same whatever was wrong, and takes as long. After five failures in a row a name is
locked for a minute, then for twice as long with each further failure, up to a quarter of an hour; each attempt is
counted before the password is looked at, so that many at once gain nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from lfr_kit.config import settings
from lfr_kit.errors import NotInStoreError, SignInError, StoreBusyError
from lfr_kit.governance.roles import Actor, check_roles
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations.passwords import hash_password, is_outdated, is_right
from lfr_kit.operations.terminal import kept_token
from lfr_kit.store.faults import translated
from lfr_kit.store.repository import audit_log, users
from lfr_kit.store.repository.audit_log import REFUSED, Line
from lfr_kit.store.repository.users import Session, User
from lfr_kit.store.store import Store
from lfr_kit.store.vault import DataKey

__all__ = [
    "SignedIn",
    "actor_of_terminal",
    "actor_of_token",
    "check_has_users",
    "check_password",
    "check_unchanged",
    "new_session",
    "session_of_token",
    "sign_in",
    "sign_out",
]

SESSION_HOURS = 12
IDLE_MINUTES = 60
FREE_FAILURES = 5
LONGEST_LOCK = timedelta(minutes=15)
UNKNOWN = "unknown"
"""Stands in the log for whoever tried a name that is no user's: people type passwords there too."""

_SIGN_IN = "sign in with: lfr users sign-in NAME"
_TOUCH_EVERY = timedelta(minutes=1)
_CLOCK_TOLERANCE = timedelta(minutes=2)
_WRONG = (
    f"wrong name or password, or locked: after {FREE_FAILURES} failures a name is locked for a minute, then for "
    "longer; try again then, or have an administrator give a new password (lfr users password NAME)"
)


@dataclass(frozen=True)
class SignedIn:
    """A sign-in that succeeded.

    Attributes
    ----------
    token
        Opens the session; only its holder has it. Never printed.
    user_id
        Who.
    expires_at
        When it ends at the latest.
    must_change_password
        Whether nothing can be done before the password is changed.
    """

    token: str
    user_id: str
    expires_at: datetime
    must_change_password: bool

    def __repr__(self) -> str:
        return f"SignedIn({self.user_id})"


def sign_in(store: Store, user_id: str, password: str) -> SignedIn:
    """A new session. Success and failure are logged, the password never.

    Raises
    ------
    SignInError
        If the name or the password is wrong, the user was deactivated, or the name is locked: one message for all.
    """
    who = check_password(store, user_id, password)
    token, now = secrets.token_urlsafe(32), store.clock()
    expires_at = now + timedelta(hours=SESSION_HOURS)
    stronger = hash_password(password) if is_outdated(who.password_hash) else who.password_hash
    with translated(), store.engine.begin() as connection:
        audit_log.lock(connection)
        key = store.vault.key(connection, "store")
        check_unchanged(connection, key, who)
        users.change_user(connection, key, who.user_id, password_hash=stronger)
        users.add_session(connection, key, who.user_id, digest_of(token), (now, expires_at))
        _log(store, connection, who.user_id, "session.sign_in", "signed in")
    return SignedIn(token, who.user_id, expires_at, who.must_change_password)


def check_password(store: Store, user_id: str, password: str) -> User:
    """The user, if it is their password.

    Raises
    ------
    SignInError
        As `sign_in`.
    """
    who = _count_attempt(store, user_id)
    if not is_right(password, None if who is None else who.password_hash) or who is None:
        _log_failure(store, user_id)
        raise SignInError(_WRONG)
    with translated(), store.engine.begin() as connection:
        audit_log.lock(connection)
        key = store.vault.key(connection, "store")
        users.change_user(connection, key, who.user_id, failed_attempts=0, locked_until=None)
    return who


def check_unchanged(connection: Connection, key: DataKey, who: User) -> None:
    """SignInError if an administrator gave them another password, or deactivated them, since it was checked."""
    now = users.user(connection, key, who.user_id)
    if now.password_hash != who.password_hash or not now.is_active:
        raise SignInError(_WRONG)


def sign_out(store: Store, token: str) -> None:
    """Ends the session of a token, here and for whoever copied it; nothing happens if there is none."""
    with translated(), store.engine.begin() as connection:
        audit_log.lock(connection)
        found = users.session_of(connection, store.vault.key(connection, "store"), digest_of(token))
        if found is not None:
            users.delete_sessions(connection, token_digest=found.token_digest)
            _log(store, connection, found.user.user_id, "session.sign_out", "signed out")


def new_session(store: Store, user_id: str) -> str:
    """A token for a user whose password was just checked, e.g. as it was changed; logged as a sign-in.

    Raises
    ------
    SignInError
        If the user was deactivated.
    NotInStoreError
        If there is no such user.
    """
    token, now = secrets.token_urlsafe(32), store.clock()
    with translated(), store.engine.begin() as connection:
        audit_log.lock(connection)
        key, until = store.vault.key(connection, "store"), now + timedelta(hours=SESSION_HOURS)
        if not users.user(connection, key, user_id).is_active:
            raise SignInError(_WRONG)
        users.add_session(connection, key, user_id, digest_of(token), (now, until))
        _log(store, connection, user_id, "session.sign_in", "signed in anew, the password just checked")
    return token


def session_of_token(store: Store, token: str) -> Session:
    """The session of a token, also of one who must change the password first.

    Raises
    ------
    SignInError
        If there is none, not any more, it was idle for too long, or the user was deactivated.
    """
    now = store.clock()
    with store.reading() as connection:
        found = users.session_of(connection, store.vault.key(connection, "store"), digest_of(token))
    if found is None or not found.user.is_active or not _is_current(found, now):
        raise SignInError(f"nobody is signed in on this terminal, or no longer; {_SIGN_IN}")
    if now - found.last_used_at > _TOUCH_EVERY:
        with suppress(StoreBusyError), translated(), store.engine.begin() as connection:
            users.touch_session(connection, found.token_digest, now)
    return found


def actor_of_token(store: Store, token: str) -> Actor:
    """Who holds the token, with the roles that the store has for them now.

    Raises
    ------
    SignInError
        As `session_of_token`, or if somebody else chose the password and it was not changed yet.
    TamperedError
        If the session, or the user's roles, were changed from outside.
    RoleConflictError
        If the store has roles for them that nobody may hold together.
    """
    who = session_of_token(store, token).user
    if who.must_change_password:
        raise SignInError(f"{who.user_id}: choose your own password first, with: lfr users password")
    check_roles(who.roles)
    return Actor(who.user_id, who.roles)


def actor_of_terminal(store: Store) -> Actor:
    """Who signed in on this terminal. SignInError if nobody; in a store without users, see `check_has_users`."""
    check_has_users(store)
    return actor_of_token(store, kept_token(settings().store.session_file))


def check_has_users(store: Store) -> None:
    """SignInError, with how to add the first, in a store without users: nobody can sign in to it."""
    with store.reading() as connection:
        if not users.n_users(connection):
            raise SignInError(
                "the store has no users yet; add the first, who adds the others: lfr users add NAME --role "
                "administrator; then sign in: lfr users sign-in NAME"
            )


def digest_of(token: str) -> str:
    """What the store keeps of a token."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _is_current(session: Session, now: datetime) -> bool:
    is_young = session.created_at - _CLOCK_TOLERANCE <= now < session.expires_at
    return is_young and now - session.last_used_at <= timedelta(minutes=IDLE_MINUTES)


def _count_attempt(store: Store, user_id: str) -> User | None:
    """Counts an attempt as failed until it is known better; None if it cannot succeed."""
    now = store.clock()
    with translated(), store.engine.begin() as connection:
        audit_log.lock(connection)
        key = store.vault.key(connection, "store")
        who = _user(connection, key, user_id)
        if who is None or not who.is_active or (who.locked_until and now < who.locked_until):
            _write_as_much(store, connection)
            return None
        n_failed = who.failed_attempts + 1
        lock = timedelta(minutes=2 ** min(n_failed - FREE_FAILURES, 8)) if n_failed >= FREE_FAILURES else None
        until = now + min(lock, LONGEST_LOCK) if lock else None
        users.change_user(connection, key, user_id, failed_attempts=n_failed, locked_until=until)
    return who


def _user(connection: Connection, key: DataKey, user_id: str) -> User | None:
    try:
        return users.user(connection, key, user_id)
    except NotInStoreError:
        return None


def _write_as_much(store: Store, connection: Connection) -> None:
    """Writes the log's head as it is, so that nobody's name takes as long as one whose attempt is counted."""
    audit_log.set_latest_at(connection, store.vault, audit_log.latest_at(connection))


def _log_failure(store: Store, user_id: str) -> None:
    with translated(), store.engine.begin() as connection:
        audit_log.lock(connection)
        mark = store.vault.key(connection, "audit").mac(f"sign_in:{user_id[:200]}".encode(errors="replace"))[:12]
        known = _user(connection, store.vault.key(connection, "store"), user_id)
        name = UNKNOWN if known is None else user_id
        _log(store, connection, name, f"{REFUSED}session.sign_in", "failed", name_mark=mark)


def _log(store: Store, connection: Connection, user_id: str, action: str, why: str, **details: str) -> None:
    line = Line(user_id, Operation.CONSULTATION, action, f"user:{user_id}", justification=why, details=details)
    audit_log.append(connection, store.vault, [line], store.clock())
