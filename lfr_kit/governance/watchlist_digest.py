"""The digest of a frozen watchlist: what was approved is what is searched, to the last template.

Each entry has a digest of its own, over what decides whom it finds and what follows; the list's is over those.
So a withdrawal, which deletes pictures and templates, leaves the list's digest as it was granted: the entry's own
stays and is listed beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable

from lfr_kit.governance.watchlist import Searched

__all__ = ["entry_digest", "list_digest"]


def entry_digest(entry: Searched, templates: Iterable[tuple[str, bytes]]) -> str:
    """Hex SHA-256 of an entry as it is searched.

    Parameters
    ----------
    entry
        Its id, person, category, response and expiry count, not who did what when.
    templates
        (picture MAC, bytes of the template) of each picture, in any order.
    """
    pictures = sorted([mac, hashlib.sha256(vector).hexdigest()] for mac, vector in templates)
    expires = None if entry.expires_at is None else entry.expires_at.isoformat(timespec="microseconds")
    named = [entry.entry_id, entry.watchlist_id, entry.person_mac, entry.category, entry.response, expires]
    return hashlib.sha256(json.dumps([*named, pictures], separators=(",", ":")).encode()).hexdigest()


def list_digest(entries: Iterable[tuple[str, str]], mac: Callable[[bytes], str]) -> str:
    """Digest over (entry id, entry digest) of every entry that was frozen, in the order of ids.

    Parameters
    ----------
    entries
        In any order.
    mac
        Hex HMAC-SHA-256 under the list's key: who can write the database, and has no key, cannot make another.
    """
    lines = "".join(f"{entry_id} {digest}\n" for entry_id, digest in sorted(entries))
    return mac(lines.encode())
