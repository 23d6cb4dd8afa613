"""The closed lists of overt live facial recognition. Nothing outside them can be stored.

References
----------
Watchlist categories: College of Policing, Authorised Professional Practice on live facial recognition (2022).
Use cases, truth and outcome: the Metropolitan Police's published deployment records. Operations: Data Protection
Act 2018, section 62. Responses: South Wales Police, in R (Bridges) v SWP [2019] EWHC 2341, para 33.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "HIGHER_TEST",
    "OFF_BY_DEFAULT",
    "AlertState",
    "Category",
    "DeletionReason",
    "DeploymentState",
    "EntryStatus",
    "Operation",
    "Outcome",
    "Response",
    "RetentionProfile",
    "Truth",
    "UseCase",
    "WatchlistState",
]


class Category(StrEnum):
    """Why a person is on a watchlist."""

    WANTED_BY_COURTS = "wanted_by_courts"
    SUSPECT = "suspect"
    SUBJECT_TO_CONDITIONS = "subject_to_conditions"
    MISSING_AT_INCREASED_RISK = "missing_at_increased_risk"
    RISK_OF_HARM = "risk_of_harm"
    ASSOCIATE = "associate"
    WITNESS = "witness"
    VICTIM = "victim"


OFF_BY_DEFAULT = frozenset({Category.ASSOCIATE, Category.WITNESS, Category.VICTIM})
"""Categories an authority must name one by one before an entry of theirs is taken."""

HIGHER_TEST = OFF_BY_DEFAULT | {Category.MISSING_AT_INCREASED_RISK}
"""Categories in which an entry needs a second approver (W7)."""


class Response(StrEnum):
    """What officers do on an alert; the order is the order of the queue."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


class EntryStatus(StrEnum):
    """Where a watchlist entry stands. Only APPROVED ones are searched."""

    QUARANTINED = "quarantined"
    PENDING_REVIEW = "pending_review"
    PENDING_SECOND_APPROVAL = "pending_second_approval"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class WatchlistState(StrEnum):
    """A list is built, then frozen under its digest, then deleted."""

    BUILDING = "building"
    FROZEN = "frozen"
    DELETED = "deleted"


class UseCase(StrEnum):
    """What a deployment is for; each asks for its own evidence."""

    CRIME_HOTSPOT = "crime_hotspot"
    MISSING_PERSON_HOTSPOT = "missing_person_hotspot"
    PSO_CNI = "pso_cni"
    PSO_EVENT = "pso_event"
    SPECIFIC_INTELLIGENCE = "specific_intelligence"


class DeploymentState(StrEnum):
    """Where a deployment stands; the edges are in `lfr_kit.governance.deployment_state`."""

    DRAFT = "draft"
    REQUESTED = "requested"
    GRANTED = "granted"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    ABORTED = "aborted"
    PURGED = "purged"


class AlertState(StrEnum):
    """Where an alert stands; the edges are in `lfr_kit.governance.adjudication`."""

    RAISED = "raised"
    VIEWED = "viewed"
    DISMISSED = "dismissed"
    VIABLE = "viable"
    ENGAGED = "engaged"
    NOT_ENGAGED = "not_engaged"
    CONCLUDED = "concluded"
    UNCONFIRMED = "unconfirmed"


class Truth(StrEnum):
    """Whether the probe is the person on the list, as published.

    True = determined to be the same person; unconfirmed = judged so without the person having been identified.
    """

    TRUE_CONFIRMED = "true_confirmed"
    TRUE_UNCONFIRMED = "true_unconfirmed"
    FALSE_CONFIRMED = "false_confirmed"
    FALSE_UNCONFIRMED = "false_unconfirmed"


class Outcome(StrEnum):
    """What came of an engagement, as published."""

    ARREST = "arrest"
    OTHER = "other"
    NO_ACTION = "no_action"


class DeletionReason(StrEnum):
    """Why something was deleted."""

    TTL = "ttl"
    CLOSE = "close"
    REQUEST = "request"
    ERROR = "error"
    HOLD_RELEASED = "hold_released"


class RetentionProfile(StrEnum):
    """Whose published retention periods apply; `swp` is the shorter and the default."""

    SWP = "swp"
    MPS = "mps"


class Operation(StrEnum):
    """The six operations on personal data that must be logged."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"
