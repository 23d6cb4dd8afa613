"""Where the master key is kept: a file of mode 0600 (default), the environment, or the keyring of the system.

Never beside the database: a copy of its folder would be a copy of everything.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from glob import escape
from pathlib import Path
from typing import Any

from lfr_kit.config import StoreSettings
from lfr_kit.errors import ConfigurationError, KeyMissingError, VaultError
from lfr_kit.reports.whole_file import output_error, whole_file
from lfr_kit.store.connection import address_in_words, database_file
from lfr_kit.store.master_key import MasterKeys

__all__ = ["VARIABLE", "has_master_keys", "load_master_keys", "place_in_words", "save_master_keys"]

VARIABLE = "LFR_MASTER_KEY"
"""The environment variable, under ``store.key_source = "environment"``: the text of a key file."""

_SERVICE = "lfr_kit master key"
_MAKE_ONE = "make one with: lfr keys init"
_NOT_BY_A_PROGRAM = (
    f"{VARIABLE}: no program can set the environment that started it; keep the key in a file for a moment "
    "(LFR_STORE__KEY_SOURCE=file lfr keys init, or rotate), then set the variable to the text of that file"
)


def place_in_words(chosen: StoreSettings) -> str:
    """Names the place, e.g. ``/home/me/.config/lfr_kit/master.key``."""
    if chosen.key_source == "file":
        return str(chosen.key_file)
    if chosen.key_source == "environment":
        return f"environment variable {VARIABLE}"
    return f"keyring of the system ({_SERVICE}, {address_in_words(chosen.url)})"


def has_master_keys(chosen: StoreSettings) -> bool:
    """Whether anything is kept there, right or wrong."""
    if chosen.key_source == "file":
        return os.path.lexists(chosen.key_file)
    if chosen.key_source == "environment":
        return bool(os.environ.get(VARIABLE))
    return _asked_keyring(chosen) is not None


def load_master_keys(chosen: StoreSettings) -> MasterKeys:
    """The master key of the settings.

    Raises
    ------
    KeyMissingError
        If it is not there, is none, or others may read it.
    ConfigurationError
        If its file lies in the database's folder.
    VaultError
        If the keyring does not answer.
    """
    if chosen.key_source == "file":
        return _from_file(chosen)
    text = os.environ.get(VARIABLE) if chosen.key_source == "environment" else _asked_keyring(chosen)
    where = place_in_words(chosen)
    if not text:
        raise KeyMissingError(f"{where}: no master key; restore it from its backup, or {_MAKE_ONE}")
    return MasterKeys.from_text(text, where)


def save_master_keys(keys: MasterKeys, chosen: StoreSettings, *, replace: bool = False) -> None:
    """Keeps the master key, whole or not at all, durably before it returns.

    Parameters
    ----------
    replace
        Whether a key that is there already gives way; only a rotation may.

    Raises
    ------
    VaultError
        If there is one already, or the place takes none.
    ConfigurationError
        If its file would lie in the database's folder.
    OutputError
        If the file cannot be written.
    """
    if chosen.key_source == "environment":
        raise VaultError(_NOT_BY_A_PROGRAM)
    if not replace and has_master_keys(chosen):
        raise _taken(chosen)
    if chosen.key_source == "keyring":
        _told_keyring(chosen, keys.to_text())
    else:
        _to_file(keys, chosen, replace)


def _taken(chosen: StoreSettings) -> VaultError:
    return VaultError(f"{place_in_words(chosen)}: there is a master key already, and it is never overwritten")


def _from_file(chosen: StoreSettings) -> MasterKeys:
    path = chosen.key_file
    _check_apart(chosen)
    try:
        with open(path, "rb", opener=_not_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise KeyMissingError(f"{path}: is no file; restore the master key from its backup")
            if stat.S_IMODE(status.st_mode) & 0o077 and os.name == "posix":
                raise KeyMissingError(f"{path}: others may read the master key; run: chmod 600 {path}")
            text = file.read(1 << 20).decode("utf-8", errors="replace")
    except FileNotFoundError:
        raise KeyMissingError(f"{path}: no master key; restore it from its backup, or {_MAKE_ONE}") from None
    except OSError as error:
        raise KeyMissingError(f"{path}: the master key cannot be read ({error.strerror}); mend that") from None
    return MasterKeys.from_text(text, str(path))


def _not_waiting(path: str, flags: int) -> int:
    """A pipe in the place of the file keeps nobody waiting."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _to_file(keys: MasterKeys, chosen: StoreSettings, replace: bool) -> None:
    path = _place(chosen)  # a link stays one, and the key where it leads
    _check_apart(chosen)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise output_error(path, error) from error
    with whole_file(path) as partial:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(keys.to_text())
        if not replace:
            try:
                os.link(partial, path)  # unlike a rename, refuses where another process was faster
            except FileExistsError:
                raise _taken(chosen) from None
    if replace:
        _remove_unfinished(path)
    _sync_folder(path.parent)


def _remove_unfinished(path: Path) -> None:
    """What a program that was killed while it wrote left behind: a key that is to be let go of may be in it."""
    for left in path.parent.glob(f".{escape(path.name)}.*.partial"):
        try:
            left.unlink(missing_ok=True)
        except OSError as error:
            raise output_error(left, error) from error


def _sync_folder(folder: Path) -> None:
    """A renamed file is there after a power cut only once its folder is on the disk."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _place(chosen: StoreSettings) -> Path:
    try:
        return chosen.key_file.resolve()
    except (OSError, RuntimeError):
        raise KeyMissingError(f"{chosen.key_file}: is a link to itself; name another (store.key_file)") from None


def _check_apart(chosen: StoreSettings) -> None:
    database = database_file(chosen.url)
    if database is None:
        return
    folder = database.absolute().parent.resolve()
    if _place(chosen).is_relative_to(folder):
        raise ConfigurationError(
            f"{chosen.key_file}: lies in the database's folder, so whoever copies {folder} has both; "
            "keep the master key elsewhere (store.key_file)"
        )


def _asked_keyring(chosen: StoreSettings) -> str | None:
    import keyring

    found: str | None = _answered(keyring.get_password, _SERVICE, address_in_words(chosen.url))
    return found


def _told_keyring(chosen: StoreSettings, text: str) -> None:
    import keyring

    _answered(keyring.set_password, _SERVICE, address_in_words(chosen.url), text)
    if _asked_keyring(chosen) != text:
        raise VaultError(f"{place_in_words(chosen)}: did not keep the master key; choose another store.key_source")


def _answered(ask: Any, *words: str) -> Any:
    """Backends of the keyring fail in many ways, each with errors of its own."""
    from keyring.errors import KeyringError

    try:
        return ask(*words)
    except (KeyringError, RuntimeError, OSError) as error:
        raise VaultError(
            f"the keyring of the system does not answer ({type(error).__name__}: {error}); unlock it, "
            "or choose another store.key_source"
        ) from error
