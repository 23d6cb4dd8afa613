"""The audit chain: what an entry is, and how each is bound to the one before.

An entry's hash is SHA-256 over the previous hash and its own fields, each with its length before it (netstrings,
so no two entries read the same). What could be
personal (justification and details) enters as ciphertext, so the chain is checked without any key.

References
----------
Data Protection Act 2018, section 62 (logging). Length-prefixed fields: D. J. Bernstein, "Netstrings" (1997).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from lfr_kit.governance.vocabulary import Operation

__all__ = ["GENESIS", "AuditEntry", "chain_hash"]

GENESIS = "0" * 64
"""The hash before the first entry."""


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One line of the log.

    Attributes
    ----------
    seq
        1, 2, 3, ... without a gap.
    at
        When, UTC.
    actor_id
        Who: a user, or ``system``.
    operation
        Which of the six operations of section 62.
    action
        What was done, e.g. ``watchlist.import``; ``refused:`` before it if it was not allowed.
    subject
        To what, e.g. ``watchlist:W-1a2b``; ids only.
    deployment_id
        Within which deployment, or None.
    sealed_details
        Justification and details, sealed.
    previous_hash, hash
        Hex SHA-256.
    """

    seq: int
    at: datetime
    actor_id: str
    operation: Operation
    action: str
    subject: str
    deployment_id: str | None
    sealed_details: bytes
    previous_hash: str
    hash: str


def chain_hash(
    previous_hash: str,
    seq: int,
    at: datetime,
    named: tuple[str, str, str, str, str | None],
    sealed_details: bytes,
) -> str:
    """Hex SHA-256 of an entry.

    Parameters
    ----------
    previous_hash
        Of the entry before, `GENESIS` for the first.
    seq, at
        Of this entry.
    named
        actor_id, operation, action, subject, deployment_id.
    sealed_details
        As stored.
    """
    digest = hashlib.sha256()
    stamp = at.astimezone(UTC).isoformat(timespec="microseconds")
    for part in (previous_hash, str(seq), stamp, *("" if part is None else part for part in named)):
        encoded = part.encode()
        digest.update(b"%d:" % len(encoded))
        digest.update(encoded)
    digest.update(b"%d:" % len(sealed_details))
    digest.update(sealed_details)
    return digest.hexdigest()
