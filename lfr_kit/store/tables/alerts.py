"""Alerts and what people decided about them."""

from sqlalchemy import Column, Float, ForeignKey, Integer, LargeBinary, String, Table, UniqueConstraint

from lfr_kit.store.tables.columns import Json, Utc, metadata

__all__ = ["alert_events", "alert_shots", "alerts"]

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", String(40), primary_key=True),
    Column("deployment_id", String(40), ForeignKey("deployments.deployment_id"), nullable=False, index=True),
    Column("entry_id", String(40), nullable=False),
    Column("camera_id", String(120), nullable=False),
    Column("raised_at", Utc, nullable=False, index=True),
    Column("expires_at", Utc, nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False, default=0),
    Column("response", String(8), nullable=False),
    Column("similarity", Float, nullable=False),
    Column("comparison_score", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("score_scale", String(40), nullable=False),
    Column("n_enrolled", Integer, nullable=False),
    Column("quality", Float),
    Column("repeat_of", String(40)),
    Column("truth", String(24)),
    Column("outcome", String(16)),
    Column("key_id", String(40), nullable=False),
    Column("hold_id", String(40)),
    Column("sealed_probe", LargeBinary, nullable=False),
    Column("sealed_reference", LargeBinary, nullable=False),
    Column("sealed_details", LargeBinary, nullable=False),
)
"""`sealed_*` under the deployment's key (a hold's, where one is placed). `sealed_details`: name, category, ...
"""

alert_events = Table(
    "alert_events",
    metadata,
    Column("alert_id", String(40), ForeignKey("alerts.alert_id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("deployment_id", String(40), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("actor_id", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("from_state", String(16)),
    Column("to_state", String(16)),
    Column("data", Json, nullable=False),
    Column("sealed_note", LargeBinary),
)
"""Append-only; `data` holds reason codes, truth, outcome, seconds to decide."""

alert_shots = Table(
    "alert_shots",
    metadata,
    Column("alert_id", String(40), ForeignKey("alerts.alert_id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("captured_at", Utc, nullable=False),
    Column("quality", Float, nullable=False),
    Column("sealed_picture", LargeBinary, nullable=False),
    UniqueConstraint("alert_id", "captured_at", name="uq_alert_shots_alert_id"),
)
"""Further pictures of the track an alert was raised on, sealed as its own are; one moment is kept once."""
