"""In whose charge an alert is: the team it is routed to, who has it in hand, whether they said so, and by when.

Nothing of it is a decision on the alert (`lfr_kit.governance.adjudication` has those): it says who looks after it.
It is read off the alert's events and never set, so it is the same for everybody who asks, after any restart:

    raised -> routed to the nearest team -> acknowledged by one of it -> handed over -> acknowledged ...
           -> routed anew, while nobody acknowledged and the team is not heard of any more

An alert that an operator has in hand at the desk is put down by the decision on it: officers take it from there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from lfr_kit.governance.adjudication import UNDECIDED, Verdict
from lfr_kit.governance.presence import Checked, nearest_team
from lfr_kit.governance.vocabulary import AlertState

__all__ = [
    "CHARGE_KINDS",
    "MAY_CHANGE_HANDS",
    "Charge",
    "Happened",
    "Route",
    "charge_of",
    "routes",
]

MAY_CHANGE_HANDS = UNDECIDED | {AlertState.VIABLE, AlertState.ENGAGED}
"""States in which an alert is in somebody's charge."""

CHARGE_KINDS = ("raised", "routed", "acknowledged", "handed_over", "decided", "engaged", "expired")
"""Kinds of events that say something about it."""


class Happened(Protocol):
    """One of an alert's events."""

    @property
    def at(self) -> datetime:
        """When."""

    @property
    def kind(self) -> str:
        """What."""

    @property
    def actor_id(self) -> str:
        """By whom."""

    @property
    def data(self) -> Mapping[str, Any]:
        """Codes and numbers."""


@dataclass(frozen=True, kw_only=True)
class Charge:
    """How it stands with one alert.

    Attributes
    ----------
    team
        It is routed to; empty = to none.
    holder
        User who has it in hand; empty = nobody.
    held_since
        Since when; for somebody it was handed to, when it was.
    acknowledged_at
        When the holder said that they have it; None = nobody did, or whom it was handed to has not yet.
    is_at_desk
        Whether the holder is an operator: officers do not have it then.
    is_on_ground
        Whether the holder was checked in to the deployment when they got it.
    viable_at
        When it began to wait for officers.
    within_s
        In how many seconds from then it must be acknowledged; None = it need not.
    """

    team: str = ""
    holder: str = ""
    held_since: datetime | None = None
    acknowledged_at: datetime | None = None
    is_at_desk: bool = False
    is_on_ground: bool = False
    viable_at: datetime | None = None
    within_s: float | None = None

    @property
    def is_with_officers(self) -> bool:
        """Whether somebody on the ground has said that they have it."""
        return self.acknowledged_at is not None and not self.is_at_desk

    @property
    def asked_at(self) -> datetime | None:
        """Since when whoever is to acknowledge it is asked to; None before it waits for officers."""
        if self.viable_at is None or self.held_since is None:
            return self.viable_at
        return max(self.viable_at, self.held_since)

    @property
    def acknowledge_by(self) -> datetime | None:
        """Until when it must be acknowledged; None if it need not, not yet, or is."""
        if self.within_s is None or self.asked_at is None or self.is_with_officers:
            return None
        return self.asked_at + timedelta(seconds=self.within_s)


def charge_of(events: Iterable[Happened]) -> Charge:
    """How it stands after these events, in their order; those of other kinds change nothing."""
    charge = Charge()
    for event in events:
        charge = _after(charge, event)
    return charge


def _after(charge: Charge, event: Happened) -> Charge:
    data, at = event.data, event.at
    if event.kind == "raised":
        return replace(charge, within_s=data.get("acknowledge_within_s"))
    if event.kind == "routed":
        free = charge if charge.acknowledged_at else _in_no_hand(charge)
        return replace(free, team=data["team"])
    if event.kind in ("acknowledged", "handed_over"):
        to = event.actor_id if event.kind == "acknowledged" else data["to"]
        team, is_at_desk = data.get("team") or "", bool(data.get("is_at_desk"))
        taken = replace(charge, team=team or charge.team, is_at_desk=is_at_desk, is_on_ground=bool(team))
        return _in_hand(taken, to, at, has_said_so=to == event.actor_id)
    if event.kind == "engaged":
        return charge if charge.holder == event.actor_id and charge.acknowledged_at else _engaged(charge, event)
    if event.kind == "decided":
        put_down = _in_no_hand(charge) if charge.is_at_desk else charge
        return replace(put_down, viable_at=at if data.get("verdict") == Verdict.VIABLE else None)
    return _in_no_hand(charge) if event.kind == "expired" else charge


def _engaged(charge: Charge, event: Happened) -> Charge:
    return _in_hand(replace(charge, is_at_desk=False), event.actor_id, event.at, has_said_so=True)


def _in_hand(charge: Charge, holder: str, at: datetime, *, has_said_so: bool) -> Charge:
    if not holder:
        return _in_no_hand(charge)
    return replace(charge, holder=holder, held_since=at, acknowledged_at=at if has_said_so else None)


def _in_no_hand(charge: Charge) -> Charge:
    return replace(charge, holder="", held_since=None, acknowledged_at=None, is_at_desk=False, is_on_ground=False)


@dataclass(frozen=True)
class Route:
    """An alert that goes to a team from now on.

    Attributes
    ----------
    team
        Empty = to none, because nobody is present.
    was
        The team it was routed to before; empty = none.
    """

    alert_id: str
    team: str
    was: str


def routes(
    waiting: Sequence[tuple[str, str, Charge]],
    present: Collection[Checked],
    last_routed_at: Mapping[str, datetime],
    now: datetime,
) -> list[Route]:
    """Which alerts go to which team now: those routed to none that is present, while no officer has them in hand.

    Parameters
    ----------
    waiting
        (alert id, camera id, charge) of alerts on which an operator or an officer still has to decide, in the
        order in which they are routed.
    present
        Who is present on the ground.
    last_routed_at
        Team -> when an alert was last routed to it.
    """
    there = {one.team for one in present}
    last = dict(last_routed_at)
    found = []
    for alert_id, camera_id, charge in waiting:
        if charge.is_with_officers or charge.team in there:
            continue
        team = nearest_team(present, camera_id, last) or ""
        if team != charge.team:
            found.append(Route(alert_id, team, charge.team))
            last[team] = now
    return found
