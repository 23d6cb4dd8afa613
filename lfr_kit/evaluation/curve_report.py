"""An operating curve as plain numbers and plots."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lfr_kit.evaluation.curve_conditions import Condition
from lfr_kit.evaluation.identification import det_curve
from lfr_kit.evaluation.operating_curve import Fall, LevelResult, fall_to
from lfr_kit.evaluation.rates import Rate
from lfr_kit.plots.det import det
from lfr_kit.plots.operating_curve import CurvePoint, operating_curve
from lfr_kit.plots.rate_axis import one_in
from lfr_kit.plots.svg import svg_of
from lfr_kit.reports.whole_file import output_error, write_whole

__all__ = ["curve_plots", "curve_summary", "falls_of", "write_curve"]

_MOST_CURVES = 6


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
        "fpir_asked": results[0].at_own.fpir,
        "levels": [_level(result) for result in results],
        "falls": [
            {"share": fall.share, "level": fall.level, "interval": fall.interval}
            for fall in falls_of(condition, results)
        ],
    }


def _level(result: LevelResult) -> dict[str, Any]:
    return {
        "level": result.level,
        "n_enrolled": result.n_enrolled,
        "threshold": None if result.threshold is None else _finite(result.threshold),
        "tpir": _rate(result.tpir, result.tpir_interval),
        "fpir": _rate(result.fpir, result.fpir_interval),
        "tpir_at_own_threshold": result.at_own.tpir,
        "interval_at_own_threshold": result.at_own.interval,
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
        "interval": interval or rate.interval(),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def curve_plots(condition: Condition, results: Sequence[LevelResult]) -> dict[str, str]:
    """Name -> SVG file: TPIR over the levels, and the DET curve of each level (of six at most)."""
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
    dets = {
        f"{condition.axis}: {r.level:g}" if not isinstance(r.level, str) else r.level: r for r in results[::step]
    }
    lines = {label: det_curve(result.searches) for label, result in dets.items()}
    return {
        "curve": svg_of(
            lambda axes: operating_curve(axes, curves, level_name=condition.axis, log=condition.log),
            f"curve-{condition.name}",
            is_file=True,
        ),
        "det": svg_of(
            lambda axes: det(
                axes,
                {label: (line.false_positive_rates, line.false_negative_rates) for label, line in lines.items()},
                n_false_trials=results[0].n_people,
            ),
            f"det-{condition.name}",
            is_file=True,
        ),
    }


def write_curve(folder: Path, payload: dict[str, Any], plots: dict[str, str]) -> None:
    """Writes curve.json and the plots as a new folder.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise output_error(folder, error) from error
    write_whole(folder / "curve.json", json.dumps(payload, indent=1, allow_nan=False) + "\n")
    for name, svg in plots.items():
        write_whole(folder / f"{name}.svg", svg)
