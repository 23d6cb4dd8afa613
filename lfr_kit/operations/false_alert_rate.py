"""The running false alert rate of a deployment: shown always, and where it is red the deployment is paused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from lfr_kit.errors import DecisionConflictError, StateError
from lfr_kit.governance.adjudication import FALSE_TRUTHS
from lfr_kit.governance.deployment_counts import AlertHistory, DeploymentEvent, count_alerts, faces_seen
from lfr_kit.governance.false_alert_watch import Colour, FalseAlertWatch, watch
from lfr_kit.governance.roles import SYSTEM
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.repository.records import alert_histories, deployment_log

if TYPE_CHECKING:
    from lfr_kit.store.store import Store

__all__ = ["check_false_alert_rate"]


def check_false_alert_rate(store: Store, deployment_id: str) -> FalseAlertWatch:
    """The rate so far; if it is red and the deployment open, the program pauses it for Silver's review.

    Once a commander has looked and resumed it, it is paused again only on a further false alert.

    Raises
    ------
    NotInStoreError
        If there is no such deployment.
    """
    with store.reading() as connection:
        state = rows.deployment_state(connection, deployment_id)
        log = deployment_log(connection, deployment_id)
        histories = alert_histories(connection, deployment_id)
    counted = count_alerts(histories)
    found = watch(sum(counted.by_truth[truth] for truth in FALSE_TRUTHS), faces_seen(log).n)
    is_new = _last_false(histories) >= _last_opened(log)
    if found.colour is Colour.RED and state is DeploymentState.OPEN and is_new:
        _pause(store, deployment_id, found)
    return found


def _pause(store: Store, deployment_id: str, found: FalseAlertWatch) -> None:
    from lfr_kit.operations.deployments import pause

    try:
        pause(store, SYSTEM, deployment_id, reason=f"false alert rate: {found}; Silver must review it")
    except (StateError, DecisionConflictError):
        return  # somebody paused or ended it at this moment


_NEVER = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def _last_false(histories: Iterable[AlertHistory]) -> datetime:
    found = (
        event.at
        for history in histories
        if history.truth in FALSE_TRUTHS
        for event in history.events
        if event.data.get("truth") in FALSE_TRUTHS
    )
    return max(found, default=_NEVER)


def _last_opened(log: Iterable[DeploymentEvent]) -> datetime:
    return max((event.at for event in log if event.to_state == DeploymentState.OPEN), default=_NEVER)
