"""Equality monitoring: an officer notes what they perceived; only aggregates of a whole year come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfr_kit.governance.equality import EqualityTable, Perceived, equality_tables
from lfr_kit.governance.published_record import LOCAL_TIME
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Operation, Truth
from lfr_kit.store.repository import deployments as deployment_rows
from lfr_kit.store.repository import equality as rows
from lfr_kit.store.store import new_id

if TYPE_CHECKING:
    from lfr_kit.store.store import Store

__all__ = ["equality_of_year", "record_perceived"]


def record_perceived(store: Store, actor: Actor, deployment_id: str, truth: Truth, seen: Perceived) -> None:
    """Notes what an engagement officer perceived of a person after an alert. Nothing says which alert it was.

    Raises
    ------
    PermissionRefusedError
        If the actor is no engagement officer.
    NotInStoreError
        If there is no such deployment.
    """
    with store.act(
        actor,
        Action.EQUALITY_RECORD,
        Operation.COLLECTION,
        subject=f"equality:{deployment_id}",
        deployment_id=deployment_id,
        justification="equality monitoring of alerts",
    ) as act:
        key = act.key("store")
        deployment_rows.deployment(act.connection, key, deployment_id)
        rows.add(act.connection, key, new_id("Q"), deployment_id, truth, seen)


def equality_of_year(store: Store, actor: Actor, year: int) -> tuple[EqualityTable, ...]:
    """Aggregates of the deployments that began in a year, small numbers withheld.

    Only whole years: shorter spans would let small numbers be worked out as differences.

    Raises
    ------
    PermissionRefusedError
        If the actor may not see deployments.
    """
    with store.act(
        actor,
        Action.DEPLOYMENT_VIEW,
        Operation.CONSULTATION,
        subject=f"equality:{year}",
        justification="aggregates, small numbers withheld",
    ) as act:
        key = act.key("store")
        within = [
            each.deployment_id
            for each in deployment_rows.deployments_in(act.connection, key)
            if each.starts_at.astimezone(LOCAL_TIME).year == year
        ]
        return equality_tables(rows.reports(act.connection, key, within))
