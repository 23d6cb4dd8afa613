"""`lfr evaluate calibrate`: from a budget of false alerts to a threshold, and what a threshold may rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
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
from lfr_kit.cli.evaluate_trial import prepared_trial
from lfr_kit.cli.output import JsonOption, console, emit, results
from lfr_kit.cli.signed_in import ReasonOption

if TYPE_CHECKING:
    from lfr_kit.evaluation.trial_run import Prepared
    from lfr_kit.governance.calibration import Calibration
    from lfr_kit.governance.threshold_choice import ThresholdChoice
    from lfr_kit.operations.list_check import ListCheck

__all__ = ["calibrate"]


def calibrate(
    source: Annotated[
        Path, typer.Argument(metavar="RUN_OR_MANIFEST", help="Folder of a trial's run, or trial.toml.")
    ],
    budget: Annotated[
        int, typer.Option("--budget", min=2, help="At most 1 false alert in so many passers-by.")
    ] = 1_000,
    at: Annotated[int, typer.Option("--at", min=1, help="On a watchlist of so many people.")] = 1_000,
    footfall: Annotated[
        int | None, typer.Option("--footfall", min=1, help="Faces expected at the deployment.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Calibration file to write, for: lfr deployment calibrations --add"),
    ] = None,
    calibration_id: Annotated[
        str | None, typer.Option("--id", help="Its name; default: model, trial, day.")
    ] = None,
    groups: Annotated[
        Path | None, typer.Option("--groups", help="Run of `lfr evaluate groups`: stands in every briefing.")
    ] = None,
    references: Annotated[
        Path | None, typer.Option("--references", help="Folder of a watchlist's photographs, to hold against all.")
    ] = None,
    watchlist: Annotated[
        str | None, typer.Option("--watchlist", help="Watchlist of the store, to hold against all; logged.")
    ] = None,
    reason: ReasonOption = "",
    normalisation: TrialNormalisationOption = "auto",
    embedder: EmbedderOption = "auto",
    crops: CropsOption = None,
    detector: DetectorOption = None,
    admit: TrialAdmitOption = "deployed",
    as_json: JsonOption = False,
) -> None:
    """Finds the lowest measured threshold that keeps a budget of false alerts, with its upper 95 % bound."""
    from lfr_kit.governance.threshold_choice import choose_threshold

    if source.is_dir() and (references or watchlist):
        raise typer.BadParameter(
            "a run holds no templates: give the MANIFEST to hold a list against its strangers"
        )
    prepared = None if source.is_dir() else prepared_trial(source, embedder, crops, detector, admit)
    figures, data, measured_on = _measured(source, prepared, normalisation)
    made = _calibration(figures, data, measured_on, calibration_id, groups)
    choice = choose_threshold(made, 1 / budget, at)
    check = (
        None if prepared is None else _list_check(prepared, choice, references, watchlist, reason, normalisation)
    )
    if out is not None:
        from lfr_kit.governance.calibration_file import write_calibration

        write_calibration(out, made)
    payload = _payload(made, choice, check, budget, at, footfall)
    if as_json:
        emit(payload | {"file": out})
    else:
        _print(payload, out)
    if choice is None:
        raise typer.Exit(1)


def _measured(
    source: Path, prepared: Prepared | None, normalisation: Literal["auto", "none", "rivals"]
) -> tuple[Mapping[str, Any], str, date]:
    """Figures of a run, or of a trial's templates; what its data are; and the day."""
    from lfr_kit.errors import TableError
    from lfr_kit.evaluation.run_folder import open_run
    from lfr_kit.evaluation.trial_run import calibration_figures, today

    if prepared is not None:
        figures = calibration_figures(prepared, prepared.normalisation(normalisation))
        return figures, prepared.manifest.data, today()
    run = open_run(source)
    if run.kind != "trial":
        raise TableError(f"{source}: is a run of {run.kind}; calibrate from a trial: lfr evaluate trial")
    holds = "none" if run.figures["score_scale"] == "cosine" else "rivals"
    if normalisation not in ("auto", holds):
        raise TableError(
            f"{source}: its scores are {run.figures['score_scale']}; give the MANIFEST, or a run of: "
            f"lfr evaluate trial --normalisation {normalisation}"
        )
    return run.figures, run.manifest["data"], _day_of(run.versions)


def _calibration(
    figures: Mapping[str, Any], data: str, measured_on: date, name: str | None, groups: Path | None
) -> Calibration:
    from lfr_kit.errors import TableError
    from lfr_kit.evaluation.run_folder import open_run
    from lfr_kit.governance.calibration_file import calibration_of_figures
    from lfr_kit.governance.measured_differences import differences_of_figures

    found = None
    if groups is not None:
        compared = open_run(groups)
        if compared.kind != "groups":
            raise TableError(f"{groups}: is a run of {compared.kind}; give one of: lfr evaluate groups")
        found = differences_of_figures(
            compared.figures,
            space_id=figures["space_id"],
            score_scale=figures["score_scale"],
            measured_on=_day_of(compared.versions),
            data=compared.manifest["data"],
        )
    model = figures["space_id"].partition(":")[0]
    marked = "" if figures["score_scale"] == "cosine" else "-rivals"
    return calibration_of_figures(
        figures,
        calibration_id=name or f"{model}-{figures['trial_id']}{marked}-{measured_on.isoformat()}",
        measured_on=measured_on,
        data=data,
        differences=found,
    )


