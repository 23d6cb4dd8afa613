"""The published record as CSV, JSON and page; the same figures in each, and no personal data in any.

What is printed of a watchlist's categories and ages follows the small-number rule; the store keeps the counts.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lfr_kit.documents.page import render, said_interval
from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.deployment_counts import COUNTING_RULE
from lfr_kit.governance.published_record import (
    COLUMNS,
    NOT_AVAILABLE,
    Correction,
    DeploymentRecord,
    published_row,
    rate_in_words,
)
from lfr_kit.governance.record_checks import Finding
from lfr_kit.governance.roll_up import RollUp, Totals
from lfr_kit.governance.small_numbers import publishable
from lfr_kit.governance.vocabulary import Category
from lfr_kit.governance.watchlist import AgeBand
from lfr_kit.reports.alert_files import spreadsheet_safe

__all__ = [
    "FURTHER_COLUMNS",
    "RecordPage",
    "corrections_csv",
    "record_csv",
    "record_json",
    "record_page",
    "record_values",
    "roll_up_csv",
    "roll_up_json",
    "roll_up_page",
    "roll_up_values",
]

FURTHER_COLUMNS = (
    "False alerts over faces seen, 95 % interval",
    "False alerts over alerts",
    "False alerts over alerts, 95 % interval",
    "Faces seen, method",
    "Alerts awaiting review",
    "Threshold scale",
    "Status",
    "Version",
    "Corrections",
    "Notes",
    "Deployment id",
)
"""What stands after the sixteen columns in CSV."""

_AGE_BANDS = {
    AgeBand.UNDER_13: "under 13",
    AgeBand.FROM_13_TO_17: "13 to 17",
    AgeBand.ADULT: "18 or over",
    AgeBand.UNKNOWN: "not known",
}


@dataclass(frozen=True, kw_only=True)
class RecordPage:
    """All that the page of a record may show.

    Attributes
    ----------
    record, row
        The record, and its sixteen columns.
    categories, age_bands
        Of the watchlist, small numbers withheld; empty where they are not known.
    counting_rule
        In words.
    status
        ``final``, ``provisional`` or ``aborted``.
    """

    record: DeploymentRecord
    row: Mapping[str, str]
    categories: Mapping[str, str]
    age_bands: Mapping[str, str]
    counting_rule: str
    status: str


def status_of(record: DeploymentRecord) -> str:
    """Provisional, or final; each aborted or not opened one says so."""
    status = "provisional" if record.is_provisional else "final"
    if not record.was_opened:
        return f"{status}, not opened"
    return f"{status}, aborted" if record.is_short else status


def _page(record: DeploymentRecord) -> RecordPage:
    return RecordPage(
        record=record,
        row=published_row(record),
        categories=_withheld(record.watchlist.by_category, {each: each.replace("_", " ") for each in Category}),
        age_bands=_withheld(record.watchlist.by_age_band, _AGE_BANDS),
        counting_rule=COUNTING_RULE,
        status=status_of(record),
    )


def _withheld(counts: Mapping[str, int], names: Mapping[Any, str]) -> dict[str, str]:
    """Every value of the closed list, so that it does not show which are empty; nothing if nothing is known."""
    if not counts:
        return {}
    return publishable({name: counts.get(str(value), 0) for value, name in names.items()})


def record_page(record: DeploymentRecord) -> str:
    """The record as an HTML page."""
    return render("record.html.j2", page=_page(record))


def roll_up_page(sums: RollUp) -> str:
    """A month or a year as an HTML page."""
    return render("roll_up.html.j2", sums=sums, rows=[_page(record) for record in sums.records])


def record_values(record: DeploymentRecord, findings: Sequence[Finding] = ()) -> dict[str, Any]:
    """The record as plain values for JSON: the columns as printed, and every number by itself."""
    page = _page(record)
    kept = record.model_dump(mode="json", exclude={"watchlist", "corrections"})
    return {
        "published": dict(page.row),
        "status": page.status,
        "is_provisional": record.is_provisional,
        **kept,
        "total_alerts": None if record.is_short else record.total_alerts,
        "false_alerts_over_faces_seen": _rate_values(record.false_alert_rate),
        "false_alerts_over_alerts": _rate_values(record.false_share_of_alerts),
        "watchlist": {
            "size": record.watchlist.size,
            "by_category": dict(page.categories),
            "by_age_band": dict(page.age_bands),
        },
        "counting_rule": page.counting_rule,
        "corrections": [_correction_values(each) for each in record.corrections],
        "findings": [str(finding) for finding in findings],
    }


def _correction_values(correction: Correction) -> dict[str, Any]:
    return correction.model_dump(mode="json", exclude={"corrected_by"})


def record_json(record: DeploymentRecord) -> str:
    """`record_values` as a file."""
    return _json(record_values(record))


def roll_up_json(sums: RollUp) -> str:
    """`roll_up_values` as a file."""
    return _json(roll_up_values(sums))


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _rate_values(rate: Rate | None) -> dict[str, Any] | None:
    if rate is None:
        return None
    low, high = rate.interval()
    return {"count": rate.count, "trials": rate.trials, "value": rate.value, "interval_95": [low, high]}


def record_csv(records: Iterable[DeploymentRecord]) -> str:
    """Sixteen columns under their published headings, then `FURTHER_COLUMNS`; one deployment a line."""
    return _csv((*COLUMNS, *FURTHER_COLUMNS), [_csv_row(record) for record in records])


def _csv_row(record: DeploymentRecord) -> dict[str, Any]:
    row = published_row(record)
    further = (
        _interval_in_words(record.false_alert_rate),
        _of(record.false_share_of_alerts),
        _interval_in_words(record.false_share_of_alerts),
        "; ".join(record.faces_seen_methods),
        record.n_awaiting_review,
        record.score_scale,
        status_of(record),
        record.version,
        "; ".join(f"{each.column}: {each.old_value} -> {each.new_value}" for each in record.corrections),
        " ".join(record.notes),
        record.deployment_id,
    )
    return {**row, **dict(zip(FURTHER_COLUMNS, further, strict=True))}


def _of(rate: Rate | None) -> str:
    return NOT_AVAILABLE if rate is None else rate_in_words(rate)


def _interval_in_words(rate: Rate | None) -> str:
    return NOT_AVAILABLE if rate is None else said_interval(rate)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """CSV (RFC 4180) with the mark by which spreadsheets know UTF-8, and no cell that is taken for a formula."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: spreadsheet_safe(value) for key, value in row.items()})
    return "\ufeff" + text.getvalue()


