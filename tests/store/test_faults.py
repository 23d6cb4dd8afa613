"""A disk that fills up, a database that is locked, gone, back: done for real, with mounts and processes.

Referee: SQLite's integrity check, what was committed before, and the audit chain.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from governed import person
from postgresql_server import account
from sqlalchemy import text
from sqlalchemy.exc import DataError, OperationalError, TimeoutError

from lfr_kit.config import StoreSettings
from lfr_kit.errors import StoreBusyError, StoreError, StoreFullError, StoreSchemaError
from lfr_kit.governance.roles import Action, Role
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations import audit
from lfr_kit.store.connection import database_file
from lfr_kit.store.faults import translated
from lfr_kit.store.key_places import save_master_keys
from lfr_kit.store.master_key import new_master_keys
from lfr_kit.store.store import Store

AUDITOR = person(Role.AUDITOR)
OPERATOR = person(Role.LFR_OPERATOR)
PATIENCE_S = 60


def view(store, subject="alert:A-1"):
    with store.act(OPERATOR, Action.ALERT_VIEW, Operation.CONSULTATION, subject=subject, justification="duty"):
        pass


def write(store, n_bytes, subject="alert:A-1"):
    """An act that writes something of that size."""
    with store.act(
        OPERATOR, Action.ALERT_VIEW, Operation.CONSULTATION, subject=subject, justification="duty"
    ) as act:
        act.connection.execute(
            text("INSERT INTO store_info (name, value) VALUES (:name, :value)"),
            {"name": os.urandom(16).hex(), "value": os.urandom(n_bytes // 2).hex()},
        )


def write_or_full(store, n_bytes) -> bool:
    try:
        write(store, n_bytes)
    except StoreFullError as error:
        assert "free some" in str(error)  # noqa: PT017
        return False
    return True


def contents(store) -> tuple[int, int]:
    with store.reading() as connection:
        return tuple(
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("store_info", "audit_entries")
        )


def is_whole(store) -> bool:
    return audit.verify(store, AUDITOR, justification="after the fault").report.is_whole


@pytest.fixture
def sqlite_settings(tmp_path):
    chosen = StoreSettings(url=f"sqlite:///{tmp_path}/store/lfr.sqlite", key_file=tmp_path / "keys" / "master.key")
    save_master_keys(new_master_keys(), chosen)
    return chosen


@pytest.fixture
def small_disk():
    """A disk of 24 megabytes."""
    folder = Path(tempfile.mkdtemp(prefix="lfr-small-disk-"))  # where PostgreSQL's account gets to
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m,mode=711", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode == 0:
        folder.chmod(0o711)
        yield folder
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()
    if done.returncode:
        pytest.skip("needs the right to mount a small disk")


@contextmanager
def filled(folder, *, left: int):
    """The disk with so many bytes left."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        file.write(bytes(max(0, shutil.disk_usage(folder).free - left)))
    yield
    ballast.unlink()


@pytest.fixture
def store_on_small_disk(small_disk, store_settings, request):
    """A store whose database lies on it."""
    if database_file(store_settings.url):
        with Store.create(
            store_settings.model_copy(update={"url": f"sqlite:///{small_disk}/s/lfr.sqlite"})
        ) as store:
            yield store
        return
    server = request.getfixturevalue("postgresql_server")
    place = small_disk / "pg"
    place.mkdir(mode=0o700)
    if owner := account():
        shutil.chown(place, owner)
    with server.connect() as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        connection.execute("CREATE DATABASE on_small_disk TEMPLATE template0 TABLESPACE small")
    try:
        with Store.create(store_settings.model_copy(update={"url": server.url("on_small_disk")})) as store:
            yield store
    finally:
        with server.connect() as connection:
            connection.execute("DROP DATABASE on_small_disk WITH (FORCE)")
            connection.execute("DROP TABLESPACE small")


def test_full_disk_writes_nothing_by_halves_and_works_again_once_there_is_room(store_on_small_disk, small_disk):
    store = store_on_small_disk
    write(store, 50_000)
    for left in (0, 30_000, 400_000):
        before = contents(store)
        with filled(small_disk, left=left):
            while write_or_full(store, 400_000):
                before = contents(store)
            assert contents(store) == before  # what was committed can still be read
        view(store)
    assert is_whole(store)
    if store.engine.dialect.name == "sqlite":
        with store.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]


