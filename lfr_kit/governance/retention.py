"""How long what is kept: clocks, one per class of data, and legal holds that stop them.

A clock starts when the use ends (`Item.started_at`). What is published is a limit ("within 24 hours"), so
deletion is due `HEADROOM` before the period of the deployment's profile is over: a timer that runs `lfr retention
run` every few minutes keeps the limit, and nothing goes before that. Faces that raised no alert have no clock:
they are never kept.

References
----------
Periods: the published retention statements of South Wales Police (`swp`) and the Metropolitan Police (`mps`);
watchlists within 24 hours of the deployment's end: both. Data Protection Act 2018, section 39 (storage limits).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from lfr_kit.errors import RetentionError
from lfr_kit.governance.vocabulary import DeploymentState, RetentionProfile

__all__ = [
    "HEADROOM",
    "LONGEST_REVIEW",
    "NOT_YET_USED",
    "PERIODS",
    "Hold",
    "Item",
    "RetentionClass",
    "check_hold",
    "check_release",
    "check_review",
    "deployment_end",
    "due",
    "overdue_reviews",
    "period",
    "start_of_day_after",
    "watchlist_clock",
]


class RetentionClass(StrEnum):
    """What has a clock of its own; ``deployment``: the key and spool of one that holds nothing (any more)."""

    WATCHLIST = "watchlist"
    BLUE_LIST = "blue_list"
    DEPLOYMENT = "deployment"
    ALERT = "alert"
    RELEASED_ALERT = "released_alert"
    CCTV = "cctv"
    INCLUSION_LEDGER = "inclusion_ledger"
    RESIDUE_MARKS = "residue_marks"
    SESSION = "session"


_C = RetentionClass
_SAME_FOR_ALL = {
    _C.WATCHLIST: timedelta(hours=24),
    _C.BLUE_LIST: timedelta(hours=24),
    _C.DEPLOYMENT: timedelta(hours=24),
    _C.RELEASED_ALERT: timedelta(0),
    _C.CCTV: timedelta(days=31),
    _C.INCLUSION_LEDGER: timedelta(0),
    _C.RESIDUE_MARKS: timedelta(days=30),
    _C.SESSION: timedelta(0),
}

PERIODS: dict[RetentionProfile, dict[RetentionClass, timedelta]] = {
    RetentionProfile.SWP: {**_SAME_FOR_ALL, _C.ALERT: timedelta(hours=24)},
    RetentionProfile.MPS: {**_SAME_FOR_ALL, _C.ALERT: timedelta(days=31)},
}
"""How long each class is kept after its clock has started. Zero: its row says itself when it ends."""

HEADROOM = timedelta(minutes=15)
"""How long before a period is over deletion is due, so that it is done when the period is."""

NOT_YET_USED = timedelta(hours=24)
"""How long before its deployment a watchlist may be built (W1): one without a window is of no use after that."""

LONGEST_REVIEW = timedelta(days=366)
"""A hold is looked at again within a year at the latest."""

_OVER = frozenset({DeploymentState.CLOSED, DeploymentState.ABORTED, DeploymentState.PURGED})


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing with a clock.

    Attributes
    ----------
    kind
        Its class.
    item_id
        Id of the watchlist, entry, alert, ...
    deployment_id
        To which it belongs, or None.
    started_at
        When its clock started, UTC; None while it is in use.
    lasts
        How long it is kept from then on at the longest.
    not_before
        Not due before this either, e.g. the end of the deployment that an alert was raised in.
    hold_id
        Of the legal hold that stops the clock, or None.
    """

    kind: RetentionClass
    item_id: str
    deployment_id: str | None = None
    started_at: datetime | None
    lasts: timedelta
    not_before: datetime | None = None
    hold_id: str | None = None

    @property
    def due_at(self) -> datetime | None:
        """When it must go, UTC; None while it is in use or held."""
        if self.started_at is None or self.hold_id is not None:
            return None
        at = self.started_at + self.lasts - min(HEADROOM, self.lasts)
        return at if self.not_before is None else max(at, self.not_before)


def period(kind: RetentionClass, profile: RetentionProfile | None = None) -> timedelta:
    """How long a class is kept; without a profile, the shortest of all."""
    if profile is not None:
        return PERIODS[profile][kind]
    return min(each[kind] for each in PERIODS.values())


