"""The plots of a run, drawn from its record."""

from __future__ import annotations

from lfr_kit.plots.over_time import faces_over_time, similarities_over_time
from lfr_kit.plots.svg import Plot, plot_of
from lfr_kit.reports.run_record import RunRecord

__all__ = ["faces_plot", "score_name", "similarity_plot"]


def score_name(run: RunRecord) -> str:
    """What scores of this run are, for axes and tables."""
    return "similarity (cosine)" if run.score_scale == "cosine" else f"score ({run.score_scale.replace('_', ' ')})"


def similarity_plot(run: RunRecord) -> Plot:
    """Every search as a point: when, and how alike its best candidate was."""
    points = [(p.at_s, p.score, p.is_alert) for p in run.searches]
    return plot_of(
        lambda axes: similarities_over_time(
            axes, points, threshold=run.threshold, length_s=run.footage_s, score_name=score_name(run)
        ),
        "similarity",
    )


def faces_plot(run: RunRecord) -> Plot:
    """Faces in view at each moment, and how many different ones were counted so far."""
    return plot_of(
        lambda axes: faces_over_time(axes, run.in_view, run.faces_seen_at_s, length_s=run.footage_s), "faces"
    )
