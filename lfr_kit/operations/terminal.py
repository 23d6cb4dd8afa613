"""Who is signed in on this terminal: a token in a file that only its owner can read."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from lfr_kit.errors import SignInError
from lfr_kit.reports.whole_file import whole_file

__all__ = ["forget_token", "keep_token", "kept_token"]

_LONGEST = 200
_SIGN_IN = "sign in with: lfr users sign-in NAME"


def keep_token(path: Path, token: str) -> None:
    """Writes the token, mode 0600, in a folder made with mode 0700. OutputError if it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with whole_file(path) as partial:
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(token)


def kept_token(path: Path) -> str:
    """The token.

    Raises
    ------
    SignInError
        If there is none, or the file is a link, another's, or readable by others: then it may not be ours.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise SignInError(f"nobody is signed in on this terminal; {_SIGN_IN}") from None
    except OSError as error:
        raise SignInError(f"{path}: cannot be read ({error.strerror}); remove it and {_SIGN_IN}") from None
    try:
        found = os.fstat(descriptor)
        is_ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
        if not is_ours or stat.S_IMODE(found.st_mode) & 0o077:
            raise SignInError(f"{path}: is not yours alone (mode 0600); remove it and {_SIGN_IN}")
        return os.read(descriptor, _LONGEST).decode(errors="replace").strip()
    finally:
        os.close(descriptor)


def forget_token(path: Path) -> None:
    """Removes the file, if there is one."""
    with suppress(FileNotFoundError):
        path.unlink()
