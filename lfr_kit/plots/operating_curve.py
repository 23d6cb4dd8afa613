"""What one condition of watching costs: TPIR against face height, blur, light, ..."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from lfr_kit.plots.rate_axis import as_count, shares
from lfr_kit.plots.style import legend, look

__all__ = ["CurvePoint", "operating_curve"]


@dataclass(frozen=True)
class CurvePoint:
    """One condition: a level (a number, or a name where levels have no order in size), TPIR and its interval."""

    level: float | str
    tpir: float
    low: float
    high: float


def operating_curve(
    axes: Axes,
    curves: Mapping[str, Sequence[CurvePoint]],
    *,
    level_name: str,
    name: str = "TPIR",
    log: bool = False,
) -> str:
    """Draws TPIR over the levels of one condition, each with its interval.

    Parameters
    ----------
    axes
        Where.
    curves
        Label -> points; the order of named levels is kept.
    level_name
        What varies, with its unit: ``"face height (px)"``.
    name
        Of the rate, with the FPIR it is given at.
    log
        Levels on a log axis, one tick per level.
    """
    names = list(dict.fromkeys(p.level for points in curves.values() for p in points))
    is_named = any(isinstance(level, str) for level in names)
    places: dict[Any, float] = {level: i if is_named else float(level) for i, level in enumerate(names)}
    told = []
    for index, (label, points) in enumerate(curves.items()):
        shift = 0.09 * (index - (len(curves) - 1) / 2) if is_named else 0.0
        across = [places[p.level] + shift for p in points]
        style = look(index, marker=True) | ({"linestyle": "none"} if is_named else {})
        axes.plot(across, [p.tpir for p in points], label=label, **style)
        axes.vlines(across, [p.low for p in points], [p.high for p in points], color=style["color"], linewidth=1.3)
        told.append(f"{label}: " + ", ".join(f"{p.tpir:.2f} at {_level(p.level)}" for p in points))
    if log and not is_named:
        axes.set_xscale("log")
    if is_named or log or len(names) <= 8:
        axes.set_xticks(list(places.values()), [_level(level) for level in places])
        axes.minorticks_off()
    if is_named:
        axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_xlabel(level_name)
    shares(axes, name)
    legend(axes)
    return f"{name} against {level_name}. {'; '.join(told) or 'Nothing measured'}."


def _level(level: float | str) -> str:
    return level if isinstance(level, str) else as_count(level) if level >= 10 else f"{level:g}"
