"""Alerts on which nobody decides: they become UNCONFIRMED and stay."""

from __future__ import annotations

import pytest
from alerted import OFFICER, OPERATOR, Opened, logged
from governed import person
from recorded import authority

from lfr_kit.errors import PermissionRefusedError
from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import AlertState
from lfr_kit.operations.alerts import decide, expire_due, queue, raise_alert, view
from lfr_kit.store.repository import alerts as rows


@pytest.fixture
def opened(store) -> Opened:
    return Opened(store, plan=authority(decision_limit_s=30.0))


def states(store, opened):
    with store.reading() as connection:
        return [each.state for each in rows.queue(connection, opened.deployment_id)]


def test_undecided_alerts_expire_when_their_time_is_over_and_not_before(store, clock, opened):
    raise_alert(store, opened.deployment_id, opened.alert())
    looked_at = raise_alert(store, opened.deployment_id, opened.alert())
    view(store, OPERATOR, looked_at)
    clock.advance(seconds=29.999)
    assert expire_due(store, opened.deployment_id) == ()
    clock.advance(seconds=0.001)
    assert len(expire_due(store, opened.deployment_id)) == 2
    assert states(store, opened) == [AlertState.UNCONFIRMED] * 2


def test_expired_alerts_stay_visible_for_the_review(store, clock, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    clock.advance(minutes=1)
    expire_due(store, opened.deployment_id)
    assert [(each.alert_id, each.state) for each in queue(store, OPERATOR, opened.deployment_id)] == [
        (alert_id, AlertState.UNCONFIRMED)
    ]


def test_decided_alerts_never_expire(store, clock, opened):
    for verdict, reason in (
        (Verdict.VIABLE, DecisionReason.SAME_FEATURES), (Verdict.DISMISSED, DecisionReason.DIFFERENT_PERSON)
    ):  # fmt: skip
        alert_id = raise_alert(store, opened.deployment_id, opened.alert())
        view(store, OPERATOR, alert_id)
        decide(store, OPERATOR, alert_id, verdict, reason)
    clock.advance(days=1)
    assert expire_due(store, opened.deployment_id) == ()
    assert set(states(store, opened)) == {AlertState.VIABLE, AlertState.DISMISSED}


def test_expiry_is_logged_once_with_each_alert_and_not_when_there_is_none(store, clock, opened):
    first = raise_alert(store, opened.deployment_id, opened.alert())
    clock.advance(seconds=10)
    second = raise_alert(store, opened.deployment_id, opened.alert(1))
    clock.advance(minutes=1)
    assert expire_due(store, opened.deployment_id) == (first, second)
    before = len(logged(store))
    assert expire_due(store, opened.deployment_id) == ()
    assert len(logged(store)) == before
    assert [row.subject for row in logged(store, "alert.expire")] == [f"alert:{first}", f"alert:{second}"]


def test_expiry_is_of_one_deployment(store, clock, opened):
    other = Opened(store, "D-0000000002")
    raise_alert(store, other.deployment_id, other.alert())
    clock.advance(hours=1)
    assert expire_due(store, opened.deployment_id) == ()
    assert states(store, other) == [AlertState.RAISED]


def test_expiry_is_refused_to_those_who_run_nothing(store, clock, opened):
    raise_alert(store, opened.deployment_id, opened.alert())
    clock.advance(hours=1)
    for actor in (OFFICER, person(Role.AUDITOR)):
        with pytest.raises(PermissionRefusedError):
            expire_due(store, opened.deployment_id, actor=actor)
    assert states(store, opened) == [AlertState.RAISED]
