"""The alert desk: the queue, two pictures side by side, and a decision."""

from __future__ import annotations

from lfr_kit.ui.widgets.dashboard import Dashboard, script, styles

__all__ = ["AlertDesk"]


class AlertDesk(Dashboard):
    """The alert desk: the queue, two pictures side by side, and a decision."""

    _esm = script("alerts")
    _css = styles("layout", "pair", "alerts")
