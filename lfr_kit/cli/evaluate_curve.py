"""`lfr evaluate curve`: what distance, blur, light, frame rate or the size of the list cost."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lfr_kit.cli.evaluate_options import CropsOption, DetectorOption, EmbedderOption
from lfr_kit.cli.output import JsonOption, emit, progress, results

if TYPE_CHECKING:
    from lfr_kit.evaluation.curve_conditions import Condition
    from lfr_kit.evaluation.curve_photos import CurvePhotos
    from lfr_kit.evaluation.curve_study import PhotoSetup
    from lfr_kit.evaluation.operating_curve import CurveLevel, LevelResult

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
    out: Annotated[Path | None, typer.Option("--out", help="New folder for curve.json and plots.")] = None,
    as_json: JsonOption = False,
) -> None:
    """TPIR and FPIR at each level of one condition, on the same people and draws, with intervals by person."""
    from lfr_kit.evaluation.curve_conditions import checked_levels, condition_named
    from lfr_kit.evaluation.curve_photos import choose_photos
    from lfr_kit.evaluation.curve_study import PhotoSetup
    from lfr_kit.evaluation.operating_curve import CurvePlan, study_curve
    from lfr_kit.evaluation.photos import photo_stages
    from lfr_kit.evaluation.tables import people_in
    from lfr_kit.matching.choose_matcher import usual_normalisation

    chosen = condition_named(condition)
    at = checked_levels(chosen, levels)
    _check(chosen, clips, walks, out)
    plan = CurvePlan(fpir=fpir, n_draws=draws, seed=seed, shares_threshold=chosen.shares_threshold)
    folders = people_in(folder)
    photos = choose_photos(folders, people, filler, seed) if clips is None else _listed(folders)
    make = partial(photo_stages, detector=detector, embedder=embedder, admission=admit)
    stages, why = make(crops=crops)
    scored = usual_normalisation(stages.embedder.space_id) if normalisation == "auto" else normalisation
    with progress("pictures") as step:
        setup = PhotoSetup(
            photos,
            lambda name: stages if name is None else make(crops=name)[0],
            n_enrolled=enrol,
            normalisation=scored,
            seed=seed,
            progress=step,
        )
        made = _levels(chosen, at, setup, clips=clips, names=list(folders))
    with progress("levels", len(made)) as step:
        found = study_curve(made, plan, progress=step)
    made_with = {"embedder": why, "space_id": stages.embedder.space_id, "crops": crops, "admitted": admit}
    asked = {"people": len(photos.probes), "draws": draws, "seed": seed, "normalisation": scored}
    _show(chosen, found, {**asked, **made_with}, out, as_json)


def _check(condition: Condition, clips: Path | None, walks: bool, out: Path | None) -> None:
    """BadParameter before minutes go into templates."""
    if clips is not None and walks:
        raise typer.BadParameter("give --clips or --walks, not both")
    if (condition.kind == "passes") != (walks or clips is not None):
        needs = (
            "needs passes: give --clips TABLE or --walks" if condition.kind == "passes" else "is of photographs"
        )
        raise typer.BadParameter(f"{condition.name} {needs}")
    if out is not None and out.exists():
        raise typer.BadParameter(f"{out}: is there already; name a new folder")


def _listed(folders: dict[str, list[Path]]) -> CurvePhotos:
    """Everybody enrolled, nobody with a second photograph: probes come from clips."""
    from lfr_kit.evaluation.curve_photos import CurvePhotos

    return CurvePhotos(references=tuple(paths[0] for paths in folders.values()), probes=())


def _levels(
    condition: Condition,
    levels: tuple[float | str, ...],
    setup: PhotoSetup,
    *,
    clips: Path | None,
    names: list[str],
) -> list[CurveLevel]:
    from lfr_kit.evaluation.curve_passes import levels_of_clips, levels_of_walks
    from lfr_kit.evaluation.curve_study import photo_levels

    if condition.kind != "passes":
        return photo_levels(condition, levels, setup)
    if clips is not None:
        return levels_of_clips(condition, levels, setup, table=clips, names=names)
    return levels_of_walks(condition, levels, setup)


def _show(
    condition: Condition, found: list[LevelResult], made_with: dict[str, Any], out: Path | None, as_json: bool
) -> None:
    from lfr_kit.evaluation.curve_report import curve_plots, curve_summary, write_curve

    payload = {**curve_summary(condition, found), **made_with}
    if out is not None:
        write_curve(out, payload, curve_plots(condition, found))
    if as_json:
        emit(payload)
        return
    from rich.table import Table

    table = Table(
        condition.axis,
        "TPIR, first threshold",
        "FPIR there",
        f"TPIR at FPIR {payload['fpir_asked']:g}",
        "not acquired",
        title=_title(payload),
    )
    for row in payload["levels"]:
        own = {"value": row["tpir_at_own_threshold"], "interval": row["interval_at_own_threshold"]}
        failed = row["failed_to_acquire"]
        rates = [_rate(each) for each in (row["tpir"], row["fpir"], own)]
        level = row["level"] if isinstance(row["level"], str) else f"{row['level']:g}"
        table.add_row(level, *rates, f"{failed['count']} of {failed['trials']}")
    results().print(table)
    for fall in payload["falls"]:
        ends = ["never" if end is None else f"{end:.3g}" for end in fall["interval"]]
        where = "not within these levels" if fall["level"] is None else f"at {fall['level']:.3g}"
        results().print(f"TPIR down to {fall['share']:g} of the first level's: {where} ({ends[0]} .. {ends[1]})")


def _rate(value: dict[str, Any] | None) -> str:
    if value is None or value["value"] is None:
        return "-"
    low, high = value["interval"]
    return f"{value['value']:.3f} ({low:.3f} .. {high:.3f})"


def _title(payload: dict[str, Any]) -> str:
    n_enrolled = payload["levels"][0]["n_enrolled"]
    return f"{payload['n_people']} people, {n_enrolled} enrolled, {payload['draws']} draws"
