"""Deployments and their events: rows in, records out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, insert, select, update

from lfr_kit.errors import AuthorityError, DecisionConflictError, NotInStoreError, VaultError
from lfr_kit.governance.authority import Authority, authority_digest
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.governance.plan_file import authority_of_json
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.store.tables.deployments import deployment_events, deployments
from lfr_kit.store.vault import DataKey

__all__ = [
    "Damaged",
    "Event",
    "Standing",
    "add_event",
    "change",
    "columns_of",
    "deployment",
    "deployments_found",
    "deployments_in",
    "events_of",
    "insert_draft",
    "link_watchlist",
    "standing",
]


@dataclass(frozen=True, kw_only=True)
class Damaged:
    """A deployment whose stored plan cannot be read: changed from outside, or no plan to this release.

    Attributes
    ----------
    why
        What is wrong with it.
    """

    deployment_id: str
    state: str
    starts_at: datetime
    ends_at: datetime
    why: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in a deployment.

    Attributes
    ----------
    seq
        1, 2, 3, ... within the deployment.
    kind
        transition, faces_seen, threshold, threshold_proposed, extension, checklist, notice_published, ...
    from_state, to_state
        Of a transition.
    data
        Plain values, no personal data.
    reason
        Why, as the person said it; empty where none was asked for.
    """

    deployment_id: str
    seq: int
    at: datetime
    actor_id: str
    kind: str
    from_state: DeploymentState | None = None
    to_state: DeploymentState | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a running engine asks before every frame: nothing sealed, one row."""

    deployment_id: str
    state: DeploymentState
    version: int
    starts_at: datetime
    ends_at: datetime
    threshold: float
    is_urgent: bool
    ratify_by: datetime | None
    ratified_by: str | None
    watchlist_id: str | None


def insert_draft(
    connection: Connection, key: DataKey, deployment_id: str, authority: Authority, drafted_by: str
) -> None:
    """A new deployment in DRAFT; `key` is that of the scope ``store``."""
    connection.execute(
        insert(deployments).values(
            deployment_id=deployment_id,
            state=str(DeploymentState.DRAFT),
            version=0,
            drafted_by=drafted_by,
            asked_by=[drafted_by],
            is_urgent=False,
            **columns_of(key, deployment_id, authority),
        )
    )


def deployment(connection: Connection, key: DataKey, deployment_id: str, *, lock: bool = False) -> Deployment:
    """A deployment; with `lock`, nobody else changes it before the transaction ends.

    Raises
    ------
    NotInStoreError
        If there is none of that name.
    TamperedError
        If the authority was changed behind the program's back.
    """
    query = select(deployments).where(deployments.c.deployment_id == deployment_id)
    row = connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    if row is None:
        raise _no_such(deployment_id)
    return _deployment(row, key)


def deployments_in(
    connection: Connection, key: DataKey, states: Collection[DeploymentState] | None = None
) -> list[Deployment]:
    """All deployments in these states (None: in any), by start."""
    query = select(deployments).order_by(deployments.c.starts_at, deployments.c.deployment_id)
    if states is not None:
        query = query.where(deployments.c.state.in_([str(state) for state in states]))
    return [_deployment(row, key) for row in connection.execute(query).mappings()]


def deployments_found(connection: Connection, key: DataKey) -> tuple[list[Deployment], list[Damaged]]:
    """All deployments, by start: those that can be read, and those whose plan cannot."""
    sound: list[Deployment] = []
    damaged: list[Damaged] = []
    query = select(deployments).order_by(deployments.c.starts_at, deployments.c.deployment_id)
    for row in connection.execute(query).mappings():
        try:
            sound.append(_deployment(row, key))
        except (AuthorityError, VaultError) as error:
            names = [name for name in Damaged.__dataclass_fields__ if name in row]
            damaged.append(Damaged(**{name: row[name] for name in names}, why=str(error)))
    return sound, damaged


def standing(connection: Connection, deployment_id: str) -> Standing:
    """Where a deployment stands, cheaply. NotInStoreError if there is none of that name."""
    names = [name for name in Standing.__dataclass_fields__]
    query = select(*(deployments.c[name] for name in names)).where(deployments.c.deployment_id == deployment_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise _no_such(deployment_id)
    return Standing(**{**row, "state": DeploymentState(row["state"])})


def change(connection: Connection, found: Deployment, **values: Any) -> None:
    """Sets columns and raises the version; DecisionConflictError if it is no longer the version that was found."""
    done = connection.execute(
        update(deployments)
        .where(deployments.c.deployment_id == found.deployment_id, deployments.c.version == found.version)
        .values(version=found.version + 1, **values)
    )
    if done.rowcount != 1:
        raise DecisionConflictError(
            f"{found.deployment_id}: somebody changed it at the same moment; look again: lfr deployment show "
            f"{found.deployment_id}"
        )


def link_watchlist(connection: Connection, deployment_id: str, watchlist_id: str | None) -> None:
    """Names the watchlist built for a deployment."""
    connection.execute(
        update(deployments).where(deployments.c.deployment_id == deployment_id).values(watchlist_id=watchlist_id)
    )


def add_event(connection: Connection, key: DataKey, event: Event) -> Event:
    """Appends an event; its `seq` is given here, the deployment's row being locked so that none is given twice.

    Raises
    ------
    NotInStoreError
        If there is no such deployment.
    """
    lock = select(deployments.c.deployment_id).where(deployments.c.deployment_id == event.deployment_id)
    if connection.execute(lock.with_for_update()).one_or_none() is None:
        raise _no_such(event.deployment_id)
    latest = select(func.max(deployment_events.c.seq)).where(
        deployment_events.c.deployment_id == event.deployment_id
    )
    seq = (connection.execute(latest).scalar_one() or 0) + 1
    about = _about_reason(event.deployment_id, seq)
    connection.execute(
        insert(deployment_events).values(
            deployment_id=event.deployment_id,
            seq=seq,
            at=event.at,
            actor_id=event.actor_id,
            kind=event.kind,
            from_state=_text(event.from_state),
            to_state=_text(event.to_state),
            data=dict(event.data),
            sealed_reason=key.seal(event.reason.encode(), about) if event.reason else None,
        )
    )
    return Event(**{**event.__dict__, "seq": seq})


def events_of(
    connection: Connection, key: DataKey, deployment_id: str, kinds: Collection[str] | None = None
) -> list[Event]:
    """A deployment's events in order, of these kinds (None: of any)."""
    query: Select[Any] = select(deployment_events).where(deployment_events.c.deployment_id == deployment_id)
    if kinds is not None:
        query = query.where(deployment_events.c.kind.in_(list(kinds)))
    return [_event(row, key) for row in connection.execute(query.order_by(deployment_events.c.seq)).mappings()]


