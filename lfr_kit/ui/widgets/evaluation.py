"""Runs side by side: a budget of false alerts, the threshold that keeps it, and its price."""

from __future__ import annotations

from lfr_kit.ui.widgets.dashboard import Dashboard, script, styles

__all__ = ["EvaluationView"]


class EvaluationView(Dashboard):
    """Runs side by side: a budget of false alerts, the threshold that keeps it, and its price."""

    _esm = script("evaluation")
    _css = styles("layout", "evaluation")
