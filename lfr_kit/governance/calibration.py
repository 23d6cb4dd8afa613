"""Calibrations: which threshold keeps false alerts below the ceiling, on which list size, measured how (L5, W5).

A score is a number of one embedding space on one scale: 0.64 of another maker means nothing here. A calibration
says, for list sizes and thresholds, how many strangers raised an alert. The floor for a list is the lowest
threshold that was measured at which the upper 95 % bound of that rate, carried over to the size of the list, stays
at or below 1 in 1,000. Nothing between two measurements is assumed, and far beyond the largest nothing is said.

References
----------
ISO/IEC 19795-1 (FPIR as a function of list size and threshold); South Wales Police AFR standard operating
procedure, in R (Bridges) v SWP [2019] EWHC 2341 (no more than 1 false alert in 1,000 faces).
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, Field

from lfr_kit.evaluation.list_size import MOST_TIMES_LARGER, fmr_of, fpir_at
from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.authority import Authority
from lfr_kit.governance.false_alert_watch import CEILING
from lfr_kit.governance.grounds import Explanation, ShortText
from lfr_kit.governance.measured_differences import MeasuredDifferences
from lfr_kit.governance.part import Part

__all__ = [
    "MOST_TIMES_LARGER",
    "VALID_MONTHS",
    "Calibration",
    "Measurement",
    "choice_refusals",
    "threshold_refusals",
    "valid_until",
]

VALID_MONTHS = 12
"""An older measurement may not be chosen: models, cameras and places change."""


class Measurement(Part):
    """So many strangers raised an alert, at one threshold, on a list of one size.

    Attributes
    ----------
    n_enrolled
        Size of the list.
    threshold
        Least score of an alert (>=).
    n_false, n_searches
        Non-mated searches with an alert, of how many.
    """

    n_enrolled: int = Field(ge=1)
    threshold: float
    n_false: int = Field(ge=0)
    n_searches: int = Field(ge=1)

    @property
    def rate(self) -> Rate:
        """False positive identification rate; RecordError if more were false than searched."""
        return Rate(self.n_false, self.n_searches, "non-mated searches")

    def bounds(self, n_enrolled: int, score_scale: str) -> bool:
        """Whether it says anything of a list of that size: by cosine, of any; on other scales not of shorter ones.

        Somebody more on a list can only add cosines, but takes from the scores of the others where these depend on
        the list: strangers may alert at a threshold on a short list, and not on a long one that holds it.
        """
        return score_scale == "cosine" or self.n_enrolled <= n_enrolled

    def upper_fpir(self, n_enrolled: int) -> float:
        """Upper 95 % bound on a list of `n_enrolled`; on a smaller one than was measured, that of the measured."""
        measured = _upper(self.n_false, self.n_searches)
        return (
            measured if n_enrolled <= self.n_enrolled else fpir_at(fmr_of(measured, self.n_enrolled), n_enrolled)
        )


def _in_order(measurements: tuple[Measurement, ...]) -> tuple[Measurement, ...]:
    if any(each.n_false > each.n_searches for each in measurements):
        raise ValueError("more false alerts than searches; correct the counts")
    return tuple(sorted(measurements, key=lambda each: (each.n_enrolled, each.threshold)))


class Calibration(Part):
    """A measurement that thresholds may rest on.

    Attributes
    ----------
    calibration_id
        What an authority names.
    space_id, score_scale
        The embedding space and score scale it holds for, and no other.
    measured_on
        Valid for `VALID_MONTHS` from then.
    measured_with
        Data and method, in words, with what they do not show.
    measurements
        By list size, then threshold.
    differences
        What was measured between groups of people with this model; None = nothing, which briefings say.
    """

    calibration_id: ShortText
    space_id: ShortText
    score_scale: ShortText
    measured_on: date
    measured_with: Explanation
    measurements: Annotated[tuple[Measurement, ...], AfterValidator(_in_order)] = Field(
        min_length=1, max_length=500
    )
    differences: MeasuredDifferences | None = None

    @property
    def largest_list(self) -> int:
        """Most references that were searched."""
        return max(each.n_enrolled for each in self.measurements)

    def measured_for(self, n_enrolled: int) -> list[Measurement]:
        """The measurements that say something of a list of that size, see `Measurement.bounds`."""
        return [each for each in self.measurements if each.bounds(n_enrolled, self.score_scale)]

    def is_extrapolated(self, n_enrolled: int) -> bool:
        """Whether a list is larger than any that was measured."""
        return n_enrolled > self.largest_list

    def upper_fpir(self, threshold: float, n_enrolled: int) -> float | None:
        """The upper 95 % bound of strangers who raise an alert; None where nothing measured says so.

        Each measurement at this threshold or a lower one bounds the rate from above: the tightest counts.
        """
        if n_enrolled > MOST_TIMES_LARGER * self.largest_list:
            return None
        bounds = [
            each.upper_fpir(n_enrolled) for each in self.measured_for(n_enrolled) if each.threshold <= threshold
        ]
        return min(bounds, default=None)

    def floor(self, n_enrolled: int) -> float | None:
        """The lowest threshold for a list of `n_enrolled`; None if no measured one keeps the ceiling."""
        return self.lowest_threshold(n_enrolled, CEILING)

    def lowest_threshold(self, n_enrolled: int, budget: float) -> float | None:
        """The lowest measured threshold whose upper bound keeps a budget of false alerts per face; None = none."""
        if n_enrolled > MOST_TIMES_LARGER * self.largest_list:
            return None
        kept = [each.threshold for each in self.measured_for(n_enrolled) if each.upper_fpir(n_enrolled) <= budget]
        return min(kept, default=None)


def valid_until(calibration: Calibration) -> date:
    """The last day on which it may be chosen."""
    year, month = divmod(calibration.measured_on.month - 1 + VALID_MONTHS, 12)
    year += calibration.measured_on.year
    try:
        return calibration.measured_on.replace(year=year, month=month + 1)
    except ValueError:  # 29 February
        return date(year, month + 2, 1)


def choice_refusals(calibration: Calibration | None, authority: Authority, on: date) -> list[str]:
    """Why an authority's threshold may not rest on a calibration, in words; empty if it may (release gate).

    Parameters
    ----------
    calibration
        The one the authority names; None if there is none of that name.
    on
        The day on which it is to hold.
    """
    if calibration is None:
        return [
            f"calibration: {authority.calibration_id} is not known, so nothing says how often threshold "
            f"{authority.threshold:g} is wrong; choose one of: lfr deployment calibrations"
        ]
    refusals = []
    name = calibration.calibration_id
    if calibration.space_id != authority.space_id:
        refusals.append(f"calibration: {name} is of space {calibration.space_id}, not {authority.space_id}")
    if calibration.score_scale != authority.score_scale:
        refusals.append(f"calibration: {name} is on scale {calibration.score_scale}, not {authority.score_scale}")
    if on > valid_until(calibration):
        refusals.append(
            f"calibration: {name} was measured on {calibration.measured_on.isoformat()} and held until "
            f"{valid_until(calibration).isoformat()}; measure anew"
        )
    if not refusals:
        refusals += threshold_refusals(calibration, authority.threshold, 1)  # the list may not be built yet
    return refusals


def threshold_refusals(calibration: Calibration, threshold: float, n_enrolled: int) -> list[str]:
    """Why a threshold is too low for a list, or the list too long for the calibration; empty if neither."""
    floor = calibration.floor(n_enrolled)
    name = calibration.calibration_id
    if floor is None:
        return [
            f"watchlist: nothing in calibration {name} keeps false alerts at 1 in 1,000 on a list of "
            f"{n_enrolled:,} (largest measured: {calibration.largest_list:,}); shorten the list, or measure more"
        ]
    if threshold >= floor:
        return []
    upper = calibration.upper_fpir(threshold, n_enrolled)
    expected = (
        "nobody measured it" if upper is None else f"up to 1 false alert in {1 / upper:,.0f} faces is expected"
    )
    return [
        f"threshold: {threshold:g} is below the floor {floor:g} of calibration {name} for a list of "
        f"{n_enrolled:,} ({expected}; the ceiling is 1 in 1,000); use the floor, or a higher one"
    ]


@cache
def _upper(n_false: int, n_searches: int) -> float:
    return Rate(n_false, n_searches, "non-mated searches").interval()[1]
