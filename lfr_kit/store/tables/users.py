"""Users and who is signed in."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from lfr_kit.store.tables.columns import Json, Utc, metadata

__all__ = ["sessions", "users"]

users = Table(
    "users",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("sealed_name", LargeBinary),
    Column("password_hash", Text, nullable=False),
    Column("roles", Json, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("failed_attempts", Integer, nullable=False, default=0),
    Column("locked_until", Utc),
    Column("must_change_password", Boolean, nullable=False, default=False),
    Column("mac", String(64), nullable=False),
)
"""Sealed under the ``store`` key: the display name. `must_change_password`: somebody else chose the password.

`mac`: over name, roles, state and password under that key, so that roles written in from outside are refused.
"""

sessions = Table(
    "sessions",
    metadata,
    Column("token_digest", String(64), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.user_id"), nullable=False, index=True),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("last_used_at", Utc),
    Column("mac", String(64), nullable=False),
)
"""SHA-256 of a session's token, never the token. `mac`: over whose it is and its times, as of `users`."""
