"""How false positives grow with the list: the more people on it, the likelier one of them looks like a passer-by.

    FPIR(N) = 1 - (1 - FMR)^N

with FMR the rate at which two different people match, as if every comparison were a throw of its own.

References
----------
ISO/IEC 19795-1 (FPIR as a function of gallery size). National Physical Laboratory, MS 43 (2023): 1 in 60,000 at
1,000 references and 1 in 6,000 at 10,000.
"""

from __future__ import annotations

import math

from lfr_kit.errors import SettingError

__all__ = ["MOST_TIMES_LARGER", "fmr_of", "fpir_at"]

MOST_TIMES_LARGER = 10
"""A list may be this many times as large as the largest that was measured, and is then marked as extrapolated."""


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
