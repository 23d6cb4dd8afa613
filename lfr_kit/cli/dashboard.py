"""`lfr dashboard`: the dashboards in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lfr_kit.cli.output import JsonOption, console, emit
from lfr_kit.errors import InputError

__all__ = ["dashboard"]


def dashboard(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 = any that is free.")] = 8866,
    ip: Annotated[str, typer.Option("--ip", help="Address to listen on.")] = "127.0.0.1",
    base_url: Annotated[str, typer.Option("--base-url", help="Path below which everything is.")] = "/",
    behind_tls_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-tls-proxy",
            help="A reverse proxy with TLS stands in front; addresses other than this machine's need it.",
        ),
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Of the notebooks; default: those of this release.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser here.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Serves the dashboards until Ctrl-C; users of the store sign in with their password.

    With --json it prints one object once it can be reached, and goes on serving.
    """
    from lfr_kit.ui.server.serving import Wanted, serve

    def ready(address: str) -> None:
        if as_json:
            emit({"address": address, "ip": ip, "base_url": base_url})
        else:
            console().print(f"Dashboards: {address} (Ctrl-C ends them)", highlight=False, soft_wrap=True)
        if browser:
            typer.launch(address)

    if not base_url.startswith("/"):
        raise InputError(f"--base-url {base_url}: begins with a slash, e.g. /lfr/")
    wanted = Wanted(port=port, ip=ip, base_url=base_url, is_behind_proxy=behind_tls_proxy, folder=folder)
    serve(wanted, ready)
