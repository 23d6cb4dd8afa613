"""Review of watchlist entries: by somebody else, for this deployment, with reasons, of what is there now.

References
----------
College of Policing, Authorised Professional Practice on live facial recognition: necessity and proportionality of
each image, reviewed before each deployment. ICO Opinion of 18 June 2021 (strict necessity of each image).
"""

from __future__ import annotations

from dataclasses import dataclass

from lfr_kit.errors import DecisionConflictError, InputError, StateError, WatchlistError
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.vocabulary import EntryStatus
from lfr_kit.governance.watchlist import Entry, needs_second_approver

__all__ = ["Statement", "after_review", "check_reviewable", "check_second_approver", "check_seen", "check_words"]

LEAST_CHARACTERS = 15
"""A statement shorter than this says nothing."""
_MOST_CHARACTERS = 2000


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Why it is necessary and proportionate that people are on the list of this deployment.

    Raises
    ------
    InputError
        If one of the two is missing, says nothing, or holds characters that mislead.
    """

    necessity: str
    proportionality: str

    def __post_init__(self) -> None:
        for name in ("necessity", "proportionality"):
            object.__setattr__(self, name, check_words(getattr(self, name), name))


def check_words(text: str, field: str) -> str:
    """A statement, cleaned. InputError if it is too short to say anything, or holds characters that mislead."""
    words = clean_text(text, field, _MOST_CHARACTERS, lines=True)
    if len(words) < LEAST_CHARACTERS:
        raise InputError(f"{field}: say it in at least {LEAST_CHARACTERS} characters; the decision rests on it")
    return words


def check_seen(entry: Entry, seen_version: int) -> None:
    """DecisionConflictError if the entry was changed since the decider saw it: old reviews do not count again."""
    if entry.version != seen_version:
        raise DecisionConflictError(
            f"entry {entry.entry_id}: is at version {entry.version}, and you saw {seen_version}; look at it again"
        )


def check_reviewable(entry: Entry, reviewer: str) -> None:
    """Whether somebody may review an entry.

    Raises
    ------
    StateError
        If it is quarantined, or was reviewed, refused or withdrawn.
    WatchlistError
        If they entered or changed it themselves.
    """
    if entry.status is EntryStatus.QUARANTINED:
        raise StateError(
            f"entry {entry.entry_id}: is quarantined ({', '.join(entry.reasons)}); complete it, then review it"
        )
    if entry.status is not EntryStatus.PENDING_REVIEW:
        raise StateError(f"entry {entry.entry_id}: is {entry.status}; only an entry pending review is reviewed")
    _check_other(entry, reviewer, (entry.created_by, entry.changed_by), "entered or changed")


def check_second_approver(entry: Entry, approver: str) -> None:
    """Whether somebody may give the second approval.

    Raises
    ------
    StateError
        If the entry does not wait for one.
    WatchlistError
        If they entered, changed or reviewed it themselves.
    """
    if entry.status is not EntryStatus.PENDING_SECOND_APPROVAL:
        raise StateError(f"entry {entry.entry_id}: is {entry.status}; it waits for no second approval")
    others = (entry.created_by, entry.changed_by, entry.reviewed_by)
    _check_other(entry, approver, others, "entered, changed or reviewed")


def after_review(entry: Entry) -> EntryStatus:
    """What an entry becomes when its reviewer approves it."""
    if needs_second_approver(entry.category, entry.age_band):
        return EntryStatus.PENDING_SECOND_APPROVAL
    return EntryStatus.APPROVED


def _check_other(entry: Entry, who: str, others: tuple[str | None, ...], did: str) -> None:
    if who in others:
        raise WatchlistError(f"entry {entry.entry_id}: {who} {did} it; somebody else must approve it")
