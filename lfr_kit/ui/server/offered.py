"""The dashboards there are, and what one must be allowed to do for each to be of use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import lfr_kit
from lfr_kit.errors import InputError
from lfr_kit.governance.roles import Action, Actor, may

__all__ = ["DASHBOARDS", "Dashboard", "dashboards_folder", "offered_to"]


@dataclass(frozen=True)
class Dashboard:
    """One notebook.

    Attributes
    ----------
    file
        Its name below the folder of dashboards.
    title, what
        As the list of dashboards shows it.
    actions
        Any of them opens it.
    """

    file: str
    title: str
    what: str
    actions: tuple[Action, ...]

    def is_for(self, actor: Actor) -> bool:
        """Whether it is of use to somebody."""
        return any(may(actor, action) for action in self.actions)


DASHBOARDS = (
    Dashboard("live.ipynb", "Live", "Cameras, figures, controls.", (Action.DEPLOYMENT_VIEW,)),
    Dashboard("alerts.ipynb", "Alerts", "The queue; two pictures; a decision.", (Action.ALERT_VIEW,)),
    Dashboard(
        "officer.ipynb",
        "Officer",
        "For the phone at the scene.",
        (Action.ALERT_ENGAGE, Action.DEPLOYMENT_CHECK_IN),
    ),
    Dashboard("watchlist.ipynb", "Watchlist", "Pictures in, review, freeze.", (Action.WATCHLIST_VIEW,)),
    Dashboard("summary.ipynb", "Record", "Counts, rates, export.", (Action.DEPLOYMENT_VIEW,)),
    Dashboard("evaluation.ipynb", "Evaluation", "Runs, thresholds, their price.", (Action.EVALUATION_VIEW,)),
)
"""In the order of the list."""


def offered_to(actor: Actor) -> list[Dashboard]:
    """Those that are of use to somebody."""
    return [each for each in DASHBOARDS if each.is_for(actor)]


def dashboards_folder(chosen: Path | None = None) -> Path:
    """Where the notebooks lie: beside the package, within it, or where somebody says. InputError if nowhere."""
    package = Path(lfr_kit.__file__).parent
    places = [chosen] if chosen else [package.parent / "dashboards", package / "ui" / "notebooks"]
    for place in places:
        if place.is_dir():
            return place.resolve()
    raise InputError(f"{places[0]}: no folder of dashboards; name one with --folder")
