"""Alerts in words on a terminal, and their pictures as files where somebody asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lfr_kit.cli.output import results
from lfr_kit.cli.visible import visible
from lfr_kit.governance.absence import absence_fields, absence_in_words
from lfr_kit.governance.adjudication import check_alert_id

if TYPE_CHECKING:
    from datetime import date, datetime

    from lfr_kit.operations.alert_view import AlertView, QueuedAlert, Score
    from lfr_kit.store.repository.alerts import AlertEvent

__all__ = [
    "charge_fields",
    "picture_names",
    "pictures_of",
    "print_alert",
    "print_queue",
    "queued_fields",
    "score_in_words",
]

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
    for column in ("response", "alert", "state", "waits for", "with", "camera", "raised (UTC)", "until"):
        table.add_column(column, overflow="fold", no_wrap=column == "alert")
    for each in waiting:
        cells = (
            each.response,
            each.alert_id + (" (repeat)" if each.repeat_of else ""),
            each.state,
            _WAITS_FOR.get(each.state, "nobody"),
            visible(_with(each)),
            visible(each.camera_id),
            f"{each.raised_at:%H:%M:%S}",
            _until(each),
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
        ("further", _further(seen), ""),
        ("current", "", f"status last verified {_time(seen.status_verified_at)}: check it again before engaging"),
        ("note", "", seen.note),
    )
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    results().print(table)
    score = _BLIND if seen.score is None else score_in_words(seen.score)
    state = ", ".join(str(each) for each in (seen.state, seen.truth, seen.outcome) if each)
    charge = f"in hand: {_in_hand(seen) or 'nobody'}, team: {seen.charge.team or 'none'}"
    lines = (f"comparison: {score}", f"state: {state}", charge, *(_event(event) for event in seen.events))
    for line in lines:
        results().print(visible(line), soft_wrap=True, highlight=False, markup=False)


def score_in_words(score: Score) -> str:
    """The score against its threshold: never a percentage, which would be read as how sure one can be."""
    above = score.comparison_score - score.threshold
    return (
        f"{above:.3f} above the threshold of {score.threshold:.3f} ({score.score_scale}), among "
        f"{score.n_enrolled:,} on the list; how alike, not how likely"
    )


def picture_names(alert_id: str, n_shots: int | None = None) -> list[str]:
    """What its pictures are called as files: the face seen, the one on the list, further ones of the face seen.

    `n_shots`: how many of the last there are; None = as many as there may be.
    """
    from lfr_kit.operations.alert_shots import MOST_SHOTS

    name = check_alert_id(alert_id)
    further = [f"{name}-seen-{n}.jpg" for n in range(2, 2 + (MOST_SHOTS if n_shots is None else n_shots))]
    return [f"{name}-seen.jpg", f"{name}-on-the-list.jpg", *further]


def pictures_of(seen: AlertView) -> dict[str, bytes]:
    """File name -> picture."""
    pictures = (seen.probe_jpeg, seen.reference_jpeg, *(each.jpeg for each in seen.shots))
    return dict(zip(picture_names(seen.alert_id, len(seen.shots)), pictures, strict=True))


def queued_fields(alert: QueuedAlert) -> dict[str, Any]:
    """A line of the queue as plain values."""
    plain = {name: value for name, value in vars(alert).items() if name not in ("charge", "absence")}
    return {**plain, **charge_fields(alert)}


def charge_fields(alert: QueuedAlert | AlertView) -> dict[str, Any]:
    """In whose charge it is, as plain values."""
    charge = alert.charge
    return {
        "team": charge.team,
        "in_hand": charge.holder,
        "held_since": charge.held_since,
        "acknowledged_at": charge.acknowledged_at,
        "acknowledge_by": alert.acknowledge_by,
        **absence_fields(alert.absence),
    }


def _with(alert: QueuedAlert) -> str:
    """Its team, and who has it in hand."""
    team, holder = alert.charge.team or "no team", _in_hand(alert)
    return f"{team}: {holder}" if holder else team


def _in_hand(alert: QueuedAlert | AlertView) -> str:
    """Who has it; said apart where they have not acknowledged, or have gone."""
    charge, gone = alert.charge, absence_in_words(alert.absence)
    if charge.holder and charge.acknowledged_at is None:
        return f"{charge.holder} (not acknowledged{gone})"
    return charge.holder + gone


def _until(alert: QueuedAlert) -> str:
    """By when the next person must do something, and what."""
    if alert.state in ("raised", "viewed"):
        return f"decide {alert.expires_at:%H:%M:%S}"
    return "" if alert.acknowledge_by is None else f"acknowledge {alert.acknowledge_by:%H:%M:%S}"


def _further(seen: AlertView) -> str:
    times = ", ".join(f"{each.captured_at:%H:%M:%S} (quality {each.quality:.0f})" for each in seen.shots)
    return f"{len(seen.shots)} more of the same face: {times}" if seen.shots else "none"


def _event(event: AlertEvent) -> str:
    data = {name: value for name, value in event.data.items() if value is not None}
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in data.items())
    what = f"{_time(event.at)} {event.kind.replace('_', ' ')} by {event.actor_id}"
    return what + (f": {told}" if told else "") + (f" ({event.note})" if event.note else "")


def _time(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _day(day: date | None) -> str:
    return "an unknown day" if day is None else day.isoformat()


def _size(jpeg: bytes) -> str:
    return f"{len(jpeg) / 1000:.0f} kB (to look at it: --pictures FOLDER)"
