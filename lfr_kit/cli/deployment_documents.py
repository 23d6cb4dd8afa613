"""`lfr deployment`: the record and its corrections, sums, checks of published tables, and all documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.deployment_fields import DeploymentArgument
from lfr_kit.cli.output import JsonOption, emit, results
from lfr_kit.cli.signed_in import ReasonOption, signed_in
from lfr_kit.cli.visible import visible
from lfr_kit.governance.equality import Perceived, PerceivedAge, PerceivedEthnicity, PerceivedSex
from lfr_kit.governance.vocabulary import Truth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lfr_kit.governance.blue_list import CheckResult
    from lfr_kit.governance.published_record import DeploymentRecord
    from lfr_kit.governance.roll_up import RollUp

__all__ = [
    "check_record",
    "correct",
    "corrections",
    "documents",
    "equality",
    "notice",
    "perceived",
    "record",
    "register",
    "roll_up",
]

OutOption = Annotated[Path, typer.Option("--out", help="Folder for the files; made if absent.")]
NoPdfOption = Annotated[bool, typer.Option("--no-pdf", help="HTML only.")]


def register(app: typer.Typer) -> None:
    """Adds these commands to `lfr deployment`."""
    for command in (record, correct, corrections, notice, documents, equality, perceived):
        app.command()(command)
    app.command("roll-up")(roll_up)
    app.command("check-record")(check_record)


def _say(*lines: object) -> None:
    for line in lines:
        results().print(visible(line), markup=False, highlight=False, soft_wrap=True)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    from rich.table import Table
    from rich.text import Text

    _say(title)
    if not rows:
        return
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    results().print(table)


def record(
    deployment: DeploymentArgument,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the files; made if absent.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="The sixteen columns as CSV.")] = False,
    html: Annotated[bool, typer.Option("--html", help="An accessible page.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="The page as PDF.")] = False,
    final: Annotated[bool, typer.Option("--final", help="Fix it for good; refused while it may change.")] = False,
    accept: Annotated[
        str, typer.Option("--accept", metavar="WHY", help="Final despite findings; the reason is published.")
    ] = "",
    publish: Annotated[
        str | None,
        typer.Option("--publish", metavar="WHERE", help="Note that the final record is published there."),
    ] = None,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """The published record, computed from the event log. --out alone writes CSV, JSON, HTML and PDF.

    What staff who tested the system came to (blue list) is shown here, and in none of these files.
    """
    from lfr_kit.operations import blue_list, records

    if (csv or html or pdf) and out is None:
        raise typer.BadParameter("--csv, --html and --pdf need a folder to go to: add --out FOLDER")
    with signed_in() as (store, actor):
        if final:
            records.fix(store, actor, deployment, final=True, reason=reason, accepting=accept)
        if publish is not None:
            records.publish(store, actor, deployment, where=publish, reason=reason)
        found = records.deployment_record(store, actor, deployment)
        findings = [] if found.is_final else records.findings_on(found, store.clock())
        staff = blue_list.result(store, actor, deployment)
    kinds = {kind for kind, wanted in (("csv", csv), ("html", html), ("pdf", pdf)) if wanted}
    written = _write_record(out, found, kinds or {"csv", "html", "pdf", "json"}) if out else []
    _show_record(found, findings, written, as_json=as_json, staff=staff)


def _write_record(out: Path, found: DeploymentRecord, kinds: set[str]) -> list[Path]:
    from lfr_kit.documents import record_files
    from lfr_kit.documents.files import write_documents, write_text

    name = f"record-{found.deployment_id}"
    written = []
    if "csv" in kinds:
        written.append(write_text(out, f"{name}.csv", record_files.record_csv([found])))
    if "json" in kinds:
        written.append(write_text(out, f"{name}.json", record_files.record_json(found)))
    page = record_files.record_page(found)
    if "html" in kinds:
        written += write_documents(out, {name: page}, pdf="pdf" in kinds)
    elif "pdf" in kinds:
        from lfr_kit.documents.files import folder_for
        from lfr_kit.documents.pdf import write_pdf

        write_pdf(folder_for(out) / f"{name}.pdf", page)
        written.append(out / f"{name}.pdf")
    return written


def _show_record(
    found: DeploymentRecord,
    findings: Sequence[Any],
    written: Sequence[Path],
    *,
    as_json: bool,
    staff: CheckResult | None = None,
) -> None:
    from lfr_kit.cli.deployment_blue import check_fields
    from lfr_kit.documents.page import said_interval
    from lfr_kit.documents.record_files import record_values, status_of
    from lfr_kit.governance.published_record import published_row

    if as_json:
        internal = {"blue_list": None if staff is None else check_fields(staff)}
        emit({**record_values(found, findings), "internal": internal, "files": [str(path) for path in written]})
        return
    version = f", version {found.version}" if found.version else ""
    _table(
        f"Record of {found.deployment_id} ({status_of(found)}{version})",
        ("column", "value"),
        list(published_row(found).items()),
    )
    for over, rate in (("alerts: ", found.false_share_of_alerts), ("faces:  ", found.false_alert_rate)):
        if rate is not None:
            _say(f"False alerts over {over}{rate} (95 % interval {said_interval(rate)})")
    if staff is not None and staff.hits.trials:
        _say(f"Internal, not published: true recognition rate of staff: {staff.in_words()}")
    _say(*(f"to note: {finding.message}" for finding in findings), *written)


def correct(
    deployment: DeploymentArgument,
    changes: Annotated[
        list[str],
        typer.Option("--set", metavar="COLUMN=VALUE", help="A column and its right value; may be repeated."),
    ],
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Puts a fixed record right in a next version, which lists the corrections. The reason is published."""
    from lfr_kit.operations import records

    wanted = _changes(changes)
    with signed_in() as (store, actor):
        after = records.correct(store, actor, deployment, wanted, reason=reason)
    _show_record(after, [], [], as_json=as_json)


