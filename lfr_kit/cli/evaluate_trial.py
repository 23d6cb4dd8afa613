"""`lfr evaluate manifest | trial | forget`: trials with cohort, filler and crowd."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lfr_kit.cli.evaluate_options import (
    CropsOption,
    DetectorOption,
    EmbedderOption,
    TrialAdmitOption,
    TrialNormalisationOption,
)
from lfr_kit.cli.output import JsonOption, emit, progress, results

if TYPE_CHECKING:
    from lfr_kit.evaluation.run_folder import Run
    from lfr_kit.evaluation.trial_run import Prepared

__all__ = ["forget", "manifest", "prepared_trial", "trial"]

ManifestArgument = Annotated[
    Path, typer.Argument(metavar="MANIFEST", help="trial.toml; see: lfr evaluate manifest")
]
OutOption = Annotated[Path, typer.Option("--out", help="Folder of runs; each run is a new folder in it.")]


def manifest(
    folder: Annotated[
        Path, typer.Argument(help="One folder of pictures per person, or files PERSON_PICTURE.jpg.")
    ],
    out: Annotated[Path, typer.Option("--out", help="New folder for trial.toml and its tables.")],
    until: Annotated[
        datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day on which templates may be kept.")
    ],
    consent: Annotated[str, typer.Option("--consent", help="Reference of the consent, or terms of the pictures.")],
    data: Annotated[str, typer.Option("--data", help="What the pictures are, and what they do not show.")],
    trial_id: Annotated[str | None, typer.Option("--id", help="Name of the trial; default: the folder's.")] = None,
    groups: Annotated[
        Path | None, typer.Option("--groups", help="CSV of what people said of themselves; see --by.")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", help="Columns of --groups: the person's name first, then kinds.")
    ] = None,
    filler: Annotated[
        list[Path] | None, typer.Option("--filler", help="Further folders of people who are only enrolled.")
    ] = None,
    crowd: Annotated[
        float, typer.Option("--crowd", help="Share of the people with one picture who pass, not enrolled.")
    ] = 0.5,
    seed: Annotated[int, typer.Option("--seed", help="Draws which of them.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Makes a manifest: who has several pictures is cohort, the first is enrolled, each other one a pass."""
    from lfr_kit.evaluation.folder_manifest import FolderTrial, group_table, write_folder_trial

    if (groups is None) != (not by) or (by and len(by) < 2):
        raise typer.BadParameter("give --groups TABLE with --by PERSON_COLUMN --by KIND ...")
    plan = FolderTrial(
        trial_id=trial_id or folder.resolve().name,
        data=data,
        consent=consent,
        retained_until=until.date(),
        crowd_share=crowd,
        seed=seed,
        groups={} if groups is None or not by else group_table(groups, by[0], by[1:]),
    )
    parts = write_folder_trial(folder, out, plan, fillers=filler or ())
    if as_json:
        emit({"manifest": out / "trial.toml", **{str(part): n for part, n in parts.items()}})
        return
    results().print(
        f"{out / 'trial.toml'}: {parts['cohort']:,} in the cohort, {parts['filler']:,} filler, {parts['crowd']:,} "
        "in the crowd",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def trial(
    manifest: ManifestArgument,
    out: OutOption = Path("runs"),
    sizes: Annotated[
        str, typer.Option("--sizes", help="List sizes, e.g. 100,400; default: 1,000, 10,000 and all there are.")
    ] = "",
    draws: Annotated[int, typer.Option("--draws", min=1, help="How often each list is drawn anew.")] = 20,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same draws.")] = 0,
    normalisation: TrialNormalisationOption = "auto",
    embedder: EmbedderOption = "auto",
    crops: CropsOption = None,
    detector: DetectorOption = None,
    admit: TrialAdmitOption = "deployed",
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Keep no templates, use none.")] = False,
    as_json: JsonOption = False,
) -> None:
    """How often a cohort is found, and strangers raise alerts, pass by pass; goes on where it was stopped."""
    from lfr_kit.evaluation.run_folder import check_folder, versions, write_run
    from lfr_kit.evaluation.trial import TrialPlan, run_trial
    from lfr_kit.evaluation.trial_run import trial_content

    check_folder(out)
    plan = TrialPlan(list_sizes=_sizes(sizes), n_draws=draws, seed=seed)
    prepared = prepared_trial(manifest, embedder, crops, detector, admit, keep=not no_cache)
    plan = replace(plan, normalisation=prepared.normalisation(normalisation))
    with progress("passes") as step:
        result = run_trial(prepared.manifest, prepared.templates, plan, progress=step)
    content = trial_content(prepared, result)
    run = write_run(out, content, versions(prepared.templates.recipe, prepared.stages.why))
    if as_json:
        emit({"run": run.path, "n_cached": prepared.templates.n_cached, "manifest": run.manifest, **run.figures})
        return
    _print_trial(run)


def prepared_trial(
    manifest: Path,
    embedder: str,
    crops: str | None,
    detector: str | None,
    admit: Literal["deployed", "all"],
    *,
    keep: bool = True,
) -> Prepared:
    """A trial with its templates, made where they are not kept; with a bar for whoever watches."""
    from lfr_kit.evaluation.trial_passes import trial_stages
    from lfr_kit.evaluation.trial_run import prepare, template_cache
    from lfr_kit.evaluation.trial_tables import read_manifest

    read = read_manifest(manifest)
    stages = trial_stages(detector=detector, embedder=embedder, crops=crops, admission=admit)
    cache = template_cache() if keep else None
    with progress("pictures", sum(1 for _ in read.pictures)) as step:
        return prepare(read, stages, cache, progress=step)


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part.replace("_", "")) for part in text.split(",") if part.strip())
    except ValueError:
        raise typer.BadParameter(
            f"--sizes: whole numbers with commas between, e.g. 100,400, got {text!r}"
        ) from None


