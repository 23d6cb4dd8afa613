"""What the public is told before and during a deployment: notice, poster and leaflet, in plain words.

They name no person and quote none of the grounds of the authority, which may hold what is not public: only its
place, times, use case, categories, retention profile, whether video is recorded, contact and complaint route, each
from a closed list or written for the public.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lfr_kit.documents.page import render
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.governance.retention import RetentionClass, period
from lfr_kit.governance.vocabulary import OFF_BY_DEFAULT, Category, RetentionProfile, UseCase

__all__ = ["CATEGORY_WORDS", "PublicFacts", "leaflet", "notice", "poster", "public_facts", "said_period"]

CATEGORY_WORDS = {
    Category.WANTED_BY_COURTS: "people wanted by the courts",
    Category.SUSPECT: "people suspected of an offence",
    Category.SUBJECT_TO_CONDITIONS: "people who must keep to bail conditions or a court order",
    Category.MISSING_AT_INCREASED_RISK: "missing people who are at risk",
    Category.RISK_OF_HARM: "people who may harm themselves or others",
    Category.ASSOCIATE: "people linked to somebody sought",
    Category.WITNESS: "witnesses who must be found",
    Category.VICTIM: "victims who must be found",
}
"""Each category as the public reads it."""
_ROOMY = 120
"""Letters for which a page has room in its largest type, see `_n_letters`."""
_OF_FOOTAGE = 60
"""Letters that the line on video takes."""
_USUAL = len(Category) - len(OFF_BY_DEFAULT)

_WHY = {
    UseCase.CRIME_HOTSPOT: "Crime figures show more serious crime here than elsewhere.",
    UseCase.MISSING_PERSON_HOTSPOT: "We are looking for a missing person who is likely to come here.",
    UseCase.PSO_CNI: "We are protecting a site on which many people depend.",
    UseCase.PSO_EVENT: "We are protecting people at an event.",
    UseCase.SPECIFIC_INTELLIGENCE: "We have information that people we are looking for are likely to come here.",
}


@dataclass(frozen=True, kw_only=True)
class PublicFacts:
    """All that notice, poster and leaflet may show.

    Attributes
    ----------
    why
        The reason for this place, by use case.
    sought
        Categories of people on the watchlist, in words.
    alerts_kept
        How long pictures of an alert are kept after the deployment, in words.
    watchlist_kept
        How long the watchlist is kept after it, in words.
    footage_kept
        How long recorded video is kept, in words; empty where none is recorded.
    """

    deployment_id: str
    place: str
    starts_at: datetime
    ends_at: datetime
    why: str
    sought: tuple[str, ...]
    alerts_kept: str
    watchlist_kept: str
    contact: str
    complaint_route: str
    footage_kept: str = ""


def public_facts(deployment: Deployment) -> PublicFacts:
    """The public part of an authority."""
    authority = deployment.authority
    profile = RetentionProfile(authority.retention_profile)
    return PublicFacts(
        deployment_id=deployment.deployment_id,
        place=authority.place,
        starts_at=deployment.starts_at,
        ends_at=deployment.ends_at,
        why=_WHY[authority.use_case],
        sought=tuple(words for each, words in CATEGORY_WORDS.items() if each in authority.allowed_categories),
        alerts_kept=said_period(RetentionClass.ALERT, profile),
        watchlist_kept=said_period(RetentionClass.WATCHLIST, profile),
        footage_kept=said_period(RetentionClass.CCTV, profile) if authority.recording else "",
        contact=authority.contact,
        complaint_route=authority.complaint_route,
    )


def said_period(kind: RetentionClass, profile: RetentionProfile) -> str:
    """How long a class is kept, in words.

    >>> [said_period(RetentionClass.ALERT, profile) for profile in RetentionProfile]
    ['24 hours', '31 days']
    """
    hours = period(kind, profile).total_seconds() / 3600
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"


def notice(facts: PublicFacts) -> str:
    """The notice that is published before, as an HTML page."""
    return render("notice.html.j2", facts=facts)


def poster(facts: PublicFacts, paper: Literal["A4", "A3"] = "A3") -> str:
    """The sign at the place, one page to be read from a distance."""
    n_letters = _n_letters(facts) + (_OF_FOOTAGE if facts.footage_kept else 0)
    room = 1.0 if n_letters <= _ROOMY else 0.9 if n_letters <= 2 * _ROOMY else 0.8
    return render("poster.html.j2", facts=facts, paper=paper, factor=1.0 if paper == "A4" else 1.414, room=room)


def leaflet(facts: PublicFacts) -> str:
    """Two pages of A5 to be handed out."""
    is_full = _n_letters(facts) > _ROOMY or len(facts.sought) > _USUAL or facts.footage_kept != ""
    room = 0.98 if not is_full else 0.8 if facts.footage_kept and _n_letters(facts) > 2 * _ROOMY else 0.86
    return render("leaflet.html.j2", facts=facts, room=room)


def _n_letters(facts: PublicFacts) -> float:
    """What takes room on a page: the place, and contact and complaint route in smaller type."""
    return len(facts.place) + (len(facts.contact) + len(facts.complaint_route)) / 2
