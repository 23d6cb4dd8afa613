"""Recorded footage: what there is, a segment to be watched, some to be taken away; nothing is kept on the way."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from lfr_kit.governance.roles import Action, may
from lfr_kit.operations import recordings
from lfr_kit.operations.recording_export import ExportOrder, export_in_memory
from lfr_kit.store.repository import deployments as rows
from lfr_kit.ui.server.base import ApiHandler
from lfr_kit.ui.server.fields import ids, text

if TYPE_CHECKING:
    from lfr_kit.governance.recording import Segment
    from lfr_kit.governance.roles import Actor
    from lfr_kit.ui.server.state import ServerState

__all__ = ["ExportHandler", "PlayHandler", "RecordingsHandler"]


class RecordingsHandler(ApiHandler):
    """The segments of a deployment."""

    async def get(self, deployment_id: str) -> None:
        """By camera and time, with when they go."""
        self.reply(await self.work(_listed, self.state, self.actor, deployment_id))


class PlayHandler(ApiHandler):
    """A segment to be watched in the page: decrypted in memory, sent once, logged with the reason."""

    async def post(self, segment_id: str) -> None:
        """As MP4; the page keeps it until it is closed, a browser's cache never."""
        reason = text(self.body(), "reason", is_needed=True)
        video = await self.work(_played, self.state, self.actor, segment_id, reason)
        self.set_header("Content-Type", "video/mp4")
        self.set_header("Content-Disposition", "inline")
        self.finish(video)


class ExportHandler(ApiHandler):
    """Segments of one camera to be taken away: a disclosure."""

    async def post(self, deployment_id: str) -> None:
        """The video and a note of who gave it to whom and why, in one archive."""
        body = self.body()
        order = ExportOrder(
            segment_ids=tuple(ids(body, "segments")),
            recipient=text(body, "recipient", is_needed=True),
            reason=text(body, "reason", is_needed=True),
        )
        name, archive = await self.work(_exported, self.state, self.actor, order)
        self.set_header("Content-Type", "application/zip")
        self.set_header("Content-Disposition", f'attachment; filename="{name}.zip"')
        self.finish(archive)


def _listed(state: ServerState, actor: Actor, deployment_id: str) -> dict[str, Any]:
    found = recordings.listing(state.store, actor, deployment_id)
    with state.store.reading() as connection:
        key = state.store.vault.key(connection, "store")
        grant = rows.deployment(connection, key, deployment_id).authority.recording
    return {
        "cameras": [] if grant is None else list(grant.cameras),
        "due_at": found.due_at,
        "may_play": may(actor, Action.RECORDING_PLAY),
        "may_export": may(actor, Action.RECORDING_EXPORT),
        "segments": [_segment(each, is_missing=each.segment_id in found.missing) for each in found.segments],
    }


def _segment(each: Segment, *, is_missing: bool) -> dict[str, Any]:
    return {
        "segment_id": each.segment_id,
        "camera_id": each.camera_id,
        "state": str(each.state),
        "started_at": each.started_at,
        "seconds": each.lasts_s,
        "bytes": each.n_bytes,
        "hold_id": each.hold_id,
        "is_missing": is_missing,
    }


def _played(state: ServerState, actor: Actor, segment_id: str, reason: str) -> bytes:
    footage = recordings.play(state.store, actor, segment_id, reason=reason)
    return recordings.video_in_memory([footage], {})


def _exported(state: ServerState, actor: Actor, order: ExportOrder) -> tuple[str, bytes]:
    done, video = export_in_memory(state.store, actor, order)
    name = f"{done.about['deployment_id']}-{done.export_id}"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as made:
        made.writestr(f"{name}.mp4", video)
        made.writestr(f"{name}.mp4.json", done.note)
    return name, archive.getvalue()
