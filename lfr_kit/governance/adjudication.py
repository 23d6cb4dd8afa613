"""The adjudication of an alert: which steps there are, who may not take two of them, what each says of the truth.

    RAISED -> VIEWED -> DISMISSED
                     -> VIABLE -> NOT_ENGAGED
                               -> ENGAGED -> CONCLUDED
    RAISED, VIEWED -> UNCONFIRMED      when nobody decided in time

There is no way round a person: an alert is engaged on only after one operator has looked at the two pictures and
found it viable, and another officer has looked too and decided for himself. A similarity is no ground for
anything: neither the reasons nor the ways to identify a person name one.

References
----------
R (Bridges) v Chief Constable of South Wales Police [2019] EWHC 2341 (Admin), paras 33 to 41 (a person looks first,
the officer decides for himself). Truth and outcome: the Metropolitan Police's published deployment records. Data
Protection Act 2018, sections 49 and 50 (no decision by a machine alone).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lfr_kit.errors import InputError, StateError
from lfr_kit.governance.vocabulary import AlertState, Outcome, Truth

__all__ = [
    "FALSE_TRUTHS",
    "SETTLED",
    "STEPS",
    "UNDECIDED",
    "Conclusion",
    "DecisionReason",
    "IdMethod",
    "NotEngagedReason",
    "Step",
    "Verdict",
    "after",
    "check_alert_id",
    "check_decision",
    "check_other_person",
    "seconds_from",
    "truth_if_not_engaged",
    "truth_of_verdict",
]


class Step(StrEnum):
    """What can happen to an alert once it was raised."""

    VIEW = "view"
    DISMISS = "dismiss"
    FIND_VIABLE = "find_viable"
    ENGAGE = "engage"
    DO_NOT_ENGAGE = "do_not_engage"
    CONCLUDE = "conclude"
    EXPIRE = "expire"
    REVIEW = "review"


class Verdict(StrEnum):
    """What the operator says after comparing the two pictures."""

    DISMISSED = "dismissed"
    VIABLE = "viable"


class DecisionReason(StrEnum):
    """Why an operator dismisses an alert or finds it viable."""

    DIFFERENT_PERSON = "different_person"
    PICTURE_TOO_POOR = "picture_too_poor"
    NOT_A_LIVE_FACE = "not_a_live_face"
    ENTRY_NOT_CURRENT = "entry_not_current"
    SAME_FEATURES = "same_features"
    SAME_MARKS = "same_marks"
    PERSON_KNOWN_TO_OPERATOR = "person_known_to_operator"


class NotEngagedReason(StrEnum):
    """Why nobody spoke to a person whose alert was viable."""

    PERSON_GONE = "person_gone"
    NO_OFFICER_FREE = "no_officer_free"
    NOT_PROPORTIONATE = "not_proportionate"
    STATUS_NOT_CURRENT = "status_not_current"
    OFFICER_SAW_ANOTHER_PERSON = "officer_saw_another_person"


class IdMethod(StrEnum):
    """By which ordinary means a person was identified. An alert or its similarity is none."""

    DOCUMENT = "document"
    DETAILS_CHECKED = "details_checked"
    FINGERPRINT = "fingerprint"
    KNOWN_TO_OFFICER = "known_to_officer"
    THIRD_PERSON = "third_person"


_S = AlertState
STEPS: dict[tuple[AlertState, Step], AlertState] = {
    (_S.RAISED, Step.VIEW): _S.VIEWED,
    (_S.VIEWED, Step.DISMISS): _S.DISMISSED,
    (_S.VIEWED, Step.FIND_VIABLE): _S.VIABLE,
    (_S.VIABLE, Step.ENGAGE): _S.ENGAGED,
    (_S.VIABLE, Step.DO_NOT_ENGAGE): _S.NOT_ENGAGED,
    (_S.ENGAGED, Step.CONCLUDE): _S.CONCLUDED,
    (_S.RAISED, Step.EXPIRE): _S.UNCONFIRMED,
    (_S.VIEWED, Step.EXPIRE): _S.UNCONFIRMED,
    **{
        (settled, Step.REVIEW): settled for settled in (_S.DISMISSED, _S.NOT_ENGAGED, _S.CONCLUDED, _S.UNCONFIRMED)
    },
    **{(seen, Step.VIEW): seen for seen in AlertState if seen is not _S.RAISED},
}
"""(state, step) -> state after it. What is not here cannot be done. Looking again changes nothing."""

UNDECIDED = frozenset({_S.RAISED, _S.VIEWED})
"""States of an alert on which no operator has decided."""

SETTLED = frozenset({_S.DISMISSED, _S.NOT_ENGAGED, _S.CONCLUDED, _S.UNCONFIRMED})
"""States after which only the post-deployment review follows."""

FALSE_TRUTHS = frozenset({Truth.FALSE_CONFIRMED, Truth.FALSE_UNCONFIRMED})
"""Truths that count as a false alert."""

_CONFIRMED = frozenset({Truth.TRUE_CONFIRMED, Truth.FALSE_CONFIRMED})
_ALERT_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_R = DecisionReason
_REASONS = {
    Verdict.DISMISSED: frozenset(
        {_R.DIFFERENT_PERSON, _R.PICTURE_TOO_POOR, _R.NOT_A_LIVE_FACE, _R.ENTRY_NOT_CURRENT}
    ),
    Verdict.VIABLE: frozenset({_R.SAME_FEATURES, _R.SAME_MARKS, _R.PERSON_KNOWN_TO_OPERATOR}),
}


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """How an engagement ended.

    Attributes
    ----------
    truth
        Confirmed where the person was identified; unconfirmed where they got away before.
    outcome
        What came of it; None where the person got away.
    id_method
        How they were identified; None where they were not.

    Raises
    ------
    InputError
        If the three do not fit together.
    """

    truth: Truth
    outcome: Outcome | None = None
    id_method: IdMethod | None = None

    def __post_init__(self) -> None:
        if self.truth in _CONFIRMED:
            if self.outcome is None or self.id_method is None:
                raise InputError(
                    f"truth {self.truth}: say what came of it ({_listed(Outcome)}) and by which ordinary means "
                    f"the person was identified ({_listed(IdMethod)})"
                )
        elif self.outcome is not None or self.id_method is not None:
            raise InputError(
                f"truth {self.truth}: is for a person who was not identified, so it has neither outcome nor a way "
                "of identifying; leave them out, or give a confirmed truth"
            )


def after(state: AlertState, step: Step) -> AlertState:
    """The state a step leads to. StateError, naming the steps there are, if it cannot be taken."""
    found = STEPS.get((state, step))
    if found is None:
        able = ", ".join(each for (at, each), to in STEPS.items() if at is state and (each, to) != (Step.VIEW, at))
        raise StateError(f"the alert is {state}: {step} is no step from there; there are: {able or 'none'}")
    return found


def check_alert_id(alert_id: str) -> str:
    """The id, if it can be one at all: it also names files. InputError if not."""
    if not _ALERT_ID.fullmatch(alert_id):
        raise InputError(f"alert id {alert_id[:60]!r}: must be 1 to 40 letters, digits, '-' or '_'")
    return alert_id


def check_decision(verdict: Verdict, reason: DecisionReason) -> Step:
    """The step of a verdict. InputError, naming the reasons there are, if the reason is another verdict's."""
    if reason not in _REASONS[verdict]:
        raise InputError(
            f"reason {reason}: is none for {verdict}; give one of {', '.join(sorted(_REASONS[verdict]))}"
        )
    return Step.FIND_VIABLE if verdict is Verdict.VIABLE else Step.DISMISS


def check_other_person(who: str, earlier: Collection[str], doing: str) -> None:
    """StateError if a person would check themselves.

    Parameters
    ----------
    who
        The person who acts.
    earlier
        Who took the steps that this one checks.
    doing
        In words, e.g. ``"engage"``.
    """
    if who in earlier:
        raise StateError(f"{who} took a part in this alert already; another person must {doing}")


def truth_of_verdict(verdict: Verdict) -> Truth | None:
    """What a verdict alone says of the truth: a dismissed alert is false, a viable one still open."""
    return Truth.FALSE_UNCONFIRMED if verdict is Verdict.DISMISSED else None


def truth_if_not_engaged(reason: NotEngagedReason) -> Truth:
    """What is held true where nobody spoke to the person, until a review says otherwise."""
    if reason is NotEngagedReason.OFFICER_SAW_ANOTHER_PERSON:
        return Truth.FALSE_UNCONFIRMED
    return Truth.TRUE_UNCONFIRMED


def seconds_from(earlier: datetime, later: datetime) -> float:
    """Seconds between two times, to the millisecond; 0 where a clock was set back between them."""
    return max(0.0, round((later - earlier).total_seconds(), 3))


def _listed(closed: type[StrEnum]) -> str:
    return ", ".join(closed)
