"""Segments of recorded footage: rows and records. What a row says of an ended segment is sealed with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from lfr_kit.errors import NotInStoreError, TamperedError
from lfr_kit.governance.recording import Segment, SegmentState
from lfr_kit.store.repository.alert_retention import in_parts
from lfr_kit.store.tables.recordings import recording_segments
from lfr_kit.store.tables.retention import holds
from lfr_kit.store.vault import DataKey

__all__ = [
    "End",
    "begin",
    "delete_segments",
    "end",
    "end_of",
    "first_at",
    "hold_segments",
    "n_segments",
    "running",
    "scope",
    "segment",
    "segment_ids",
    "segments",
    "segments_with_release",
]

_TABLE = recording_segments.c


@dataclass(frozen=True, kw_only=True)
class End:
    """How a segment ended.

    Attributes
    ----------
    state
        WHOLE or CUT_OFF.
    n_pieces
        Of its file, the header among them.
    """

    state: SegmentState
    ended_at: datetime
    n_frames: int
    n_bytes: int
    n_pieces: int


def scope(segment_id: str) -> str:
    """Of the data key of a segment: its own."""
    return f"recording:{segment_id}"


def begin(connection: Connection, new: Segment, key_id: str) -> None:
    """A new segment, RUNNING."""
    connection.execute(
        insert(recording_segments).values(
            segment_id=new.segment_id,
            deployment_id=new.deployment_id,
            camera_id=new.camera_id,
            state=str(SegmentState.RUNNING),
            started_at=new.started_at,
            n_frames=0,
            n_bytes=0,
            key_id=key_id,
        )
    )


def end(connection: Connection, key: DataKey, segment_id: str, how: End) -> bool:
    """Ends a RUNNING segment; False if it is none (any more). `key` is the segment's."""
    still_runs = _TABLE.segment_id == segment_id, _TABLE.state == str(SegmentState.RUNNING)
    values = {
        "state": str(how.state),
        "ended_at": how.ended_at,
        "n_frames": how.n_frames,
        "n_bytes": how.n_bytes,
        "sealed_end": key.seal_json(_plain(how), _about(segment_id)),
    }
    return connection.execute(update(recording_segments).where(*still_runs).values(**values)).rowcount == 1


def end_of(connection: Connection, key: DataKey, segment_id: str) -> End | None:
    """How a segment ended, as it was sealed; None of one that is RUNNING. `key` is the segment's.

    Raises
    ------
    TamperedError
        If the row says otherwise.
    """
    row = _row(connection, segment_id)
    if row["sealed_end"] is None:
        if row["state"] != str(SegmentState.RUNNING):
            raise TamperedError(f"segment {segment_id}: its end was taken away; restore the store from a backup")
        return None
    plain = key.open_json(bytes(row["sealed_end"]), _about(segment_id))
    how = End(
        **{**plain, "state": SegmentState(plain["state"]), "ended_at": datetime.fromisoformat(plain["ended_at"])}
    )
    said = (row["state"], row["ended_at"], row["n_frames"], row["n_bytes"])
    if said != (str(how.state), how.ended_at, how.n_frames, how.n_bytes):
        raise TamperedError(f"segment {segment_id}: its row was changed; restore the store from a backup")
    return how


def segment(connection: Connection, segment_id: str) -> Segment:
    """One segment. NotInStoreError if there is none of that name (any more)."""
    return _segment(_row(connection, segment_id))


def segments(connection: Connection, deployment_id: str) -> list[Segment]:
    """Of a deployment, by camera and time."""
    query = select(recording_segments).where(_TABLE.deployment_id == deployment_id)
    ordered = query.order_by(_TABLE.camera_id, _TABLE.started_at, _TABLE.segment_id)
    return [_segment(row) for row in connection.execute(ordered).mappings()]


def segments_with_release(connection: Connection) -> list[tuple[Segment, datetime | None]]:
    """All segments, each with when its hold was released, or None."""
    query = select(recording_segments, holds.c.released_at).outerjoin(holds, holds.c.hold_id == _TABLE.hold_id)
    return [(_segment(row), row["released_at"]) for row in connection.execute(query).mappings()]


def first_at(connection: Connection) -> dict[str, datetime]:
    """Deployment -> when the first of the segments it has left began: the start of the clock of all of them."""
    query = select(_TABLE.deployment_id, func.min(_TABLE.started_at)).group_by(_TABLE.deployment_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def running(connection: Connection, deployment_id: str | None = None) -> list[Segment]:
    """RUNNING segments, of one deployment or of all."""
    query = select(recording_segments).where(_TABLE.state == str(SegmentState.RUNNING))
    if deployment_id is not None:
        query = query.where(_TABLE.deployment_id == deployment_id)
    return [_segment(row) for row in connection.execute(query.order_by(_TABLE.started_at)).mappings()]


def segment_ids(connection: Connection) -> set[str]:
    """Of all segments."""
    return set(connection.execute(select(_TABLE.segment_id)).scalars())


def n_segments(connection: Connection, deployment_id: str) -> int:
    """How many a deployment has."""
    query = select(func.count()).select_from(recording_segments).where(_TABLE.deployment_id == deployment_id)
    return int(connection.execute(query).scalar_one())


def hold_segments(connection: Connection, ids: Sequence[str], hold_id: str) -> None:
    """Puts segments under a hold."""
    for some in in_parts(ids):
        connection.execute(update(recording_segments).where(_TABLE.segment_id.in_(some)).values(hold_id=hold_id))


def delete_segments(connection: Connection, ids: Sequence[str]) -> None:
    """Deletes the rows; keys go before, files after."""
    for some in in_parts(ids):
        connection.execute(delete(recording_segments).where(_TABLE.segment_id.in_(some)))


def _row(connection: Connection, segment_id: str) -> RowMapping:
    query = select(recording_segments).where(_TABLE.segment_id == segment_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotInStoreError(f"there is no segment {segment_id[:60]}; see: lfr recording list DEPLOYMENT")
    return row


def _segment(row: RowMapping) -> Segment:
    same: dict[str, Any] = {name: row[name] for name in Segment.__dataclass_fields__}
    return Segment(**{**same, "state": SegmentState(row["state"])})


def _plain(how: End) -> dict[str, Any]:
    return {**vars(how), "state": str(how.state), "ended_at": how.ended_at.isoformat()}


def _about(segment_id: str) -> str:
    return f"recording_segments:{segment_id}:end"
