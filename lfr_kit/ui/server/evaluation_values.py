"""Runs, prices and calibrations as the evaluation dashboard shows them: counts and rates, nobody in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfr_kit.errors import InputError, LfrError, NotInStoreError
from lfr_kit.evaluation.run_folder import Run, open_run
from lfr_kit.governance.calibration import Calibration, valid_until
from lfr_kit.governance.threshold_price import Price, Question, price_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lfr_kit.plots.svg import Draw

__all__ = [
    "PLOTS",
    "calibration_values",
    "drawing_of",
    "price_values",
    "priced",
    "run_at",
    "run_values",
    "runs_in",
]

_MOST_RUNS = 200
PLOTS = ("errors", "scores", "list-size")
"""What is drawn of chosen runs."""


@dataclass(frozen=True, eq=False)
class _Priced:
    """A run, and what a budget costs by it."""

    run: Run
    price: Price


def runs_in(folder: Path) -> list[dict[str, Any]]:
    """Every trial below a folder, newest first; one that was changed since is listed with what is wrong."""
    found = []
    for path in sorted(_folders(folder))[:_MOST_RUNS]:
        try:
            run = open_run(path)
        except LfrError as error:
            found.append({"name": path.name, "fault": str(error).replace(str(path), path.name)})
            continue
        if run.kind == "trial":
            found.append(run_values(run))
    return sorted(found, key=lambda each: each.get("written_at", ""), reverse=True)


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [
        each
        for each in folder.iterdir()
        if not each.name.startswith(".") and not each.is_symlink() and (each / "digests.json").is_file()
    ]


def run_at(folder: Path, name: str) -> Run:
    """The run of that name.

    Raises
    ------
    NotInStoreError
        If there is none.
    TamperedError
        If it was changed since it was written.
    """
    path = next((each for each in _folders(folder) if each.name == name), None)
    if path is None:
        raise NotInStoreError(f"run {name}: is not there")
    return open_run(path)


def run_values(run: Run) -> dict[str, Any]:
    """What a run is of."""
    counts = run.figures["counts"]
    return {
        "name": run.path.name,
        "trial_id": run.figures["trial_id"],
        "data": str(run.manifest.get("data", "")),
        "space_id": run.figures["space_id"],
        "score_scale": run.figures["score_scale"],
        "written_at": run.versions["written_at"],
        "embedder": run.versions["embedder"],
        "people": counts["cohort"],
        "passes": counts["passes_of_the_cohort"],
        "strangers": counts["passes_of_the_crowd"],
        "longest_list": run.figures["listed"],
        "passes_digest": run.digests["sources"]["manifest"],
    }


def priced(runs: Sequence[Run], question: Question) -> list[_Priced]:
    """What the budget costs by each run.

    Raises
    ------
    InputError
        If one of them is no trial.
    """
    for run in runs:
        if run.kind != "trial":
            raise InputError(f"run {run.path.name}: is no trial, and prices nothing")
    return [_Priced(run, price_of(run.figures, question)) for run in runs]


def price_values(found: Sequence[_Priced]) -> list[dict[str, Any]]:
    """As plain values, one per run."""
    return [
        {"run": each.run.path.name, "score_scale": each.run.figures["score_scale"], **asdict(each.price)}
        for each in found
    ]


def calibration_values(calibration: Calibration, today: date) -> dict[str, Any]:
    """A calibration known to the store, and whether a threshold may rest on it today."""
    until = valid_until(calibration)
    return {
        "calibration_id": calibration.calibration_id,
        "space_id": calibration.space_id,
        "score_scale": calibration.score_scale,
        "measured_on": calibration.measured_on,
        "valid_until": until,
        "is_valid": today <= until,
        "days_left": (until - today).days,
        "largest_list": calibration.largest_list,
        "measured_with": calibration.measured_with,
    }


def drawing_of(name: str, found: Sequence[_Priced], question: Question) -> Draw:
    """What a plot of that name draws of some runs.

    Raises
    ------
    InputError
        If there is no such plot, or no run.
    """
    if name not in PLOTS or not found:
        raise InputError(f"plot: one of {', '.join(PLOTS)}, of at least one run")
    return {"errors": _errors, "scores": _scores, "list-size": _list_size}[name](found, question)


def _named(found: Sequence[_Priced]) -> list[str]:
    return [each.run.path.name for each in found]


def _of_first(label: str, found: Sequence[_Priced]) -> str:
    """A label that says whose, where several runs are chosen and only the first is drawn."""
    return label if len(found) == 1 else f"{label}\n{found[0].run.path.name} only"


def _errors(found: Sequence[_Priced], question: Question) -> Draw:
    from lfr_kit.plots.det import det

    sizes = [_size_for(each.run.figures, question.n_enrolled) for each in found]
    curves = {
        f"{name}, {size['n_enrolled']:,} listed": (
            [value or 0.0 for value in size["curve"]["fpir"]],
            [1 - (value or 0.0) for value in size["curve"]["tpir"]],
        )
        for name, size in zip(_named(found), sizes, strict=True)
    }
    fewest = min(size["non_mated"] for size in sizes)
    return lambda axes: det(axes, curves, n_false_trials=fewest or None)


def _size_for(figures: Mapping[str, Any], n_enrolled: int) -> Mapping[str, Any]:
    """The longest list that is not longer; else the shortest there is."""
    ordered: list[Mapping[str, Any]] = sorted(figures["sizes"], key=lambda size: size["n_enrolled"])
    return ([size for size in ordered if size["n_enrolled"] <= n_enrolled] or ordered[:1])[-1]


def _scores(found: Sequence[_Priced], question: Question) -> Draw:
    from lfr_kit.plots.score_histograms import binned_histograms

    first = found[0]
    bins, scale = first.run.figures["histograms"], first.run.figures["score_scale"]
    name = "similarity (cosine)" if scale == "cosine" else f"score ({scale.replace('_', ' ')})"
    return lambda axes: binned_histograms(
        axes,
        bins["edges"],
        bins["mated"],
        bins["non_mated"],
        first.price.threshold,
        score_name=_of_first(name, found),
    )


def _list_size(found: Sequence[_Priced], question: Question) -> Draw:
    from lfr_kit.evaluation.rates import Rate
    from lfr_kit.plots.fpir_against_n import Extrapolated, fpir_against_n

    first = found[0]
    threshold = first.price.threshold
    points: list[tuple[int, Rate]] = []
    if threshold is not None:
        rows = [row for row in first.run.figures["calibration"] if row["threshold"] >= threshold]
        for n in sorted({row["n_enrolled"] for row in rows}):
            row = min((each for each in rows if each["n_enrolled"] == n), key=lambda each: each["threshold"])
            points.append((n, Rate(row["n_false"], row["n_searches"], "independent searches")))
    further = []
    if first.price.is_extrapolated and first.price.fpir is not None and first.price.fpir_upper is not None:
        further = [Extrapolated(question.n_enrolled, first.price.fpir, 0.0, first.price.fpir_upper)]

    def draw(axes: Axes) -> str:
        words = fpir_against_n(axes, points, further, ceiling=1 / question.budget)
        axes.set_xlabel(_of_first(axes.get_xlabel(), found))
        return _of_first(words, found)

    return draw
