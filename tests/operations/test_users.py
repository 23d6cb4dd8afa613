"""Users: added, given roles, deactivated; nobody lifts themselves, and somebody always remains to do it."""

from __future__ import annotations

import threading

import pytest
from governed import person
from sqlalchemy import select

from lfr_kit.errors import (
    GovernanceError,
    InputError,
    JustificationError,
    NotInStoreError,
    PermissionRefusedError,
    RoleConflictError,
    SignInError,
)
from lfr_kit.governance.roles import Actor, Role
from lfr_kit.operations import sessions, users
from lfr_kit.operations.audit import AuditQuestion, show
from lfr_kit.store.store import Store
from lfr_kit.store.tables import users as tables
from tests.quick_passwords import GOOD, OTHER, quick_passwords

assert quick_passwords
ADMIN = person(Role.ADMINISTRATOR, name="boss")
AUDITOR = person(Role.AUDITOR)
OPERATOR = frozenset({Role.LFR_OPERATOR})
BOSS = frozenset({Role.ADMINISTRATOR})


@pytest.fixture
def with_boss(store, quick_passwords):
    users.add_first(store, users.NewUser("boss", BOSS), GOOD)
    return store


def add(store, name, roles=OPERATOR, display="", by=ADMIN):
    new = users.NewUser(name, frozenset(roles), display)
    users.add(store, by, new, OTHER, justification="joins the team")


def cards(store) -> dict[str, users.UserCard]:
    return {card.user_id: card for card in users.list_users(store, ADMIN, justification="looking after users")}


def logged(store, action="users"):
    return show(store, AUDITOR, AuditQuestion(action=action), justification="checking users")


def raw(store) -> str:
    with store.reading() as connection:
        return str(connection.execute(select(tables.users)).all())


def test_first_user_is_an_administrator_and_logged_as_such(store, quick_passwords):
    assert users.there_are_none(store)
    users.add_first(store, users.NewUser("boss", BOSS, "Ada Boss"), GOOD)
    assert not users.there_are_none(store)
    (entry,) = logged(store)
    assert (entry.actor_id, entry.action, entry.subject) == ("system", "users.bootstrap", "user:boss")
    assert entry.details == {"roles": ["administrator"]}
    assert sessions.actor_of_token(store, sessions.sign_in(store, "boss", GOOD).token).roles == BOSS


@pytest.mark.parametrize("roles", [{Role.SILVER}, {Role.ADMINISTRATOR, Role.SILVER}])
def test_first_user_gives_themselves_no_further_role(store, quick_passwords, roles):
    with pytest.raises(RoleConflictError, match="nothing else"):
        users.add_first(store, users.NewUser("boss", frozenset(roles)), GOOD)
    assert users.there_are_none(store)


def test_second_first_user_is_refused_even_if_the_first_was_deactivated(with_boss):
    add(with_boss, "boss-2", BOSS)
    users.deactivate(with_boss, person(Role.ADMINISTRATOR, name="boss-2"), "boss", justification="left")
    with pytest.raises(PermissionRefusedError, match="there are users already"):
        users.add_first(with_boss, users.NewUser("mallory", BOSS), OTHER)