def corrections_csv(made: Iterable[tuple[str, Correction]]) -> str:
    """The corrections log; who corrected is for the audit log, not for publication."""
    columns = ("Deployment id", "Corrected at", "Column", "Was", "Is", "Reason")
    return _csv(
        columns,
        [
            dict(
                zip(
                    columns,
                    (
                        deployment_id,
                        each.corrected_at.isoformat(timespec="seconds"),
                        each.column,
                        each.old_value,
                        each.new_value,
                        each.reason,
                    ),
                    strict=True,
                )
            )
            for deployment_id, each in made
        ],
    )


def roll_up_csv(sums: RollUp) -> str:
    """One line per deployment of the period, as `record_csv`."""
    return record_csv(sums.records)


def roll_up_values(sums: RollUp) -> dict[str, Any]:
    """A month or a year as plain values for JSON."""
    return {
        "year": sums.year,
        "month": sums.month,
        "totals": _total_values(sums.totals),
        "false_alerts_over_faces_seen": _rate_values(sums.over_faces),
        "false_alerts_over_alerts": _rate_values(sums.totals.over_alerts),
        "strata": [
            {
                "faces_seen_methods": list(each.methods),
                "threshold": each.threshold,
                "score_scale": each.score_scale,
                **_total_values(each.totals),
                "false_alerts_over_faces_seen": _rate_values(each.totals.over_faces),
            }
            for each in sums.strata
        ],
        "by_month": [{"month": month, **_total_values(totals)} for month, totals in sums.by_month],
        "by_use_case": [{"use_case": name, **_total_values(totals)} for name, totals in sums.by_use_case],
        "deployments": [each.deployment_id for each in sums.records],
        "not_counted": [each.deployment_id for each in sums.aborted],
        "provisional": list(sums.provisional),
        "remarks": list(sums.remarks),
    }


def _total_values(totals: Totals) -> dict[str, Any]:
    return {name: getattr(totals, name) for name in Totals.__dataclass_fields__}
