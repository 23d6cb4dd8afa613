"""What a deployment's event log adds up to: time open, faces seen, alerts, outcomes. Pure counting.

One person, one alert: all alerts on one watchlist entry that were found *true* show the same person, and count
once, as confirmed if any of them was, with the gravest outcome. Alerts found *false* count each: nobody knows
whether two strangers mistaken for the same entry are one stranger. So a repeat never makes the rate look better.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lfr_kit.governance.vocabulary import AlertState, DeploymentState, Outcome, Truth

__all__ = [
    "COUNTING_RULE",
    "AlertCounts",
    "AlertEvent",
    "AlertHistory",
    "DeploymentEvent",
    "FacesSeen",
    "Spell",
    "count_alerts",
    "faces_seen",
    "least_threshold",
    "lit_seconds",
    "spells",
    "within_window",
]

COUNTING_RULE = (
    "One person, one alert: repeated true alerts on one watchlist entry count once. False alerts count each. "
    "Alerts on staff enrolled to test the system (the blue list) are not counted."
)

_TRUE = frozenset({Truth.TRUE_CONFIRMED, Truth.TRUE_UNCONFIRMED})
_GRAVEST_FIRST = (Outcome.ARREST, Outcome.OTHER, Outcome.NO_ACTION)


@dataclass(frozen=True, kw_only=True)
class DeploymentEvent:
    """One line of a deployment's log; see `lfr_kit.store.tables.deployments` for the kinds."""

    at: datetime
    kind: str
    from_state: str | None = None
    to_state: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AlertEvent:
    """One line of an alert's log."""

    at: datetime
    to_state: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AlertHistory:
    """An alert and what became of it.

    Attributes
    ----------
    alert_id, entry_id
        Of the alert and of the person on the list.
    events
        In the order in which they happened.
    is_blue_list
        Whether the entry is a member of staff enrolled to test the system.
    """

    alert_id: str
    entry_id: str
    events: tuple[AlertEvent, ...]
    is_blue_list: bool = False

    @property
    def truth(self) -> Truth | None:
        """What was found last; None while nobody has judged it."""
        return self._finding[0]

    @property
    def outcome(self) -> Outcome | None:
        """What came of the engagement, by the last finding; a review may have taken it back."""
        return self._finding[1]

    @property
    def was_engaged(self) -> bool:
        """Whether an officer spoke to the person."""
        return any(event.to_state == AlertState.ENGAGED for event in self.events)

    @property
    def _finding(self) -> tuple[Truth | None, Outcome | None]:
        found = [event.data for event in self.events if event.data.get("truth") is not None]
        if not found:
            return None, None
        outcome = found[-1].get("outcome")
        return Truth(found[-1]["truth"]), None if outcome is None else Outcome(outcome)


@dataclass(frozen=True, kw_only=True)
class AlertCounts:
    """Alerts by what was found, people by what came of it.

    Attributes
    ----------
    by_truth, by_outcome
        Counts for every member of `Truth` and of `Outcome`.
    n_engaged
        People officers spoke to after an alert.
    n_awaiting_review
        Alerts that nobody has judged yet: the record is provisional while there are any.
    n_repeats
        True alerts left out because the same person was counted already.
    n_blue_list
        Alerts on staff, left out of everything else.
    """

    by_truth: Mapping[Truth, int]
    by_outcome: Mapping[Outcome, int]
    n_engaged: int
    n_awaiting_review: int
    n_repeats: int
    n_blue_list: int


def count_alerts(histories: Iterable[AlertHistory]) -> AlertCounts:
    """Counts alerts by the rule above."""
    everyone = list(histories)
    public = [each for each in everyone if not each.is_blue_list]
    counted = _one_person_one_alert(public)
    truths = Counter(_gravest_truth(group) for group in counted)
    outcomes = Counter(_gravest_outcome(group) for group in counted)
    return AlertCounts(
        by_truth={truth: truths[truth] for truth in Truth},
        by_outcome={outcome: outcomes[outcome] for outcome in Outcome},
        n_engaged=sum(any(each.was_engaged for each in group) for group in counted),
        n_awaiting_review=truths[None],
        n_repeats=len(public) - len(counted),
        n_blue_list=len(everyone) - len(public),
    )


