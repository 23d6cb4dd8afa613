"""Writes what a run leaves behind into its folder."""

from __future__ import annotations

from pathlib import Path

from lfr_kit.reports.alert_files import write_alert_lines, write_alert_table
from lfr_kit.reports.out_folder import OutFolder
from lfr_kit.reports.run_record import RunRecord

__all__ = ["write_results"]


def write_results(out: OutFolder, run: RunRecord, *, with_page: bool, with_clip: bool) -> dict[str, Path]:
    """Writes a run's files; what an earlier run left under their names and this one did not make goes.

    Parameters
    ----------
    out
        Where to.
    run
        What to write.
    with_page
        Whether to write the page.
    with_clip
        Whether the run made an annotated clip, which then lies there already.

    Returns
    -------
    Files by name (``alert_lines``, ``alert_table``, ``page``, ``clip``).

    Raises
    ------
    OutputError
        If one cannot be written; those written before it are whole, and none is there in part.
    """
    out.create()
    alerts = [entry.alert for entry in run.alerts]
    write_alert_lines(out.lines, alerts)
    write_alert_table(out.table, alerts)
    files = {"alert_lines": out.lines, "alert_table": out.table}
    if with_page:
        from lfr_kit.reports.page import write_page

        write_page(out.page, run)
        files["page"] = out.page
    if with_clip and out.clip.is_file():
        files["clip"] = out.clip
    out.drop_stale(set(files.values()))
    return files
