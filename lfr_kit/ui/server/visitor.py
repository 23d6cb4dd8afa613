"""Who a request is from: the store's session, whose token the browser keeps in a signed cookie."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lfr_kit.errors import SignInError
from lfr_kit.governance.roles import Actor, Role, check_roles
from lfr_kit.operations.sessions import session_of_token

if TYPE_CHECKING:
    from tornado.web import RequestHandler

    from lfr_kit.store.store import Store
    from lfr_kit.ui.server.state import ServerState

__all__ = ["COOKIE", "SETTING", "Visitor", "forget", "remember", "state_of", "visitor_of", "visitor_of_token"]

COOKIE = "lfr_session"
SETTING = "lfr"
"""Under which an application's settings hold the `ServerState`."""
_CACHED = "_lfr_visitor"


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in.

    Attributes
    ----------
    token
        Of the session; never shown.
    session
        Names the session without opening it.
    must_change_password
        Then nothing else can be done.
    """

    token: str
    session: str
    user_id: str
    roles: frozenset[Role]
    must_change_password: bool
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Visitor({self.user_id})"

    @property
    def actor(self) -> Actor:
        """As whom they act. SignInError while they must choose a password."""
        if self.must_change_password:
            raise SignInError("choose your own password first")
        return Actor(self.user_id, self.roles)


def state_of(handler: RequestHandler) -> ServerState:
    """What the server keeps."""
    found: ServerState = handler.settings[SETTING]
    return found


def visitor_of_token(store: Store, token: str) -> Visitor:
    """Whose session it is, with the roles the store has for them now. SignInError if it is none, or no longer."""
    try:
        session = session_of_token(store, token)
    except SignInError:
        raise SignInError("you are not signed in, or no longer; sign in again") from None
    check_roles(session.user.roles)
    return Visitor(
        token=token,
        session=session.token_digest,
        user_id=session.user.user_id,
        roles=session.user.roles,
        must_change_password=session.user.must_change_password,
        expires_at=session.expires_at,
    )


async def visitor_of(handler: RequestHandler) -> Visitor | None:
    """Who the request is from; None if nobody. Asked of the store once for each request.

    Raises
    ------
    LfrError
        If the store cannot be asked, or the session was changed in it from outside.
    """
    if not hasattr(handler, _CACHED):
        setattr(handler, _CACHED, await _found(handler))
    found: Visitor | None = getattr(handler, _CACHED)
    return found


async def _found(handler: RequestHandler) -> Visitor | None:
    token = handler.get_secure_cookie(COOKIE, max_age_days=1)
    if not token:
        return None
    state = state_of(handler)
    try:
        return await asyncio.wrap_future(state.pool.submit(visitor_of_token, state.store, token.decode()))
    except (SignInError, UnicodeDecodeError):
        return None


def remember(handler: RequestHandler, token: str) -> None:
    """Gives the browser the session's cookie: unread by scripts, sent with no request from another site."""
    handler.set_secure_cookie(COOKIE, token, expires_days=None, **_where(handler))


def forget(handler: RequestHandler) -> None:
    """Takes it back."""
    handler.clear_cookie(COOKIE, **_where(handler))


def _where(handler: RequestHandler) -> dict[str, Any]:
    return {
        "httponly": True,
        "samesite": "Strict",
        "secure": handler.request.protocol == "https",
        "path": handler.settings.get("base_url", "/"),
    }
