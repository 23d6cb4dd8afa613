"""The Voila application: our handlers before its own, everything behind the sign-in, safe by its own setting."""

from __future__ import annotations

import errno
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tornado.ioloop
from jupyter_server.utils import url_path_join
from tornado.netutil import bind_sockets
from traitlets.config import Config
from voila.app import Voila
from voila.static_file_handler import AllowListFileHandler
from voila.tornado.contentshandler import VoilaContentsHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import (
    VoilaKernelWebsocketHandler,
)
from voila.tornado.treehandler import TornadoVoilaTreeHandler

from lfr_kit.errors import OutputError
from lfr_kit.ui.server.base import NotFoundPage, log_request
from lfr_kit.ui.server.guarded import DashboardPage, KernelSocket, guarded
from lfr_kit.ui.server.identity import StoreIdentityProvider
from lfr_kit.ui.server.kernels import DashboardKernelManager
from lfr_kit.ui.server.listening import BoundedServer, handles_to_have
from lfr_kit.ui.server.routes import index_route, routes
from lfr_kit.ui.server.state import ServerState
from lfr_kit.ui.server.visitor import SETTING
from lfr_kit.ui.template import TEMPLATE, TEMPLATES

__all__ = ["LfrDashboards", "Place"]

LARGEST_BODY = 2 << 20
"""Bytes of a request: a chunk of an upload, and some."""
_CULL_INTERVAL_S, _CULL_IDLE_S = 60, 120
_KEEP_ALIVE_S = 3600
"""Voila writes a script into the page whenever a kernel is silent that long; our pages let none stand in them."""
_LEFT_OUT = (AllowListFileHandler, TornadoVoilaTreeHandler, VoilaContentsHandler)
"""Of Voila's: files below the notebooks' folder, which it serves to anybody, and the folder's contents."""


@dataclass(frozen=True)
class Place:
    """Where the server is reached.

    Attributes
    ----------
    port
        0 = any that is free.
    base_url
        Begins and ends with a slash.
    is_behind_proxy
        Whether a reverse proxy ends TLS in front of it, whose headers are then believed.
    """

    port: int = 8866
    ip: str = "127.0.0.1"
    base_url: str = "/"
    is_behind_proxy: bool = False


class LfrDashboards(Voila):  # type: ignore[misc]
    """See the module. Made by `LfrDashboards.at`; `start` serves until it is told to stop."""

    name = "voila"
    lfr_state: ServerState
    place: Place
    ready: Callable[[str], None]

    @classmethod
    def at(
        cls, place: Place, folder: Path, state: ServerState, ready: Callable[[str], None] = lambda address: None
    ) -> LfrDashboards:
        """The application, initialised.

        Parameters
        ----------
        folder
            Of the notebooks.
        ready
            Called with the address once it can be reached.
        """
        os.environ["JUPYTER_PATH"] = os.pathsep.join(
            [str(TEMPLATES), *filter(None, [os.environ.get("JUPYTER_PATH")])]
        )
        app = cls(config=_config(place, folder), config_file_paths=[], log_level=logging.ERROR)
        app.place, app.lfr_state, app.ready = place, state, ready
        app.initialize([])
        return app

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """None is read: a file that lies about could take the safeguards away."""

    def init_settings(self) -> dict[str, Any]:
        """Voila's, with the state, the cookies' secret and the sign-in."""
        self.cookie_secret = self.lfr_state.cookie_secret()
        settings: dict[str, Any] = super().init_settings()
        settings[SETTING] = self.lfr_state
        settings.update(
            allow_remote_access=self.place.is_behind_proxy,
            local_hostnames=["localhost"],
            login_url=url_path_join(self.base_url, "lfr/sign-in"),
            xsrf_cookies=True,
            xsrf_cookie_kwargs={"samesite": "Strict", "path": self.base_url},
            default_handler_class=NotFoundPage,
            log_function=log_request,
            config=self.config,
            websocket_max_message_size=LARGEST_BODY,
        )
        return settings

    def init_handlers(self) -> list[Any]:
        """Ours, then Voila's that are of use, each behind the sign-in."""
        theirs = [_behind_sign_in(each) for each in super().init_handlers() if not issubclass(each[1], _LEFT_OUT)]
        return [index_route(self.base_url), *routes(self.base_url), *theirs]

    def listen(self) -> None:
        """Takes the port, says so, and serves until it is stopped. OutputError if the port cannot be had."""
        server = BoundedServer(
            self.app,
            xheaders=self.place.is_behind_proxy,
            max_body_size=LARGEST_BODY,
            max_buffer_size=2 * LARGEST_BODY,
            idle_connection_timeout=60,
            body_timeout=60,
        )
        server.most_connections = handles_to_have() // 2
        sockets = self._bound()
        self.port = sockets[0].getsockname()[1]
        server.add_sockets(sockets)
        host = f"[{self.place.ip}]" if ":" in self.place.ip else self.place.ip
        self.ioloop = tornado.ioloop.IOLoop.current()
        self.ioloop.add_callback(self.ready, f"http://{host}:{self.port}{self.base_url}")
        signal.signal(signal.SIGINT, self._handle_signal_stop)
        try:
            self.ioloop.start()
        finally:
            server.stop()
            self.stop()

    def _handle_signal_stop(self, sig: int, frame: Any) -> None:
        self.ioloop.add_callback_from_signal(self._end)

    async def _end(self) -> None:
        """Closes what is open while the loop still runs."""
        try:
            await self.lfr_state.close()
        finally:
            self.ioloop.stop()

    def _bound(self) -> Any:
        try:
            return bind_sockets(self.place.port, self.place.ip)
        except OSError as error:
            taken = "is taken by another program" if error.errno == errno.EADDRINUSE else error.strerror
            raise OutputError(f"{self.place.ip}:{self.place.port}: {taken}; choose another with --port") from None


def _behind_sign_in(route: Any) -> Any:
    path, handler, *more = route
    ours = {TornadoVoilaHandler: DashboardPage, VoilaKernelWebsocketHandler: KernelSocket}
    return (path, ours.get(handler) or guarded(handler), *more)


def _config(place: Place, folder: Path) -> Config:
    """What Voila and Jupyter are told."""
    config = Config()
    config.Voila.update(
        {
            "ip": place.ip,
            "port": place.port,
            "port_retries": 0,
            "base_url": place.base_url,
            "root_dir": str(folder),
            "open_browser": False,
            "token": "",
            "identity_provider_class": StoreIdentityProvider,
        }
    )
    config.VoilaConfiguration.update(
        {
            "template": TEMPLATE,
            "theme": "dark",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "file_allowlist": [],
            "preheat_kernel": False,
            "http_keep_alive_timeout": _KEEP_ALIVE_S,
            "show_tracebacks": False,
            "strip_sources": True,
            "http_header_envs": [],
            "multi_kernel_manager_class": DashboardKernelManager,
            "extension_allowlist": [
                "@jupyter-widgets/jupyterlab-manager",
                "@voila-dashboards/widgets-manager8",
                "anywidget",
            ],
        }
    )
    config.MappingKernelManager.update(
        {"cull_interval": _CULL_INTERVAL_S, "cull_idle_timeout": _CULL_IDLE_S, "cull_connected": False}
    )
    config.KernelManager.transport = "ipc"
    return config