def test_two_first_users_at_once_are_one(store, store_settings, quick_passwords):
    gate, said = threading.Barrier(3), []

    def add_first(name):
        with Store.open(store_settings, store.clock) as own:
            gate.wait()
            try:
                users.add_first(own, users.NewUser(name, BOSS), GOOD)
                said.append("added")
            except PermissionRefusedError:
                said.append("refused")

    threads = [threading.Thread(target=add_first, args=(f"boss-{i}",)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["added", "refused", "refused"]
    assert len(logged(store)) == 1


def test_added_user_has_roles_and_a_sealed_name(with_boss):
    add(with_boss, "pc4711", OPERATOR, "Zoë  O'Brien")
    card = cards(with_boss)["pc4711"]
    assert (card.name, card.roles, card.is_active, card.locked_until) == (
        "Zoë O'Brien",
        (Role.LFR_OPERATOR,),
        True,
        None,
    )
    assert "Brien" not in raw(with_boss)
    assert OTHER not in raw(with_boss)
    entry = logged(with_boss, "users.manage")[-1]
    assert (entry.actor_id, entry.subject) == ("boss", "user:pc4711")
    assert entry.details == {"change": "add", "roles": ["lfr_operator"]}


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR, Role.SYSTEM}))
def test_others_than_administrators_change_no_users(store_with_all, role):
    actor = person(role)
    target = users.NewUser("x", OPERATOR)
    for attempt in (
        lambda: users.add(store_with_all, actor, target, OTHER, justification="y"),
        lambda: users.set_roles(store_with_all, actor, "kim", [Role.GOLD], justification="y"),
        lambda: users.deactivate(store_with_all, actor, "boss", justification="y"),
        lambda: users.reset_password(store_with_all, actor, "kim", OTHER, justification="y"),
    ):
        with pytest.raises(PermissionRefusedError):
            attempt()


@pytest.fixture(scope="module")
def store_with_all(tmp_path_factory):
    """One SQLite store for what is refused anyway."""
    from lfr_kit.config import StoreSettings
    from lfr_kit.store.key_places import save_master_keys
    from lfr_kit.store.master_key import new_master_keys

    folder = tmp_path_factory.mktemp("users")
    chosen = StoreSettings(url=f"sqlite:///{folder / 'store' / 'lfr.sqlite'}", key_file=folder / "master.key")
    save_master_keys(new_master_keys(), chosen)
    with Store.create(chosen) as store:
        users.add_first(store, users.NewUser("boss", BOSS), GOOD)
        add(store, "kim")
        yield store


def test_nothing_changes_without_a_reason(with_boss):
    add(with_boss, "kim")
    with pytest.raises(JustificationError):
        users.set_roles(with_boss, ADMIN, "kim", [Role.GOLD], justification=" ")
    with pytest.raises(JustificationError):
        users.list_users(with_boss, ADMIN, justification="")
    assert cards(with_boss)["kim"].roles == (Role.LFR_OPERATOR,)


def test_roles_are_changed_and_both_are_logged(with_boss):
    add(with_boss, "kim")
    before = users.set_roles(with_boss, ADMIN, "kim", [Role.SILVER, Role.ANALYST], justification="promoted")
    assert before == OPERATOR
    assert cards(with_boss)["kim"].roles == (Role.ANALYST, Role.SILVER)
    assert logged(with_boss, "users.manage")[-1].details == {
        "change": "roles",
        "before": ["lfr_operator"],
        "roles": ["analyst", "silver"],
    }


def test_own_password_that_an_administrator_replaced_meanwhile_stays_replaced(store_with_all, monkeypatch):
    real = users.check_password

    def slow(store, user_id, password):
        who = real(store, user_id, password)
        users.reset_password(store, ADMIN, user_id, "given by the boss", justification="compromised")
        return who

    monkeypatch.setattr(users, "check_password", slow)
    with pytest.raises(SignInError):
        users.change_own_password(store_with_all, "kim", OTHER, "of the thief's choice")
    assert sessions.sign_in(store_with_all, "kim", "given by the boss").must_change_password


def test_nobody_changes_their_own_roles_or_resets_their_own_password(with_boss):
    add(with_boss, "boss-2", BOSS)
    for name in ("boss", "BOSS"):
        with pytest.raises(PermissionRefusedError, match="themselves"):
            users.set_roles(with_boss, ADMIN, name, [Role.ADMINISTRATOR, Role.GOLD], justification="why not")
        with pytest.raises(PermissionRefusedError, match="themselves"):
            users.reset_password(with_boss, ADMIN, name, OTHER, justification="why not")
    assert cards(with_boss)["boss"].roles == (Role.ADMINISTRATOR,)
    assert len(logged(with_boss, "refused:users.manage")) == 4