def _day_of(versions: Any) -> date:
    return datetime.fromisoformat(versions["written_at"]).date()


def _list_check(
    prepared: Prepared,
    choice: ThresholdChoice | None,
    references: Path | None,
    watchlist: str | None,
    reason: str,
    normalisation: Literal["auto", "none", "rivals"],
) -> ListCheck | None:
    import numpy as np

    from lfr_kit.evaluation.list_search import RivalScoring
    from lfr_kit.evaluation.trial_run import folder_templates
    from lfr_kit.operations.list_check import check_list, list_templates

    if references is None and watchlist is None:
        return None
    if watchlist is None and references is not None:
        owners, vectors = folder_templates(references, prepared.stages)
    else:
        from lfr_kit.cli.signed_in import signed_in

        space_id = prepared.templates.passes.space_id
        with signed_in() as (store, actor):
            owners, vectors = list_templates(store, actor, str(watchlist), space_id=space_id, reason=reason)
    passes = prepared.templates.passes
    strangers = passes.vectors[passes.is_acquired]
    rivals = None
    if prepared.normalisation(normalisation) == "rivals":
        rivals = RivalScoring.usual(np.asarray(vectors, np.float32), passes.space_id)
    return check_list(owners, vectors, strangers, None if choice is None else choice.threshold, rivals)


def _payload(
    made: Calibration,
    choice: ThresholdChoice | None,
    check: ListCheck | None,
    budget: int,
    at: int,
    footfall: int | None,
) -> dict[str, Any]:
    from lfr_kit.governance.calibration import valid_until

    payload: dict[str, Any] = {
        "calibration_id": made.calibration_id,
        "space_id": made.space_id,
        "score_scale": made.score_scale,
        "measured_on": made.measured_on,
        "valid_until": valid_until(made),
        "largest_list": made.largest_list,
        "budget_one_in": budget,
        "n_enrolled": at,
        "threshold": None,
        "differences": made.differences is not None,
    }
    if choice is not None:
        payload |= {
            "threshold": choice.threshold,
            "upper_fpir": choice.upper_fpir,
            "fpir": choice.fpir,
            "is_extrapolated": choice.is_extrapolated,
            "per_10_000": asdict(choice.expected(10_000)),
        }
        payload["at_the_deployment"] = None if footfall is None else asdict(choice.expected(footfall))
    if check is not None:
        payload["list"] = {
            "n_people": check.n_people,
            "highest_pair": check.highest_pair,
            "highest_stranger": check.highest_stranger,
            "strangers_above": None if check.above is None else [check.above.count, check.above.trials],
        }
    return payload


def _print(payload: dict[str, Any], out: Path | None) -> None:
    said = results()

    def line(text: str) -> None:
        said.print(text, highlight=False, markup=False, soft_wrap=True)

    line(f"{payload['calibration_id']}: {payload['space_id']}, {payload['score_scale']}")
    line(f"measured {payload['measured_on']}, may be chosen until {payload['valid_until']}")
    asked = f"1 in {payload['budget_one_in']:,} on a list of {payload['n_enrolled']:,}"
    if payload["threshold"] is None:
        console().print(
            f"no measured threshold keeps {asked} (largest list measured: {payload['largest_list']:,}): shorten "
            "the list, widen the budget, or measure with more people",
            highlight=False,
            markup=False,
        )
    else:
        marked = ", EXTRAPOLATED from shorter lists" if payload["is_extrapolated"] else ""
        bound = f"at most 1 in {1 / payload['upper_fpir']:,.0f}"
        line(f"threshold {payload['threshold']:.4f} keeps {asked}: {bound}{marked}")
        for key, where in (("per_10_000", "of 10,000 faces"), ("at_the_deployment", "at the deployment")):
            if (each := payload.get(key)) is not None:
                line(
                    f"false alerts expected {where}: {each['expected']:.2g}, at most {each['at_most']:.2g} (95 %)"
                )
    if (check := payload.get("list")) is not None:
        _print_list(line, check)
    if not payload["differences"]:
        line("nothing was measured between groups of people: lfr evaluate groups, then --groups RUN")
    if out is not None:
        line(f"{out}: an administrator adds it with: lfr deployment calibrations --add {out} --reason WHY")


def _print_list(line: Any, check: dict[str, Any]) -> None:
    pair, stranger = check["highest_pair"], check["highest_stranger"]
    line(f"the list: {check['n_people']:,} people")
    line(f"highest cosine between two of them: {'-' if pair is None else f'{pair:.4f}'}")
    line(f"highest stranger against it: {'-' if stranger is None else f'{stranger:.4f}'}")
    if check["strangers_above"] is not None:
        line("strangers at or above the threshold: {:,} of {:,} passes".format(*check["strangers_above"]))