def _one_person_one_alert(public: Sequence[AlertHistory]) -> list[list[AlertHistory]]:
    """Alerts in groups that count as one."""
    same_person: dict[str, list[AlertHistory]] = defaultdict(list)
    single = []
    for each in public:
        if each.truth in _TRUE:
            same_person[each.entry_id].append(each)
        else:
            single.append([each])
    return [*same_person.values(), *single]


def _gravest_truth(group: Sequence[AlertHistory]) -> Truth | None:
    truths = {each.truth for each in group}
    return Truth.TRUE_CONFIRMED if Truth.TRUE_CONFIRMED in truths else group[0].truth


def _gravest_outcome(group: Sequence[AlertHistory]) -> Outcome | None:
    outcomes = {each.outcome for each in group}
    return next((outcome for outcome in _GRAVEST_FIRST if outcome in outcomes), None)


@dataclass(frozen=True)
class FacesSeen:
    """How many faces, and how they were counted: two methods give numbers that cannot be compared."""

    n: int
    methods: tuple[str, ...]


def faces_seen(events: Iterable[DeploymentEvent]) -> FacesSeen:
    """Sum over all cameras of the newly seen faces of each ``faces_seen`` event."""
    counted = [event.data for event in events if event.kind == "faces_seen"]
    methods = {str(data.get("method", "")) for data in counted} - {""}
    return FacesSeen(sum(int(data["n"]) for data in counted), tuple(sorted(methods)))


def least_threshold(authorised: float, events: Iterable[DeploymentEvent]) -> float:
    """The lowest threshold that was in force, of the authority's own and every one it was changed to."""
    changed = [float(event.data["new"]) for event in events if event.kind == "threshold"]
    return min([authorised, *changed])


@dataclass(frozen=True)
class Spell:
    """A stretch of time; `ended_at` is None while it lasts."""

    started_at: datetime
    ended_at: datetime | None

    def seconds(self, until: datetime) -> float:
        """Length, up to `until` if it still lasts."""
        return ((self.ended_at or until) - self.started_at).total_seconds()


def within_window(found: Iterable[Spell], ends_at: datetime) -> tuple[Spell, ...]:
    """Spells cut off where the window ends: nothing is compared after it, even if it is closed late in the log."""
    return tuple(
        Spell(spell.started_at, spell.ended_at and min(spell.ended_at, ends_at))
        for spell in found
        if spell.started_at < ends_at
    )


def spells(events: Iterable[DeploymentEvent], state: DeploymentState) -> tuple[Spell, ...]:
    """The times in which the deployment stood in a state."""
    found: list[Spell] = []
    since: datetime | None = None
    for event in events:
        if event.to_state is None:
            continue
        if since is not None and event.to_state != state:
            found.append(Spell(since, event.at))
            since = None
        elif since is None and event.to_state == state:
            since = event.at
    return tuple(found if since is None else [*found, Spell(since, None)])


def lit_seconds(events: Sequence[DeploymentEvent], until: datetime) -> dict[str, float]:
    """Seconds that each camera was lit, by its ``lit`` and ``dark`` events; one still lit counts to `until`."""
    total: dict[str, float] = {}
    lit: dict[str, datetime] = {}
    for event in events:
        camera = str(event.data.get("camera_id", ""))
        if event.kind == "lit":
            lit.setdefault(camera, event.at)
        elif event.kind == "dark" and camera in lit:
            total[camera] = total.get(camera, 0.0) + (event.at - lit.pop(camera)).total_seconds()
    for camera, since in lit.items():
        total[camera] = total.get(camera, 0.0) + (until - since).total_seconds()
    return dict(sorted(total.items()))
