"""A visitor of the dashboards without a browser: signs in, pulls frames, looks at alerts, decides; timed."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from time import perf_counter
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from lfr_kit.errors import LfrError

__all__ = ["Seen", "watch"]

_LENGTH = struct.Struct(">I")


@dataclass
class Seen:
    """What a visitor saw; times in seconds.

    Attributes
    ----------
    began_at
        Alerts raised before it are decided on, but not timed.
    frames_at
        When each frame arrived.
    preview_s
        From a frame's capture until it arrived here.
    alert_s
        From an alert's raising until both its pictures were here.
    decided_s
        From the question to the answer, of a decision.
    statuses
        The runner's figures, as they came.
    """

    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    frames_at: list[float] = field(default_factory=list)
    preview_s: list[float] = field(default_factory=list)
    alert_s: list[float] = field(default_factory=list)
    decided_s: list[float] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)


def watch(
    address: str,
    sign_in: tuple[str, str],
    what: tuple[str, str | None],
    seconds: float,
    on_second: Callable[[], None],
    dashboard: str = "",
) -> Seen:
    """Watches one camera of a deployment for so long, and decides on every alert that is raised meanwhile.

    Parameters
    ----------
    address
        Of the dashboards.
    sign_in
        Name and password of an operator.
    what
        Deployment id and camera id; without a camera only alerts are looked at.
    on_second
        Called about once a second.
    dashboard
        One that is opened first, e.g. ``"live"``: it has a kernel. None if empty.

    Raises
    ------
    LfrError
        If the visitor cannot sign in, or the dashboard is not shown.
    """
    return asyncio.run(_watch(_Visitor(address), sign_in, what, seconds, on_second, dashboard))


class _Visitor:
    """A session's cookies, and requests that bear them."""

    def __init__(self, address: str) -> None:
        from tornado.httpclient import AsyncHTTPClient

        self.address = address.rstrip("/")
        self.root = f"{self.address}/lfr/"
        parts = urlsplit(address)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.cookies: dict[str, str] = {}
        self._client = AsyncHTTPClient()

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] = MappingProxyType({}),
        *,
        form: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer; its cookies are kept."""
        headers = {"Cookie": self.cookie, "Origin": self.origin, "X-XSRFToken": self.cookies.get("_xsrf", "")}
        sent: str | None = None
        if method == "POST":
            sent = urlencode(form) if form is not None else json.dumps(dict(body))
            kind = "x-www-form-urlencoded" if form is not None else "json"
            headers["Content-Type"] = f"application/{kind}"
        answer = await self._client.fetch(
            self.root + path,
            method=method,
            headers=headers,
            body=sent,
            follow_redirects=False,
            raise_error=False,
            request_timeout=60.0,
        )
        for line in answer.headers.get_list("Set-Cookie"):
            self.cookies.update({name: each.value for name, each in SimpleCookie(line).items()})
        return answer

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def sign_in(self, name: str, password: str) -> None:
        await self.ask("GET", "sign-in")
        form = {"user": name, "password": password, "_xsrf": self.cookies.get("_xsrf", ""), "next": "/"}
        answer = await self.ask("POST", "sign-in", form=form)
        if answer.code not in (302, 303):
            raise LfrError(f"{name} could not sign in to {self.root} ({answer.code})")

    async def open_dashboard(self, name: str) -> None:
        """Its page, as a browser asks for it first."""
        page = f"{self.address}/voila/render/{name}.ipynb"
        answer = await self._client.fetch(
            page, headers={"Cookie": self.cookie}, raise_error=False, follow_redirects=False, request_timeout=300.0
        )
        if answer.code != 200:
            raise LfrError(f"{page} was not shown ({answer.code})")

    @asynccontextmanager
    async def connected(self, path: str) -> AsyncIterator[Any]:
        """A WebSocket, closed in the end."""
        from tornado.httpclient import HTTPRequest
        from tornado.websocket import websocket_connect

        headers = {"Cookie": self.cookie, "Origin": self.origin}
        address = "ws" + (self.root + path).removeprefix("http")
        socket = await websocket_connect(HTTPRequest(address, headers=headers), max_message_size=20_000_000)
        try:
            yield socket
        finally:
            socket.close()


async def _watch(
    visitor: _Visitor,
    sign_in: tuple[str, str],
    what: tuple[str, str | None],
    seconds: float,
    on_second: Callable[[], None],
    dashboard: str,
) -> Seen:
    await visitor.sign_in(*sign_in)
    if dashboard:
        await visitor.open_dashboard(dashboard)
    seen = Seen()
    deployment_id, camera_id = what
    tasks = [asyncio.create_task(_events(visitor, deployment_id, seen))]
    if camera_id is not None:
        tasks.append(asyncio.create_task(_frames(visitor, (deployment_id, camera_id), seen)))
    try:
        for _ in range(round(seconds)):
            await asyncio.sleep(1.0)
            on_second()
            for task in tasks:
                if task.done():
                    task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return seen


async def _frames(visitor: _Visitor, what: tuple[str, str], seen: Seen) -> None:
    """Asks for the next frame as soon as the last is here, as a page does."""
    async with visitor.connected(f"ws/frames/{what[0]}/{quote(what[1])}") as socket:
        while True:
            await socket.write_message("next")
            packet = await socket.read_message()
            if packet is None:
                raise LfrError("the server ended the view")
            seen.frames_at.append(perf_counter())
            (length,) = _LENGTH.unpack_from(packet)
            header = json.loads(packet[_LENGTH.size : _LENGTH.size + length])
            seen.preview_s.append(_since(header["captured_at"]))


async def _events(visitor: _Visitor, deployment_id: str, seen: Seen) -> None:
    looked_at: set[str] = set()
    async with visitor.connected(f"ws/events/{deployment_id}") as socket:
        while (message := await socket.read_message()) is not None:
            news = json.loads(message)
            if news["type"] == "status":
                seen.statuses.append(news)
            elif news["type"] == "alerts":
                await _look(visitor, deployment_id, looked_at, seen)


async def _look(visitor: _Visitor, deployment_id: str, looked_at: set[str], seen: Seen) -> None:
    """Looks at whatever is new in the queue, with both pictures, and decides."""
    queue = json.loads((await visitor.ask("GET", f"api/deployments/{deployment_id}/alerts")).body)["alerts"]
    for alert_id in (each["alert_id"] for each in queue if each["alert_id"] not in looked_at):
        looked_at.add(alert_id)
        shown = json.loads((await visitor.ask("GET", f"api/alerts/{alert_id}")).body)
        for which in ("probe", "reference"):
            await visitor.ask("GET", f"pictures/alerts/{alert_id}/{which}")
        if datetime.fromisoformat(shown["raised_at"]) >= seen.began_at:
            seen.alert_s.append(_since(shown["raised_at"]))
        asked = perf_counter()
        body = {"verdict": "viable", "reason": "same_features", "note": ""}  # false ones pause a deployment
        answer = await visitor.ask("POST", f"api/alerts/{alert_id}/decide", body)
        if answer.code == 200:
            seen.decided_s.append(perf_counter() - asked)


def _since(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
