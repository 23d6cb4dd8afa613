"""Pictures that leave the store: files that only their owner may read, and that no retention period deletes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from lfr_kit.cli.output import console, results
from lfr_kit.errors import OutputError
from lfr_kit.reports.whole_file import output_error

__all__ = ["check_free", "say_written", "write_pictures"]


def check_free(folder: Path, names: Iterable[str]) -> None:
    """OutputError if a picture could not be written to the folder: looked at before anything is disclosed."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file, not a folder; choose another --pictures")
    for name in names:
        if os.path.lexists(folder / name):
            raise OutputError(f"{folder / name}: is there already; delete it or choose another folder")


def write_pictures(folder: Path, pictures: Mapping[str, bytes]) -> list[Path]:
    """Pictures by name as files that only their owner may read.

    Raises
    ------
    OutputError
        If one cannot be written, or is there already.
    """
    files = [folder / name for name in pictures]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file, jpeg in zip(files, pictures.values(), strict=True):
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(jpeg)
    except OSError as error:
        raise output_error(folder, error) from error
    return files


def say_written(files: Iterable[Path], until: str, *, as_json: bool) -> None:
    """Where the pictures are, unless that stands in the JSON, and who must delete them, and when."""
    named = list(files)
    for file in () if as_json else named:
        results().print(str(file), soft_wrap=True, highlight=False, markup=False)
    if named:
        console().print(
            "These pictures have left the store: no retention period deletes them. Delete them yourself, at the "
            f"latest when {until}.",
            highlight=False,
        )
