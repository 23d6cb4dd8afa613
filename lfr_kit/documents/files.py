"""Documents as files in a folder: each HTML, and the same as PDF; whole or not there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lfr_kit.documents.pdf import write_pdf
from lfr_kit.errors import OutputError
from lfr_kit.reports.whole_file import output_error, write_whole

__all__ = ["folder_for", "write_documents", "write_text"]


def folder_for(path: Path) -> Path:
    """The folder, made if absent.

    Raises
    ------
    OutputError
        If it is a file, or cannot be made.
    """
    if path.exists() and not path.is_dir():
        raise OutputError(f"{path}: is a file, not a folder; choose another --out")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path, error) from error
    return path


def write_text(folder: Path, name: str, content: str) -> Path:
    """Writes one text file into a folder, which is made if absent."""
    path = folder_for(folder) / name
    write_whole(path, content)
    return path


def write_documents(folder: Path, pages: Mapping[str, str], *, pdf: bool = True) -> list[Path]:
    """Writes pages, name without suffix -> HTML; all HTML first, so that they are there even where PDF is not.

    Raises
    ------
    OutputError
        If a file cannot be written.
    MissingDependencyError
        If PDF is wanted and Pango is absent; the HTML files are written by then.
    """
    written = [write_text(folder, f"{name}.html", html) for name, html in pages.items()]
    for name, html in pages.items() if pdf else ():
        path = folder / f"{name}.pdf"
        write_pdf(path, html)
        written.append(path)
    return written
