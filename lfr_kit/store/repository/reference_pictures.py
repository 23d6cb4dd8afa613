"""Reference pictures and their templates: rows and records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, select

from lfr_kit.governance.watchlist import ReferencePicture
from lfr_kit.store.tables.watchlists import pictures
from lfr_kit.store.vault import DataKey

__all__ = [
    "NewPicture",
    "SealedTemplates",
    "best_picture",
    "delete_pictures",
    "insert_pictures",
    "known_pictures",
    "pictures_of",
    "read_templates",
    "same_pictures",
    "templates_of",
    "usable_pictures",
]

_CLEAR = [column for column in pictures.c if not column.name.startswith("sealed_")]
_MOST_IDS = 500
"""Ids in one statement: both databases take many more, no limit is come near."""


@dataclass(frozen=True, eq=False)
class NewPicture:
    """A picture to be kept.

    Attributes
    ----------
    record
        What stands in the clear.
    jpeg
        The picture as shown on an alert.
    vector
        (d,) float32 of unit length; None where nobody can be enrolled from it.
    """

    record: ReferencePicture
    jpeg: bytes
    vector: NDArray[np.float32] | None


@dataclass(frozen=True, eq=False)
class SealedTemplates:
    """The templates of a list, opened: n rows in the order of entry ids, then picture ids.

    Attributes
    ----------
    entry_ids, picture_ids, picture_macs
        n each.
    qualities
        (n,) float32, 0 to 100; 0 where not measured.
    vectors
        (n, d) float32 of unit length, read-only.
    """

    entry_ids: list[str]
    picture_ids: list[str]
    picture_macs: list[str]
    qualities: NDArray[np.float32]
    vectors: NDArray[np.float32]


def insert_pictures(connection: Connection, key: DataKey, watchlist_id: str, new: Sequence[NewPicture]) -> None:
    """New pictures of one list, sealed, in one go."""
    if new:
        connection.execute(insert(pictures), [_row(key, watchlist_id, one) for one in new])


def known_pictures(connection: Connection, watchlist_id: str, macs: Sequence[str]) -> dict[str, list[str]]:
    """Which entries of a list have one of these pictures, by the picture's MAC."""
    found: dict[str, list[str]] = {}
    for some in _in_parts(macs):
        query = select(pictures.c.picture_mac, pictures.c.entry_id).where(
            pictures.c.watchlist_id == watchlist_id, pictures.c.picture_mac.in_(some)
        )
        for row in connection.execute(query.order_by(pictures.c.entry_id)):
            found.setdefault(row.picture_mac, []).append(row.entry_id)
    return found


def same_pictures(connection: Connection, watchlist_id: str) -> list[list[str]]:
    """Entries of a list that have one and the same picture file: a list of entry ids for each such file."""
    shared = (
        select(pictures.c.picture_mac)
        .where(pictures.c.watchlist_id == watchlist_id)
        .group_by(pictures.c.picture_mac)
        .having(func.count() > 1)
    )
    macs = list(connection.execute(shared.order_by(pictures.c.picture_mac)).scalars())
    return list(known_pictures(connection, watchlist_id, macs).values())


def pictures_of(connection: Connection, entry_ids: Sequence[str]) -> dict[str, list[ReferencePicture]]:
    """The pictures of each of these entries, by entry id; an empty list where there is none."""
    found: dict[str, list[ReferencePicture]] = {entry_id: [] for entry_id in entry_ids}
    for some in _in_parts(entry_ids):
        query = select(*_CLEAR).where(pictures.c.entry_id.in_(some)).order_by(pictures.c.picture_id)
        for row in connection.execute(query):
            found[row.entry_id].append(_picture(row))
    return found


def best_picture(connection: Connection, key: DataKey, entry_id: str) -> tuple[ReferencePicture, bytes] | None:
    """The picture of best quality that has a template, and its JPEG bytes; None if there is none."""
    query = select(*_CLEAR, pictures.c.sealed_picture).where(
        pictures.c.entry_id == entry_id, pictures.c.sealed_template.is_not(None)
    )
    rows = connection.execute(query.order_by(pictures.c.picture_id)).all()
    if not rows:
        return None
    best = max(rows, key=lambda row: row.quality or 0.0)
    return _picture(best), key.open(best.sealed_picture, f"pictures:{best.picture_id}:picture")


