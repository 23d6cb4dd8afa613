"""Recorded footage of a deployment: what may be recorded, how long it is kept, what may leave the store (L12).

Nothing is recorded unless the authority says so, camera by camera. Footage shows everybody who passed, with or
without an alert, so it has a store, keys and a clock of its own, and no alert or watchlist waits for it.

References
----------
Metropolitan Police, announcement of 2020, section 12: CCTV of a deployment is kept for 31 days at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lfr_kit.errors import InputError, JustificationError
from lfr_kit.governance.authority import Authority, authority_digest
from lfr_kit.governance.deployment_state import RUNNABLE, Deployment
from lfr_kit.governance.retention import Item, RetentionClass, period
from lfr_kit.governance.vocabulary import RetentionProfile

__all__ = [
    "MOST_RECIPIENT",
    "Segment",
    "SegmentState",
    "check_export",
    "footage_item",
    "recording_note",
    "why_not_recorded",
]

MOST_RECIPIENT = 200
"""Letters of a recipient."""


class SegmentState(StrEnum):
    """RUNNING: being written. WHOLE: closed in good order. CUT_OFF: broken off, its end was lost."""

    RUNNING = "running"
    WHOLE = "whole"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Some footage of one camera, without a gap.

    Attributes
    ----------
    segment_id
        ``V-...``; also the name of its file.
    started_at, ended_at
        When its first and last frame were captured; no end while it is RUNNING.
    n_frames, n_bytes
        How much it holds; the size is that of the sealed file. 0 while it is RUNNING.
    hold_id
        Of the legal hold that keeps it, or None.
    """

    segment_id: str
    deployment_id: str
    camera_id: str
    state: SegmentState
    started_at: datetime
    ended_at: datetime | None = None
    n_frames: int = 0
    n_bytes: int = 0
    hold_id: str | None = None

    @property
    def lasts_s(self) -> float:
        """Seconds from its first frame to its last."""
        return 0.0 if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


def why_not_recorded(found: Deployment, granted_digest: str, camera_id: str, at: datetime) -> str:
    """Why a camera may not be recorded now; empty if it may.

    Parameters
    ----------
    granted_digest
        Of the plan that was granted (`authority_digest`): one swapped since lets nothing be recorded.
    at
        The time of the frame.
    """
    grant = found.authority.recording
    if grant is None or camera_id not in grant.cameras:
        return f"the authority of {found.deployment_id} does not let {camera_id} be recorded"
    if not granted_digest or authority_digest(found.authority) != granted_digest:
        return f"the plan of {found.deployment_id} is not the one that was granted"
    if found.state not in RUNNABLE:
        return f"deployment {found.deployment_id} is {found.state}: nothing is recorded unless it is open"
    if not found.starts_at <= at < found.ends_at:
        return f"the window of {found.deployment_id} is over, or has not begun"
    return ""


def footage_item(
    segment: Segment, first_at: datetime, profile: RetentionProfile | None, released_at: datetime | None = None
) -> Item:
    """The clock of a segment: that of all footage of its deployment, which starts with the first of it.

    So all of it goes at once and under one certificate, and none is kept longer than its period.

    Parameters
    ----------
    first_at
        When the first segment of the deployment began.
    profile
        The deployment's; None = unknown, the shortest counts.
    released_at
        When its hold was released, or None.
    """
    return Item(
        kind=RetentionClass.CCTV,
        item_id=segment.segment_id,
        deployment_id=segment.deployment_id,
        started_at=first_at,
        lasts=period(RetentionClass.CCTV, profile),
        not_before=released_at,
        hold_id=None if released_at is not None else segment.hold_id,
    )


def check_export(segments: Sequence[Segment], recipient: str, reason: str) -> None:
    """Refuses what no file can be made of, and a disclosure to nobody in particular.

    Raises
    ------
    InputError
        If there is no segment, they are of several cameras or deployments, or one stands twice, or no recipient
        is named.
    JustificationError
        If there is no reason, whatever the store's policy.
    """
    if not segments:
        raise InputError("name at least one segment, see: lfr recording list DEPLOYMENT")
    if len({(each.deployment_id, each.camera_id) for each in segments}) > 1:
        raise InputError("the segments are of several cameras or deployments; export those of each on their own")
    if len({each.segment_id for each in segments}) < len(segments):
        raise InputError("a segment is named twice; name each once")
    if not recipient.strip() or len(recipient) > MOST_RECIPIENT:
        raise InputError(f"say to whom it goes, in at most {MOST_RECIPIENT} letters: --recipient")
    if not reason.strip():
        raise JustificationError(
            "to export a recording, say why it is given away (--reason); the audit log keeps it"
        )


def recording_note(authority: Authority) -> str:
    """What the published record says of recording; empty where there is none."""
    if authority.recording is None:
        return ""
    names = ", ".join(authority.recording.cameras)
    days = period(RetentionClass.CCTV, authority.retention_profile) / timedelta(days=1)
    return (
        f"The authority let the whole picture of {names} be recorded; footage is deleted within {days:.0f} days."
    )
