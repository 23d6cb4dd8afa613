"""Counts over trials, with their intervals.

References
----------
C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
binomial", Biometrika 26 (1934). E. B. Wilson, "Probable inference, the law of succession, and statistical
inference", JASA 22 (1927). Rule of 3: J. A. Hanley and A. Lippman-Hand, JAMA 249 (1983).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from lfr_kit.errors import RecordError, SettingError

__all__ = ["IntervalMethod", "Rate", "check_confidence", "interval_of_mean", "rule_of_three"]

IntervalMethod = Literal["clopper-pearson", "wilson"]


@dataclass(frozen=True)
class Rate:
    """So many of so many.

    Attributes
    ----------
    count, trials
        0 <= count <= trials.
    denominator
        What was counted over, in words, e.g. ``"mated searches"``.

    Raises
    ------
    RecordError
        If the count is negative or above the trials.

    Examples
    --------
    >>> rate = Rate(7, 8600, "faces seen")
    >>> f"{rate.value:.4%}"
    '0.0814%'
    >>> print(rate)
    7 of 8600 faces seen
    """

    count: int
    trials: int
    denominator: str

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.trials:
            raise RecordError(f"rate: needs 0 <= count <= trials, got {self.count} of {self.trials}")

    def __str__(self) -> str:
        return f"{self.count} of {self.trials} {self.denominator}"

    @property
    def value(self) -> float | None:
        """Count over trials; None without trials: nothing is known then, least of all zero."""
        return self.count / self.trials if self.trials else None

    @property
    def complement(self) -> Rate:
        """All others of the same trials: the misses where this counts hits."""
        return Rate(self.trials - self.count, self.trials, self.denominator)

    def interval(
        self, confidence: float = 0.95, method: IntervalMethod = "clopper-pearson"
    ) -> tuple[float, float]:
        """Two-sided; (0, 1) without trials.

        Assumes independent trials: photographs or passes of one person are not, so read it as the
        narrowest honest interval (`resampling.rate_interval_by_person` is the other one).

        Parameters
        ----------
        confidence
            In (0, 1).
        method
            ``"clopper-pearson"`` is exact: it holds the truth at least as often as `confidence` says.
            ``"wilson"`` is narrower: it does so on average.

        Raises
        ------
        SettingError
            If `confidence` is not between 0 and 1, or there is no such method.
        """
        check_confidence(confidence)
        if method not in ("clopper-pearson", "wilson"):
            raise SettingError(f"method: clopper-pearson or wilson, got {method!r}")
        if not self.trials:
            return 0.0, 1.0
        return (_wilson if method == "wilson" else _clopper_pearson)(self.count, self.trials, confidence)


def _clopper_pearson(k: int, n: int, confidence: float) -> tuple[float, float]:
    from scipy.special import betaincinv  # quantiles of the beta distribution, without all of scipy.stats

    tail = (1 - confidence) / 2
    low = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return low, high


def _wilson(k: int, n: int, confidence: float) -> tuple[float, float]:
    from scipy.special import ndtri

    z = float(ndtri((1 + confidence) / 2))
    middle = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return (middle - half if k else 0.0), (middle + half if k < n else 1.0)


def rule_of_three(trials: int) -> float:
    """What a rate of zero in `trials` stays below with 95 % confidence (one-sided): 3 / n, at most 1.

    Raises
    ------
    SettingError
        If `trials` is negative.
    """
    if trials < 0:
        raise SettingError(f"trials: must not be negative, got {trials}")
    return min(1.0, 3 / trials) if trials else 1.0


def interval_of_mean(values: ArrayLike, confidence: float = 0.95) -> tuple[float, float] | None:
    """Student's t interval of the mean of `values` (k,); None where k < 2.

    Raises
    ------
    SettingError
        If `confidence` is not between 0 and 1.
    """
    check_confidence(confidence)
    sample = np.asarray(values, np.float64)
    if len(sample) < 2:
        return None
    from scipy.stats import t

    half = t.ppf((1 + confidence) / 2, len(sample) - 1) * sample.std(ddof=1) / np.sqrt(len(sample))
    return float(sample.mean() - half), float(sample.mean() + half)


def check_confidence(confidence: float) -> None:
    """Raises SettingError unless 0 < confidence < 1."""
    if not 0 < confidence < 1:
        raise SettingError(f"confidence: must lie between 0 and 1, got {confidence}")
