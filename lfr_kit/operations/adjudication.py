"""What people decide on alerts: the operator first, then an engagement officer, then the review.

Every function is one act: the state is compared and set in it, so of two people who decide at once the first one's
decision stands, and the second one's is kept as a `late_decision` and they are told.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from lfr_kit.errors import DecisionConflictError, JustificationError
from lfr_kit.governance.adjudication import (
    UNDECIDED,
    Conclusion,
    DecisionReason,
    NotEngagedReason,
    Step,
    Verdict,
    after,
    check_decision,
    check_other_person,
    seconds_from,
    truth_if_not_engaged,
    truth_of_verdict,
)
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.operations.alert_hearing import LONGEST_NOTE, Hearing, hearing_of
from lfr_kit.store.repository.alerts import AlertEvent, StoredAlert

if TYPE_CHECKING:
    from lfr_kit.store.store import Store

__all__ = ["conclude", "decide", "do_not_engage", "engage", "review"]

_PARTS = ("decided", "late_decision", "engaged", "not_engaged", "concluded")
"""Kinds of events by which somebody took a part in an alert, also where another's decision stands."""


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
    with hearing_of(store, actor, alert_id, Action.ALERT_ADJUDICATE, f"{verdict}: {reason}") as hearing:
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


def _conflict(hearing: Hearing, verdict: Verdict, reason: DecisionReason, note: str) -> str | None:
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


def _says_no_more(hearing: Hearing, earlier: AlertEvent, reason: DecisionReason, note: str) -> bool:
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
    with hearing_of(store, actor, alert_id, Action.ALERT_ENGAGE, "engages on a viable alert") as hearing:
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
    with hearing_of(store, actor, alert_id, Action.ALERT_ENGAGE, f"does not engage: {reason}") as hearing:
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
    with hearing_of(store, actor, alert_id, Action.ALERT_OUTCOME, f"outcome: {conclusion.truth}") as hearing:
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
    with hearing_of(store, actor, alert_id, Action.ALERT_REVIEW, why) as hearing:
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
