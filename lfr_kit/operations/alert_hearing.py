"""One person's act on an alert: the alert locked, what happened to it so far, and what they add to it.

Of two people who act at once the second one finds what the first one did.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfr_kit.errors import DecisionConflictError, StateError
from lfr_kit.governance.adjudication import NotEngagedReason, Step, after, check_alert_id
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import AlertState, Operation
from lfr_kit.operations.alert_expiry import expire_if_due
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.repository.alerts import AlertEvent, StoredAlert
from lfr_kit.store.repository.deployments import standing

if TYPE_CHECKING:
    from lfr_kit.store.store import Act, Store

__all__ = ["LONGEST_NOTE", "Hearing", "hearing_of"]

LONGEST_NOTE = 2_000
"""Characters of a free note."""


@dataclass
class Hearing:
    """An alert, locked within an act of one person, and what happened to it so far."""

    act: Act
    alert: StoredAlert
    events: list[AlertEvent]

    def first(self, kind: str) -> AlertEvent | None:
        """The first event of a kind."""
        return next((event for event in self.events if event.kind == kind), None)

    def looked_at(self, *, as_operator: bool) -> AlertEvent:
        """The actor's own first look. StateError if they decide on what they have not seen."""
        who = self.act.actor.user_id
        looks = (e for e in self.events if e.kind == "viewed" and e.actor_id == who)
        look = next((e for e in looks if e.data.get("as_operator") or not as_operator), None)
        if look is None:
            raise StateError(
                f"{who} has not looked at alert {self.alert.alert_id}; look at its two pictures first: "
                f"lfr alerts show {self.alert.alert_id} --reason WHY"
            )
        return look

    def note_of(self, event: AlertEvent) -> str:
        """The sealed note of one of the events."""
        key = self.act.key(rows.scope_of(self.alert))
        opened = rows.events(self.act.connection, self.alert.alert_id, key)
        return next(each.note for each in opened if each.seq == event.seq)

    def check_still_sought(self) -> None:
        """StateError if the entry was taken off its list, or has expired, since the alert was raised."""
        alert, connection = self.alert, self.act.connection
        watchlist_id = standing(connection, alert.deployment_id).watchlist_id
        if not rows.entry_is_searched(connection, alert.entry_id, watchlist_id, self.act.at):
            raise StateError(
                f"alert {alert.alert_id}: entry {alert.entry_id} was withdrawn or has expired; nobody engages on "
                f"it: lfr alerts engage {alert.alert_id} --not {NotEngagedReason.STATUS_NOT_CURRENT}"
            )

    def people(self, *kinds: str) -> set[str]:
        """Who did things of these kinds."""
        return {event.actor_id for event in self.events if event.kind in kinds}

    def note(self, kind: str, new: AlertState | None, data: dict[str, Any], note: str) -> None:
        """Appends an event; `new` None = the state stays."""
        event = AlertEvent(
            seq=self.events[-1].seq + 1,
            at=self.act.at,
            actor_id=self.act.actor.user_id,
            kind=kind,
            from_state=self.alert.state,
            to_state=new or self.alert.state,
            data=data,
            note=clean_text(note, "note", LONGEST_NOTE, lines=True),
        )
        key = self.act.key(rows.scope_of(self.alert))
        rows.append_event(self.act.connection, key, self.alert, event)
        self.act.details.update({key: value for key, value in data.items() if value is not None}, event=kind)

    def step(self, step: Step, **values: Any) -> AlertState:
        """Takes a step on the row. StateError if there is none from its state."""
        new = after(self.alert.state, step)
        if not rows.change(self.act.connection, self.alert, state=str(new), **values):
            raise DecisionConflictError(
                f"alert {self.alert.alert_id}: somebody changed it at this moment; look at it again"
            )
        return new

    def now(self) -> StoredAlert:
        """The alert as it stands."""
        return rows.alert(self.act.connection, self.alert.alert_id)


@contextmanager
def hearing_of(store: Store, actor: Actor, alert_id: str, action: Action, why: str) -> Iterator[Hearing]:
    """An act of one person on an alert; one whose time to decide is over has expired first.

    Raises
    ------
    PermissionRefusedError
        If the actor may not do that; logged.
    NotInStoreError
        If there is no such alert.
    """
    deployment_id = _deployment_of(store, alert_id)
    with store.act(
        actor,
        action,
        Operation.ALTERATION,
        subject=f"alert:{alert_id}",
        deployment_id=deployment_id,
        justification=why,
    ) as act:
        stored = expire_if_due(act, rows.alert(act.connection, alert_id, lock=True))
        yield Hearing(act, stored, rows.events(act.connection, alert_id))


def _deployment_of(store: Store, alert_id: str) -> str:
    """NotInStoreError for an id that nobody has, before anything is logged under it."""
    with store.reading() as connection:
        return rows.alert(connection, check_alert_id(alert_id)).deployment_id
