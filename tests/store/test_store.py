"""The way into the store: permission, one transaction, one audit entry."""

from __future__ import annotations

import pytest
from governed import person
from sqlalchemy import func, select

from lfr_kit.errors import JustificationError, PermissionRefusedError
from lfr_kit.governance.roles import Action, Role
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.tables.audit import audit_entries

OPERATOR = person(Role.LFR_OPERATOR)


def n_logged(store) -> int:
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(audit_entries)).scalar_one()


def test_act_is_logged_once_with_who_and_what(store):
    with store.act(OPERATOR, Action.ALERT_VIEW, Operation.CONSULTATION, subject="alert:A-1", justification="duty"):
        pass
    with store.reading() as connection:
        last = connection.execute(select(audit_entries).order_by(audit_entries.c.seq.desc())).first()
    assert (last.seq, last.actor_id, last.action, last.subject) == (2, OPERATOR.user_id, "alert.view", "alert:A-1")


def test_act_that_fails_leaves_nothing(store):
    with (
        pytest.raises(ZeroDivisionError),
        store.act(OPERATOR, Action.ALERT_VIEW, Operation.CONSULTATION, subject="alert:A-1", justification="duty"),
    ):
        raise ZeroDivisionError
    assert n_logged(store) == 1


def test_act_without_permission_is_refused_and_the_refusal_logged(store):
    with (
        pytest.raises(PermissionRefusedError, match="administrator"),
        store.act(OPERATOR, Action.USERS_MANAGE, Operation.ALTERATION, subject="user:x", justification="please"),
    ):
        pass
    assert n_logged(store) == 2


def test_act_without_a_reason_is_refused(store):
    with (
        pytest.raises(JustificationError, match="--reason"),
        store.act(OPERATOR, Action.ALERT_VIEW, Operation.CONSULTATION, subject="alert:A-1", justification="  "),
    ):
        pass
    assert n_logged(store) == 1
