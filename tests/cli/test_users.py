"""`lfr users` from the command line: a store's first minute, and everything somebody might try."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import delete

from lfr_kit.config import settings
from lfr_kit.errors import (
    GovernanceError,
    InputError,
    JustificationError,
    PermissionRefusedError,
    RoleConflictError,
    SettingError,
    SignInError,
)
from tests.quick_passwords import GOOD, OTHER, quick_passwords

assert quick_passwords


@pytest.fixture(autouse=True)
def _quick(quick_passwords):
    pass


@pytest.fixture
def session(cli) -> Path:
    """The session file of the terminal on which `nobody` works: the tests sign in there."""
    return cli.folder / "session-nobody"


def sign_in(cli, name, password=GOOD):
    return cli(None, "users", "sign-in", name, "--password-stdin", input=f"{password}\n")


@pytest.fixture
def boss(cli):
    """boss is the first user and signed in on the terminal."""
    cli(None, "users", "add", "boss", "--role", "administrator", "--password-stdin", input=f"{GOOD}\n")
    sign_in(cli, "boss")
    return cli


def add(cli, name, *roles, status=0):
    words = [word for role in roles for word in ("--role", role)]
    reason = ("--password-stdin", "--reason", "joins the team")
    return cli(None, "users", "add", name, *words, *reason, input=f"{OTHER}\n", status=status)


def test_first_minute_of_a_store(cli, session):
    result = cli(None, "users", "add", "boss", "--role", "administrator", "--password-stdin", input=f"{GOOD}\n")
    assert result.stdout == "boss is added: administrator.\n"
    assert "boss is signed in until" in sign_in(cli, "boss").stdout
    assert session.stat().st_mode & 0o777 == 0o600
    assert "kim is added: bronze, lfr_operator" in add(cli, "kim", "lfr_operator", "bronze").stdout
    assert cli(None, "users", "who").stdout.startswith("boss (administrator), until ")
    assert cli(None, "users", "sign-out").stdout == "Nobody is signed in on this terminal now.\n"
    assert not session.exists()
    assert "Choose your own password first" in sign_in(cli, "kim", OTHER).stderr
    assert isinstance(cli.refused(None, "users", "list", "--reason", "x"), SignInError)
    cli(None, "users", "password", "--password-stdin", input=f"{OTHER}\n{GOOD}\n")
    assert not session.exists()
    sign_in(cli, "kim")
    assert cli.json(None, "users", "who")["roles"] == ["bronze", "lfr_operator"]


def test_password_is_asked_for_twice_and_never_shown(cli):
    result = cli(None, "users", "add", "boss", "--role", "administrator", input=f"{GOOD}\n{GOOD}\n")
    assert "New password" in result.stderr
    assert GOOD not in result.output
    result = cli(None, "users", "sign-in", "boss", input=f"{GOOD}\n")
    assert GOOD not in result.output


def test_first_user_must_be_an_administrator(cli):
    cli(None, "users", "add", "kim", "--role", "silver", "--password-stdin", input=f"{GOOD}\n", status=1)
    assert isinstance(cli.error, RoleConflictError)


def test_second_user_is_not_added_without_signing_in(cli, boss):
    cli(None, "users", "sign-out")
    add(cli, "mallory", "administrator", status=1)
    assert isinstance(cli.error, SignInError)


@pytest.mark.parametrize("who", ["silver", "lfr_operator", "auditor", "analyst"])
def test_others_than_administrators_are_refused(cli, who):
    words = ("--role", "gold", "--reason", "x")
    assert isinstance(cli.refused(who, "users", "roles", who, *words), PermissionRefusedError)
    assert isinstance(cli.refused(who, "users", "deactivate", who, "--reason", "x"), PermissionRefusedError)


def test_list_shows_names_with_nothing_that_moves_the_cursor(cli, boss):
    add(cli, "kim", "gold")
    cli(None, "users", "deactivate", "kim", "--reason", "left")
    found = cli.json(None, "users", "list", "--reason", "who is here")
    assert [(user["user_id"], user["is_active"]) for user in found["users"]] == [("boss", True), ("kim", False)]
    assert "password" not in json.dumps(found)
    assert "deactivated" in cli(None, "users", "list", "--reason", "who is here").stdout
    assert isinstance(cli.refused(None, "users", "list"), JustificationError)


def test_roles_are_changed_but_never_ones_own(cli, boss):
    add(cli, "kim", "gold")
    found = cli.json(None, "users", "roles", "kim", "--role", "silver", "--reason", "moved")
    assert (found["roles"], found["roles_before"]) == (["silver"], ["gold"])
    own = ("users", "roles", "boss", "--role", "administrator", "--role", "silver", "--reason", "x")
    assert isinstance(cli.refused(None, *own), PermissionRefusedError)
    last = cli.refused(None, "users", "deactivate", "boss", "--reason", "x")
    assert isinstance(last, GovernanceError)
    assert "last administrator" in str(last)


def test_administrator_gives_a_new_password(cli, boss):
    add(cli, "kim", "gold")
    cli(None, "users", "password", "kim", "--password-stdin", "--reason", "forgotten", input=f"{GOOD}\n")
    assert "Choose your own" in sign_in(cli, "kim").stderr


@pytest.mark.parametrize("words", [("add", "x"), ("add", "x", "--role", "emperor"), ("sign-in",)])
def test_wrong_usage_ends_with_status_2(cli, words):
    cli(None, "users", *words, status=2)


@pytest.mark.parametrize("words", [("deployment", "list"), ("users", "sign-in", "kim"), ("users", "who")])
def test_store_without_users_says_how_to_add_the_first(cli, words):
    error = cli.refused(None, *words)
    assert isinstance(error, SignInError)
    assert "lfr users add NAME --role administrator" in str(error)


def test_standard_input_that_ends_early_is_wrong_usage(cli):
    cli("administrator", "users", "who")
    cli(None, "users", "sign-in", "kim", "--password-stdin", input="", status=2)


@pytest.mark.parametrize(
    "name", ["two words", "k\u200bim", "\u202emik", "system", "x" * 5000, "'; DROP TABLE users"]
)
def test_name_that_misleads_is_refused(cli, name):
    assert isinstance(cli.refused(None, "users", "add", name, "--role", "administrator"), InputError)


@pytest.mark.parametrize(
    "variable",
    [
        "LFR_ROLE",
        "LFR_ROLES",
        "LFR_USER",
        "LFR_ACTOR",
        "LFR_STORE__ROLE",
        "LFR_STORE__ACTOR",
        "LFR_STORE__JUSTIFICATION",
        "LFR_STORE__UNAUDITED",
    ],
)
def test_no_variable_lifts_anybody(cli, boss, monkeypatch, variable):
    """Variables of ours that do not exist are refused outright, so that nobody believes they help."""
    monkeypatch.setenv(variable, "administrator")
    refused = cli.refused(None, "users", "who")
    assert isinstance(refused, SettingError)
    assert "no such setting" in str(refused)


@pytest.mark.parametrize("variable", ["USER", "LOGNAME", "SUDO_USER", "ROLE", "LFRROLE"])
def test_variables_of_the_system_change_nobodys_roles(cli, monkeypatch, variable):
    monkeypatch.setenv(variable, "administrator")
    assert cli.json("silver", "users", "who")["roles"] == ["silver"]
    assert isinstance(cli.refused("silver", "users", "list", "--reason", "x"), PermissionRefusedError)


def write_session(path, text, mode=0o600):
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(mode)


def test_session_file_that_was_forged_signs_nobody_in(cli, boss, session):
    for text in ("", "boss", "administrator", "x" * 43, '{"user_id": "boss"}', "x" * 10_000_000):
        write_session(session, text)
        assert isinstance(cli.refused(None, "users", "list", "--reason", "x"), SignInError)


def test_session_file_that_others_may_read_signs_nobody_in(cli, boss, session):
    session.chmod(0o644)
    assert isinstance(cli.refused(None, "users", "who"), SignInError)


def test_session_file_of_another_user_pointed_to_by_a_link_signs_nobody_in(cli, boss, session):
    moved = session.rename(cli.folder / "of-somebody-else")
    session.symlink_to(moved)
    assert isinstance(cli.refused(None, "users", "who"), SignInError)


def test_token_that_was_copied_is_worthless_after_sign_out(cli, boss, session):
    token = session.read_text()
    cli(None, "users", "sign-out")
    write_session(session, token)
    assert isinstance(cli.refused(None, "users", "who"), SignInError)


def test_session_of_another_store_signs_nobody_in(cli, boss, session, monkeypatch, tmp_path):
    """Somebody makes a store of their own, is its administrator, and takes the session along."""
    from lfr_kit.store.key_places import save_master_keys
    from lfr_kit.store.master_key import new_master_keys
    from lfr_kit.store.store import Store

    with monkeypatch.context() as mine:
        mine.setenv("LFR_STORE__URL", f"sqlite:///{tmp_path / 'mine' / 'lfr.sqlite'}")
        mine.setenv("LFR_STORE__KEY_FILE", str(tmp_path / "my.key"))
        settings.cache_clear()
        save_master_keys(new_master_keys(), settings().store)
        Store.create(settings().store).close()
        cli(None, "users", "add", "boss", "--role", "administrator", "--password-stdin", input=f"{OTHER}\n")
        sign_in(cli, "boss", OTHER)
        assert cli.json(None, "users", "who")["user_id"] == "boss"
    assert isinstance(cli.refused(None, "users", "who"), SignInError)


def test_session_is_of_the_user_who_is_in_the_store_now(cli, boss, session):
    from lfr_kit.store.store import Store
    from lfr_kit.store.tables.users import sessions

    with Store.open(cli.chosen) as store, store.engine.begin() as connection:
        connection.execute(delete(sessions))
    assert isinstance(cli.refused(None, "users", "who"), SignInError)


def test_nothing_in_the_store_or_on_the_terminal_is_a_password(cli, boss, session):
    add(cli, "kim", "gold")
    for path in (cli.folder / "store").iterdir():
        content = path.read_bytes()
        assert GOOD.encode() not in content
        assert OTHER.encode() not in content
        assert session.read_bytes() not in content
