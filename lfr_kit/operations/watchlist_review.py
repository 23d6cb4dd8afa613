"""Review, second approval, refusal, sending back, withdrawal and re-checking of watchlist entries.

Many entries may be decided on at once; each is checked and recorded by itself, and if one cannot be decided on,
none is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lfr_kit.errors import StateError, WatchlistError
from lfr_kit.governance.roles import Action, Actor, may
from lfr_kit.governance.vocabulary import EntryStatus, Operation
from lfr_kit.governance.watchlist import Entry
from lfr_kit.governance.watchlist_review import (
    Statement,
    after_review,
    check_reviewable,
    check_second_approver,
    check_seen,
    check_words,
)
from lfr_kit.operations.watchlist_act import act_on, list_there
from lfr_kit.operations.watchlist_entries import NOT_REVIEWED, list_in_building
from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.alike_pairs import delete_pairs
from lfr_kit.store.store import Act, Store

__all__ = ["SENT_BACK", "Decided", "approve_second", "recheck", "refuse", "review", "send_back", "withdraw"]

_CHANGE = Operation.ALTERATION
_OUT = frozenset({EntryStatus.REFUSED, EntryStatus.WITHDRAWN})
_WAITING = frozenset({EntryStatus.PENDING_REVIEW, EntryStatus.PENDING_SECOND_APPROVAL})
SENT_BACK = "sent_back"
"""The reason that stands at an entry its reviewer put into quarantine."""


@dataclass(frozen=True)
class Decided:
    """What an entry became."""

    entry_id: str
    status: EntryStatus


def review(
    store: Store,
    actor: Actor,
    watchlist_id: str,
    seen: Mapping[str, int],
    statement: Statement,
    *,
    justification: str = "",
) -> list[Decided]:
    """A reviewer approves entries for this deployment.

    Parameters
    ----------
    seen
        Entry id -> the version that the reviewer looked at.
    statement
        Why each of them is necessary and proportionate.
    justification
        For the audit log; empty = the statement on necessity.

    Returns
    -------
    list of Decided
        Approved, or pending a second approval (people under 18 or of unknown age, categories of the higher
        test).

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    NotInStoreError
        If an entry is not of this list.
    StateError
        If the list is frozen, or an entry is not pending review.
    DecisionConflictError
        If an entry was changed since it was seen.
    WatchlistError
        If the reviewer entered or changed it.
    """
    found = []
    justification = justification or statement.necessity
    with act_on(store, actor, Action.WATCHLIST_REVIEW, _CHANGE, watchlist_id, justification) as act:
        for entry in _seen_entries(act, watchlist_id, seen):
            check_reviewable(entry, actor.user_id)
            status = after_review(entry)
            words = {"necessity": statement.necessity, "proportionality": statement.proportionality}
            _decide(act, entry, status, words, reviewed_by=actor.user_id, reviewed_at=act.at)
            found.append(Decided(entry.entry_id, status))
    return found


def approve_second(
    store: Store,
    actor: Actor,
    watchlist_id: str,
    seen: Mapping[str, int],
    rationale: str,
    *,
    justification: str = "",
) -> list[Decided]:
    """Another person than the one who entered and the one who reviewed gives the second approval.

    Raises
    ------
    As `review`; InputError
        If the rationale says nothing.
    """
    words, found = check_words(rationale, "rationale"), []
    action = Action.WATCHLIST_SECOND_APPROVE
    with act_on(store, actor, action, _CHANGE, watchlist_id, justification or words) as act:
        for entry in _seen_entries(act, watchlist_id, seen):
            check_second_approver(entry, actor.user_id)
            by = {"second_approved_by": actor.user_id, "second_approved_at": act.at}
            _decide(act, entry, EntryStatus.APPROVED, {"second_approval": words}, **by)
            found.append(Decided(entry.entry_id, EntryStatus.APPROVED))
    return found


def refuse(
    store: Store,
    actor: Actor,
    watchlist_id: str,
    seen: Mapping[str, int],
    reason: str,
    *,
    justification: str = "",
) -> list[Decided]:
    """A reviewer or second approver refuses entries; their pictures and templates are deleted at once.

    Raises
    ------
    As `review`; InputError
        If the reason says nothing.
    """
    words = check_words(reason, "reason")
    with act_on(store, actor, _action_against(actor), _CHANGE, watchlist_id, justification or words) as act:
        entries = _seen_entries(act, watchlist_id, seen)
        for entry in entries:
            if entry.status in _OUT or entry.status is EntryStatus.APPROVED:
                raise StateError(
                    f"entry {entry.entry_id}: is {entry.status}; an approved one is withdrawn instead"
                )
            _decide(act, entry, EntryStatus.REFUSED, {"refusal": words})
        _delete_pictures(act, entries)
    return [Decided(entry.entry_id, EntryStatus.REFUSED) for entry in entries]


def send_back(
    store: Store, actor: Actor, watchlist_id: str, seen: Mapping[str, int], reason: str
) -> list[Decided]:
    """A reviewer or second approver puts entries into quarantine, for whoever enters people to complete or mend.

    They keep their pictures; only a change brings them up for review again, from the first reviewer on.

    Raises
    ------
    As `refuse`; StateError
        If an entry waits neither for a review nor for a second approval.
    """
    words, found = check_words(reason, "reason"), []
    with act_on(store, actor, _action_against(actor), _CHANGE, watchlist_id, words) as act:
        for entry in _seen_entries(act, watchlist_id, seen):
            if entry.status not in _WAITING:
                raise StateError(f"entry {entry.entry_id}: is {entry.status}; only one that waits is sent back")
            back = {"reasons": [SENT_BACK], **NOT_REVIEWED}
            _decide(act, entry, EntryStatus.QUARANTINED, {"sent_back": words}, **back)
            found.append(Decided(entry.entry_id, EntryStatus.QUARANTINED))
    return found


def _action_against(actor: Actor) -> Action:
    """By which right somebody says no: as a reviewer, else as a second approver."""
    is_second = not may(actor, Action.WATCHLIST_REVIEW)
    return Action.WATCHLIST_SECOND_APPROVE if is_second else Action.WATCHLIST_REVIEW


def withdraw(
    store: Store, actor: Actor, watchlist_id: str, entry_ids: Iterable[str], reason: str
) -> tuple[int, list[Decided]]:
    """Takes people off a list, frozen or not: their pictures and templates are deleted at once.

    A running engine sees the list's new revision at its next frame and searches for them no more.

    Parameters
    ----------
    reason
        Why; the audit log keeps it too.

    Returns
    -------
    (int, list of Decided)
        The list's revision now, and what the entries became.

    Raises
    ------
    PermissionRefusedError
        See `Store.act`.
    InputError
        If the reason says nothing.
    NotInStoreError
        If an entry is not of this list.
    StateError
        If the list was deleted, or an entry was refused or withdrawn before.
    """
    words = check_words(reason, "reason")
    with act_on(store, actor, Action.WATCHLIST_WITHDRAW, Operation.ERASURE, watchlist_id, words) as act:
        revision = list_there(act, watchlist_id).revision + 1
        rows.change_watchlist(act.connection, watchlist_id, revision=revision)
        entries = [rows.entry(act.connection, watchlist_id, entry_id) for entry_id in dict.fromkeys(entry_ids)]
        for entry in entries:
            if entry.status in _OUT:
                raise StateError(f"entry {entry.entry_id}: is {entry.status} already")
            by = {"withdrawn_by": actor.user_id, "withdrawn_at": act.at, "withdrawn_at_revision": revision}
            _decide(act, entry, EntryStatus.WITHDRAWN, {"withdrawal": words}, **by)
        _delete_pictures(act, entries)
    return revision, [Decided(entry.entry_id, EntryStatus.WITHDRAWN) for entry in entries]


def recheck(store: Store, actor: Actor, watchlist_id: str, entry_ids: Iterable[str], source: str) -> list[Decided]:
    """Records that people were checked to be still sought, and against what; who is not is to be withdrawn.

    Parameters
    ----------
    source
        What it was checked against, e.g. ``"PNC, 4 May 09:40"``.

    Raises
    ------
    PermissionRefusedError
        See `Store.act`.
    InputError
        If the source says nothing.
    StateError
        If the list was deleted, or an entry was refused or withdrawn.
    """
    words = check_words(source, "source")
    with act_on(store, actor, Action.WATCHLIST_REVIEW, _CHANGE, watchlist_id, words) as act:
        list_there(act, watchlist_id)
        entries = [rows.entry(act.connection, watchlist_id, entry_id) for entry_id in dict.fromkeys(entry_ids)]
        for entry in entries:
            if entry.status in _OUT:
                raise StateError(f"entry {entry.entry_id}: is {entry.status}; there is nothing to re-check")
            by = {"verified_by": actor.user_id, "verified_at": act.at}
            _decide(act, entry, entry.status, {"recheck": words}, **by)
    return [Decided(entry.entry_id, entry.status) for entry in entries]


def _seen_entries(act: Act, watchlist_id: str, seen: Mapping[str, int]) -> list[Entry]:
    """Entries of a list in building that are still as they were seen."""
    list_in_building(act, watchlist_id)
    if not seen:
        raise WatchlistError(f"watchlist {watchlist_id}: name at least one entry")
    entries = [rows.entry(act.connection, watchlist_id, entry_id) for entry_id in seen]
    for entry in entries:
        check_seen(entry, seen[entry.entry_id])
    return entries


def _decide(act: Act, entry: Entry, status: EntryStatus, words: Mapping[str, str], **values: Any) -> None:
    """One entry's decision: its row, what was written of it, its line in the audit log."""
    key = act.key(rows.scope(entry.watchlist_id))
    rows.change_entry(act.connection, entry, key=key, statements=words, status=str(status), **values)
    kind = next(iter(words))
    act.log(
        Operation.ALTERATION,
        f"entry.{kind}",
        f"entry:{entry.entry_id}",
        version=entry.version,
        status=str(status),
        **words,
    )


def _delete_pictures(act: Act, entries: Iterable[Entry]) -> None:
    ids = [entry.entry_id for entry in entries]
    act.details["n_pictures_deleted"] = picture_rows.delete_pictures(act.connection, ids)
    delete_pairs(act.connection, ids)
