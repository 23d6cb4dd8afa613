"""`lfr audit`: the log of who did what, to what, when and why; checked, read, copied out."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lfr_kit.cli.output import JsonOption, console, emit, progress, results
from lfr_kit.cli.signed_in import ReasonOption, signed_in
from lfr_kit.governance.vocabulary import Operation

if TYPE_CHECKING:
    from lfr_kit.governance.audit import AuditEntry
    from lfr_kit.governance.chain_check import ChainReport
    from lfr_kit.operations.audit import Comparison

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The audit log: verify, show, export; policies that concern it.")


class Policy(StrEnum):
    """Whether every act must say why."""

    MANDATORY = "mandatory"
    OPTIONAL = "optional"


def _time(text: str) -> datetime:
    """A date or time as typed; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write e.g. 2026-05-04 or 2026-05-04T09:30") from None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise typer.BadParameter(f"{text!r} is no time that can be had in UTC") from None


@app.command()
def verify(
    against: Annotated[
        Path | None, typer.Option("--against", help="Compare with a copy made by: lfr audit export")
    ] = None,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Checks every entry: changed, removed, inserted or moved ones are named. Exit status 1 if there are any."""
    from lfr_kit.operations import audit

    comparison = None
    with signed_in() as (store, actor):
        with progress("checking", total=audit.n_entries(store)) as step:
            done = audit.verify(store, actor, justification=reason, step=step)
        if against is not None:
            comparison = audit.compare(store, actor, against, justification=reason)
    differences = list(comparison.findings) if comparison else []
    if as_json:
        emit(
            {
                "ok": done.report.is_whole and not differences,
                "n_entries": done.report.n_entries,
                "findings": [vars(found) for found in done.report.findings],
                "warnings": [vars(found) for found in done.report.warnings],
                "n_unexplained": done.report.n_unexplained,
                "is_logged": done.is_logged,
                "differences": differences,
            }
        )
    else:
        _print_report(done.report, comparison)
    if not done.is_logged:
        console().print("This check could not be logged: the end of the log was changed.", highlight=False)
    if not done.report.is_whole or differences:
        raise typer.Exit(1)


@app.command()
def show(
    actor: Annotated[str, typer.Option("--actor", help="Only what this user did.")] = "",
    action: Annotated[str, typer.Option("--action", help="e.g. watchlist.import, or all of watchlist.")] = "",
    operation: Annotated[Operation | None, typer.Option("--operation", help="One of the six.")] = None,
    subject: Annotated[str, typer.Option("--subject", help="e.g. watchlist:W-1a2b3c4d5e")] = "",
    deployment: Annotated[str, typer.Option("--deployment", help="Within this deployment.")] = "",
    since: Annotated[datetime | None, typer.Option(parser=_time, metavar="TIME", help="From then on.")] = None,
    until: Annotated[datetime | None, typer.Option(parser=_time, metavar="TIME", help="Before then.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="The newest so many.")] = 50,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Entries with their reasons, oldest first. Reading the log is itself logged, and always needs --reason."""
    from lfr_kit.operations import audit

    wanted = audit.AuditQuestion(
        actor=actor,
        action=action,
        operation=operation,
        subject=subject,
        deployment=deployment,
        since=since,
        until=until,
        limit=limit,
    )
    with signed_in() as (store, who):
        found = audit.show(store, who, wanted, justification=reason)
    if as_json:
        emit({"entries": [vars(each) for each in found]})
    else:
        _print_entries(found)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A new file: one JSON object a line, nothing that is sealed.")],
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Copies the chain to a file; kept elsewhere, it shows later if the store was put back (verify --against)."""
    from lfr_kit.operations import audit

    with signed_in() as (store, actor), progress("copying", total=audit.n_entries(store)) as step:
        n_copied = audit.export(store, actor, file, justification=reason, step=step)
    if as_json:
        emit({"file": file, "n_entries": n_copied})
    else:
        results().print(f"{n_copied:,} entries: {file}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def policy(
    justification: Annotated[Policy, typer.Option("--justification", help="Whether every act must say why.")],
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Changes whether every act must say why (for administrators); reading the log needs a reason all the same."""
    from lfr_kit.operations import audit

    is_mandatory = justification is Policy.MANDATORY
    with signed_in() as (store, actor):
        audit.set_justification_policy(store, actor, is_mandatory=is_mandatory, justification=reason)
    if as_json:
        emit({"justification": justification})
    else:
        results().print(f"Justification is {justification} from now on.", highlight=False)


@app.command("accept-clock")
def accept_clock(reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Takes the clock as it stands for right, though entries bear later times (for administrators)."""
    from lfr_kit.operations import audit

    with signed_in() as (store, actor):
        behind = audit.accept_clock(store, actor, justification=reason)
    if as_json:
        emit({"behind_s": behind.total_seconds()})
    else:
        words = f"The clock is accepted; the latest entry was {behind.total_seconds():,.0f} s ahead of it."
        results().print(words, highlight=False)


def _print_report(report: ChainReport, comparison: Comparison | None) -> None:
    out = results()
    words = "the chain is whole" if report.is_whole else f"the chain is broken, {len(report.findings)} findings"
    out.print(f"{report.n_entries:,} entries: {words}.", highlight=False)
    for found in (*report.findings, *report.warnings):
        out.print(f"  {found.kind}: {found.message}", highlight=False, markup=False, soft_wrap=True)
    if report.n_unexplained:
        out.print(f"  and {report.n_unexplained:,} further entries that do not verify", highlight=False)
    if comparison is not None:
        same = "all are in the store as they were" if not comparison.findings else "the store was changed since"
        out.print(f"{comparison.n_compared:,} entries of the copy: {same}.", highlight=False)
        for words in comparison.findings:
            out.print(f"  {words}", highlight=False, markup=False)


def _print_entries(found: list[AuditEntry]) -> None:
    """A line for each, and below it why and what else; nothing in it can move the cursor."""
    from lfr_kit.cli.visible import visible

    out = results()
    for each in found:
        at = str(each.at)[:19].replace("T", " ")
        within = f"  within {each.deployment_id}" if each.deployment_id else ""
        lines = [f"{each.seq}  {at}  {each.actor_id}  {each.operation}  {each.action}  {each.subject}{within}"]
        if not each.is_readable:
            lines.append("what is sealed does not open: changed after it was written")
        lines += [f"why: {each.justification}"] if each.justification else []
        lines += [f"{name}: {value}" for name, value in each.details.items()]
        for place, line in enumerate(lines):
            out.print(("    " if place else "") + visible(line), highlight=False, markup=False, soft_wrap=True)
