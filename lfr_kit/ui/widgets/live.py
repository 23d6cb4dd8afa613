"""The live view: cameras, figures, who is on the ground, and the deployment's controls."""

from __future__ import annotations

from lfr_kit.ui.widgets.dashboard import Dashboard, script, styles

__all__ = ["LiveView"]


class LiveView(Dashboard):
    """The live view: cameras, figures, who is on the ground, and the deployment's controls."""

    _esm = script("live")
    _css = styles("layout", "camera", "live")