@pytest.mark.parametrize(
    ("roles", "error"),
    [
        ([Role.AUTHORISING_OFFICER, Role.LFR_OPERATOR], RoleConflictError),
        ([Role.ADMINISTRATOR, Role.AUDITOR], RoleConflictError),
        ([Role.SYSTEM], RoleConflictError),
        ([], InputError),
    ],
)
def test_roles_that_nobody_may_hold_are_given_to_nobody(store_with_all, roles, error):
    with pytest.raises(error):
        users.set_roles(store_with_all, ADMIN, "kim", roles, justification="short of people")
    with pytest.raises(error):
        users.NewUser("lee", frozenset(roles))


def test_last_administrator_stays(with_boss):
    other = person(Role.ADMINISTRATOR, name="boss-2")
    for leave in (
        lambda: users.deactivate(with_boss, ADMIN, "boss", justification="tired"),
        lambda: users.set_roles(with_boss, other, "boss", [Role.GOLD], justification="promoted"),
    ):
        with pytest.raises(GovernanceError, match="last administrator"):
            leave()
    add(with_boss, "boss-2", BOSS)
    users.deactivate(with_boss, other, "boss", justification="left")
    with pytest.raises(GovernanceError, match="last administrator"):
        users.deactivate(with_boss, other, "boss-2", justification="left too")
    assert cards(with_boss)["boss-2"].is_active


