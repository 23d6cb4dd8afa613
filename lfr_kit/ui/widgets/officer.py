"""The officer's view, on a phone at the scene: check-in, alerts to act on, outcome."""

from __future__ import annotations

from lfr_kit.ui.widgets.dashboard import Dashboard, script, styles

__all__ = ["OfficerView"]


class OfficerView(Dashboard):
    """The officer's view, on a phone at the scene: check-in, alerts to act on, outcome."""

    _esm = script("officer")
    _css = styles("layout", "pair", "officer")
