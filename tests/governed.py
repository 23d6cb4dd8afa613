"""What tests of the governed store share: a clock that obeys, people with roles, a command line for each."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from lfr_kit.config import StoreSettings, settings
from lfr_kit.errors import LfrError
from lfr_kit.governance.roles import Actor, Role

if TYPE_CHECKING:
    from lfr_kit.store.store import Store


@dataclass
class FakeClock:
    """Stands still until told."""

    now: datetime = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **units: float) -> None:
        self.now += timedelta(**units)


def person(*roles: Role, name: str = "") -> Actor:
    """An actor with these roles, named after the first."""
    return Actor(name or f"{roles[0]}-1", frozenset(roles))


def put_session(store: Store, user_id: str) -> str:
    """A session written into the store by hand, past sign-in and audit log; its token."""
    from lfr_kit.operations.sessions import digest_of
    from lfr_kit.store.repository import users

    token, now = secrets.token_urlsafe(32), store.clock()
    with store.engine.begin() as connection:
        key, until = store.vault.key(connection, "store"), now + timedelta(hours=12)
        users.add_session(connection, key, user_id, digest_of(token), (now, until))
    return token


def put_user(store: Store, name: str, *roles: Role, is_active: bool = True) -> None:
    """A user of the store, whom no password signs in."""
    from lfr_kit.store.repository.users import User, add_user

    who = User(
        user_id=name,
        roles=frozenset(roles),
        is_active=is_active,
        password_hash="-",
        failed_attempts=0,
        locked_until=None,
        must_change_password=False,
        created_at=store.clock(),
        sealed_name=None,
    )
    with store.engine.begin() as connection:
        add_user(connection, store.vault.key(connection, "store"), who, "")


@dataclass
class GovernedCommandLine:
    """Runs `lfr` as any user of one store: ``cli("silver", "deployment", "draft", ...)``."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    chosen: StoreSettings
    tokens: dict[str, str] = field(default_factory=dict)
    error: LfrError | None = None

    def __call__(self, who: str | None, *words: object, status: int = 0, input: str | None = None):
        """Runs a command as `who` (a user made on first use, whose first role is its name before any dash), or as
        nobody; asserts the exit status; the result's `json` is the object printed."""
        from lfr_kit.cli.main import app

        self.error = None
        session = self.folder / f"session-{who or 'nobody'}"
        if who and who not in self.tokens:
            self._add(who, session)
        self.monkeypatch.setenv("LFR_STORE__SESSION_FILE", str(session))
        settings.cache_clear()
        result = CliRunner().invoke(app, [str(word) for word in words], input=input)
        if isinstance(result.exception, LfrError):
            self.error = result.exception
        assert result.exit_code == status, (
            words,
            result.exit_code,
            result.stdout,
            result.stderr,
            result.exception,
        )
        return result

    def json(self, who: str | None, *words: object, status: int = 0) -> dict:
        """As a call, with --json; the object printed."""
        return json.loads(self(who, *words, "--json", status=status).stdout)

    def refused(self, who: str | None, *words: object) -> LfrError:
        """Runs a command that must end in an expected error, and gives the error."""
        self(who, *words, status=1)
        assert isinstance(self.error, LfrError), self.error
        return self.error

    def _add(self, who: str, session: Path) -> None:
        from lfr_kit.store.store import Store

        with Store.open(self.chosen) as store:
            put_user(store, who, Role(who.split("-")[0]))
            session.write_text(put_session(store, who))
            session.chmod(0o600)
        self.tokens[who] = session.read_text()
