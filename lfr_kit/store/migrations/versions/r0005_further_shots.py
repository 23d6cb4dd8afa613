"""Further pictures of the track an alert was raised on."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """A table for them; no alert has any."""
    op.create_table(
        "alert_shots",
        sa.Column("alert_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("captured_at", sa.String(length=32), nullable=False),
        sa.Column("quality", sa.Float(), nullable=False),
        sa.Column("sealed_picture", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.alert_id"], name=op.f("fk_alert_shots_alert_id")),
        sa.PrimaryKeyConstraint("alert_id", "seq", name=op.f("pk_alert_shots")),
        sa.UniqueConstraint("alert_id", "captured_at", name=op.f("uq_alert_shots_alert_id")),
    )
