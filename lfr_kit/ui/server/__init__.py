"""The server of live operation: one Voila process that signs people in, shows dashboards and answers them.

`lfr dashboard` starts it (`lfr_kit.ui.server.app`). The notebooks' kernels know nothing: what a widget shows or
does goes from the browser to the handlers here, under the name of whoever signed in, and from there through
`lfr_kit.operations`, so that roles and audit are those of the store. No model and no camera is opened here.

In JupyterLab or JupyterHub the same handlers load as a server extension, after
``jupyter server extension enable lfr_kit.ui.server``; whoever uses them signs in at ``lfr/sign-in`` as well.
"""

from __future__ import annotations

__all__ = ["_jupyter_server_extension_points"]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Where Jupyter finds the extension."""
    return [{"module": "lfr_kit.ui.server.extension"}]
