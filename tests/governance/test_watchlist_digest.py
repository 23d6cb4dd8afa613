"""The digest changes with everything that decides whom a list finds, and with nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lfr_kit.governance.vocabulary import Category, EntryStatus, Response
from lfr_kit.governance.watchlist import Entry
from lfr_kit.governance.watchlist_digest import entry_digest, list_digest

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
ENTRY = Entry(
    entry_id="E-1",
    watchlist_id="W-1",
    person_mac="cd",
    status=EntryStatus.APPROVED,
    category=Category.SUSPECT,
    response=Response.RED,
    expires_at=NOW,
    created_by="m",
    created_at=NOW,
    changed_by="m",
)
TEMPLATES = [("aa", b"one"), ("bb", b"two")]


def sha256(message: bytes) -> str:
    """Stands for a MAC."""
    return hashlib.sha256(message).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        {"entry_id": "E-2"},
        {"watchlist_id": "W-2"},
        {"person_mac": "ce"},
        {"category": Category.WITNESS},
        {"response": Response.GREEN},
        {"expires_at": None},
        {"expires_at": NOW + timedelta(microseconds=1)},
    ],
)
def test_entry_digest_changes_with_what_is_searched(change):
    assert entry_digest(replace(ENTRY, **change), TEMPLATES) != entry_digest(ENTRY, TEMPLATES)


@pytest.mark.parametrize(
    "templates",
    [
        [("aa", b"one")],
        [("aa", b"onE"), ("bb", b"two")],
        [("aa", b"two"), ("bb", b"one")],
        [("ab", b"one"), ("bb", b"two")],
        [*TEMPLATES, ("cc", b"three")],
        [],
    ],
)
def test_entry_digest_changes_with_every_template(templates):
    assert entry_digest(ENTRY, templates) != entry_digest(ENTRY, TEMPLATES)


@pytest.mark.parametrize("change", [{"version": 9}, {"reviewed_by": "r"}, {"verified_at": NOW}, {"digest": "x"}])
def test_entry_digest_stays_with_who_did_what(change):
    assert entry_digest(replace(ENTRY, **change), TEMPLATES) == entry_digest(ENTRY, TEMPLATES)


def test_entry_digest_order_of_pictures_does_not_matter():
    assert entry_digest(ENTRY, TEMPLATES[::-1]) == entry_digest(ENTRY, TEMPLATES)


def test_list_digest_is_sha256_of_its_sorted_lines():
    assert list_digest([("E-2", "b"), ("E-1", "a")], sha256) == sha256(b"E-1 a\nE-2 b\n")
