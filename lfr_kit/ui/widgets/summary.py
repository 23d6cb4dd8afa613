"""The record, while it runs and when it is final: counts, rates, plots, export."""

from __future__ import annotations

from lfr_kit.ui.widgets.dashboard import Dashboard, script, styles

__all__ = ["SummaryView"]


class SummaryView(Dashboard):
    """The record, while it runs and when it is final: counts, rates, plots, export."""

    _esm = script("summary")
    _css = styles("layout", "summary")
