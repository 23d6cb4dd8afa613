"""What a threshold costs: chosen by a budget of false alerts, and what it finds and raises at a deployment.

From the figures of a trial (`lfr_kit.evaluation.trial_figures`): its calibration rows bound false alerts for lists
of several sizes, its curves say how many of the wanted are found. Nothing between two measurements is assumed, and
a list longer than any measured is marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lfr_kit.errors import InputError
from lfr_kit.evaluation.list_size import MOST_TIMES_LARGER, fmr_of, fpir_at
from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.calibration import Measurement

__all__ = ["Price", "Question", "price_of"]

_MOST = 10_000_000


@dataclass(frozen=True)
class Question:
    """A deployment as it is thought of.

    Attributes
    ----------
    n_enrolled
        People on its watchlist.
    budget
        One false alert in so many passers-by at most.
    footfall
        People expected to pass.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    n_enrolled: int
    budget: int
    footfall: int

    def __post_init__(self) -> None:
        for name, value in (("watchlist", self.n_enrolled), ("budget", self.budget), ("footfall", self.footfall)):
            if not 1 <= value <= _MOST:
                raise InputError(f"{name}: from 1 to {_MOST:,}, got {value:,}")


@dataclass(frozen=True)
class Price:
    """The lowest threshold that keeps to a budget, and its price.

    Attributes
    ----------
    threshold
        None where nothing measured keeps to the budget; `why_not` then says so.
    fpir, fpir_upper
        Share of passers-by alerted falsely: as measured, and its upper 95 % bound, both for the list asked about.
    false_alerts, false_alerts_upper
        The same for the footfall.
    tpir, tpir_interval, tpir_n_enrolled
        Share of passes of wanted people that raise the right alert, its exact interval over the people of the
        cohort, and the list it was measured on; None where no threshold as high was measured.
    is_extrapolated
        Whether the list is longer than any that was measured.
    """

    threshold: float | None
    why_not: str
    fpir: float | None
    fpir_upper: float | None
    false_alerts: float | None
    false_alerts_upper: float | None
    tpir: float | None
    tpir_interval: tuple[float, float] | None
    tpir_n_enrolled: int | None
    is_extrapolated: bool


def price_of(figures: Mapping[str, Any], question: Question) -> Price:
    """The price of a budget, by the figures of a trial.

    Examples
    --------
    >>> row = {"n_enrolled": 100, "threshold": 0.9, "n_false": 1, "n_searches": 100_000}
    >>> size = {"n_enrolled": 100, "mated": 80, "curve": {"threshold": [0.8, 0.95], "tpir": [0.9, 0.7]}}
    >>> figures = {"calibration": [row], "sizes": [size], "counts": {"cohort": 40}}
    >>> price = price_of(figures, Question(n_enrolled=100, budget=1000, footfall=50_000))
    >>> price.threshold, round(price.false_alerts, 3), price.tpir
    (0.9, 0.5, 0.7)
    """
    rows = [_measurement(row) for row in figures["calibration"]]
    longest = max((row.n_enrolled for row in rows), default=0)
    n, ceiling = question.n_enrolled, 1 / question.budget
    if n > MOST_TIMES_LARGER * longest:
        return _none(f"the longest list measured has {longest:,} people; nothing is said of one of {n:,}")
    rows = [row for row in rows if row.bounds(n, figures.get("score_scale", "cosine"))]
    kept = [row for row in rows if row.upper_fpir(n) <= ceiling]
    if not kept:
        best = min((row.upper_fpir(n) for row in rows), default=1.0)
        return _none(
            f"no threshold measured keeps to 1 in {question.budget:,}; the best bound is 1 in {1 / best:,.0f}: "
            "more passes would show more"
        )
    row = min(kept, key=lambda each: (each.threshold, each.upper_fpir(n)))
    # Of the rows at this threshold or a lower one each bounds it from above: the tightest counts.
    upper = min(each.upper_fpir(n) for each in rows if each.threshold <= row.threshold)
    counted = _carried(row, n)
    tpir, n_of_tpir = _tpir_at(figures["sizes"], row.threshold, n)
    people = int(figures["counts"]["cohort"])
    return Price(
        threshold=row.threshold,
        why_not="",
        fpir=counted,
        fpir_upper=upper,
        false_alerts=counted * question.footfall,
        false_alerts_upper=upper * question.footfall,
        tpir=tpir,
        tpir_interval=None if tpir is None else Rate(round(tpir * people), people, "people").interval(),
        tpir_n_enrolled=n_of_tpir,
        is_extrapolated=n > longest,
    )


def _none(why: str) -> Price:
    return Price(None, why, None, None, None, None, None, None, None, is_extrapolated=False)


def _measurement(row: Mapping[str, Any]) -> Measurement:
    names = ("n_enrolled", "threshold", "n_false", "n_searches")
    return Measurement(**{name: row[name] for name in names})


def _carried(row: Measurement, n_enrolled: int) -> float:
    """The measured rate on a list of another size; on a shorter one than was measured, as measured."""
    rate = row.n_false / row.n_searches
    return rate if n_enrolled <= row.n_enrolled else fpir_at(fmr_of(rate, row.n_enrolled), n_enrolled)


def _tpir_at(
    sizes: Sequence[Mapping[str, Any]], threshold: float, n_enrolled: int
) -> tuple[float | None, int | None]:
    """TPIR at the next threshold measured, on the longest list that is not longer, and that list's size."""
    ordered = sorted(sizes, key=lambda size: size["n_enrolled"])
    fitting = [size for size in ordered if size["n_enrolled"] <= n_enrolled] or ordered[:1]
    if not fitting:
        return None, None
    size = fitting[-1]
    found = zip(size["curve"]["threshold"], size["curve"]["tpir"], strict=True)
    return next((tpir for at, tpir in found if at >= threshold), None), size["n_enrolled"]
