"""Watchlists, their entries and pictures, pairs that look alike, and the inclusion ledger."""

from sqlalchemy import (
    Column,
    Date,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from lfr_kit.store.tables.columns import Json, Utc, metadata

__all__ = ["alike_pairs", "entries", "inclusion_ledger", "pictures", "watchlists"]

watchlists = Table(
    "watchlists",
    metadata,
    Column("watchlist_id", String(40), primary_key=True),
    Column("deployment_id", String(40), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("key_id", String(40)),
    Column("space_id", String(120), nullable=False),
    Column("allowed_categories", Json, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("frozen_at", Utc),
    Column("digest", String(64)),
    Column("n_entries", Integer),
    Column("revision", Integer, nullable=False, default=0),
    Column("deleted_at", Utc),
)
"""`revision` rises with every withdrawal: a running engine looks at it each frame."""

entries = Table(
    "entries",
    metadata,
    Column("entry_id", String(40), primary_key=True),
    Column("watchlist_id", String(40), ForeignKey("watchlists.watchlist_id"), nullable=False, index=True),
    Column("person_mac", String(64), nullable=False),
    Column("status", String(32), nullable=False),
    Column("category", String(32)),
    Column("response", String(8)),
    Column("age_band", String(16), nullable=False),
    Column("expires_at", Utc),
    Column("reasons", Json, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sealed_details", LargeBinary, nullable=False),
    Column("sealed_review", LargeBinary),
    Column("created_by", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("changed_by", String(64), nullable=False),
    Column("reviewed_by", String(64)),
    Column("reviewed_at", Utc),
    Column("second_approved_by", String(64)),
    Column("second_approved_at", Utc),
    Column("verified_by", String(64)),
    Column("verified_at", Utc),
    Column("withdrawn_by", String(64)),
    Column("withdrawn_at", Utc),
    Column("withdrawn_at_revision", Integer),
    Column("digest", String(64)),
    UniqueConstraint("watchlist_id", "person_mac"),
)
"""One person on one list. `person_mac`: HMAC of the identity reference under the list's key.

`sealed_review`: what reviewers wrote. `digest`: of what was frozen of the entry; None = it was not.
"""

pictures = Table(
    "pictures",
    metadata,
    Column("picture_id", String(40), primary_key=True),
    Column("entry_id", String(40), ForeignKey("entries.entry_id"), nullable=False),
    Column("watchlist_id", String(40), ForeignKey("watchlists.watchlist_id"), nullable=False, index=True),
    Column("picture_mac", String(64), nullable=False),
    Column("captured_on", Date),
    Column("quality", Float),
    Column("measures", Json, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("sealed_picture", LargeBinary, nullable=False),
    Column("sealed_template", LargeBinary),
    UniqueConstraint("entry_id", "picture_mac"),
)
"""`picture_mac`: HMAC of the file under the list's key; the same file twice for one person changes nothing.

`sealed_template`: float32 little-endian, of the list's embedding space; None = nobody can be enrolled from it.
"""

alike_pairs = Table(
    "alike_pairs",
    metadata,
    Column("watchlist_id", String(40), ForeignKey("watchlists.watchlist_id"), primary_key=True),
    Column("entry_id", String(40), primary_key=True),
    Column("other_entry_id", String(40), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("similarity", Float, nullable=False),
)
"""Two entries whose pictures are the same or look alike (`kind`): the brother problem."""

inclusion_ledger = Table(
    "inclusion_ledger",
    metadata,
    Column("ledger_id", String(40), primary_key=True),
    Column("person_mac", String(64), nullable=False, index=True),
    Column("category", String(32), nullable=False),
    Column("deployment_id", String(40), nullable=False),
    Column("included_on", Date, nullable=False),
    Column("expires_on", Date, nullable=False),
)
"""Answers "was I on it?" after deletion. HMAC of the identity reference under the `ledger` key; no picture."""