def _print_trial(run: Run) -> None:
    from rich.table import Table

    table = Table(
        "list", "FPIR asked", "threshold", "TPIR", "not acquired", "FNIR of acquired", "false, mean of passes"
    )
    for size in run.figures["sizes"]:
        for each in size["points"]:
            low, high = each["tpir_interval"]
            table.add_row(
                f"{size['n_enrolled']:,}",
                f"1 in {1 / each['fpir_asked']:,.0f}" + ("" if each["is_resolved"] else ", not resolved"),
                f"{each['threshold']:.4f}",
                f"{each['tpir']:.3f} ({low:.3f} to {high:.3f})",
                f"{each['fta']:.3f}",
                f"{each['fnir_of_acquired']:.3f}",
                f"{each['false']:.1f} of {each['non_mated']:,}",
            )
    results().print(table)
    results().print(f"scores: {run.figures['score_scale']}", highlight=False)
    results().print(f"{run.path} (report.html in it)", highlight=False, markup=False, soft_wrap=True)


def forget(
    manifest: Annotated[
        Path | None, typer.Argument(metavar="[MANIFEST]", help="Whose pictures; see --person.")
    ] = None,
    person: Annotated[
        list[str] | None, typer.Option("--person", help="Only these people of the manifest: they withdrew.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All templates of all trials.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Deletes kept templates of trials: those whose retention date is past; or of a manifest's people; or all."""
    from lfr_kit.evaluation.trial_run import forget_templates, templates_kept

    if everything and (manifest or person):
        raise typer.BadParameter("--all stands alone")
    if person and manifest is None:
        raise typer.BadParameter("--person needs the MANIFEST that names them")
    gone: dict[str, Any] = forget_templates(manifest, person or (), everything=everything)
    payload = {**gone, "kept": templates_kept()}
    if as_json:
        emit(payload)
        return
    results().print(
        f"{payload['expired']:,} expired and {payload['asked_for']:,} others deleted; {payload['kept']:,} kept",
        highlight=False,
    )
