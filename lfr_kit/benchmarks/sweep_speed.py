"""Time and memory of a threshold sweep: how a trial of the National Physical Laboratory's size is counted.

Scores are cosines of random directions: what they are does not change what they cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfr_kit.benchmarks.measuring import comparison_row, figure_row, interleaved, timed
from lfr_kit.benchmarks.video_speed import peak_memory_mb
from lfr_kit.errors import SettingError
from lfr_kit.evaluation.sweep_bands import sweep_bands
from lfr_kit.evaluation.threshold_sweep import (
    SweepInput,
    cosine_blocks,
    search_draws,
    sweep,
    thresholds_between,
)

__all__ = ["SweepPlan", "bench_sweep"]


@dataclass(frozen=True)
class SweepPlan:
    """What is counted.

    Attributes
    ----------
    n_passes, passes_each
        Passes in all, and of one person.
    n_filler, n_enrolled
        Filler there is, and filler on the list of each draw.
    n_draws, n_thresholds
        How often the list is drawn anew; where each draw is counted.
    dimension
        Of a template.
    rounds
        Of each step.
    """

    n_passes: int = 4000
    passes_each: int = 10
    n_filler: int = 20_000
    n_enrolled: int = 10_000
    n_draws: int = 20
    n_thresholds: int = 200
    dimension: int = 128
    rounds: int = 1

    def __post_init__(self) -> None:
        if min(self.n_passes, self.passes_each, self.n_filler, self.dimension) < 1:
            raise SettingError("passes, filler and dimensions must be at least 1")


def bench_sweep(plan: SweepPlan) -> list[dict[str, Any]]:
    """Seconds from templates to counts, seconds of the bands, and the peak memory of this process."""
    given = _made_up(plan)

    def count() -> None:
        draws = search_draws(given, plan.n_enrolled, plan.n_draws)
        sweep(draws, plan.n_enrolled, thresholds_between(draws, plan.n_thresholds))

    counted = interleaved(lambda: timed(count, 1), rounds=plan.rounds, warm_up=False)
    draws = search_draws(given, plan.n_enrolled, plan.n_draws)
    at = thresholds_between(draws, plan.n_thresholds)
    banded = interleaved(lambda: timed(lambda: sweep_bands(draws, at), 1), rounds=plan.rounds, warm_up=False)
    name = (
        f"{plan.n_passes} passes, {plan.n_draws} draws of {plan.n_enrolled} from {plan.n_filler}, "
        f"{plan.n_thresholds} thresholds"
    )
    return [
        comparison_row(name, counted, "s", "sweep"),
        comparison_row("bands by resampling people, 1000 times", banded, "s", "sweep"),
        figure_row("peak memory of the process", peak_memory_mb(), "MB"),
    ]


def _made_up(plan: SweepPlan) -> SweepInput:
    rng = np.random.default_rng(0)
    probes, filler = (_directions(n, plan.dimension, rng) for n in (plan.n_passes, plan.n_filler))
    return SweepInput(
        people=np.arange(plan.n_passes) // plan.passes_each,
        mate_scores=rng.normal(0.4, 0.1, plan.n_passes),
        filler_scores=cosine_blocks(probes, filler),
        n_filler=plan.n_filler,
    )


def _directions(n: int, dimension: int, rng: np.random.Generator) -> NDArray[np.float32]:
    vectors = rng.normal(size=(n, dimension))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
