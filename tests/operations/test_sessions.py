"""Signing in: who is who, for how long, and nobody by any other way."""

from __future__ import annotations

import hashlib
import os
import threading
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from governed import person
from sqlalchemy import select, update

from lfr_kit.config import settings
from lfr_kit.errors import RoleConflictError, SignInError, StoreError, TamperedError
from lfr_kit.governance.roles import Role
from lfr_kit.operations import passwords, sessions, users
from lfr_kit.operations.audit import AuditQuestion, show
from lfr_kit.operations.terminal import forget_token, keep_token, kept_token
from lfr_kit.store.repository import users as rows
from lfr_kit.store.store import Store
from lfr_kit.store.tables import users as tables
from tests.quick_passwords import GOOD, OTHER, quick_passwords

assert quick_passwords
ADMIN = person(Role.ADMINISTRATOR, name="boss")
AUDITOR = person(Role.AUDITOR)


@pytest.fixture
def with_users(store, quick_passwords):
    """A store with boss (administrator) and kim (operator), who both chose their own password."""
    users.add_first(store, users.NewUser("boss", frozenset({Role.ADMINISTRATOR})), GOOD)
    new = users.NewUser("kim", frozenset({Role.LFR_OPERATOR}))
    users.add(store, ADMIN, new, "first password", justification="joins the team")
    users.change_own_password(store, "kim", "first password", GOOD)
    return store


def logged(store, action="session"):
    return show(store, AUDITOR, AuditQuestion(action=action), justification="checking sign-ins")


def in_store(store, table):
    with store.reading() as connection:
        return connection.execute(select(table)).mappings().all()


def change(store, name, **values):
    """Changes a user with the store's key, but without what an operation does besides."""
    with store.engine.begin() as connection:
        rows.change_user(connection, store.vault.key(connection, "store"), name, **values)


def everything_stored(store) -> str:
    return "".join(str(row) for table in (tables.users, tables.sessions) for row in in_store(store, table))


def test_sign_in_gives_the_roles_of_the_store(with_users):
    done = sessions.sign_in(with_users, "kim", GOOD)
    actor = sessions.actor_of_token(with_users, done.token)
    assert (actor.user_id, actor.roles) == ("kim", {Role.LFR_OPERATOR})
    assert done.expires_at == with_users.clock() + timedelta(hours=12)


def test_sign_in_and_out_are_logged_and_neither_password_nor_token_is_anywhere(with_users):
    done = sessions.sign_in(with_users, "kim", GOOD)
    with pytest.raises(SignInError):
        sessions.sign_in(with_users, "kim", OTHER)
    sessions.sign_out(with_users, done.token)
    found = logged(with_users)
    assert [(each.actor_id, each.action) for each in found] == [
        ("kim", "session.sign_in"),
        ("kim", "refused:session.sign_in"),
        ("kim", "session.sign_out"),
    ]
    said = str(logged(with_users)) + repr(done)
    for secret in (GOOD, OTHER, done.token):
        assert secret not in said + everything_stored(with_users)
    assert hashlib.sha256(done.token.encode()).hexdigest() not in said


WRONG = [
    ("kim", OTHER),
    ("nobody-at-all", GOOD),
    ("KIM", GOOD),
    ("system", GOOD),
    ("", ""),
    ("kim' OR '1'='1", GOOD),
    ("kim\x00", GOOD),
    ("k\u200bim", GOOD),
    ("\u202emik", GOOD),
    ("\ud800", GOOD),
    ("k" * 10_000_000, GOOD),
    ("kim", "y" * 10_000_000),
    ("kim", "\ud800"),
]


def test_sign_in_that_fails_says_the_same_whatever_was_wrong(with_users):
    said = set()
    for name, password in WRONG:
        with pytest.raises(SignInError) as refused:
            sessions.sign_in(with_users, name, password)
        said.add(str(refused.value))
    assert len(said) == 1
    assert "wrong name or password, or locked" in said.pop()
    found = logged(with_users)
    assert {entry.action for entry in found} == {"refused:session.sign_in"}
    assert [entry.actor_id for entry in found] == ["kim" if name == "kim" else "unknown" for name, _ in WRONG]


def test_password_typed_where_the_name_belongs_is_not_in_the_log(with_users):
    with pytest.raises(SignInError):
        sessions.sign_in(with_users, GOOD, "kim")
    assert GOOD not in str(logged(with_users))