def usable_pictures(connection: Connection, key: DataKey, entry_id: str) -> list[tuple[ReferencePicture, bytes]]:
    """The pictures that have a template, the best one first, each with its JPEG bytes."""
    query = select(*_CLEAR, pictures.c.sealed_picture).where(
        pictures.c.entry_id == entry_id, pictures.c.sealed_template.is_not(None)
    )
    rows = connection.execute(query.order_by(pictures.c.picture_id)).all()
    by_quality = sorted(rows, key=lambda row: -(row.quality or 0.0))
    return [
        (_picture(row), key.open(row.sealed_picture, f"pictures:{row.picture_id}:picture")) for row in by_quality
    ]


def templates_of(
    connection: Connection, key: DataKey, entry_ids: Sequence[str]
) -> tuple[list[str], NDArray[np.float32]]:
    """The templates of these entries: whose each is, and (n, d) float32 of unit length."""
    owners, opened = [], []
    for some in _in_parts(entry_ids):
        query = select(pictures.c.entry_id, pictures.c.picture_id, pictures.c.sealed_template).where(
            pictures.c.entry_id.in_(some), pictures.c.sealed_template.is_not(None)
        )
        for row in connection.execute(query.order_by(pictures.c.entry_id, pictures.c.picture_id)):
            owners.append(row.entry_id)
            opened.append(key.open(row.sealed_template, f"pictures:{row.picture_id}:template"))
    vectors = np.frombuffer(b"".join(opened), "<f4").reshape(len(owners), -1) if owners else np.zeros((0, 1))
    return owners, np.asarray(vectors, np.float32)


def read_templates(connection: Connection, key: DataKey, watchlist_id: str) -> SealedTemplates:
    """All templates of a list.

    Raises
    ------
    TamperedError
        If one was changed, or moved from another row.
    """
    columns = (pictures.c.entry_id, pictures.c.picture_id, pictures.c.picture_mac, pictures.c.quality)
    query = select(*columns, pictures.c.sealed_template).where(
        pictures.c.watchlist_id == watchlist_id, pictures.c.sealed_template.is_not(None)
    )
    rows = connection.execute(query.order_by(pictures.c.entry_id, pictures.c.picture_id)).all()
    opened = b"".join(key.open(row[4], f"pictures:{row[1]}:template") for row in rows)
    vectors = np.frombuffer(opened, "<f4").reshape(len(rows), -1) if rows else np.zeros((0, 1), np.float32)
    return SealedTemplates(
        entry_ids=[row[0] for row in rows],
        picture_ids=[row[1] for row in rows],
        picture_macs=[row[2] for row in rows],
        qualities=np.array([row[3] or 0.0 for row in rows], np.float32),
        vectors=vectors,
    )


def delete_pictures(connection: Connection, entry_ids: Sequence[str]) -> int:
    """Deletes every picture and template of these entries; how many."""
    n = 0
    for some in _in_parts(entry_ids):
        n += connection.execute(delete(pictures).where(pictures.c.entry_id.in_(some))).rowcount
    return n


def _in_parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _MOST_IDS] for start in range(0, len(ids), _MOST_IDS))


def _row(key: DataKey, watchlist_id: str, new: NewPicture) -> dict[str, Any]:
    about = f"pictures:{new.record.picture_id}"
    template = None
    if new.vector is not None:
        template = key.seal(np.ascontiguousarray(new.vector, "<f4").tobytes(), f"{about}:template")
    return asdict(new.record) | {
        "watchlist_id": watchlist_id,
        "measures": dict(new.record.measures),
        "reasons": list(new.record.reasons),
        "sealed_picture": key.seal(new.jpeg, f"{about}:picture"),
        "sealed_template": template,
    }


def _picture(row: Any) -> ReferencePicture:
    values = {name: row._mapping[name] for name in ReferencePicture.__dataclass_fields__}
    return ReferencePicture(**values | {"reasons": tuple(row.reasons)})
