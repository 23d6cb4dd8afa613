"""Voila's own handlers, each behind the sign-in: it serves its scripts and themes to anybody otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import urlencode

from tornado.web import Finish, HTTPError, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import (
    VoilaKernelWebsocketHandler,
)

from lfr_kit.errors import LfrError
from lfr_kit.governance.roles import role_in_words, roles_that_may
from lfr_kit.ui.server.faults import fields_of, status_of
from lfr_kit.ui.server.offered import DASHBOARDS
from lfr_kit.ui.server.page_token import OfSession
from lfr_kit.ui.server.rendering import refused_page
from lfr_kit.ui.server.security import HEADERS, check_same_origin, is_same_origin, refuse_tokens
from lfr_kit.ui.server.visitor import Visitor, state_of, visitor_of

__all__ = ["DashboardPage", "KernelSocket", "guarded"]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_KERNELS = 64
"""Of about 70 MB each."""


class _Guarded(OfSession):
    """In front of a handler: no tokens, no other origin, a session, a kernel of one's own."""

    def set_default_headers(self) -> None:
        """The handler's own, then ours over them."""
        super().set_default_headers()
        for name, value in HEADERS.items():
            self.set_header(name, value)

    async def prepare(self, *args: Any, **kwargs: Any) -> None:
        """Turns away whoever is not signed in."""
        refuse_tokens(self.request)
        is_socket = isinstance(self, WebSocketHandler)
        if is_socket or self.request.method not in _SAFE:
            check_same_origin(self.request, must_say=is_socket)
        await self._admitted()
        done: Any = super().prepare(*args, **kwargs)
        if isinstance(done, Awaitable):
            await done

    async def _admitted(self) -> Visitor:
        try:
            visitor = await visitor_of(self)
        except LfrError as error:
            raise HTTPError(status_of(error), type(error).__name__) from None
        if visitor is None or visitor.must_change_password:
            raise HTTPError(401, "sign in first")
        if any(".." in str(each).split("/") for each in self.path_args):
            raise HTTPError(404)
        kernel_id = self.path_kwargs.get("kernel_id") or (self.path_args[0] if self.path_args else "")
        if state_of(self).kernels.get(str(kernel_id), visitor.user_id) != visitor.user_id:
            raise HTTPError(404, "somebody else's")
        return visitor

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Nothing but the status: the handlers' own pages ask for more than is known of whoever is turned away."""
        self.finish()

    def check_origin(self, origin: str = "") -> bool:
        """Of a WebSocket: only pages of this server. Of anything else: as far as the browser says."""
        return is_same_origin(self.request, must_say=isinstance(self, WebSocketHandler))


@cache
def guarded(handler: type[RequestHandler]) -> type[RequestHandler]:
    """The same handler behind the sign-in."""
    return type(f"Guarded{handler.__name__}", (_Guarded, handler), {})


class KernelSocket(_Guarded, VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The line between a page and its kernel, which ends quietly where the page is left before it stands.

    Jupyter's handler takes for granted that the browser waits: left while it is asked who comes, it has no
    connection to end; left while the kernel is asked how it is, it goes on with the one that was ended; and
    nobody hears that what it was sending did not arrive.
    """

    connection: Any = None
    _is_gone = False

    async def pre_get(self) -> None:
        """Asks the kernel how it is, and stops there if nobody is there any more."""
        if not self._is_gone:
            await super().pre_get()
        if self._is_gone:
            self._let_go()
            raise Finish

    def write_message(self, message: Any, binary: bool = False) -> asyncio.Future[None] | None:
        """Sends what the kernel says; whoever has left does not hear it."""
        sent = super().write_message(message, binary)
        return None if sent is None else asyncio.ensure_future(_sent_or_left(sent))

    def on_close(self) -> None:
        """The browser went away."""
        self._is_gone = True
        self._let_go()

    def _let_go(self) -> None:
        """Ends the connection to the kernel, if there is one."""
        if self.connection is not None:
            super().on_close()


async def _sent_or_left(sent: Awaitable[None]) -> None:
    with suppress(WebSocketClosedError):
        await sent


class DashboardPage(_Guarded, TornadoVoilaHandler):  # type: ignore[misc]
    """A dashboard, for whoever it is of use to; no other notebook is shown.

    Attributes
    ----------
    refused_to
        Who is signed in and has no role that opens it; None = nobody was turned away for that.
    """

    refused_to: Visitor | None = None

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Whoever is not signed in is sent to sign in."""
        if status_code == 401:
            self.redirect(f"{self.base_url}lfr/sign-in?{urlencode({'next': self.request.uri or ''})}")
        else:
            super().send_error(status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Our own page, which says what is wrong; Voila's would show the way through the program."""
        error = (kwargs.get("exc_info") or (None, None, None))[1] or HTTPError(status_code)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        fault = fields_of(error, status_code)["message"]
        self.finish(refused_page(self.base_url, status_code, fault, **self._other_account()))

    def _other_account(self) -> dict[str, Any]:
        """Who is signed in, and what signing in as somebody else takes; empty where that would not help."""
        if self.refused_to is None:
            return {}
        roles = [role_in_words(role) for role in sorted(self.refused_to.roles)]
        return {
            "user": self.refused_to.user_id,
            "roles": roles or ["no role"],
            "next": self.request.uri,
            "xsrf": self.xsrf_token.decode(),
        }

    async def _admitted(self) -> Visitor:
        visitor = await super()._admitted()
        found = next((each for each in DASHBOARDS if each.file == self.path_args[0]), None)
        if found is None:
            raise HTTPError(404)
        if not found.is_for(visitor.actor):
            self.refused_to = visitor
            able = roles_that_may(*found.actions)
            raise HTTPError(403, f"your roles do not open this dashboard; {found.title} is for: {able}")
        if len(state_of(self).kernels) >= _MOST_KERNELS:
            raise HTTPError(503, "too many dashboards are open; close some")
        return visitor
