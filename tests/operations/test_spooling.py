"""The database is locked, gone or full, and comes back: every alert arrives, and once."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from alerted import CAMERA, OPERATOR, Opened, logged, shot
from sqlalchemy import select, text

from lfr_kit.errors import OutputError, StateError, StoreBusyError, StoreFullError, WatchlistError
from lfr_kit.governance.vocabulary import AlertState, DeploymentState, EntryStatus
from lfr_kit.operations.alerts import raise_alert, view
from lfr_kit.operations.spooling import Place, drain, open_spool, raise_or_spool
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.store import Store
from lfr_kit.store.tables.alerts import alert_events, alerts


@pytest.fixture
def impatient(store_settings, clock) -> Iterator[Store]:
    """A store that waits a fifth of a second for a locked database."""
    Store.create(store_settings, clock).close()
    with Store.open(store_settings.model_copy(update={"busy_timeout_s": 0.2}), clock) as opened:
        yield opened


@pytest.fixture
def opened(impatient) -> Opened:
    return Opened(impatient)


@pytest.fixture
def spool(impatient, opened, store_settings):
    return open_spool(impatient, opened.deployment_id, store_settings.spool_dir)


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Somebody else writes and does not end."""
    with store.engine.connect() as other:
        other.execute(text("SELECT 1"))
        if other.dialect.name == "postgresql":
            other.execute(text("LOCK TABLE audit_head IN ACCESS EXCLUSIVE MODE"))
        yield


@contextmanager
def gone(chosen) -> Iterator[None]:
    """The disk of an SQLite store is away for a while."""
    folder = Path(chosen.url.removeprefix("sqlite:///")).parent
    folder.rename(folder.with_name("away"))
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_name("away").rename(folder)


@contextmanager
def full(store: Store) -> Iterator[None]:
    """No page can be added to an SQLite store."""
    with store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        with store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")


def on_sqlite(store: Store) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("a fault of a file: SQLite only")


def ids(store):
    with store.reading() as connection:
        return list(connection.execute(select(alerts.c.alert_id).order_by(alerts.c.raised_at)).scalars())


def raised_events(store):
    with store.reading() as connection:
        kinds = select(alert_events.c.alert_id).where(alert_events.c.kind == "raised")
        return sorted(connection.execute(kinds).scalars())


def test_database_that_is_there_takes_the_alert_and_nothing_waits(impatient, opened, spool):
    raised = raise_or_spool(impatient, spool, opened.alert())
    assert (raised.place, raised.error) == (Place.STORE, None)
    assert ids(impatient) == [raised.pending.alert_id]
    assert not spool.folder.exists()


def test_database_locked_and_back(impatient, opened, spool, clock):
    waiting = []
    with locked(impatient):
        for _ in range(3):
            raised = raise_or_spool(impatient, spool, opened.alert())
            assert raised.place is Place.SPOOL
            assert isinstance(raised.error, StoreBusyError)
            waiting.append(raised.pending.alert_id)
            clock.advance(seconds=1)
    assert ids(impatient) == []
    assert len(spool.waiting()) == 3
    drained = drain(impatient, spool)
    assert (drained.arrived, drained.n_left, drained.error) == (tuple(waiting), 0, None)
    assert ids(impatient) == waiting
    assert spool.waiting() == ()


def test_database_gone_and_back(impatient, opened, spool, store_settings):
    on_sqlite(impatient)
    before = raise_or_spool(impatient, spool, opened.alert()).pending.alert_id
    with gone(store_settings):
        raised = raise_or_spool(impatient, spool, opened.alert())
        assert raised.place is Place.SPOOL
        assert "gone" in str(raised.error)
    assert drain(impatient, spool).arrived == (raised.pending.alert_id,)
    assert sorted(ids(impatient)) == sorted([before, raised.pending.alert_id])


