"""The server from the store's settings: opened, checked, served, closed."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lfr_kit.config import settings
from lfr_kit.errors import InputError
from lfr_kit.live.frame_bus import own_folder
from lfr_kit.operations.sessions import check_has_users
from lfr_kit.store.store import Store
from lfr_kit.ui.server.offered import dashboards_folder
from lfr_kit.ui.server.security import is_loopback

__all__ = ["Wanted", "serve"]

_BASE_URL = re.compile(r"/([A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*")


@dataclass(frozen=True)
class Wanted:
    """How the dashboards are to be reached; checked when made.

    Attributes
    ----------
    folder
        Of the notebooks; None = those of this release.

    Raises
    ------
    InputError
        If other machines could reach it without TLS, or the path can be none.
    """

    port: int = 8866
    ip: str = "127.0.0.1"
    base_url: str = "/"
    is_behind_proxy: bool = False
    folder: Path | None = None

    def __post_init__(self) -> None:
        if not is_loopback(self.ip) and not self.is_behind_proxy:
            raise InputError(
                f"--ip {self.ip}: other machines could reach it, and passwords would cross the network in the "
                "clear; put a reverse proxy with TLS in front and say --behind-tls-proxy, or leave --ip out"
            )
        url = self.base_url if self.base_url.endswith("/") else f"{self.base_url}/"
        if not _BASE_URL.fullmatch(url):
            raise InputError(f"--base-url {self.base_url}: give a path of letters, digits and - . _ ~, e.g. /lfr/")
        object.__setattr__(self, "base_url", url)


def serve(wanted: Wanted, ready: Callable[[str], None]) -> None:
    """Serves until it is told to stop.

    Parameters
    ----------
    ready
        Called with the address once it can be reached.

    Raises
    ------
    SignInError
        If the store has no users, so that nobody could sign in.
    StoreError, VaultError
        As `Store.open`.
    SettingError
        If others may open the folder of the frame bus.
    OutputError
        If the port cannot be had.
    """
    with _without_grammar_of_addresses():
        from lfr_kit.ui.server.app import LfrDashboards, Place
    from lfr_kit.ui.server.state import ServerState

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    logging.getLogger("tornado.access").propagate = False
    logging.getLogger("tornado.general").setLevel(logging.ERROR)  # what it warns of, `log_request` tells
    folder = dashboards_folder(wanted.folder)
    own_folder(settings().live.bus_dir)
    store = Store.open()
    try:
        check_has_users(store)
        asyncio.set_event_loop(asyncio.new_event_loop())
        place = Place(wanted.port, wanted.ip, wanted.base_url, wanted.is_behind_proxy)
        LfrDashboards.at(place, folder, ServerState(store, settings().live.bus_dir), ready).start()
    finally:
        store.close()


@contextmanager
def _without_grammar_of_addresses() -> Iterator[None]:
    """jsonschema, which comes with Voila, builds a grammar for a format nobody here checks: half of the start."""
    grammar = "rfc3987_syntax"
    if grammar in sys.modules:
        yield
        return
    sys.modules[grammar] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[grammar]
