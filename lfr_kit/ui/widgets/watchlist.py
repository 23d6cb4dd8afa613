"""The watchlist desk: pictures in, review, second approval, freeze, withdrawal."""

from __future__ import annotations

from lfr_kit.ui.widgets.dashboard import Dashboard, script, styles

__all__ = ["WatchlistDesk"]


class WatchlistDesk(Dashboard):
    """The watchlist desk: pictures in, review, second approval, freeze, withdrawal."""

    _esm = script("watchlist")
    _css = styles("layout", "watchlist")
