"""Who may approve whom, and what a statement must say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lfr_kit.errors import DecisionConflictError, InputError, StateError, WatchlistError
from lfr_kit.governance.vocabulary import Category, EntryStatus, Response
from lfr_kit.governance.watchlist import AgeBand, Entry
from lfr_kit.governance.watchlist_review import (
    Statement,
    after_review,
    check_reviewable,
    check_second_approver,
    check_seen,
    check_words,
)

PENDING = Entry(
    entry_id="E-1",
    watchlist_id="W-1",
    person_mac="cd",
    status=EntryStatus.PENDING_REVIEW,
    category=Category.SUSPECT,
    response=Response.RED,
    age_band=AgeBand.ADULT,
    version=3,
    created_by="maker",
    created_at=datetime(2026, 5, 4, tzinfo=UTC),
    changed_by="changer",
)
WAITING = replace(PENDING, status=EntryStatus.PENDING_SECOND_APPROVAL, reviewed_by="reviewer")


@pytest.mark.parametrize("who", ["maker", "changer"])
def test_reviewable_not_by_who_entered_or_changed_it(who):
    with pytest.raises(WatchlistError, match="somebody else"):
        check_reviewable(PENDING, who)


@pytest.mark.parametrize("status", sorted(set(EntryStatus) - {EntryStatus.PENDING_REVIEW}))
def test_reviewable_only_while_pending(status):
    check_reviewable(PENDING, "reviewer")
    with pytest.raises(StateError):
        check_reviewable(replace(PENDING, status=status), "reviewer")


def test_reviewable_quarantine_names_what_is_missing():
    with pytest.raises(StateError, match="legal_basis, response"):
        check_reviewable(
            replace(PENDING, status=EntryStatus.QUARANTINED, reasons=("legal_basis", "response")), "reviewer"
        )


@pytest.mark.parametrize("who", ["maker", "changer", "reviewer"])
def test_second_approver_is_a_third_person(who):
    check_second_approver(WAITING, "silver")
    with pytest.raises(WatchlistError, match="somebody else"):
        check_second_approver(WAITING, who)


@pytest.mark.parametrize("status", sorted(set(EntryStatus) - {EntryStatus.PENDING_SECOND_APPROVAL}))
def test_second_approver_only_while_waited_for(status):
    with pytest.raises(StateError):
        check_second_approver(replace(WAITING, status=status), "silver")


def test_after_review_children_unknown_ages_and_higher_test_wait_for_a_second():
    assert after_review(PENDING) is EntryStatus.APPROVED
    for changed in (
        {"age_band": AgeBand.UNDER_13},
        {"age_band": AgeBand.UNKNOWN},
        {"category": Category.MISSING_AT_INCREASED_RISK},
    ):
        assert after_review(replace(PENDING, **changed)) is EntryStatus.PENDING_SECOND_APPROVAL


@pytest.mark.parametrize("seen", [2, 4, 0])
def test_seen_another_version_does_not_count(seen):
    check_seen(PENDING, 3)
    with pytest.raises(DecisionConflictError, match=f"version 3, and you saw {seen}"):
        check_seen(PENDING, seen)


@pytest.mark.parametrize("words", ["", "   ", "ok", "n/a", "a\u202e" * 20, "x" * 10_000_000])
def test_statement_that_says_nothing_or_misleads_is_refused(words):
    good = "wanted on a warrant, seen here twice"
    for fields in ({"necessity": words, "proportionality": good}, {"necessity": good, "proportionality": words}):
        with pytest.raises(InputError):
            Statement(**fields)


def test_words_fifteen_characters_are_enough():
    assert check_words("a" * 15, "reason") == "a" * 15
    with pytest.raises(InputError, match=r"^reason: "):
        check_words("a" * 14, "reason")