def test_database_deleted_under_an_open_store_takes_nothing_in_silence(impatient, opened, spool, store_settings):
    """SQLite goes on writing into a file that has no name any more: what it took would be lost."""
    on_sqlite(impatient)
    raise_or_spool(impatient, spool, opened.alert())
    folder = Path(store_settings.url.removeprefix("sqlite:///")).parent
    for file in folder.iterdir():
        file.unlink()
    assert raise_or_spool(impatient, spool, opened.alert()).place is Place.SPOOL
    assert len(spool.waiting()) == 1


def test_database_full_and_back(impatient, opened, spool):
    on_sqlite(impatient)
    with full(impatient):
        large = [opened.alert(shot=shot(seed=n, size=900)) for n in range(3)]
        raised = [raise_or_spool(impatient, spool, each) for each in large]
    assert {each.place for each in raised} == {Place.SPOOL}
    assert isinstance(raised[0].error, StoreFullError)
    assert len(drain(impatient, spool).arrived) == 3


def test_disk_full_for_real_and_freed(tmp_path, clock, store_settings):
    """A disk of two megabytes for the store and one of a quarter for the spool."""
    if not store_settings.url.startswith("sqlite"):
        pytest.skip("a fault of a file: SQLite only")
    with small_disk(tmp_path / "disk", "2m") as disk, small_disk(tmp_path / "spool_disk", "256k") as spool_disk:
        chosen = store_settings.model_copy(update={"url": f"sqlite:///{disk / 'lfr.sqlite'}"})
        with Store.create(chosen, clock) as store:
            opened = Opened(store)
            spool = open_spool(store, opened.deployment_id, spool_disk)
            (disk / "ballast").write_bytes(b"0" * (free(disk) - 16_384))
            raised = [raise_or_spool(store, spool, opened.alert(shot=shot(seed=n, size=700))) for n in range(8)]
            places = [each.place for each in raised]
            assert places[0] is Place.SPOOL
            assert places[-1] is Place.MEMORY
            assert isinstance(raised[-1].error, OutputError)
            assert "no room left on the disk" in str(raised[-1].error)
            (disk / "ballast").unlink()
            for each in raised:
                if each.place is Place.MEMORY:
                    assert raise_or_spool(store, spool, each.pending).place is Place.STORE
            assert sorted(ids(store)) == sorted(each.pending.alert_id for each in raised)
            assert raised_events(store) == sorted(ids(store))


