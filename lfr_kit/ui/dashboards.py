"""The dashboards of a deployment, one function each: what the notebooks in ``dashboards/`` show.

The server shows them to whoever signed in (``lfr dashboard``). In any other Jupyter they say that they have no
server to ask; a camera can be watched there all the same, see `lfr_kit.ui.widgets.camera`.
"""

from __future__ import annotations

from lfr_kit.ui.widgets.alerts import AlertDesk
from lfr_kit.ui.widgets.evaluation import EvaluationView
from lfr_kit.ui.widgets.live import LiveView
from lfr_kit.ui.widgets.officer import OfficerView
from lfr_kit.ui.widgets.summary import SummaryView
from lfr_kit.ui.widgets.watchlist import WatchlistDesk

__all__ = ["alerts", "evaluation", "live", "officer", "summary", "watchlist"]


def live(deployment_id: str = "") -> LiveView:
    """Cameras, figures, who is on the ground, controls.

    Parameters
    ----------
    deployment_id
        Empty = the one in the page's address, else the newest that is open; so in all of these.
    """
    return LiveView(deployment_id=deployment_id)


def alerts(deployment_id: str = "") -> AlertDesk:
    """The queue of alerts, two pictures side by side, and a decision."""
    return AlertDesk(deployment_id=deployment_id)


def officer(deployment_id: str = "") -> OfficerView:
    """For a phone at the scene: check-in, alerts to act on, outcome."""
    return OfficerView(deployment_id=deployment_id)


def watchlist(deployment_id: str = "") -> WatchlistDesk:
    """The deployment's watchlist: pictures in, review, approval, freeze, withdrawal."""
    return WatchlistDesk(deployment_id=deployment_id)


def summary(deployment_id: str = "") -> SummaryView:
    """The deployment's record: counts, rates with their intervals, plots, export."""
    return SummaryView(deployment_id=deployment_id)


def evaluation(deployment_id: str = "") -> EvaluationView:
    """Runs side by side, a budget of false alerts and its price, calibrations; its list is the deployment's."""
    return EvaluationView(deployment_id=deployment_id)
