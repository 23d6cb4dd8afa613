"""`lfr deployment cameras`: whether the cameras are fit, before the opening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.deployment_fields import DeploymentArgument
from lfr_kit.cli.output import JsonOption, emit, progress, results
from lfr_kit.cli.signed_in import signed_in

if TYPE_CHECKING:
    from lfr_kit.live.camera_check import CameraFitness

__all__ = ["cameras"]


def cameras(
    deployment_id: DeploymentArgument,
    seconds: Annotated[
        float, typer.Option("--seconds", min=2, max=600, help="How long they are looked at.")
    ] = 10.0,
    as_json: JsonOption = False,
) -> None:
    """Looks through the cameras: frames, light, focus, faces; nobody is compared. Status 1 if one is not fit."""
    from lfr_kit.live.camera_check import check_cameras

    with signed_in() as (store, actor), progress("looking") as bar:
        found = check_cameras(store, actor, deployment_id, seconds=seconds, on_round=lambda: bar(1))
    if as_json:
        emit({"deployment_id": deployment_id, "cameras": [_fields(each) for each in found]})
    else:
        _print(found)
    if any(each.findings for each in found):
        raise typer.Exit(1)


def _fields(found: CameraFitness) -> dict[str, Any]:
    return {
        "camera_id": found.health.camera_id,
        "condition": str(found.health.condition),
        "fps": found.health.fps,
        "size_wh": list(found.health.size_wh),
        "brightness": found.brightness,
        "sharpness": found.sharpness,
        "face_px_median": found.face_px_median,
        "n_faces": found.n_faces,
        "findings": list(found.findings),
    }


def _print(found: list[CameraFitness]) -> None:
    from rich.table import Table

    table = Table("camera", "is", "frames/s", "size", "light", "sharpness", "faces", "their height, px")
    for each in found:
        health = each.health
        size = "x".join(map(str, health.size_wh))
        measured = (each.brightness, each.sharpness, float(each.n_faces), each.face_px_median)
        table.add_row(health.camera_id, str(health.condition), f"{health.fps:.1f}", size, *map(_text, measured))
    out = results()
    out.print(table)
    for each in found:
        for finding in each.findings:
            out.print(f"{each.health.camera_id}: {finding}", soft_wrap=True, highlight=False, markup=False)
    if not any(each.findings for each in found):
        out.print("Nothing speaks against going live with them.")


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