def free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none", str(place)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("no right to mount a small disk here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_spool_full_too_gives_the_alert_back_and_says_why(impatient, opened, spool, monkeypatch):
    def no_room(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with locked(impatient), monkeypatch.context() as patched:
        patched.setattr(os, "fsync", no_room)
        raised = raise_or_spool(impatient, spool, opened.alert(2))
    assert raised.place is Place.MEMORY
    assert "no room left on the disk" in str(raised.error)
    assert raise_or_spool(impatient, spool, raised.pending).place is Place.STORE
    assert ids(impatient) == [raised.pending.alert_id]


def test_what_waits_goes_first(impatient, opened, spool, clock):
    with locked(impatient):
        first = raise_or_spool(impatient, spool, opened.alert(0)).pending
    clock.advance(seconds=5)
    second = raise_or_spool(impatient, spool, opened.alert(0)).pending
    with impatient.reading() as connection:
        assert rows.alert(connection, second.alert_id).repeat_of == first.alert_id


def test_alert_arrives_once_though_its_file_was_left(impatient, opened, spool):
    """As after a fault between the commit and the deletion of the file."""
    alert = opened.alert()
    with locked(impatient):
        raise_or_spool(impatient, spool, alert)
    kept = spool.waiting()[0].read_bytes()
    drain(impatient, spool)
    (spool.folder / f"{alert.alert_id}.alert").write_bytes(kept)
    assert drain(impatient, spool).arrived == (alert.alert_id,)
    assert (ids(impatient), raised_events(impatient)) == ([alert.alert_id], [alert.alert_id])
    assert len(logged(impatient, "alert.raise")) == 1


def test_arrival_keeps_when_it_was_raised_and_gives_the_operator_the_whole_time(impatient, opened, spool, clock):
    raised_at = clock.now
    with locked(impatient):
        alert_id = raise_or_spool(impatient, spool, opened.alert()).pending.alert_id
    clock.advance(minutes=10)
    drain(impatient, spool)
    with impatient.reading() as connection:
        stored = rows.alert(connection, alert_id)
    assert stored.raised_at == raised_at
    assert stored.expires_at == clock.now + timedelta(seconds=opened.plan.decision_limit_s)
    seen = view(impatient, OPERATOR, alert_id)
    assert (seen.state, seen.camera_id) == (AlertState.VIEWED, CAMERA)


def test_alert_that_waited_while_the_deployment_closed_still_arrives(impatient, opened, spool):
    with locked(impatient):
        raise_or_spool(impatient, spool, opened.alert())
    opened.move(DeploymentState.CLOSED)
    with pytest.raises(StateError):
        raise_alert(impatient, opened.deployment_id, opened.alert())
    assert len(drain(impatient, spool).arrived) == 1


def test_alert_on_an_entry_withdrawn_meanwhile_is_set_aside_and_logged(impatient, opened, spool):
    with locked(impatient):
        alert_id = raise_or_spool(impatient, spool, opened.alert(0)).pending.alert_id
    opened.change_entry(0, status=str(EntryStatus.WITHDRAWN))
    drained = drain(impatient, spool)
    ((name, why),) = drained.set_aside
    assert name == f"{alert_id}.alert"
    assert "withdrawn" in why
    assert ids(impatient) == []
    assert [path.name for path in spool.folder.iterdir()] == [f"{alert_id}.alert.set_aside"]
    assert logged(impatient)[-1].action == "alert.raise"
    assert drain(impatient, spool).set_aside == ()


def test_file_that_was_changed_or_is_foreign_is_set_aside_and_the_others_arrive(impatient, opened, spool):
    with locked(impatient):
        good, bad = (raise_or_spool(impatient, spool, opened.alert()).pending.alert_id for _ in "12")
    path = spool.folder / f"{bad}.alert"
    sealed = path.read_bytes()
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    (spool.folder / "planted.alert").write_bytes(b"\xff\xd8 a face of somebody else")
    drained = drain(impatient, spool)
    assert drained.arrived == (good,)
    assert sorted(name for name, _ in drained.set_aside) == sorted([f"{bad}.alert", "planted.alert"])
    assert sorted(path.name for path in spool.folder.iterdir()) == sorted(
        [f"{bad}.alert.set_aside", "planted.alert.set_aside"]
    )
    assert ids(impatient) == [good]


def test_file_that_another_program_took_first_is_left_to_it(impatient, opened, spool, monkeypatch):
    with locked(impatient):
        good = raise_or_spool(impatient, spool, opened.alert()).pending.alert_id
    seen = (spool.folder / "A-taken.alert", *spool.waiting())
    monkeypatch.setattr(spool, "waiting", lambda: seen)
    drained = drain(impatient, spool)
    assert (drained.arrived, drained.set_aside, drained.error) == ((good,), (), None)
    assert len(logged(impatient, "alert.raise")) == 1


def test_refusal_of_the_store_does_not_wait(impatient, opened, spool):
    opened.change_entry(0, status=str(EntryStatus.WITHDRAWN))
    with pytest.raises(WatchlistError):
        raise_or_spool(impatient, spool, opened.alert(0))
    assert spool.waiting() == ()


def test_drain_of_a_database_that_is_still_away_leaves_everything(impatient, opened, spool):
    with locked(impatient):
        for _ in range(2):
            raise_or_spool(impatient, spool, opened.alert())
        drained = drain(impatient, spool)
    assert (drained.arrived, drained.n_left) == ((), 2)
    assert isinstance(drained.error, StoreBusyError)
