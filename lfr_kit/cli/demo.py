"""`lfr demo`: a small deployment on generated footage, from the draft of its authority to proven deletion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.output import JsonOption, console, emit, progress, results

if TYPE_CHECKING:
    from lfr_kit.demo.out import DemoFolder
    from lfr_kit.demo.story import Gate, Story
    from lfr_kit.live.deployment_run import Progress

__all__ = ["demo"]


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for what the deployment leaves behind.")] = Path(
        "lfr-demo"
    ),
    force: Annotated[bool, typer.Option("--force", help="Write to a folder that holds other things.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Leave it open: three cameras, a runner, and dashboards, until Ctrl-C.")
    ] = False,
    port: Annotated[int, typer.Option("--port", min=0, help="Of the dashboards, with --live; 0 = any.")] = 8866,
    as_json: JsonOption = False,
) -> None:
    """Lives through a small deployment: authority, watchlist, run, decisions, record, deletion.

    One enrolled person among those who walk by in generated footage must be found, once, and nobody else.
    Exit status 1 if that fails. The store it leaves in the folder can be looked at with the other commands.
    """
    from tempfile import TemporaryDirectory

    from lfr_kit.demo.cast import verdict
    from lfr_kit.demo.out import DemoFolder
    from lfr_kit.demo.story import DemoClock, Story

    folder = DemoFolder(out)
    folder.check(force=force)
    if live:
        from lfr_kit.cli.demo_live import show_live

        show_live(folder, port, as_json=as_json)
        return
    gates: list[Gate] = []
    clock = DemoClock()

    def tell(gate: Gate) -> None:
        gates.append(gate)
        _say(gate)

    with folder.new_store(clock) as store, TemporaryDirectory(prefix="lfr-demo-") as photos:
        story = Story(store, clock, Path(photos), tell, lambda done: None)
        done = _lived(story, folder)
    found = verdict(story.sightings)
    if as_json:
        emit({**_fields(story, done), "gates": [vars(gate) for gate in gates], "verdict": found.words})
    else:
        _show(story, folder, found.words)
    if not found.is_right or not story.is_proven:
        raise typer.Exit(1)


def _lived(story: Story, folder: DemoFolder) -> Progress:
    """The story in its order."""
    story.people_and_authority()
    story.watchlist()
    story.opening()
    with progress("comparing", total=350) as bar:
        story.on_progress = lambda done: bar(1, note=f"{done.faces_seen} faces  {len(done.alert_ids)} alerts")
        done = story.run()
    story.decisions()
    story.closing()
    folder.write_documents(story)
    story.deletion(folder.path)
    folder.write_certificates(story)
    return done


def _say(gate: Gate) -> None:
    """A gate as it is passed: what was refused on the way, then what was done."""
    from rich.markup import escape

    watching = console()
    watching.print(f"[bold green]✓[/] [bold]{escape(gate.title)}[/]  {escape(gate.words)}", highlight=False)
    if gate.refused:
        watching.print(f"  [yellow]refused first:[/] {escape(gate.refused)}", highlight=False)


def _fields(story: Story, done: Progress) -> dict[str, Any]:
    from dataclasses import asdict

    from lfr_kit.governance.published_record import published_row

    return {
        "frames": done.frames,
        "seconds": round(story.run_seconds, 3),
        "faces_seen": done.faces_seen,
        "faces_seen_method": story.engine.statistics.faces_seen_method,
        "embedder": story.engine.embedder.space_id.partition(":")[0],
        "embedder_reason": story.engine.embedder_reason,
        "n_enrolled": story.record.watchlist.size,
        "alerts": [asdict(seen) for seen in story.sightings],
        "as_expected": story.is_proven,
        "deployment_id": story.deployment_id,
        "record": published_row(story.record),
        "certificates": story.certificate_ids,
    }


def _show(story: Story, folder: DemoFolder, words: str) -> None:
    from rich.table import Table

    from lfr_kit.governance.published_record import published_row

    out = results()
    table = Table(title=f"The published record of {story.deployment_id}", title_justify="left", show_header=False)
    for column, value in published_row(story.record).items():
        table.add_row(column, value)
    out.print(table)
    for path, what in folder.contents():
        out.print(f"{path}  ({what})", highlight=False, markup=False, soft_wrap=True)
    out.print(f"\n{words}", highlight=False, markup=False)
