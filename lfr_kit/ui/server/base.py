"""What every handler here does first, and how each answers."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from lfr_kit.errors import InputError, LfrError, SignInError
from lfr_kit.governance.roles import Actor
from lfr_kit.ui.server.faults import fields_of, status_of
from lfr_kit.ui.server.page_token import OfSession
from lfr_kit.ui.server.security import HEADERS, NO_STORE, check_same_origin, refuse_tokens
from lfr_kit.ui.server.visitor import Visitor, state_of, visitor_of

if TYPE_CHECKING:
    from lfr_kit.ui.server.state import ServerState

__all__ = ["REASON_HEADER", "ApiHandler", "LfrHandler", "NotFoundPage", "log_request"]

REASON_HEADER = "X-LFR-Reason"
"""Why somebody looks, percent-encoded: not in an address, because addresses are kept in logs and histories."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOG = logging.getLogger("lfr.server")
_T = TypeVar("_T")


class LfrHandler(OfSession, JupyterHandler):
    """A handler of ours: turns away what it must before anything is looked at.

    Attributes
    ----------
    is_open
        Whether nobody need be signed in.
    visitor
        Who is; None only where `is_open`.
    """

    is_open = False
    is_for_pages_only = False
    visitor: Visitor | None = None

    @property
    def state(self) -> ServerState:
        """What the server keeps."""
        return state_of(self)

    @property
    def actor(self) -> Actor:
        """As whom the visitor acts. SignInError if nobody is signed in, or must choose a password first."""
        if self.visitor is None:
            raise SignInError("you are not signed in, or no longer; sign in again")
        return self.visitor.actor

    def set_default_headers(self) -> None:
        """See `security.HEADERS`; nothing of ours is kept by a browser."""
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.set_header("Cache-Control", NO_STORE)

    def compute_etag(self) -> str | None:
        """None: it would be a digest of a picture, and nothing is kept that it could be compared with."""
        return None

    def check_xsrf_cookie(self) -> None:
        """Asks for the token in every request that changes something, whoever sends it."""
        if self.request.method not in _SAFE:
            web.RequestHandler.check_xsrf_cookie(self)

    def check_origin(self, origin_to_satisfy_tornado: str = "") -> bool:
        """Whether the request comes from a page of this server; no exceptions."""
        check_same_origin(self.request)
        return True

    async def prepare(self, *, _redirect_to_login: bool = False) -> None:
        """No tokens, no other origin, a session."""
        refuse_tokens(self.request)
        if self.is_for_pages_only or self.request.method not in _SAFE:
            check_same_origin(self.request)
        self.visitor = await visitor_of(self)
        if not self.is_open:
            self.check_signed_in()
        await super().prepare(_redirect_to_login=_redirect_to_login)

    def check_signed_in(self) -> None:
        """SignInError if nobody is."""
        _ = self.actor

    async def work(self, do: Callable[..., _T], *args: Any, **named: Any) -> _T:
        """Does something with the store in a thread, so that nobody else waits for it."""
        return await asyncio.wrap_future(self.state.pool.submit(functools.partial(do, *args, **named)))

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """An expected error has its own status."""
        error = (kwargs.get("exc_info") or (None, None, None))[1]
        if isinstance(error, LfrError):
            status_code = status_of(error)
        super().send_error(status_code, **kwargs)

    def log_exception(
        self, typ: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Of an expected error its kind only: messages may name people."""
        if isinstance(value, LfrError):
            _LOG.info("%s %s: %s", self.request.method, self.request.path, type(value).__name__)
        else:
            super().log_exception(typ, value, tb)


class ApiHandler(LfrHandler):
    """JSON in, JSON out."""

    is_for_pages_only = True

    def reply(self, payload: Any, status: int = 200) -> None:
        """Answers with plain values; times as ISO text."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(payload, default=_plain, allow_nan=False, separators=(",", ":")))

    def body(self) -> dict[str, Any]:
        """The object that was sent; empty if nothing was. InputError if it is none."""
        if not self.request.body:
            return {}
        if self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            raise InputError("send JSON, and say so: Content-Type: application/json")
        try:
            found = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise InputError("what was sent is not JSON") from None
        if not isinstance(found, dict):
            raise InputError("what was sent is not an object")
        return found

    def reason(self) -> str:
        """Why the visitor looks, if they said so (`REASON_HEADER`)."""
        try:
            return unquote(self.request.headers.get(REASON_HEADER, ""), errors="strict")
        except UnicodeDecodeError:
            raise InputError(f"{REASON_HEADER}: is not percent-encoded UTF-8") from None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The error as JSON."""
        error = (kwargs.get("exc_info") or (None, None, None))[1] or web.HTTPError(status_code)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps({"error": fields_of(error, status_code)}))


class NotFoundPage(LfrHandler):
    """Whatever is not here: told to whoever is signed in only."""

    async def prepare(self, *, _redirect_to_login: bool = False) -> None:
        """404, or 401."""
        await super().prepare()
        raise web.HTTPError(404)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """One line."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("not found\n" if status_code == 404 else "sign in first\n")


def log_request(handler: web.RequestHandler) -> None:
    """One line for each request, without what stands behind the question mark; of what went well only if asked."""
    status = handler.get_status()
    level = logging.DEBUG if status < 400 else logging.INFO if status < 500 else logging.ERROR
    request = handler.request
    _LOG.log(level, "%d %s %s %.0f ms", status, request.method, request.path, 1000 * request.request_time())


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, frozenset | set | tuple):
        return sorted(value)
    raise TypeError(type(value).__name__)
