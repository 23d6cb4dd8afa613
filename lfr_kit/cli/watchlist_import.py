"""`lfr watchlist import`: people onto a list from a folder of pictures or a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.output import JsonOption, console, emit, progress, results
from lfr_kit.cli.signed_in import ReasonOption, signed_in
from lfr_kit.cli.visible import visible

if TYPE_CHECKING:
    from lfr_kit.operations.import_report import ImportReport

__all__ = ["import_pictures"]

_MOST_LINES = 200
"""Lines shown on a terminal; --report has all of them."""


def import_pictures(
    watchlist: Annotated[str, typer.Argument(metavar="WATCHLIST", help="A list that is being built.")],
    place: Annotated[Path, typer.Argument(help="A folder, NAME.jpg or NAME/*.jpg, or a CSV file.")],
    pictures: Annotated[
        Path | None, typer.Option("--pictures", help="Folder of a table's pictures; default: the table's own.")
    ] = None,
    category: Annotated[
        str, typer.Option("--category", help="Why sought, for those of whom it is not said.")
    ] = "",
    legal_basis: Annotated[
        str, typer.Option("--legal-basis", help="Why the pictures are lawfully held, likewise.")
    ] = "",
    source: Annotated[str, typer.Option("--source", help="Where the pictures came from, likewise.")] = "",
    captured_on: Annotated[
        str, typer.Option("--captured-on", help="When the pictures were taken, likewise.")
    ] = "",
    response: Annotated[str, typer.Option("--response", help="red, amber or green, likewise.")] = "",
    rationale: Annotated[str, typer.Option("--rationale", help="Why these people, likewise.")] = "",
    expires: Annotated[
        str, typer.Option("--expires", help="Last day on which they are searched for, likewise.")
    ] = "",
    crops: Annotated[
        str | None,
        typer.Option(
            "--crops",
            help="single, mirror, jitter or many; default: the embedder's own. More are slower, and find more.",
        ),
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Also every line to act on, as CSV.")] = None,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Enters people, several pictures each; what cannot be used is reported, and again is the same as once.

    Exit status 1 if nobody could be entered.
    """
    defaults = {
        "category": category,
        "legal_basis": legal_basis,
        "image_source": source,
        "captured_on": captured_on,
        "response": response,
        "rationale": rationale,
        "expires_at": expires,
    }
    if report is not None:
        _check_report(report, place)
    done = _imported(watchlist, place, pictures, defaults, crops=crops, reason=reason)
    if report is not None:
        _write(report, done)
    if as_json:
        emit(_fields(done))
    else:
        _show(done)
    if not done.n_people.total() - done.n_people["failed"] - done.n_people["expired"]:
        raise typer.Exit(1)


def _imported(
    watchlist: str,
    place: Path,
    pictures: Path | None,
    defaults: Mapping[str, str],
    *,
    crops: str | None,
    reason: str,
) -> ImportReport:
    from lfr_kit.enrolment_batch import BatchEnroller
    from lfr_kit.operations.import_files import read_source
    from lfr_kit.operations.watchlist_import import ImportOrder, import_people

    with signed_in() as (store, actor):
        source = read_source(place, pictures=pictures, defaults=defaults)
        enroller = BatchEnroller.from_settings(crops=crops)
        order = ImportOrder(watchlist, source, enroller, reason)
        with progress("importing", total=source.n_pictures) as step:
            return import_people(store, actor, order, progress=step)


def _check_report(report: Path, place: Path) -> None:
    """BadParameter, before anything is imported, if the report would replace the table or has nowhere to go."""
    if report.exists() and place.exists() and report.samefile(place):
        raise typer.BadParameter(f"--report {report}: is what is imported; the report would replace it")
    if report.is_dir() or not report.absolute().parent.is_dir():
        raise typer.BadParameter(f"--report {report}: is no file in a folder that is there; name one")


def _write(path: Path, done: ImportReport) -> None:
    from lfr_kit.operations.import_report import write_report

    write_report(path, done)


def _fields(done: ImportReport) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "watchlist_id": done.watchlist_id,
        "source": done.source,
        "space_id": done.space_id,
        "n_people": dict(done.n_people),
        "n_pictures": dict(done.n_pictures),
        "n_by_reason": done.reason_counts(),
        "people": [asdict(one) for one in done.people],
        "to_note": [asdict(one) for one in done.noted],
        "failed_to_enrol": [asdict(one) for one in done.failed],
        "could_be_better": [asdict(one) for one in done.warned],
        "rows_not_read": [{"line": one.line, "reason": one.reason, "message": one.message} for one in done.faults],
        "alike": [asdict(one) for one in done.alike],
        "n_alike": done.n_alike,
    }


def _show(done: ImportReport) -> None:
    """One line for each thing to act on, then the sums."""
    from itertools import islice

    from lfr_kit.operations.import_report import report_lines

    for line, *cells in islice(report_lines(done), _MOST_LINES):
        what, person_ref, file, reasons, to_do = map(visible, cells)
        named = ", ".join(filter(None, (f"line {line}" if line else "", person_ref, file)))
        _say(f"{what}: {named}: {reasons}: {to_do}")
    every: tuple[Sequence[object], ...] = (
        done.faults,
        done.people,
        done.failed,
        done.warned,
        done.noted,
        done.alike,
    )
    if sum(len(some) for some in every) > _MOST_LINES:
        console().print(
            f"These are the first {_MOST_LINES} lines; --report FILE has all of them.", highlight=False
        )
    for what, counts in (("people", done.n_people), ("pictures", done.n_pictures)):
        told = ", ".join(f"{n:,} {outcome.replace('_', ' ')}" for outcome, n in sorted(counts.items()))
        _say(f"{what}: {told or 'none'}")
    _say(f"rows not read: {len(done.faults):,}; pairs that look alike: {done.n_alike:,}")


def _say(sentence: str) -> None:
    results().print(sentence, soft_wrap=True, highlight=False, markup=False)
