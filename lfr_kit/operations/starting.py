"""Opening a deployment, and going on after a pause: only when nothing refuses."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from lfr_kit.errors import AuthorityError, ClockError, LfrError, VaultError
from lfr_kit.governance.authority import Authority
from lfr_kit.governance.checklist import SEEN, ChecklistItem, ItemResult, Ticked, open_items
from lfr_kit.governance.deployment_state import Deployment, Step
from lfr_kit.governance.roles import Actor
from lfr_kit.governance.start_checks import Engine, StartFacts, refusals
from lfr_kit.governance.vocabulary import WatchlistState
from lfr_kit.governance.watchlist import Watchlist
from lfr_kit.operations.audit import check_clock
from lfr_kit.operations.calibrations import calibration_of
from lfr_kit.operations.checklist_seen import not_seen, seen_as_ticked
from lfr_kit.operations.deployment_lists import faults_of_list, list_of
from lfr_kit.operations.deployment_steps import Stepping, digest_at, stepping, tick
from lfr_kit.store.repository import deployments as repository
from lfr_kit.store.repository import watchlists as list_rows
from lfr_kit.store.repository.deployments import Event
from lfr_kit.store.store import Store
from lfr_kit.store.vault import Vault

__all__ = ["engine_here", "open_deployment", "resume", "start_refusals", "ticked_since_request"]


def engine_here(authority: Authority, camera_ids: Sequence[str] | None = None) -> Engine:
    """What this machine would run for an authority; without its weights, why not."""
    from lfr_kit.config import settings
    from lfr_kit.embedding.choose import choose_embedder
    from lfr_kit.matching.choose_matcher import choose_matcher

    cameras = None if camera_ids is None else tuple(camera_ids)
    try:
        embedder, _ = choose_embedder(authority.embedder)
        chosen = settings().matcher
        matcher = choose_matcher(chosen.name, embedder.space_id, authority.score_scale, **chosen.settings)
    except LfrError as fault:
        return Engine(fault=str(fault).splitlines()[0], camera_ids=cameras)
    scale = getattr(matcher, "score_scale", "cosine")
    return Engine(space_id=embedder.space_id, score_scale=scale, camera_ids=cameras)


def start_refusals(store: Store, deployment_id: str, engine: Engine | None = None) -> list[str]:
    """Why a deployment may not start now, one by one, each with what to do; empty if it may.

    Parameters
    ----------
    engine
        What would run; None = what is at hand on this machine.

    Raises
    ------
    NotInStoreError
        If there is no such deployment.
    """
    tick(store, deployment_id)
    with store.reading() as connection:
        key = store.vault.key(connection, "store")
        found = repository.deployment(connection, key, deployment_id)
        return refusals(_facts(store, connection, found, engine or engine_here(found.authority)))


def open_deployment(
    store: Store, actor: Actor, deployment_id: str, *, reason: str, engine: Engine | None = None
) -> Deployment:
    """Opens a granted deployment: from now on its engine may run, on the list it is opened with and no other.

    Raises
    ------
    PermissionRefusedError, JustificationError
        If the person may not, or gives no reason.
    StateError
        If it is not granted, or its window is not now.
    AuthorityError
        If anything else refuses; `findings` has all of it, as `start_refusals`.
    """
    return _start(store, actor, deployment_id, Step.OPEN, reason, engine)


def resume(
    store: Store, actor: Actor, deployment_id: str, *, reason: str, engine: Engine | None = None
) -> Deployment:
    """Goes on after a pause; all that must hold for a start must hold again.

    Raises
    ------
    PermissionRefusedError, JustificationError, StateError, AuthorityError
        As `open_deployment`.
    """
    return _start(store, actor, deployment_id, Step.RESUME, reason, engine)


def ticked_since_request(events: Sequence[Event]) -> list[Ticked]:
    """What was ticked off since the plan was last requested: before that it may have been another plan.

    What the program sees for itself is not among it, whoever vouched for it in an earlier release.
    """
    ticked = [
        Ticked(ChecklistItem(each.data["item"]), ItemResult(each.data.get("result", ItemResult.DONE)))
        for each in _since_request(events)
        if each.kind in ("checklist", "briefing")
    ]
    return [each for each in ticked if each.item not in SEEN]


def _start(
    store: Store, actor: Actor, deployment_id: str, step: Step, reason: str, engine: Engine | None
) -> Deployment:
    tick(store, deployment_id)
    if engine is None:
        with store.reading() as connection:
            key = store.vault.key(connection, "store")
            engine = engine_here(repository.deployment(connection, key, deployment_id).authority)
    with stepping(store, actor, deployment_id, step, reason) as taking:
        facts = _facts(store, taking.act.connection, taking.found, engine)
        findings = refusals(facts)
        if findings:
            lines = "".join(f"\n  {finding}" for finding in findings)
            raise AuthorityError(f"{deployment_id} may not start:{lines}", findings)
        if step is Step.OPEN:
            _bind(taking, facts)
    return taking.after


def _bind(taking: Stepping, facts: StartFacts) -> None:
    """What it is opened with stands in its history; alerts are sealed with a key of its own from now on."""
    watchlist, found = facts.watchlist, taking.found
    if watchlist is None:
        raise AuthorityError(f"{found.deployment_id}: no watchlist")
    taking.columns["watchlist_id"] = watchlist.watchlist_id
    taking.data.update(
        watchlist_id=watchlist.watchlist_id,
        watchlist_digest=watchlist.digest,
        n_entries=watchlist.n_entries,
        authority_digest=found.authority_digest,
        threshold=found.threshold,
        calibration_id=found.authority.calibration_id,
        space_id=facts.engine.space_id,
    )
    scope = f"deployment:{found.deployment_id}"
    if not taking.act.vault.has_key(taking.act.connection, scope):
        taking.act.vault.new_key(taking.act.connection, scope, taking.act.at)


def _facts(store: Store, connection: Connection, found: Deployment, engine: Engine) -> StartFacts:
    key = store.vault.key(connection, "store")
    events = repository.events_of(connection, key, found.deployment_id)
    since = _since_request(events)
    kinds = {each.kind for each in since}
    watchlist = list_of(connection, found.deployment_id)
    opened = next((each for each in reversed(events) if each.data.get("step") == Step.OPEN), None)
    wanting = not_seen(connection, key, found.deployment_id, store.clock())
    return StartFacts(
        at=store.clock(),
        deployment=found,
        calibration=calibration_of(connection, found.authority.calibration_id),
        watchlist=watchlist,
        watchlist_faults=() if watchlist is None else tuple(_list_faults(store.vault, connection, watchlist)),
        opened_with=str(opened.data.get("watchlist_digest", "")) if opened else "",
        engine=engine,
        is_notice_published="notice_published" in kinds,
        is_notice_exempted="notice_exempted" in kinds,
        to_do=tuple(open_items([*ticked_since_request(events), *seen_as_ticked(wanting)])),
        not_seen=wanting,
        granted_digest=digest_at(connection, key, found, Step.GRANT, Step.GRANT_URGENTLY),
        clock_fault=_clock_fault(connection, store),
    )


def _since_request(events: Sequence[Event]) -> Sequence[Event]:
    """Events after the last request; none if nothing was requested."""
    requests = [place for place, each in enumerate(events) if each.data.get("step") == Step.REQUEST]
    return events[requests[-1] + 1 :] if requests else ()


def _list_faults(vault: Vault, connection: Connection, watchlist: Watchlist) -> list[str]:
    if watchlist.state is not WatchlistState.FROZEN:
        return []
    try:
        key = vault.key(connection, list_rows.scope(watchlist.watchlist_id))
        return faults_of_list(connection, key, watchlist)
    except VaultError as fault:
        return [f"watchlist: {fault}"]


def _clock_fault(connection: Connection, store: Store) -> str:
    try:
        check_clock(connection, store.clock())
    except ClockError as fault:
        return str(fault)
    return ""
