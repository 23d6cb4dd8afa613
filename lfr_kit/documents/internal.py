"""What officers hold in their hands: the authority, the briefing pack, the deletion certificate.

None of them names a person on the watchlist; where a camera is opened from, which may hold a password, is shown to
nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lfr_kit.documents.page import render
from lfr_kit.documents.public import CATEGORY_WORDS, PublicFacts, said_period
from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.authority import Authority
from lfr_kit.governance.deletion_certificate import SignedCertificate
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.governance.retention import RetentionClass
from lfr_kit.governance.vocabulary import DeletionReason, Response

__all__ = ["BriefingFacts", "GroupRate", "HistoryLine", "authority", "briefing", "certificate"]

_GROUNDS = (
    ("What is to be achieved", "strategic_intent"),
    ("What the deployment does towards it", "purpose"),
    ("Legal basis", "legal_basis"),
    ("Why it is strictly necessary", "necessity"),
    ("Why it is proportionate", "proportionality"),
    ("Less intrusive means", "less_intrusive_means"),
    ("Who else is affected, and what limits it", "collateral_intrusion"),
    ("Why this place", "why_there"),
    ("Why this time", "why_then"),
    ("Who may be on the watchlist", "watchlist_criteria"),
)
"""(heading, field of `Authority`) in the order in which an authorising officer reads them."""

RESPONSE_WORDS = {
    Response.RED: "Do not approach alone. Tell the owner of the entry and Silver at once.",
    Response.AMBER: "Speak to the person. There is a power to arrest or to act; check first that it still stands.",
    Response.GREEN: "Speak to the person: establish who they are, or pass on information. No power by itself.",
}
"""What officers do on an alert, by colour."""

_REASON_WORDS: dict[str, str] = {
    DeletionReason.TTL: "the time for which it may be kept was over",
    DeletionReason.CLOSE: "it was of no more use after the deployment",
    DeletionReason.REQUEST: "it was asked for",
    DeletionReason.ERROR: "it should not have been there",
    DeletionReason.HOLD_RELEASED: "the legal hold that kept it was released",
}
_DELETED_WORDS = {
    "watchlist": "watchlists",
    "entries": "entries of watchlists",
    "pictures": "reference pictures with their templates",
    "alike_pairs": "pairs of people who look alike",
    "blue_list": "blue lists of staff who walked through",
    "blue_list_members": "members of staff on them, with their templates",
    "presence": "officers on the ground who had not checked out",
    "alert": "alerts with their pictures",
    "released_alert": "alerts that a legal hold had kept",
    "deployment": "deployments that held nothing any more",
    "cctv": "segments of recorded footage",
    "inclusion_ledger": "days of the inclusion ledger",
    "ledger_entries": "entries of the inclusion ledger",
    "residue_marks": "earlier deletions whose search pieces expired",
    "session": "sessions that had expired",
}
"""Key of a certificate's counts -> as it is read."""


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    """One step of a deployment, for the authority: who, when, what, why."""

    at: datetime
    actor_id: str
    step: str
    reason: str


@dataclass(frozen=True)
class GroupRate:
    """How often the loaded model failed for a group of people, as measured."""

    group: str
    measure: str
    rate: Rate


@dataclass(frozen=True, kw_only=True)
class BriefingFacts:
    """All that the briefing pack may show.

    Attributes
    ----------
    by_response, by_category, by_age_band
        Counts of the watchlist; no names. Empty while there is no list.
    differences
        Known performance differences of the loaded model; empty = none was measured, which is said.
    verdicts
        What the comparison of groups found, a sentence each.
    differences_measured
        (threshold, data in words) of that comparison.
    measured_with
        What the calibration was measured with, in words; None = not known.
    """

    deployment: Deployment
    public: PublicFacts
    n_entries: int | None
    by_response: Mapping[str, int]
    by_category: Mapping[str, int]
    by_age_band: Mapping[str, int]
    differences: Sequence[GroupRate] = ()
    verdicts: Sequence[str] = ()
    differences_measured: tuple[float, str] | None = None
    measured_with: str | None = None


def authority(deployment: Deployment, history: Sequence[HistoryLine], watchlist_digest: str | None) -> str:
    """The written authority with all grounds, steps, digests and a place to sign."""
    plan = deployment.authority
    return render(
        "authority.html.j2",
        deployment=deployment,
        plan=plan,
        grounds=[*((heading, getattr(plan, field)) for heading, field in _GROUNDS), *_recording_ground(plan)],
        footage_kept=said_period(RetentionClass.CCTV, plan.retention_profile),
        evidence=_evidence(plan),
        categories=[words for each, words in CATEGORY_WORDS.items() if each in plan.allowed_categories],
        history=history,
        watchlist_digest=watchlist_digest,
    )


def _recording_ground(plan: Authority) -> list[tuple[str, str]]:
    return [] if plan.recording is None else [("Why footage must be recorded", plan.recording.why_necessary)]


def _evidence(plan: Authority) -> list[tuple[str, str]]:
    """What the use case stands on, as (name, value)."""
    values: dict[str, Any] = plan.evidence.model_dump(mode="json", exclude={"use_case"})
    return [(name.replace("_", " "), str(value)) for name, value in values.items()]


def briefing(facts: BriefingFacts) -> str:
    """The briefing pack: one part for everybody, one card for each role."""
    return render(
        "briefing.html.j2",
        facts=facts,
        plan=facts.deployment.authority,
        responses={str(each): words for each, words in RESPONSE_WORDS.items()},
    )


def certificate(signed: SignedCertificate) -> str:
    """The deletion certificate for reading; what is signed is the JSON file."""
    body = signed.certificate
    return render(
        "certificate.html.j2",
        signed=signed,
        body=body,
        residue=body.residue,
        kinds=_DELETED_WORDS,
        reason=_REASON_WORDS.get(body.reason, body.reason),
    )
