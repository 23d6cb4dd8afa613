"""The rates a deployment is judged by, each over its own denominator.

Three rates are often taken for one another: false alerts over *faces seen* (the published false alert rate), false
alerts over *alerts*, and people found over *passes of people on the list* (the true recognition rate). Each has
a function here, and the denominator is written on the result.

References
----------
Metropolitan Police, published deployment records (false alert rate over faces seen). South Wales Police, terms of
live facial recognition (true recognition rate).
"""

from __future__ import annotations

from dataclasses import dataclass

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.rates import Rate

__all__ = [
    "ExpectedAlerts",
    "expected_false_alerts",
    "false_alert_rate",
    "false_alert_share",
    "true_recognition_rate",
]


def false_alert_rate(n_false: int, n_faces: int) -> Rate:
    """False alerts of faces seen: FAR, the published rate.

    Raises
    ------
    RecordError
        If a count is negative or there are more false alerts than faces.

    Examples
    --------
    >>> print(false_alert_rate(7, 8600), f"{false_alert_rate(7, 8600).value:.4%}")
    7 of 8600 faces seen 0.0814%
    """
    return Rate(n_false, n_faces, "faces seen")


def false_alert_share(n_false: int, n_alerts: int) -> Rate:
    """False alerts of alerts that were judged.

    Raises
    ------
    RecordError
        If a count is negative or there are more false alerts than alerts.
    """
    return Rate(n_false, n_alerts, "alerts")


def true_recognition_rate(n_found: int, n_passes: int) -> Rate:
    """Passes of people known to be on the list (the blue list, a cohort) that raised the right alert: TRR.

    Raises
    ------
    RecordError
        If a count is negative or there are more found than passes.
    """
    return Rate(n_found, n_passes, "passes")


@dataclass(frozen=True)
class ExpectedAlerts:
    """How many false alerts so many faces will raise.

    Attributes
    ----------
    n_faces
        Of how many faces.
    expected
        On average; None if nothing was measured.
    low, high
        With the ends of the rate's interval. The number itself varies about its average by chance as well.
    """

    n_faces: int
    expected: float | None
    low: float
    high: float


def expected_false_alerts(fpir: Rate, n_faces: int = 10_000, confidence: float = 0.95) -> ExpectedAlerts:
    """What a measured FPIR means for a day's faces, or per 10,000.

    Raises
    ------
    SettingError
        If `n_faces` is negative.

    Examples
    --------
    >>> found = expected_false_alerts(Rate(3, 6000, "non-mated searches"))
    >>> found.expected, round(found.low, 1), round(found.high, 1)
    (5.0, 1.0, 14.6)
    """
    if n_faces < 0:
        raise SettingError(f"faces: must not be negative, got {n_faces}")
    low, high = fpir.interval(confidence)
    value = fpir.value
    return ExpectedAlerts(n_faces, None if value is None else value * n_faces, low * n_faces, high * n_faces)