def test_unknown_name_costs_as_many_comparisons_as_a_wrong_password(with_users, monkeypatch):
    compared = []

    class Counting(PasswordHasher):
        def verify(self, hash, password):
            compared.append(hash)
            return super().verify(hash, password)

    passwords._nobodys()
    monkeypatch.setattr(passwords, "_HASHER", Counting(time_cost=1, memory_cost=8, parallelism=1))
    n_compared = []
    for name in ("kim", "nobody-at-all", "boss"):
        compared.clear()
        with pytest.raises(SignInError):
            sessions.sign_in(with_users, name, OTHER)
        n_compared.append(len(compared))
    assert n_compared == [1, 1, 1]


def fail(store, times, name="kim"):
    for _ in range(times):
        with pytest.raises(SignInError):
            sessions.sign_in(store, name, OTHER)


def test_five_failures_lock_the_name_even_for_the_right_password(with_users, clock):
    fail(with_users, 4)
    sessions.sign_in(with_users, "kim", GOOD)
    fail(with_users, 5)
    with pytest.raises(SignInError):
        sessions.sign_in(with_users, "kim", GOOD)
    clock.advance(seconds=61)
    sessions.sign_in(with_users, "kim", GOOD)


def test_lock_grows_with_each_further_failure_up_to_a_quarter_of_an_hour(with_users, clock):
    fail(with_users, 5)
    for minutes in (1, 2, 4, 8, 15, 15):
        (row,) = [row for row in in_store(with_users, tables.users) if row["user_id"] == "kim"]
        assert row["locked_until"] - with_users.clock() == timedelta(minutes=minutes)
        clock.advance(minutes=minutes)
        fail(with_users, 1)


def test_attempts_while_locked_neither_lengthen_the_lock_nor_lock_others(with_users, clock):
    fail(with_users, 30)
    clock.advance(seconds=61)
    sessions.sign_in(with_users, "kim", GOOD)
    sessions.sign_in(with_users, "boss", GOOD)