def test_two_administrators_who_remove_each_other_at_once_leave_one(with_boss, store_settings):
    add(with_boss, "boss-2", BOSS)
    gate, said = threading.Barrier(2), []

    def remove(who, whom):
        with Store.open(store_settings, with_boss.clock) as own:
            gate.wait()
            try:
                users.deactivate(own, person(Role.ADMINISTRATOR, name=who), whom, justification="feud")
                said.append("removed")
            except GovernanceError:
                said.append("refused")

    threads = [threading.Thread(target=remove, args=pair) for pair in (("boss", "boss-2"), ("boss-2", "boss"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["refused", "removed"]
    assert sum(card.is_active for card in cards(with_boss).values()) == 1


BAD_NAMES = [
    "",
    " ",
    "two words",
    "-rf",
    ".hidden",
    "k" * 65,
    "k" * 10_000_000,
    "kim\x00",
    "kim\n",
    "k\u200bim",
    "\u202emik",
    "k\u0456m",
    "Robert'); DROP TABLE users;--",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "\ud800",
    "system",
    "SYSTEM",
    "unknown",
    "nobody",
    None,
    7,
]


@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: ascii(name)[:24])
def test_name_that_misleads_is_refused(name):
    with pytest.raises(InputError, match="user name") as refused:
        users.NewUser(name, OPERATOR)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("name", ["a", "pc4711", "K.Meyer-2_b", "k" * 64, "0"])
def test_name_of_letters_digits_and_three_signs_is_taken(name):
    assert users.NewUser(name, OPERATOR).user_id == name


@pytest.mark.parametrize("name", ["Kim\u202e", "K\u200bim", "Kim\x00", "Kim\x1b[2J", "x" * 10_000_000, "\ud800"])
def test_display_name_that_misleads_is_refused(name):
    with pytest.raises(InputError, match="display name"):
        users.NewUser("kim", OPERATOR, name)


def test_display_name_that_looks_like_sql_or_a_formula_is_kept_as_it_is(with_boss):
    names = ["Robert'); DROP TABLE users;--", "=HYPERLINK(1)", 'O"Brien \\ 100% _', "مريم", "{{7*7}}"]
    for place, name in enumerate(names):
        add(with_boss, f"k{place}", OPERATOR, name)
    found = cards(with_boss)
    assert [found[f"k{place}"].name for place in range(len(names))] == names


SQL = "x'; DELETE FROM users; --"


def test_sql_where_a_user_is_named_finds_nobody_and_does_nothing(with_boss):
    add(with_boss, "kim")
    for attempt in (
        lambda: users.set_roles(with_boss, ADMIN, SQL, [Role.GOLD], justification="y"),
        lambda: users.deactivate(with_boss, ADMIN, SQL, justification="y"),
        lambda: users.reset_password(with_boss, ADMIN, SQL, OTHER, justification="y"),
    ):
        with pytest.raises(NotInStoreError):
            attempt()
    for name in ("kim\x00", "\ud800", "k" * 10_000_000, "\u202emik"):
        with pytest.raises(NotInStoreError) as refused:
            users.deactivate(with_boss, ADMIN, name, justification="y")
        assert len(str(refused.value)) < 200
    users.deactivate(with_boss, ADMIN, "kim", justification=SQL)
    assert sorted(cards(with_boss)) == ["boss", "kim"]
    assert logged(with_boss, "users.manage")[-1].justification == SQL


def test_name_that_differs_from_a_taken_one_in_case_only_is_refused(with_boss):
    add(with_boss, "kim")
    with pytest.raises(InputError, match="taken"):
        add(with_boss, "KIM")
    with pytest.raises(InputError, match="taken"):
        add(with_boss, "kim")


def test_weak_password_is_refused_before_anything_is_written(with_boss):
    with pytest.raises(InputError, match="too short"):
        users.add(with_boss, ADMIN, users.NewUser("kim", OPERATOR), "short", justification="joins")
    assert "kim" not in cards(with_boss)


def test_own_password_is_changed_with_the_old_one_only(with_boss):
    with pytest.raises(SignInError):
        users.change_own_password(with_boss, "boss", OTHER, "a third long sentence")
    with pytest.raises(InputError, match="old one"):
        users.change_own_password(with_boss, "boss", GOOD, GOOD)
    users.change_own_password(with_boss, "boss", GOOD, OTHER)
    sessions.sign_in(with_boss, "boss", OTHER)
    with pytest.raises(SignInError):
        sessions.sign_in(with_boss, "boss", GOOD)
    entry = logged(with_boss, "users.own_password")[-1]
    assert (entry.actor_id, entry.subject) == ("boss", "user:boss")


def test_guessing_the_old_password_locks_the_name(with_boss):
    for _ in range(5):
        with pytest.raises(SignInError):
            users.change_own_password(with_boss, "boss", OTHER, "a third long sentence")
    with pytest.raises(SignInError):
        sessions.sign_in(with_boss, "boss", GOOD)


def test_reset_lets_go_of_a_lock_and_makes_the_user_choose_anew(with_boss):
    add(with_boss, "kim")
    for _ in range(5):
        with pytest.raises(SignInError):
            sessions.sign_in(with_boss, "kim", GOOD)
    assert cards(with_boss)["kim"].locked_until is not None
    users.reset_password(with_boss, ADMIN, "kim", GOOD, justification="forgotten")
    assert cards(with_boss)["kim"].locked_until is None
    assert sessions.sign_in(with_boss, "kim", GOOD).must_change_password


def test_role_named_in_the_environment_changes_nothing(with_boss, monkeypatch):
    add(with_boss, "kim")
    token = sessions.new_session(with_boss, "kim")
    users.change_own_password(with_boss, "kim", OTHER, GOOD)
    token = sessions.sign_in(with_boss, "kim", GOOD).token
    for name in ("ROLE", "ROLES", "USER", "LOGNAME", "SUDO_USER", "ADMINISTRATOR"):
        monkeypatch.setenv(name, "administrator")
    actor = sessions.actor_of_token(with_boss, token)
    assert actor == Actor("kim", OPERATOR)
    with pytest.raises(PermissionRefusedError):
        users.set_roles(with_boss, actor, "boss", [Role.GOLD], justification="y")
