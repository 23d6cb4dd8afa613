"""Looks for residue of what was deleted: in the database, beside it, and wherever copies may have been left."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from sqlalchemy import select

from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.reports.out_folder import OutFolder
from lfr_kit.store.erase import DatabasePlaces, database_places, rows_as_bytes
from lfr_kit.store.repository import certificates as rows
from lfr_kit.store.residue import Hit, Mark, MarkKind, ResidueSearch
from lfr_kit.store.segment_file import folder_of
from lfr_kit.store.store import Store
from lfr_kit.store.tables.keys import data_keys

__all__ = ["Finding", "SearchReport", "Searching", "image_outputs", "search_database", "verify", "working_files"]

_NEVER_ENTERED = frozenset({".git", ".hg", "__pycache__", "node_modules"})
_IMAGE_STARTS = ("/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR")
"""How JPEG, PNG, GIF and WebP begin in base64."""
_CLEAR = frozenset({MarkKind.PICTURE, MarkKind.TEMPLATE})

Step = Callable[[Path], None]
"""Called before each file is read."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that should not be there.

    Attributes
    ----------
    place
        The file, or the table.
    what
        ``picture``, ``template``, ``ciphertext``, ``wrapped_key`` of something deleted; ``image_output`` of a
        notebook.
    certificate_id
        Of the deletion it belongs to; empty for an image output.
    n_marks
        How many different pieces were found there.
    is_readable
        Whether somebody with this store's keys, or with no key at all, could read it.
    detail
        In words: where in it.
    """

    place: str
    what: str
    certificate_id: str
    n_marks: int
    is_readable: bool
    detail: str = ""


@dataclass
class SearchReport:
    """What was searched, and what was found.

    Attributes
    ----------
    findings
        What can be read, or lies in the database itself: must be removed.
    remains
        Sealed pieces whose key is destroyed, and wrapped keys in the server's log: of no use, but there.
    n_marks, n_files, n_bytes
        How much was looked for, and in how much.
    unread
        Files and folders that could not be read.
    places
        What was searched, in words.
    """

    findings: list[Finding] = field(default_factory=list)
    remains: list[Finding] = field(default_factory=list)
    n_marks: int = 0
    n_files: int = 0
    n_bytes: int = 0
    unread: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    @property
    def wrapped_in_log(self) -> bool:
        """Whether a server's log still holds a destroyed data key, wrapped by a master key that is at hand."""
        return any(each.what == MarkKind.WRAPPED_KEY and each.is_readable for each in self.remains)

    @property
    def is_clean(self) -> bool:
        """Whether it is proven: nothing that could be read was found, and everything could be searched."""
        return not (self.findings or self.unread or self.wrapped_in_log)

    @property
    def outcome(self) -> str:
        """In words, for the certificate."""
        if self.findings:
            return "found"
        if self.wrapped_in_log:
            return "wrapped keys remain in the server's log: rotate the master key"
        if self.unread:
            return "not everything could be searched"
        if not self.n_marks:
            return "there was nothing to look for"
        return "only ciphertext remains, its keys destroyed" if self.remains else "nothing found"


