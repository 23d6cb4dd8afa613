"""`lfr retention`: what is due, its deletion, the proof of it, and legal holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.output import JsonOption, console, emit, progress, results
from lfr_kit.cli.signed_in import ReasonOption, signed_in
from lfr_kit.cli.visible import visible

if TYPE_CHECKING:
    from lfr_kit.governance.deletion_certificate import SignedCertificate
    from lfr_kit.governance.retention import Hold
    from lfr_kit.operations.deletion import Deletion
    from lfr_kit.operations.residue_check import Finding
    from lfr_kit.operations.retention import Run

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Deletion on time: status, run, verify; certificates; legal holds.")

AlertArgument = Annotated[str, typer.Argument(metavar="ALERT", help="Its id, see: lfr alerts list DEPLOYMENT")]
HoldArgument = Annotated[str, typer.Argument(metavar="HOLD", help="Its id, see: lfr retention holds")]
DayOption = Annotated[
    datetime, typer.Option("--review-on", formats=["%Y-%m-%d"], help="By when it is looked at again.")
]


@app.command()
def status(as_json: JsonOption = False) -> None:
    """What must go now, what goes next, what is held; exit 1 if a review is overdue or a deletion was cut off."""
    from lfr_kit.operations import retention
    from lfr_kit.operations.certificates import signing_key

    with signed_in() as (store, _):
        found = retention.status(store)
        public = signing_key(store)
    soon = found.ahead[:20]
    if as_json:
        emit(
            {
                "at": found.at,
                "due": [_item(each) for each in found.due],
                "next": [_item(each) for each in soon],
                "held_alerts": found.n_held,
                "held_segments": found.n_held_segments,
                "overdue_reviews": [_hold(each) for each in found.overdue_reviews],
                "unfinished": found.unfinished,
                "warnings": [vars(each) for each in found.warnings],
                "public_key": public,
            }
        )
    else:
        _say("due now:", *(_counted(found.due) or ["  nothing"]))
        coming = [f"  {each.due_at:%Y-%m-%d %H:%M:%S} UTC  {each.kind} {each.item_id}" for each in soon]
        _say("next:", *(coming or ["  nothing"]))
        footage = f", {found.n_held_segments} segments of footage" if found.n_held_segments else ""
        _say(f"held: {found.n_held} alerts{footage}")
        for warned in found.warnings:
            _warn(f"alert {warned.alert_id} {warned.why} ({warned.due_at:%Y-%m-%d %H:%M} UTC)")
        _warn(*(f"deletion {each} was cut off: run lfr retention run" for each in found.unfinished))
        _warn_overdue(found.overdue_reviews)
    if found.overdue_reviews or found.unfinished:
        raise typer.Exit(1)


@app.command()
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    rotate_master: Annotated[
        bool,
        typer.Option("--rotate-master", help="Also rotate the master key: wrapped keys in a server's log die."),
    ] = False,
    unattended: Annotated[
        bool, typer.Option("--unattended", help="For a timer: as the program itself, nobody signed in.")
    ] = False,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Deletes what is due: keys, rows, pages; looks for residue; signs certificates. Exit 1 if not all is gone.

    A run that is cut off is finished by the next.
    """
    from lfr_kit.governance.roles import SYSTEM
    from lfr_kit.operations import keys, retention
    from lfr_kit.store.store import Store

    if unattended and rotate_master:
        raise typer.BadParameter("--rotate-master takes an administrator: leave out --unattended")
    if dry_run:
        with signed_in() as (store, _):
            wanted = retention.plan(store)
            _show_plan(wanted, retention.overdue_holds(store), as_json=as_json)
        return
    if unattended:
        with Store.open() as store:
            done = retention.run(store, SYSTEM, reason=reason or "retention periods ran out")
    else:
        with signed_in() as (store, actor), progress("deleting") as step:
            rotate = (lambda: keys.rotate(store, actor, reason)) if rotate_master else None
            done = retention.run(store, actor, reason=reason, rotate=rotate, step=step)
    _show_run(done, as_json=as_json)
    if not done.is_good:
        raise typer.Exit(1)