def test_store_made_on_a_full_disk_is_made_later(small_disk, sqlite_settings, clock):
    chosen = sqlite_settings.model_copy(update={"url": f"sqlite:///{small_disk}/s/lfr.sqlite"})
    with filled(small_disk, left=40_000), pytest.raises(StoreFullError):
        Store.create(chosen, clock)
    with Store.create(chosen, clock) as store:
        assert contents(store)[1] == 1


LOCK = """
import sys
from sqlalchemy import text
from lfr_kit.store.connection import make_engine
engine = make_engine(sys.argv[1], 30)
with engine.begin() as connection:
    if engine.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE audit_head, data_keys, alembic_version IN ACCESS EXCLUSIVE MODE"))
    sys.stdout.write("locked\\n"); sys.stdout.flush()
    sys.stdin.readline()
"""


@contextmanager
def another_program(code, url):
    process = subprocess.Popen(
        [sys.executable, "-c", code, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "locked\n"
    yield process
    process.communicate("\n", timeout=PATIENCE_S)


@pytest.fixture
def impatient(store_settings):
    return store_settings.model_copy(update={"busy_timeout_s": 0.3})


def test_store_locked_by_another_program_is_busy_and_then_works(store, impatient, clock):
    with Store.open(impatient, clock) as hurried:
        before = contents(store)
        with another_program(LOCK, impatient.url), pytest.raises(StoreBusyError, match="locked by another"):
            view(hurried)
        assert contents(store) == before
        view(hurried)
        assert is_whole(hurried)


EXCLUSIVE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1].removeprefix("sqlite:///"), isolation_level=None)
connection.execute("PRAGMA locking_mode=EXCLUSIVE")
connection.execute("BEGIN EXCLUSIVE")
sys.stdout.write("locked\\n"); sys.stdout.flush()
sys.stdin.readline()
"""


def test_store_locked_by_another_program_is_not_opened(store_settings, impatient, clock):
    Store.create(store_settings, clock).close()
    code = EXCLUSIVE if database_file(impatient.url) else LOCK
    for begin in (Store.open, Store.create):
        with another_program(code, impatient.url), pytest.raises(StoreBusyError):
            begin(impatient, clock)
    Store.open(impatient, clock).close()


def test_killed_program_leaves_no_lock_and_nothing_half_written(store):
    before = contents(store)
    code = LOCK.replace(
        "    sys.stdout", "    connection.execute(text('DELETE FROM store_info'))\n    sys.stdout", 1
    )
    with another_program(code, store.engine.url.render_as_string(hide_password=False)) as process:
        process.kill()
    assert contents(store) == before
    view(store)


def test_server_gone_and_back_loses_nothing(postgresql_server, postgresql_url, tmp_path, clock):
    chosen = StoreSettings(url=postgresql_url, key_file=tmp_path / "master.key", busy_timeout_s=2)
    save_master_keys(new_master_keys(), chosen)
    with Store.create(chosen, clock) as store:
        view(store)
        before = contents(store)
        postgresql_server.stop()
        try:
            with pytest.raises(StoreBusyError, match="cannot be reached"):
                view(store)
            with pytest.raises(StoreBusyError, match="cannot be reached"):
                Store.open(chosen, clock)
            with pytest.raises(StoreBusyError, match="cannot be reached"):
                contents(store)
        finally:
            postgresql_server.start()
        assert contents(store) == before
        view(store)
        assert is_whole(store)


def test_server_gone_in_the_middle_of_an_act_leaves_nothing_of_it(
    postgresql_server, postgresql_url, tmp_path, clock
):
    chosen = StoreSettings(url=postgresql_url, key_file=tmp_path / "master.key", busy_timeout_s=2)
    save_master_keys(new_master_keys(), chosen)
    with Store.create(chosen, clock) as store:
        before = contents(store)

        def act_while_it_goes():
            with store.act(
                OPERATOR, Action.ALERT_VIEW, Operation.CONSULTATION, subject="x", justification="y"
            ) as act:
                act.connection.execute(text("DELETE FROM store_info"))
                postgresql_server.stop()

        try:
            with pytest.raises(StoreBusyError, match="nothing was written"):
                act_while_it_goes()
        finally:
            postgresql_server.start()
        assert contents(store) == before
        view(store)


def test_name_of_a_database_that_is_not_there_is_said(postgresql_server, tmp_path, clock):
    chosen = StoreSettings(url=postgresql_server.url("no_such"), key_file=tmp_path / "master.key")
    save_master_keys(new_master_keys(), chosen)
    with pytest.raises(StoreError, match="no_such"):
        Store.create(chosen, clock)


@pytest.mark.parametrize("begin", [Store.open, Store.create])
def test_file_that_is_no_database_is_refused_and_left_alone(sqlite_settings, clock, begin):
    file = database_file(sqlite_settings.url)
    file.parent.mkdir()
    file.write_text("dear diary, " * 500)
    with pytest.raises(StoreSchemaError, match="no database"):
        begin(sqlite_settings, clock)
    assert file.read_text() == "dear diary, " * 500


def test_damaged_database_is_said_to_be(sqlite_settings, clock):
    with Store.create(sqlite_settings, clock) as store:
        write(store, 200_000)
    file = database_file(sqlite_settings.url)
    damaged = bytearray(file.read_bytes())
    damaged[4096:] = os.urandom(len(damaged) - 4096)
    file.write_bytes(damaged)
    with pytest.raises(StoreError, match="restore it from a backup"):
        Store.open(sqlite_settings, clock)


def test_store_that_may_not_be_written_says_so(sqlite_settings, clock):
    with Store.create(sqlite_settings, clock) as store:
        with store.engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA query_only=ON")
        with pytest.raises(StoreError, match="may not be written"):
            write(store, 100)


def fault(kind, **of_driver) -> Exception:
    original = sqlite3.OperationalError("said by the driver: 'Mustermann'\nDETAIL: more")
    for name, value in of_driver.items():
        setattr(original, name, value)
    return kind("INSERT", {}, original)


@pytest.mark.parametrize(
    ("of_driver", "kind", "words"),
    [
        ({"sqlite_errorname": "SQLITE_FULL"}, StoreFullError, "no room"),
        ({"sqlite_errorname": "SQLITE_IOERR_WRITE"}, StoreFullError, "no room"),
        ({"sqlite_errorname": "SQLITE_IOERR_SHMSIZE"}, StoreFullError, "no room"),
        ({"sqlite_errorname": "SQLITE_IOERR_READ"}, StoreError, "disk fails"),
        ({"sqlite_errorname": "SQLITE_READONLY_DIRECTORY"}, StoreError, "rights"),
        ({"sqlite_errorname": "SQLITE_CORRUPT_INDEX"}, StoreError, "damaged"),
        ({"sqlite_errorname": "SQLITE_BUSY_SNAPSHOT"}, StoreBusyError, "locked"),
        ({"sqlite_errorname": "SQLITE_CANTOPEN"}, StoreBusyError, "cannot be opened"),
        ({"sqlite_errorname": "SQLITE_ERROR"}, StoreError, "refused"),
        ({"sqlstate": "53100"}, StoreFullError, "no room"),
        ({"sqlstate": "40P01"}, StoreBusyError, "same time"),
        ({"sqlstate": "53300"}, StoreBusyError, "cannot be reached"),
        ({"sqlstate": "57P01"}, StoreBusyError, "cannot be reached"),
        ({"sqlstate": None}, StoreBusyError, "cannot be reached"),
        ({"sqlstate": "28P01"}, StoreError, "let this user in"),
        ({"sqlstate": "42501"}, StoreError, "rights"),
    ],
)
def test_fault_has_its_error(of_driver, kind, words):
    with pytest.raises(StoreError, match=words) as raised, translated():
        raise fault(OperationalError, **of_driver)
    assert type(raised.value) is kind
    assert "\n" not in str(raised.value)


def test_fault_in_a_value_does_not_quote_it():
    with pytest.raises(StoreError) as raised, translated():
        raise fault(DataError, sqlstate="22P02")
    assert "Mustermann" not in str(raised.value)


def test_too_many_at_once_is_busy():
    with pytest.raises(StoreBusyError, match="at once"), translated():
        raise TimeoutError
