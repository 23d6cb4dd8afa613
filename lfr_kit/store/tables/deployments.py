"""Deployments, their events, calibrations, published records and corrections."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, LargeBinary, String, Table, Text

from lfr_kit.store.tables.columns import Json, Utc, metadata

__all__ = [
    "calibrations",
    "corrections",
    "deployment_events",
    "deployments",
    "equality_reports",
    "published_records",
]

deployments = Table(
    "deployments",
    metadata,
    Column("deployment_id", String(40), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False, default=0),
    Column("starts_at", Utc),
    Column("ends_at", Utc),
    Column("sealed_authority", LargeBinary, nullable=False),
    Column("authority_digest", String(64), nullable=False),
    Column("threshold", Float, nullable=False),
    Column("asked_by", Json, nullable=False),
    Column("drafted_by", String(64), nullable=False),
    Column("requested_by", String(64)),
    Column("granted_by", String(64)),
    Column("granted_at", Utc),
    Column("is_urgent", Boolean, nullable=False, default=False),
    Column("ratify_by", Utc),
    Column("ratified_by", String(64)),
    Column("watchlist_id", String(40)),
    Column("retention_profile", String(8), nullable=False),
    Column("closed_at", Utc),
)
"""The authority is sealed under the ``store`` key (it outlives the alerts); digest and times are not secret.

`ends_at` and `threshold` are those in force: an extension or a change while running moves them, not the authority.
`asked_by`: everybody who drafted, amended or requested it.
"""

deployment_events = Table(
    "deployment_events",
    metadata,
    Column("deployment_id", String(40), ForeignKey("deployments.deployment_id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("actor_id", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("from_state", String(16)),
    Column("to_state", String(16)),
    Column("data", Json, nullable=False),
    Column("sealed_reason", LargeBinary),
)
"""Append-only. `kind`: transition, faces_seen, notice_published, briefing, checklist, threshold, lit, ...

`data` holds no personal data; the published record is computed from these and the alerts' events.
"""

calibrations = Table(
    "calibrations",
    metadata,
    Column("calibration_id", String(80), primary_key=True),
    Column("space_id", String(120), nullable=False),
    Column("score_scale", String(40), nullable=False),
    Column("measured_on", String(10), nullable=False),
    Column("body", Json, nullable=False),
    Column("added_by", String(64), nullable=False),
    Column("added_at", Utc, nullable=False),
)

published_records = Table(
    "published_records",
    metadata,
    Column("deployment_id", String(40), ForeignKey("deployments.deployment_id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("actor_id", String(64), nullable=False),
    Column("is_final", Boolean, nullable=False),
    Column("body", Json, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("mac", String(64), nullable=False),
)
"""The record as computed when it was fixed: it outlives the alerts it was counted from.

`mac`: over its digest, under the ``store`` key.
"""

corrections = Table(
    "corrections",
    metadata,
    Column("correction_id", String(40), primary_key=True),
    Column("deployment_id", String(40), ForeignKey("deployments.deployment_id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("actor_id", String(64), nullable=False),
    Column("column", String(64), nullable=False),
    Column("old_value", Text, nullable=False),
    Column("new_value", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Published with the record, so the reason must hold no personal data."""

equality_reports = Table(
    "equality_reports",
    metadata,
    Column("report_id", String(40), primary_key=True),
    Column("deployment_id", String(40), ForeignKey("deployments.deployment_id"), nullable=False, index=True),
    Column("truth", String(24)),
    Column("sealed_perceived", LargeBinary, nullable=False),
)
"""What officers perceived of alerted people (J7), apart from the alerts: only aggregates are published."""
