"""The authority: on what grounds, where, when, against whom and with which threshold faces are compared.

A plan is drafted as a TOML file; nothing that gives a reason has a default. Once granted it is the only thing
that lets the engine start. Whether it still holds today (`check_current`) is asked anew at every step.

References
----------
College of Policing APP on live facial recognition; Data Protection Act 2018, sections 35, 42 and 64 and
Schedule 8; R (Bridges) v SWP [2020] EWCA Civ 1058; Surveillance Camera Code of Practice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, Field, model_validator

from lfr_kit.governance.acknowledgement import AcknowledgementRule
from lfr_kit.governance.camera import Camera
from lfr_kit.governance.evidence import Evidence
from lfr_kit.governance.grounds import Explanation, Ground, ShortText, names_nothing
from lfr_kit.governance.part import Part
from lfr_kit.governance.recording_grant import RecordingGrant
from lfr_kit.governance.vocabulary import OFF_BY_DEFAULT, Category, RetentionProfile, UseCase

__all__ = [
    "LONGEST_WINDOW",
    "MOST_ENTRIES",
    "Authority",
    "Schedule8Condition",
    "authority_digest",
    "check_current",
]

LONGEST_WINDOW = timedelta(hours=24)
"""From start to end, extensions included: a deployment is targeted and of limited time (L2)."""

MOST_ENTRIES = 50_000
"""No authority can ask for a longer watchlist; the cap in force is its own `watchlist_cap` (W5)."""

_MOST_CAMERAS = 64


class Schedule8Condition(StrEnum):
    """Conditions of Schedule 8 that sensitive processing in a deployment can rest on."""

    STATUTORY_PURPOSES = "statutory_purposes"
    ADMINISTRATION_OF_JUSTICE = "administration_of_justice"
    VITAL_INTERESTS = "vital_interests"
    SAFEGUARDING = "safeguarding"


class Authority(Part):
    """Everything an authorising officer must know, and the engine is held to.

    The descriptions of the fields are what ``lfr deployment template`` prints.
    """

    use_case: UseCase = Field(description="what it is for")
    evidence: Evidence = Field(description="what the use case stands on")
    strategic_intent: Explanation = Field(description="what is to be achieved")
    purpose: Explanation = Field(description="what the deployment does towards that")
    legal_basis: Explanation = Field(description="in law: common law, statute, and why they reach this")
    schedule_8_condition: Schedule8Condition = Field(description="condition for sensitive processing, DPA 2018")
    necessity: Ground = Field(description="why it is strictly necessary")
    proportionality: Ground = Field(description="why it is proportionate to what everybody scanned bears")
    less_intrusive_means: Ground = Field(description="which other means were considered, and why they do not do")
    collateral_intrusion: Explanation = Field(description="who else is affected, and what limits it")

    place: ShortText = Field(description="where, as the public notice says it")
    why_there: Explanation = Field(description="why this place")
    starts_at: AwareDatetime = Field(description="first moment at which faces may be compared, with time zone")
    ends_at: AwareDatetime = Field(description="end: within 24 hours of the start; nothing runs after it")
    why_then: Explanation = Field(description="why this time")
    expected_footfall: int = Field(ge=1, le=10_000_000, description="people expected to pass")
    cameras: tuple[Camera, ...] = Field(
        min_length=1, max_length=_MOST_CAMERAS, description="the only cameras that may be used"
    )

    watchlist_criteria: Explanation = Field(description="who may be on the list, and by which limits")
    watchlist_cap: int = Field(ge=1, le=MOST_ENTRIES, description="most entries on the list")
    extra_categories: tuple[Category, ...] = Field(
        (), description="beyond the five usual ones, only those named here are taken (associate, witness, victim)"
    )

    embedder: ShortText = Field(description="which network makes the templates")
    space_id: ShortText = Field(description="embedding space of the list and the engine")
    threshold: float = Field(description="least score of an alert; not below the calibration's floor")
    score_scale: ShortText = Field(description="what the threshold is a number of: cosine or cosine_less_rivals")
    calibration_id: ShortText = Field(description="the measurement the threshold rests on")

    equality_ref: ShortText = Field(description="equality impact assessment (public sector equality duty)")
    dpia_ref: ShortText = Field(description="data protection impact assessment")
    community_impact_ref: ShortText = Field(description="community impact assessment of this operation")
    policy_document_version: ShortText = Field(description="appropriate policy document: its version")
    policy_document_review_by: date = Field(description="... and the day by which it must be reviewed")

    recording: RecordingGrant | None = Field(
        None, description="only if footage is to be recorded: leave it out, and nothing is"
    )

    contact: ShortText = Field(description="whom the public can ask")
    complaint_route: ShortText = Field(description="how the public can complain")

    retention_profile: RetentionProfile = Field(
        RetentionProfile.SWP, description="whose published retention periods apply; swp is the shorter"
    )
    blind_first_look: bool = Field(True, description="operators decide once before they see the score")
    decision_limit_s: float = Field(
        60.0, ge=5, le=3600, description="seconds an alert waits for a decision before it counts as unconfirmed"
    )
    acknowledgement: AcknowledgementRule = Field(
        AcknowledgementRule(),
        description="in how many seconds an officer must say that they have an alert in hand; 0 = no limit",
    )

    @property
    def allowed_categories(self) -> frozenset[Category]:
        """Categories whose entries the watchlist may hold."""
        return (frozenset(Category) - OFF_BY_DEFAULT) | frozenset(self.extra_categories)

    @property
    def camera_ids(self) -> tuple[str, ...]:
        """Names of the cameras, in the order of the plan."""
        return tuple(camera.camera_id for camera in self.cameras)

    @model_validator(mode="after")
    def _fits_together(self) -> Authority:
        findings = [*self._wrong_times(), *self._wrong_lists(), *self._wrong_grounds()]
        if findings:
            raise ValueError("\n".join(findings))
        return self

    def _wrong_times(self) -> list[str]:
        if self.ends_at <= self.starts_at:
            return ["ends_at: does not lie after starts_at; correct one of them"]
        if self.ends_at - self.starts_at > LONGEST_WINDOW:
            hours = LONGEST_WINDOW.total_seconds() / 3600
            return [f"ends_at: lies more than {hours:.0f} hours after starts_at; plan a second deployment"]
        return []

    def _wrong_lists(self) -> list[str]:
        findings = []
        if len({each.casefold() for each in self.camera_ids}) < len(self.cameras):
            findings.append("cameras: two have the same camera_id; give each its own")
        needless = sorted(set(self.extra_categories) - OFF_BY_DEFAULT)
        if needless:
            findings.append(f"extra_categories: {', '.join(needless)} need not be named; leave them out")
        if len(set(self.extra_categories)) < len(self.extra_categories):
            findings.append("extra_categories: names one twice")
        return [*findings, *self._wrong_recording()]

    def _wrong_recording(self) -> list[str]:
        recorded = () if self.recording is None else self.recording.cameras
        unknown = sorted(set(recorded) - set(self.camera_ids))
        findings = [f"recording.cameras: {name!r} is no camera of this plan; see cameras" for name in unknown]
        if len(set(recorded)) < len(recorded):
            findings.append("recording.cameras: names one twice")
        return findings

    def _wrong_grounds(self) -> list[str]:
        grounds = [self.necessity, self.proportionality, self.less_intrusive_means]
        names = "necessity, proportionality, less_intrusive_means"
        if self.recording is not None:
            grounds.append(self.recording.why_necessary)
            names += ", recording.why_necessary"
        findings = []
        if len({" ".join(ground.casefold().split()) for ground in grounds}) < len(grounds):
            findings.append(f"{names}: two are the same text; each has its own")
        if self.evidence.use_case != self.use_case:
            findings.append(f"evidence: is that of {self.evidence.use_case}, not of {self.use_case}")
        return findings


def authority_digest(authority: Authority) -> str:
    """Hex SHA-256 over every field: what was asked for is what is granted is what runs.

    A plan has the digest that it had before plans could ask for recording, or say how soon alerts must be
    acknowledged, where it does not.
    """
    values = authority.model_dump(mode="json")
    for name in ("recording", "acknowledgement"):
        if getattr(authority, name) == Authority.model_fields[name].default:
            del values[name]
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def check_current(authority: Authority, today: date) -> list[str]:
    """What has run out since the plan was written, or was left open in it, in words; empty if nothing.

    A draft may say that a reference is still to come; what is asked for, granted and run may not.
    """
    findings = [
        f"{name}: {value!r} names nothing; name it: lfr deployment amend" for name, value in _open(authority)
    ]
    if authority.policy_document_review_by < today:
        findings.append(
            f"policy_document_review_by: the appropriate policy document {authority.policy_document_version} was "
            f"to be reviewed by {authority.policy_document_review_by.isoformat()}; review it, then plan anew"
        )
    return findings


def _open(authority: Authority) -> Iterator[tuple[str, str]]:
    """Lines, also of the evidence, in which something is to be named and nothing is."""
    for part, prefix in ((authority, ""), (authority.evidence, "evidence.")):
        for name, value in part:
            if isinstance(value, str) and not isinstance(value, StrEnum) and names_nothing(value):
                yield prefix + name, value
