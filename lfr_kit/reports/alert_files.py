"""Alerts as JSON lines and as CSV, for other programs and for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lfr_kit.records import Alert
from lfr_kit.reports.run_record import alert_fields
from lfr_kit.reports.whole_file import write_whole

__all__ = ["COLUMNS", "spreadsheet_safe", "write_alert_lines", "write_alert_table"]

COLUMNS = (
    "reference", "camera_id", "first_at_s", "captured_at", "similarity", "comparison_score", "threshold",
    "score_scale", "n_enrolled", "quality", "track_id", "frame_index", "alert_id",
)  # fmt: skip
"""Columns of the CSV, in order; also the keys of each JSON line."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def spreadsheet_safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers pass unchanged.

    Names of references and cameras come from file names, which anybody may have chosen. An apostrophe in
    front of what would start a formula, also behind blanks, makes it text (OWASP, CSV Injection).

    >>> spreadsheet_safe("=HYPERLINK(A1)"), spreadsheet_safe("anna"), spreadsheet_safe(-0.25)
    ("'=HYPERLINK(A1)", 'anna', -0.25)
    """
    if isinstance(value, str) and value.lstrip(" \u00a0\ufeff").startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def write_alert_lines(path: Path, alerts: Sequence[Alert]) -> None:
    """One JSON object a line, in the order given; an empty file where there is none.

    Raises
    ------
    OutputError
        If the file cannot be written; nothing new is there then.
    """
    lines = (json.dumps(alert_fields(alert), ensure_ascii=False, allow_nan=False) for alert in alerts)
    write_whole(path, "".join(line + "\n" for line in lines))


def write_alert_table(path: Path, alerts: Sequence[Alert]) -> None:
    """CSV (RFC 4180) with a header line, in UTF-8 with the mark by which spreadsheets know it.

    Raises
    ------
    OutputError
        If the file cannot be written; nothing new is there then.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for alert in alerts:
        writer.writerow({key: spreadsheet_safe(value) for key, value in alert_fields(alert).items()})
    write_whole(path, "\ufeff" + text.getvalue())
