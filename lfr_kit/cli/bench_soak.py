"""`lfr bench soak`: hours of live operation, and whether anything grows."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.output import JsonOption, console, emit, progress, results

if TYPE_CHECKING:
    from lfr_kit.benchmarks.soak import Soak, SoakPlan

__all__ = ["soak"]


def soak(
    clip: Annotated[
        Path | None, typer.Argument(help="What one camera plays; default: the demo's three.", exists=True)
    ] = None,
    minutes: Annotated[float, typer.Option("--minutes", min=1, max=450, help="How long.")] = 60,
    every_s: Annotated[float, typer.Option("--every", min=1, help="Seconds between two looks.")] = 10,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draws what was held over time, as SVG.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Hours of cameras, runner, server, a viewer, alerts and decisions: memory, handles, sockets, files, database.

    In a store that is thrown away. Exit status 1 if anything grows; what was watched too shortly to say is said.
    """
    from lfr_kit.benchmarks.soak import SoakPlan, bench_soak, soak_rows

    with ExitStack() as stack:
        cameras = _cameras(clip, Path(stack.enter_context(TemporaryDirectory(prefix="lfr-soak-footage-"))))
        plan = SoakPlan(cameras, seconds=60 * minutes, every_s=every_s)
        step = stack.enter_context(progress("watching", total=round(plan.seconds)))
        seen = bench_soak(plan, step)
    if plot is not None:
        _draw(plan, seen, plot)
    rows = soak_rows(plan, seen)
    _show(rows, as_json=as_json)
    if any(row.get("is_flat") is False for row in rows):
        raise typer.Exit(1)


def _cameras(clip: Path | None, folder: Path) -> Any:
    from lfr_kit.demo.live_footage import demo_cameras, n_frames, write_footage
    from lfr_kit.governance.camera import Camera

    if clip is not None:
        return (Camera(camera_id="camera-1", source=str(clip.absolute()), zone=None),)
    with progress("drawing the footage", total=n_frames()) as bar:
        write_footage(folder, bar)
    return demo_cameras(folder)


def _draw(plan: SoakPlan, seen: Soak, path: Path) -> None:
    from lfr_kit.plots.held_over_time import held_over_time
    from lfr_kit.plots.svg import svg_of
    from lfr_kit.reports.whole_file import write_whole

    names = [f"{who} {what}" for who in ("runner", "server") for what in ("memory_mb", "threads", "handles")]
    held = {name: seen.values[name] for name in names if len(seen.values.get(name, ())) == len(seen.at_s)}
    drawn = svg_of(
        lambda axes: held_over_time(axes, seen.at_s, held, judged_from_s=plan.settles_s), "soak", is_file=True
    )
    write_whole(path, drawn)


def _show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    from lfr_kit.benchmarks.machine import machine

    if as_json:
        emit({"machine": machine(), "rows": rows})
        return
    from rich.table import Table

    table = Table("what", "median", "lowest to highest", "in an hour (95 %)", "")
    said = {True: "flat", False: "grows", None: ""}
    for row in rows:
        if "per_hour" not in row:
            table.add_row(row["name"], _text(row["ours"]), "", "", said[row.get("is_flat")])
            continue
        low, high = row["interval"]
        table.add_row(
            row["name"],
            f"{_text(row['ours'])} {row['unit']}",
            f"{_text(row['lowest'])} to {_text(row['highest'])}",
            f"{row['per_hour']:+.3g} ({low:+.3g} to {high:+.3g})",
            said[row["is_flat"]],
        )
    results().print(table)
    console().print("What says neither was watched too shortly, or, as the database, grows by what is written.")


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