def due(items: Iterable[Item], now: datetime) -> list[Item]:
    """What must go now: from the second at which it is due, and not a second before."""
    return [item for item in items if item.due_at is not None and item.due_at <= now]


def deployment_end(
    state: DeploymentState, ends_at: datetime | None, closed_at: datetime | None, now: datetime
) -> datetime | None:
    """When a deployment ended: closed or aborted, or its window ran out, whichever came first.

    None while it is ahead or under way. One that was never opened ends with its window.
    """
    if state in _OVER and closed_at is not None:
        return closed_at if ends_at is None else min(closed_at, ends_at)
    return ends_at if ends_at is not None and ends_at <= now else None


def watchlist_clock(
    created_at: datetime, deployment: tuple[datetime | None, bool], now: datetime
) -> datetime | None:
    """When a watchlist's clock started: at the end of its deployment.

    Parameters
    ----------
    created_at
        When the list was begun.
    deployment
        When its deployment ended (`deployment_end`), and whether it has a window at all.
    now
        The time.

    Returns
    -------
    datetime | None
        None while the list may still be needed. Without a window it is past use a day after it was begun.
    """
    ended, has_window = deployment
    if ended is not None or has_window:
        return ended
    started = created_at + NOT_YET_USED
    return started if started <= now else None


def start_of_day_after(day: date) -> datetime:
    """Midnight UTC at the end of a day: what is kept up to a day is kept through it."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A legal hold: what it stops, why, and when somebody looks at it again.

    Attributes
    ----------
    hold_id, deployment_id
        Its own id, and the deployment of which it holds something.
    alert_ids, segment_ids
        What it holds: alerts, or segments of footage; empty once they are deleted.
    case_ref, reason
        Of the investigation or complaint; empty where they were not asked for.
    placed_by, placed_at
        Who and when, UTC.
    reviewer, review_on
        Who looks at it again, and by which day.
    released_by, released_at
        Who ended it and when, or None.
    """

    hold_id: str
    deployment_id: str
    alert_ids: tuple[str, ...]
    case_ref: str = ""
    reason: str = ""
    placed_by: str
    placed_at: datetime
    reviewer: str
    review_on: date
    released_by: str | None = None
    released_at: datetime | None = None
    segment_ids: tuple[str, ...] = ()

    @property
    def held_ids(self) -> tuple[str, ...]:
        """Of all it holds."""
        return self.alert_ids + self.segment_ids


def check_hold(case_ref: str, reason: str, people: tuple[str, str]) -> None:
    """RetentionError if a hold lacks its case or reason, or the one who places it (first) is its reviewer."""
    placed_by, reviewer = people
    if not case_ref.strip():
        raise RetentionError("a hold needs the reference of its case: --case")
    if not reason.strip():
        raise RetentionError("a hold needs a reason: --reason")
    if not reviewer.strip():
        raise RetentionError("a hold needs a reviewer: --reviewer")
    if reviewer == placed_by:
        raise RetentionError(f"{reviewer} places the hold, so another person must review it: --reviewer")


def check_review(review_on: date, today: date) -> None:
    """RetentionError if the day of review is not ahead, or further than `LONGEST_REVIEW`."""
    if review_on <= today:
        raise RetentionError(f"review on {review_on}: must be after today, {today}")
    if review_on - today > LONGEST_REVIEW:
        raise RetentionError(f"review on {review_on}: at the latest in {LONGEST_REVIEW.days} days")


def check_release(hold: Hold, releaser: str) -> None:
    """RetentionError if the hold is released already, or by the person who placed it."""
    if hold.released_at is not None:
        raise RetentionError(f"{hold.hold_id}: was released by {hold.released_by} on {hold.released_at:%d %B %Y}")
    if releaser == hold.placed_by:
        raise RetentionError(f"{hold.hold_id}: {releaser} placed it, so another person must release it")


def overdue_reviews(holds: Iterable[Hold], today: date) -> list[Hold]:
    """Holds in force whose day of review is past, longest overdue first."""
    late = [hold for hold in holds if hold.released_at is None and hold.review_on < today]
    return sorted(late, key=lambda hold: hold.review_on)
