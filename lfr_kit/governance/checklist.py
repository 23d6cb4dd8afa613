"""What people do on the ground, ticked off by name: before the opening (required) and after the end (recorded).

The program cannot put up a sign; it can refuse to start until somebody says that they did (P6, P7, L13). What it
can see for itself nobody vouches for (`SEEN`: X1, L10).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "BEFORE_OPENING",
    "ITEMS",
    "SEEN",
    "VOUCHED_FOR",
    "ChecklistItem",
    "ItemResult",
    "Ticked",
    "mend",
    "open_items",
]


class ChecklistItem(StrEnum):
    """What is ticked off."""

    SIGNS_PLACED = "signs_placed"
    LEAFLETS_READY = "leaflets_ready"
    WAY_ROUND_FREE = "way_round_free"
    OFFICERS_BRIEFED = "officers_briefed"
    DIFFERENCES_BRIEFED = "differences_briefed"
    ENGAGEMENT_OFFICERS_PRESENT = "engagement_officers_present"
    ZONES_SEEN = "zones_seen"
    BLUE_LIST_CHECK = "blue_list_check"
    SIGNS_REMOVED = "signs_removed"
    DEBRIEF_HELD = "debrief_held"


class ItemResult(StrEnum):
    """How it came out."""

    DONE = "done"
    FAILED = "failed"


ITEMS: dict[ChecklistItem, str] = {
    ChecklistItem.SIGNS_PLACED: "signs stand at every approach, before anybody can enter the zone",
    ChecklistItem.LEAFLETS_READY: "leaflets are at hand, and uniformed officers to give them",
    ChecklistItem.WAY_ROUND_FREE: "people can walk round the zone, and officers know that it is not suspicious",
    ChecklistItem.OFFICERS_BRIEFED: "officers are briefed: the purpose, the limits, that each decides alone",
    ChecklistItem.DIFFERENCES_BRIEFED: "officers were told how differently the system performs between groups",
    ChecklistItem.ENGAGEMENT_OFFICERS_PRESENT: "engagement officers are checked in on the ground",
    ChecklistItem.ZONES_SEEN: "the zone of recognition of each camera was looked at on its picture",
    ChecklistItem.BLUE_LIST_CHECK: "enrolled staff walked through and were found (blue list)",
    ChecklistItem.SIGNS_REMOVED: "signs are taken down",
    ChecklistItem.DEBRIEF_HELD: "the debrief was held",
}
"""Item -> what whoever ticks it off vouches for, or what the program sees."""

SEEN: dict[ChecklistItem, str] = {
    ChecklistItem.ENGAGEMENT_OFFICERS_PRESENT: "lfr deployment check-in {deployment_id} --team TEAM",
    ChecklistItem.BLUE_LIST_CHECK: "lfr deployment blue-check {deployment_id} --pass PSEUDONYM ...",
}
"""Items that the program sees for itself, and the command by which each comes to be so."""

BEFORE_OPENING: tuple[ChecklistItem, ...] = tuple(
    item for item in ChecklistItem if item not in (ChecklistItem.SIGNS_REMOVED, ChecklistItem.DEBRIEF_HELD)
)
"""Without these no deployment opens."""

VOUCHED_FOR: tuple[ChecklistItem, ...] = tuple(item for item in BEFORE_OPENING if item not in SEEN)
"""Those of them that somebody must tick off."""


@dataclass(frozen=True)
class Ticked:
    """One line somebody ticked off, or found wanting."""

    item: ChecklistItem
    result: ItemResult


def mend(item: ChecklistItem, deployment_id: str) -> str:
    """The command by which an item comes to be so."""
    command = SEEN.get(item, "lfr deployment checklist {deployment_id} --done {item} --reason WHO_AND_WHERE")
    return command.format(deployment_id=deployment_id, item=item)


def open_items(ticked: Iterable[Ticked]) -> list[ChecklistItem]:
    """What is still to be done before the opening, in the order of the list; the last word on each item counts.

    >>> every = [Ticked(item, ItemResult.DONE) for item in BEFORE_OPENING]
    >>> open_items([*every, Ticked(ChecklistItem.SIGNS_PLACED, ItemResult.FAILED)])
    [<ChecklistItem.SIGNS_PLACED: 'signs_placed'>]
    """
    latest = {each.item: each.result for each in ticked}
    return [item for item in BEFORE_OPENING if latest.get(item) is not ItemResult.DONE]
