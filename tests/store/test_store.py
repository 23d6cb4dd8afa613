"""The way into the store: permission, one transaction, one audit entry."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from governed import person
from sqlalchemy import func, insert, select, text

from lfr_kit.errors import (
    InputError,
    JustificationError,
    KeyMissingError,
    PermissionRefusedError,
    StoreError,
    StoreMissingError,
    WrongKeyError,
)
from lfr_kit.governance.roles import Action, Role
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations import audit
from lfr_kit.store.connection import database_file
from lfr_kit.store.key_places import save_master_keys
from lfr_kit.store.master_key import new_master_keys
from lfr_kit.store.store import Store, new_id
from lfr_kit.store.tables import metadata
from lfr_kit.store.tables.audit import audit_entries
from lfr_kit.store.tables.columns import Json, Utc
from lfr_kit.store.tables.keys import store_info

OPERATOR = person(Role.LFR_OPERATOR)
AUDITOR = person(Role.AUDITOR)


def view(store, subject="alert:A-1", actor=OPERATOR, justification="duty"):
    return store.act(
        actor, Action.ALERT_VIEW, Operation.CONSULTATION, subject=subject, justification=justification
    )


def n_logged(store) -> int:
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(audit_entries)).scalar_one()


def is_whole(store) -> bool:
    return audit.verify(store, AUDITOR, justification="test").report.is_whole


def state_of(settings) -> dict:
    """Every byte and time of the database's folder."""
    folder = database_file(settings.url).parent
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_act_is_logged_once_with_who_and_what(store):
    with view(store):
        pass
    with store.reading() as connection:
        last = connection.execute(select(audit_entries).order_by(audit_entries.c.seq.desc())).first()
    assert (last.seq, last.actor_id, last.action, last.subject) == (2, OPERATOR.user_id, "alert.view", "alert:A-1")


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_act_that_fails_leaves_nothing_and_the_next_one_works(store, error):
    def fail():
        with view(store) as act:
            act.connection.execute(insert(store_info).values(name="x", value="y"))
            act.log(Operation.ALTERATION, "alert.view", "alert:A-2")
            raise error

    with pytest.raises(error):
        fail()
    assert n_logged(store) == 1
    with store.reading() as connection:
        assert connection.execute(select(store_info).where(store_info.c.name == "x")).all() == []
    with view(store):
        pass
    assert n_logged(store) == 2


def test_act_in_which_the_database_refuses_leaves_nothing(store):
    def write_twice():
        with view(store) as act:
            act.connection.execute(insert(store_info).values(name="x", value="y"))
            act.connection.execute(insert(store_info).values(name="x", value="y"))

    with pytest.raises(StoreError, match="nothing was written"):
        write_twice()
    assert n_logged(store) == 1
    with view(store):
        pass


def test_act_whose_entry_cannot_be_written_leaves_nothing(store):
    def log_a_picture():
        with view(store) as act:
            act.connection.execute(insert(store_info).values(name="x", value="y"))
            act.details["picture"] = b"bytes are not for the log"

    with pytest.raises(InputError, match="plain values"):
        log_a_picture()
    assert n_logged(store) == 1
    with store.reading() as connection:
        assert connection.execute(select(store_info).where(store_info.c.name == "x")).all() == []


def test_act_without_permission_is_refused_and_the_refusal_logged(store):
    with (
        pytest.raises(PermissionRefusedError, match="administrator"),
        store.act(OPERATOR, Action.USERS_MANAGE, Operation.ALTERATION, subject="user:x", justification="please"),
    ):
        pytest.fail("entered")
    assert n_logged(store) == 2
    with store.reading() as connection:
        last = connection.execute(select(audit_entries).order_by(audit_entries.c.seq.desc())).first()
    assert last.action == "refused:users.manage"


@pytest.mark.parametrize("reason", ["", "  ", "\t\n"])
def test_act_without_a_reason_is_refused(store, reason):
    with pytest.raises(JustificationError, match="--reason"), view(store, justification=reason):
        pytest.fail("entered")
    assert n_logged(store) == 1


