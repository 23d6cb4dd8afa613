"""The folder the demo leaves behind: its store, its key in a folder of its own, and what would be published."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lfr_kit.config import StoreSettings
from lfr_kit.errors import OutputError
from lfr_kit.reports.whole_file import output_error, write_whole

if TYPE_CHECKING:
    from lfr_kit.demo.story import Story
    from lfr_kit.store.store import Store

__all__ = ["DemoFolder"]

_OWN = {
    "store": "the store, as the deletion left it",
    "keys": "its master key, which in earnest lies elsewhere",
    "spool": "where alerts would wait while the database is away",
    "bus": "the sockets of the live demo",
    "footage": "what the cameras of the live demo play",
    "photos": "whom the live demo looks for",
    "record.html": "the deployment's record, to be published",
    "record.csv": "the same as a table",
    "record.json": "the same for programs",
    "notice.html": "the public notice",
    "poster-A3.html": "the sign",
    "poster-A4.html": "the sign, small",
    "leaflet.html": "what officers hand out",
    "authority.html": "the authority, with its grounds",
    "briefing.html": "what officers were told",
    "certificate.html": "what was deleted, signed",
    "certificate.json": "the same as it was signed",
}


@dataclass(frozen=True)
class DemoFolder:
    """Where the demo writes."""

    path: Path

    def check(self, *, force: bool = False) -> None:
        """Refuses a folder that is not free, before any work is done. Nothing is created.

        Raises
        ------
        OutputError
            If the path is a file, or holds things the demo did not write and `force` is not set.
        """
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(f"{self.path}: is a file, not a folder; choose another --out")
        strangers = sorted(p.name for p in self.path.glob("*") if p.name not in _OWN) if self.path.exists() else []
        if strangers and not force:
            raise OutputError(
                f"{self.path}: holds other things ({strangers[0]}); choose an empty or new folder, or add --force "
                "(they stay; the demo's own files are replaced)"
            )

    @contextmanager
    def new_store(self, clock: Callable[[], datetime]) -> Iterator[Store]:
        """A fresh store with a key of its own; that of an earlier demo is removed first."""
        from lfr_kit.store.key_places import save_master_keys
        from lfr_kit.store.master_key import new_master_keys
        from lfr_kit.store.store import Store

        try:
            for name in ("store", "keys", "spool"):
                shutil.rmtree(self.path / name, ignore_errors=True)
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(self.path, error) from error
        chosen = StoreSettings(
            url=f"sqlite:///{(self.path / 'store' / 'lfr.sqlite').absolute()}",
            key_file=self.path / "keys" / "master.key",
            spool_dir=self.path / "spool",
        )
        save_master_keys(new_master_keys(), chosen)
        with Store.create(chosen, clock) as store:
            yield store

    def write_documents(self, story: Story) -> None:
        """The record and everything that is printed or published; no face and no name is in any of it."""
        from lfr_kit.documents.record_files import record_csv, record_json, record_page
        from lfr_kit.operations import documents

        planner = story.people.planner
        pages = {
            **documents.public_documents(story.store, planner, story.deployment_id),
            **documents.officers_documents(
                story.store, planner, story.deployment_id, reason="for the demo's folder"
            ),
            "record": record_page(story.record),
        }
        for name, html in pages.items():
            write_whole(self.path / f"{name}.html", html)
        write_whole(self.path / "record.csv", record_csv([story.record]))
        write_whole(self.path / "record.json", record_json(story.record))

    def write_certificates(self, story: Story) -> None:
        """The certificate of the deployment's deletion."""
        from lfr_kit.documents import internal
        from lfr_kit.operations.certificates import certificate

        for certificate_id in story.certificate_ids:
            signed = certificate(story.store, certificate_id)
            write_whole(self.path / "certificate.html", internal.certificate(signed))
            write_whole(self.path / "certificate.json", signed.to_text())

    def contents(self) -> list[tuple[Path, str]]:
        """What lies there, and what it is."""
        return [(self.path / name, what) for name, what in _OWN.items() if (self.path / name).exists()]
