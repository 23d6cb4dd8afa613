"""Whether a running deployment raises more false alerts than it may (L15): the rule alone.

False alerts are counted over faces seen, the published rate. The ceiling is 1 in 1,000. A count above it by chance
is shown (amber); one that chance does not explain stops the deployment until a Silver commander has looked (red).

References
----------
South Wales Police AFR standard operating procedure, in R (Bridges) v SWP [2019] EWHC 2341 (ceiling of 1 in 1,000).
Clopper and Pearson, Biometrika 26 (1934).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lfr_kit.evaluation.deployment_rates import false_alert_rate
from lfr_kit.evaluation.rates import Rate

__all__ = ["CEILING", "Colour", "FalseAlertWatch", "watch"]

CEILING = 1 / 1000
"""Most false alerts per face seen."""


class Colour(StrEnum):
    """What the rate calls for."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True)
class FalseAlertWatch:
    """The rate so far and what it calls for.

    Attributes
    ----------
    rate
        False alerts of faces seen.
    interval
        95 %, exact.
    colour
        Green; amber = above the ceiling, maybe by chance; red = the whole interval lies above it.
    """

    rate: Rate
    interval: tuple[float, float]
    colour: Colour

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.rate} (95 %: {_one_in(high)} to {_one_in(low)}; ceiling 1 in 1,000): {self.colour}"


def watch(n_false: int, n_faces: int) -> FalseAlertWatch:
    """Holds false alerts against faces seen.

    Parameters
    ----------
    n_false, n_faces
        Counts so far. Faces are counted at intervals, so fewer of them than false alerts count as that many: a
        count that lags does not excuse.

    Raises
    ------
    RecordError
        If a count is negative.

    Examples
    --------
    >>> watch(1, 616).colour, watch(7, 616).colour, watch(7, 8600).colour
    (<Colour.AMBER: 'amber'>, <Colour.RED: 'red'>, <Colour.GREEN: 'green'>)
    >>> print(watch(1, 616))
    1 of 616 faces seen (95 %: 1 in 111 to 1 in 24,331; ceiling 1 in 1,000): amber
    """
    rate = false_alert_rate(n_false, n_faces if n_faces < 0 else max(n_false, n_faces))
    interval = rate.interval()
    return FalseAlertWatch(rate, interval, _colour(rate, interval))


def _colour(rate: Rate, interval: tuple[float, float]) -> Colour:
    if rate.value is None or rate.value <= CEILING:
        return Colour.GREEN
    return Colour.RED if interval[0] > CEILING else Colour.AMBER


def _one_in(share: float) -> str:
    return f"1 in {1 / share:,.0f}" if share else "none"
