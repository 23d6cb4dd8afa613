"""`lfr evaluate curve`: what distance, blur, light, frame rate or the size of the list cost."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lfr_kit.cli.evaluate_options import CropsOption, DetectorOption, EmbedderOption
from lfr_kit.cli.evaluate_trial import OutOption
from lfr_kit.cli.output import JsonOption, emit, progress, results

if TYPE_CHECKING:
    from lfr_kit.evaluation.curve_conditions import Condition
    from lfr_kit.evaluation.curve_photos import CurvePhotos
    from lfr_kit.evaluation.curve_run import Photographs
    from lfr_kit.evaluation.curve_study import PhotoSetup
    from lfr_kit.evaluation.operating_curve import CurveLevel
    from lfr_kit.evaluation.run_folder import Run

__all__ = ["curve"]


def curve(
    condition: Annotated[
        str,
        typer.Argument(
            help="face-height, blur, motion, light, contrast, noise, jpeg; crops, normalisation, list-size; of "
            "passes: distance, every-nth, best-shots."
        ),
    ],
    folder: Annotated[Path, typer.Argument(help="One folder of photographs per person; the first is enrolled.")],
    levels: Annotated[
        str, typer.Option("--levels", help="With commas between them; default: the condition's.")
    ] = "",
    clips: Annotated[
        Path | None, typer.Option("--clips", help="CSV of passes beside their clips: clip, person, from_s, to_s.")
    ] = None,
    walks: Annotated[
        bool, typer.Option("--walks", help="Generated footage in which the second photographs walk.")
    ] = False,
    people: Annotated[int, typer.Option("--people", help="People with a probe; 0 = all that have two.")] = 0,
    filler: Annotated[int, typer.Option("--filler", help="More people, only ever enrolled.")] = 0,
    enrol: Annotated[int, typer.Option("--enrol", help="On the list per draw; 0 = half, and all filler.")] = 0,
    draws: Annotated[int, typer.Option("--draws", help="How often who is enrolled is drawn.")] = 20,
    fpir: Annotated[float, typer.Option("--fpir", help="Rate of strangers who may raise an alert.")] = 0.01,
    seed: Annotated[int, typer.Option("--seed", help="Of people, draws, noise and walks.")] = 0,
    normalisation: Annotated[
        Literal["auto", "none", "rivals", "watchlist"],
        typer.Option("--normalisation", help="Of scores; auto: as searches score with this embedder."),
    ] = "auto",
    embedder: EmbedderOption = "auto",
    crops: CropsOption = None,
    detector: DetectorOption = None,
    admit: Annotated[
        Literal["all", "probe"], typer.Option("--admit", help="Compare all faces found, or those the gate admits.")
    ] = "all",
    curve_id: Annotated[
        str | None, typer.Option("--id", help="Name of the photographs; default: the folder's.")
    ] = None,
    data: Annotated[
        str, typer.Option("--data", help="What the photographs are, and what they do not show.")
    ] = "What the photographs are was not said (--data).",
    out: OutOption = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """TPIR and FPIR at each level of one condition, on the same people and draws, with intervals by person."""
    from lfr_kit.evaluation.curve_conditions import checked_levels, condition_named
    from lfr_kit.evaluation.curve_photos import choose_photos
    from lfr_kit.evaluation.curve_run import MeasuredCurve, Photographs, curve_content
    from lfr_kit.evaluation.curve_study import PhotoSetup
    from lfr_kit.evaluation.operating_curve import CurvePlan, study_curve
    from lfr_kit.evaluation.photos import photo_stages
    from lfr_kit.evaluation.run_folder import check_folder, versions, write_run
    from lfr_kit.evaluation.tables import people_in
    from lfr_kit.evaluation.trial_passes import recipe_of
    from lfr_kit.matching.choose_matcher import usual_normalisation

    chosen = condition_named(condition)
    at = checked_levels(chosen, levels)
    _check(chosen, clips, walks)
    check_folder(out)
    plan = CurvePlan(fpir=fpir, n_draws=draws, seed=seed, shares_threshold=chosen.shares_threshold)
    folders = people_in(folder)
    photos = choose_photos(folders, people, filler, seed) if clips is None else _listed(folders)
    of = Photographs(
        name=curve_id or folder.resolve().name, data=data, photos=photos, names=tuple(folders), clips=clips
    )
    make = partial(photo_stages, detector=detector, embedder=embedder, admission=admit)
    stages, why = make(crops=crops)
    scored = usual_normalisation(stages.embedder.space_id) if normalisation == "auto" else normalisation
    setup = partial(
        PhotoSetup,
        photos,
        lambda name: stages if name is None else make(crops=name)[0],
        n_enrolled=enrol,
        normalisation=scored,
        seed=seed,
    )
    with progress("pictures") as step:
        made = _levels(chosen, at, setup(progress=step), of)
    with progress("levels", len(made)) as step:
        found = study_curve(made, plan, progress=step)
    recipe = recipe_of(detector, stages.embedder, admit)
    measured = MeasuredCurve(of, chosen, plan, made, found, normalisation=scored, is_walks=walks, recipe=recipe)
    run = write_run(out, curve_content(measured), versions(recipe, why))
    if as_json:
        emit({"run": run.path, "embedder": why, **run.figures})
    else:
        _print(run)


def _check(condition: Condition, clips: Path | None, walks: bool) -> None:
    """BadParameter before minutes go into templates."""
    if clips is not None and walks:
        raise typer.BadParameter("give --clips or --walks, not both")
    if (condition.kind == "passes") != (walks or clips is not None):
        needs = (
            "needs passes: give --clips TABLE or --walks" if condition.kind == "passes" else "is of photographs"
        )
        raise typer.BadParameter(f"{condition.name} {needs}")


def _listed(folders: dict[str, list[Path]]) -> CurvePhotos:
    """Everybody enrolled, nobody with a second photograph: probes come from clips."""
    from lfr_kit.evaluation.curve_photos import CurvePhotos

    return CurvePhotos(references=tuple(paths[0] for paths in folders.values()), probes=())


def _levels(
    condition: Condition,
    levels: tuple[float | str, ...],
    setup: PhotoSetup,
    of: Photographs,
) -> list[CurveLevel]:
    from lfr_kit.evaluation.curve_passes import levels_of_clips, levels_of_walks
    from lfr_kit.evaluation.curve_study import photo_levels

    if condition.kind != "passes":
        return photo_levels(condition, levels, setup)
    if of.clips is not None:
        return levels_of_clips(condition, levels, setup, table=of.clips, names=of.names)
    return levels_of_walks(condition, levels, setup)


def _print(run: Run) -> None:
    from rich.table import Table

    from lfr_kit.evaluation.curve_report import fall_in_words, level_cells, levels_columns

    figures = run.figures
    table = Table(*levels_columns(figures), title=_title(figures))
    for each in figures["levels"]:
        table.add_row(*level_cells(each))
    results().print(table)
    for fall in figures["falls"]:
        results().print(fall_in_words(fall))
    results().print(f"{run.path} (report.html in it)", highlight=False, markup=False, soft_wrap=True)


def _title(figures: Mapping[str, Any]) -> str:
    n_enrolled = figures["levels"][0]["n_enrolled"]
    return f"{figures['n_people']} people, {n_enrolled} enrolled, {figures['draws']} draws"
