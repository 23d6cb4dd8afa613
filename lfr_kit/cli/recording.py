"""`lfr recording`: footage that an authority let be recorded: what there is, played, given away, held, deleted."""

from __future__ import annotations

import os
import stat
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.deployment_fields import DeploymentArgument
from lfr_kit.cli.output import JsonOption, console, emit, progress, results
from lfr_kit.cli.signed_in import ReasonOption, signed_in
from lfr_kit.cli.visible import visible
from lfr_kit.errors import InputError
from lfr_kit.governance.vocabulary import DeletionReason

if TYPE_CHECKING:
    from lfr_kit.governance.recording import Segment
    from lfr_kit.governance.retention import Hold

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Recorded footage: list, play, export, hold, release, delete.")

SegmentArgument = Annotated[
    str, typer.Argument(metavar="SEGMENT", help="Its id, see: lfr recording list DEPLOYMENT")
]
SegmentsArgument = Annotated[
    list[str], typer.Argument(metavar="SEGMENT...", help="Their ids, see: lfr recording list DEPLOYMENT")
]


@app.command("list")
def listing(deployment_id: DeploymentArgument, as_json: JsonOption = False) -> None:
    """What footage there is of a deployment, without a look at any; exit 1 if a file is missing."""
    from lfr_kit.operations import recordings

    with signed_in() as (store, actor):
        found = recordings.listing(store, actor, deployment_id)
    if as_json:
        segments = [{**_fields(each), "is_missing": each.segment_id in found.missing} for each in found.segments]
        emit({"deployment_id": deployment_id, "due_at": found.due_at, "segments": segments})
    else:
        for each in found.segments:
            missing = "  NOT ON THIS MACHINE" if each.segment_id in found.missing else ""
            _say(f"{_in_words(each)}{missing}")
        due = "" if found.due_at is None else f"; deleted on {found.due_at:%Y-%m-%d %H:%M} UTC, unless it is held"
        size_mb = sum(each.n_bytes for each in found.segments) / 1e6
        _say(
            f"{len(found.segments)} segments, {size_mb:,.0f} MB{due}" if found.segments else "nothing is recorded"
        )
    if found.missing:
        raise typer.Exit(1)


