"""`lfr users`: who there is, what they may do, and who is signed in on this terminal."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lfr_kit.cli.output import JsonOption, console, emit, results
from lfr_kit.cli.signed_in import ReasonOption, signed_in
from lfr_kit.governance.roles import Role

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Users and roles; signing in and out on this terminal.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Login name, e.g. a collar number.")]
RoleOption = Annotated[list[Role], typer.Option("--role", help="What they are; may be given several times.")]
StdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read passwords from standard input, one a line.")
]


@app.command()
def add(
    name: NameArgument,
    role: RoleOption,
    display_name: Annotated[str, typer.Option("--display-name", help="Kept sealed.")] = "",
    password_stdin: StdinOption = False,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Adds a user with a first password. The first user of a store is an administrator, who adds the others."""
    from lfr_kit.operations import users
    from lfr_kit.store.store import Store

    new = users.NewUser(name, frozenset(role), display_name)
    with Store.open() as store:
        is_first = users.there_are_none(store)
        if is_first:
            users.add_first(store, new, _new_password(password_stdin))
    if not is_first:
        with signed_in() as (store, actor):
            users.add(store, actor, new, _new_password(password_stdin), justification=reason)
    _say(as_json, f"{name} is added: {', '.join(sorted(new.roles))}.", user_id=name, roles=sorted(new.roles))


@app.command("list")
def list_(reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Every user with their roles, also those deactivated."""
    from rich.table import Table
    from rich.text import Text

    from lfr_kit.cli.visible import visible
    from lfr_kit.operations import users

    with signed_in() as (store, actor):
        found = users.list_users(store, actor, justification=reason)
    if as_json:
        emit({"users": [vars(each) for each in found]})
        return
    table = Table(box=None, pad_edge=False)
    for column in ("user", "name", "roles", "state", "since"):
        table.add_column(column, overflow="fold")
    for each in found:
        state = "active" if each.is_active else "deactivated"
        state = f"locked until {each.locked_until:%H:%M} UTC" if each.locked_until else state
        since = f"{each.created_at:%Y-%m-%d}"
        cells = (each.user_id, visible(each.name), ", ".join(each.roles), state, since)
        table.add_row(*map(Text, cells))
    results().print(table)


@app.command()
def roles(name: NameArgument, role: RoleOption, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Gives a user these roles instead of those they had, and signs them out everywhere."""
    from lfr_kit.operations import users

    with signed_in() as (store, actor):
        before = users.set_roles(store, actor, name, role, justification=reason)
    now = sorted(set(role))
    _say(as_json, f"{name} is now: {', '.join(now)}.", user_id=name, roles=now, roles_before=sorted(before))


@app.command()
def deactivate(name: NameArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Lets a user sign in no more, and signs them out everywhere at once."""
    from lfr_kit.operations import users

    with signed_in() as (store, actor):
        users.deactivate(store, actor, name, justification=reason)
    _say(as_json, f"{name} is deactivated and signed out.", user_id=name, is_active=False)


@app.command()
def password(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Another user, as administrator.")] = "",
    password_stdin: StdinOption = False,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Changes one's own password (asks for the old one), or gives another user a new one. Ends their sessions."""
    from lfr_kit.config import settings
    from lfr_kit.operations import sessions, users
    from lfr_kit.operations.terminal import forget_token, kept_token
    from lfr_kit.store.store import Store

    path = settings().store.session_file
    with Store.open() as store:
        own = sessions.session_of_token(store, kept_token(path)).user.user_id
        if name and name != own:
            actor = sessions.actor_of_terminal(store)
            users.reset_password(store, actor, name, _new_password(password_stdin), justification=reason)
        else:
            old = _password("Password until now", password_stdin)
            users.change_own_password(store, own, old, _new_password(password_stdin))
            forget_token(path)
    _say(as_json, f"The password of {name or own} is changed; they sign in anew.", user_id=name or own)


@app.command("sign-in")
def sign_in(name: NameArgument, password_stdin: StdinOption = False, as_json: JsonOption = False) -> None:
    """Signs in on this terminal, for 12 hours at most, or until an hour passes without a command."""
    from lfr_kit.config import settings
    from lfr_kit.operations import sessions
    from lfr_kit.operations.terminal import keep_token
    from lfr_kit.store.store import Store

    with Store.open() as store:
        sessions.check_has_users(store)
        done = sessions.sign_in(store, name, _password("Password", password_stdin))
        keep_token(settings().store.session_file, done.token)
    until = f"until {done.expires_at:%Y-%m-%d %H:%M} UTC"
    more = {"expires_at": done.expires_at, "must_change_password": done.must_change_password}
    _say(as_json, f"{done.user_id} is signed in {until}.", user_id=done.user_id, **more)
    if done.must_change_password:
        console().print("Choose your own password first: lfr users password", highlight=False)


@app.command("sign-out")
def sign_out(as_json: JsonOption = False) -> None:
    """Ends the session of this terminal, also for whoever copied its file."""
    from lfr_kit.config import settings
    from lfr_kit.operations import sessions
    from lfr_kit.operations.terminal import forget_token, kept_token
    from lfr_kit.store.store import Store

    path = settings().store.session_file
    token = kept_token(path)
    with Store.open() as store:
        sessions.sign_out(store, token)
    forget_token(path)
    _say(as_json, "Nobody is signed in on this terminal now.", user_id=None)


@app.command()
def who(as_json: JsonOption = False) -> None:
    """Who is signed in on this terminal, as what, and until when."""
    from lfr_kit.config import settings
    from lfr_kit.operations import sessions
    from lfr_kit.operations.terminal import kept_token
    from lfr_kit.store.store import Store

    with Store.open() as store:
        sessions.check_has_users(store)
        found = sessions.session_of_token(store, kept_token(settings().store.session_file))
    what, until = sorted(found.user.roles), f"until {found.expires_at:%Y-%m-%d %H:%M} UTC"
    words = f"{found.user.user_id} ({', '.join(what)}), {until}"
    _say(as_json, words, user_id=found.user.user_id, roles=what, expires_at=found.expires_at)


def _password(prompt: str, from_stdin: bool) -> str:
    """A password that was typed without being shown, or the next line of standard input."""
    if not from_stdin:
        return str(typer.prompt(prompt, hide_input=True, err=True))
    line = sys.stdin.readline(10_000)
    if not line:
        raise typer.BadParameter("--password-stdin: standard input ended before a password came")
    return line.rstrip("\r\n")


def _new_password(from_stdin: bool) -> str:
    if from_stdin:
        return _password("", True)
    return str(typer.prompt("New password", hide_input=True, confirmation_prompt=True, err=True))


def _say(as_json: bool, words: str, **fields: object) -> None:
    if as_json:
        emit(fields)
    else:
        results().print(words, highlight=False, markup=False, soft_wrap=True)
