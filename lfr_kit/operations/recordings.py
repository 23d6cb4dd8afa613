"""Recorded footage: made under the authority, listed, played; each look is logged with its reason (L12).

begun = begin_segment(store, actor, deployment_id, camera_id, at)   the authority is asked anew for each segment
end_segment(store, actor, begun, how)                              its end is sealed in the store
settle(store)                                                      what a killed runner left is brought to its end
footage = open_footage(store, actor, [segment_id], ...)            decrypted in memory, never on the disk
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from lfr_kit.errors import AuthorityError, JustificationError, TamperedError, VaultError
from lfr_kit.governance.deployment_state import RUNNABLE, Step
from lfr_kit.governance.recording import Segment, SegmentState, footage_item, why_not_recorded
from lfr_kit.governance.roles import IN_WORDS, SYSTEM, Action, Actor, require
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations.audit import check_clock
from lfr_kit.operations.deployment_steps import digest_at, standing
from lfr_kit.store.repository import deployments as deployment_rows
from lfr_kit.store.repository import recordings as rows
from lfr_kit.store.repository.recordings import End
from lfr_kit.store.segment_file import SegmentFile, cut_loose_end, pieces_of, segment_path
from lfr_kit.store.store import Act, Store, new_id
from lfr_kit.store.vault import DataKey

__all__ = [
    "Begun",
    "Footage",
    "Listing",
    "begin_segment",
    "check_reason",
    "end_segment",
    "file_of",
    "listing",
    "opened",
    "play",
    "segment_file",
    "settle",
    "video_in_memory",
]


@dataclass(frozen=True, eq=False)
class Begun:
    """A segment that may be written now, and its key."""

    segment: Segment
    key: DataKey


@dataclass(frozen=True, eq=False)
class Footage:
    """A segment whose footage may be read: its key, how many pieces it must have, and its file."""

    segment: Segment
    key: DataKey
    n_pieces: int | None
    path: Path

    def pieces(self) -> Iterator[bytes]:
        """Its video, decrypted, piece by piece.

        Raises
        ------
        TamperedError
            If anything of it was changed, cut, moved or exchanged, or it is another segment's.
        OutputError
            If the file is not on this machine.
        """
        header, pieces = pieces_of(self.path, self.key, self.segment.segment_id, self.n_pieces)
        if header != _header(self.segment):
            raise TamperedError(
                f"segment {self.segment.segment_id}: its row says another camera or time than its file"
            )
        return pieces


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The footage of a deployment. No personal data.

    Attributes
    ----------
    segments
        By camera and time.
    due_at
        When all that no hold keeps is deleted; None where there is none.
    missing
        Ids of those whose file is not on this machine.
    """

    segments: tuple[Segment, ...]
    due_at: datetime | None
    missing: frozenset[str]


def begin_segment(store: Store, actor: Actor, deployment_id: str, camera_id: str, at: datetime) -> Begun:
    """Begins a segment, if the authority lets this camera be recorded now.

    Parameters
    ----------
    at
        When its first frame was captured.

    Raises
    ------
    AuthorityError
        If it does not, the deployment is not open, or its plan is not the one that was granted.
    PermissionRefusedError
        If the actor may not run a deployment.
    StoreBusyError, StoreFullError
        If the store is away; nothing may be recorded then.
    """
    segment_id = new_id("V")
    with store.act(
        actor,
        Action.RECORDING_MAKE,
        Operation.COLLECTION,
        subject=rows.scope(segment_id),
        deployment_id=deployment_id,
        justification=f"footage of {camera_id} under the authority of {deployment_id}",
    ) as act:
        check_clock(act.connection, act.at)
        _check_may_record(act, deployment_id, camera_id, at)
        new = Segment(
            segment_id=segment_id,
            deployment_id=deployment_id,
            camera_id=camera_id,
            state=SegmentState.RUNNING,
            started_at=at,
        )
        key = act.vault.new_key(act.connection, rows.scope(segment_id), act.at)
        rows.begin(act.connection, new, key.key_id)
        act.details["camera_id"] = camera_id
    return Begun(new, key)


def _check_may_record(act: Act, deployment_id: str, camera_id: str, at: datetime) -> None:
    key = act.key("store")
    found = deployment_rows.deployment(act.connection, key, deployment_id)
    granted = digest_at(act.connection, key, found, Step.GRANT, Step.GRANT_URGENTLY)
    why_not = why_not_recorded(found, granted, camera_id, at) or why_not_recorded(
        found, granted, camera_id, act.at
    )
    if why_not:
        raise AuthorityError(why_not)


def segment_file(store: Store, begun: Begun) -> SegmentFile:
    """The file of a segment that was begun. OutputError if it cannot be made."""
    made = begun.segment
    return SegmentFile(store.chosen.recordings, made.deployment_id, made.segment_id, begun.key, _header(made))


def end_segment(store: Store, actor: Actor, begun: Begun, how: End) -> None:
    """Notes how a segment ended; what a legal hold or a deletion did to it meanwhile stands.

    Raises
    ------
    StoreBusyError, StoreFullError
        If the store is away: `settle` does it later.
    """
    with _ending(store, actor, begun.segment) as act:
        _end(act, begun.segment, begun.key, how)


