"""Recorded footage in a deletion: what is known of it before it goes, and its files once its keys are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection

from lfr_kit.errors import LfrError
from lfr_kit.operations.recordings import Footage, file_of, settle
from lfr_kit.store.repository import recordings as rows
from lfr_kit.store.repository.retention import Collected
from lfr_kit.store.residue import Mark, MarkKind, marks_of
from lfr_kit.store.segment_file import delete_segment, segment_files
from lfr_kit.store.store import Store

__all__ = ["collect_footage", "discard_loose_files", "settle_what_is_over"]

_WINDOW = 4096
"""Bytes from which a mark is taken."""
_MOST_READ = 2
"""Segments of a deletion whose video is read for marks that show in a copy given away; reading all takes long."""


def collect_footage(connection: Connection, store: Store, segment_ids: Sequence[str]) -> Collected:
    """Marks and digests of segments: of their ciphertext, and of the video of some, which a stray export shows.

    A file that is missing, or was changed, gives none; its rows and keys go all the same.
    """
    collected = Collected()
    for place, segment_id in enumerate(segment_ids):
        found = rows.segment(connection, segment_id)
        path = file_of(store, found)
        try:
            key = store.vault.key(connection, rows.scope(segment_id))
            with path.open("rb") as file:
                sealed = file.read(_WINDOW)
        except (LfrError, OSError):
            continue
        collected.add("recording_segments", segment_id, sealed)
        collected.marks += marks_of(MarkKind.CIPHERTEXT, key.key_id, sealed[_WINDOW // 4 :], n=1)
        if place < _MOST_READ:
            collected.marks += _of_video(Footage(found, key, None, path))
    return collected


def _of_video(footage: Footage) -> list[Mark]:
    try:
        return [mark for video in _windows(footage.pieces()) for mark in marks_of(MarkKind.PICTURE, "", video)]
    except LfrError:
        return []


def _windows(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """From the middle of each piece: pictures, not what the file is made of."""
    return (each[len(each) // 2 :][:_WINDOW] for each in pieces)


def settle_what_is_over(store: Store) -> None:
    """Ends what killed runners left open, and lets go of files that belong to nothing any more."""
    settle(store)
    discard_loose_files(store)


def discard_loose_files(store: Store) -> int:
    """Deletes files whose segment is not in the store (any more): their keys are destroyed. Returns how many.

    Files are listed before rows are read, and a row is there before its file: none is taken for loose too early.

    Raises
    ------
    OutputError
        If one cannot be deleted.
    """
    files = segment_files(store.chosen.recordings)
    if not files:
        return 0
    with store.reading() as connection:
        known = rows.segment_ids(connection)
    loose = [path for _, segment_id, path in files if segment_id not in known]
    for path in loose:
        delete_segment(path)
    return len(loose)
