"""Who may do what: every role by every action, against duties written down here by hand, role by role."""

from __future__ import annotations

import ast
from itertools import combinations
from pathlib import Path

import pytest

from lfr_kit.errors import PermissionRefusedError, RoleConflictError
from lfr_kit.governance.roles import (
    IN_WORDS,
    PERMISSIONS,
    SYSTEM,
    Action,
    Actor,
    Role,
    check_roles,
    may,
    require,
)

DUTIES = {
    "authorising_officer": """
        watchlist.second_approve watchlist.view
        deployment.grant deployment.grant_urgently deployment.ratify deployment.refuse deployment.extend
        deployment.pause deployment.abort deployment.change_threshold deployment.view evaluation.view
    """,
    "gold": """
        watchlist.second_approve watchlist.view
        deployment.grant_urgently deployment.pause deployment.resume deployment.close deployment.abort
        deployment.change_threshold deployment.checklist deployment.view
        record.publish record.correct alert.view alert.review retention.hold retention.release
        recording.play recording.export evaluation.view
    """,
    "silver": """
        blue_list.check
        watchlist.second_approve watchlist.withdraw watchlist.view watchlist.delete
        deployment.draft deployment.request deployment.grant_urgently deployment.open deployment.run
        deployment.pause deployment.resume deployment.close deployment.abort deployment.change_threshold
        deployment.checklist deployment.view
        record.publish record.correct alert.raise alert.view alert.acknowledge alert.review
        retention.run retention.hold retention.release
        recording.make recording.play recording.export evaluation.view
    """,
    "bronze": """
        blue_list.enrol blue_list.check
        deployment.draft deployment.request deployment.open deployment.run deployment.pause deployment.close
        deployment.abort deployment.checklist deployment.check_in deployment.view
        alert.raise alert.view alert.acknowledge recording.make evaluation.view
    """,
    "lfr_operator": """
        blue_list.enrol blue_list.check
        deployment.run deployment.pause deployment.abort deployment.checklist deployment.view
        alert.raise alert.view alert.acknowledge alert.adjudicate recording.make
    """,
    "engagement_officer": """
        deployment.check_in deployment.view alert.view alert.acknowledge alert.engage alert.outcome equality.record
    """,
    "watchlist_manager": """
        blue_list.enrol
        watchlist.create watchlist.import watchlist.freeze watchlist.withdraw watchlist.view watchlist.delete
        deployment.view
    """,
    "watchlist_reviewer": """
        watchlist.review watchlist.withdraw watchlist.view deployment.view
    """,
    "analyst": """
        footage.scan deployment.view evaluation.view
    """,
    "auditor": """
        audit.view audit.verify ledger.search users.view watchlist.view alert.view deployment.view
        recording.play evaluation.view
    """,
    "administrator": """
        users.manage users.view keys.manage policy.change clock.accept audit.verify retention.run evaluation.view
    """,
    "system": """
        alert.raise deployment.pause deployment.close deployment.abort record.publish
        watchlist.delete retention.run recording.make alert.route
    """,
}
"""Role -> what it may do; whatever does not stand here is refused."""

APART = {
    ("authorising_officer", "lfr_operator"),
    ("authorising_officer", "engagement_officer"),
    ("lfr_operator", "engagement_officer"),
    ("watchlist_manager", "watchlist_reviewer"),
    ("administrator", "authorising_officer"),
    ("administrator", "auditor"),
}
"""Who checks whom: never one person."""


def test_duties_are_written_down_for_every_role():
    assert DUTIES.keys() == {str(role) for role in Role}
    named = {name for words in DUTIES.values() for name in words.split()}
    assert named == {str(action) for action in Action}, "each action is somebody's, and each duty is an action"


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_every_role_may_do_its_duties_and_nothing_else(role, action):
    actor = Actor("k1", frozenset({role}))
    if str(action) in DUTIES[role].split():
        assert may(actor, action)
        require(actor, action)
    else:
        assert not may(actor, action)
        with pytest.raises(PermissionRefusedError, match=rf"^k1 may not {IN_WORDS[action]}; who may: "):
            require(actor, action)


def test_every_action_has_words_of_its_own_that_are_no_code():
    assert set(IN_WORDS) == set(Action)
    assert len(set(IN_WORDS.values())) == len(Action)
    assert not [words for words in IN_WORDS.values() if "." in words or "_" in words]


def test_refusal_says_what_may_not_be_done_and_which_roles_may():
    with pytest.raises(PermissionRefusedError) as refused:
        require(Actor("k1", frozenset({Role.SILVER})), Action.ALERT_ENGAGE)
    assert str(refused.value) == "k1 may not engage with the person of an alert; who may: engagement officer"
    with pytest.raises(PermissionRefusedError, match=r"who may: silver, bronze, LFR operator$"):
        require(Actor("k1"), Action.DEPLOYMENT_RUN)


@pytest.mark.parametrize("action", Action)
def test_person_without_roles_may_do_nothing(action):
    assert not may(Actor("k1"), action)


def test_every_action_is_in_the_table():
    assert set(PERMISSIONS) == set(Action)


def test_action_outside_the_table_is_nobodys(monkeypatch):
    monkeypatch.delitem(PERMISSIONS, Action.ALERT_VIEW)
    assert not any(may(Actor("k1", frozenset({role})), Action.ALERT_VIEW) for role in Role)
    with pytest.raises(PermissionRefusedError, match="nobody"):
        require(SYSTEM, Action.ALERT_VIEW)


def test_several_roles_add_up():
    actor = Actor("k1", frozenset({Role.SILVER, Role.WATCHLIST_MANAGER}))
    able = {str(action) for action in Action if may(actor, action)}
    assert able == set(DUTIES["silver"].split()) | set(DUTIES["watchlist_manager"].split())


@pytest.mark.parametrize("pair", list(combinations(sorted(set(Role) - {Role.SYSTEM}), 2)), ids="+".join)
def test_roles_that_check_each_other_are_kept_apart(pair):
    if tuple(pair) in APART or tuple(reversed(pair)) in APART:
        with pytest.raises(RoleConflictError, match="one checks the other"):
            check_roles(pair)
    else:
        check_roles(pair)


def test_role_of_the_program_is_given_to_nobody():
    with pytest.raises(RoleConflictError, match="belongs to the program"):
        check_roles([Role.SYSTEM])


def test_refusal_names_who_may_but_never_the_program():
    with pytest.raises(PermissionRefusedError) as refused:
        require(Actor("k1", frozenset({Role.ANALYST})), Action.DEPLOYMENT_CLOSE)
    assert "gold, silver, bronze" in str(refused.value)
    assert "system" not in str(refused.value)


def test_every_action_is_asked_for_somewhere():
    """An action in the table that no operation names would be a safeguard in name only."""
    package = Path(__file__).parents[2] / "lfr_kit"
    named = set()
    for path in package.rglob("*.py"):
        if path.name != "roles.py":
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Attribute)
                    and isinstance(node.value, ast.Name)
                    and node.value.id == "Action"
                ):
                    named.add(node.attr)
    assert {action.name for action in Action} - named == set()
