"""People at browsers: they sign in, open dashboards, and whatever a page does wrong is kept."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from served import PASSWORD, Served

try:
    from playwright.sync_api import expect
except ImportError:  # the tests are skipped then
    expect = None

DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
SHOTS = Path(__file__).parents[2] / "out" / "browser"


def wait_until(is_so: Callable[[], bool], within_s: float = 60.0) -> None:
    """Asks from outside, again and again: a page's own policy lets nothing be evaluated within it."""
    until = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < until, f"not within {within_s:g} s"
        time.sleep(0.1)


@dataclass
class Visitor:
    """One window of one person."""

    site: Served
    context: Any
    page: Any
    faults: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def open(self, dashboard: str, ready: str, **query: str) -> Any:
        """Opens a dashboard and waits until something of it is there."""
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        self.page.goto(
            f"{self.site.address}voila/render/{dashboard}.ipynb{'?' * bool(asked)}{asked}", wait_until="commit"
        )
        self.page.wait_for_selector(ready, timeout=30_000)
        return self.page

    def sign_in(self, user: str, password: str = PASSWORD) -> Any:
        self.page.goto(f"{self.site.address}lfr/sign-in")
        self.page.fill("input[name=user]", user)
        self.page.fill("input[name=password]", password)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_load_state()
        return self.page

    def shoot(self, name: str) -> None:
        """Keeps a picture of what is seen now."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")

    def fits(self) -> bool:
        """Whether nothing must be scrolled sideways."""
        return self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@dataclass
class Visitors:
    """All windows of a test."""

    site: Served
    browser: Any
    made: list[Visitor] = field(default_factory=list)

    def __call__(self, user: str | None = None, *, size: dict[str, int] = DESK) -> Visitor:
        """A new window; somebody signs in with it."""
        context = self.browser.new_context(viewport=size, has_touch=size is PHONE, is_mobile=size is PHONE)
        visitor = Visitor(self.site, context, context.new_page())
        self.made.append(visitor)
        self._watch(visitor)
        if user is not None:
            self._remember(visitor, user)
        return visitor

    def _remember(self, visitor: Visitor, user: str) -> None:
        """The cookies of somebody who signed in, without a page."""
        client = self.site.browser(user).client
        where = {"url": self.site.address}
        visitor.context.add_cookies(
            [{"name": each.name, "value": (each.value or "").strip('"'), **where} for each in client.cookies.jar]
        )
        client.close()

    def _watch(self, visitor: Visitor) -> None:
        """Keeps what goes wrong; a request of another machine is cut off, and kept too."""
        outside = re.compile(rf"^(?!{re.escape(self.site.address)}|data:|blob:)")

        def cut(route: Any) -> None:
            visitor.faults.append(f"asked another machine: {route.request.url}")
            route.abort()

        def told(message: Any) -> None:
            if message.type == "error":
                visitor.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

        def line(socket: Any) -> None:
            if not socket.url.startswith(self.site.address.replace("http", "ws", 1)):
                visitor.faults.append(f"asked another machine: {socket.url}")

        visitor.context.route(outside, cut)
        visitor.page.on("pageerror", lambda error: visitor.faults.append(f"page: {error}"))
        visitor.page.on("console", told)
        visitor.page.on("websocket", line)

    def close(self) -> None:
        """Closes all windows, and says what went wrong in any."""
        faults = [
            fault
            for each in self.made
            for fault in each.faults
            if not any(part in fault for part in each.expected)
        ]
        for each in self.made:
            each.context.close()
        assert not faults, "\n".join(faults)
