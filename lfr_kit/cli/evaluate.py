"""`lfr evaluate`: how well recognition works on labelled photographs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lfr_kit.cli import evaluate_calibrate, evaluate_compare, evaluate_curve, evaluate_groups, evaluate_trial
from lfr_kit.cli.evaluate_options import CropsOption, DetectorOption, EmbedderOption
from lfr_kit.cli.output import JsonOption, emit, progress, results

if TYPE_CHECKING:
    from lfr_kit.evaluation.photos import PhotoStages, PhotoTemplates

__all__ = ["app", "detect", "identify", "verify"]

app = typer.Typer(
    help="How well recognition works, with intervals, on labelled photographs and passes.", no_args_is_help=True
)

_Admit = Annotated[
    Literal["all", "probe", "reference"],
    typer.Option("--admit", help="Compare all faces found, or those a quality gate admits; the rest are errors."),
]


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="Photographs, as the pair list names them.")],
    pairs: Annotated[Path, typer.Option("--pairs", help="CSV: fold, image_a, image_b, same.")],
    embedder: EmbedderOption = "auto",
    crops: CropsOption = None,
    detector: DetectorOption = None,
    admit: _Admit = "all",
    as_json: JsonOption = False,
) -> None:
    """1:1: how often pairs are told apart, each fold with the threshold of the others."""
    from lfr_kit.evaluation import summaries
    from lfr_kit.evaluation.pair_study import study_pairs
    from lfr_kit.evaluation.photos import photo_stages
    from lfr_kit.evaluation.tables import read_pairs

    listed = read_pairs(pairs, folder)
    stages, why = photo_stages(detector=detector, embedder=embedder, crops=crops, admission=admit)
    photos = _templates(list(listed.images), stages)
    study = study_pairs(listed, photos)
    setup = {"embedder": why, "space_id": stages.embedder.space_id, "admitted": admit}
    payload = {**summaries.pair_summary(study), **summaries.acquisition_summary(photos), **setup}
    _show(payload, as_json, f"{study.folds.accuracy} told apart")


@app.command()
def identify(
    folder: Annotated[Path, typer.Argument(help="One folder of photographs per person.")],
    enrol: Annotated[int, typer.Option("--enrol", help="People enrolled per draw.")],
    draws: Annotated[int, typer.Option("--draws", help="How often the enrolled are drawn anew.")] = 5,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same draws.")] = 0,
    photos: Annotated[int, typer.Option("--photos", help="Photographs fused into one reference.")] = 1,
    choose: Annotated[Literal["first", "random"], typer.Option("--choose", help="Which are enrolled.")] = "first",
    normalisation: Annotated[
        Literal["auto", "none", "rivals", "watchlist", "cohort"],
        typer.Option("--normalisation", help="Of scores; auto: as searches score with this embedder and matcher."),
    ] = "auto",
    against: Annotated[
        Literal["none", "rivals", "watchlist"] | None,
        typer.Option("--against", help="Also by this normalisation: what the other one gains, paired."),
    ] = None,
    half: Annotated[
        Literal["all", "first", "second"],
        typer.Option(
            "--people", help="All, or one half by a hash of the name: choose on one, check on the other."
        ),
    ] = "all",
    cohort: Annotated[int, typer.Option("--cohort", help="People set aside per draw as cohort.")] = 0,
    matcher: Annotated[str, typer.Option("--matcher", help="exact or annoy_index.")] = "exact",
    embedder: EmbedderOption = "auto",
    crops: CropsOption = None,
    detector: DetectorOption = None,
    admit: _Admit = "all",
    as_json: JsonOption = False,
) -> None:
    """1:N open set: how often enrolled people are found, at a given rate of strangers who raise an alert."""
    from lfr_kit.evaluation import summaries
    from lfr_kit.evaluation.open_set_study import OpenSetPlan, matcher_maker, study_open_set
    from lfr_kit.evaluation.photos import photo_stages
    from lfr_kit.evaluation.split import half_of
    from lfr_kit.evaluation.tables import people_in
    from lfr_kit.matching.choose_matcher import usual_normalisation

    plan = OpenSetPlan(
        n_enrolled=enrol, n_draws=draws, seed=seed, photos_each=photos, choose=choose, n_cohort=cohort
    )
    people = {name: paths for name, paths in people_in(folder).items() if half in ("all", half_of(name))}
    person_of = [number for number, paths in enumerate(people.values()) for _ in paths]
    plan.check(person_of)
    stages, why = photo_stages(detector=detector, embedder=embedder, crops=crops, admission=admit)
    space_id = stages.embedder.space_id
    scored = usual_normalisation(space_id, matcher) if normalisation == "auto" else normalisation
    make_matcher = matcher_maker(matcher, scored, cohort)
    make_other = None if against is None else matcher_maker(matcher, against)
    templates = _templates([path for paths in people.values() for path in paths], stages)
    with progress("draws", draws) as step:
        study = study_open_set(person_of, templates, plan, make_matcher, progress=step)
    other = None if make_other is None else study_open_set(person_of, templates, plan, make_other)
    setup = {"embedder": why, "space_id": space_id, "admitted": admit}
    setup |= {"matcher": matcher, "normalisation": scored, "half": half}
    gain = {} if other is None else {"against": against, "gain": summaries.gain_summary(study, other)}
    counts = {"people": len(people), **summaries.acquisition_summary(templates)}
    payload = {**summaries.open_set_summary(study), **gain, **counts, **setup}
    _show(payload, as_json, f"{enrol} of {len(people)} people enrolled, mean of {draws} draws")


@app.command()
def detect(
    folder: Annotated[Path, typer.Argument(help="Pictures, as the table names them.")],
    boxes: Annotated[Path, typer.Option("--boxes", help="CSV: file, x1, y1, x2, y2.")],
    detector: DetectorOption = None,
    smallest_face: Annotated[
        float, typer.Option("--smallest-face", help="Smallest face the detector looks for, px high.")
    ] = 16.0,
    count_from: Annotated[
        float, typer.Option("--count-from", help="Recall is over faces at least this high, px.")
    ] = 16.0,
    iou: Annotated[float, typer.Option("--iou", help="Overlap that counts as found.")] = 0.4,
    as_json: JsonOption = False,
) -> None:
    """How many drawn faces are found, and how many boxes hold none."""
    from lfr_kit.evaluation.detection_study import detector_for, study_detection
    from lfr_kit.evaluation.summaries import detection_summary
    from lfr_kit.evaluation.tables import read_boxes

    drawn = read_boxes(boxes, folder)
    name, finder = detector_for(detector, smallest_face)
    with progress("pictures", len(drawn)) as step:
        study = study_detection(drawn, finder, smallest_face_px=count_from, smallest_iou=iou, progress=step)
    title = f"{study.rates.recall} at least {count_from:g} px high found"
    setup = {"detector": name, "looked_for_px": smallest_face}
    _show({**detection_summary(study), **setup}, as_json, title)


def _templates(paths: list[Path], stages: PhotoStages) -> PhotoTemplates:
    from lfr_kit.evaluation.photos import templates_of

    with progress("photographs", len(paths)) as step:
        return templates_of(paths, stages, progress=step)


def _show(payload: dict[str, Any], as_json: bool, title: str) -> None:
    if as_json:
        emit(payload)
        return
    from rich.table import Table

    table = Table("what", "value", title=title)
    for key, value in payload.items():
        for line, item in enumerate(value if key in ("tpir", "gain", "by_height_px") else [value]):
            table.add_row("" if line else key, _text(item))
    results().print(table)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list | tuple):
        return " .. ".join(_text(item) for item in value)
    return f"{value:.4g}" if isinstance(value, float) else "-" if value is None else str(value)


app.command("manifest")(evaluate_trial.manifest)
app.command("trial")(evaluate_trial.trial)
app.command("compare")(evaluate_compare.compare)
app.command("groups")(evaluate_groups.groups)
app.command("calibrate")(evaluate_calibrate.calibrate)
app.command("forget")(evaluate_trial.forget)
app.command("curve")(evaluate_curve.curve)