@app.command()
def play(
    segment_id: SegmentArgument,
    pipe: Annotated[
        bool, typer.Option("--pipe", help="Send the video to a player: ... --pipe | mpv - (a pipe only, no file).")
    ] = False,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Checks a segment frame by frame and says what it holds; shows it on the dashboard Record, or to a player.

    Nothing is written: it is decrypted in memory. The look is logged with its reason.
    """
    from lfr_kit.operations import recordings
    from lfr_kit.reports.footage import extent_of

    if pipe:
        _check_pipe(as_json=as_json)
    with signed_in() as (store, actor):
        footage = recordings.play(store, actor, segment_id, reason=reason)
        if pipe:
            sys.stdout.buffer.write(recordings.video_in_memory([footage], {}))
            return
        n_frames, lasts_s = extent_of(footage.pieces())
    if as_json:
        emit({**_fields(footage.segment), "is_intact": True, "frames_decoded": n_frames, "seconds": lasts_s})
    else:
        _say(
            f"{_in_words(footage.segment)}: intact, {n_frames:,} frames in {lasts_s:.1f} s. See it on the "
            f"dashboard Record, or: lfr recording play {segment_id} --pipe --reason ... | mpv -"
        )


@app.command()
def export(
    segment_ids: SegmentsArgument,
    out: Annotated[Path, typer.Option("--out", help="The MP4 to write; nothing is overwritten.")],
    recipient: Annotated[str, typer.Option("--recipient", help="To whom it goes.")],
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Writes segments of one camera as one MP4, and a note beside it: who, to whom, why, SHA-256. Both mode 0600.

    It leaves the store: no retention period deletes it. Logged as a disclosure before anything is written.
    """
    from lfr_kit.operations.recording_export import ExportOrder, export_to

    order = ExportOrder(segment_ids=tuple(segment_ids), recipient=recipient, reason=reason)
    with signed_in() as (store, actor), progress("exporting", total=len(segment_ids)) as step:
        done = export_to(store, actor, order, out, step)
    if as_json:
        emit({**done.about, "file": out, "note": f"{out}.json", "bytes": done.n_bytes})
        return
    _say(
        f"{out}: {done.n_bytes / 1e6:,.1f} MB, SHA-256 {done.about['sha256']}", f"{out}.json: who, to whom and why"
    )
    console().print("This footage has left the store: no retention period deletes it. Delete it yourself.")


@app.command()
def hold(
    segment_ids: SegmentsArgument,
    case: Annotated[str, typer.Option("--case", help="Reference of the investigation or complaint.")],
    reviewer: Annotated[str, typer.Option("--reviewer", help="User who looks at it again; another than you.")],
    review_on: Annotated[
        datetime, typer.Option("--review-on", formats=["%Y-%m-%d"], help="By when it is looked at again.")
    ],
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Keeps segments beyond their time, as evidence."""
    from lfr_kit.operations.holds import HoldRequest, place_footage_hold

    request = HoldRequest(case_ref=case, reason=reason, reviewer=reviewer, review_on=review_on.date())
    with signed_in() as (store, actor):
        placed = place_footage_hold(store, actor, segment_ids, request)
    _show_hold(placed, "placed on", as_json=as_json)


@app.command()
def release(
    hold_id: Annotated[str, typer.Argument(metavar="HOLD", help="Its id, see: lfr retention holds")],
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ends a hold: its segments go when their time is over. Takes another person than the one who placed it."""
    from lfr_kit.operations.holds import release_hold

    with signed_in() as (store, actor):
        released = release_hold(store, actor, hold_id, reason=reason)
    _show_hold(released, "released:", as_json=as_json)


@app.command()
def delete(
    deployment_id: DeploymentArgument,
    segment_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[SEGMENT]...", help="Without any: all that no hold keeps.")
    ] = None,
    because: Annotated[
        DeletionReason, typer.Option("--because", help="request, error or close: stands on the certificate.")
    ] = DeletionReason.ERROR,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Deletes footage before its time: keys, rows, files; searches for residue; signs. Exit 1 if any was found."""
    from lfr_kit.operations.retention import delete_footage

    with signed_in() as (store, actor):
        done = delete_footage(
            store, actor, deployment_id, because, segment_ids=segment_ids or (), justification=reason
        )
    if as_json:
        emit(vars(done))
    else:
        _say(f"deleted, certificate {done.certificate_id}: {done.outcome}")
    if done.found:
        raise typer.Exit(1)


def _check_pipe(*, as_json: bool) -> None:
    """Refuses to leave the video anywhere: a file would be an export that nobody logged."""
    if as_json:
        raise typer.BadParameter("--pipe and --json both speak on standard output; choose one")
    if not stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode):
        raise InputError("--pipe: standard output is no pipe; add | mpv - , or export it: lfr recording export")


def _fields(segment: Segment) -> dict[str, Any]:
    return {**vars(segment), "state": str(segment.state), "seconds": segment.lasts_s}


def _in_words(segment: Segment) -> str:
    held = f", held by {segment.hold_id}" if segment.hold_id else ""
    until = "goes on" if segment.ended_at is None else f"{segment.lasts_s:.0f} s, {segment.n_bytes / 1e6:.1f} MB"
    cut = ", its end was lost" if segment.state == "cut_off" else ""
    at = f"{segment.started_at:%Y-%m-%d %H:%M:%S}"
    return f"{segment.segment_id}  {visible(segment.camera_id)}  {at} UTC, {until}{cut}{held}"


def _show_hold(hold: Hold, what: str, *, as_json: bool) -> None:
    if as_json:
        emit({**vars(hold), "alert_ids": list(hold.alert_ids), "segment_ids": list(hold.segment_ids)})
    else:
        _say(f"{hold.hold_id} {what} {', '.join(hold.held_ids)}; review by {hold.reviewer} on {hold.review_on}")


def _say(*lines: str) -> None:
    for line in lines:
        results().print(line, soft_wrap=True, highlight=False, markup=False)
