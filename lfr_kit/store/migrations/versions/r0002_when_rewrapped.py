"""When a data key was last wrapped with another master key."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """A column for it; nothing is known of rotations before."""
    op.add_column("data_keys", sa.Column("rewrapped_at", sa.String(length=32)))
