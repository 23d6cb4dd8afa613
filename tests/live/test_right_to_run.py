"""Whether who runs an engine still may."""

from __future__ import annotations

import pytest
from governed import person, put_user
from sqlalchemy import delete, update

from lfr_kit.errors import TamperedError
from lfr_kit.governance.roles import Role
from lfr_kit.live.right_to_run import RightToRun
from lfr_kit.operations.users import deactivate, set_roles
from lfr_kit.store.tables.users import users

ADMINISTRATOR = person(Role.ADMINISTRATOR)
OPERATOR = person(Role.LFR_OPERATOR)


@pytest.fixture
def right(store) -> RightToRun:
    put_user(store, OPERATOR.user_id, Role.LFR_OPERATOR)
    return RightToRun(store, OPERATOR)


def test_right_lasts_while_nothing_changes(right):
    assert right.why_not() == ""


def test_right_ends_when_the_actor_is_deactivated(store, right):
    deactivate(store, ADMINISTRATOR, OPERATOR.user_id, justification="left the force")
    assert right.why_not() == "lfr_operator-1, who runs it, was deactivated"


def test_right_ends_when_the_role_is_taken_away_and_not_when_another_gives_it_too(store, right):
    set_roles(store, ADMINISTRATOR, OPERATOR.user_id, [Role.BRONZE], justification="promoted")
    assert right.why_not() == ""
    set_roles(store, ADMINISTRATOR, OPERATOR.user_id, [Role.ANALYST], justification="moved on")
    assert right.why_not() == "lfr_operator-1, who runs it, has no role any more that may"


def test_right_ends_when_the_user_is_changed_or_deleted_from_outside(store, right):
    with store.engine.begin() as connection:
        connection.execute(update(users).values(is_active=False))
    assert "changed from outside" in right.why_not()
    with pytest.raises(TamperedError):
        RightToRun(store, OPERATOR)
    with store.engine.begin() as connection:
        connection.execute(delete(users))
    assert right.why_not() == "lfr_operator-1, who runs it, is no user any more"


def test_right_of_an_actor_who_was_never_a_user_is_not_asked_for(store):
    assert RightToRun(store, OPERATOR).why_not() == ""
