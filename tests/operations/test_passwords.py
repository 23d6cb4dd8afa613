"""Passwords: long enough, hashed as RFC 9106 says, looked at for the same time whoever asks."""

from __future__ import annotations

import argon2
import pytest
from argon2 import PasswordHasher

from lfr_kit.errors import InputError
from lfr_kit.operations import passwords
from lfr_kit.operations.passwords import check_choice, hash_password, is_outdated, is_right
from tests.quick_passwords import GOOD, quick_passwords

assert quick_passwords


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "too short"),
        ("elevenchars", "12 characters"),
        ("x" * 257, "too long"),
        ("y" * 10_000_000, "too long"),
        ("aaaaaaaaaaaaaaaa", "repeats"),
        ("PC4711-pc4711", "user's name"),
        ("twelve chars\ud800", "no valid text"),
    ],
)
def test_choice_that_is_weak_is_refused_without_repeating_it(password, words):
    with pytest.raises(InputError, match=words) as refused:
        check_choice(password, "pc4711-pc4711" if "4711" in password else "pc4711")
    assert not password or password not in str(refused.value)


@pytest.mark.parametrize("password", [GOOD, "пароль из слов", "twelve chars", "x y z w" * 30, "\x00 with a zero"])
def test_choice_that_is_long_is_taken(password, quick_passwords):
    check_choice(password, "pc4711")
    assert is_right(password, hash_password(password))
    assert not is_right(password + " ", hash_password(password))


def test_hash_is_argon2id_of_at_least_the_rfc_profile():
    kept = argon2.extract_parameters(hash_password(GOOD))
    low_memory = argon2.profiles.RFC_9106_LOW_MEMORY
    assert kept.type is argon2.Type.ID
    assert kept.memory_cost >= low_memory.memory_cost
    assert kept.time_cost >= low_memory.time_cost
    assert kept.salt_len >= 16


def test_same_password_twice_has_two_hashes(quick_passwords):
    assert hash_password(GOOD) != hash_password(GOOD)


def test_composed_and_decomposed_letters_are_the_same_password(quick_passwords):
    assert is_right("caf\u00e9 with words", hash_password("cafe\u0301 with words"))


@pytest.mark.parametrize("kept", [None, "", "-", "$argon2id$nonsense", "plain text"])
def test_hash_that_is_none_is_never_right_and_costs_a_comparison(kept, quick_passwords, monkeypatch):
    compared = []

    class Counting(PasswordHasher):
        def verify(self, hash, password):
            compared.append(hash)
            return super().verify(hash, password)

    passwords._nobodys()
    monkeypatch.setattr(passwords, "_HASHER", Counting(time_cost=1, memory_cost=8, parallelism=1))
    assert not is_right(GOOD, kept)
    assert compared[-1] == passwords._nobodys()


@pytest.mark.parametrize("password", ["\ud800" * 20, "y" * 10_000_000, ""])
def test_password_that_cannot_be_one_is_wrong_not_an_error(password, quick_passwords):
    assert not is_right(password, hash_password(GOOD))
    assert not is_right(password, None)


def test_hash_made_with_less_effort_is_outdated(quick_passwords):
    assert not is_outdated(hash_password(GOOD))
    weak = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(GOOD)
    assert is_outdated(weak)