def test_act_within_an_act_is_refused_at_once(store):
    with view(store), pytest.raises(RuntimeError, match="within an act"), view(store, "alert:A-2"):
        pytest.fail("entered")
    assert n_logged(store) == 2
    with view(store, "alert:A-3"):
        pass
    assert n_logged(store) == 3


def test_reading_within_an_act_sees_what_was_before(store):
    with view(store) as act:
        act.connection.execute(insert(store_info).values(name="x", value="y"))
        with store.reading() as connection:
            assert connection.execute(select(store_info).where(store_info.c.name == "x")).all() == []
    with store.reading() as connection:
        assert len(connection.execute(select(store_info).where(store_info.c.name == "x")).all()) == 1


def test_acts_of_many_threads_make_one_chain(store):
    def work(i):
        with view(store, f"alert:A-{i}"):
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert n_logged(store) == 41
    assert is_whole(store)


WRITE = """
import sys
from pathlib import Path
from lfr_kit.config import StoreSettings
from lfr_kit.governance.roles import Action, Actor, Role
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.store import Store
chosen = StoreSettings(url=sys.argv[1], key_file=Path(sys.argv[2]), busy_timeout_s=60)
name, n = sys.argv[3], int(sys.argv[4])
actor = Actor(name, frozenset({Role.LFR_OPERATOR}))
with Store.open(chosen) as store:
    for i in range(n):
        with store.act(actor, Action.ALERT_VIEW, Operation.CONSULTATION, subject=f"alert:{name}-{i}",
                       justification="duty"):
            pass
        sys.stdout.write(f"{i}\\n"); sys.stdout.flush()
"""


