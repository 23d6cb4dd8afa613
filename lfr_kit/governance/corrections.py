"""Corrections: a published record is never changed; what was wrong is put right in a next version that says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lfr_kit.errors import RecordRefusedError, TableError
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.published_record import (
    COLUMNS,
    Correction,
    DeploymentRecord,
    published_row,
    use_case_in_words,
)
from lfr_kit.governance.published_table import COUNTS, read_row
from lfr_kit.governance.record_checks import check_record
from lfr_kit.governance.vocabulary import UseCase

__all__ = ["Requested", "corrected"]

RATE = "False Alert Rate"
_TOTAL = COUNTS["total"]
_FIELDS = {column: name for name, column in COUNTS.items() if name not in ("total", "watchlist_size")}
_DURATION = re.compile(r"([0-9]{1,3}) ?h(?: ?([0-9]{1,2}) ?min)?")


@dataclass(frozen=True, kw_only=True)
class Requested:
    """What somebody asks to be put right.

    Attributes
    ----------
    changes
        Column -> its right value, as it shall be printed.
    reason
        Published with the record, so without personal data.
    actor_id, at
        Who, when.
    """

    changes: Mapping[str, str]
    reason: str
    actor_id: str
    at: datetime


def corrected(record: DeploymentRecord, requested: Requested, *, today: date) -> DeploymentRecord:
    """The next version of a fixed record, with the corrections listed.

    The false alert rate follows from the counts and cannot be given; alerts that awaited review and are now named
    by kind leave that queue.

    Raises
    ------
    RecordRefusedError
        If a column is unknown or computed, a value is the one that stands already or cannot be read, or the record
        would not add up.
    """
    reason = clean_text(requested.reason, "reason", 500)
    if not requested.changes or not reason:
        raise RecordRefusedError(
            "a correction needs a column with its right value, and a reason that is published"
        )
    before = published_row(record)
    for column, value in requested.changes.items():
        _check_change(column, value.strip(), before)
    changed = _changed(record, requested.changes, before)
    after = published_row(changed)
    _check_total(requested.changes, before, after)
    known = {finding.message for finding in check_record(record, today=today)}
    broken = [each for each in check_record(changed, today=today) if each.message not in known]
    if broken:
        findings = [finding.message for finding in broken]
        raise RecordRefusedError(f"the corrected record would not add up: {'; '.join(findings)}", findings)
    made = tuple(
        Correction(
            column=column,
            old_value=before[column],
            new_value=after[column],
            reason=reason,
            corrected_by=requested.actor_id,
            corrected_at=requested.at,
        )
        for column in COLUMNS
        if before[column] != after[column]
    )
    return changed.model_copy(
        update={
            "version": record.version + 1,
            "computed_at": requested.at,
            "corrections": (*record.corrections, *made),
        }
    )


def _check_change(column: str, value: str, before: Mapping[str, str]) -> None:
    if column not in before:
        raise RecordRefusedError(f"column {column[:60]!r}: there is none; columns: {'; '.join(COLUMNS)}")
    if column == RATE:
        raise RecordRefusedError(f"{RATE}: follows from the counts; correct those")
    if value == before[column]:
        raise RecordRefusedError(f"{column}: is {value} already; nothing to correct")


def _changed(record: DeploymentRecord, changes: Mapping[str, str], before: dict[str, str]) -> DeploymentRecord:
    """The record with new values; the queue for review takes up what the total leaves."""
    update: dict[str, Any] = {"is_short": False} if set(changes) & set(COUNTS.values()) else {}
    try:
        row = read_row({**before, RATE: "", **changes})
    except TableError as error:
        raise RecordRefusedError(str(error)) from None
    for column in changes:
        if column in _FIELDS:
            update[_FIELDS[column]] = _whole(column, getattr(row, _FIELDS[column]))
        elif column in _OTHERS:
            update.update(_OTHERS[column](record, changes[column].strip(), row))
    changed = record.model_copy(update=update)
    parts = changed.true_alerts + changed.false_alerts
    total = _whole(_TOTAL, row.total) if _TOTAL in changes else record.total_alerts
    waits = total - parts if record.n_awaiting_review and total >= parts else record.n_awaiting_review
    return changed.model_copy(update={"n_awaiting_review": waits})


def _whole(column: str, value: int | None) -> int:
    if value is None:
        raise RecordRefusedError(f"{column}: needs a whole number")
    return value


def _check_total(changes: Mapping[str, str], before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Sums must be corrected by whoever corrects their parts, with open eyes."""
    stated = changes.get(_TOTAL, before[_TOTAL]).strip()
    if stated != after[_TOTAL]:
        raise RecordRefusedError(
            f"the corrected record would not add up: alerts by kind make {after[_TOTAL]}, {_TOTAL} says {stated}; "
            f"correct {_TOTAL} too, or the other kinds"
        )


def _location(_: DeploymentRecord, value: str, __: Any) -> dict[str, Any]:
    return {"location": clean_text(value, "Deployment Location", 200)}


def _day(_: DeploymentRecord, __: str, row: Any) -> dict[str, Any]:
    return {"opened_on": row.day}


def _use_case(_: DeploymentRecord, value: str, __: Any) -> dict[str, Any]:
    known = {use_case_in_words(each): each for each in UseCase}
    if value not in known:
        raise RecordRefusedError(f"LFR Use Case: {value[:60]!r} is none; use one of: {'; '.join(known)}")
    return {"use_case": known[value]}


def _duration(_: DeploymentRecord, value: str, __: Any) -> dict[str, Any]:
    found = _DURATION.fullmatch(value)
    if not found:
        raise RecordRefusedError(f"Duration: {value[:60]!r} cannot be read; give it as 5 h 30 min")
    return {"duration_s": 3600.0 * int(found[1]) + 60.0 * int(found[2] or 0)}


def _size(record: DeploymentRecord, _: str, row: Any) -> dict[str, Any]:
    return {"watchlist": record.watchlist.model_copy(update={"size": row.watchlist_size})}


def _threshold(_: DeploymentRecord, __: str, row: Any) -> dict[str, Any]:
    if row.threshold is None:
        raise RecordRefusedError("Min Threshold Setting: needs a number")
    return {"min_threshold": float(row.threshold)}


_OTHERS: dict[str, Callable[[DeploymentRecord, str, Any], dict[str, Any]]] = {
    "Deployment Location": _location,
    "Date": _day,
    "Duration": _duration,
    "LFR Use Case": _use_case,
    "Watchlist Size": _size,
    "Min Threshold Setting": _threshold,
}
