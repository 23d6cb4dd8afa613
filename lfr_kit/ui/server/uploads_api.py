"""Pictures onto a watchlist that is being built: announced, sent in chunks, then enrolled by another process."""

from __future__ import annotations

from typing import Any

from lfr_kit.errors import InputError, LfrError, StateError
from lfr_kit.governance.import_table import COLUMNS
from lfr_kit.governance.roles import Action, Actor, require
from lfr_kit.governance.vocabulary import WatchlistState
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.store import Store
from lfr_kit.ui.server.base import ApiHandler
from lfr_kit.ui.server.faults import TooLargeError, fields_of, status_of
from lfr_kit.ui.server.fields import text
from lfr_kit.ui.server.importer import ImportOrder, RefusedImportError
from lfr_kit.ui.server.uploads import CHUNK_BYTES, Upload

__all__ = ["FinishUploadHandler", "UploadHandler", "UploadsHandler"]

_CELLS = frozenset(COLUMNS) - {"picture"}


class _UploadHandler(ApiHandler):
    def upload(self, upload_id: str) -> Upload:
        """The visitor's own upload of that id."""
        assert self.visitor is not None
        return self.state.uploads.find(self.visitor.session, upload_id)


class UploadsHandler(ApiHandler):
    """Announces a picture."""

    async def post(self, watchlist_id: str) -> None:
        """Name and size; the answer says how large a chunk may be."""
        assert self.visitor is not None
        body = self.body()
        name, size = text(body, "name", is_needed=True), body.get("size")
        if not isinstance(size, int) or isinstance(size, bool):
            raise InputError("size: send the size in bytes")
        await self.work(_check_may, self.state.store, self.actor, watchlist_id)
        begun = self.state.uploads.begin(self.visitor.session, watchlist_id, name, size)
        self.reply({"upload_id": begun.upload_id, "chunk_bytes": CHUNK_BYTES}, 201)


class UploadHandler(_UploadHandler):
    """A picture on its way."""

    def get(self, upload_id: str) -> None:
        """How far it is, and what came of it."""
        self.reply(self.upload(upload_id).values())

    def put(self, upload_id: str) -> None:
        """The next chunk, from ``offset`` on."""
        require(self.actor, Action.WATCHLIST_IMPORT)
        offset = self.get_query_argument("offset", "")
        if not offset.isascii() or not offset.isdigit() or len(offset) > 12:
            raise InputError("offset: say from which byte on")
        if len(self.request.body) > CHUNK_BYTES + 1024:
            raise TooLargeError(f"a chunk has at most {CHUNK_BYTES:,} bytes")
        upload = self.upload(upload_id)
        self.state.uploads.add(upload, int(offset), self.request.body)
        self.reply({"received": len(upload.content)})

    def delete(self, upload_id: str) -> None:
        """Lets a picture go that is not wanted any more; one that is being imported goes on."""
        self.state.uploads.drop(self.upload(upload_id))
        self.reply({}, 200)


class FinishUploadHandler(_UploadHandler):
    """Has a picture enrolled."""

    async def post(self, upload_id: str) -> None:
        """Answers when it is; meanwhile ``GET`` says what is being done."""
        assert self.visitor is not None
        body = self.body()
        cells, reason = _cells(body), text(body, "reason")
        require(self.actor, Action.WATCHLIST_IMPORT)
        upload = self.upload(upload_id)
        order = ImportOrder(
            token=self.visitor.token,
            watchlist_id=upload.watchlist_id,
            name=upload.name,
            cells=cells,
            justification=reason or cells.get("rationale", ""),
            content=self.state.uploads.take(upload),
        )
        await self._import(upload, order)

    async def _import(self, upload: Upload, order: ImportOrder) -> None:
        def tell(step: str) -> None:
            upload.state, upload.step = "importing", step

        try:
            upload.report = await self.state.importer.run(order, tell)
        except RefusedImportError as refused:
            self.state.uploads.give_back(upload, order.content, refused.error)
            self.reply({"error": refused.error}, refused.status)
            return
        except LfrError as error:
            self.state.uploads.give_back(upload, order.content, fields_of(error, status_of(error)))
            raise
        upload.state, upload.step, upload.error = "done", "", None
        self.reply(upload.values())


def _cells(body: dict[str, Any]) -> dict[str, str]:
    given = body.get("fields", {})
    if not isinstance(given, dict):
        raise InputError("fields: send an object of columns and texts")
    unknown = sorted(set(given) - _CELLS)
    if unknown:
        raise InputError(f"fields: there is no {unknown[0][:40]!a}; there are {', '.join(sorted(_CELLS))}")
    return {name: text(given, name) for name in given}


def _check_may(store: Store, actor: Actor, watchlist_id: str) -> None:
    require(actor, Action.WATCHLIST_IMPORT)
    with store.reading() as connection:
        state = rows.watchlist(connection, watchlist_id).state
    if state is not WatchlistState.BUILDING:
        raise StateError(f"watchlist {watchlist_id}: is {state}; nobody is added any more")
