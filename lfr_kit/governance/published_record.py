"""The published record of a deployment: sixteen columns, computed from its event log, typed by nobody.

Both rates are given with exact counts: false alerts over faces seen, which is what forces publish, and false
alerts over alerts, which is what the public asks. Neither can be read from the other.

References
----------
Column headings: Metropolitan Police, LFR deployment records 2025. False alert rate over faces seen: South Wales
Police SOP in R (Bridges) v SWP [2020] EWCA Civ 1058.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from lfr_kit.evaluation.deployment_rates import false_alert_rate, false_alert_share
from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.deployment_counts import (
    AlertHistory,
    DeploymentEvent,
    count_alerts,
    faces_seen,
    least_threshold,
    lit_seconds,
    spells,
    within_window,
)
from lfr_kit.governance.vocabulary import DeploymentState, Outcome, Truth, UseCase

__all__ = [
    "COLUMNS",
    "NOT_AVAILABLE",
    "Correction",
    "DeploymentRecord",
    "Pause",
    "RecordSources",
    "WatchlistCounts",
    "compute_record",
    "duration_in_words",
    "published_row",
    "rate_in_words",
    "use_case_in_words",
]

COLUMNS = (
    "Deployment Location",
    "Date",
    "Duration",
    "LFR Use Case",
    "Watchlist Size",
    "Min Threshold Setting",
    "Total Alerts",
    "True Alerts Confirmed",
    "True Alerts Unconfirmed",
    "False Alerts Confirmed",
    "False Alerts Unconfirmed",
    "False Alert Rate",
    "Outcome - Arrest",
    "Outcome - Other",
    "No action",
    "Faces seen (estimate)",
)
"""The headings, in the order and the spelling of the published records of 2025."""

NOT_AVAILABLE = "N/A"
LOCAL_TIME = ZoneInfo("Europe/London")
_ENDED = frozenset({DeploymentState.CLOSED, DeploymentState.ABORTED, DeploymentState.PURGED})
_USE_CASES = {
    UseCase.CRIME_HOTSPOT: "Crime hotspot",
    UseCase.MISSING_PERSON_HOTSPOT: "Missing person hotspot",
    UseCase.PSO_CNI: "Protective security operation: critical national infrastructure",
    UseCase.PSO_EVENT: "Protective security operation: event",
    UseCase.SPECIFIC_INTELLIGENCE: "Specific intelligence",
}


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Correction(_Frozen):
    """One value of a published record, put right."""

    column: str
    old_value: str
    new_value: str
    reason: str
    corrected_by: str
    corrected_at: datetime


class Pause(_Frozen):
    """A time in which the deployment stood still."""

    started_at: datetime
    ended_at: datetime | None


class WatchlistCounts(_Frozen):
    """The list as numbers. `size` is None where no list was ever frozen."""

    size: int | None = None
    by_category: dict[str, int] = {}
    by_age_band: dict[str, int] = {}


class DeploymentRecord(_Frozen):
    """What is kept and published of a deployment. It holds no personal data.

    Attributes
    ----------
    version
        1, 2, ... once it is fixed; 0 for one computed just now.
    is_final
        Fixed for good; only a correction makes another version.
    opened_on
        Local day of the first opening, else of the planned start.
    duration_s
        Seconds open; pauses are not in it.
    lit_s
        Seconds that each camera was lit.
    min_threshold, score_scale
        The lowest threshold that was in force, on which scale.
    is_short
        Aborted before any alert: zeros then say nothing, and are published as N/A.
    notice_lead_s, is_notice_exempted
        How long before the opening the public was told, and whether that was waived for a critical threat.
    faces_seen_methods
        How faces were counted; more than one where it changed under way.
    notes
        Sentences that readers of the numbers need.
    """

    deployment_id: str
    version: int = 0
    is_final: bool = False
    computed_at: datetime
    state: DeploymentState
    location: str
    opened_on: date
    starts_at: datetime
    ends_at: datetime
    use_case: UseCase
    duration_s: float
    pauses: tuple[Pause, ...] = ()
    lit_s: dict[str, float] = {}
    watchlist: WatchlistCounts
    min_threshold: float
    score_scale: str
    calibration_id: str | None = None
    true_confirmed: int
    true_unconfirmed: int
    false_confirmed: int
    false_unconfirmed: int
    n_awaiting_review: int = 0
    arrests: int
    others: int
    no_actions: int
    n_engaged: int
    n_repeats: int = 0
    n_blue_list: int = 0
    faces_seen: int
    faces_seen_methods: tuple[str, ...] = ()
    is_short: bool = False
    was_opened: bool = True
    notice_lead_s: float | None = None
    is_notice_exempted: bool = False
    notes: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()

    @property
    def total_alerts(self) -> int:
        """All that were raised on the public list, judged or not."""
        return self.true_alerts + self.false_alerts + self.n_awaiting_review

    @property
    def n_raised(self) -> int:
        """Every alert there was, counted or not."""
        return self.total_alerts + self.n_repeats + self.n_blue_list

    @property
    def true_alerts(self) -> int:
        """Confirmed or not."""
        return self.true_confirmed + self.true_unconfirmed

    @property
    def false_alerts(self) -> int:
        """Confirmed or not."""
        return self.false_confirmed + self.false_unconfirmed

    @property
    def has_ended(self) -> bool:
        """Whether the deployment is over."""
        return self.state in _ENDED

    @property
    def is_provisional(self) -> bool:
        """Whether it may still change: not ended, not judged to the end, or not fixed for good."""
        return not self.is_final or self.n_awaiting_review > 0 or not self.has_ended

    @property
    def false_alert_rate(self) -> Rate | None:
        """False alerts over faces seen: the published rate. None where it means nothing."""
        if self.is_short or self.faces_seen < max(self.false_alerts, 1):
            return None
        return false_alert_rate(self.false_alerts, self.faces_seen)

    @property
    def false_share_of_alerts(self) -> Rate | None:
        """False alerts over all alerts that were judged. None where there were none."""
        judged = self.true_alerts + self.false_alerts
        return false_alert_share(self.false_alerts, judged) if judged else None


@dataclass(frozen=True, kw_only=True)
class RecordSources:
    """What a record is computed from: the authority's own facts, the list in numbers, and the event logs.

    Attributes
    ----------
    at
        Now: until when what still lasts is counted.
    events, alerts
        In the order in which they happened.
    """

    deployment_id: str
    state: DeploymentState
    location: str
    use_case: UseCase
    starts_at: datetime
    ends_at: datetime
    threshold: float
    score_scale: str
    calibration_id: str | None
    watchlist: WatchlistCounts
    events: tuple[DeploymentEvent, ...]
    alerts: tuple[AlertHistory, ...]
    at: datetime
    notes: tuple[str, ...] = field(default=())


def compute_record(sources: RecordSources) -> DeploymentRecord:
    """The record as the log stands; nothing in it is typed by anybody."""
    counts = count_alerts(sources.alerts)
    seen = faces_seen(sources.events)
    opened = within_window(spells(sources.events, DeploymentState.OPEN), sources.ends_at)
    paused = spells(sources.events, DeploymentState.PAUSED)
    first = opened[0].started_at if opened else sources.starts_at
    was_aborted = any(event.to_state == DeploymentState.ABORTED for event in sources.events)
    n_alerts = sum(counts.by_truth.values()) + counts.n_awaiting_review
    record = DeploymentRecord(
        deployment_id=sources.deployment_id,
        computed_at=sources.at,
        state=sources.state,
        location=sources.location,
        opened_on=first.astimezone(LOCAL_TIME).date(),
        starts_at=sources.starts_at,
        ends_at=sources.ends_at,
        use_case=sources.use_case,
        duration_s=sum(spell.seconds(min(sources.at, sources.ends_at)) for spell in opened),
        pauses=tuple(Pause(started_at=spell.started_at, ended_at=spell.ended_at) for spell in paused),
        lit_s=lit_seconds(sources.events, sources.at),
        watchlist=sources.watchlist,
        min_threshold=least_threshold(sources.threshold, sources.events),
        score_scale=sources.score_scale,
        calibration_id=sources.calibration_id,
        true_confirmed=counts.by_truth[Truth.TRUE_CONFIRMED],
        true_unconfirmed=counts.by_truth[Truth.TRUE_UNCONFIRMED],
        false_confirmed=counts.by_truth[Truth.FALSE_CONFIRMED],
        false_unconfirmed=counts.by_truth[Truth.FALSE_UNCONFIRMED],
        n_awaiting_review=counts.n_awaiting_review,
        arrests=counts.by_outcome[Outcome.ARREST],
        others=counts.by_outcome[Outcome.OTHER],
        no_actions=counts.by_outcome[Outcome.NO_ACTION],
        n_engaged=counts.n_engaged,
        n_repeats=counts.n_repeats,
        n_blue_list=counts.n_blue_list,
        faces_seen=seen.n,
        faces_seen_methods=seen.methods,
        is_short=not opened or (was_aborted and n_alerts == 0),
        was_opened=bool(opened),
        notice_lead_s=_notice_lead_s(sources.events, first),
        is_notice_exempted=any(event.kind == "notice_exempted" for event in sources.events),
    )
    return record.model_copy(update={"notes": (*sources.notes, *_notes(record, was_aborted=was_aborted))})


def _notice_lead_s(events: Iterable[DeploymentEvent], first: datetime) -> float | None:
    """Seconds from the first public notice to the opening; negative where it came after. None without one."""
    told = [event.at for event in events if event.kind == "notice_published"]
    return (first - min(told)).total_seconds() if told else None


def _notes(record: DeploymentRecord, *, was_aborted: bool) -> tuple[str, ...]:
    """What readers of the numbers need to be told."""
    notes = []
    if was_aborted:
        notes.append("The deployment was aborted; its figures cover only the time before.")
    elif not record.was_opened:
        notes.append("The deployment was not opened.")
    if len(record.faces_seen_methods) > 1:
        notes.append("The way faces were counted changed under way, so their number is not of one kind.")
    return tuple(notes)


def published_row(record: DeploymentRecord) -> dict[str, str]:
    """The sixteen columns as they are printed; keys are `COLUMNS`."""

    def counted(n: int) -> str:
        return NOT_AVAILABLE if record.is_short else str(n)

    rate = record.false_alert_rate
    size = record.watchlist.size
    return dict(
        zip(
            COLUMNS,
            (
                record.location,
                record.opened_on.strftime("%d/%m/%Y"),
                duration_in_words(record.duration_s) if record.was_opened else NOT_AVAILABLE,
                use_case_in_words(record.use_case),
                NOT_AVAILABLE if size is None else str(size),
                f"{record.min_threshold:g}",
                counted(record.total_alerts),
                counted(record.true_confirmed),
                counted(record.true_unconfirmed),
                counted(record.false_confirmed),
                counted(record.false_unconfirmed),
                NOT_AVAILABLE if rate is None else rate_in_words(rate),
                counted(record.arrests),
                counted(record.others),
                counted(record.no_actions),
                str(record.faces_seen) if record.faces_seen else counted(0),
            ),
            strict=True,
        )
    )


def rate_in_words(rate: Rate) -> str:
    """The exact counts first, then the value to three figures; in a form no spreadsheet takes for a date.

    >>> rate_in_words(Rate(7, 8600, "faces seen")), rate_in_words(Rate(0, 50, "alerts"))
    ('7 of 8600 (0.0814 %)', '0 of 50 (0 %)')
    """
    value = rate.value
    return f"{rate.count} of {rate.trials} ({_percent(value)})" if value is not None else NOT_AVAILABLE


def _percent(value: float) -> str:
    return f"{Decimal(f'{100 * value:.3g}'):f} %"


def duration_in_words(seconds: float) -> str:
    """Hours and minutes, rounded to the minute; what was shorter is not said to be nothing.

    >>> duration_in_words(19800), duration_in_words(59 * 60), duration_in_words(20), duration_in_words(0)
    ('5 h 30 min', '0 h 59 min', 'under 1 min', '0 h 0 min')
    """
    if 0 < seconds < 60:
        return "under 1 min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min"


def use_case_in_words(use_case: UseCase) -> str:
    """As published."""
    return _USE_CASES[use_case]
