"""Alerts of a run on their way into the store: what waits, what arrives later, and what is refused."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from alerted import Opened
from sqlalchemy import select, update

from lfr_kit.errors import AuditChainError, OutputError, StoreBusyError
from lfr_kit.governance.vocabulary import EntryStatus
from lfr_kit.live.alert_intake import AlertIntake
from lfr_kit.store.spool import Spool
from lfr_kit.store.store import Store
from lfr_kit.store.tables.alerts import alerts
from lfr_kit.store.tables.audit import audit_head


@pytest.fixture
def opened(store: Store) -> Opened:
    return Opened(store)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def intake(store, opened, told, store_settings, monkeypatch) -> AlertIntake:
    monkeypatch.setattr(store, "chosen", store_settings)
    return AlertIntake(store, opened.deployment_id, lambda alert: told.append(alert.alert_id))


@contextmanager
def away(store, monkeypatch):
    """No act gets through."""
    with monkeypatch.context() as patched:

        def locked(*words, **more):
            raise StoreBusyError("locked")

        patched.setattr(store, "act", locked)
        yield


@contextmanager
def head_changed(store):
    """Somebody changes the end of the audit log from outside, and puts it right again."""
    with store.engine.begin() as connection:
        before = connection.execute(select(audit_head)).one()._mapping
        connection.execute(update(audit_head).values(seq=before["seq"] + 1))
    yield
    with store.engine.begin() as connection:
        connection.execute(update(audit_head).values(before))


def in_store(store):
    with store.reading() as connection:
        return sorted(connection.execute(select(alerts.c.alert_id)).scalars())


def test_intake_names_what_waited_once_it_arrives_with_the_next_alert_and_only_once(
    store, opened, intake, told, monkeypatch
):
    first, second, third = (opened.alert(place) for place in range(3))
    with away(store, monkeypatch):
        intake.take([first])
    assert (intake.stored_ids, intake.n_waiting) == ([], 1)
    intake.take([second])
    assert intake.stored_ids == [first.alert_id, second.alert_id]
    intake.take([third])
    intake.drain()
    assert intake.stored_ids == [first.alert_id, second.alert_id, third.alert_id]
    assert told == [second.alert_id, third.alert_id]


def test_intake_alert_waits_sealed_while_the_audit_log_takes_no_entry(store, opened, intake, told):
    alert = opened.alert()
    with head_changed(store):
        intake.take([alert])
        assert (intake.n_waiting, intake.n_unsaved, dict(intake.refused), told) == (1, 0, {}, [])
        assert isinstance(intake.fault, AuditChainError)
        assert intake.drain() == []
        assert isinstance(intake.fault, AuditChainError)
        intake.take([opened.alert(1)])
        assert intake.n_waiting == 2
    assert in_store(store) == []
    assert len(intake.drain()) == 2
    assert (intake.n_waiting, intake.fault) == (0, None)
    assert sorted(intake.stored_ids) == in_store(store)


def test_intake_alert_waits_in_memory_where_the_spool_is_full_too(store, opened, intake, monkeypatch):
    def full(self, pending):
        raise OutputError("no room on the disk")

    with head_changed(store), monkeypatch.context() as patched:
        patched.setattr(Spool, "put", full)
        intake.take([opened.alert()])
        assert (intake.n_waiting, intake.n_unsaved) == (1, 1)
        assert isinstance(intake.fault, AuditChainError)
    intake.take([])
    assert (intake.n_waiting, len(intake.stored_ids)) == (0, 1)


def test_intake_refusal_of_this_alert_is_counted_and_does_not_wait(store, opened, intake):
    opened.change_entry(0, status=str(EntryStatus.WITHDRAWN))
    intake.take([opened.alert(0), opened.alert(1)])
    assert dict(intake.refused) == {"WatchlistError": 1}
    assert (intake.n_waiting, len(intake.stored_ids)) == (0, 1)
