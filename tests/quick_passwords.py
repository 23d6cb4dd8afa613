"""Passwords hashed with next to no effort, so that tests of signing in are quick."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from lfr_kit.operations import passwords

GOOD = "four ordinary words here"
OTHER = "quite another long sentence"


@pytest.fixture
def quick_passwords(monkeypatch):
    """Argon2 with the least of everything; the hashes are marked as outdated by the real parameters."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()
