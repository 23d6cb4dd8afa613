"""A PostgreSQL server of the tests' own: in a temporary folder, reached by a unix socket, gone at the end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg

_PR_SET_PDEATHSIG = 1
_USER = "postgres"
_PATIENCE_S = 60
_MEMORY, _ENOUGH_BYTES = "/dev/shm", 4 * 2**30
_FAST = {
    # A test's database need not outlive the machine, only the server (`PostgresqlServer.stop`).
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "listen_addresses": "",
    "timezone": "Pacific/Auckland",  # far from UTC: a time that loses its zone shows
}


@cache
def _folder_of_programs() -> Path | None:
    """Where ``initdb`` and ``postgres`` lie: Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def account() -> str | None:
    """Whom the server runs as: PostgreSQL refuses root."""
    if os.geteuid():
        return None
    names = {each.pw_name for each in pwd.getpwall()}
    return next((name for name in (_USER, "nobody") if name in names), None)


def why_not() -> str | None:
    """Why no server can be started here; None if it can."""
    if _folder_of_programs() is None:
        return "needs PostgreSQL: apt-get install postgresql"
    if os.geteuid() == 0 and account() is None:
        return "needs an account for PostgreSQL, which refuses to run as root"
    return None


def _in_memory() -> str | None:
    """A file system in memory with room enough, if any: a database is some 300 files, made for each test."""
    with contextlib.suppress(OSError):
        if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES:
            return _MEMORY
    return None


class PostgresqlServer:
    """Starts at once; `stop` and `start` take it away and bring it back, with what was committed."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lfr-pg-", dir=_in_memory()))
        if owner := account():
            shutil.chown(self.folder, owner)
        self._process: subprocess.Popen[bytes] | None = None
        words = ("--auth=trust", f"--username={_USER}", "--encoding=UTF8", "--locale=C", "--no-sync")
        self._run("initdb", "--pgdata", str(self.folder / "data"), *words)
        self.start()

    def url(self, database: str = "postgres") -> str:
        """The address of a database of it."""
        return f"postgresql://{_USER}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        options = [word for name, value in _FAST.items() for word in ("-c", f"{name}={value}")]
        words = ["-D", str(self.folder / "data"), "-k", str(self.folder), *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program("postgres"), *words],
                stdout=log,
                stderr=log,
                user=account(),
                cwd=self.folder,
                preexec_fn=_die_with_the_tests,
            )
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from None
                time.sleep(0.02)

    def stop(self) -> None:
        """Takes it away in the middle of whatever it does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_PATIENCE_S)
            self._process = None

    def remove(self) -> None:
        """Stops it and deletes its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection outside of any transaction."""
        return psycopg.connect(self.url(database), autocommit=True)

    @contextlib.contextmanager
    def new_database(self, template: str = "template0"):
        """The address of a new database, empty or a copy of another; dropped afterwards."""
        name = f"lfr_{uuid4().hex[:12]}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield self.url(name)
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _program(self, name: str) -> str:
        return str(_folder_of_programs() / name)

    def _run(self, name: str, *words: str) -> None:
        done = subprocess.run(
            [self._program(name), *words],
            capture_output=True,
            text=True,
            check=False,
            user=account(),
            cwd=self.folder,
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr}")


def _die_with_the_tests() -> None:
    """No server stays behind where the tests are killed."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
