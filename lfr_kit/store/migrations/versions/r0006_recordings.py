"""Recorded footage of deployments."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """A table of its segments; nothing was recorded before."""
    op.create_table(
        "recording_segments",
        sa.Column("segment_id", sa.String(length=40), nullable=False),
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("camera_id", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("ended_at", sa.String(length=32), nullable=True),
        sa.Column("n_frames", sa.Integer(), nullable=False),
        sa.Column("n_bytes", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("hold_id", sa.String(length=40), nullable=True),
        sa.Column("sealed_end", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.deployment_id"],
            name=op.f("fk_recording_segments_deployment_id"),
        ),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_recording_segments")),
    )
    for column in ("deployment_id", "hold_id"):
        op.create_index(op.f(f"ix_recording_segments_{column}"), "recording_segments", [column])
