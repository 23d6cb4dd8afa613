"""How watchlists look on a terminal, and as plain values. Never a template, never a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lfr_kit.cli.output import results
from lfr_kit.cli.visible import visible
from lfr_kit.governance.watchlist import UNDER_AGE, AgeBand, second_approver_because

if TYPE_CHECKING:
    from lfr_kit.governance.alike import AlikePair
    from lfr_kit.governance.watchlist import Entry, ReferencePicture
    from lfr_kit.operations.watchlists import ShownEntry, Summary

__all__ = ["ENTRY_COLUMNS", "entry_fields", "entry_rows", "print_table", "summary_fields", "summary_rows"]


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on standard output; texts of people are shown with their invisible signs as escapes."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(Text(_cell(cell)) for cell in row))
    results().print(table)


def _cell(value: object) -> str:
    """Parts of a tuple stand below each other; what is not there is left out."""
    parts = value if isinstance(value, tuple) else (value,)
    return "\n".join(visible(part) for part in parts if part not in (None, ""))


def summary_fields(found: Summary) -> dict[str, Any]:
    """A list as plain values."""
    one = found.watchlist
    return asdict(one) | {
        "allowed_categories": sorted(one.allowed_categories),
        "n_by_status": found.n_by_status,
        "n_by_category": found.n_by_category,
        "n_by_age_band": found.n_by_age_band,
    }


def summary_rows(found: Iterable[Summary]) -> Iterable[tuple[object, ...]]:
    """Cells of: watchlist, deployment, state, begun (UTC), entries, withdrawals, digest."""
    for each in found:
        one = each.watchlist
        counts = ", ".join(f"{n} {status}" for status, n in each.n_by_status.items())
        begun, digest = f"{one.created_at:%Y-%m-%d %H:%M}", (one.digest or "")[:12]
        yield one.watchlist_id, one.deployment_id, one.state, begun, counts or "none", one.revision, digest


def entry_fields(found: ShownEntry) -> dict[str, Any]:
    """An entry as plain values; ``seen`` is what `approve` and `refuse` take."""
    entry = asdict(found.entry)
    del entry["person_mac"]
    pictures = [asdict(each) for each in found.pictures]
    for each in pictures:
        del each["picture_mac"]
    return {
        **entry,
        **asdict(found.details),
        "seen": f"{found.entry.entry_id}@{found.entry.version}",
        "second_approver_because": second_approver_because(found.entry.category, found.entry.age_band),
        "review": found.review,
        "warnings": found.warnings,
        "alike": [
            {"entry_id": _other(found, pair), "kind": pair.kind, "similarity": pair.similarity}
            for pair in found.alike
        ],
        "pictures": pictures,
    }


ENTRY_COLUMNS = ("entry", "who", "why", "held", "to note")
"""Of `entry_rows`."""


def entry_rows(found: Iterable[ShownEntry]) -> Iterable[tuple[object, ...]]:
    """All that a reviewer judges: who it is, why sought, how the pictures are held, and what to note."""
    for each in found:
        one, details = each.entry, each.details
        until = one.expires_at and f"searched until {one.expires_at:%Y-%m-%d %H:%M} UTC"
        is_minor = one.age_band in UNDER_AGE
        yield (
            f"{one.entry_id}@{one.version}",
            (
                details.name,
                details.person_ref,
                details.date_of_birth and f"born {details.date_of_birth}",
                "under 18" if is_minor else "",
                "age unknown, may be under 18" if one.age_band is AgeBand.UNKNOWN else "",
            ),
            (
                one.category,
                one.response,
                details.rationale,
                f"under 18: {details.under_18_rationale or 'no rationale'}" if is_minor else "",
                until,
                f"note: {details.note}" if details.note else "",
                *(f"{what.replace('_', ' ')}: {words}" for what, words in each.review.items()),
            ),
            (details.legal_basis, details.image_source, *map(_picture, each.pictures)),
            (
                one.status,
                *one.reasons,
                *each.warnings,
                _second_approver(one),
                *(_alike(each, pair) for pair in each.alike),
            ),
        )


def _second_approver(entry: Entry) -> str:
    because = second_approver_because(entry.category, entry.age_band)
    return f"needs a second approver: {', '.join(because)}" if because else ""


def _picture(one: ReferencePicture) -> str:
    quality = "no quality" if one.quality is None else f"quality {one.quality:.0f}"
    return f"picture of {one.captured_on or 'an unknown day'}, {', '.join((quality, *one.reasons))}"


def _alike(found: ShownEntry, pair: AlikePair) -> str:
    return f"{pair.kind.replace('_', ' ')}: {_other(found, pair)} ({pair.similarity:.3f})"


def _other(found: ShownEntry, pair: AlikePair) -> str:
    return pair.other_entry_id if pair.entry_id == found.entry.entry_id else pair.entry_id
