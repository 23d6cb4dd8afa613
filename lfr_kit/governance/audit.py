"""The audit chain: what an entry is, and how each is bound to the one before.

An entry's hash is SHA-256 over the previous hash and its own fields, each with its length before it (netstrings,
so no two entries read the same). What could be personal (justification and details) enters as ciphertext, so the
chain is checked without any key. With the key more is known: the ciphertext is sealed together with the entry's
`identity`, so each entry by itself shows whether it was written by the program, and at which place.

References
----------
Data Protection Act 2018, section 62 (logging). Length-prefixed fields: D. J. Bernstein, "Netstrings" (1997).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

__all__ = [
    "GENESIS",
    "AuditEntry",
    "Head",
    "Link",
    "Named",
    "chain_hash",
    "check_details",
    "head_text",
    "identity",
    "stamp",
]

GENESIS = "0" * 64
"""The hash before the first entry."""

LONGEST_TEXT = 4096
"""Characters of one text in an entry's details."""
LARGEST_DETAILS = 65536
"""Characters of all texts in an entry's details."""

Named = tuple[str, str, str, str, str | None]
"""actor_id, operation, action, subject, deployment_id."""


class Link(NamedTuple):
    """One entry as it is stored, in the order of its columns: what the chain is checked over.

    Attributes
    ----------
    seq
        1, 2, 3, ... without a gap.
    at
        When: ISO 8601, UTC, microseconds (`stamp`).
    actor_id
        Who: a user, ``system``, or ``unknown`` for a failed sign-in under no user's name.
    operation
        Which of the six operations of section 62.
    action
        What was done, e.g. ``watchlist.import``; ``refused:`` before it if it was not allowed.
    subject
        To what, e.g. ``watchlist:W-1a2b``; ids only.
    deployment_id
        Within which deployment, or None.
    sealed_details
        Justification and details, sealed together with `identity`.
    previous_hash, hash
        Hex SHA-256.
    """

    seq: int
    at: str
    actor_id: str
    operation: str
    action: str
    subject: str
    deployment_id: str | None
    sealed_details: bytes
    previous_hash: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One entry as an auditor reads it.

    Attributes
    ----------
    seq, at, actor_id, operation, action, subject, deployment_id
        As in `Link`.
    justification
        Why, in the actor's words; empty if none was asked for.
    details
        What else was kept.
    is_readable
        False if what is sealed does not open: the entry was changed; `details` are empty then.
    """

    seq: int
    at: str
    actor_id: str
    operation: str
    action: str
    subject: str
    deployment_id: str | None
    justification: str
    details: dict[str, Any]
    is_readable: bool = True


@dataclass(frozen=True)
class Head:
    """The end of the chain as the store remembers it.

    Attributes
    ----------
    seq, hash
        Of the last entry.
    is_genuine
        Whether its MAC is right: the program wrote it.
    """

    seq: int
    hash: str
    is_genuine: bool


def stamp(at: datetime) -> str:
    """A time as the chain has it: ``2026-05-04T09:00:00.000000+00:00``."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def identity(seq: int, at: str, named: Named) -> str:
    """An entry's place, time and named fields as one text that reads in only one way."""
    actor, operation, action, subject, deployment = named
    within = "~" if deployment is None else f"{len(deployment)}:{deployment}"
    return (
        f"{seq},{len(at)}:{at}{len(actor)}:{actor}{len(operation)}:{operation}"
        f"{len(action)}:{action}{len(subject)}:{subject}{within}"
    )


def chain_hash(previous_hash: str, entry: str, sealed_details: bytes) -> str:
    """Hex SHA-256 of an entry.

    Parameters
    ----------
    previous_hash
        Of the entry before, `GENESIS` for the first.
    entry
        Its `identity`.
    sealed_details
        As stored.
    """
    return sha256(f"{len(previous_hash)}:{previous_hash}{entry}".encode() + sealed_details).hexdigest()


def head_text(seq: int, digest: str, latest_at: str) -> str:
    """What the head's MAC is over: the last entry, and the latest time in the chain."""
    return f"audit_head:{seq}:{digest}:{latest_at}"


def check_details(details: dict[str, Any]) -> str:
    """What is wrong with an entry's details, in words; empty if nothing is.

    The log says that something was done, never holds it: no bytes (pictures, templates), no long texts.
    """
    room = LARGEST_DETAILS
    for name, value in _leaves(details):
        room -= 1 + (len(value) if isinstance(value, str) else 0)
        wrong = _wrong(value) or ("" if room >= 0 else f"with it they pass {LARGEST_DETAILS:,} characters")
        if wrong:
            return f"{name}: {wrong}"
    return ""


def _leaves(details: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every value in details, however deep, with the name of the field it is in; names are values too."""
    waiting: list[tuple[str, Any]] = list(details.items())
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(name, each) for pair in value.items() for each in pair]
        elif isinstance(value, list | tuple):
            waiting += [(name, each) for each in value]
        else:
            yield name, value


def _wrong(value: Any) -> str:
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            return f"{len(value):,} characters; the log takes {LONGEST_TEXT:,}"
        return "" if _is_text(value) else "is no valid text"
    if value is None or isinstance(value, bool | int | float):
        return ""
    return f"is a {type(value).__name__}; the log holds plain values only, no pictures and no templates"


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
