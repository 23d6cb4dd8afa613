"""The audit chain: append-only, each entry hashed over the one before."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from lfr_kit.store.tables.columns import Utc, metadata

__all__ = ["audit_entries", "audit_head"]

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False, index=True),
    Column("actor_id", String(64), nullable=False, index=True),
    Column("operation", String(16), nullable=False),
    Column("action", String(64), nullable=False, index=True),
    Column("subject", String(120), nullable=False, index=True),
    Column("deployment_id", String(40), index=True),
    Column("sealed_details", LargeBinary, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("latest_at", Utc),
    Column("mac", String(64), nullable=False),
)
"""One row: the last entry, under a MAC, so that a shortened chain shows. Writers lock it: one chain."""
