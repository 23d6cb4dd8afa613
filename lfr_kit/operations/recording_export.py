"""Footage that leaves the store: one MP4 and a note of who gave it to whom and why, both logged as a disclosure.

What was given away is in nobody's retention any more: whoever has it deletes it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lfr_kit.errors import OutputError
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.recording import MOST_RECIPIENT, check_export
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations.recordings import Footage, opened, video_in_memory
from lfr_kit.reports.whole_file import output_error, whole_file
from lfr_kit.store.repository import recordings as rows
from lfr_kit.store.store import Store, new_id

__all__ = ["ExportOrder", "Exported", "export_in_memory", "export_to"]

_LARGEST_IN_MEMORY_BYTES = 400_000_000
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ExportOrder:
    """What is given away, to whom, and why.

    Attributes
    ----------
    segment_ids
        Of one camera, in any order.
    """

    segment_ids: tuple[str, ...]
    recipient: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was given away.

    Attributes
    ----------
    export_id
        Stands in the audit log twice: before it was written, and with the digest of what was.
    about
        The note that goes with the video, as plain values: who, when, to whom, why, which footage, its SHA-256.
    n_bytes
        Of the video.
    """

    export_id: str
    about: dict[str, Any]
    n_bytes: int

    @property
    def note(self) -> str:
        """`about` as a file."""
        return json.dumps(self.about, indent=2, ensure_ascii=False) + "\n"


def export_to(
    store: Store, actor: Actor, order: ExportOrder, path: Path, step: Callable[[], None] = lambda: None
) -> Exported:
    """Writes the video to a file that only its owner may read, and the note beside it (``FILE.json``).

    Parameters
    ----------
    path
        Of the MP4; neither it nor the note may be there already.
    step
        Called after each segment.

    Raises
    ------
    PermissionRefusedError, JustificationError, InputError
        If the actor may not, says no reason or no recipient, or the segments make no one video.
    OutputError
        If a file is there already, or cannot be written; nothing new is there then.
    TamperedError
        If footage was changed.
    """
    from lfr_kit.reports.footage import Clip, video_of

    note_path = path.with_name(path.name + ".json")
    for each in (path, note_path):
        if os.path.lexists(each):
            raise OutputError(f"{each}: is there already; delete it or choose another --out")
    export_id, footage = _disclosed(store, actor, order)
    began = footage[0].segment.started_at
    clips = [Clip((each.segment.started_at - began).total_seconds(), each.pieces()) for each in footage]
    with whole_file(path) as partial:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            video_of(clips, file, _metadata(actor, order, footage), step)
        digest, n_bytes = _digest_of(partial)
    exported = _exported(store, actor, order, (export_id, footage), (digest, n_bytes))
    try:
        descriptor = os.open(note_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file_of_note:
            file_of_note.write(exported.note)
    except OSError as error:
        raise output_error(note_path, error) from error
    return exported


def export_in_memory(store: Store, actor: Actor, order: ExportOrder) -> tuple[Exported, bytes]:
    """The same, handed over instead of written: for the dashboards, which write no file.

    Raises
    ------
    OutputError
        If it is too much for that: the command line writes it piece by piece.
    """
    export_id, footage = _disclosed(store, actor, order, most_bytes=_LARGEST_IN_MEMORY_BYTES)
    video = video_in_memory(footage, _metadata(actor, order, footage))
    size = hashlib.sha256(video).hexdigest(), len(video)
    return _exported(store, actor, order, (export_id, footage), size), video


def _disclosed(
    store: Store, actor: Actor, order: ExportOrder, most_bytes: int | None = None
) -> tuple[str, list[Footage]]:
    """Logs the disclosure; what is needed to read the footage, in the order of time."""
    export_id = new_id("X")
    with store.act(
        actor,
        Action.RECORDING_EXPORT,
        Operation.DISCLOSURE,
        subject=f"export:{export_id}",
        justification=order.reason,
    ) as act:
        found = [rows.segment(act.connection, each) for each in order.segment_ids]
        check_export(found, order.recipient, order.reason)
        if most_bytes is not None and sum(each.n_bytes for each in found) > most_bytes:
            raise OutputError(
                "that is more than a page can take away at once; export it with: lfr recording export"
            )
        in_order = sorted(found, key=lambda each: each.started_at)
        footage = [opened(act, store, each.segment_id) for each in in_order]
        act.details.update(
            phase="begun",
            recipient=clean_text(order.recipient, "recipient", MOST_RECIPIENT),
            segments=[each.segment_id for each in in_order][:50],
            n_segments=len(in_order),
        )
    return export_id, footage


def _exported(
    store: Store,
    actor: Actor,
    order: ExportOrder,
    made: tuple[str, Sequence[Footage]],
    size: tuple[str, int],
) -> Exported:
    """Logs what was given away, with its digest."""
    export_id, footage = made
    digest, n_bytes = size
    with store.act(
        actor,
        Action.RECORDING_EXPORT,
        Operation.DISCLOSURE,
        subject=f"export:{export_id}",
        deployment_id=footage[0].segment.deployment_id,
        justification=order.reason,
    ) as act:
        act.details.update(phase="done", recipient=order.recipient.strip(), sha256=digest, bytes=n_bytes)
        at = act.at
    about = _about(actor, order, footage, at)
    return Exported(
        export_id=export_id, about={"export_id": export_id, **about, "sha256": digest}, n_bytes=n_bytes
    )


def _about(actor: Actor, order: ExportOrder, footage: Sequence[Footage], at: datetime) -> dict[str, Any]:
    first, last = footage[0].segment, footage[-1].segment
    return {
        "deployment_id": first.deployment_id,
        "camera_id": first.camera_id,
        "from": first.started_at.isoformat(),
        "to": None if last.ended_at is None else last.ended_at.isoformat(),
        "segments": [each.segment.segment_id for each in footage],
        "exported_by": actor.user_id,
        "exported_at": at.isoformat(),
        "recipient": order.recipient.strip(),
        "reason": order.reason.strip(),
    }


def _metadata(actor: Actor, order: ExportOrder, footage: Sequence[Footage]) -> dict[str, str]:
    first = footage[0].segment
    return {
        "title": f"{first.deployment_id} {first.camera_id} {first.started_at.isoformat()}",
        "comment": f"Exported by {actor.user_id} for {order.recipient.strip()}: {order.reason.strip()}",
    }


def _digest_of(path: Path) -> tuple[str, int]:
    digest, n_bytes = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            n_bytes += len(chunk)
    return digest.hexdigest(), n_bytes
