"""From a budget of false alerts to a threshold, and what it means for a day."""

from __future__ import annotations

from dataclasses import dataclass

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.list_size import fmr_of, fpir_at
from lfr_kit.governance.calibration import Calibration, Measurement

__all__ = ["Expectation", "ThresholdChoice", "choose_threshold", "expected_at"]


@dataclass(frozen=True)
class Expectation:
    """False alerts to expect.

    Attributes
    ----------
    n_faces
        Of so many faces of people who are not listed.
    expected
        Carried over from what was counted.
    at_most
        With the upper 95 % bound of the rate; the number of a day varies about its mean by chance as well.
    """

    n_faces: int
    expected: float
    at_most: float


@dataclass(frozen=True)
class ThresholdChoice:
    """A threshold for a list.

    Attributes
    ----------
    threshold
        The lowest measured one that keeps the budget.
    n_enrolled
        For a list of this size.
    budget
        Highest rate of false alerts per face that was asked for.
    upper_fpir
        The upper 95 % bound at `threshold`, at most `budget`.
    fpir
        Carried over from what was counted.
    is_extrapolated
        Whether the list is larger than any that was searched.
    """

    threshold: float
    n_enrolled: int
    budget: float
    upper_fpir: float
    fpir: float
    is_extrapolated: bool

    def expected(self, n_faces: int) -> Expectation:
        """False alerts among so many faces; SettingError if their number is negative."""
        if n_faces < 0:
            raise SettingError(f"faces: must not be negative, got {n_faces}")
        return Expectation(n_faces, self.fpir * n_faces, self.upper_fpir * n_faces)


def choose_threshold(calibration: Calibration, budget: float, n_enrolled: int) -> ThresholdChoice | None:
    """The lowest measured threshold whose upper bound keeps a budget on a list; None if none does.

    Raises
    ------
    SettingError
        If the budget is not between 0 and 1, or the list has nobody on it.
    """
    if not 0 < budget < 1 or n_enrolled < 1:
        raise SettingError(f"budget: between 0 and 1, on a list of one or more, got {budget:g} and {n_enrolled}")
    threshold = calibration.lowest_threshold(n_enrolled, budget)
    return None if threshold is None else expected_at(calibration, threshold, n_enrolled, budget)


def expected_at(
    calibration: Calibration, threshold: float, n_enrolled: int, budget: float = 1.0
) -> ThresholdChoice | None:
    """What a threshold means on a list; None where nothing measured says so."""
    upper = calibration.upper_fpir(threshold, n_enrolled)
    if upper is None:
        return None
    return ThresholdChoice(
        threshold=threshold,
        n_enrolled=n_enrolled,
        budget=budget,
        upper_fpir=upper,
        fpir=_fpir(_nearest(calibration, threshold, n_enrolled), n_enrolled),
        is_extrapolated=calibration.is_extrapolated(n_enrolled),
    )


def _nearest(calibration: Calibration, threshold: float, n_enrolled: int) -> Measurement:
    """Of the measurements at or below the threshold, that of the list nearest in size, then of the highest one."""
    below = [each for each in calibration.measured_for(n_enrolled) if each.threshold <= threshold]
    distance = min(abs(each.n_enrolled - n_enrolled) for each in below)
    near = [each for each in below if abs(each.n_enrolled - n_enrolled) == distance]
    return max(near, key=lambda each: each.threshold)


def _fpir(measured: Measurement, n_enrolled: int) -> float:
    return fpir_at(fmr_of(measured.n_false / measured.n_searches, measured.n_enrolled), n_enrolled)
