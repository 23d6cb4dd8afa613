"""How large a watchlist may be: the more people on it, the likelier one of them looks like a passer-by.

    FPIR(N) = 1 - (1 - FMR)^N

with FMR the rate at which two different people match, as if every comparison were a throw of its own.

References
----------
ISO/IEC 19795-1 (FPIR as a function of gallery size). National Physical Laboratory, MS 43 (2023): 1 in 60,000 at
1,000 references and 1 in 6,000 at 10,000. South Wales Police AFR standard operating procedure, in R (Bridges) v
SWP [2019] EWHC 2341: no more than 1 false alert in 1,000 faces.
"""

from __future__ import annotations

import math

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.rates import Rate

__all__ = ["FALSE_ALERT_CEILING", "fmr_of", "fpir_at", "predicted_fpir", "size_refusal"]

FALSE_ALERT_CEILING = 1 / 1000
"""False alerts per face seen that no deployment may be expected to exceed."""


def fpir_at(fmr: float, n_enrolled: int) -> float:
    """The rate at which a passer-by who is not listed matches somebody of a list of `n_enrolled`.

    Raises
    ------
    SettingError
        If the rate lies outside [0, 1] or the list has fewer than no entries.

    Examples
    --------
    >>> f"1 in {1 / fpir_at(1 / 60_000_000, 10_000):.0f}"
    '1 in 6000'
    """
    if not 0 <= fmr <= 1 or n_enrolled < 0:
        raise SettingError(f"list size: needs a rate in [0, 1] and a size from 0, got {fmr} and {n_enrolled}")
    if fmr == 1:
        return 1.0 if n_enrolled else 0.0
    return -math.expm1(n_enrolled * math.log1p(-fmr))


def fmr_of(fpir: float, n_enrolled: int) -> float:
    """The one-to-one rate behind a rate measured on a list of `n_enrolled`: `fpir_at` the other way round.

    Raises
    ------
    SettingError
        If the rate lies outside [0, 1] or the list has no entries.
    """
    if not 0 <= fpir <= 1 or n_enrolled < 1:
        raise SettingError(f"list size: needs a rate in [0, 1] and a size from 1, got {fpir} and {n_enrolled}")
    return 1.0 if fpir == 1 else -math.expm1(math.log1p(-fpir) / n_enrolled)


def predicted_fpir(measured: Rate, n_measured: int, n_enrolled: int) -> tuple[float | None, float]:
    """What a measurement at one list size predicts at another.

    Parameters
    ----------
    measured
        Non-mated searches with an alert, of how many.
    n_measured
        References searched then.
    n_enrolled
        References to be searched.

    Returns
    -------
    (float or None, float)
        The rate expected (None if nothing was measured), and its upper 95 % bound (Clopper-Pearson).
    """
    _, upper = measured.interval()
    value = measured.value
    expected = None if value is None else fpir_at(fmr_of(value, n_measured), n_enrolled)
    return expected, fpir_at(fmr_of(upper, n_measured), n_enrolled)


def size_refusal(measured: Rate, n_measured: int, n_enrolled: int) -> str | None:
    """Why a list of this size may not be searched; None if what is predicted stays below the ceiling."""
    _, upper = predicted_fpir(measured, n_measured, n_enrolled)
    if upper <= FALSE_ALERT_CEILING:
        return None
    return (
        f"watchlist of {n_enrolled:,}: up to 1 false alert in {1 / upper:,.0f} faces is predicted from {measured} "
        f"at {n_measured:,} references, and the ceiling is 1 in {1 / FALSE_ALERT_CEILING:,.0f}; shorten the list, "
        "raise the threshold, or measure more"
    )
