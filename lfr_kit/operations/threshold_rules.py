"""Whether a threshold may be used: the calibration an authority names, and the list it is held against."""

from __future__ import annotations

from lfr_kit.governance.calibration import choice_refusals, threshold_refusals
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.operations.calibrations import calibration_of
from lfr_kit.operations.deployment_lists import list_of
from lfr_kit.store.store import Act

__all__ = ["refusals_of_choice", "refusals_of_threshold"]


def refusals_of_choice(act: Act, found: Deployment) -> list[str]:
    """Why the deployment's calibration may not be relied on when it starts; empty if it may."""
    calibration = calibration_of(act.connection, found.authority.calibration_id)
    return choice_refusals(calibration, found.authority, max(found.starts_at, act.at).date())


def refusals_of_threshold(act: Act, found: Deployment, threshold: float) -> list[str]:
    """Why another threshold may not be used for its list (without one, for a list as large as its cap)."""
    calibration = calibration_of(act.connection, found.authority.calibration_id)
    if calibration is None:
        return refusals_of_choice(act, found)
    watchlist = list_of(act.connection, found.deployment_id)
    n_enrolled = watchlist.n_entries if watchlist is not None else None
    return threshold_refusals(calibration, threshold, n_enrolled or found.authority.watchlist_cap)
