"""What people decide on alerts: the operator first, then an engagement officer, then the review.

Every function is one act: the state is compared and set in it, so of two people who decide at once the first one's
decision stands, and the second one's is kept as a `late_decision` and they are told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lfr_kit.errors import DecisionConflictError, JustificationError, StateError
from lfr_kit.governance.adjudication import (
    UNDECIDED,
    Conclusion,
    DecisionReason,
    NotEngagedReason,
    Step,
    Verdict,
    after,
    check_alert_id,
    check_decision,
    check_other_person,
    seconds_from,
    truth_if_not_engaged,
    truth_of_verdict,
)
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import AlertState, Operation
from lfr_kit.operations.alert_expiry import expire_if_due
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.repository.alerts import AlertEvent, StoredAlert
from lfr_kit.store.repository.deployments import standing

if TYPE_CHECKING:
    from lfr_kit.store.store import Act, Store

__all__ = ["LONGEST_NOTE", "conclude", "decide", "do_not_engage", "engage", "review"]

LONGEST_NOTE = 2_000
"""Characters of a free note."""
_PARTS = ("decided", "late_decision", "engaged", "not_engaged", "concluded")
"""Kinds of events by which somebody took a part in an alert, also where another's decision stands."""


@dataclass
class _Hearing:
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
def _hearing(store: Store, actor: Actor, alert_id: str, action: Action, why: str) -> Iterator[_Hearing]:
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
        yield _Hearing(act, stored, rows.events(act.connection, alert_id))


def _deployment_of(store: Store, alert_id: str) -> str:
    """NotInStoreError for an id that nobody has, before anything is logged under it."""
    with store.reading() as connection:
        return rows.alert(connection, check_alert_id(alert_id)).deployment_id


def decide(
    store: Store, actor: Actor, alert_id: str, verdict: Verdict, reason: DecisionReason, *, note: str = ""
) -> StoredAlert:
    """An operator finds an alert viable or dismisses it. The same decision sent twice changes nothing.

    With another reason or note it is not the same: the first stands, the second is kept as a late one.

    Raises
    ------
    StateError
        If the operator has not looked at it.
    DecisionConflictError
        If somebody decided first, or the time was over: says who, when and what. The decision and its note are
        kept as a late one.
    InputError
        If the reason is none for this verdict.
    """
    step = check_decision(verdict, reason)
    with _hearing(store, actor, alert_id, Action.ALERT_ADJUDICATE, f"{verdict}: {reason}") as hearing:
        look, raised = hearing.looked_at(as_operator=True), hearing.alert.raised_at
        data = {
            "verdict": str(verdict),
            "reason_code": str(reason),
            "truth": _text(truth_of_verdict(verdict)),
            "decision_s": seconds_from(look.at, hearing.act.at),
            "decision_s_from_raise": seconds_from(raised, hearing.act.at),
        }
        conflict = _conflict(hearing, verdict, reason, note)
        if conflict is None and hearing.alert.state in UNDECIDED:
            new = hearing.step(step, truth=data["truth"])
            hearing.note("decided", new, data, note)
        elif conflict is not None:
            hearing.note("late_decision", None, {f"late_{name}": value for name, value in data.items()}, note)
        now = hearing.now()
    if conflict is not None:
        raise DecisionConflictError(conflict)
    return now


def _conflict(hearing: _Hearing, verdict: Verdict, reason: DecisionReason, note: str) -> str | None:
    """In words, who decided first and what; None if the decision stands, or stands already."""
    alert_id, earlier = hearing.alert.alert_id, hearing.first("decided")
    kept = f"your decision ({verdict}) is kept as a late one for the review"
    if earlier is not None:
        if earlier.actor_id == hearing.act.actor.user_id and earlier.data["verdict"] == verdict:
            if _says_no_more(hearing, earlier, reason, note):
                return None
            kept = "that stands unchanged; the reason and the note sent now are kept as late ones for the review"
        what = f"{earlier.data['verdict']} ({earlier.data['reason_code']})"
        return f"alert {alert_id}: {earlier.actor_id} decided {what} at {earlier.at:%H:%M:%S} UTC; {kept}"
    expired = hearing.first("expired")
    if expired is None:
        return None
    return f"alert {alert_id}: its time to decide was over at {hearing.alert.expires_at:%H:%M:%S} UTC; {kept}"


def _says_no_more(hearing: _Hearing, earlier: AlertEvent, reason: DecisionReason, note: str) -> bool:
    """Whether a decision sent again gives the same reason, and no note or the same one."""
    words = clean_text(note, "note", LONGEST_NOTE, lines=True)
    return earlier.data["reason_code"] == reason and (not words or words == hearing.note_of(earlier))


