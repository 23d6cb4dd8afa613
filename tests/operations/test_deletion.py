"""A deletion cut off between any two steps, also by kill -9: the next run finishes it, none is claimed before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from governed import person
from retained import SILVER, WHY, lived

from lfr_kit.config import settings
from lfr_kit.governance.roles import Role
from lfr_kit.operations import certificates, deletion, retention
from lfr_kit.operations.audit import verify

STEPS = {
    "collecting": "_collect",
    "fixing the record": "fix_record",
    "destroying keys": "_destroy_keys",
    "deleting rows": "_delete_rows",
    "purging": "_purge",
    "cleaning pages": "clean_pages",
    "emptying the spool": "discard",
    "searching": "_in_words",
    "signing": "sign",
}
"""What is cut off -> the function that does it, in `lfr_kit.operations.deletion`."""
BEFORE_COMMIT = ("_collect", "fix_record", "_destroy_keys", "_delete_rows", "_purge")


@pytest.fixture(autouse=True)
def own_spool(tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_STORE__SPOOL_DIR", str(tmp_path / "spool"))
    settings.cache_clear()
    yield
    settings.cache_clear()


def chain_findings(store):
    return verify(store, person(Role.AUDITOR), justification="after the power came back").report.findings


class CutOffError(Exception):
    """The power went."""


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_run_cut_off_at_any_step_is_finished_by_the_next(store, clock, monkeypatch, step):
    made = lived(store, clock)
    clock.advance(hours=24)
    real = getattr(deletion, step)

    def cut_off(*arguments, **named):
        real(*arguments, **named)
        raise CutOffError

    with monkeypatch.context() as patched:
        patched.setattr(deletion, step, cut_off)
        with pytest.raises(CutOffError):
            retention.run(store, SILVER, reason=WHY)
    assert certificates.certificate_ids(store) == [], "nothing is certified before it is done"
    if step in BEFORE_COMMIT:
        assert made.alerts_left() == made.alert_ids
        assert made.faces(made.alert_ids[0]).probe_jpeg.startswith(b"\xff\xd8"), "all or nothing"
        assert retention.status(store).unfinished == []
    else:
        assert made.alerts_left() == []
        assert len(retention.status(store).unfinished) == 1
    done = retention.run(store, SILVER, reason=WHY)
    assert len(done.deleted) == 1
    assert (made.state(), made.watchlist_state(), made.rows_left()) == ("purged", "deleted", 0)
    body = certificates.certificate(store, done.deleted[0].certificate_id).certificate
    assert body.residue["found_before"] > body.residue["found_after"] == 0
    assert retention.status(store).unfinished == []
    assert chain_findings(store) == ()


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from lfr_kit.config import StoreSettings
from lfr_kit.governance.roles import SYSTEM
from lfr_kit.operations import deletion, retention
from lfr_kit.store.store import Store

url, key_file, now, step = sys.argv[1:]
real = getattr(deletion, step)
def killed(*arguments, **named):
    real(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(deletion, step, killed)
with Store.open(StoreSettings(url=url, key_file=Path(key_file)), lambda: datetime.fromisoformat(now)) as store:
    retention.run(store, SYSTEM, reason="periods ran out")
"""


@pytest.mark.parametrize(
    ("step", "when"), [("_delete_rows", "after"), ("clean_pages", "after"), ("sign", "after")]
)
def test_run_killed_is_finished_by_the_next(store, store_settings, clock, step, when):
    made = lived(store, clock)
    clock.advance(hours=24)
    words = (store_settings.url, str(store_settings.key_file), clock.now.isoformat(), step)
    done = subprocess.run([sys.executable, "-c", KILLED, *words], env=os.environ, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert certificates.certificate_ids(store) == []
    finished = retention.run(store, SILVER, reason=WHY).deleted
    assert len(finished) == 1
    assert (made.state(), made.rows_left(), made.alerts_left()) == ("purged", 0, [])
    assert certificates.certificate(store, finished[0].certificate_id)
    assert chain_findings(store) == ()


@pytest.mark.parametrize("store_settings", ["sqlite"], indirect=True)
def test_reader_that_holds_old_pages_leaves_the_deletion_unfinished(store, clock):
    made = lived(store, clock)
    clock.advance(hours=24)
    other = store.engine.raw_connection()
    other.driver_connection.execute("BEGIN")
    other.driver_connection.execute("SELECT count(*) FROM alerts").fetchone()
    file = Path(store.engine.url.database)
    try:
        with store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 50")
        with pytest.raises((deletion.RetentionError, retention.StoreError)):
            retention.run(store, SILVER, reason=WHY)
        assert certificates.certificate_ids(store) == []
    finally:
        other.driver_connection.execute("ROLLBACK")
        other.close()
    assert file.with_name(file.name + "-wal").stat().st_size > 0
    assert len(retention.run(store, SILVER, reason=WHY).deleted) == 1
    assert made.state() == "purged"


def test_run_beside_another_that_finished_first_does_nothing_twice(store, clock, monkeypatch):
    lived(store, clock)
    clock.advance(hours=24)
    real = deletion.clean_pages

    def overtaken(*arguments):
        with monkeypatch.context() as patched:
            patched.setattr(deletion, "clean_pages", real)
            retention.run(store, SILVER, reason=WHY)
        return real(*arguments)

    monkeypatch.setattr(deletion, "clean_pages", overtaken)
    assert retention.run(store, SILVER, reason=WHY).deleted == []
    assert len(certificates.certificate_ids(store)) == 1
