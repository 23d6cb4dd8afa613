"""The folder a run writes to, and the names it uses there."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from lfr_kit.errors import OutputError
from lfr_kit.reports.whole_file import output_error

__all__ = ["OutFolder"]


@dataclass(frozen=True)
class OutFolder:
    """Where a run writes, and what its files are called."""

    path: Path

    @property
    def lines(self) -> Path:
        """Alerts, one JSON object a line."""
        return self.path / "alerts.jsonl"

    @property
    def table(self) -> Path:
        """Alerts as CSV."""
        return self.path / "alerts.csv"

    @property
    def clip(self) -> Path:
        """The footage with everyone covered but those alerted."""
        return self.path / "annotated.mp4"

    @property
    def page(self) -> Path:
        """The report, one HTML file."""
        return self.path / "report.html"

    @property
    def files(self) -> tuple[Path, ...]:
        """All files a run may write."""
        return self.lines, self.table, self.clip, self.page

    def strangers(self) -> list[str]:
        """Names in the folder that no run of ours wrote, sorted; empty where there is no folder yet."""
        if not self.path.is_dir():
            return []
        own = {file.name for file in self.files}
        return sorted(entry.name for entry in self.path.iterdir() if entry.name not in own)

    def check(self, *, force: bool = False) -> None:
        """Refuses a folder that is not free, before any work is done. Nothing is created.

        Raises
        ------
        OutputError
            If the path is a file, nothing can be written there, or the folder holds things of others and
            `force` is not set.
        """
        try:
            self._check_place()
        except OSError as error:
            raise output_error(self.path, error) from None
        strangers = self.strangers()
        if strangers and not force:
            more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
            raise OutputError(
                f"{self.path}: holds other things ({strangers[0]}{more}); "
                "choose an empty or new folder, or add --force (they stay; files of the same names are replaced)"
            )

    def _check_place(self) -> None:
        """Refuses what would fail only after the run, when there is much to lose."""
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(f"{self.path}: is a file, not a folder; choose another --out")
        there = next(place for place in (self.path, *self.path.absolute().parents) if place.exists())
        if not there.is_dir():
            raise OSError(errno.ENOTDIR, f"{there} is a file")
        if not os.access(there, os.W_OK | os.X_OK):
            is_read_only = bool(os.statvfs(there).f_flag & os.ST_RDONLY) if hasattr(os, "statvfs") else False
            raise OSError(errno.EROFS if is_read_only else errno.EACCES, "not writable")
        for file in self.files:
            if file.is_dir():
                raise OutputError(f"{file}: is a folder, where a file is to be written; choose another --out")

    def create(self) -> None:
        """Makes the folder. OutputError if that is not possible."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(self.path, error) from error

    def drop_stale(self, written: set[Path]) -> None:
        """Removes files of an earlier run that this run did not write, so that all here is of one run."""
        for file in self.files:
            if file not in written:
                file.unlink(missing_ok=True)
