"""Where a test's store and its keys lie."""

from __future__ import annotations

from pathlib import Path

from lfr_kit.config import StoreSettings


def settings_of(folder: Path, url: str = "") -> StoreSettings:
    """All in one folder; on SQLite without an address."""
    return StoreSettings(
        url=url or f"sqlite:///{folder / 'store' / 'lfr.sqlite'}",
        key_file=folder / "keys" / "master.key",
        session_file=folder / "session",
        spool_dir=folder / "spool",
    )
