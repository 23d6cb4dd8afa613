"""Pictures of alerts and of watchlist entries: for whoever has just looked, kept by no browser."""

from __future__ import annotations

from tornado.web import HTTPError

from lfr_kit.errors import PermissionRefusedError
from lfr_kit.operations.seen_pictures import alert_picture, entry_picture
from lfr_kit.ui.server.base import ApiHandler

__all__ = ["AlertPictureHandler", "EntryPictureHandler"]


class _PictureHandler(ApiHandler):
    def check_seen(self, thing: str) -> None:
        """PermissionRefusedError if this session has not looked at it within the hour."""
        assert self.visitor is not None
        if not self.state.seen.has(self.visitor.session, thing):
            raise PermissionRefusedError("open it first: the look is what is logged, not the picture")

    def send(self, jpeg: bytes) -> None:
        """The picture."""
        if not jpeg:
            raise HTTPError(404)
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Content-Disposition", "inline")
        self.finish(jpeg)


class AlertPictureHandler(_PictureHandler):
    """The face seen, the reference, or a further picture of the face seen."""

    async def get(self, alert_id: str, which: str) -> None:
        """As JPEG."""
        actor = self.actor
        self.check_seen(f"alert:{alert_id}")
        self.send(await self.work(alert_picture, self.state.store, actor, alert_id, which))


class EntryPictureHandler(_PictureHandler):
    """A picture of an entry; whoever was sent it may approve the entry."""

    async def get(self, entry_id: str, picture_id: str) -> None:
        """As JPEG."""
        actor = self.actor
        self.check_seen(f"entry:{entry_id}")
        jpeg = await self.work(entry_picture, self.state.store, actor, entry_id, picture_id)
        assert self.visitor is not None
        self.state.seen.note(self.visitor.session, f"picture:{picture_id}")
        self.send(jpeg)
