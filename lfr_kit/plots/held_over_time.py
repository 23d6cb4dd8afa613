"""What a process holds while hours pass: each thing as a share of its own median, so that one scale fits all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from lfr_kit.plots.style import GREY, legend, look

__all__ = ["held_over_time"]


def held_over_time(
    axes: Axes, at_s: ArrayLike, held: Mapping[str, ArrayLike], *, judged_from_s: float = 0.0
) -> str:
    """Draws a line for each thing; a level line is what one hopes for.

    Parameters
    ----------
    axes
        Where.
    at_s
        (n,) seconds since the beginning.
    held
        Label, with its unit -> (n,) what was held; what is always 0 is left out.
    judged_from_s
        What lies before is shaded: it was settling.
    """
    minutes, told = np.asarray(at_s, np.float64) / 60, []
    drawn = {label: np.asarray(values, np.float64) for label, values in held.items()}
    drawn = {label: values for label, values in drawn.items() if np.median(values) > 0}
    for index, (label, values) in enumerate(drawn.items()):
        median = float(np.median(values))
        axes.plot(minutes, values / median, label=f"{label}, {median:.4g}", **look(index))
        told.append(f"{label} {values.min():.4g} to {values.max():.4g}")
    if judged_from_s:
        axes.axvspan(0, judged_from_s / 60, color=GREY, alpha=0.13, linewidth=0)
    axes.set_xlabel("minutes")
    axes.set_ylabel("share of its median")
    axes.set_ylim(bottom=0)
    legend(axes)
    return f"Held over {minutes.max() if len(minutes) else 0:.0f} minutes: {'; '.join(told) or 'nothing'}."
