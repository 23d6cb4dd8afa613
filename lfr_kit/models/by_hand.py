"""A file that somebody brought: for machines without network, and for weights no package holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lfr_kit.errors import InputError, ModelDigestError
from lfr_kit.models.catalogue import card
from lfr_kit.models.digest import digest_of, record_path
from lfr_kit.models.folder import place
from lfr_kit.models.model_card import Progress
from lfr_kit.models.reading import read_file
from lfr_kit.models.writing import one_at_a_time, store

__all__ = ["Imported", "import_file"]


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A file brought by hand. `notice` says what to know about it; empty = it is what the card names."""

    name: str
    path: Path
    sha256: str
    notice: str


def import_file(name: str, file: Path, *, replace: bool = False, progress: Progress | None = None) -> Imported:
    """Copies `file` into the models folder as the file of a card, verified as `fetch` does.

    Parameters
    ----------
    name
        The card.
    file
        What was brought; it is left where it is.
    replace
        Accept another file than the one that first came, where its maker published no digest.
    progress
        Told while it is copied.

    Raises
    ------
    UnknownModelError
        If there is no such card.
    InputError
        If `file` is no file.
    ModelDigestError
        If it is not the file the card means. What was in the folder before stays.
    OutputError
        If it cannot be written.
    """
    which = card(name)
    if not file.is_file():
        raise InputError(f"{file}: no such file; give the path of {which.file_name}")
    path = place(which)
    with one_at_a_time(path.parent):
        record = record_path(path)
        before = record.read_bytes() if replace and which.sha256 is None and record.exists() else None
        try:
            if before is not None:
                record.unlink()
            store(which, read_file(file), path, progress=progress)
        except BaseException as error:
            if before is not None:
                record.write_bytes(before)
            if isinstance(error, ModelDigestError):
                raise ModelDigestError(f"{file}: not imported as {name}: {error}") from None
            raise
    digest = digest_of(path)
    return Imported(name=name, path=path, sha256=digest, notice=_notice(name, digest))


def _notice(name: str, digest: str) -> str:
    which = card(name)
    if which.sha256 is not None or which.attested_sha256 == digest:
        return ""
    if which.attested_sha256 is None:
        return f"its maker published no digest; {digest} is recorded and holds from now on"
    return (
        f"not the file that others report at its official address ({which.attested_sha256}); "
        f"{digest} is recorded and holds from now on"
    )
