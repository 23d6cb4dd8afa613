"""Where the master key is kept: a file of mode 0600 (default), the environment, or the keyring of the system."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lfr_kit.config import StoreSettings
from lfr_kit.errors import KeyMissingError
from lfr_kit.reports.whole_file import whole_file
from lfr_kit.store.master_key import MasterKeys

__all__ = ["load_master_keys", "save_master_keys"]

_MAKE_ONE = "make one with: lfr keys init"


def load_master_keys(chosen: StoreSettings) -> MasterKeys:
    """The master key of the settings. KeyMissingError if it is not there or others may read it."""
    path = chosen.key_file
    if not path.is_file():
        raise KeyMissingError(f"{path}: no master key; restore it from its backup, or {_MAKE_ONE}")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyMissingError(f"{path}: others may read the master key; run: chmod 600 {path}")
    return MasterKeys.from_text(path.read_text(encoding="utf-8"), str(path))


def save_master_keys(keys: MasterKeys, chosen: StoreSettings) -> None:
    """Keeps the master key, whole or not at all."""
    path: Path = chosen.key_file
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with whole_file(path) as partial:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(keys.to_text())
