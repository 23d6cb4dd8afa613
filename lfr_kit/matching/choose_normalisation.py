"""Score normalisation by name."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError
from lfr_kit.matching.impostors import (
    CohortNormalisation,
    NoNormalisation,
    ScoreNormalisation,
    WatchlistNormalisation,
)
from lfr_kit.matching.rivals import N_RIVALS, RivalNormalisation

__all__ = ["Normalisation", "make_normalisation"]

Normalisation = Literal["none", "rivals", "watchlist", "cohort"]

_MANY = 150


def make_normalisation(
    name: str,
    cohort: NDArray[np.floating] | None = None,
    k: int | None = None,
    rival_from: float | None = None,
) -> ScoreNormalisation:
    """The normalisation of a name: ``"none"``, ``"rivals"``, ``"watchlist"`` or ``"cohort"``.

    Parameters
    ----------
    cohort
        Of ``"cohort"``, and of no other.
    k
        How many others count; None = 3 rivals, or 150 impostors.
    rival_from
        Of ``"rivals"``, and of no other, see there.

    Raises
    ------
    SettingError
        If there is no such name, the cohort is missing, too small or not of unit vectors, k < 2 (rivals: < 1),
        `rival_from` is no cosine, or one is given that does not belong to the normalisation.
    """
    if (name == "cohort") != (cohort is not None):
        raise SettingError("cohort: must be given for normalisation 'cohort', and for no other")
    if rival_from is not None and name != "rivals":
        raise SettingError("rival_from: belongs to normalisation 'rivals', and to no other")
    if k is not None and k < (1 if name == "rivals" else 2):
        raise SettingError(f"n_impostors: must be at least {1 if name == 'rivals' else 2}, got {k}")
    if name == "none":
        return NoNormalisation()
    if name == "rivals":
        return RivalNormalisation(N_RIVALS if k is None else k, rival_from)
    if name == "watchlist":
        return WatchlistNormalisation(_MANY if k is None else k)
    if cohort is not None:
        return CohortNormalisation(cohort, _MANY if k is None else k)
    raise SettingError(f"normalisation: expected 'none', 'rivals', 'watchlist' or 'cohort', got {name!r}")