def engage(store: Store, actor: Actor, alert_id: str, *, status_rechecked: bool, note: str = "") -> StoredAlert:
    """An engagement officer, having looked for himself, speaks to the person.

    Parameters
    ----------
    store, actor, alert_id
        Who engages on which alert.
    status_rechecked
        Whether it was checked anew that the entry is still current (W12); asked every time, both answers kept.
    note
        Free text, sealed.

    Raises
    ------
    StateError
        If no operator found the alert viable, the officer is that operator, or has not looked at it; or the entry
        was withdrawn or has expired since.
    """
    with _hearing(store, actor, alert_id, Action.ALERT_ENGAGE, "engages on a viable alert") as hearing:
        after(hearing.alert.state, Step.ENGAGE)
        check_other_person(actor.user_id, hearing.people("decided"), "engage")
        look = hearing.looked_at(as_operator=False)
        hearing.check_still_sought()
        new = hearing.step(Step.ENGAGE)
        data = {"status_rechecked": status_rechecked, "officer_s": seconds_from(look.at, hearing.act.at)}
        hearing.note("engaged", new, data, note)
        return hearing.now()


def do_not_engage(
    store: Store, actor: Actor, alert_id: str, reason: NotEngagedReason, *, note: str = ""
) -> StoredAlert:
    """Nobody speaks to the person of a viable alert, and why; the truth stays unconfirmed.

    Raises
    ------
    StateError
        As `engage`.
    """
    with _hearing(store, actor, alert_id, Action.ALERT_ENGAGE, f"does not engage: {reason}") as hearing:
        after(hearing.alert.state, Step.DO_NOT_ENGAGE)
        check_other_person(actor.user_id, hearing.people("decided"), "say that nobody engages")
        hearing.looked_at(as_operator=False)
        truth = truth_if_not_engaged(reason)
        new = hearing.step(Step.DO_NOT_ENGAGE, truth=str(truth))
        hearing.note("not_engaged", new, {"reason_code": str(reason), "truth": str(truth)}, note)
        return hearing.now()


def conclude(store: Store, actor: Actor, alert_id: str, conclusion: Conclusion, *, note: str = "") -> StoredAlert:
    """How an engagement ended: whether it was the person, what came of it, how they were identified.

    Raises
    ------
    StateError
        If nobody engages on this alert, or the actor is the operator who found it viable.
    """
    with _hearing(store, actor, alert_id, Action.ALERT_OUTCOME, f"outcome: {conclusion.truth}") as hearing:
        after(hearing.alert.state, Step.CONCLUDE)
        check_other_person(actor.user_id, hearing.people("decided"), "say how it ended")
        data = _concluded(conclusion)
        new = hearing.step(Step.CONCLUDE, truth=data["truth"], outcome=data["outcome"])
        hearing.note("concluded", new, data, note)
        return hearing.now()


def review(
    store: Store, actor: Actor, alert_id: str, finding: Conclusion, *, reason: str, note: str = ""
) -> StoredAlert:
    """The review after the deployment confirms or corrects the truth of a settled alert; each time an event.

    Raises
    ------
    StateError
        If the alert is not settled, the reviewer took a part in it, or has not looked at it.
    JustificationError
        If no reason is given.
    """
    why = clean_text(reason, "reason", LONGEST_NOTE, lines=True)
    if not why:
        raise JustificationError(f"alert {alert_id}: say why its truth is so (--reason); the audit log keeps it")
    with _hearing(store, actor, alert_id, Action.ALERT_REVIEW, why) as hearing:
        after(hearing.alert.state, Step.REVIEW)
        check_other_person(actor.user_id, hearing.people(*_PARTS), "review it")
        hearing.looked_at(as_operator=False)
        data = {**_concluded(finding), "old_truth": _text(hearing.alert.truth)}
        new = hearing.step(Step.REVIEW, truth=data["truth"], outcome=data["outcome"])
        hearing.note("reviewed", new, data, note)
        return hearing.now()


def _concluded(conclusion: Conclusion) -> dict[str, str | None]:
    values: dict[str, StrEnum | None] = {
        "truth": conclusion.truth,
        "outcome": conclusion.outcome,
        "id_method": conclusion.id_method,
    }
    return {name: _text(value) for name, value in values.items()}


def _text(closed: StrEnum | None) -> str | None:
    return None if closed is None else str(closed)