@app.command()
def verify(
    also: Annotated[
        list[Path] | None,
        typer.Option("--also", exists=True, help="A further file or folder, e.g. of notebooks; repeatable."),
    ] = None,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Searches database, spool, temporary files, outputs and notebooks for what was deleted; exit 1 if found."""
    from time import perf_counter

    from lfr_kit.operations.residue_check import verify as search

    with signed_in() as (store, actor), progress("searching") as step:
        began = perf_counter()
        report = search(
            store, actor, reason=reason, also=also or [], step=lambda path: step(note=visible(path.name))
        )
        seconds = perf_counter() - began
    speed = report.n_bytes / 1e6 / max(seconds, 1e-9)
    if as_json:
        emit(
            {
                **vars(report),
                "findings": _findings(report.findings),
                "remains": _findings(report.remains),
                "ok": report.is_clean,
                "outcome": report.outcome,
                "seconds": seconds,
                "mb_per_s": speed,
            }
        )
    else:
        _say(
            f"searched {report.n_files:,} files, {report.n_bytes / 1e6:,.0f} MB, for {report.n_marks:,} marks "
            f"({speed:,.0f} MB/s):",
            *(f"  {place}" for place in report.places),
        )
        _warn(*(f"FOUND {_in_words(each)}" for each in report.findings))
        _say(*(f"sealed: {_in_words(each)}" for each in report.remains))
        _warn(*(f"not read: {visible(each)}" for each in report.unread))
        _say(
            report.outcome if report.n_marks else f"{report.outcome}: marks are kept for 30 days after a deletion"
        )
    if not report.is_clean:
        raise typer.Exit(1)


@app.command()
def hold(
    alert: AlertArgument,
    case: Annotated[str, typer.Option("--case", help="Reference of the investigation or complaint.")],
    reviewer: Annotated[str, typer.Option("--reviewer", help="User who looks at it again; another than you.")],
    review_on: DayOption,
    same_person: Annotated[
        bool, typer.Option("--same-person", help="All alerts for that person in this deployment.")
    ] = False,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Keeps an alert beyond its time, as evidence, under a key of its own."""
    from lfr_kit.operations.holds import HoldRequest, place_hold

    request = HoldRequest(case_ref=case, reason=reason, reviewer=reviewer, review_on=review_on.date())
    with signed_in() as (store, actor):
        placed = place_hold(store, actor, alert, request, same_person=same_person)
    _show_hold(placed, "placed on", as_json=as_json)


@app.command()
def release(hold: HoldArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Ends a hold: its alerts go with the next run. Takes another person than the one who placed it."""
    from lfr_kit.operations.holds import release_hold

    with signed_in() as (store, actor):
        released = release_hold(store, actor, hold, reason=reason)
    _show_hold(released, "released:", as_json=as_json)


@app.command()
def renew(
    hold: HoldArgument, review_on: DayOption, reason: ReasonOption = "", as_json: JsonOption = False
) -> None:
    """Notes that a hold was reviewed and stays, and when it is next. Takes another person than its placer."""
    from lfr_kit.operations.holds import renew_hold

    with signed_in() as (store, actor):
        renewed = renew_hold(store, actor, hold, review_on.date(), reason=reason)
    _show_hold(renewed, "stays on", as_json=as_json)


@app.command()
def holds(reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Holds in force, with their cases; reading them is logged. Exit 1 if a review is overdue."""
    from lfr_kit.operations import holds as operations

    with signed_in() as (store, actor):
        found = operations.holds(store, actor, reason=reason)
        overdue = operations.overdue_holds(store)
    if as_json:
        emit({"holds": [_hold(each) for each in found], "overdue_reviews": [each.hold_id for each in overdue]})
    else:
        for each in found:
            _say(
                f"{each.hold_id}  case {visible(each.case_ref)}  {', '.join(each.held_ids)}  placed by "
                f"{each.placed_by}, review by {each.reviewer} on {each.review_on}: {visible(each.reason)}"
            )
        if not found:
            _say("nothing is held")
        _warn_overdue(overdue)
    if overdue:
        raise typer.Exit(1)


@app.command()
def certificate(
    certificate_id: Annotated[
        str | None,
        typer.Argument(metavar="[CERTIFICATE]", help="Without it, those there are.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write it to this file, as it is signed (JSON); .html or .pdf: for reading."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """A deletion certificate with its signature."""
    from lfr_kit.operations import certificates

    with signed_in() as (store, _):
        if certificate_id is None:
            ids = certificates.certificate_ids(store)
            emit({"certificate_ids": ids}) if as_json else _say(*(ids or ["no certificate: nothing was deleted"]))
            return
        signed = certificates.certificate(store, certificate_id)
    if out is not None:
        _write_certificate(out, signed)
    if as_json:
        emit({**signed.to_dict(), "digest": signed.digest, "file": out})
    else:
        _say(signed.to_text().rstrip() if out is None else f"{certificate_id}: {out}")


def _write_certificate(out: Path, signed: SignedCertificate) -> None:
    from lfr_kit.documents.internal import certificate as page
    from lfr_kit.documents.pdf import write_pdf
    from lfr_kit.reports.whole_file import write_whole

    if out.suffix.lower() == ".pdf":
        write_pdf(out, page(signed))
    else:
        write_whole(out, page(signed) if out.suffix.lower() == ".html" else signed.to_text())


@app.command("check-certificate")
def check_certificate(
    file: Annotated[Path, typer.Argument(help="A certificate, as written by: lfr retention certificate --out")],
    as_json: JsonOption = False,
) -> None:
    """Whether a certificate is genuine: the store's signature, unchanged, and known to the audit chain."""
    from lfr_kit.governance.deletion_certificate import SignedCertificate
    from lfr_kit.operations import certificates

    signed = SignedCertificate.from_text(certificates.text_of(file))
    with signed_in() as (store, _):
        seq = certificates.check_certificate(store, signed)
    name = signed.certificate.certificate_id
    if as_json:
        emit({"ok": True, "certificate_id": name, "digest": signed.digest, "audit_seq": seq})
    else:
        _say(f"{name} is genuine: signed by this store, unchanged, entry {seq} of the audit chain")


def _say(*lines: str) -> None:
    for line in lines:
        results().print(line, soft_wrap=True, highlight=False, markup=False)


def _warn(*lines: str) -> None:
    for line in lines:
        console().print(line, style="bold red", soft_wrap=True, highlight=False, markup=False)


def _warn_overdue(late: Iterable[Hold]) -> None:
    for each in late:
        _warn(
            f"OVERDUE: hold {each.hold_id} was to be reviewed by {each.reviewer} on {each.review_on}; "
            "release it, or note the review: lfr retention renew"
        )


def _counted(items: Iterable[Any]) -> list[str]:
    counts = Counter((item.kind, item.deployment_id or "") for item in items)
    return [f"  {n:,} {kind} {deployment}".rstrip() for (kind, deployment), n in sorted(counts.items())]


def _item(item: Any) -> dict[str, Any]:
    names = ("kind", "item_id", "deployment_id", "due_at")
    return {name: getattr(item, name) for name in names}


def _hold(hold: Hold) -> dict[str, Any]:
    return {**vars(hold), "alert_ids": list(hold.alert_ids), "segment_ids": list(hold.segment_ids)}


def _findings(found: Iterable[Finding]) -> list[dict[str, Any]]:
    return [vars(each) for each in found]


def _in_words(found: Finding) -> str:
    of = f" of {found.certificate_id}" if found.certificate_id else ""
    detail = f" ({found.detail})" if found.detail else ""
    return f"{found.what}{of} in {visible(found.place)}: {found.n_marks} pieces{detail}"


def _show_hold(hold: Hold, what: str, *, as_json: bool) -> None:
    if as_json:
        emit(_hold(hold))
    else:
        _say(f"{hold.hold_id} {what} {', '.join(hold.held_ids)}; review by {hold.reviewer} on {hold.review_on}")


def _show_plan(wanted: list[Deletion], overdue: list[Hold], *, as_json: bool) -> None:
    if as_json:
        rows = [{"deployment_id": each.deployment_id, "reason": each.reason, "ids": each.ids} for each in wanted]
        emit({"dry_run": True, "would_delete": rows, "overdue_reviews": [_hold(each) for each in overdue]})
        return
    for each in wanted:
        counts = ", ".join(f"{len(ids):,} {kind}" for kind, ids in each.ids.items())
        _say(f"would delete: {each.deployment_id or 'store'}: {counts} ({each.reason})")
    if not wanted:
        _say("nothing is due")
    _warn_overdue(overdue)


def _show_run(done: Run, *, as_json: bool) -> None:
    if as_json:
        emit(
            {
                "ok": done.is_good,
                "deleted": [vars(each) for each in done.deleted],
                "failed": [{"what": what, "why": why} for what, why in done.failed],
                "overdue_reviews": [_hold(each) for each in done.overdue_reviews],
            }
        )
        return
    for each in done.deleted:
        _say(f"deleted, certificate {each.certificate_id}: {each.outcome}")
        _warn(*(f"FOUND {visible(what)}" for what in each.found))
    if not done.deleted and not done.failed:
        _say("nothing was due")
    _warn(*(f"NOT deleted: {what}: {why}" for what, why in done.failed))
    _warn_overdue(done.overdue_reviews)
