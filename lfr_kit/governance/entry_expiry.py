"""When an entry of a watchlist runs out: from then on it is not searched, and none begins after its own end."""

from __future__ import annotations

from datetime import datetime

from lfr_kit.errors import InputError

__all__ = ["check_expiry", "is_expired", "is_given_too_late"]


def is_expired(expires_at: datetime | None, now: datetime) -> bool:
    """Whether an entry has run out: from the moment `expires_at` itself on; None = never before its list."""
    return expires_at is not None and expires_at <= now


def is_given_too_late(given: datetime | None, held: datetime | None, now: datetime) -> bool:
    """Whether an expiry is over as it is given.

    Parameters
    ----------
    given
        What is said of the entry; None = nothing.
    held
        What the entry has already, or None: to say the same again is nothing new, also when it has run out.
    """
    return given != held and is_expired(given, now)


def check_expiry(given: datetime | None, held: datetime | None, now: datetime) -> None:
    """InputError if an expiry is over as it is given, see `is_given_too_late`."""
    if given is not None and is_given_too_late(given, held, now):
        raise InputError(
            f"expires_at: {given:%Y-%m-%d %H:%M %Z} is over; give a day or time that lies ahead, or none: then "
            "the entry is searched as long as its list. Whoever is not to be searched any more is withdrawn"
        )