class Searching:
    """One search for the marks of one or more deletions.

    Parameters
    ----------
    store
        Its keys decide what could still be read.
    marks
        Certificate id -> its marks.
    step
        See `Step`.
    """

    def __init__(self, store: Store, marks: Mapping[str, Sequence[Mark]], step: Step | None = None) -> None:
        self._store = store
        self._marks = [(owner, mark) for owner, each in marks.items() for mark in each]
        self._search = ResidueSearch([mark for _, mark in self._marks])
        self._step = step or (lambda _: None)
        self._seen: set[Path] = set()
        self.report = SearchReport(n_marks=len(self._marks))
        with store.reading() as connection:
            self._living = set(connection.execute(select(data_keys.c.key_id)).scalars())

    def database(self, places: DatabasePlaces | None = None) -> None:
        """Searches the store's own database."""
        places = places or database_places(self._store.engine)
        self.report.places.append(places.words)
        for path in places.files:
            self.file(path, is_database=True)
        for path in places.log_files:
            self.file(path, is_log=True)
        if places.is_by_rows:
            for name, pieces in rows_as_bytes(self._store.engine):
                self._note(f"table {name}", self._search.in_chunks(self._counted(pieces)), is_database=True)

    def files(self, paths: Iterable[Path], words: str) -> None:
        """Searches files, those already searched excepted."""
        self.report.places.append(words)
        for path in paths:
            self.file(path)

    def file(self, path: Path, *, is_database: bool = False, is_log: bool = False) -> None:
        """Searches one file."""
        real = path.resolve()
        if real in self._seen:
            return
        self._seen.add(real)
        self._step(path)
        try:
            hits, size = self._search.in_file(path, may_be_text=not (is_database or is_log))
        except FileNotFoundError:
            return  # gone in the meantime: temporary files come and go
        except OSError as error:
            self.report.unread.append(f"{path}: {error.strerror}")
            return
        self.report.n_files += 1
        self.report.n_bytes += size
        self._note(str(path), hits, is_database=is_database, is_log=is_log)

    def unreadable(self, error: OSError) -> None:
        """Notes a folder that could not be entered."""
        self.report.unread.append(f"{error.filename}: {error.strerror}")

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.report.n_bytes += len(piece)
            yield piece

    def _note(self, place: str, hits: list[Hit], *, is_database: bool = False, is_log: bool = False) -> None:
        found: dict[tuple[str, MarkKind, bool], set[Mark]] = {}
        texts = {self._marks[hit.mark] for hit in hits if hit.in_base64}
        for owner, mark in {self._marks[hit.mark] for hit in hits}:
            found.setdefault((owner, mark.kind, self._is_readable(mark)), set()).add(mark)
        for (owner, kind, is_readable), marks in sorted(found.items()):
            is_text = any((owner, mark) in texts for mark in marks)
            finding = Finding(
                place=place,
                what=str(kind),
                certificate_id=owner,
                n_marks=len(marks),
                is_readable=is_readable,
                detail="written in base64" if is_text else "",
            )
            is_harmless = not is_database and (is_log if kind is MarkKind.WRAPPED_KEY else not is_readable)
            is_harmless = is_harmless or (kind is MarkKind.WRAPPED_KEY and not is_readable)
            (self.report.remains if is_harmless else self.report.findings).append(finding)

    def _is_readable(self, mark: Mark) -> bool:
        """A wrapped key by whoever has the master key that wrapped it, ciphertext by whoever has its data key."""
        if mark.kind is MarkKind.WRAPPED_KEY:
            return mark.key_id in self._store.vault.master.keys
        return mark.kind in _CLEAR or mark.key_id in self._living


def search_database(
    store: Store, marks: Mapping[str, Sequence[Mark]], footage_of: str | None = None
) -> SearchReport:
    """Searches only the store's own database and its spool: what a deletion itself answers for.

    Parameters
    ----------
    footage_of
        A deployment whose recorded footage is searched too; that of all may be hundreds of gigabytes.
    """
    searching = Searching(store, marks)
    searching.database()
    searching.files(files_below(store.chosen.spool_dir, searching.unreadable), "spool")
    if footage_of is not None:
        folder = folder_of(store.chosen.recordings, footage_of)
        searching.files(files_below(folder, searching.unreadable), "recorded footage of the deployment")
    return searching.report


def verify(
    store: Store,
    actor: Actor,
    *,
    reason: str,
    also: Sequence[Path] = (),
    only_these: bool = False,
    step: Step | None = None,
) -> SearchReport:
    """Searches database, spool, recorded footage, temporary files, the working folder's outputs, and `also`.

    In `also` every image that a notebook's outputs hold is a finding too: a face there outlives every clock.
    With `only_these`, temporary files and the working folder are left out: for pictures that are public anyway.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    """
    with store.act(
        actor, Action.RETENTION_RUN, Operation.CONSULTATION, subject="retention:verify", justification=reason
    ) as act:
        marks = {each: rows.marks(act.connection, store.vault, each) for each in rows.marked(act.connection)}
        act.details.update(certificates=len(marks), also=[str(path)[:200] for path in also][:20])
    searching = Searching(store, marks, step)
    searching.database()
    searching.files(files_below(store.chosen.spool_dir, searching.unreadable), "spool")
    searching.files(files_below(store.chosen.recordings, searching.unreadable), "recorded footage")
    if not only_these:
        searching.files(_own(files_below(Path(gettempdir()), lambda _: None)), "temporary folder, own files")
        searching.files(working_files(Path.cwd()), "output folders and notebooks of the working folder")
    for path in also:
        searching.files(files_below(path, searching.unreadable), str(path))
        searching.report.findings += image_outputs(files_below(path, lambda _: None))
    return searching.report


