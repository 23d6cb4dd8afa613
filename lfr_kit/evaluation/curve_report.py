"""An operating curve as plain numbers, as plots and as a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lfr_kit.evaluation.curve_conditions import Condition
from lfr_kit.evaluation.identification import det_curve
from lfr_kit.evaluation.operating_curve import Fall, LevelResult, fall_to
from lfr_kit.evaluation.rates import Rate
from lfr_kit.plots.det import det
from lfr_kit.plots.operating_curve import CurvePoint, operating_curve
from lfr_kit.plots.rate_axis import one_in
from lfr_kit.plots.svg import Draw, plot_of
from lfr_kit.reports.run_page import RunPage, RunTable, render_run_page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "curve_drawings",
    "curve_page",
    "curve_summary",
    "fall_in_words",
    "falls_of",
    "level_cells",
    "levels_columns",
]

_MOST_CURVES = 6
_NOTES = (
    "Every level is searched with the same draws of who is enrolled; levels differ by the condition alone. The "
    "threshold of the first level is what a frozen threshold does when conditions change; the one found anew is "
    "what the level would allow.",
    "Intervals 95 %, by resampling people; counts are over all draws, which share their people. A face not "
    "acquired is a miss, and is counted.",
)


def falls_of(condition: Condition, results: Sequence[LevelResult]) -> list[Fall]:
    """Where TPIR is down to nine tenths and to half; nothing for conditions without a best level at one end."""
    if condition.kind != "degradation" or len(results) < 2:
        return []
    return [fall_to(results, share) for share in (0.9, 0.5)]


def curve_summary(condition: Condition, results: Sequence[LevelResult]) -> dict[str, Any]:
    """For JSON: `levels` in the order they were measured; `falls` of degradations."""
    return {
        "condition": condition.name,
        "unit": condition.axis,
        "n_people": results[0].n_people,
        "score_scale": ", ".join(dict.fromkeys(result.score_scale for result in results)),
        "fpir_asked": results[0].at_own.fpir,
        "levels": [_level(result) for result in results],
        "falls": [
            {"share": fall.share, "level": fall.level, "interval": list(fall.interval)}
            for fall in falls_of(condition, results)
        ],
    }


def _level(result: LevelResult) -> dict[str, Any]:
    return {
        "level": result.level,
        "n_enrolled": result.n_enrolled,
        "score_scale": result.score_scale,
        "threshold": None if result.threshold is None else _finite(result.threshold),
        "tpir": _rate(result.tpir, result.tpir_interval),
        "fpir": _rate(result.fpir, result.fpir_interval),
        "tpir_at_own_threshold": result.at_own.tpir,
        "interval_at_own_threshold": list(result.at_own.interval),
        "own_threshold": _finite(result.at_own.threshold),
        "failed_to_acquire": _rate(result.failed, None),
    }


def _rate(rate: Rate | None, interval: tuple[float, float] | None) -> dict[str, Any] | None:
    """Counts are over all draws, which share their people: the interval is by person where there is one."""
    if rate is None:
        return None
    return {
        "count": rate.count,
        "trials": rate.trials,
        "denominator": rate.denominator,
        "value": rate.value,
        "interval": list(interval or rate.interval()),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def curve_drawings(condition: Condition, results: Sequence[LevelResult]) -> dict[str, Draw]:
    """Name -> drawing: TPIR over the levels, and the DET curve of each level (of six at most)."""
    rate = one_in(results[0].at_own.fpir)
    own = [CurvePoint(r.level, r.at_own.tpir, *r.at_own.interval) for r in results]
    curves = {f"threshold found anew for FPIR {rate}": own}
    if any(result.tpir is not None for result in results):
        fixed = [
            CurvePoint(r.level, r.tpir.value, *(r.tpir_interval or r.tpir.interval()))
            for r in results
            if r.tpir is not None and r.tpir.value is not None
        ]
        curves = {"threshold of the first level": fixed, **curves}
    step = -(-len(results) // _MOST_CURVES)
    lines = {
        r.level if isinstance(r.level, str) else f"{condition.axis}: {r.level:g}": det_curve(r.searches)
        for r in results[::step]
    }

    def over_levels(axes: Axes) -> str:
        return operating_curve(axes, curves, level_name=condition.axis, log=condition.log)

    def errors(axes: Axes) -> str:
        ends = {label: (line.false_positive_rates, line.false_negative_rates) for label, line in lines.items()}
        return det(axes, ends, n_false_trials=results[0].n_people)

    return {"curve": over_levels, "det": errors}


def fall_in_words(fall: Mapping[str, Any]) -> str:
    """One of the `falls` of a summary, as a sentence without its full stop."""
    near, far = ("beyond these levels" if end is None else f"{end:.3g}" for end in fall["interval"])
    where = "beyond these levels" if fall["level"] is None else f"at {fall['level']:.3g}"
    interval = "" if where == near else f" (95 %: {near} to {far})"
    return f"TPIR is down to {fall['share']:g} of the first level's {where}{interval}"


def curve_page(title: str, figures: Mapping[str, Any], drawings: Mapping[str, Draw], notes: Sequence[str]) -> str:
    """The page of a curve: its figures, its plots, and what the photographs are and do not show."""
    names = {
        "curve": f"TPIR against {figures['unit']}",
        "det": "What is missed, what is raised falsely",
    }
    first = figures["levels"][0]
    return render_run_page(
        RunPage(
            title=title,
            lede=(
                f"{figures['n_people']:,} people with a probe; {first['n_enrolled']:,} on the list in each of "
                f"{figures['draws']:,} draws; the others of them are strangers."
            ),
            verdict=[f"{fall_in_words(fall)}." for fall in figures["falls"]],
            tables=[_levels_table(figures)],
            plots=[(names[name], plot_of(draw, name)) for name, draw in drawings.items()],
            notes=[*notes, *_NOTES, f"Embedding space {figures['space_id']}, scores {figures['score_scale']}."],
        )
    )


def _levels_table(figures: Mapping[str, Any]) -> RunTable:
    threshold = figures["levels"][0]["threshold"]
    kept = "" if threshold is None else f": {threshold:.4f}"
    caption = f"“There” is at the threshold of the first level{kept}. Rates with their 95 % intervals."
    return RunTable(caption, levels_columns(figures), [level_cells(each) for each in figures["levels"]])


def levels_columns(figures: Mapping[str, Any]) -> tuple[str, ...]:
    """Heads of the columns of a table of levels."""
    own = f"TPIR at FPIR {one_in(figures['fpir_asked'])}"
    return (str(figures["unit"]), "list", "TPIR there", "FPIR there", own, "not acquired")


def level_cells(level: Mapping[str, Any]) -> tuple[str, ...]:
    """One of the `levels` of a summary in words, a cell for each of `levels_columns`."""
    return (
        level["level"] if isinstance(level["level"], str) else f"{level['level']:g}",
        f"{level['n_enrolled']:,}",
        _in_words(level["tpir"]),
        _in_words(level["fpir"]),
        _in_words({"value": level["tpir_at_own_threshold"], "interval": level["interval_at_own_threshold"]}),
        "{count:,} of {trials:,}".format(**level["failed_to_acquire"]),
    )


def _in_words(rate: Mapping[str, Any] | None) -> str:
    if rate is None or rate["value"] is None:
        return "–"
    low, high = rate["interval"]
    return f"{rate['value']:.3f} ({low:.3f} to {high:.3f})"
