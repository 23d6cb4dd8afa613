"""What the store insists on: changed by an administrator in an audited act, never by a setting or a variable."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from lfr_kit.store.tables.keys import store_info
from lfr_kit.store.vault import DataKey

__all__ = ["found", "justification_is_mandatory", "set_justification_mandatory", "store_id"]


def found(connection: Connection, at: datetime) -> None:
    """A new store's id and strictest policies."""
    values = {"store_id": uuid4().hex, "created_at": at.isoformat(), "justification": "mandatory"}
    connection.execute(insert(store_info), [{"name": name, "value": value} for name, value in values.items()])


def _value(connection: Connection, name: str) -> str | None:
    return connection.execute(select(store_info.c.value).where(store_info.c.name == name)).scalar_one_or_none()


def store_id(connection: Connection) -> str:
    """Names this store."""
    return _value(connection, "store_id") or ""


def justification_is_mandatory(connection: Connection, key: DataKey) -> bool:
    """Whether every act must say why; true unless an administrator changed it.

    `key` is that of the scope ``store``: a laxer policy counts under its MAC only, so that nobody writes it into
    the database from outside.
    """
    found = _value(connection, "justification") or ""
    return not compare_digest(found.encode(errors="replace"), _optional(key).encode())


def set_justification_mandatory(connection: Connection, key: DataKey, mandatory: bool) -> None:
    """Changes it; call within an act of `Action.POLICY_CHANGE`."""
    value = "mandatory" if mandatory else _optional(key)
    connection.execute(update(store_info).where(store_info.c.name == "justification").values(value=value))


def _optional(key: DataKey) -> str:
    return "optional:" + key.mac(b"policy:justification:optional")
