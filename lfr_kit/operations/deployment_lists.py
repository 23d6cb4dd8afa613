"""The watchlist of a deployment, as its start looks at it."""

from __future__ import annotations

from sqlalchemy import Connection

from lfr_kit.governance.vocabulary import EntryStatus, WatchlistState
from lfr_kit.governance.watchlist import Watchlist
from lfr_kit.governance.watchlist_digest import list_digest
from lfr_kit.operations.watchlist_gallery import digests_now
from lfr_kit.store.repository import reference_pictures
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.vault import DataKey

__all__ = ["faults_of_list", "list_of"]


def list_of(connection: Connection, deployment_id: str) -> Watchlist | None:
    """The list that serves a deployment: the frozen one, else the newest that is not deleted; None without one."""
    lists = [
        each for each in rows.watchlists_of(connection, deployment_id) if each.state != WatchlistState.DELETED
    ]
    frozen = [each for each in lists if each.state == WatchlistState.FROZEN]
    found = frozen or lists
    return found[-1] if found else None


def faults_of_list(connection: Connection, key: DataKey, watchlist: Watchlist) -> list[str]:
    """What of a frozen list is not as it was frozen, or was never reviewed; empty if nothing."""
    entries = rows.entries_of(connection, watchlist.watchlist_id)
    frozen = {each.entry_id: each.digest for each in entries if each.digest is not None}
    searched = [each for each in entries if each.digest is not None and each.status is EntryStatus.APPROVED]
    templates = reference_pictures.read_templates(connection, key, watchlist.watchlist_id)
    now = digests_now(searched, templates)
    changed = sum(now[entry_id] != frozen[entry_id] for entry_id in now)
    digest_now = list_digest(((name, str(digest)) for name, digest in frozen.items()), key.mac)
    name = watchlist.watchlist_id
    faults = []
    if changed or digest_now != watchlist.digest:
        faults.append(f"watchlist: {name} is not what was frozen under its digest; build it anew")
    unreviewed = sum(each.reviewed_by is None for each in searched)
    if unreviewed:
        faults.append(f"watchlist: {unreviewed} entries of {name} were reviewed by nobody; review and freeze anew")
    return faults
