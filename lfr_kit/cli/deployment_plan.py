"""`lfr deployment template | draft | amend | calibrations`: a plan in a file, and what its threshold rests on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.deployment_fields import DeploymentArgument, say_deployment
from lfr_kit.cli.output import JsonOption, emit, results
from lfr_kit.cli.signed_in import ReasonOption, signed_in

if TYPE_CHECKING:
    from lfr_kit.governance.authority import Authority
    from lfr_kit.governance.calibration import Calibration

__all__ = ["amend", "calibrations", "draft", "template"]

PlanArgument = Annotated[
    Path, typer.Argument(metavar="PLAN.toml", help="See: lfr deployment template", exists=True, dir_okay=False)
]


def template(as_json: JsonOption = False) -> None:
    """An empty plan to fill in, with what belongs in each line."""
    from lfr_kit.governance.plan_template import plan_template

    if as_json:
        emit({"template": plan_template()})
    else:
        typer.echo(plan_template(), nl=False)


def draft(plan: PlanArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Begins a deployment from a plan; everything that is wrong with it is named at once."""
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        found = deployments.draft(store, actor, _read(plan), reason=reason)
        say_deployment(store, found, as_json=as_json, said=f"{found.deployment_id} is drafted.")


def amend(
    deployment_id: DeploymentArgument, plan: PlanArgument, reason: ReasonOption = "", as_json: JsonOption = False
) -> None:
    """Another plan for a draft. Once it is requested, only a refusal makes it a draft again."""
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        found = deployments.amend(store, actor, deployment_id, _read(plan), reason=reason)
        say_deployment(store, found, as_json=as_json, said=f"{found.deployment_id} is amended.")


def calibrations(
    add: Annotated[
        Path | None, typer.Option("--add", help="Calibration file of `lfr evaluate calibrate` to keep, for good.")
    ] = None,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """The measurements that a threshold may rest on, and the lowest threshold for lists of each size.

    FaceNet has none before you make one: lfr evaluate calibrate trial.toml --embedder facenet --out FILE
    """
    from lfr_kit.operations.calibrations import add_calibration, known_calibrations
    from lfr_kit.store.store import Store

    if add is not None:
        from lfr_kit.governance.calibration_file import read_calibration

        made = read_calibration(add)
        with signed_in() as (store, actor):
            add_calibration(store, actor, made, reason=reason)
    with Store.open() as store, store.reading() as connection:
        found = known_calibrations(connection)
    if as_json:
        emit({"calibrations": [_fields(each) for each in found]})
        return
    for each in found:
        _print(each)


def _read(plan: Path) -> Authority:
    from lfr_kit.errors import AuthorityError
    from lfr_kit.governance.plan_file import LARGEST_PLAN_BYTES, authority_of_plan

    if not plan.is_file():
        raise AuthorityError(f"{plan}: is no file; write a plan as text, see: lfr deployment template")
    with plan.open("rb") as file:
        return authority_of_plan(file.read(LARGEST_PLAN_BYTES + 1))


def _fields(found: Calibration) -> dict[str, Any]:
    from lfr_kit.governance.calibration import valid_until

    return {
        "calibration_id": found.calibration_id,
        "space_id": found.space_id,
        "score_scale": found.score_scale,
        "measured_on": found.measured_on,
        "valid_until": valid_until(found),
        "measured_with": found.measured_with,
        "differences": None if found.differences is None else found.differences.model_dump(mode="json"),
        "largest_list": found.largest_list,
        "floors": [
            {"n_enrolled": n, "floor": found.floor(n), "is_extrapolated": found.is_extrapolated(n)}
            for n in _sizes(found)
        ],
        "measurements": [
            {**each.model_dump(), "fpir": each.rate.value, "upper_95": each.upper_fpir(each.n_enrolled)}
            for each in found.measurements
        ],
    }


def _sizes(found: Calibration) -> list[int]:
    """Sizes of lists to print a floor for: those measured, and larger ones as far as anything is said of them."""
    from lfr_kit.governance.calibration import MOST_TIMES_LARGER

    larger = [found.largest_list * times for times in (2, MOST_TIMES_LARGER)]
    return [*sorted({each.n_enrolled for each in found.measurements}), *larger]


def _print(found: Calibration) -> None:
    from rich.table import Table

    out, row = results(), _fields(found)
    head = f"{found.calibration_id}: {found.space_id}, {found.score_scale}"
    out.print(head, style="bold", highlight=False, markup=False)
    out.print(f"measured {row['measured_on']}, valid until {row['valid_until']}", highlight=False)
    out.print(found.measured_with, highlight=False, markup=False)
    for verdict in () if found.differences is None else found.differences.verdicts:
        out.print(f"groups: {verdict}", highlight=False, markup=False)
    table = Table("list of", "threshold at least", "", box=None, pad_edge=False)
    for each in row["floors"]:
        floor = "none keeps 1 in 1,000" if each["floor"] is None else f"{each['floor']:g}"
        table.add_row(f"{each['n_enrolled']:,}", floor, "extrapolated" if each["is_extrapolated"] else "")
    out.print(table)
