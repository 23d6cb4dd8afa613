"""Who counts as present on the ground, and whose alert it is: nobody there, and nothing is looked at (X1).

Somebody is present who checked in, has not checked out, and was heard of within the last seconds. Clocks of two
machines differ: a sign of life may lie a little ahead of now, but not far, or it would hold for ever.

References
----------
Metropolitan Police, static cameras in Croydon (2025-26): lit only while officers are deployed on the ground.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lfr_kit.errors import StateError
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.vocabulary import DeploymentState

__all__ = [
    "CLOCK_SKEW_S",
    "LONGEST_TEAM",
    "Checked",
    "check_may_check_in",
    "is_present",
    "nearest_team",
    "present_at",
    "said_team",
    "why_nobody",
]

CLOCK_SKEW_S = 10.0
"""How far ahead of this machine's clock a sign of life may lie."""
LONGEST_TEAM = 40
_STATES = frozenset({DeploymentState.GRANTED, DeploymentState.OPEN, DeploymentState.PAUSED})


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Somebody who is checked in.

    Attributes
    ----------
    user_id, team
        Who, and what their team is called.
    camera_id
        The camera they stand near; empty = none in particular.
    checked_in_at, seen_at
        Since when, and their last sign of life.
    """

    user_id: str
    team: str
    camera_id: str
    checked_in_at: datetime
    seen_at: datetime


def is_present(one: Checked, now: datetime, lost_after_s: float) -> bool:
    """Whether somebody who is checked in was heard of within `lost_after_s` seconds."""
    return -CLOCK_SKEW_S <= (now - one.seen_at).total_seconds() <= lost_after_s


def present_at(checked: Iterable[Checked], now: datetime, lost_after_s: float) -> tuple[Checked, ...]:
    """Those of them who are present, by team."""
    there = [one for one in checked if is_present(one, now, lost_after_s)]
    return tuple(sorted(there, key=lambda one: (one.team, one.user_id)))


def why_nobody(checked: Iterable[Checked], now: datetime, lost_after_s: float, n_refused: int = 0) -> str:
    """Why nobody is present, in words; empty if somebody is.

    Parameters
    ----------
    n_refused
        How many further rows were written from outside, and count for nothing.
    """
    everybody = list(checked)
    if present_at(everybody, now, lost_after_s):
        return ""
    more = f"; {n_refused} written into the database from outside count for nothing" if n_refused else ""
    if not everybody:
        return f"nobody is checked in on the ground{more}"
    last = max(everybody, key=lambda one: one.seen_at)
    silent_s = (now - last.seen_at).total_seconds()
    if silent_s < 0:
        ahead = f"{last.team} was last heard of {-silent_s:.0f} s ahead of this machine's clock"
        return f"nobody counts as present on the ground: {ahead}; set the clocks right{more}"
    return f"nobody on the ground was heard of for {silent_s:.0f} s ({last.team} was the last){more}"


def nearest_team(present: Iterable[Checked], camera_id: str, last_alert_at: Mapping[str, datetime]) -> str | None:
    """The team an alert is routed to: one at that camera if there is one, and of these whose last is longest ago.

    Parameters
    ----------
    present
        Who is present.
    camera_id
        Of the alert.
    last_alert_at
        Team -> when an alert was last routed to it; a team that is not in it had none.

    Returns
    -------
    str or None
        None if nobody is present.

    Examples
    --------
    >>> now = datetime(2026, 5, 4, 11, tzinfo=UTC)
    >>> def at(team, camera_id):
    ...     return Checked(user_id=team, team=team, camera_id=camera_id, checked_in_at=now, seen_at=now)
    >>> there = [at("red", "north"), at("blue", "north"), at("green", "south")]
    >>> nearest_team(there, "north", {"blue": now})
    'red'
    """
    cameras: dict[str, set[str]] = {}
    for one in present:
        cameras.setdefault(one.team, set()).add(one.camera_id)
    never = datetime.min.replace(tzinfo=UTC)

    def rank(team: str) -> tuple[bool, datetime, str]:
        return camera_id not in cameras[team], last_alert_at.get(team, never), team

    return min(cameras, key=rank, default=None)


def said_team(team: str) -> str:
    """The name of a team, clean. InputError if it is too long or misleads, StateError without one."""
    cleaned = clean_text(team, "team", LONGEST_TEAM)
    if not cleaned:
        raise StateError("check-in: say with which team (--team), e.g. 'team 2'")
    return cleaned


def check_may_check_in(state: DeploymentState, window: tuple[datetime, datetime], now: datetime) -> None:
    """StateError unless a deployment is granted, open or paused, and its window covers now."""
    if state not in _STATES:
        raise StateError(f"check-in: the deployment is {state}; officers check in to one that is granted, or runs")
    starts_at, ends_at = window
    if not starts_at <= now < ends_at:
        raise StateError(
            f"check-in: its window is {starts_at:%Y-%m-%d %H:%M} to {ends_at:%Y-%m-%d %H:%M %Z}; "
            "officers check in within it"
        )
