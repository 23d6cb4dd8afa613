"""The process that enrols uploaded pictures: it holds the networks, so that the server need not.

It is told on standard input, one order after another, and answers on standard output, a JSON object a line. The
picture itself comes after its order, in bytes; it is never written to a file. When the server ends, so does this.
An import that is cut off leaves nothing behind: it is one transaction, and run again it changes nothing twice.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from lfr_kit.config import StoreSettings, settings
from lfr_kit.errors import ImageError, LfrError
from lfr_kit.governance.entry_expiry import check_expiry
from lfr_kit.governance.import_table import by_person, row_of
from lfr_kit.operations.import_files import ImportSource
from lfr_kit.ui.server.faults import fields_of, status_of

if TYPE_CHECKING:
    from lfr_kit.enrolment_batch import BatchEnroller
    from lfr_kit.operations.import_report import ImportReport
    from lfr_kit.store.store import Store

__all__ = ["UploadedPicture", "main", "report_values"]


@dataclass(frozen=True)
class UploadedPicture(ImportSource):
    """One picture, in memory."""

    uploaded: bytes = field(default=b"", repr=False)

    def content(self, file: str) -> bytes:
        """Its bytes. ImageError if it is larger than the limits allow."""
        most = settings().limits.image_file_mb
        if len(self.uploaded) > most * 1e6:
            raise ImageError(f"larger than {most:g} MB; use a smaller file", reason="too_large")
        return self.uploaded


def source_of(name: str, cells: Mapping[str, str], content: bytes) -> UploadedPicture:
    """A picture with what was said of the person. InputError if it cannot be read, with the field."""
    people, faults = by_person([row_of({**cells, "picture": name})])
    return UploadedPicture(name, Path(), people, faults, content)


def report_values(report: ImportReport) -> dict[str, Any]:
    """What became of it, as plain values."""
    return {
        "n_people": dict(report.n_people),
        "n_pictures": dict(report.n_pictures),
        "n_by_reason": report.reason_counts(),
        "people": [asdict(one) for one in report.people],
        "failed": [asdict(one) for one in report.failed],
        "warned": [asdict(one) for one in report.warned],
        "n_alike": report.n_alike,
        "space_id": report.space_id,
    }


class _Worker:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._store: Store | None = None
        self._enroller: BatchEnroller | None = None

    def tell(self, **values: Any) -> None:
        """One line to the server."""
        self._out.write(json.dumps(values) + "\n")
        self._out.flush()

    def do(self, order: Mapping[str, Any], content: bytes) -> None:
        """One picture; whatever goes wrong is told, and the next one may come."""
        try:
            self.tell(done=report_values(self._imported(order, content)))
        except LfrError as error:
            self.tell(error=fields_of(error, status_of(error)), status=status_of(error))
        except Exception as error:
            sys.stderr.write(f"import of a picture: {type(error).__name__}\n")
            self.tell(error=fields_of(error, 500), status=500)

    def _imported(self, order: Mapping[str, Any], content: bytes) -> ImportReport:
        from lfr_kit.operations.sessions import actor_of_token
        from lfr_kit.operations.watchlist_import import ImportOrder, import_people
        from lfr_kit.store.store import Store

        if self._store is None:
            self._store = Store.open(StoreSettings.model_validate(order["store"]))
        actor = actor_of_token(self._store, order["token"])
        source = source_of(order["name"], order["fields"], content)
        for person in source.people:
            check_expiry(person.expires_at, None, self._store.clock())
        self.tell(step="loading the models" if self._enroller is None else "looking for the face")
        wanted = ImportOrder(order["watchlist_id"], source, self._loaded(), order["justification"])
        return import_people(
            self._store, actor, wanted, progress=lambda: self.tell(step="comparing with the list")
        )

    def close(self) -> None:
        """Lets go of the database."""
        if self._store is not None:
            self._store.close()

    def _loaded(self) -> BatchEnroller:
        from lfr_kit.enrolment_batch import BatchEnroller

        if self._enroller is None:
            self._enroller = BatchEnroller.from_settings()
        return self._enroller


def main(orders: BinaryIO, out: TextIO) -> None:
    """Takes orders until there are none: a line of JSON that says how many bytes of picture follow."""
    worker = _Worker(out)
    try:
        while line := orders.readline():
            order = json.loads(line)
            worker.do(order, orders.read(order["n_bytes"]))
    finally:
        worker.close()


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries that print must not print between the answers
    main(sys.stdin.buffer, answers)