def files_below(path: Path, on_error: Callable[[OSError], None]) -> Iterator[Path]:
    """Regular files at or below a path, none where there is nothing; links are not followed."""
    if not path.exists():
        return
    if path.is_file():
        yield from [] if path.is_symlink() else [path]
        return
    for folder, _, names in os.walk(path, onerror=on_error):
        for name in sorted(names):
            file = Path(folder) / name
            if file.is_file() and not file.is_symlink():
                yield file


def working_files(folder: Path) -> Iterator[Path]:
    """What runs and notebooks leave below a folder: all files of output folders, all notebooks and checkpoints."""
    marks_of_output = {file.name for file in OutFolder(folder).files}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NEVER_ENTERED]
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        is_output = not marks_of_output.isdisjoint(names) or Path(place).name == ".ipynb_checkpoints"
        for name in sorted(names):
            file = Path(place) / name
            if (is_output or file.suffix == ".ipynb") and file.is_file() and not file.is_symlink():
                yield file


def _own(files: Iterable[Path]) -> Iterator[Path]:
    """Files of this user: what others keep there is theirs."""
    user = os.geteuid()
    for file in files:
        try:
            is_own = file.stat().st_uid == user
        except OSError:
            continue
        if is_own:
            yield file


def image_outputs(files: Iterable[Path]) -> list[Finding]:
    """Notebooks whose saved outputs hold images, of whatever they are."""
    found = []
    for path in files:
        if path.suffix == ".ipynb":
            n, places = _images(path)
            if n:
                found.append(
                    Finding(
                        place=str(path),
                        what="image_output",
                        certificate_id="",
                        n_marks=n,
                        is_readable=True,
                        detail=f"{', '.join(places)}; clear outputs and widget state, and save",
                    )
                )
    return found


def _images(path: Path) -> tuple[int, list[str]]:
    """How many images a notebook holds, and where: cells counted from 1, and what its widgets keep."""
    try:
        notebook = json.loads(path.read_bytes())
        counts = [_images_of_cell(cell) for cell in notebook["cells"]]
        in_widgets = _images_of_widgets(notebook.get("metadata", {}).get("widgets", {}))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return 0, []  # no notebook; its bytes were searched
    places = [f"cell {place}" for place, n in enumerate(counts, start=1) if n]
    return sum(counts) + in_widgets, places + ["saved widgets"] * bool(in_widgets)


def _images_of_widgets(saved: dict[str, Any]) -> int:
    """Widgets' values outlive their outputs in a notebook's metadata."""
    states = [state for body in saved.values() for state in body.get("state", {}).values()]
    buffers = [str(buffer.get("data", "")) for state in states for buffer in state.get("buffers", [])]
    return sum(text.startswith(_IMAGE_STARTS) for text in buffers)


def _images_of_cell(cell: dict[str, Any]) -> int:
    outputs = cell.get("outputs", [])
    bundles = [output.get("data", {}) for output in outputs]
    bundles += [{"text/plain": output.get("text", "")} for output in outputs]
    bundles += list(cell.get("attachments", {}).values())
    return sum(_is_image(kind, body) for bundle in bundles for kind, body in bundle.items())


def _is_image(kind: str, body: Any) -> bool:
    text = "".join(body) if isinstance(body, list) else str(body)
    return kind.startswith(("image/", "video/")) or "data:image" in text or "<svg" in text
