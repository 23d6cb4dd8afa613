"""Legal holds, deletion certificates, and the marks by which residue is looked for."""

from sqlalchemy import Column, Date, ForeignKey, Integer, LargeBinary, String, Table, Text

from lfr_kit.store.tables.columns import Json, Utc, metadata

__all__ = ["certificates", "holds", "residue_marks"]

holds = Table(
    "holds",
    metadata,
    Column("hold_id", String(40), primary_key=True),
    Column("subject", String(120), nullable=False, index=True),
    Column("deployment_id", String(40), nullable=False, index=True),
    Column("key_id", String(40), nullable=False),
    Column("sealed_reason", LargeBinary, nullable=False),
    Column("placed_by", String(64), nullable=False),
    Column("placed_at", Utc, nullable=False),
    Column("reviewer", String(64), nullable=False),
    Column("review_on", Date, nullable=False),
    Column("released_by", String(64)),
    Column("released_at", Utc),
)
"""`sealed_reason`: case reference and reason, under the ``store`` key. The alerts name their hold."""

certificates = Table(
    "certificates",
    metadata,
    Column("certificate_id", String(40), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("deployment_id", String(40), index=True),
    Column("state", String(16), nullable=False, index=True),
    Column("body", Json, nullable=False),
    Column("signature", String(200), nullable=False),
    Column("public_key", Text, nullable=False),
)
"""`state`: pending = keys and rows are gone, pages and the search are to follow; complete = signed."""

residue_marks = Table(
    "residue_marks",
    metadata,
    Column("mark_id", Integer, primary_key=True),
    Column("certificate_id", String(40), ForeignKey("certificates.certificate_id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("key_id", String(40), nullable=False),
    Column("sealed_marks", LargeBinary, nullable=False),
)
"""16-byte pieces of what was deleted, end to end, sealed under ``residue:CERTIFICATE``: what `verify` looks for.

`key_id`: of the key that makes a piece readable: a data key for ciphertext, a master key for a wrapped key.
"""
