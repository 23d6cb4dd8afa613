"""A real browser that looks at the live dashboard: when its page was ready, and every frame that it drew.

Needs playwright (the extra `test`) and Debian's chromium; nothing else of LFR Kit does.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from threading import Event, Thread
from time import monotonic
from typing import Any

from lfr_kit.errors import LfrError

__all__ = ["FLAGS", "PROGRAM", "Drawn", "looking", "require_browser", "why_no_browser"]

PROGRAM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
_SIZE: Any = {"width": 1366, "height": 768}
_COMES_UP_WITHIN_S = 60.0
_COLLECT = """
window.lfrFrames = [];
addEventListener("lfr-frame", (event) => {
  const picture = event.target.getAttribute("aria-label");
  window.lfrFrames.push([picture, performance.now() / 1e3, event.detail.lagMs / 1e3]);
});
"""


@dataclass
class Drawn:
    """What the browser did.

    Attributes
    ----------
    ready_s
        Seconds from asking for the page until the first frame of a camera was drawn; None = never.
    frames
        Name of each camera's picture -> (when it was drawn, how old it was then) of each frame, in seconds.
    """

    ready_s: float | None = None
    frames: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


def why_no_browser() -> str:
    """Why no browser can be driven here; empty if one can."""
    if not shutil.which(PROGRAM):
        return "chromium is not here: apt-get install chromium"
    return "" if find_spec("playwright") else "playwright is not here: pip install 'lfr-kit[test]'"


def require_browser() -> None:
    """LfrError if no browser can be driven here."""
    if why := why_no_browser():
        raise LfrError(f"no browser can be driven: {why}")


@contextmanager
def looking(address: str, sign_in: tuple[str, str], deployment_id: str) -> Iterator[Drawn]:
    """A browser that looks at the live dashboard within the block; what it drew is known after it.

    Parameters
    ----------
    address
        Of the dashboards.
    sign_in
        Name and password of somebody who may see it.

    Raises
    ------
    LfrError
        If there is no browser, or the page does not come up.
    """
    require_browser()
    window = _Window(address, sign_in, deployment_id)
    window.start()
    try:
        window.wait_until_up()
        yield window.drawn
    finally:
        window.end()


class _Window(Thread):
    """Playwright is driven by one thread only."""

    def __init__(self, address: str, sign_in: tuple[str, str], deployment_id: str) -> None:
        super().__init__(name="lfr-browser", daemon=True)
        self.drawn = Drawn()
        self._address = address.rstrip("/")
        self._sign_in = sign_in
        self._deployment_id = deployment_id
        self._is_up, self._is_over = Event(), Event()
        self._fault: Exception | None = None

    def run(self) -> None:
        """Opens the page, and lets it run until the end."""
        from playwright.sync_api import sync_playwright

        try:
            with sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=PROGRAM, args=FLAGS)
                page = browser.new_context(viewport=_SIZE).new_page()
                self._open(page)
                self._is_up.set()
                page.evaluate("window.lfrFrames.length = 0")
                self._is_over.wait()
                for picture, at_s, age_s in page.evaluate("window.lfrFrames"):
                    self.drawn.frames.setdefault(picture, []).append((at_s, age_s))
                browser.close()
        except Exception as fault:  # told by `wait_until_up`: a thread has nobody to raise to
            self._fault = fault
        finally:
            self._is_up.set()

    def wait_until_up(self) -> None:
        """LfrError if the page does not come up."""
        self._is_up.wait(2 * _COMES_UP_WITHIN_S)
        if self._fault is not None or not self._is_up.is_set():
            raise LfrError(f"the live dashboard did not come up in the browser: {self._fault}") from self._fault

    def end(self) -> None:
        """Closes the browser."""
        self._is_over.set()
        self.join(_COMES_UP_WITHIN_S)

    def _open(self, page: Any) -> None:
        name, password = self._sign_in
        page.goto(f"{self._address}/lfr/sign-in")
        page.fill("input[name=user]", name)
        page.fill("input[name=password]", password)
        page.press("input[name=password]", "Enter")
        page.wait_for_load_state()
        page.add_init_script(_COLLECT)
        page.goto(f"{self._address}/voila/render/live.ipynb?deployment={self._deployment_id}", wait_until="commit")
        until = monotonic() + _COMES_UP_WITHIN_S
        while not page.evaluate("window.lfrFrames.length") and monotonic() < until:
            page.wait_for_timeout(50)  # the page's policy forbids what `wait_for_function` does
        self.drawn.ready_s = float(page.evaluate("window.lfrFrames[0][1]"))
