"""People onto a watchlist from a folder or a table: in batches that are there wholly or not at all.

Pictures are enrolled while the batch before is written. Whoever is on the list already stays as they are unless
something new is given (an empty cell takes nothing away); the same file twice changes nothing, and an import that
was cut off goes on where it was when it is run again. Whoever was withdrawn or refused stays out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from lfr_kit.enrolment_batch import BatchEnroller, PictureFile, PictureFound
from lfr_kit.errors import ImageError, SettingError, SpaceMismatchError, StoreError
from lfr_kit.governance.import_table import ImportPerson, PictureCell
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.governance.watchlist import (
    Watchlist,
    is_old_picture,
)
from lfr_kit.matching.one_person import verification_threshold
from lfr_kit.operations.import_files import ImportSource
from lfr_kit.operations.import_person import PersonImport, line_of, to_note
from lfr_kit.operations.import_report import ImportReport, PersonLine, PictureLine
from lfr_kit.operations.watchlist_entries import (
    Entered,
    PersonPicture,
    day_of_deployment,
    enter,
    list_to_fill,
)
from lfr_kit.operations.watchlist_pairs import find_pairs
from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.imported_pictures import drop_undated
from lfr_kit.store.store import Act, Store

__all__ = ["PICTURES_AT_ONCE", "ImportOrder", "import_people"]

PICTURES_AT_ONCE = 200
"""Pictures, more or less, that are committed together: a person is never split."""


@dataclass(frozen=True, eq=False)
class ImportOrder:
    """Who is to be imported, onto which list, and how.

    Attributes
    ----------
    watchlist_id
        A list that is being built.
    source
        As `lfr_kit.operations.import_files.read_source` gives it.
    enroller
        What finds, judges and embeds faces.
    justification
        Why; the audit log keeps it.
    at_once
        Pictures, more or less, that are committed together.
    alike_threshold
        Least cosine of a pair of people who look alike; None = that of the list's embedding space, and where none
        is known, the same face only.
    """

    watchlist_id: str
    source: ImportSource
    enroller: BatchEnroller
    justification: str = ""
    at_once: int = PICTURES_AT_ONCE
    alike_threshold: float | None = None


def import_people(
    store: Store, actor: Actor, order: ImportOrder, *, progress: Callable[[], None] | None = None
) -> ImportReport:
    """Imports people; what cannot be used is reported, and the rest go on.

    Parameters
    ----------
    progress
        Called after each picture.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    NotInStoreError, StateError
        If there is no such list, it is frozen or deleted, or its deployment is past its start.
    SpaceMismatchError
        If the list is of another embedding space than the enroller's.
    StoreBusyError, StoreFullError
        If the database is locked, gone or full: batches already written stay, and the same import run again goes
        on from there.
    """
    running = _Import(store, actor, order, progress or (lambda: None))
    running.begin()
    running.run()
    running.compare()
    running.end()
    return running.report


@dataclass(eq=False)
class _Batch:
    people: list[PersonImport]
    n_waiting: int = 0
    is_read: bool = False


class _Import:
    """One import under way."""

    def __init__(self, store: Store, actor: Actor, order: ImportOrder, progress: Callable[[], None]) -> None:
        self.store, self.actor, self.order, self.progress = store, actor, order, progress
        self.watchlist_id, self.source = order.watchlist_id, order.source
        self.report = ImportReport(
            order.watchlist_id, order.source.name, space_id=order.enroller.embedder.space_id
        )
        self.report.faults = [PictureLine(one.line, "", one.reason, one.message) for one in order.source.faults]
        self.queue: deque[_Batch] = deque()
        self.lines: dict[str, PersonLine] = {}

    def _act(self) -> AbstractContextManager[Act]:
        return self.store.act(
            self.actor,
            Action.WATCHLIST_IMPORT,
            Operation.COLLECTION,
            subject=f"watchlist:{self.watchlist_id}",
            justification=self.order.justification,
        )

    def begin(self) -> None:
        """Permission, state and embedding space, before anything is looked at."""
        with self._act() as act:
            watchlist = list_to_fill(act, self.watchlist_id)
            self._check_space(watchlist)
            self.on = day_of_deployment(act, watchlist)
            self.key = act.key(rows.scope(self.watchlist_id))
            act.deployment_id = watchlist.deployment_id
            act.details |= {"step": "begun", "pictures": self.source.n_pictures, "people": len(self.source.people)}

    def _check_space(self, watchlist: Watchlist) -> None:
        ours = self.order.enroller.embedder.space_id
        if watchlist.space_id != ours:
            raise SpaceMismatchError(
                f"watchlist {self.watchlist_id}: its templates are of {watchlist.space_id}, this embedder makes "
                f"{ours}; choose the list's embedder, or build a list for this one"
            )

    def run(self) -> None:
        """Every picture through the enroller; each batch is written as soon as it is complete."""
        for found in self.order.enroller.enrol(self._pictures()):
            batch, person, cell, mac = found.key
            self._take(person, cell, mac, found)
            batch.n_waiting -= 1
            self._write_complete()
        self._write_complete()

    def compare(self) -> None:
        """Everybody on the list with everybody else, also after an import that changed nothing."""
        threshold = self.order.alike_threshold
        if threshold is None and not _is_threshold_known(self.report.space_id):
            threshold = 1.0
        found = find_pairs(
            self.store, self.actor, self.watchlist_id, threshold, justification=self.order.justification
        )
        self.report.alike, self.report.n_alike = list(found.pairs), found.n_pairs
        differing = [self.lines[entry_id] for entry_id in found.differing if entry_id in self.lines]
        self.report.noted += [replace(line, reasons=("pictures_differ",)) for line in differing]

    def end(self) -> None:
        """The audit log is told what came of it."""
        with self._act() as act:
            act.deployment_id = rows.watchlist(act.connection, self.watchlist_id).deployment_id
            act.details |= {
                "step": "finished",
                "people": dict(self.report.n_people),
                "pictures": dict(self.report.n_pictures),
                "rows_at_fault": len(self.report.faults),
                "alike": self.report.n_alike,
            }

    def _pictures(self) -> Iterator[PictureFile]:
        """The pictures to be enrolled, read as they are asked for; batches join the queue as they begin."""
        for people in _batches(self.source.people, self.order.at_once):
            batch = _Batch([PersonImport(one) for one in people])
            with self.store.reading() as connection:
                self._look_up(connection, batch.people, self.store.clock())
            self.queue.append(batch)
            for person in batch.people:
                for cell in person.given.pictures:
                    content = self._new_content(person, cell)
                    if content is None:
                        self.progress()
                        continue
                    batch.n_waiting += 1
                    mac, data = content
                    yield PictureFile(
                        (batch, person, cell, mac), data, is_old=is_old_picture(cell.captured_on, self.on)
                    )
            batch.is_read = True
            self._write_complete()

    def _look_up(self, connection: Connection, people: Sequence[PersonImport], now: datetime) -> None:
        """What the list holds of people, and who is expired as they are given."""
        macs = [rows.person_mac(self.key, one.given.details.person_ref, "") for one in people]
        known = rows.known_people(connection, self.watchlist_id, macs)
        held = picture_rows.pictures_of(connection, [entry.entry_id for entry in known.values()])
        for person, mac in zip(people, macs, strict=True):
            if (entry := known.get(mac)) is not None:
                person.entry = entry
                person.held = {one.picture_mac: one for one in held[entry.entry_id]}
                person.details = rows.details_of(connection, self.key, entry.entry_id)
            person.look_at_the_clock(now)

    def _new_content(self, person: PersonImport, cell: PictureCell) -> tuple[str, bytes] | None:
        """MAC and bytes of a picture that the list has not yet; else it is counted, or reported as failed."""
        if person.is_out:
            self.report.n_pictures["kept_out"] += 1
            return None
        try:
            content = self.source.content(cell.file)
        except ImageError as error:
            self._fail(person, cell, error.reason, str(error))
            return None
        mac = self.key.mac(content)
        held = person.held.get(mac)
        if held is not None and (held.captured_on is not None or cell.captured_on is None):
            self.report.n_pictures["unchanged"] += 1
            return None
        return mac, content

    def _take(self, person: PersonImport, cell: PictureCell, mac: str, found: PictureFound) -> None:
        """What the enroller says of a picture."""
        self.progress()
        if found.vector is None or found.report is None:
            self._fail(person, cell, found.reason, found.message, found)
            return
        if any(one.picture_mac == mac for one in person.pictures):
            self.report.n_pictures["unchanged"] += 1
            return
        if mac in person.held:
            person.undated.append(mac)
        person.pictures.append(
            PersonPicture(
                picture_mac=mac,
                jpeg=found.jpeg,
                captured_on=cell.captured_on,
                quality=found.quality,
                measures=found.report.measures,
                vector=found.vector,
            )
        )
        self.report.n_pictures["enrolled"] += 1
        if found.report.warned_of:
            codes = " ".join(found.report.warned_of)
            message = "taken; a better picture would be found more surely"
            self.report.warned.append(self._line(person, cell, codes, message, found))

    def _fail(
        self, person: PersonImport, cell: PictureCell, reason: str, message: str, found: PictureFound | None = None
    ) -> None:
        self.report.n_pictures["failed"] += 1
        self.report.failed.append(self._line(person, cell, reason, message, found))

    def _line(
        self, person: PersonImport, cell: PictureCell, reason: str, message: str, found: PictureFound | None
    ) -> PictureLine:
        measures = found.report.measures if found is not None and found.report is not None else {}
        return PictureLine(cell.line, cell.file, reason, message, person.given.details.person_ref, measures)

    def _write_complete(self) -> None:
        while self.queue and self.queue[0].is_read and not self.queue[0].n_waiting:
            self._write(self.queue.popleft())

    def _write(self, batch: _Batch) -> None:
        """One batch in one transaction, or none where nothing in it is new."""
        new = [person for person in batch.people if not person.is_out and person.is_new]
        entered: dict[PersonImport, Entered] = {}
        if new:
            try:
                with self._act() as act:
                    entered = self._enter(act, new)
            except StoreError as error:
                raise type(error)(
                    f"{error}; what was imported before stays: run the same import again to go on from there"
                ) from error
        for person in batch.people:
            self._tell(person, entered.get(person))

    def _enter(self, act: Act, people: Sequence[PersonImport]) -> dict[PersonImport, Entered]:
        watchlist = list_to_fill(act, self.watchlist_id)
        self._look_up(act.connection, people, act.at)  # anew: they may have changed, or run out, meanwhile
        people = [person for person in people if not person.is_late]
        for person in people:
            if person.entry is not None and person.undated:
                drop_undated(act.connection, person.entry.entry_id, person.undated)
        act.details |= {"step": "batch", "pictures": sum(len(person.pictures) for person in people)}
        return dict(zip(people, enter(act, watchlist, [person.wanted() for person in people]), strict=True))

    def _tell(self, person: PersonImport, entered: Entered | None) -> None:
        """What became of a person: counted, and listed where somebody must act."""
        line = line_of(person, entered)
        self.report.n_people[line.outcome] += 1
        if line.entry_id and not person.is_out:
            self.lines[line.entry_id] = line
        if line.outcome not in ("accepted", "unchanged"):
            self.report.people.append(line)
        if noted := to_note(person, entered, self.on):
            self.report.noted.append(replace(line, reasons=noted))


def _is_threshold_known(space_id: str) -> bool:
    try:
        verification_threshold(space_id)
    except SettingError:
        return False
    return True


def _batches(people: Sequence[ImportPerson], at_once: int) -> Iterator[list[ImportPerson]]:
    """People in order, about `at_once` pictures at a time."""
    batch: list[ImportPerson] = []
    n = 0
    for person in people:
        batch.append(person)
        n += len(person.pictures)
        if n >= at_once:
            yield batch
            batch, n = [], 0
    if batch:
        yield batch
