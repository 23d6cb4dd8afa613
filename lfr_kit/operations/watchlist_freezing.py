"""Freezing a watchlist: from then on it is searched as it is, and nothing but a withdrawal changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lfr_kit.errors import WatchlistError
from lfr_kit.governance.authority import MOST_ENTRIES
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.governance.entry_expiry import is_expired
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Category, EntryStatus, Operation, WatchlistState
from lfr_kit.governance.watchlist import (
    Entry,
    EntryDetails,
    ReferencePicture,
    Watchlist,
    age_band,
    is_built_too_early,
    missing,
    second_approver_because,
)
from lfr_kit.governance.watchlist_digest import list_digest
from lfr_kit.operations.watchlist_act import act_on
from lfr_kit.operations.watchlist_entries import list_in_building
from lfr_kit.operations.watchlist_gallery import digests_now
from lfr_kit.operations.watchlists import before_start
from lfr_kit.store.repository import ledger as ledger_rows
from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.deployments import link_watchlist
from lfr_kit.store.store import Act, Store
from lfr_kit.store.vault import DataKey

__all__ = ["LEDGER_KEPT", "Frozen", "LeftOut", "freeze"]

LEDGER_KEPT = timedelta(days=396)
"""How long the ledger answers: a claim under the Human Rights Act 1998 is brought within a year (section 7(5))."""


@dataclass(frozen=True)
class LeftOut:
    """An entry that was not frozen, and codes of why.

    What it lacks (see `lfr_kit.governance.watchlist.missing`), ``reviewer``, ``expired``, or ``second_approver``
    with why it takes one: ``under_18 age_unknown higher_test``.
    """

    entry_id: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Frozen:
    """What was frozen.

    Attributes
    ----------
    digest
        Hex, under the list's key, see `lfr_kit.governance.watchlist_digest`.
    left_out
        Entries that will not be searched. Refused and withdrawn ones are not among them.
    """

    watchlist_id: str
    digest: str
    n_entries: int
    left_out: tuple[LeftOut, ...]


def freeze(
    store: Store, actor: Actor, watchlist_id: str, *, cap: int | None = None, justification: str = ""
) -> Frozen:
    """Freezes what is approved; the inclusion ledger is written.

    Ages and what is missing are looked at anew, for the day on which the deployment now starts.

    Parameters
    ----------
    cap
        A lower cap than the authority's own, or None.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    StateError
        If the list is frozen or deleted, or the deployment is past its start.
    WatchlistError
        If it was begun more than 24 hours before the deployment starts, is larger than the cap, has templates of
        another space than the authority names, or nobody on it is approved.
    """
    act_of_freeze = (Action.WATCHLIST_FREEZE, Operation.ALTERATION, watchlist_id, justification)
    with act_on(store, actor, *act_of_freeze) as act:
        watchlist = list_in_building(act, watchlist_id)
        deployment = _check_deployment(act, watchlist)
        key = act.key(rows.scope(watchlist_id))
        details = rows.all_details(act.connection, key, watchlist_id)
        taken, left_out = _sorted_out(act, watchlist, details, deployment)
        cap = min(deployment.authority.watchlist_cap, MOST_ENTRIES if cap is None else cap)
        _check_size(watchlist_id, len(taken), cap)
        digest = _write(act, key, watchlist, taken)
        _write_ledger(act, watchlist, taken, details)
        link_watchlist(act.connection, watchlist.deployment_id, watchlist_id)
        act.details.update(digest=digest, n_entries=len(taken), n_left_out=len(left_out), cap=cap)
    return Frozen(watchlist_id, digest, len(taken), tuple(left_out))


def _check_deployment(act: Act, watchlist: Watchlist) -> Deployment:
    """The deployment, if this list may be frozen for it now."""
    deployment = before_start(act, watchlist.deployment_id)
    starts_at = deployment.starts_at.isoformat(timespec="minutes")
    if is_built_too_early(watchlist.created_at, deployment.starts_at):
        raise WatchlistError(
            f"watchlist {watchlist.watchlist_id}: was begun more than 24 hours before the deployment starts "
            f"({starts_at}); build a new one within 24 hours of it"
        )
    if watchlist.space_id != deployment.authority.space_id:
        raise WatchlistError(
            f"watchlist {watchlist.watchlist_id}: its templates are of {watchlist.space_id}, and the authority "
            f"now names {deployment.authority.space_id}; build a new one"
        )
    return deployment


def _sorted_out(
    act: Act, watchlist: Watchlist, details: Mapping[str, EntryDetails], deployment: Deployment
) -> tuple[list[Entry], list[LeftOut]]:
    """Entries to freeze, with their ages on the day, and the others."""
    entries = rows.entries_of(act.connection, watchlist.watchlist_id)
    approved = [one.entry_id for one in entries if one.status is EntryStatus.APPROVED]
    pictures = picture_rows.pictures_of(act.connection, approved)
    allowed = watchlist.allowed_categories & deployment.authority.allowed_categories
    starts_at = deployment.starts_at
    taken, left_out = [], []
    for one in entries:
        if one.status in (EntryStatus.REFUSED, EntryStatus.WITHDRAWN):
            continue
        on_the_day = replace(one, age_band=age_band(details[one.entry_id].date_of_birth, starts_at.date()))
        if one.status is not EntryStatus.APPROVED:
            left_out.append(LeftOut(one.entry_id, _waiting_for(on_the_day)))
            continue
        reasons = _against(on_the_day, details[one.entry_id], pictures[one.entry_id], allowed, starts_at)
        if reasons:
            left_out.append(LeftOut(one.entry_id, reasons))
        else:
            taken.append(on_the_day)
    return taken, left_out


def _waiting_for(entry: Entry) -> tuple[str, ...]:
    """What an entry that is not approved waits for."""
    if entry.status is EntryStatus.PENDING_REVIEW:
        return ("reviewer",)
    if entry.status is EntryStatus.PENDING_SECOND_APPROVAL:
        return ("second_approver", *second_approver_because(entry.category, entry.age_band))
    return entry.reasons


def _against(
    entry: Entry,
    details: EntryDetails,
    pictures: list[ReferencePicture],
    allowed: frozenset[Category],
    starts_at: datetime,
) -> tuple[str, ...]:
    """What speaks against freezing an approved entry, on the day the deployment starts."""
    reasons = missing(details, entry.category, entry.response, pictures, allowed, starts_at.date())
    because = second_approver_because(entry.category, entry.age_band)
    if because and entry.second_approved_by is None:
        reasons += ("second_approver", *because)
    if is_expired(entry.expires_at, starts_at):
        reasons += ("expired",)
    return reasons


def _check_size(watchlist_id: str, n: int, cap: int) -> None:
    if not n:
        raise WatchlistError(f"watchlist {watchlist_id}: nobody on it is approved; have it reviewed first")
    if n > cap:
        raise WatchlistError(
            f"watchlist {watchlist_id}: {n:,} approved entries, and the cap is {cap:,}; withdraw the least "
            "necessary, or ask for another authority"
        )


def _write(act: Act, key: DataKey, watchlist: Watchlist, taken: list[Entry]) -> str:
    templates = picture_rows.read_templates(act.connection, key, watchlist.watchlist_id)
    digests = digests_now(taken, templates)
    rows.freeze_entries(act.connection, [(one, digests[one.entry_id]) for one in taken])
    digest = list_digest(digests.items(), key.mac)
    rows.change_watchlist(
        act.connection,
        watchlist.watchlist_id,
        state=str(WatchlistState.FROZEN),
        frozen_at=act.at,
        digest=digest,
        n_entries=len(taken),
    )
    return digest


def _write_ledger(act: Act, watchlist: Watchlist, taken: list[Entry], details: Mapping[str, EntryDetails]) -> None:
    today = act.at.date()
    ledger_rows.write_inclusions(
        act.connection,
        act.key("ledger"),
        [
            (
                details[one.entry_id].person_ref,
                ledger_rows.Inclusion(one.category, watchlist.deployment_id, today, today + LEDGER_KEPT),
            )
            for one in taken
            if one.category is not None
        ],
    )