def test_many_attempts_at_once_get_no_more_guesses_than_one_after_another(store_settings, with_users):
    guesses = []

    class Counting(PasswordHasher):
        def verify(self, hash, password):
            guesses.append(hash)
            return super().verify(hash, password)

    kept = next(row["password_hash"] for row in in_store(with_users, tables.users) if row["user_id"] == "kim")
    before, passwords._HASHER = passwords._HASHER, Counting(time_cost=1, memory_cost=8, parallelism=1)
    try:
        threads = [threading.Thread(target=_guess, args=(store_settings, with_users.clock)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        passwords._HASHER = before
    assert guesses.count(kept) == 5


def _guess(store_settings, clock):
    with Store.open(store_settings, clock) as own, pytest.raises(SignInError):
        sessions.sign_in(own, "kim", OTHER)


def test_hash_is_made_anew_when_the_effort_rises(with_users, monkeypatch):
    before = in_store(with_users, tables.users)[1]["password_hash"]
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    sessions.sign_in(with_users, "kim", GOOD)
    after = in_store(with_users, tables.users)[1]["password_hash"]
    assert "t=2" in after
    assert "t=1" in before
    sessions.sign_in(with_users, "kim", GOOD)
    assert in_store(with_users, tables.users)[1]["password_hash"] == after


def test_session_ends_after_twelve_hours_though_in_use(with_users, clock):
    token = sessions.sign_in(with_users, "kim", GOOD).token
    for _ in range(23):
        clock.advance(minutes=30)
        sessions.actor_of_token(with_users, token)
    clock.advance(minutes=30)
    with pytest.raises(SignInError):
        sessions.actor_of_token(with_users, token)


def test_session_ends_after_an_hour_without_use(with_users, clock):
    token = sessions.sign_in(with_users, "kim", GOOD).token
    clock.advance(minutes=60)
    sessions.actor_of_token(with_users, token)
    clock.advance(minutes=61)
    with pytest.raises(SignInError):
        sessions.actor_of_token(with_users, token)


def test_session_does_not_come_back_when_the_clock_is_set_back(with_users, clock):
    clock.advance(days=1)
    token = sessions.sign_in(with_users, "kim", GOOD).token
    clock.advance(hours=-3)
    with pytest.raises(SignInError):
        sessions.actor_of_token(with_users, token)


@pytest.mark.parametrize(
    "end",
    [
        lambda store, token: sessions.sign_out(store, token),
        lambda store, token: users.deactivate(store, ADMIN, "kim", justification="left"),
        lambda store, token: users.set_roles(store, ADMIN, "kim", [Role.BRONZE], justification="moved"),
        lambda store, token: users.reset_password(store, ADMIN, "kim", OTHER, justification="forgotten"),
        lambda store, token: users.change_own_password(store, "kim", GOOD, OTHER),
    ],
    ids=["sign-out", "deactivation", "other roles", "password reset", "own password"],
)
def test_copied_token_is_worthless_after(with_users, end):
    token, elsewhere = (sessions.sign_in(with_users, "kim", GOOD).token for _ in range(2))
    end(with_users, token)
    with pytest.raises(SignInError):
        sessions.actor_of_token(with_users, token)
    if end.__code__.co_names[-1] != "sign_out":
        with pytest.raises(SignInError):
            sessions.actor_of_token(with_users, elsewhere)


def test_sessions_of_others_stay_when_one_ends(with_users):
    boss = sessions.sign_in(with_users, "boss", GOOD).token
    users.deactivate(with_users, ADMIN, "kim", justification="left")
    assert sessions.actor_of_token(with_users, boss).user_id == "boss"


MADE_UP = ["", "x", "a" * 43, "kim", '{"user": "kim", "roles": ["administrator"]}', "\ud800", "' OR 1=1 --"]


def test_token_that_was_made_up_is_nobodys(with_users):
    sessions.sign_in(with_users, "kim", GOOD)
    for token in MADE_UP:
        with pytest.raises(SignInError):
            sessions.actor_of_token(with_users, token)
        sessions.sign_out(with_users, token)
    assert len(in_store(with_users, tables.sessions)) == 1


def test_digest_of_the_store_is_no_token(with_users):
    sessions.sign_in(with_users, "kim", GOOD)
    (row,) = in_store(with_users, tables.sessions)
    with pytest.raises(SignInError):
        sessions.actor_of_token(with_users, row["token_digest"])


def test_token_of_another_store_is_nobodys(with_users, tmp_path, clock):
    from lfr_kit.config import StoreSettings
    from lfr_kit.store.key_places import save_master_keys
    from lfr_kit.store.master_key import new_master_keys

    other = StoreSettings(url=f"sqlite:///{tmp_path / 'mine' / 's.sqlite'}", key_file=tmp_path / "my.key")
    save_master_keys(new_master_keys(), other)
    with Store.create(other, clock) as mine:
        users.add_first(mine, users.NewUser("kim", frozenset({Role.ADMINISTRATOR})), OTHER)
        token = sessions.sign_in(mine, "kim", OTHER).token
    with pytest.raises(SignInError):
        sessions.actor_of_token(with_users, token)


def test_user_with_a_given_password_can_do_nothing_before_choosing_their_own(with_users):
    new = users.NewUser("lee", frozenset({Role.GOLD}))
    users.add(with_users, ADMIN, new, "first password", justification="joins")
    done = sessions.sign_in(with_users, "lee", "first password")
    assert done.must_change_password
    with pytest.raises(SignInError, match="choose your own password"):
        sessions.actor_of_token(with_users, done.token)
    users.change_own_password(with_users, "lee", "first password", OTHER)
    again = sessions.sign_in(with_users, "lee", OTHER)
    assert not again.must_change_password
    assert sessions.actor_of_token(with_users, again.token).roles == {Role.GOLD}


@pytest.mark.parametrize(
    "written",
    [
        {"roles": ["gold"]},
        {"roles": ["lfr_operator", "gold"]},
        {"roles": ["system"]},
        {"roles": ["emperor"]},
        {"roles": [["gold"]]},
        {"password_hash": PasswordHasher().hash("mine")},
        {"must_change_password": True},
        {"is_active": False},
        {"mac": "0" * 64},
    ],
    ids=lambda written: ", ".join(written),  # a hash is another each time
)
def test_user_written_into_the_database_from_outside_is_refused(with_users, written):
    token = sessions.sign_in(with_users, "kim", GOOD).token
    with with_users.engine.begin() as connection:
        connection.execute(update(tables.users).where(tables.users.c.user_id == "kim").values(**written))
    with pytest.raises(TamperedError, match="kim"):
        sessions.actor_of_token(with_users, token)
    for password in (GOOD, "mine"):
        with pytest.raises(TamperedError, match="kim"):
            sessions.sign_in(with_users, "kim", password)
    with pytest.raises(TamperedError, match="kim"):
        users.set_roles(
            with_users, ADMIN, "kim", [Role.GOLD], justification="never made genuine by another change"
        )


def test_row_of_another_user_under_ones_own_name_is_refused(with_users):
    token = sessions.sign_in(with_users, "kim", GOOD).token
    (boss,) = [row for row in in_store(with_users, tables.users) if row["user_id"] == "boss"]
    taken = {name: boss[name] for name in ("roles", "mac", "password_hash")}
    with with_users.engine.begin() as connection:
        connection.execute(update(tables.users).where(tables.users.c.user_id == "kim").values(**taken))
    with pytest.raises(TamperedError, match="kim"):
        sessions.actor_of_token(with_users, token)


@pytest.mark.parametrize("written", ["user_id", "expires_at"])
def test_session_written_into_the_database_from_outside_is_refused(with_users, clock, written):
    token = sessions.sign_in(with_users, "kim", GOOD).token
    values = {"user_id": "boss", "expires_at": clock.now + timedelta(days=9)}
    with with_users.engine.begin() as connection:
        connection.execute(update(tables.sessions).values({written: values[written]}))
    with pytest.raises(TamperedError, match="sign in anew"):
        sessions.actor_of_token(with_users, token)


def test_roles_that_nobody_may_hold_together_are_refused_though_the_store_has_them(with_users):
    token = sessions.sign_in(with_users, "kim", GOOD).token
    change(with_users, "kim", roles=frozenset({Role.AUTHORISING_OFFICER, Role.LFR_OPERATOR}))
    with pytest.raises(RoleConflictError):
        sessions.actor_of_token(with_users, token)


def test_deactivated_user_cannot_sign_in(with_users):
    users.deactivate(with_users, ADMIN, "kim", justification="left")
    with pytest.raises(SignInError):
        sessions.sign_in(with_users, "kim", GOOD)


def test_session_that_outlived_its_user_is_nobodys(with_users):
    token = sessions.sign_in(with_users, "kim", GOOD).token
    change(with_users, "kim", is_active=False)
    with pytest.raises(SignInError):
        sessions.actor_of_token(with_users, token)


def test_sign_in_fails_if_the_password_was_changed_meanwhile(with_users, monkeypatch):
    real = sessions.check_password

    def slow(store, user_id, password):
        who = real(store, user_id, password)
        users.reset_password(store, ADMIN, user_id, OTHER, justification="compromised")
        return who

    monkeypatch.setattr(sessions, "check_password", slow)
    with pytest.raises(SignInError):
        sessions.sign_in(with_users, "kim", GOOD)
    assert in_store(with_users, tables.sessions) == []


def test_sessions_that_are_over_are_cleared_away(with_users, clock):
    sessions.sign_in(with_users, "kim", GOOD)
    clock.advance(hours=13)
    sessions.sign_in(with_users, "boss", GOOD)
    assert [row["user_id"] for row in in_store(with_users, tables.sessions)] == ["boss"]


def test_new_session_is_of_a_user_only(with_users):
    assert sessions.actor_of_token(with_users, sessions.new_session(with_users, "kim")).user_id == "kim"
    with pytest.raises(StoreError):
        sessions.new_session(with_users, "mim")


def test_new_session_is_logged_as_a_sign_in_and_none_of_a_deactivated_user(with_users):
    before = len(logged(with_users, "session.sign_in"))
    sessions.new_session(with_users, "kim")
    assert [row.actor_id for row in logged(with_users, "session.sign_in")][before:] == ["kim"]
    users.deactivate(with_users, ADMIN, "kim", justification="left the force")
    with pytest.raises(SignInError):
        sessions.new_session(with_users, "kim")


def test_terminal_keeps_its_token_for_its_owner_alone(tmp_path):
    path = tmp_path / "state" / "session"
    keep_token(path, "token-1")
    keep_token(path, "token-2")
    assert kept_token(path) == "token-2"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["session"]
    forget_token(path)
    forget_token(path)
    with pytest.raises(SignInError, match="nobody is signed in"):
        kept_token(path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o666])
def test_terminal_file_that_others_may_read_or_write_is_refused(tmp_path, mode):
    path = tmp_path / "session"
    keep_token(path, "token")
    path.chmod(mode)
    with pytest.raises(SignInError, match="not yours alone"):
        kept_token(path)


def test_terminal_file_that_is_a_link_a_folder_or_a_pipe_is_refused(tmp_path):
    real = tmp_path / "real"
    keep_token(real, "token")
    (tmp_path / "link").symlink_to(real)
    (tmp_path / "folder").mkdir(mode=0o700)
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("link", "folder", "pipe"):
        with pytest.raises(SignInError):
            kept_token(tmp_path / name)


def test_terminal_file_of_another_user_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "session"
    keep_token(path, "token")
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(SignInError, match="not yours alone"):
        kept_token(path)


def test_terminal_file_of_ten_megabytes_is_nobodys(with_users, tmp_path, monkeypatch):
    path = tmp_path / "forged"
    keep_token(path, "x" * 10_000_000)
    monkeypatch.setenv("LFR_STORE__SESSION_FILE", str(path))
    settings.cache_clear()
    try:
        with pytest.raises(SignInError):
            sessions.actor_of_terminal(with_users)
    finally:
        settings.cache_clear()
