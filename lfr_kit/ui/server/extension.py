"""The same handlers in a Jupyter Server: for researchers in JupyterLab and for JupyterHub.

Whoever uses them is known to Jupyter already, and signs in to the store at ``lfr/sign-in`` as well. Kernels there
run code, so nobody on duty works in it: `lfr dashboard` is for them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lfr_kit.config import settings

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["_load_jupyter_server_extension", "_unload_jupyter_server_extension"]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    """Adds the handlers below ``lfr/``; the store of the settings is opened.

    Raises
    ------
    StoreError, VaultError
        As `Store.open`.
    """
    from lfr_kit.store.store import Store
    from lfr_kit.ui.server.routes import routes
    from lfr_kit.ui.server.state import ServerState
    from lfr_kit.ui.server.visitor import SETTING

    app.web_app.settings[SETTING] = ServerState(Store.open(), settings().live.bus_dir)
    app.web_app.add_handlers(".*$", routes(app.web_app.settings["base_url"]))  # type: ignore[no-untyped-call]


async def _unload_jupyter_server_extension(app: ServerApp) -> None:
    """Lets go of the store."""
    from lfr_kit.ui.server.visitor import SETTING

    state = app.web_app.settings.pop(SETTING, None)
    if state is not None:
        await asyncio.shield(state.close())