def _changes(words: Sequence[str]) -> Mapping[str, str]:
    pairs = [word.partition("=") for word in words]
    if any(not sign for _, sign, _ in pairs):
        raise typer.BadParameter('--set needs a column and a value, e.g. --set "True Alerts Confirmed=4"')
    if len({column.strip() for column, _, _ in pairs}) < len(pairs):
        raise typer.BadParameter("--set names a column twice; give each one value")
    return {column.strip(): value.strip() for column, _, value in pairs}


def corrections(
    deployment: Annotated[str | None, typer.Argument(metavar="[DEPLOYMENT]", help="Only of this one.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for corrections.csv.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The corrections log, oldest first."""
    from lfr_kit.documents.files import write_text
    from lfr_kit.documents.record_files import corrections_csv
    from lfr_kit.operations import records

    with signed_in() as (store, actor):
        made = records.corrections(store, actor, deployment)
    path = write_text(out, "corrections.csv", corrections_csv(made)) if out else None
    if as_json:
        listed = [{"deployment_id": each, **correction.model_dump(mode="json")} for each, correction in made]
        emit({"corrections": listed, "files": [str(path)] if path else []})
        return
    _table(
        f"{len(made)} corrections" if made else "No corrections",
        ("deployment", "when (UTC)", "column", "was", "is", "why"),
        [
            (each, f"{it.corrected_at:%Y-%m-%d %H:%M}", it.column, it.old_value, it.new_value, it.reason)
            for each, it in made
        ],
    )


def roll_up(
    year: Annotated[int, typer.Option("--year", min=2015, max=2999, help="The year.")],
    month: Annotated[int | None, typer.Option("--month", min=1, max=12, help="Only this month of it.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for CSV, JSON, HTML and PDF.")] = None,
    no_pdf: NoPdfOption = False,
    as_json: JsonOption = False,
) -> None:
    """A month or a year in sum: both rates with intervals, outcomes, aborted deployments."""
    from lfr_kit.documents.files import write_documents, write_text
    from lfr_kit.documents.record_files import roll_up_csv, roll_up_json, roll_up_page, roll_up_values
    from lfr_kit.operations import records

    with signed_in() as (store, actor):
        sums = records.rolled_up(store, actor, year, month)
    written: list[Path] = []
    if out is not None:
        name = f"deployments-{year}" if month is None else f"deployments-{year}-{month:02d}"
        written.append(write_text(out, f"{name}.csv", roll_up_csv(sums)))
        written.append(write_text(out, f"{name}.json", roll_up_json(sums)))
        written += write_documents(out, {name: roll_up_page(sums)}, pdf=not no_pdf)
    if as_json:
        emit({**roll_up_values(sums), "files": [str(path) for path in written]})
        return
    _show_sums(sums)
    _say(*written)


def _show_sums(sums: RollUp) -> None:
    from lfr_kit.documents.page import said_interval
    from lfr_kit.documents.record_files import status_of
    from lfr_kit.governance.published_record import published_row

    columns = ("Deployment Location", "Date", "Faces seen (estimate)", "Total Alerts", "False Alert Rate")
    _table(
        f"{sums.year}" if sums.month is None else f"{sums.year}-{sums.month:02d}",
        (*columns, "status"),
        [(*(published_row(each)[column] for column in columns), status_of(each)) for each in sums.records],
    )
    totals = sums.totals
    _say(
        f"{totals.n_deployments} deployments, {totals.faces_seen:,} faces, {totals.total_alerts} alerts, "
        f"{totals.false_alerts} of them false, {totals.arrests} arrests",
        *(
            f"False alerts over {rate.denominator}: {rate} (95 % interval {said_interval(rate)})"
            for rate in (sums.over_faces, totals.over_alerts)
            if rate
        ),
        *sums.remarks,
    )


def check_record(
    file: Annotated[Path, typer.Argument(help="CSV with the sixteen published columns, of any force.")],
    met_thresholds: Annotated[
        bool, typer.Option("--met-thresholds", help="Hold thresholds against the Metropolitan Police's dates.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Checks a published table: sums, dates, rates, jumps, duplicates. Exit 1 if anything is found."""
    from datetime import UTC, datetime

    from lfr_kit.governance.published_record import LOCAL_TIME
    from lfr_kit.governance.published_table import read_published
    from lfr_kit.governance.record_checks import MET_THRESHOLDS, check_rows

    rows = read_published(_text_of(file))
    today = datetime.now(UTC).astimezone(LOCAL_TIME).date()
    findings = check_rows(rows, today=today, eras=MET_THRESHOLDS if met_thresholds else ())
    if as_json:
        fields = ("rule", "line", "deployment", "message")
        listed = [{name: getattr(finding, name) for name in fields} for finding in findings]
        emit({"deployments": len(rows), "findings": listed})
    else:
        _say(*findings, f"{len(rows)} deployments, {len(findings)} findings")
    if findings:
        raise typer.Exit(1)


def _text_of(file: Path) -> str:
    from lfr_kit.errors import TableError
    from lfr_kit.governance.published_table import LARGEST_FILE

    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise TableError(f"{file}: larger than 16 MB, which no record of deployments is; is it another file?")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise TableError(f"{file}: cannot be read ({error.strerror}); name a CSV file") from None
    except UnicodeDecodeError:
        raise TableError(f"{file}: not UTF-8; save it as CSV in UTF-8") from None


def notice(
    deployment: DeploymentArgument,
    out: OutOption,
    published: Annotated[
        str | None, typer.Option("--published", metavar="WHERE", help="Note that the notice was published there.")
    ] = None,
    no_pdf: NoPdfOption = False,
    as_json: JsonOption = False,
) -> None:
    """Writes public notice, posters and leaflet; with --published, records that the public was told."""
    from lfr_kit.documents.files import write_documents
    from lfr_kit.operations.documents import note_notice, public_documents

    with signed_in() as (store, actor):
        pages = public_documents(store, actor, deployment)
        written = write_documents(out, _named(pages, deployment), pdf=not no_pdf)
        if published is not None:
            note_notice(store, actor, deployment, where=published)
    if as_json:
        emit({"deployment_id": deployment, "files": [str(path) for path in written], "published": published})
        return
    _say(*written)


def documents(
    deployment: DeploymentArgument,
    out: OutOption,
    no_pdf: NoPdfOption = False,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Writes the authority and the briefing pack. They hold the grounds: for officers, not for publication."""
    from lfr_kit.documents.files import write_documents
    from lfr_kit.operations.documents import officers_documents

    with signed_in() as (store, actor):
        pages = officers_documents(store, actor, deployment, reason=reason)
    written = write_documents(out, _named(pages, deployment), pdf=not no_pdf)
    if as_json:
        emit({"deployment_id": deployment, "files": [str(path) for path in written]})
        return
    _say(*written)


def _named(pages: Mapping[str, str], deployment: str) -> dict[str, str]:
    return {f"{name}-{deployment}": html for name, html in pages.items()}


def equality(
    year: Annotated[int, typer.Option("--year", min=2015, max=2999, help="The year.")],
    as_json: JsonOption = False,
) -> None:
    """What officers perceived of alerted people in a year, as aggregates; small numbers are withheld."""
    from lfr_kit.operations.equality import equality_of_year

    with signed_in() as (store, actor):
        tables = equality_of_year(store, actor, year)
    if as_json:
        listed = [
            {"alerts": each.alerts, "by": each.by, "total": each.total, "counts": dict(each.counts)}
            for each in tables
        ]
        emit({"year": year, "tables": listed})
        return
    for each in tables:
        _table(
            f"{each.alerts} alerts by perceived {each.by}: {each.total}",
            (each.by, "people"),
            [*each.counts.items()],
        )


def perceived(
    deployment: DeploymentArgument,
    truth: Annotated[Truth, typer.Option("--truth", help="Of the alert; which one it was is not kept.")],
    ethnicity: Annotated[PerceivedEthnicity, typer.Option("--ethnicity", help="As you saw it, by code.")],
    sex: Annotated[PerceivedSex, typer.Option("--sex", help="As you saw it.")],
    age: Annotated[PerceivedAge, typer.Option("--age", help="As you saw it.")],
    as_json: JsonOption = False,
) -> None:
    """Notes what an engagement officer perceived of a person after an alert, for equality monitoring only."""
    from lfr_kit.operations.equality import record_perceived

    with signed_in() as (store, actor):
        record_perceived(store, actor, deployment, truth, Perceived(ethnicity, sex, age))
    if as_json:
        emit({"deployment_id": deployment, "noted": True})
        return
    _say("noted, apart from the alert")
