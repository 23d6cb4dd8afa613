"""Who is on the ground."""

from sqlalchemy import Column, ForeignKey, String, Table

from lfr_kit.store.tables.columns import Utc, metadata

__all__ = ["presence"]

presence = Table(
    "presence",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("deployment_id", String(40), ForeignKey("deployments.deployment_id"), nullable=False, index=True),
    Column("team", String(40), nullable=False),
    Column("camera_id", String(120), nullable=False),
    Column("checked_in_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("mac", String(64), nullable=False),
)
"""One row while somebody is checked in, so nobody is at two places; the history stands in the deployment's events.

`seen_at`: their last sign of life. `mac`: over all of it under the ``store`` key, so that nobody is put on the
ground by writing to the database.
"""
