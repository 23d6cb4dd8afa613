"""`lfr scan`: footage in, alerts out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lfr_kit.cli.output import JsonOption
from lfr_kit.cli.signed_in import ReasonOption

if TYPE_CHECKING:
    from lfr_kit.config import Settings

__all__ = ["scan"]


def scan(
    source: Annotated[
        str, typer.Argument(help="A video, a folder of pictures, camera:0, rtsp://…, http://…, or walkthrough.")
    ],
    references: Annotated[Path, typer.Option("--references", help="Photos: NAME.jpg or NAME/*.jpg.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for alerts.jsonl and alerts.csv.")] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Least score of an alert; default: the embedder's own.")
    ] = None,
    detector: Annotated[str | None, typer.Option("--detector", help="Name of a detector.")] = None,
    embedder: Annotated[str | None, typer.Option("--embedder", help="auto, facenet, dlib_resnet, …")] = None,
    matcher: Annotated[str | None, typer.Option("--matcher", help="exact or annoy_index.")] = None,
    detect_every: Annotated[
        int | None, typer.Option("--detect-every", min=1, help="Look for faces in every nth frame.")
    ] = None,
    smallest_face: Annotated[
        float | None, typer.Option("--smallest-face", min=1, help="Smallest face looked for, in px.")
    ] = None,
    clip: Annotated[
        bool, typer.Option("--clip", help="Also annotated.mp4, with all faces but alerted ones covered.")
    ] = False,
    page: Annotated[bool, typer.Option("--page", help="Also report.html, one self-contained page.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write to a folder that holds other things.")] = False,
    reason: ReasonOption = "",
    unaudited: Annotated[
        bool, typer.Option("--unaudited", help="Where there is no store: scan all the same, with no trace of it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Finds enrolled people in footage: possible matches, for a person to judge. Ctrl-C ends it early.

    Where there is a governed store (lfr keys init), it takes a signed-in analyst and a --reason, and is logged
    before it begins and when it ends; a live camera or stream is refused then, for who passes it is compared under
    an authority only (lfr deployment run). Where there is none, it is refused unless --unaudited says that nobody
    need account for it. In walkthrough, the generated footage, nobody is sought: it takes neither.
    """
    from lfr_kit.cli.run_output import enrol_aloud, say_unreadable, scan_aloud, show_run
    from lfr_kit.cli.scan_audit import accounted_for
    from lfr_kit.config import settings
    from lfr_kit.pipeline import Pipeline
    from lfr_kit.reports.footage_scan import Scan
    from lfr_kit.reports.out_folder import OutFolder
    from lfr_kit.reports.recorder import settings_in_words
    from lfr_kit.sources import open_source
    from lfr_kit.sources.image_folder import ImageFolder

    if (clip or page) and out is None:
        raise typer.BadParameter("--clip and --page need a folder to go to: add --out FOLDER")
    folder = OutFolder(out) if out else None
    if folder:
        folder.check(force=force)
    with accounted_for(source, references, reason=reason, is_unaudited=unaudited) as ended:
        chosen = settings().choosing(detector=detector, embedder=embedder, matcher=matcher)
        chosen = chosen.setting("detector", smallest_face_px=smallest_face)
        chosen = chosen if detect_every is None else chosen.model_copy(update={"detect_every": detect_every})
        footage = open_source(source)
        chosen = without_tracks(chosen) if isinstance(footage, ImageFolder) else chosen
        pipeline = Pipeline.from_settings(chosen, threshold=threshold)
        found = Scan(
            pipeline=pipeline,
            enrolment=enrol_aloud(pipeline, references),
            source=footage,
            settings=settings_in_words(chosen),
            clip_path=folder.clip if folder and clip else None,
        )
        run, files, fault = scan_aloud(found, folder, with_page=page)
        fault = ended(run) or fault
    n_unreadable = say_unreadable(footage)
    show_run(run, files, as_json=as_json, fault=fault, more={"unreadable": n_unreadable})
    if fault:
        raise typer.Exit(1)


def without_tracks(chosen: Settings) -> Settings:
    """The settings for still pictures, where a face seen once must be compared, not only one seen twice in a row.

    A tracker that was chosen on purpose stays.
    """
    default = type(chosen).model_fields["tracker"].default
    return chosen.choosing(tracker="single_frame") if chosen.tracker == default else chosen
