"""What a deployment record must satisfy before anybody may rely on it; run on one's own records and on anybody's.

Nothing is corrected here: each rule gives findings in a sentence, and people decide.

References
----------
Sum rule and threshold history: Metropolitan Police, LFR deployment records 2020 to 2025 (0.60 until 11 July 2024,
0.62 until 25 July 2024, 0.64 since).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from lfr_kit.governance.published_record import LOCAL_TIME, DeploymentRecord
from lfr_kit.governance.published_table import PrintedRate, PublishedRow, row_of_record

__all__ = ["JUMP", "MET_THRESHOLDS", "Era", "Finding", "check_record", "check_rows"]

JUMP = Decimal("0.10")
"""A watchlist that differs by more than this share from its neighbours in time is looked at again."""
_EARLIEST = date(2015, 1, 1)


@dataclass(frozen=True)
class Finding:
    """Something in a row that cannot be right, or should be looked at.

    Attributes
    ----------
    rule
        ``sum``, ``arrests``, ``outcomes``, ``date``, ``rate``, ``watchlist``, ``duplicate``, ``threshold``,
        ``faces_seen`` or ``review``.
    line, deployment
        Where: line of the file (0 = a record of one's own), and place and day.
    message
        In a sentence.
    """

    rule: str
    line: int
    deployment: str
    message: str

    def __str__(self) -> str:
        return f"{self.deployment}: {self.message}"


@dataclass(frozen=True)
class Era:
    """A threshold and the day from which it was in use."""

    threshold: Decimal
    since: date


MET_THRESHOLDS = (
    Era(Decimal("0.60"), date(2020, 1, 1)),
    Era(Decimal("0.62"), date(2024, 7, 11)),
    Era(Decimal("0.64"), date(2024, 7, 25)),
)
"""The Metropolitan Police's thresholds, on its vendor's scale; of no meaning to any other model."""


def check_rows(rows: Sequence[PublishedRow], *, today: date, eras: Sequence[Era] = ()) -> list[Finding]:
    """Findings on a table of published deployments, in the order of the table.

    Parameters
    ----------
    rows
        In any order.
    today
        Deployments after it cannot have happened.
    eras
        The force's thresholds through time, if known; empty = each is compared with its neighbours only.
    """
    ordered = sorted(rows, key=lambda row: row.day)
    found = [finding for row in rows for finding in _check_alone(row, today)]
    found += [*_duplicates(rows), *_watchlist_jumps(ordered), *_odd_thresholds(ordered, eras)]
    return sorted(found, key=lambda finding: finding.line)


def check_record(record: DeploymentRecord, *, today: date) -> list[Finding]:
    """Findings on one's own record: those of a published row, and what only its maker can know."""
    row = row_of_record(record)
    found = _check_alone(row, today)
    if record.n_awaiting_review:  # the total holds them, no kind does yet
        found = [each for each in found if each.rule != "sum"]
    planned = record.starts_at.astimezone(LOCAL_TIME).date(), record.ends_at.astimezone(LOCAL_TIME).date()
    if record.was_opened and not planned[0] <= record.opened_on <= planned[1]:
        found.append(_finding("date", row, "the day lies outside the authority's window"))
    if record.duration_s > (record.ends_at - record.starts_at).total_seconds() + 1:
        found.append(_finding("date", row, "it was open for longer than the authority's window"))
    n_outcomes = record.arrests + record.others + record.no_actions
    if n_outcomes > record.n_engaged:
        found.append(
            _finding("outcomes", row, f"{n_outcomes} outcomes, but officers spoke to {record.n_engaged} people")
        )
    if record.n_awaiting_review:
        found.append(_finding("review", row, _waiting(record.n_awaiting_review)))
    return found


def _waiting(n: int) -> str:
    return "1 alert still awaits review" if n == 1 else f"{n} alerts still await review"


def _finding(rule: str, row: PublishedRow, message: str) -> Finding:
    return Finding(rule, row.line, row.name, message)


def _check_alone(row: PublishedRow, today: date) -> list[Finding]:
    """What one row shows by itself."""
    found = []
    parts = (row.true_confirmed, row.true_unconfirmed, row.false_confirmed, row.false_unconfirmed)
    known = [part or 0 for part in parts]
    if row.total is not None and sum(known) != row.total:
        added = " + ".join(str(part) for part in known)
        found.append(
            _finding("sum", row, f"true and false alerts add up to {sum(known)} ({added}), not to {row.total}")
        )
    if row.total is None and any(known):
        found.append(_finding("sum", row, f"no total, but {sum(known)} alerts by kind"))
    n_true = known[0] + known[1]
    if (row.arrests or 0) > n_true:
        found.append(_finding("arrests", row, f"{row.arrests} arrests after {n_true} true alerts"))
    if not _EARLIEST <= row.day <= today:
        found.append(_finding("date", row, "the day lies in the future" if row.day > today else "no year of LFR"))
    if row.total and not row.faces_seen:
        found.append(_finding("faces_seen", row, f"{row.total} alerts, but no faces seen"))
    return found + _check_rate(row, known[2] + known[3])


def _check_rate(row: PublishedRow, n_false: int) -> list[Finding]:
    if row.rate is None or not row.faces_seen:
        return []
    exact = Decimal(100 * n_false) / Decimal(row.faces_seen)
    if row.rate.counts is not None and row.rate.counts != (n_false, row.faces_seen):
        printed = "{} of {}".format(*row.rate.counts)
        return [
            _finding("rate", row, f"false alert rate printed as {printed}; it is {n_false} of {row.faces_seen}")
        ]
    if row.rate.percent is None or _may_be_printed(exact, row.rate):
        return []
    message = (
        f"false alert rate printed as {row.rate.percent} %; "
        f"{n_false} of {row.faces_seen} is {Decimal(f'{exact:.3g}'):f} %"
    )
    return [_finding("rate", row, message)]


def _may_be_printed(exact: Decimal, printed: PrintedRate) -> bool:
    """Whether rounding or cutting off gives what was printed."""
    step = Decimal(1).scaleb(-printed.decimals)
    return printed.percent in {exact.quantize(step, ROUND_HALF_UP), exact.quantize(step, ROUND_DOWN)}


def _duplicates(rows: Iterable[PublishedRow]) -> list[Finding]:
    """Rows that say the same of the same place and day."""
    first: dict[tuple[object, ...], PublishedRow] = {}
    found = []
    for row in rows:
        same = (
            row.location.casefold(),
            row.day,
            row.total,
            row.faces_seen,
            row.true_confirmed,
            row.duration.casefold(),
        )
        if same in first:
            found.append(_finding("duplicate", row, f"the same as line {first[same].line}"))
        first.setdefault(same, row)
    return found


def _watchlist_jumps(ordered: Sequence[PublishedRow]) -> list[Finding]:
    """Lists that differ from their neighbours: one that stands out alone, or the first after a step."""
    sized = [row for row in ordered if row.watchlist_size]
    found = []
    previous: PublishedRow | None = None
    for place, row in enumerate(sized):
        following = sized[place + 1] if place + 1 < len(sized) else None
        if previous is not None and _jumps(previous, row):
            found.append(_finding("watchlist", row, _jump_in_words(previous, row)))
            if following is not None and not _jumps(previous, following):
                continue  # the list before and the one after agree: this one stands out, so the next is no step
        elif place == 0 and following is not None and _stands_out_first(sized):
            found.append(_finding("watchlist", row, _jump_in_words(following, row)))
            continue
        previous = row
    return found


def _stands_out_first(sized: Sequence[PublishedRow]) -> bool:
    """Whether the first list differs from the second, which agrees with the third."""
    return len(sized) > 2 and _jumps(sized[1], sized[0]) and not _jumps(sized[1], sized[2])


def _jumps(known: PublishedRow, other: PublishedRow) -> bool:
    size = Decimal(known.watchlist_size or 0)
    return abs(Decimal(other.watchlist_size or 0) - size) > JUMP * size


def _jump_in_words(known: PublishedRow, row: PublishedRow) -> str:
    before, here = known.watchlist_size or 0, row.watchlist_size or 0
    change = 100 * (here - before) / before
    return f"watchlist of {here}, {change:+.0f} % against {before} of {known.name}"


def _odd_thresholds(ordered: Sequence[PublishedRow], eras: Sequence[Era]) -> list[Finding]:
    """Thresholds that were not in use on their day, or differ from both neighbours in time that agree."""
    rows = [row for row in ordered if row.threshold is not None]
    if eras:
        return [
            _finding("threshold", row, _era_in_words(row, eras)) for row in rows if not _is_of_its_time(row, eras)
        ]
    return [
        _finding("threshold", row, f"threshold {row.threshold}, but {before.threshold} before and after it")
        for before, row, after in zip(rows, rows[1:], rows[2:], strict=False)
        if before.threshold == after.threshold != row.threshold
    ]


def _is_of_its_time(row: PublishedRow, eras: Sequence[Era]) -> bool:
    """Whether it was in use on the day; on the day of a change both are."""
    until = [*(era.since for era in eras[1:]), date.max]
    return any(
        era.threshold == row.threshold and era.since <= row.day <= end
        for era, end in zip(eras, until, strict=True)
    )


def _era_in_words(row: PublishedRow, eras: Sequence[Era]) -> str:
    known = [era for era in eras if era.threshold == row.threshold]
    if not known:
        return f"threshold {row.threshold} was never in use"
    return f"threshold {row.threshold} was not in use then; it was from {known[0].since.strftime('%d/%m/%Y')}"
