"""Column types all tables share."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import MetaData, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from lfr_kit.errors import StoreError

__all__ = ["Json", "Utc", "metadata"]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """A timezone-aware time, kept as ISO 8601 text in UTC with microseconds: sorts as it reads."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To text; ValueError for a time without a timezone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"needs a timezone-aware time, got {value.isoformat()}")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Back to an aware time. StoreError if it is none."""
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise _damaged("a time") from None
        if found.tzinfo is None:
            raise _damaged("a time")
        return found


class Json(TypeDecorator[Any]):
    """Plain values as compact JSON text with sorted keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """To text."""
        if value is None:
            return None
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Back to values. StoreError if it is no JSON."""
        try:
            return None if value is None else json.loads(value)
        except (TypeError, ValueError, RecursionError):
            raise _damaged("a list or table") from None


def _damaged(what: str) -> StoreError:
    """Somebody wrote to the database from outside; what they wrote may be personal, and is not repeated."""
    return StoreError(f"the store is damaged: {what} in it cannot be read; restore it from a backup")
