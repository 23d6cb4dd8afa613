"""Templates into pages: everything escaped, and an error for a name that is not declared."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.published_record import LOCAL_TIME, duration_in_words, use_case_in_words

__all__ = ["environment", "percent", "render", "said_day", "said_interval", "said_time", "said_window"]


def _local(at: datetime) -> datetime:
    return at.astimezone(LOCAL_TIME)


def said_day(day: date) -> str:
    """A day in words; of a moment, the local one.

    >>> said_day(date(2026, 5, 4))
    'Monday 4 May 2026'
    """
    local = _local(day) if isinstance(day, datetime) else day
    return f"{local:%A} {local.day} {local:%B %Y}"


def said_time(at: datetime) -> str:
    """Local time of day.

    >>> said_time(datetime.fromisoformat("2026-05-04T09:05Z"))
    '10:05'
    """
    return f"{_local(at):%H:%M}"


def said_window(starts_at: datetime, ends_at: datetime) -> str:
    """Two local times of day; the day is added where it ends on another.

    >>> said_window(datetime.fromisoformat("2026-05-04T09:00Z"), datetime.fromisoformat("2026-05-04T15:00Z"))
    '10:00 to 16:00'
    """
    if _local(starts_at).date() == _local(ends_at).date():
        return f"{said_time(starts_at)} to {said_time(ends_at)}"
    return f"{said_time(starts_at)} to {said_time(ends_at)} on {said_day(ends_at)}"


def said_moment(at: datetime) -> str:
    """Local day and time.

    >>> said_moment(datetime.fromisoformat("2026-05-04T09:05Z"))
    '4 May 2026, 10:05'
    """
    local = _local(at)
    return f"{local.day} {local:%B %Y}, {local:%H:%M}"


def percent(value: float) -> str:
    """Three figures and the sign, never with an exponent.

    >>> percent(0.000825), percent(0.0), percent(1.0)
    ('0.0825 %', '0 %', '100 %')
    """
    from decimal import Decimal

    return f"{Decimal(f'{100 * value:.3g}'):f} %"


def said_interval(rate: Rate) -> str:
    """The exact 95 % interval of a rate.

    >>> said_interval(Rate(7, 8600, "faces seen"))
    '0.0327 % to 0.168 %'
    """
    low, high = rate.interval()
    return f"{percent(low)} to {percent(high)}"


def _said_rate(rate: Rate) -> str:
    """As `rate_in_words`, for reading: thousands apart."""
    return f"{rate.count:,} of {rate.trials:,} ({percent(rate.value or 0.0)})"


def _counted(n: int, singular: str, plural: str = "") -> str:
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def _words(code: str) -> str:
    return code.replace("_", " ")


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@cache
def environment() -> jinja2.Environment:
    """Jinja over the templates in this folder."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        counted=_counted,
        day=said_day,
        duration=duration_in_words,
        interval=said_interval,
        iso_moment=lambda text: said_moment(datetime.fromisoformat(text)),
        moment=said_moment,
        paragraphs=_paragraphs,
        percent=percent,
        rate=_said_rate,
        time=said_time,
        use_case=use_case_in_words,
        words=_words,
    )
    made.globals.update(window=said_window)
    return made


def render(template: str, **context: Any) -> str:
    """A page as text. `template` is a file name in this folder."""
    return environment().get_template(template).render(**context)
