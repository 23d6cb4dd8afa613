"""A trial as plots and page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lfr_kit.evaluation.rates import Rate
from lfr_kit.evaluation.trial import TrialResult
from lfr_kit.plots.det import det
from lfr_kit.plots.fpir_against_n import Extrapolated, fpir_against_n
from lfr_kit.plots.rate_axis import one_in
from lfr_kit.plots.score_histograms import score_histograms
from lfr_kit.plots.svg import Draw, plot_of
from lfr_kit.reports.run_page import RunPage, RunTable, render_run_page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["share_in_words", "trial_drawings", "trial_page"]

_CAPTION = (
    "TPIR = the right person first, at or above the threshold, of all passes of the cohort; its misses are split "
    "into faces not acquired and faces that scored too low. Means over draws of the list; intervals 95 %, by "
    "resampling people."
)


def share_in_words(value: float | None, interval: Sequence[float] | None = None) -> str:
    """A share with its interval, to three decimals."""
    if value is None:
        return "–"
    return f"{value:.3f}" + (f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else "")


def trial_drawings(result: TrialResult, figures: Mapping[str, Any]) -> dict[str, Draw]:
    """Name -> drawing: scores, errors against each other, false positives against the list's size."""
    longest = figures["sizes"][-1]
    point = _strictest(longest)
    threshold = None if point is None else point["threshold"]
    strangers, mates = result.stranger_scores, result.mate_scores[result.scores.is_mated]

    def scores(axes: Axes) -> str:
        return score_histograms(axes, mates, strangers, threshold, score_name=f"score ({result.score_scale})")

    def errors(axes: Axes) -> str:
        curves = {
            f"{size['n_enrolled']:,} on the list": (
                size["curve"]["fpir"],
                [1 - value for value in size["curve"]["tpir"]],
            )
            for size in figures["sizes"]
        }
        return det(axes, curves, n_false_trials=longest["non_mated"])

    drawings: dict[str, Draw] = {"scores": scores}
    if point is not None:
        drawings["errors"] = errors
        drawings["list-size"] = lambda axes: _against_size(axes, figures, point)
    return drawings


def _strictest(size: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The point of the lowest FPIR that the trial can resolve; of the highest where it resolves none."""
    points = sorted(size["points"], key=lambda each: each["fpir_asked"])
    return next((each for each in points if each["is_resolved"]), points[-1] if points else None)


def _against_size(axes: Axes, figures: Mapping[str, Any], point: Mapping[str, Any]) -> str:
    points = []
    for size in figures["sizes"]:
        curve = size["curve"]
        above = [
            n for t, n in zip(curve["threshold"], curve["false_positives"], strict=True) if t >= point["threshold"]
        ]
        points.append((size["n_enrolled"], Rate(round(above[0]) if above else 0, size["non_mated"], "passes")))
    further = [
        Extrapolated(each["n_enrolled"], each["fpir"], *each["interval"])
        for each in figures["extrapolated"]
        if each["threshold"] == point["threshold"]
    ]
    return fpir_against_n(axes, points, further, ceiling=1 / 1000)


def trial_page(figures: Mapping[str, Any], drawings: Mapping[str, Draw], data: str, why: str) -> str:
    """The page of a trial."""
    counts = figures["counts"]
    names = {
        "scores": "Scores",
        "errors": "What is missed, what is raised falsely",
        "list-size": "The list's size",
    }
    return render_run_page(
        RunPage(
            title=f"Trial {figures['trial_id']}",
            lede=(
                f"{counts['cohort']:,} people of the cohort passed {counts['passes_of_the_cohort']:,} times, the "
                f"crowd {counts['passes_of_the_crowd']:,} times; {figures['listed']:,} were enrolled. {why}."
            ),
            tables=[_points_table(figures), _acquisition_table(figures), *_extrapolated_table(figures)],
            plots=[(names[name], plot_of(draw, name)) for name, draw in drawings.items()],
            notes=[
                data,
                f"A transaction is a pass, not a frame. Each list was drawn {figures['draws']} times (once where "
                "it is everybody); the person's own reference is on it for mated transactions only.",
                f"Embedding space {figures['space_id']}, scores {figures['score_scale']}; a threshold of another "
                "space or scale means nothing here.",
                "An FPIR marked as not resolved is lower than one error in all passes: its threshold lies above "
                "every stranger, and what is known is only a bound.",
            ],
        )
    )


def _points_table(figures: Mapping[str, Any]) -> RunTable:
    rows = []
    for size in figures["sizes"]:
        for each in size["points"]:
            resolved = "" if each["is_resolved"] else ", not resolved"
            false = f"{each['false']:.1f} of {each['non_mated']:,}"
            rows.append(
                (
                    f"{size['n_enrolled']:,}",
                    f"{one_in(each['fpir_asked'])}{resolved}",
                    f"{each['threshold']:.4f}",
                    share_in_words(each["tpir"], each["tpir_interval"]),
                    share_in_words(each["fta"]),
                    share_in_words(each["fnir_of_acquired"]),
                    false,
                )
            )
    columns = ("list", "FPIR", "threshold", "TPIR (95 %)", "not acquired", "FNIR of acquired", "false, of passes")
    return RunTable(_CAPTION, columns, rows)


def _acquisition_table(figures: Mapping[str, Any]) -> RunTable:
    rows = []
    for name, key in (("references", "failed_to_enrol"), ("passes", "failed_to_acquire")):
        rate = figures[key]
        reasons = ", ".join(f"{code.replace('_', ' ')} {n}" for code, n in rate["reasons"].items()) or "–"
        rows.append(
            (
                name,
                f"{rate['count']:,} of {rate['trials']:,}",
                share_in_words(rate["value"], rate["interval"]),
                reasons,
            )
        )
    return RunTable("Faces that could not be used.", ("of", "failed", "share (95 %)", "reasons"), rows)


def _extrapolated_table(figures: Mapping[str, Any]) -> list[RunTable]:
    rows = [
        (
            f"{each['n_enrolled']:,}",
            f"{each['threshold']:.4f}",
            one_in(each["fpir"]),
            f"{one_in(each['interval'][1])} at most",
            f"{each['from_n_enrolled']:,}",
        )
        for each in figures["extrapolated"]
    ]
    caption = "FPIR on longer lists: extrapolated, not measured, as if every comparison were a throw of its own."
    columns = ("list", "threshold", "FPIR", "95 % bound", "from a list of")
    return [RunTable(caption, columns, rows)] if rows else []