def columns_of(key: DataKey, deployment_id: str, authority: Authority) -> dict[str, Any]:
    """Column -> value of all that follows from a plan; the plan itself sealed."""
    plain = authority.model_dump_json().encode()
    return {
        "sealed_authority": key.seal(plain, _about_authority(deployment_id)),
        "authority_digest": authority_digest(authority),
        "starts_at": authority.starts_at,
        "ends_at": authority.ends_at,
        "threshold": authority.threshold,
        "retention_profile": str(authority.retention_profile),
    }


def _deployment(row: RowMapping, key: DataKey) -> Deployment:
    plain = key.open(row["sealed_authority"], _about_authority(row["deployment_id"]))
    same = {name: row[name] for name in Deployment.__dataclass_fields__ if name in row}
    return Deployment(
        **{
            **same,
            "state": DeploymentState(row["state"]),
            "asked_by": frozenset(row["asked_by"]),
            "authority": authority_of_json(plain.decode()),
        }
    )


def _event(row: RowMapping, key: DataKey) -> Event:
    sealed = row["sealed_reason"]
    reason = key.open(sealed, _about_reason(row["deployment_id"], row["seq"])).decode() if sealed else ""
    same = {name: row[name] for name in Event.__dataclass_fields__ if name in row}
    return Event(
        **{
            **same,
            "from_state": _state(row["from_state"]),
            "to_state": _state(row["to_state"]),
            "reason": reason,
        }
    )


def _state(text: str | None) -> DeploymentState | None:
    return None if text is None else DeploymentState(text)


def _text(state: DeploymentState | None) -> str | None:
    return None if state is None else str(state)


def _about_authority(deployment_id: str) -> str:
    return f"deployments:{deployment_id}:authority"


def _about_reason(deployment_id: str, seq: int) -> str:
    return f"deployment_events:{deployment_id}-{seq}:reason"


def _no_such(deployment_id: str) -> NotInStoreError:
    return NotInStoreError(f"there is no deployment {deployment_id[:80]}; see: lfr deployment list")
