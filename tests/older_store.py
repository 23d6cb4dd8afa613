"""A store as the first release made it: what later revisions of the tables brought is taken out again."""

from __future__ import annotations

from sqlalchemy import Connection, text

__all__ = ["NEW_TABLES", "make_older"]

NEW_TABLES = ("presence", "blue_list", "alert_shots", "recording_segments")
"""Tables that came after the first release."""


def make_older(connection: Connection) -> None:
    """The tables of revision 0001, with whatever rows they hold."""
    for table in NEW_TABLES:
        connection.execute(text(f"DROP TABLE {table}"))
    connection.execute(text("ALTER TABLE data_keys DROP COLUMN rewrapped_at"))
    connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
