"""Staff who walk through before the opening."""

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table, UniqueConstraint

from lfr_kit.store.tables.columns import Utc, metadata

__all__ = ["blue_list"]

blue_list = Table(
    "blue_list",
    metadata,
    Column("member_id", String(40), primary_key=True),
    Column("deployment_id", String(40), ForeignKey("deployments.deployment_id"), nullable=False, index=True),
    Column("pseudonym_mac", String(64), nullable=False),
    Column("enrolled_by", String(64), nullable=False),
    Column("enrolled_at", Utc, nullable=False),
    Column("sealed_details", LargeBinary, nullable=False),
    Column("sealed_template", LargeBinary, nullable=False),
    UniqueConstraint("deployment_id", "pseudonym_mac", name="uq_blue_list_deployment_id"),
)
"""Sealed under ``blue_list:DEPLOYMENT``: pseudonym and consent, and the template. No picture is kept."""
