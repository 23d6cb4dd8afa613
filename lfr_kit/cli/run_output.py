"""How `lfr scan` and `lfr demo` show a run: who was enrolled, a live line, the alerts, the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from lfr_kit.cli.output import console, emit, error_fields, progress, report_error, results

if TYPE_CHECKING:
    from lfr_kit.enrolment import EnrolmentReport
    from lfr_kit.errors import LfrError
    from lfr_kit.pipeline import Pipeline, Step
    from lfr_kit.reports.footage_scan import Scan
    from lfr_kit.reports.out_folder import OutFolder
    from lfr_kit.reports.recorder import RunRecorder
    from lfr_kit.reports.run_record import RunRecord
    from lfr_kit.stages import FrameSource

__all__ = ["enrol_aloud", "say_unreadable", "scan_aloud", "show_run"]

_FILE_WORDS = {
    "page": "report, open it in a browser",
    "clip": "annotated clip: faces found are covered, but for those alerted; watch it before you pass it on",
    "alert_lines": "alerts, one JSON object a line",
    "alert_table": "alerts as a table",
}


def enrol_aloud(pipeline: Pipeline, folder: Path) -> EnrolmentReport:
    """Enrols a folder with a progress bar, then says who is enrolled, and which photos were refused and why."""
    from rich.markup import escape

    from lfr_kit.enrolment import enrol_folder, references_in

    with progress("enrolling", total=sum(map(len, references_in(folder).values()))) as step:
        report = enrol_folder(pipeline, folder, progress=step)
    watching = console()
    n_photos = sum(report.n_photos.values())
    watching.print(f"Enrolled {_count(len(report.shots), 'person', 'people')} from {_count(n_photos, 'photo')}.")
    for refusal in report.refused:
        where = escape(repr(str(refusal.path.relative_to(folder)))[1:-1])
        watching.print(f"[yellow]Refused[/] {where}: [bold]{refusal.reason}[/]: {escape(refusal.message)}")
    return report


def _count(n: int, singular: str, plural: str = "") -> str:
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


@contextmanager
def live_line(n_frames: int | None) -> Iterator[Callable[[Step, RunRecorder], None]]:
    """A bar of frames done, with frames per second, faces seen and alerts; yields what to call per step."""
    start = perf_counter()
    with progress("scanning", total=n_frames) as bar:

        def on_step(step: Step, recorder: RunRecorder) -> None:
            done = recorder.pipeline.statistics
            per_s = done.n_frames / max(perf_counter() - start, 1e-6)
            faces, alerts = _count(done.faces_seen, "face"), _count(done.n_alerts, "alert")
            bar(len(step.frames), note=f"{per_s:.0f} frames/s  {faces}  {alerts}")

        yield on_step


def scan_aloud(
    scan: Scan, out: OutFolder | None, *, with_page: bool
) -> tuple[RunRecord, dict[str, Path], LfrError | None]:
    """Runs a scan under a live line and writes its files; Ctrl-C ends it early with all files whole.

    Returns
    -------
    The record, the files by name, and the fault that ended the run early or kept files from being written.
    """
    from lfr_kit.errors import OutputError
    from lfr_kit.reports.footage_scan import interruptible
    from lfr_kit.reports.results import write_results

    with live_line(scan.source.n_frames) as on_step, interruptible() as switch:
        result = scan.run(on_step, switch)
    fault, files = result.fault, {}
    if out is not None:
        try:
            files = write_results(out, result.run, with_page=with_page, with_clip=scan.clip_path is not None)
        except OutputError as not_written:
            fault = fault or not_written
    return result.run, files, fault


def say_unreadable(source: FrameSource) -> int:
    """How many pictures of the footage could not be read, said aloud: faces in them were not looked for."""
    n_unreadable: int = getattr(source, "n_broken", 0) + getattr(source, "n_corrupt", 0)
    if n_unreadable:
        where = _count(n_unreadable, "picture or packet", "pictures or packets")
        console().print(f"[yellow]Not searched[/]: {where} of the footage could not be read and were left out.")
    return n_unreadable


def show_run(
    run: RunRecord,
    files: Mapping[str, Path],
    *,
    as_json: bool,
    fault: LfrError | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """The result of a run on standard output: a table, or one JSON object (with `more` keys)."""
    from lfr_kit.reports.run_record import summary

    if as_json:
        error = {"error": error_fields(fault)} if fault else {}
        emit({**summary(run, files), **error, **(more or {})})
    else:
        _print_run(run, files)
    if run.ended_early and not fault:
        console().print(f"Ended early: {run.ended_early}. What was found until then is above.", highlight=False)
    if fault:
        report_error(fault, as_json=False)


def _print_run(run: RunRecord, files: Mapping[str, Path]) -> None:
    out = results()
    out.print(
        f"{_count(run.frames, 'frame')} in {run.seconds:.1f} s, {_count(run.faces_seen, 'face')} seen, "
        f"{_count(len(run.searches), 'search', 'searches')}, {_count(len(run.alerts), 'alert')}.",
        highlight=False,
    )
    out.print(f"Embedder: {run.embedder_reason}.", highlight=False, markup=False)
    if run.alerts:
        out.print(_alert_table(run))
        out.print("An alert is a possible match: a person decides.")
    for name, path in files.items():
        out.print(f"{path}  ({_FILE_WORDS[name]})", highlight=False, markup=False, soft_wrap=True)


def _alert_table(run: RunRecord) -> Any:
    """One row per alert; the camera is named where there is more than one."""
    from rich.markup import escape
    from rich.table import Table

    several = len({entry.alert.shot.camera_id for entry in run.alerts}) > 1
    table = Table(title="Alerts", title_justify="left")
    for name in ("reference", *(["camera"] if several else [])):
        table.add_column(name, overflow="fold")
    for name in ("seen at", "similarity", "threshold", "quality"):
        table.add_column(name, justify="right", no_wrap=True)
    for entry in run.alerts:
        alert, shot = entry.alert, entry.alert.shot
        names = [alert.reference_id, *([shot.camera_id] if several else [])]
        numbers = f"{alert.comparison_score:.3f}", f"{alert.threshold:.3f}", f"{shot.quality:.0f}"
        table.add_row(*map(escape, names), f"{shot.position_s:.1f} s", *numbers)
    return table
