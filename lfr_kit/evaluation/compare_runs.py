"""Runs side by side, and whether they may stand there: only what was counted alike on the same passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lfr_kit.errors import TableError
from lfr_kit.evaluation.run_folder import Run

__all__ = ["Comparison", "compare_runs", "differences_between"]


@dataclass(frozen=True)
class Comparison:
    """Several runs, row by row.

    Attributes
    ----------
    runs, score_scales
        Names of their folders, and on which scale each scored.
    differences
        Why they are not comparable; empty if they are.
    remarks
        What differs and may: the algorithm, its release.
    rows
        One per list size, FPIR and run.
    """

    runs: tuple[str, ...]
    score_scales: tuple[str, ...]
    differences: tuple[str, ...]
    remarks: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]


def differences_between(runs: Sequence[Run]) -> list[str]:
    """Why runs are not comparable, each in a sentence; empty if they are."""
    if {run.kind for run in runs} != {"trial"}:
        return ["only trials are compared; groups stand in one run each: lfr evaluate groups"]
    first = runs[0]
    found = []
    for other in runs[1:]:
        pair = f"{first.path.name} and {other.path.name}"
        if other.digests["sources"]["manifest"] != first.digests["sources"]["manifest"]:
            found.append(f"{pair} are of two trials: other people or pictures passed")
        if other.figures["protocol"] != first.figures["protocol"]:
            found.append(f"{pair} were counted by two protocols")
        if other.figures["seed"] != first.figures["seed"] or other.figures["draws"] != first.figures["draws"]:
            found.append(f"{pair} drew other lists (--draws, --seed)")
        if not _sizes(first) & _sizes(other):
            found.append(f"{pair} have no list size in common ({_named(first)}; {_named(other)}): give --sizes")
    return found


def compare_runs(runs: Sequence[Run], *, anyway: bool = False) -> Comparison:
    """Puts trials side by side.

    Parameters
    ----------
    anyway
        Whether to do so with runs that are not comparable; the reasons stand in the result.

    Raises
    ------
    TableError
        If they are fewer than two, or not comparable.
    """
    if len(runs) < 2:
        raise TableError("compare: needs two runs or more")
    differences = differences_between(runs)
    if differences and not anyway:
        lines = "".join(f"\n  {each}" for each in differences)
        raise TableError(f"these runs are not comparable:{lines}\n(--anyway shows them all the same, and says so)")
    trials = [run for run in runs if run.kind == "trial"]
    return Comparison(
        tuple(run.path.name for run in runs),
        tuple(run.figures["score_scale"] for run in runs),
        tuple(differences),
        tuple(_remarks(trials)),
        tuple(_rows(trials)),
    )


def _sizes(run: Run) -> set[int]:
    return {size["n_enrolled"] for size in run.figures["sizes"]}


def _named(run: Run) -> str:
    return ", ".join(f"{size:,}" for size in sorted(_sizes(run)))


def _remarks(runs: Sequence[Run]) -> list[str]:
    found = []
    spaces = {(run.figures["space_id"], run.figures["score_scale"]) for run in runs}
    if len(spaces) > 1:
        found.append(
            "thresholds are of different embedding spaces or scales: compare TPIR at an FPIR, never thresholds"
        )
    if len(scales := {run.figures["score_scale"] for run in runs}) > 1:
        found.append(f"scores are on different scales: {', '.join(sorted(scales))}")
    gates = {str(run.versions["recipe"]["admission"]) for run in runs}
    if len(gates) > 1:
        found.append("not all runs held faces to the quality gates: failures to acquire differ for that reason")
    if len({str(run.versions["packages"]) for run in runs}) > 1:
        found.append("the runs were computed with different releases of libraries (versions.json)")
    return found


def _rows(runs: Sequence[Run]) -> list[dict[str, Any]]:
    rows = [
        {
            "run": run.path.name,
            "space_id": run.figures["space_id"],
            "score_scale": run.figures["score_scale"],
            "n_enrolled": size["n_enrolled"],
            **{key: value for key, value in point.items() if key != "tpir_interval_over_draws"},
        }
        for run in runs
        for size in run.figures["sizes"]
        for point in size["points"]
    ]
    return sorted(rows, key=lambda row: (row["n_enrolled"], -row["fpir_asked"]))
