"""Alerts in words on a terminal, and their pictures as files where somebody asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lfr_kit.cli.output import results
from lfr_kit.cli.visible import visible
from lfr_kit.governance.adjudication import check_alert_id

if TYPE_CHECKING:
    from datetime import date, datetime

    from lfr_kit.operations.alert_view import AlertView, QueuedAlert, Score
    from lfr_kit.store.repository.alerts import AlertEvent

__all__ = ["picture_names", "print_alert", "print_queue", "score_in_words"]

_WAITS_FOR = {
    "raised": "operator",
    "viewed": "operator",
    "viable": "engagement officer",
    "engaged": "outcome",
    "unconfirmed": "review",
}
_BLIND = "withheld until somebody has decided (blind first look)"


def print_queue(waiting: Sequence[QueuedAlert]) -> None:
    """One line an alert; names nobody."""
    from rich.table import Table
    from rich.text import Text

    if not waiting:
        results().print("No alert waits for anybody.", highlight=False)
        return
    table = Table(box=None, pad_edge=False)
    for column in ("response", "alert", "state", "waits for", "camera", "raised (UTC)", "decide by"):
        table.add_column(column, overflow="fold", no_wrap=column == "alert")
    for each in waiting:
        cells = (
            each.response,
            each.alert_id + (" (repeat)" if each.repeat_of else ""),
            each.state,
            _WAITS_FOR.get(each.state, "nobody"),
            visible(each.camera_id),
            f"{each.raised_at:%H:%M:%S}",
            f"{each.expires_at:%H:%M:%S}" if each.state in ("raised", "viewed") else "",
        )
        table.add_row(*map(Text, cells))
    results().print(table)


def print_alert(seen: AlertView) -> None:
    """What was seen on the left, who it may be on the right; then what was done."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in ("", "seen", "on the list"):
        table.add_column(column, overflow="fold")
    rows = (
        ("who", "a face", f"{seen.name} ({seen.person_ref})"),
        ("where", seen.camera_id, f"{seen.category.replace('_', ' ')}, response {seen.response}"),
        ("when", _time(seen.captured_at), f"picture of {_day(seen.captured_on)}"),
        ("picture", _size(seen.probe_jpeg), _size(seen.reference_jpeg)),
        ("current", "", f"status last verified {_time(seen.status_verified_at)}: check it again before engaging"),
        ("note", "", seen.note),
    )
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    results().print(table)
    score = _BLIND if seen.score is None else score_in_words(seen.score)
    state = ", ".join(str(each) for each in (seen.state, seen.truth, seen.outcome) if each)
    for line in (f"comparison: {score}", f"state: {state}", *(_event(event) for event in seen.events)):
        results().print(visible(line), soft_wrap=True, highlight=False, markup=False)


def score_in_words(score: Score) -> str:
    """The score against its threshold: never a percentage, which would be read as how sure one can be."""
    above = score.comparison_score - score.threshold
    return (
        f"{above:.3f} above the threshold of {score.threshold:.3f} ({score.score_scale}), among "
        f"{score.n_enrolled:,} on the list; how alike, not how likely"
    )


def picture_names(alert_id: str) -> list[str]:
    """What its two pictures are called as files: the face seen, and the one on the list."""
    name = check_alert_id(alert_id)
    return [f"{name}-seen.jpg", f"{name}-on-the-list.jpg"]


def _event(event: AlertEvent) -> str:
    data = {name: value for name, value in event.data.items() if value is not None}
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in data.items())
    return f"{_time(event.at)} {event.kind} by {event.actor_id}" + (f": {told}" if told else "")


def _time(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _day(day: date | None) -> str:
    return "an unknown day" if day is None else day.isoformat()


def _size(jpeg: bytes) -> str:
    return f"{len(jpeg) / 1000:.0f} kB (to look at it: --pictures FOLDER)"
