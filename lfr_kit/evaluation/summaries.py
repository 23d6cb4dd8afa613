"""Studies as plain numbers, for JSON and tables; the keys others build on are never renamed."""

from __future__ import annotations

import math
from typing import Any

from lfr_kit.evaluation.detection_study import DetectionStudy
from lfr_kit.evaluation.identification import OpenSetPoint, cumulative_matches, tpir_gain
from lfr_kit.evaluation.open_set_study import OpenSetStudy
from lfr_kit.evaluation.pair_study import PairStudy
from lfr_kit.evaluation.photos import PhotoTemplates
from lfr_kit.evaluation.rates import Rate, interval_of_mean

__all__ = ["acquisition_summary", "detection_summary", "gain_summary", "open_set_summary", "pair_summary"]


def pair_summary(study: PairStudy) -> dict[str, Any]:
    """Of `pair_study.study_pairs`; `interval` is exact (Clopper-Pearson) over all pairs."""
    by_fold = [rate.count / rate.trials for rate in study.folds.by_fold]
    return {
        "pairs": study.folds.accuracy.trials,
        "accuracy": study.folds.accuracy.value,
        "interval": study.folds.accuracy.interval(),
        "interval_over_folds": interval_of_mean(by_fold),
        "by_fold": by_fold,
        "equal_error_rate": study.equal_error_rate,
        "threshold": _finite(study.threshold),
        "fmr": _rate(study.fmr),
        "fnmr": _rate(study.fnmr),
        "pairs_failed": study.pairs_failed,
    }


def open_set_summary(study: OpenSetStudy) -> dict[str, Any]:
    """Of `open_set_study.study_open_set`: means over the draws."""
    plan = study.plan
    return {
        "n_enrolled": plan.n_enrolled,
        "draws": plan.n_draws,
        "mated": study.mated,
        "non_mated": study.non_mated,
        "rank1": study.rank1,
        "cmc": _mean_cmc(study),
        "tpir": [_point(point) for point in study.points],
        "failed_to_enrol": study.failed_to_enrol,
        "photos_each": plan.photos_each,
        "choose": plan.choose,
        "cohort": plan.n_cohort,
        "seed": plan.seed,
    }


def gain_summary(study: OpenSetStudy, other: OpenSetStudy) -> list[dict[str, Any]]:
    """By how much TPIR is higher than in another study of the same draws, see `identification.tpir_gain`."""
    gains = [tpir_gain(study.draws, other.draws, fpir, seed=study.plan.seed) for fpir in study.plan.fpirs]
    return [
        {"fpir": fpir, "gain": gain, "interval": interval}
        for fpir, (gain, interval) in zip(study.plan.fpirs, gains, strict=True)
    ]


def _mean_cmc(study: OpenSetStudy) -> list[float]:
    """Rank 1, 2, ...: mated searches with the right person no further down, as far as all draws kept ranks."""
    n_ranks = min(1 if draw.mates is None else draw.mates.n_kept for draw in study.draws)
    by_draw = [[rate.value or 0.0 for rate in cumulative_matches(draw, n_ranks)] for draw in study.draws]
    return [sum(values) / len(values) for values in zip(*by_draw, strict=True)]


def _point(point: OpenSetPoint) -> dict[str, Any]:
    return {
        "fpir": point.fpir,
        "tpir": point.tpir,
        "interval": point.interval,
        "interval_over_draws": point.interval_over_draws,
        "threshold": _finite(point.threshold),
        "fpir_measured": _rate(point.fpir_measured),
    }


def detection_summary(study: DetectionStudy) -> dict[str, Any]:
    """Of `detection_study.study_detection`; the last band has no upper end."""
    rates = study.rates
    return {
        "images": rates.images,
        "faces": rates.recall.trials,
        "recall": rates.recall.value,
        "interval": rates.recall.interval(),
        "false_per_image": rates.false_per_image,
        "by_height_px": [
            {
                "from": band.from_px,
                "to": _finite(band.up_to_px),
                "faces": band.recall.trials,
                "recall": band.recall.value,
                "interval": band.recall.interval(),
                "false_boxes": band.false_boxes.count,
                "boxes": band.false_boxes.trials,
            }
            for band in rates.by_height_px
        ],
        "smallest_face_px": study.smallest_face_px,
        "iou": study.smallest_iou,
    }


def acquisition_summary(photos: PhotoTemplates) -> dict[str, Any]:
    """How many photographs gave no template, and why."""
    return {
        "photos": len(photos),
        "failed_to_acquire": photos.failed.total(),
        "failed_by_reason": dict(photos.failed),
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "count": rate.count,
        "trials": rate.trials,
        "denominator": rate.denominator,
        "value": rate.value,
        "interval": rate.interval(),
    }


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if math.isfinite(value) else None
