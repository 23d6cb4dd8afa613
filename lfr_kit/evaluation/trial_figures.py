"""A trial as plain numbers: what `figures.json` of a run holds, the same to the digit whenever it is computed."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from lfr_kit.evaluation.calibrate import calibration_rows
from lfr_kit.evaluation.identification import OpenSetPoint
from lfr_kit.evaluation.list_size import MOST_TIMES_LARGER, fmr_of, fpir_at
from lfr_kit.evaluation.rates import Rate
from lfr_kit.evaluation.resampling import rate_interval_by_person
from lfr_kit.evaluation.trial import SizeResult, TrialResult

__all__ = ["PROTOCOL", "figures_of", "rate_fields"]

PROTOCOL = "lfr-trial-1"
"""How it is counted; runs of two protocols are not compared."""

_FURTHER_SIZES = (1_000, 10_000)
_BINS = 60


def figures_of(result: TrialResult) -> dict[str, Any]:
    """Everything that may be told of a trial: no name, no picture, no score of one person."""
    return {
        "protocol": PROTOCOL,
        "trial_id": result.manifest.trial_id,
        "space_id": result.space_id,
        "score_scale": result.score_scale,
        "counts": result.manifest.counts(),
        "listed": len(result.scores.listed),
        "draws": result.plan.n_draws,
        "seed": result.plan.seed,
        "failed_to_enrol": rate_fields(result.failed_to_enrol) | {"reasons": result.reasons[0]},
        "failed_to_acquire": rate_fields(result.failed_to_acquire) | {"reasons": result.reasons[1]},
        "sizes": [_size(result, size) for size in result.sizes],
        "extrapolated": _extrapolated(result),
        "calibration": [asdict(row) for row in calibration_rows(result.scores, seed=result.plan.seed)],
        "highest_stranger": float(result.stranger_scores.max()),
        "histograms": _histograms(result),
    }


def rate_fields(rate: Rate) -> dict[str, Any]:
    """A rate with counts, denominator and exact interval."""
    low, high = rate.interval()
    return {
        "count": rate.count,
        "trials": rate.trials,
        "denominator": rate.denominator,
        "value": rate.value,
        "interval": [low, high],
    }


def _size(result: TrialResult, size: SizeResult) -> dict[str, Any]:
    curve = size.curve
    return {
        "n_enrolled": size.n_enrolled,
        "draws": len(size.draws),
        "mated": int(curve.mated[0]),
        "non_mated": int(curve.non_mated[0]),
        "not_acquired": int(curve.not_acquired[0]),
        "points": [_point(result, size, each) for each in size.points],
        "curve": {
            "threshold": curve.thresholds.tolist(),
            "tpir": [_finite(value) for value in curve.tpir.tolist()],
            "fpir": [_finite(value) for value in curve.fpir.tolist()],
            "false_positives": curve.false_positives.mean(0).tolist(),
            "true_positives": curve.true_positives.mean(0).tolist(),
            "below_threshold": curve.below.mean(0).tolist(),
        },
    }


def _point(result: TrialResult, size: SizeResult, point: OpenSetPoint) -> dict[str, Any]:
    """Means over draws, each at its own threshold; the misses of those acquired follow from TPIR and FTA."""
    mated, non_mated = int(size.curve.mated[0]), int(size.curve.non_mated[0])
    acquired = (mated - int(size.curve.not_acquired[0])) / mated
    return {
        "fpir_asked": point.fpir,
        "is_resolved": point.fpir * non_mated >= 1,
        "threshold": point.threshold,
        "tpir": point.tpir,
        "tpir_interval": _true_interval(size, point),
        "tpir_interval_over_draws": point.interval_over_draws and list(point.interval_over_draws),
        "fta": 1 - acquired,
        "fnir_of_acquired": 1 - point.tpir / acquired if acquired else None,
        "mated": mated,
        "fpir": point.fpir_measured.value,
        "fpir_interval": _false_interval(result, size, point.threshold),
        "false": point.fpir_measured.count / len(size.draws),
        "non_mated": non_mated,
    }


def _true_interval(size: SizeResult, point: OpenSetPoint) -> list[float]:
    """Resampling shows no spread where everybody was found; then people are the trials of an exact interval."""
    if 0 < point.tpir < 1:
        return list(point.interval)
    first = size.draws[0]
    n_people = len(np.unique(first.people[first.is_mated]))
    return list(Rate(round(point.tpir) * n_people, n_people, "people").interval())


def _false_interval(result: TrialResult, size: SizeResult, threshold: float) -> list[float] | None:
    """FPIR of the first draw, by resampling strangers."""
    first = size.draws[0]
    strangers = ~first.is_mated & ~np.isnan(first.top_scores)
    interval = rate_interval_by_person(
        first.people[strangers],
        first.top_scores[strangers] >= threshold,
        result.plan.n_resamples,
        result.plan.seed,
    )
    return interval and list(interval)


def _extrapolated(result: TrialResult) -> list[dict[str, Any]]:
    """FPIR at 1,000 and 10,000 where so many could not be enrolled, from the longest list, within bounds."""
    longest = result.sizes[-1]
    limit = MOST_TIMES_LARGER * longest.n_enrolled
    found = []
    for point in (_point(result, longest, each) for each in longest.points):
        rate = Rate(math.ceil(point["false"]), point["non_mated"], "non-mated passes with a face")
        for n_enrolled in (each for each in _FURTHER_SIZES if longest.n_enrolled < each <= limit):
            ends = [fpir_at(fmr_of(end, longest.n_enrolled), n_enrolled) for end in rate.interval()]
            found.append(
                {
                    "n_enrolled": n_enrolled,
                    "from_n_enrolled": longest.n_enrolled,
                    "threshold": point["threshold"],
                    "fpir": fpir_at(fmr_of(point["fpir"], longest.n_enrolled), n_enrolled),
                    "interval": ends,
                }
            )
    return found


def _histograms(result: TrialResult) -> dict[str, Any]:
    """Counts of mate scores and of the best strangers of the whole list, in common bins."""
    mates = result.mate_scores[np.isfinite(result.mate_scores)]
    strangers = result.stranger_scores[np.isfinite(result.stranger_scores)]
    both = np.concatenate([mates, strangers])
    edges = np.linspace(both.min(), np.nextafter(both.max(), np.inf), _BINS + 1)
    return {
        "edges": edges.tolist(),
        "mated": np.histogram(mates, edges)[0].tolist(),
        "non_mated": np.histogram(strangers, edges)[0].tolist(),
        "n_enrolled": len(result.scores.listed),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
