"""`lfr evaluate groups`: whether people of all groups are found alike, and wrongly alerted alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.evaluate_options import (
    CropsOption,
    DetectorOption,
    EmbedderOption,
    TrialAdmitOption,
    TrialNormalisationOption,
)
from lfr_kit.cli.evaluate_trial import ManifestArgument, OutOption, prepared_trial
from lfr_kit.cli.output import JsonOption, emit, results

if TYPE_CHECKING:
    from lfr_kit.evaluation.run_folder import Run

__all__ = ["groups"]


def groups(
    manifest: ManifestArgument,
    by: Annotated[str, typer.Option("--by", help="Kind of group: a column of the table of people.")],
    out: OutOption = Path("runs"),
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Least score of an alert; default: found from --fpir.")
    ] = None,
    fpir: Annotated[float, typer.Option("--fpir", help="Share of strangers who alert, over all groups.")] = 0.01,
    size: Annotated[int | None, typer.Option("--size", help="People on a list; default: everybody.")] = None,
    leave_out: Annotated[list[str] | None, typer.Option("--leave-out", help="Groups not to compare.")] = None,
    bands: Annotated[
        str, typer.Option("--bands", help="Edges of bands where answers are numbers, e.g. 25,35.")
    ] = "",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Deals the lists out.")] = 0,
    normalisation: TrialNormalisationOption = "auto",
    embedder: EmbedderOption = "auto",
    crops: CropsOption = None,
    detector: DetectorOption = None,
    admit: TrialAdmitOption = "deployed",
    as_json: JsonOption = False,
) -> None:
    """Compares groups at one threshold: people found; strangers who alert, on mixed lists and on their own."""
    from lfr_kit.evaluation.group_figures import group_content
    from lfr_kit.evaluation.group_study import GroupPlan, study_groups
    from lfr_kit.evaluation.run_folder import check_folder, versions, write_run
    from lfr_kit.evaluation.trial import trial_scores

    check_folder(out)
    plan = GroupPlan(
        kind=by,
        threshold=threshold,
        fpir=fpir,
        n_enrolled=size,
        leave_out=tuple(leave_out or ()),
        edges=_edges(bands),
        seed=seed,
    )
    prepared = prepared_trial(manifest, embedder, crops, detector, admit)
    scores = trial_scores(prepared.manifest, prepared.templates, prepared.normalisation(normalisation))
    content = group_content(prepared, study_groups(prepared.manifest, scores, plan), scores.score_scale)
    run = write_run(out, content, versions(prepared.templates.recipe, prepared.stages.why))
    if as_json:
        emit({"run": run.path, **run.figures})
    else:
        _print(run)


def _edges(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise typer.BadParameter(f"--bands: numbers with commas between, e.g. 25,35, got {text!r}") from None


def _print(run: Run) -> None:
    from rich.table import Table

    out, figures = results(), run.figures
    for name, measure in figures["measures"].items():
        table = Table(
            "group", "people", "counted", "rate (95 %)", "against the mean", title=name, title_justify="left"
        )
        for each in measure["groups"]:
            table.add_row(*_row(each))
        out.print(table)
        out.print(measure["verdict"] + ".", highlight=False, markup=False)
    out.print(
        f"threshold {figures['threshold']:.4f}; {run.path} (report.html in it)", highlight=False, soft_wrap=True
    )


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    low, high = each["interval"]
    ratio = each["ratio_to_mean"]
    return (
        each["group"],
        f"{each['n_people'] or 0:,}",
        f"{each['count']:,} of {each['trials']:,}",
        "-" if each["value"] is None else f"{each['value']:.4f} ({low:.4f} to {high:.4f})",
        each["why_not_compared"] or ("-" if ratio is None else f"{ratio:.2f}"),
    )
