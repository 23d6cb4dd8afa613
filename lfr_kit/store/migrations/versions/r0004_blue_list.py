"""Staff who walk through before the opening."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """A table for them; nobody is on it."""
    op.create_table(
        "blue_list",
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("pseudonym_mac", sa.String(length=64), nullable=False),
        sa.Column("enrolled_by", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at", sa.String(length=32), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_template", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.deployment_id"], name=op.f("fk_blue_list_deployment_id")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_blue_list")),
        sa.UniqueConstraint("deployment_id", "pseudonym_mac", name=op.f("uq_blue_list_deployment_id")),
    )
    op.create_index(op.f("ix_blue_list_deployment_id"), "blue_list", ["deployment_id"])
