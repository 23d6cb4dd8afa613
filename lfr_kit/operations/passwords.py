"""Passwords: Argon2id, long rather than intricate, never kept and never logged.

References
----------
RFC 9106 (Argon2); NIST SP 800-63B-4, 3.1.1 (length over composition rules, Unicode normalised).
"""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from lfr_kit.errors import InputError

__all__ = ["check_choice", "hash_password", "is_outdated", "is_right"]

SHORTEST = 12
LONGEST = 256
_HASHER = PasswordHasher()


def check_choice(password: str, user_id: str) -> None:
    """InputError if it may not be somebody's password; the message never repeats it."""
    if len(password) < SHORTEST:
        raise InputError(f"the password is too short; take {SHORTEST} characters or more, e.g. four words")
    if len(password) > LONGEST:
        raise InputError(f"the password is too long; take at most {LONGEST} characters")
    if user_id.casefold() in password.casefold() and len(password) - len(user_id) < SHORTEST // 2:
        raise InputError("the password is little more than the user's name; take another")
    if len(set(password)) < SHORTEST // 3:
        raise InputError("the password repeats a few characters; take another, e.g. four or five words")
    if not _is_encodable(password):
        raise InputError("the password holds characters that are no valid text; type it again")


def hash_password(password: str) -> str:
    """Salted hash with its parameters."""
    return _HASHER.hash(_composed(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether it is the password of the hash; with None, or a hash that is none, as much work is done, and False.

    Takes about the same time whatever the answer, so that nobody learns from it which users there are.
    """
    can_be = len(password) <= LONGEST and _is_encodable(password)
    try:
        return _HASHER.verify(password_hash or _nobodys(), _composed(password) if can_be else "") and can_be
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError):  # what is kept is no hash
        return password_hash is not None and is_right(password, None)


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with less effort than is taken now."""
    return _HASHER.check_needs_rehash(password_hash)


@cache
def _nobodys() -> str:
    return _HASHER.hash("the password of nobody: only ever compared, to take the time it takes")


def _composed(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode()


def _is_encodable(password: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in password)
