"""The audit log's rows: appended in one chain, however many processes write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from lfr_kit.governance.audit import GENESIS, chain_hash
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.tables.audit import audit_entries, audit_head
from lfr_kit.store.vault import DataKey, Vault

__all__ = ["Line", "append", "found"]


@dataclass
class Line:
    """What is to be logged."""

    actor_id: str
    operation: Operation
    action: str
    subject: str
    deployment_id: str | None = None
    justification: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def found(connection: Connection, vault: Vault, at: datetime) -> None:
    """The head of a new chain, and its first entry."""
    key = vault.key(connection, "audit")
    connection.execute(
        insert(audit_head).values(id=1, seq=0, hash=GENESIS, latest_at=at, mac=_mac(key, 0, GENESIS))
    )
    line = Line("system", Operation.COLLECTION, "store.create", "store", justification="the store was made")
    append(connection, vault, [line], at)


def append(connection: Connection, vault: Vault, lines: Sequence[Line], at: datetime) -> None:
    """Appends entries to the chain, within the caller's transaction; the head is locked until it commits."""
    head = connection.execute(select(audit_head).where(audit_head.c.id == 1).with_for_update()).one()
    key = vault.key(connection, "audit")
    seq, previous = head.seq, head.hash
    rows = []
    for line in lines:
        seq += 1
        sealed = key.seal_json({"why": line.justification, **line.details}, f"audit_entries:{seq}")
        named = (line.actor_id, str(line.operation), line.action, line.subject, line.deployment_id)
        digest = chain_hash(previous, seq, at, named, sealed)
        rows.append(
            {
                "seq": seq,
                "at": at,
                "actor_id": line.actor_id,
                "operation": str(line.operation),
                "action": line.action,
                "subject": line.subject,
                "deployment_id": line.deployment_id,
                "sealed_details": sealed,
                "previous_hash": previous,
                "hash": digest,
            }
        )
        previous = digest
    connection.execute(insert(audit_entries), rows)
    latest = max(at, head.latest_at or at)
    connection.execute(
        update(audit_head)
        .where(audit_head.c.id == 1)
        .values(seq=seq, hash=previous, latest_at=latest, mac=_mac(key, seq, previous))
    )


def _mac(key: DataKey, seq: int, digest: str) -> str:
    return key.mac(f"audit_head:{seq}:{digest}".encode())