def settle(store: Store, deployment_id: str | None = None, actor: Actor = SYSTEM) -> list[str]:
    """Ends segments that a killed runner left open; what it had not finished writing is cut off.

    Parameters
    ----------
    deployment_id
        Whose, while nobody else records it; None = of every deployment that is over.

    Returns
    -------
    list of str
        Ids of those that were ended. One whose file is not on this machine is left to the one that has it.
    """
    with store.reading() as connection:
        left_open = rows.running(connection, deployment_id)
    settled = []
    for each in left_open:
        path = file_of(store, each)
        if not path.is_file() or (deployment_id is None and standing(store, each.deployment_id).state in RUNNABLE):
            continue
        with suppress(VaultError):
            _settle(store, actor, each, path)
            settled.append(each.segment_id)
    return settled


def _settle(store: Store, actor: Actor, found: Segment, path: Path) -> None:
    from lfr_kit.reports.footage import extent_of

    with store.reading() as connection:
        key = store.vault.key(connection, rows.scope(found.segment_id))
    n_pieces, n_bytes = cut_loose_end(path)
    n_frames, lasts_s = 0, 0.0
    with suppress(TamperedError):
        n_frames, lasts_s = extent_of(Footage(found, key, n_pieces, path).pieces())
    how = End(
        state=SegmentState.CUT_OFF,
        ended_at=found.started_at + timedelta(seconds=lasts_s),
        n_frames=n_frames,
        n_bytes=n_bytes,
        n_pieces=n_pieces,
    )
    with _ending(store, actor, found) as act:
        _end(act, found, key, how)


def _end(act: Act, found: Segment, key: DataKey, how: End) -> None:
    if not rows.end(act.connection, key, found.segment_id, how):
        act.details["nothing"] = "it had ended already, or is deleted"
        return
    act.details.update(state=str(how.state), frames=how.n_frames, bytes=how.n_bytes, pieces=how.n_pieces)


def _ending(store: Store, actor: Actor, found: Segment) -> AbstractContextManager[Act]:
    return store.act(
        actor,
        Action.RECORDING_MAKE,
        Operation.COLLECTION,
        subject=rows.scope(found.segment_id),
        deployment_id=found.deployment_id,
        justification=f"footage of {found.camera_id} under the authority of {found.deployment_id}: its end",
    )


def listing(store: Store, actor: Actor, deployment_id: str) -> Listing:
    """The footage that is there of a deployment, without a look at any.

    Raises
    ------
    PermissionRefusedError
        If the actor may not look at deployments.
    NotInStoreError
        If there is no such deployment.
    """
    require(actor, Action.DEPLOYMENT_VIEW)
    with store.reading() as connection:
        standing_now = deployment_rows.standing(connection, deployment_id)
        found = rows.segments(connection, standing_now.deployment_id)
        key = store.vault.key(connection, "store")
        profile = deployment_rows.deployment(connection, key, deployment_id).authority.retention_profile
    first_at = min((each.started_at for each in found), default=None)
    due = [] if first_at is None else [footage_item(each, first_at, profile).due_at for each in found]
    return Listing(
        segments=tuple(found),
        due_at=min((at for at in due if at is not None), default=None),
        missing=frozenset(each.segment_id for each in found if not file_of(store, each).is_file()),
    )


def play(store: Store, actor: Actor, segment_id: str, *, reason: str) -> Footage:
    """A segment to be looked at; the look is logged.

    Raises
    ------
    PermissionRefusedError
        If the actor may not.
    JustificationError
        If no reason is given, whatever the store's policy.
    NotInStoreError, KeyDestroyedError
        If there is none (any more).
    TamperedError
        If its row was changed.
    """
    with store.act(
        actor,
        Action.RECORDING_PLAY,
        Operation.CONSULTATION,
        subject=rows.scope(segment_id[:60]),
        justification=reason,
    ) as act:
        check_reason(Action.RECORDING_PLAY, reason)
        found = opened(act, store, segment_id)
        act.details.update(camera_id=found.segment.camera_id, started_at=found.segment.started_at.isoformat())
        return found


def check_reason(action: Action, reason: str) -> None:
    """JustificationError if there is none: footage of passers-by is not looked at for no reason."""
    if not reason.strip():
        raise JustificationError(f"to {IN_WORDS[action]}, say why (--reason); the audit log keeps it")


def opened(act: Act, store: Store, segment_id: str) -> Footage:
    """A segment with what is needed to read it, within an act that says why."""
    found = rows.segment(act.connection, segment_id)
    key = act.key(rows.scope(segment_id))
    how = rows.end_of(act.connection, key, segment_id)
    act.deployment_id = found.deployment_id
    return Footage(found, key, None if how is None else how.n_pieces, file_of(store, found))


def video_in_memory(footage: Sequence[Footage], metadata: dict[str, str]) -> bytes:
    """One MP4 of segments of one camera, in the order of time, gaps kept."""
    import io

    from lfr_kit.reports.footage import Clip, video_of

    began = footage[0].segment.started_at
    clips = [Clip((each.segment.started_at - began).total_seconds(), each.pieces()) for each in footage]
    made = io.BytesIO()
    video_of(clips, made, metadata)
    return made.getvalue()


def file_of(store: Store, segment: Segment) -> Path:
    """Where its footage lies, if it was recorded on this machine."""
    return segment_path(store.chosen.recordings, segment.deployment_id, segment.segment_id)


def _header(segment: Segment) -> dict[str, str]:
    return {
        "segment_id": segment.segment_id,
        "deployment_id": segment.deployment_id,
        "camera_id": segment.camera_id,
        "started_at": segment.started_at.isoformat(),
    }
