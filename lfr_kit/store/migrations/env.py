"""What Alembic runs for each command: on the connection it is given, within that connection's transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from lfr_kit.store.tables import metadata

__all__ = ["as_plain_type", "run"]


def as_plain_type(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Revisions name plain types, so that they stay true when the types of the package change."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def run() -> None:
    """Runs the command."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        compare_type=True,
        render_as_batch=True,
        render_item=as_plain_type,
        transactional_ddl=False,  # the caller's transaction, of which the command is only a part
    )
    context.run_migrations()


if __name__ == "env_py":  # as Alembic calls it; whoever imports it runs nothing
    run()
