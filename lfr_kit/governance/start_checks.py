"""Everything that must hold before faces are compared (L1): each thing that does not is named, all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lfr_kit.governance.authority import authority_digest, check_current
from lfr_kit.governance.calibration import Calibration, choice_refusals, threshold_refusals
from lfr_kit.governance.checklist import ITEMS, SEEN, ChecklistItem, mend
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.governance.vocabulary import DeploymentState, WatchlistState
from lfr_kit.governance.watchlist import Watchlist, is_built_too_early

__all__ = ["Engine", "StartFacts", "refusals"]

_STARTABLE = (DeploymentState.GRANTED, DeploymentState.PAUSED)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """What would run.

    Attributes
    ----------
    space_id, score_scale
        Embedding space of the network at hand; what the matcher at hand scores on.
    camera_ids
        Cameras it would open; None = those of the authority, as it does by itself.
    fault
        Why there is no such network here; empty if there is.
    """

    space_id: str = ""
    score_scale: str = "cosine"
    camera_ids: tuple[str, ...] | None = None
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class StartFacts:
    """All that the start depends on, gathered at one moment.

    Attributes
    ----------
    at
        Now.
    deployment, calibration, watchlist
        As they stand; None where there is none.
    watchlist_faults
        What of the frozen list is not as it was frozen or reviewed.
    opened_with
        Digest of the list it was opened with; empty before.
    engine
        What would run.
    is_notice_published, is_notice_exempted
        Whether the public was told since the plan was requested, or the authorising officer recorded why not.
    to_do
        Items of the checklist still open.
    not_seen
        Of those that the program sees for itself: why it is not so.
    granted_digest
        Digest of the plan that was granted; empty if none was.
    clock_fault
        Why the clock cannot be trusted; empty if it can.
    """

    at: datetime
    deployment: Deployment
    calibration: Calibration | None
    watchlist: Watchlist | None
    watchlist_faults: tuple[str, ...]
    opened_with: str = ""
    engine: Engine
    is_notice_published: bool
    is_notice_exempted: bool
    to_do: tuple[ChecklistItem, ...]
    granted_digest: str
    clock_fault: str
    not_seen: Mapping[ChecklistItem, str] = field(default_factory=dict)


def refusals(facts: StartFacts) -> list[str]:
    """Why it may not start, one by one, each with what to do; empty if it may."""
    return [refusal for check in _CHECKS for refusal in check(facts)]


def _state(facts: StartFacts) -> Iterator[str]:
    state = facts.deployment.state
    if state not in _STARTABLE:
        yield f"authority: the deployment is {state}, not granted"
    elif facts.granted_digest != authority_digest(facts.deployment.authority):
        yield "authority: the plan is not the one that was granted; abort it and plan anew"
    if facts.deployment.awaits_ratification and (by := facts.deployment.ratify_by) is not None and facts.at >= by:
        yield f"authority: the urgent grant was not ratified by {by:%Y-%m-%d %H:%M %Z}; it is revoked"


def _window(facts: StartFacts) -> Iterator[str]:
    starts_at, ends_at = facts.deployment.starts_at, facts.deployment.ends_at
    if facts.at < starts_at:
        yield f"window: it begins at {starts_at:%Y-%m-%d %H:%M %Z}; wait until then"
    if facts.at >= ends_at:
        yield f"window: it ended at {ends_at:%Y-%m-%d %H:%M %Z}; plan a new deployment"


def _clock(facts: StartFacts) -> Iterator[str]:
    if facts.clock_fault:
        yield f"clock: {facts.clock_fault}"


def _documents(facts: StartFacts) -> Iterator[str]:
    yield from check_current(facts.deployment.authority, facts.at.date())


def _calibration(facts: StartFacts) -> Iterator[str]:
    yield from choice_refusals(facts.calibration, facts.deployment.authority, facts.at.date())


def _threshold(facts: StartFacts) -> Iterator[str]:
    n_enrolled = facts.watchlist.n_entries if facts.watchlist is not None else None
    if facts.calibration is not None and n_enrolled:
        yield from threshold_refusals(facts.calibration, facts.deployment.threshold, n_enrolled)


def _watchlist(facts: StartFacts) -> Iterator[str]:
    authority, watchlist = facts.deployment.authority, facts.watchlist
    if watchlist is None:
        command = f"lfr watchlist new {facts.deployment.deployment_id} --reason WHY"
        yield f"watchlist: none was built for this deployment; build one: {command}"
        return
    name = watchlist.watchlist_id
    if watchlist.state is not WatchlistState.FROZEN:
        yield f"watchlist: {name} is {watchlist.state}; review its entries, then: lfr watchlist freeze {name}"
    if is_built_too_early(watchlist.created_at, facts.deployment.starts_at):
        yield f"watchlist: {name} was begun more than 24 hours before the start; build a new one"
    if (watchlist.n_entries or 0) > authority.watchlist_cap:
        yield f"watchlist: {name} has {watchlist.n_entries:,} entries, over the cap of {authority.watchlist_cap:,}"
    if watchlist.state is WatchlistState.FROZEN and not watchlist.n_entries:
        yield f"watchlist: {name} has nobody on it; there is nothing to deploy for"


def _watchlist_fits(facts: StartFacts) -> Iterator[str]:
    authority, watchlist = facts.deployment.authority, facts.watchlist
    if watchlist is None:
        return
    name = watchlist.watchlist_id
    if further := sorted(watchlist.allowed_categories - authority.allowed_categories):
        yield f"watchlist: {name} takes {', '.join(further)}, which the authority does not name"
    if watchlist.space_id != authority.space_id:
        yield f"watchlist: {name} is of space {watchlist.space_id}, the authority of {authority.space_id}"
    if facts.opened_with and watchlist.digest != facts.opened_with:
        yield f"watchlist: {name} is not the list it was opened with; it goes on with that one or not at all"
    yield from facts.watchlist_faults


def _engine(facts: StartFacts) -> Iterator[str]:
    authority, engine = facts.deployment.authority, facts.engine
    if engine.fault:
        yield f"model: {authority.embedder} cannot be used here: {engine.fault}"
    elif engine.space_id != authority.space_id:
        yield f"model: the one at hand makes {engine.space_id}, the authority names {authority.space_id}"
    if not engine.fault and engine.score_scale != authority.score_scale:
        yield (
            f"matcher: the one at hand scores {engine.score_scale}, the authority's threshold is on "
            f"{authority.score_scale}; set [matcher] to it in the settings (docs/evaluation.md)"
        )
    if engine.camera_ids is None:
        return
    if foreign := sorted(set(engine.camera_ids) - set(authority.camera_ids)):
        yield f"cameras: {', '.join(foreign)} not in the authority; only its own may be used"
    if absent := sorted(set(authority.camera_ids) - set(engine.camera_ids)):
        yield f"cameras: {', '.join(absent)} of the authority would not run; open with all of them"


def _notice(facts: StartFacts) -> Iterator[str]:
    if not (facts.is_notice_published or facts.is_notice_exempted):
        command = f"lfr deployment notice {facts.deployment.deployment_id} --out FOLDER --published WHERE"
        yield (
            f"notice: the public was not told; publish it and record where: {command} (only a critical threat "
            "exempts, on the authorising officer's word, with the grant)"
        )


def _checklist(facts: StartFacts) -> Iterator[str]:
    for item in facts.to_do:
        why = f"nobody has vouched that {ITEMS[item]}"
        if item in SEEN:
            why = facts.not_seen.get(item, "") or f"it is not so that {ITEMS[item]}"
        yield f"checklist: {item}: {why}; see to it, then: {mend(item, facts.deployment.deployment_id)}"


_CHECKS: tuple[Callable[[StartFacts], Iterator[str]], ...] = (
    _state,
    _window,
    _clock,
    _documents,
    _watchlist,
    _watchlist_fits,
    _calibration,
    _threshold,
    _engine,
    _notice,
    _checklist,
)
