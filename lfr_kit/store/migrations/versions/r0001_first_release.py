"""The tables of the first release of the store."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Brings the tables there."""
    op.create_table(
        "audit_entries",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("operation", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("deployment_id", sa.String(length=40)),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entries"),
    )
    op.create_index("ix_audit_entries_action", "audit_entries", ["action"])
    op.create_index("ix_audit_entries_actor_id", "audit_entries", ["actor_id"])
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"])
    op.create_index("ix_audit_entries_deployment_id", "audit_entries", ["deployment_id"])
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject"])

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("latest_at", sa.String(length=32)),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "calibrations",
        sa.Column("calibration_id", sa.String(length=80), nullable=False),
        sa.Column("space_id", sa.String(length=120), nullable=False),
        sa.Column("score_scale", sa.String(length=40), nullable=False),
        sa.Column("measured_on", sa.String(length=10), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("calibration_id", name="pk_calibrations"),
    )
    op.create_table(
        "certificates",
        sa.Column("certificate_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("deployment_id", sa.String(length=40)),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("certificate_id", name="pk_certificates"),
    )
    op.create_index("ix_certificates_deployment_id", "certificates", ["deployment_id"])
    op.create_index("ix_certificates_state", "certificates", ["state"])

    op.create_table(
        "data_keys",
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("master_key_id", sa.String(length=40), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name="pk_data_keys"),
        sa.UniqueConstraint("scope", name="uq_data_keys_scope"),
    )
    op.create_table(
        "deployments",
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.String(length=32)),
        sa.Column("ends_at", sa.String(length=32)),
        sa.Column("sealed_authority", sa.LargeBinary(), nullable=False),
        sa.Column("authority_digest", sa.String(length=64), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=64)),
        sa.Column("granted_by", sa.String(length=64)),
        sa.Column("granted_at", sa.String(length=32)),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("ratify_by", sa.String(length=32)),
        sa.Column("ratified_by", sa.String(length=64)),
        sa.Column("watchlist_id", sa.String(length=40)),
        sa.Column("retention_profile", sa.String(length=8), nullable=False),
        sa.Column("closed_at", sa.String(length=32)),
        sa.PrimaryKeyConstraint("deployment_id", name="pk_deployments"),
    )
    op.create_table(
        "destroyed_keys",
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("destroyed_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name="pk_destroyed_keys"),
    )
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.Column("placed_by", sa.String(length=64), nullable=False),
        sa.Column("placed_at", sa.String(length=32), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("released_by", sa.String(length=64)),
        sa.Column("released_at", sa.String(length=32)),
        sa.PrimaryKeyConstraint("hold_id", name="pk_holds"),
    )
    op.create_index("ix_holds_deployment_id", "holds", ["deployment_id"])
    op.create_index("ix_holds_subject", "holds", ["subject"])

    op.create_table(
        "inclusion_ledger",
        sa.Column("ledger_id", sa.String(length=40), nullable=False),
        sa.Column("person_mac", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("included_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("ledger_id", name="pk_inclusion_ledger"),
    )
    op.create_index("ix_inclusion_ledger_person_mac", "inclusion_ledger", ["person_mac"])

    op.create_table(
        "store_info",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_store_info"),
    )
    op.create_table(
        "users",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary()),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.String(length=32)),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_users"),
    )
    op.create_table(
        "watchlists",
        sa.Column("watchlist_id", sa.String(length=40), nullable=False),
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("key_id", sa.String(length=40)),
        sa.Column("space_id", sa.String(length=120), nullable=False),
        sa.Column("allowed_categories", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("frozen_at", sa.String(length=32)),
        sa.Column("digest", sa.String(length=64)),
        sa.Column("n_entries", sa.Integer()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.String(length=32)),
        sa.PrimaryKeyConstraint("watchlist_id", name="pk_watchlists"),
    )
    op.create_index("ix_watchlists_deployment_id", "watchlists", ["deployment_id"])

    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.String(length=40), nullable=False),
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("camera_id", sa.String(length=120), nullable=False),
        sa.Column("raised_at", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("response", sa.String(length=8), nullable=False),
        sa.Column("similarity", sa.Float(), nullable=False),
        sa.Column("comparison_score", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("score_scale", sa.String(length=40), nullable=False),
        sa.Column("n_enrolled", sa.Integer(), nullable=False),
        sa.Column("quality", sa.Float()),
        sa.Column("repeat_of", sa.String(length=40)),
        sa.Column("truth", sa.String(length=24)),
        sa.Column("outcome", sa.String(length=16)),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("hold_id", sa.String(length=40)),
        sa.Column("sealed_probe", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_reference", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.deployment_id"], name="fk_alerts_deployment_id"),
        sa.PrimaryKeyConstraint("alert_id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_deployment_id", "alerts", ["deployment_id"])
    op.create_index("ix_alerts_raised_at", "alerts", ["raised_at"])

    op.create_table(
        "alike_pairs",
        sa.Column("watchlist_id", sa.String(length=40), nullable=False),
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("other_entry_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("similarity", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.watchlist_id"], name="fk_alike_pairs_watchlist_id"),
        sa.PrimaryKeyConstraint("watchlist_id", "entry_id", "other_entry_id", name="pk_alike_pairs"),
    )
    op.create_table(
        "corrections",
        sa.Column("correction_id", sa.String(length=40), nullable=False),
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("column", sa.String(length=64), nullable=False),
        sa.Column("old_value", sa.Text(), nullable=False),
        sa.Column("new_value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.deployment_id"], name="fk_corrections_deployment_id"
        ),
        sa.PrimaryKeyConstraint("correction_id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_deployment_id", "corrections", ["deployment_id"])

    op.create_table(
        "deployment_events",
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("from_state", sa.String(length=16)),
        sa.Column("to_state", sa.String(length=16)),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.deployment_id"], name="fk_deployment_events_deployment_id"
        ),
        sa.PrimaryKeyConstraint("deployment_id", "seq", name="pk_deployment_events"),
    )
    op.create_table(
        "entries",
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("watchlist_id", sa.String(length=40), nullable=False),
        sa.Column("person_mac", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32)),
        sa.Column("response", sa.String(length=8)),
        sa.Column("age_band", sa.String(length=16), nullable=False),
        sa.Column("expires_at", sa.String(length=32)),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_review", sa.LargeBinary()),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("reviewed_by", sa.String(length=64)),
        sa.Column("reviewed_at", sa.String(length=32)),
        sa.Column("second_approved_by", sa.String(length=64)),
        sa.Column("second_approved_at", sa.String(length=32)),
        sa.Column("verified_by", sa.String(length=64)),
        sa.Column("verified_at", sa.String(length=32)),
        sa.Column("withdrawn_by", sa.String(length=64)),
        sa.Column("withdrawn_at", sa.String(length=32)),
        sa.Column("withdrawn_at_revision", sa.Integer()),
        sa.Column("digest", sa.String(length=64)),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.watchlist_id"], name="fk_entries_watchlist_id"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_entries"),
        sa.UniqueConstraint("watchlist_id", "person_mac", name="uq_entries_watchlist_id"),
    )
    op.create_index("ix_entries_watchlist_id", "entries", ["watchlist_id"])

    op.create_table(
        "equality_reports",
        sa.Column("report_id", sa.String(length=40), nullable=False),
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("truth", sa.String(length=24)),
        sa.Column("sealed_perceived", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.deployment_id"], name="fk_equality_reports_deployment_id"
        ),
        sa.PrimaryKeyConstraint("report_id", name="pk_equality_reports"),
    )
    op.create_index("ix_equality_reports_deployment_id", "equality_reports", ["deployment_id"])

    op.create_table(
        "published_records",
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.deployment_id"], name="fk_published_records_deployment_id"
        ),
        sa.PrimaryKeyConstraint("deployment_id", "version", name="pk_published_records"),
    )
    op.create_table(
        "residue_marks",
        sa.Column("mark_id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("sealed_marks", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.certificate_id"], name="fk_residue_marks_certificate_id"
        ),
        sa.PrimaryKeyConstraint("mark_id", name="pk_residue_marks"),
    )
    op.create_index("ix_residue_marks_certificate_id", "residue_marks", ["certificate_id"])

    op.create_table(
        "sessions",
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.String(length=32), nullable=False),
        sa.Column("last_used_at", sa.String(length=32)),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name="fk_sessions_user_id"),
        sa.PrimaryKeyConstraint("token_digest", name="pk_sessions"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])

    op.create_table(
        "alert_events",
        sa.Column("alert_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("from_state", sa.String(length=16)),
        sa.Column("to_state", sa.String(length=16)),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("sealed_note", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.alert_id"], name="fk_alert_events_alert_id"),
        sa.PrimaryKeyConstraint("alert_id", "seq", name="pk_alert_events"),
    )
    op.create_index("ix_alert_events_deployment_id", "alert_events", ["deployment_id"])

    op.create_table(
        "pictures",
        sa.Column("picture_id", sa.String(length=40), nullable=False),
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("watchlist_id", sa.String(length=40), nullable=False),
        sa.Column("picture_mac", sa.String(length=64), nullable=False),
        sa.Column("captured_on", sa.Date()),
        sa.Column("quality", sa.Float()),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("sealed_picture", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_template", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.entry_id"], name="fk_pictures_entry_id"),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.watchlist_id"], name="fk_pictures_watchlist_id"),
        sa.PrimaryKeyConstraint("picture_id", name="pk_pictures"),
        sa.UniqueConstraint("entry_id", "picture_mac", name="uq_pictures_entry_id"),
    )
    op.create_index("ix_pictures_watchlist_id", "pictures", ["watchlist_id"])
