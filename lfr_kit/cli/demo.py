"""`lfr demo`: the main job on generated footage, end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lfr_kit.cli.output import JsonOption, results

__all__ = ["demo"]


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for what the run leaves behind.")] = Path("lfr-demo"),
    force: Annotated[bool, typer.Option("--force", help="Write to a folder that holds other things.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Finds one enrolled person among those who walk by in generated footage. Exit status 1 if it does not."""
    from tempfile import TemporaryDirectory

    from lfr_kit.cli.run_output import enrol_aloud, scan_aloud, show_run
    from lfr_kit.config import settings
    from lfr_kit.demo import lay_out_references, verdict
    from lfr_kit.pipeline import Pipeline
    from lfr_kit.reports.footage_scan import Scan
    from lfr_kit.reports.out_folder import OutFolder
    from lfr_kit.reports.recorder import settings_in_words
    from lfr_kit.sources import open_source

    folder = OutFolder(out)
    folder.check(force=force)
    with TemporaryDirectory(prefix="lfr-demo-") as references:
        lay_out_references(Path(references))
        footage = open_source("walkthrough")
        pipeline = Pipeline.from_settings(settings())
        enrolment = enrol_aloud(pipeline, Path(references))
    run, files, fault = scan_aloud(
        Scan(
            pipeline=pipeline,
            enrolment=enrolment,
            source=footage,
            settings=settings_in_words(settings()),
            clip_path=folder.clip,
        ),
        folder,
        with_page=True,
    )
    found = verdict([entry.alert for entry in run.alerts], run.ended_early)
    show_run(
        run, files, as_json=as_json, fault=fault, more={"as_expected": found.is_right, "verdict": found.words}
    )
    if not as_json:
        results().print(f"\n{found.words}", highlight=False, markup=False)
    if fault or not found.is_right:
        raise typer.Exit(1)
