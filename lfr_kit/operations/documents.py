"""Documents of a deployment: made from the store, in an act that is logged, written by whoever asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lfr_kit.documents import internal, public
from lfr_kit.documents.internal import BriefingFacts, GroupRate, HistoryLine
from lfr_kit.errors import StateError
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import DeploymentState, Operation
from lfr_kit.operations.calibrations import calibration_of
from lfr_kit.operations.deployment_steps import append_event
from lfr_kit.store.repository import deployments as deployment_rows
from lfr_kit.store.repository import records as rows

if TYPE_CHECKING:
    from lfr_kit.store.store import Act, Store

__all__ = ["note_notice", "officers_documents", "public_documents"]

_PUBLIC = "documents for the public, which name nobody"


@contextmanager
def _asking(store: Store, actor: Actor, deployment_id: str, operation: Operation, why: str) -> Iterator[Act]:
    with store.act(
        actor,
        Action.DEPLOYMENT_VIEW,
        operation,
        subject=f"deployment:{deployment_id}",
        deployment_id=deployment_id,
        justification=why,
    ) as act:
        yield act


def _deployment(act: Act, deployment_id: str) -> Deployment:
    return deployment_rows.deployment(act.connection, act.key("store"), deployment_id)


def public_documents(store: Store, actor: Actor, deployment_id: str) -> dict[str, str]:
    """Notice, posters and leaflet: name -> HTML.

    Raises
    ------
    PermissionRefusedError
        If the actor may not see deployments.
    NotInStoreError
        If there is no such deployment.
    """
    with _asking(store, actor, deployment_id, Operation.CONSULTATION, _PUBLIC) as act:
        facts = public.public_facts(_deployment(act, deployment_id))
    return {
        "notice": public.notice(facts),
        "poster-A3": public.poster(facts, "A3"),
        "poster-A4": public.poster(facts, "A4"),
        "leaflet": public.leaflet(facts),
    }


def note_notice(store: Store, actor: Actor, deployment_id: str, *, where: str) -> None:
    """Records that the public notice was published, and where: without it no deployment opens.

    Raises
    ------
    PermissionRefusedError
        If the actor may not tick off the checklist.
    StateError
        If the plan is a draft, which may still become another, or the deployment is over.
    InputError
        If the place is empty, too long, or holds characters that mislead.
    """
    place = clean_text(where, "where", 300)
    with store.act(
        actor,
        Action.DEPLOYMENT_CHECKLIST,
        Operation.DISCLOSURE,
        subject=f"deployment:{deployment_id}",
        deployment_id=deployment_id,
        justification=f"public notice published: {place}",
    ) as act:
        found = deployment_rows.deployment(act.connection, act.key("store"), deployment_id, lock=True)
        if found.state not in (DeploymentState.REQUESTED, DeploymentState.GRANTED, DeploymentState.OPEN):
            raise StateError(
                f"{deployment_id} is {found.state}: a notice counts once the plan is requested and before it ends"
            )
        if not place:
            raise StateError("say where the notice was published: --published WHERE")
        append_event(act, deployment_id, "notice_published", data={"where": place})


def officers_documents(store: Store, actor: Actor, deployment_id: str, *, reason: str) -> dict[str, str]:
    """Authority and briefing pack: name -> HTML. They hold the grounds: the look at them takes a reason.

    Raises
    ------
    PermissionRefusedError, JustificationError
        If the actor may not see deployments, or gives no reason.
    NotInStoreError
        If there is no such deployment.
    """
    with _asking(store, actor, deployment_id, Operation.DISCLOSURE, reason) as act:
        found = _deployment(act, deployment_id)
        return {
            "authority": internal.authority(
                found, _history(act, deployment_id), rows.watchlist_digest(act.connection, found.watchlist_id)
            ),
            "briefing": internal.briefing(_briefing_facts(act, found)),
        }


def _history(act: Act, deployment_id: str) -> list[HistoryLine]:
    events = deployment_rows.events_of(act.connection, act.key("store"), deployment_id)
    return [
        HistoryLine(
            at=event.at,
            actor_id=event.actor_id,
            step=str(event.data.get("step") or event.data.get("item") or event.kind),
            reason=event.reason,
        )
        for event in events
        if event.kind not in ("blue_pass", "engine", "faces_seen", "lit", "dark", "presence")
    ]


def _briefing_facts(act: Act, found: Deployment) -> BriefingFacts:
    counts = rows.watchlist_counts(act.connection, found.watchlist_id)
    calibration = calibration_of(act.connection, found.authority.calibration_id)
    differences = None if calibration is None else calibration.differences
    return BriefingFacts(
        deployment=found,
        public=public.public_facts(found),
        n_entries=counts.size if counts is not None else None,
        by_response=rows.response_counts(act.connection, found.watchlist_id),
        by_category=counts.by_category if counts is not None else {},
        by_age_band=counts.by_age_band if counts is not None else {},
        differences=[
            GroupRate(group=each.group, measure=each.measure, rate=each.rate)
            for each in (() if differences is None else differences.groups)
        ],
        verdicts=() if differences is None else differences.verdicts,
        differences_measured=None if differences is None else (differences.threshold, differences.measured_with),
        measured_with=None if calibration is None else calibration.measured_with,
    )