def writer(settings, name, n):
    words = [sys.executable, "-c", WRITE, settings.url, str(settings.key_file), name, str(n)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_acts_of_two_processes_make_one_chain(store, store_settings):
    both = [writer(store_settings, name, 60) for name in ("one", "two")]
    for process in both:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    with store.reading() as connection:
        rows = connection.execute(select(audit_entries).order_by(audit_entries.c.seq)).all()
    assert [row.seq for row in rows] == list(range(1, 122))
    assert all(later.previous_hash == earlier.hash for earlier, later in pairwise(rows))
    for name in ("one", "two"):
        assert [row.subject for row in rows if row.actor_id == name] == [f"alert:{name}-{i}" for i in range(60)]
    assert is_whole(store)


def test_process_killed_while_it_writes_loses_no_act_it_had_finished(store, store_settings):
    finished = 0
    for name in ("a", "b", "c"):
        process = writer(store_settings, name, 10_000)
        for line in process.stdout:
            if int(line) >= 7:
                break
        process.send_signal(signal.SIGKILL)
        rest = process.communicate()[0]
        finished += max([7, *map(int, rest.split())]) + 1
    # at most one more of each: committed, but killed before it could say so
    assert finished <= n_logged(store) - 1 <= finished + 3
    assert is_whole(store)


PRINTABLE = "x'); DROP TABLE audit_entries;-- \" %s :name \\ {0} ${x} `id` ' OR '1'='1"
SPEECH = PRINTABLE + " \u202e\u200b\x07\n"


def test_sql_in_every_text_of_an_act_is_only_text(store):
    actor = person(Role.LFR_OPERATOR, name=PRINTABLE[:60])
    with store.act(
        actor,
        Action.ALERT_VIEW,
        Operation.CONSULTATION,
        subject=PRINTABLE,
        deployment_id=PRINTABLE[:40],
        justification=SPEECH + "and more",
    ) as act:
        act.details["said"] = SPEECH
    wanted = audit.AuditQuestion(actor=PRINTABLE[:60], subject=PRINTABLE, deployment=PRINTABLE[:40])
    (found,) = audit.show(store, AUDITOR, wanted, justification=SPEECH)
    assert (found.actor_id, found.subject, found.deployment_id) == (PRINTABLE[:60], PRINTABLE, PRINTABLE[:40])
    assert found.justification == SPEECH + "and more"
    assert found.details["said"] == SPEECH
    assert is_whole(store)


def test_sql_in_every_text_column_is_only_text(store):
    made = {int: 99, float: 0.5, bool: True, bytes: SPEECH.encode()}
    made |= {datetime: datetime(2026, 1, 1, tzinfo=UTC), date: date(2026, 1, 1)}

    def value(column):
        if isinstance(column.type, Json):
            return {SPEECH: [SPEECH, "\x00"]}
        if isinstance(column.type, Utc):
            return made[datetime]
        kind = column.type.python_type
        limit = getattr(column.type, "length", None)
        return SPEECH[:limit] if kind is str else made[kind]

    with store.engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name == "audit_head":
                continue
            row = {column.name: value(column) for column in table.columns}
            connection.execute(insert(table).values(**row))
            found = connection.execute(
                select(table).where(*(column == row[column.name] for column in table.primary_key))
            ).one()
            assert {name: found._mapping[name] for name in row} == row
    with store.reading() as connection:
        assert all(
            connection.execute(select(func.count()).select_from(table)).scalar_one() >= 1
            for table in metadata.sorted_tables
        )


def test_open_without_a_key_touches_nothing(store_settings, clock):
    Store.create(store_settings, clock).close()
    store_settings.key_file.unlink()
    if database_file(store_settings.url) is None:
        store_settings = store_settings.model_copy(update={"url": "postgresql://nobody@192.0.2.1/never_asked"})
        before = None
    else:
        before = state_of(store_settings)
    for begin in (Store.open, Store.create):
        with pytest.raises(KeyMissingError, match="restore it from its backup"):
            begin(store_settings, clock)
    assert before is None or state_of(store_settings) == before


def test_open_under_a_wrong_key_changes_nothing(store_settings, clock):
    with Store.create(store_settings, clock) as store, view(store):
        pass
    with store.reading() as connection:
        before = connection.execute(text("SELECT * FROM data_keys ORDER BY key_id")).all(), n_logged(store)
    store.close()
    on_disk = state_of(store_settings) if database_file(store_settings.url) else None
    save_master_keys(new_master_keys(), store_settings, replace=True)
    for begin in (Store.open, Store.create):
        with pytest.raises(WrongKeyError, match="store's is M-"):
            begin(store_settings, clock)
    if on_disk is not None:
        after = state_of(store_settings)
        assert {name: after[name] for name in on_disk} == on_disk
    with store.reading() as connection:
        after = connection.execute(text("SELECT * FROM data_keys ORDER BY key_id")).all(), n_logged(store)
    store.close()
    assert after == before


def test_open_under_a_wrong_key_leaves_what_a_crash_left(store_settings, clock, tmp_path):
    """The write-ahead log of a program that was killed is not even written back."""
    if database_file(store_settings.url) is None:
        store_settings = store_settings.model_copy(update={"url": f"sqlite:///{tmp_path}/other/lfr.sqlite"})
    Store.create(store_settings, clock).close()
    killed = writer(store_settings, "one", 10_000)
    for line in killed.stdout:
        if int(line) >= 3:
            break
    killed.kill()
    killed.communicate()
    wal = database_file(store_settings.url).with_name("lfr.sqlite-wal")
    assert wal.stat().st_size > 0
    before = state_of(store_settings)
    save_master_keys(new_master_keys(), store_settings, replace=True)
    with pytest.raises(WrongKeyError):
        Store.open(store_settings, clock)
    after = state_of(store_settings)
    assert {name: kept for name, kept in after.items() if not name.endswith("-shm")} == {
        name: kept for name, kept in before.items() if not name.endswith("-shm")
    }


def test_store_that_is_not_there_names_the_line_that_makes_one(store_settings, clock):
    with pytest.raises(StoreMissingError, match="lfr keys init"):
        Store.open(store_settings, clock)


def test_store_made_twice_is_opened_as_it_is(store_settings, clock):
    with Store.create(store_settings, clock) as store, view(store):
        pass
    with Store.create(store_settings, clock) as store:
        assert n_logged(store) == 2


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_store_closed_lets_go_of_its_files(store_settings, clock, tmp_path):
    with Store.create(store_settings, clock) as store, view(store):
        pass
    store.close()
    links = set()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            links.add(str(each.readlink()))
    assert not any(str(tmp_path) in link and "lfr.sqlite" in link for link in links)


def test_new_ids_do_not_repeat():
    assert len({new_id("A") for _ in range(10_000)}) == 10_000
    assert new_id("A").startswith("A-")
