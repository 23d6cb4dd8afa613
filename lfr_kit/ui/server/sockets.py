"""The WebSockets: frames, which the page asks for one by one, and events."""

from __future__ import annotations

import asyncio
import functools
import json
from contextlib import suppress
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from lfr_kit.errors import LfrError, SignInError, StoreError
from lfr_kit.governance.roles import Action, require
from lfr_kit.operations.deployments import standing
from lfr_kit.operations.live_view import watch_camera
from lfr_kit.ui.server.events import Cursor
from lfr_kit.ui.server.faults import status_of
from lfr_kit.ui.server.feeds import ended
from lfr_kit.ui.server.security import HEADERS, is_same_origin, refuse_tokens
from lfr_kit.ui.server.state import ServerState
from lfr_kit.ui.server.visitor import Visitor, state_of, visitor_of, visitor_of_token

__all__ = ["ENDED", "EventsSocket", "FramesSocket", "LfrSocket"]

ENDED = 4401
"""Close code: the session is over."""
_CHECK_EVERY_S = 30.0
_MOST_SOCKETS = 64
"""Of one session."""
_LARGEST_MESSAGE = 256


class LfrSocket(WebSocketHandler, JupyterHandler):
    """A WebSocket of somebody who is signed in, for as long as they are."""

    visitor: Visitor
    _tasks: tuple[asyncio.Task[None], ...] = ()
    _is_gone = False
    ping_interval = 90.0
    """Seconds; a page that stops reading for a minute is still there."""

    @property
    def state(self) -> ServerState:
        """What the server keeps."""
        return state_of(self)

    @property
    def max_message_size(self) -> int:
        """Nobody has much to say here."""
        return _LARGEST_MESSAGE

    def set_default_headers(self) -> None:
        """See `security.HEADERS`."""
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def check_origin(self, origin: str = "") -> bool:
        """Only pages of this server, which must say that they are."""
        return is_same_origin(self.request, must_say=True)

    async def prepare(self, *, _redirect_to_login: bool = False) -> None:
        """Refuses with a status, before the connection becomes a WebSocket."""
        refuse_tokens(self.request)
        if not self.check_origin():
            raise HTTPError(403, "the connection comes from another origin")
        try:
            visitor = await visitor_of(self)
            if visitor is None:
                raise SignInError("sign in first")
            await self.check_may(visitor, *self.path_args)
        except LfrError as error:
            raise HTTPError(status_of(error), type(error).__name__) from None
        if len(self.state.sockets.get(visitor.session, ())) >= _MOST_SOCKETS:
            raise HTTPError(429)
        self.visitor = visitor
        await super().prepare(_redirect_to_login=False)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Nothing but the status."""
        self.finish()

    async def check_may(self, visitor: Visitor, *where: str) -> None:
        """Raises what refuses this visitor."""
        raise NotImplementedError

    async def serve(self) -> None:
        """Sends what there is to send, until it is ended."""
        raise NotImplementedError

    async def let_go(self) -> None:
        """Gives back what `serve` took."""

    async def work(self, do: Any, *args: Any, **named: Any) -> Any:
        """As `LfrHandler.work`."""
        return await asyncio.wrap_future(self.state.pool.submit(functools.partial(do, *args, **named)))

    def open(self, *args: str, **kwargs: str) -> None:
        """Begins to serve, unless the browser went away while it was asked who it is."""
        if self._is_gone:
            self.close()
            return
        self.state.sockets[self.visitor.session].add(self)
        self.set_nodelay(True)
        self._tasks = tuple(asyncio.create_task(each) for each in (self._serving(), self._checking()))

    def on_message(self, message: str | bytes) -> None:
        """Nothing, but in `FramesSocket`."""

    def end(self, code: int = ENDED, why: str = "signed out") -> None:
        """Closes it because the session is over, or the server ends."""
        self.close(code, why)

    def on_close(self) -> None:
        """Ends what it did."""
        self._is_gone = True
        if not self._tasks:
            return
        self.state.sockets[self.visitor.session].discard(self)
        if not self.state.sockets[self.visitor.session]:
            del self.state.sockets[self.visitor.session]
        tasks, self._tasks = self._tasks, ()
        asyncio.ensure_future(self._closing(tasks))  # noqa: RUF006 -- ends by itself, at once

    async def _closing(self, tasks: tuple[asyncio.Task[None], ...]) -> None:
        try:
            for task in tasks:
                await ended(task)
        finally:
            await self.let_go()

    async def _serving(self) -> None:
        with suppress(WebSocketClosedError):
            await self.serve()

    async def _checking(self) -> None:
        while True:
            await asyncio.sleep(_CHECK_EVERY_S)
            try:
                await self.work(visitor_of_token, self.state.store, self.visitor.token)
            except StoreError:
                continue  # the store is away: the view stays
            except LfrError:
                self.end()
                return


class FramesSocket(LfrSocket):
    """Frames of one camera: for each "next" the newest one that was not sent, one at a time."""

    def initialize(self) -> None:
        """Nobody asked yet."""
        self._asked = asyncio.Event()
        self._has_feed = False

    async def check_may(self, visitor: Visitor, *where: str) -> None:
        """Whoever may see alerts, on a camera of the deployment; logged once an hour."""
        deployment_id, camera_id = where
        require(visitor.actor, Action.ALERT_VIEW)
        watched = f"camera:{deployment_id}/{camera_id}"
        if not self.state.seen.has(visitor.session, watched):
            await self.work(watch_camera, self.state.store, visitor.actor, deployment_id, camera_id)
            self.state.seen.note(visitor.session, watched)

    def on_message(self, message: str | bytes) -> None:
        """Asks for the next frame; asking twice is asking once."""
        if message == "next":
            self._asked.set()

    async def serve(self) -> None:
        """Waits for the question, then for a frame, then for the network."""
        deployment_id, camera_id = self.path_args
        feed = self.state.cameras.take(deployment_id, camera_id)
        self._has_feed, number = True, 0
        while True:
            await self._asked.wait()
            number, packet = await feed.newer_than(number)
            self._asked.clear()
            await self.write_message(packet, binary=True)

    async def let_go(self) -> None:
        """The feed."""
        if self._has_feed:
            await self.state.cameras.give_back(*self.path_args)


class EventsSocket(LfrSocket):
    """What happens in one deployment."""

    def initialize(self) -> None:
        """Not taken yet."""
        self._has_feed = False

    async def check_may(self, visitor: Visitor, *where: str) -> None:
        """Whoever may look at deployments."""
        require(visitor.actor, Action.DEPLOYMENT_VIEW)
        await self.work(standing, self.state.store, *where)

    async def serve(self) -> None:
        """Tells how it stands now, then whenever it stands otherwise, one message at a time."""
        feed = self.state.deployments.take(*self.path_args)
        self._has_feed, cursor, version = True, Cursor(), -1
        while True:
            version = await feed.changed_since(version)
            for news in feed.news(cursor):
                await self.write_message(json.dumps(news))

    async def let_go(self) -> None:
        """The feed."""
        if self._has_feed:
            await self.state.deployments.give_back(*self.path_args)
