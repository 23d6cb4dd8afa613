"""Drafts the next revision: ``python -m lfr_kit.store.migrations.draft "what changed"``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from lfr_kit.store.connection import make_engine
from lfr_kit.store.schema import alembic_config

__all__ = ["draft"]


def draft(message: str) -> Path:
    """Writes what the tables have that the latest revision has not.

    Returns
    -------
    Path
        The file, for a person to read and mend; its number then goes into `lfr_kit.store.schema.REVISIONS`.
    """
    from alembic import command
    from alembic.script import Script, ScriptDirectory

    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/lfr.sqlite", 5.0)
        with engine.begin() as connection:
            config = alembic_config(connection)
            command.upgrade(config, "head")
            latest = ScriptDirectory.from_config(config).get_current_head()
            following = f"{int(latest or 0) + 1:04d}"
            made = command.revision(config, message, autogenerate=True, rev_id=following)
        engine.dispose()
    assert isinstance(made, Script), "one revision was asked for"
    return Path(made.path)


if __name__ == "__main__":
    sys.stdout.write(f"{draft(sys.argv[1])}\n")
