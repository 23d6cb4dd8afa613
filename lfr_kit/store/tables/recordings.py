"""Recorded footage: one row a segment; the footage itself lies sealed in files beside the spool."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table

from lfr_kit.store.tables.columns import Utc, metadata

__all__ = ["recording_segments"]

recording_segments = Table(
    "recording_segments",
    metadata,
    Column("segment_id", String(40), primary_key=True),
    Column("deployment_id", String(40), ForeignKey("deployments.deployment_id"), nullable=False, index=True),
    Column("camera_id", String(120), nullable=False),
    Column("state", String(16), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("n_frames", Integer, nullable=False, default=0),
    Column("n_bytes", Integer, nullable=False, default=0),
    Column("key_id", String(40), nullable=False),
    Column("hold_id", String(40), index=True),
    Column("sealed_end", LargeBinary),
)
"""`sealed_end`, under ``recording:SEGMENT`` as the footage: how many pieces, and what the row says of them."""
