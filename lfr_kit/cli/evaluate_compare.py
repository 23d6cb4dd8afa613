"""`lfr evaluate compare`: trials, or operating curves, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.output import JsonOption, console, emit, results

if TYPE_CHECKING:
    from lfr_kit.evaluation.compare_runs import Comparison

__all__ = ["compare"]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs: two or more.")],
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Show runs that are not comparable side by side, and say so.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Trials, or curves, side by side: the same pictures, another algorithm. Refuses what is not comparable."""
    from dataclasses import asdict

    from lfr_kit.evaluation.compare_runs import compare_runs
    from lfr_kit.evaluation.run_folder import open_run

    if len(runs) > len(_LETTERS):
        raise typer.BadParameter(f"{len(_LETTERS)} runs at most")
    found = compare_runs([open_run(path) for path in runs], anyway=anyway)
    if as_json:
        emit(asdict(found))
        return
    _print(found)


def _print(found: Comparison) -> None:
    from rich.table import Table

    for line in (*(f"NOT COMPARABLE: {each}" for each in found.differences), *found.remarks):
        console().print(line, highlight=False, markup=False, soft_wrap=True)
    letters = dict(zip(found.runs, _LETTERS, strict=False))
    for (name, letter), scale in zip(letters.items(), found.score_scales, strict=True):
        results().print(f"{letter}: {name}, {scale}", highlight=False, markup=False, soft_wrap=True)
    columns, cells = _TABLES[found.kind]
    table = Table(*columns)
    for row in found.rows:
        table.add_row(*cells(row, letters[row["run"]]))
    results().print(table)


def _trial_cells(row: dict[str, Any], letter: str) -> tuple[str, ...]:
    low, high = row["tpir_interval"]
    return (
        f"{row['n_enrolled']:,}",
        f"1 in {1 / row['fpir_asked']:,.0f}" + ("" if row["is_resolved"] else ", not resolved"),
        letter,
        f"{row['tpir']:.3f} ({low:.3f} to {high:.3f})",
        f"{row['threshold']:.4f}",
        f"{row['false']:.1f} of {row['non_mated']:,}",
    )


def _curve_cells(row: dict[str, Any], letter: str) -> tuple[str, ...]:
    from lfr_kit.evaluation.curve_report import level_cells

    level, *rates = level_cells(row)
    return (level, letter, *rates)


_TABLES = {
    "trial": (("list", "FPIR", "run", "TPIR", "threshold", "false, mean of passes"), _trial_cells),
    "curve": (("level", "run", "list", "TPIR there", "FPIR there", "TPIR, own", "not acquired"), _curve_cells),
}
