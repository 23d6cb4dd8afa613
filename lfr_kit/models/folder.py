"""The models folder: whether a file is there, and is the one its card means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from lfr_kit.config import settings
from lfr_kit.errors import ModelDigestError, ModelError, ModelMissingError
from lfr_kit.models.catalogue import card, cards
from lfr_kit.models.digest import digest_of, read_record, record_path, write_record
from lfr_kit.models.model_card import ModelCard

__all__ = ["Verification", "check", "expected_digest", "model_digest", "model_path", "place", "verify"]


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What `verify` found: `state` is ``"ok"``, ``"missing"`` or ``"wrong"``, `detail` says more."""

    name: str
    path: Path
    state: str
    detail: str


def model_path(name: str) -> Path:
    """The verified file of a model card.

    Its size is looked at every time; it is hashed when it is new here or has changed.

    Raises
    ------
    UnknownModelError
        If there is no such card.
    ModelMissingError
        If the file is not on this machine; the message names the line that fetches it.
    ModelDigestError
        If the file is not the one the card means.
    """
    path = place(card(name))
    check(card(name), path)
    return path


def model_digest(name: str) -> str:
    """SHA-256 of the verified file of a card, 64 hex digits; raises as `model_path` does."""
    return check(card(name), place(card(name)))


def verify(names: Iterable[str] | None = None) -> list[Verification]:
    """Hashes files anew and compares them with their cards; all cards where no names are given.

    Raises
    ------
    UnknownModelError
        If there is no card of a name. A file that is missing or wrong is reported, not raised.
    """
    chosen = cards() if names is None else [card(name) for name in names]
    return [_verify(each) for each in chosen]


def place(which: ModelCard) -> Path:
    """Where the file of a card lies, or would."""
    return settings().models_dir / which.file_name


def check(which: ModelCard, path: Path, *, anew: bool = False) -> str:
    """SHA-256 of the file at `path` if it is the one the card means; `anew`: hash it in any case.

    Raises
    ------
    ModelMissingError, ModelDigestError
        As `model_path` does.
    """
    try:
        status = path.stat()
    except OSError:
        raise ModelMissingError(_missing(which)) from None
    if not S_ISREG(status.st_mode):
        raise ModelMissingError(f"{path}: is no file. {_missing(which)}")
    _expect_size(which, path, status.st_size)
    try:
        digest = digest_of(path, anew=anew)
    except OSError as error:
        raise ModelMissingError(
            f"{path}: cannot be read ({error.strerror}); give this user the right to"
        ) from None
    expected = expected_digest(which, path)
    if expected is None:
        _record(which, path, digest)
    elif digest != expected:
        raise ModelDigestError(f"{path}: SHA-256 is {digest}, expected {expected}. {_mend(which, path)}")
    return digest


def expected_digest(which: ModelCard, path: Path) -> str | None:
    """What the file of a card must have: the card's digest, or that recorded beside `path`, or None yet.

    Raises
    ------
    ModelDigestError
        If the record is damaged.
    """
    return which.sha256 or read_record(path)


def _record(which: ModelCard, path: Path, digest: str) -> None:
    try:
        write_record(path, digest)
    except OSError as error:
        raise ModelDigestError(
            f"{which.name}: its maker published no digest, and the one found cannot be recorded in "
            f"{record_path(path)} ({error.strerror}); make that folder writable once"
        ) from None


def _expect_size(which: ModelCard, path: Path, size: int) -> None:
    if size == 0 or (which.sha256 and size != which.size_bytes):
        raise ModelDigestError(f"{path}: has {size} bytes, expected {which.size_bytes}. {_mend(which, path)}")


def _verify(which: ModelCard) -> Verification:
    path = place(which)
    try:
        digest = check(which, path, anew=True)
    except ModelMissingError as error:
        return Verification(name=which.name, path=path, state="missing", detail=str(error))
    except ModelError as error:
        return Verification(name=which.name, path=path, state="wrong", detail=str(error))
    against = "the card" if which.sha256 else "the digest recorded when it first came"
    return Verification(name=which.name, path=path, state="ok", detail=f"{digest} agrees with {against}")


def _missing(which: ModelCard) -> str:
    line = f"{which.name}: not on this machine; fetch it with: lfr models fetch {which.name}"
    return f"{line} (without it: {which.without_it})" if which.without_it else line


def _mend(which: ModelCard, path: Path) -> str:
    if which.sha256:
        return f"It is damaged or another file; get it anew with: lfr models fetch {which.name}"
    return (
        f"It is not the file that first came here ({record_path(path).name}). If you mean to change it: "
        f"lfr models import {which.name} FILE --replace"
    )
