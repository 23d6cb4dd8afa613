"""The master key's life. Referee: what still opens after an interruption at any point, and raw rows."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from governed import person
from older_store import make_older
from sqlalchemy import select, text

from lfr_kit.errors import (
    JustificationError,
    KeyMissingError,
    PermissionRefusedError,
    StoreSchemaError,
    VaultError,
    WrongKeyError,
)
from lfr_kit.governance.roles import Action, Role
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations import audit, keys
from lfr_kit.store.connection import database_file, make_engine
from lfr_kit.store.key_places import has_master_keys, load_master_keys, save_master_keys
from lfr_kit.store.master_key import MasterKeys, new_master_keys
from lfr_kit.store.store import Store
from lfr_kit.store.tables.keys import data_keys
from lfr_kit.store.vault import Vault

ADMINISTRATOR = person(Role.ADMINISTRATOR)
AUDITOR = person(Role.AUDITOR)
REASON = "yearly rotation"
ABOUT = "entries:E-1:details"


@pytest.fixture
def sealed(store):
    """Something sealed in the store, before whatever happens."""
    with store.engine.begin() as connection:
        return store.vault.new_key(connection, "watchlist:W-1", store.clock()).seal(b"Erika Mustermann", ABOUT)


def opens(settings, sealed) -> bool:
    with Store.open(settings) as store, store.reading() as connection:
        return store.vault.key(connection, "watchlist:W-1").open(sealed, ABOUT) == b"Erika Mustermann"


def wrapped_with(store) -> set[str]:
    with store.reading() as connection:
        return set(connection.execute(select(data_keys.c.master_key_id)).scalars())


def test_init_makes_key_and_store_once(store_settings, clock):
    store_settings.key_file.unlink()
    first = keys.init(store_settings, clock)
    assert (first.has_made_key, first.has_made_store, first.upgraded_from) == (True, True, None)
    kept = store_settings.key_file.read_bytes()
    again = keys.init(store_settings, clock)
    assert (again.has_made_key, again.has_made_store, again.upgraded_from) == (False, False, None)
    assert again.master_key_id == first.master_key_id
    assert store_settings.key_file.read_bytes() == kept


def test_init_uses_the_key_that_is_there(store_settings, clock):
    kept = store_settings.key_file.read_bytes()
    made = keys.init(store_settings, clock)
    assert (made.has_made_key, made.has_made_store) == (False, True)
    assert store_settings.key_file.read_bytes() == kept


def test_init_makes_no_new_key_for_a_store_that_has_one(store, store_settings, clock):
    store_settings.key_file.unlink()
    with pytest.raises(KeyMissingError, match="no other key opens"):
        keys.init(store_settings, clock)
    assert not has_master_keys(store_settings)


def test_init_upgrades_an_older_store(store, store_settings, clock):
    with store.engine.begin() as connection:
        make_older(connection)
    store.close()
    made = keys.init(store_settings, clock)
    assert (made.has_made_key, made.has_made_store, made.upgraded_from) == (False, False, "0001")
    assert keys.check(store_settings).findings == ()


def test_init_in_a_database_of_somebody_else_makes_no_key(store_settings, clock):
    store_settings.key_file.unlink()
    if file := database_file(store_settings.url):
        file.parent.mkdir()
    engine = make_engine(store_settings.url, 1.0)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE people (name VARCHAR(20))"))
    engine.dispose()
    with pytest.raises(StoreSchemaError, match="no store"):
        keys.init(store_settings, clock)
    assert not has_master_keys(store_settings)


def test_init_from_the_environment_keeps_no_key(store_settings, clock, monkeypatch):
    monkeypatch.setenv("LFR_MASTER_KEY", store_settings.key_file.read_text())
    store_settings.key_file.unlink()
    chosen = store_settings.model_copy(update={"key_source": "environment"})
    assert keys.init(chosen, clock).has_made_store
    assert not store_settings.key_file.exists()
    monkeypatch.delenv("LFR_MASTER_KEY")
    with pytest.raises(KeyMissingError, match="LFR_MASTER_KEY"):
        Store.open(chosen, clock)


def test_rotate_leaves_the_data_and_lets_the_old_key_go(store, store_settings, sealed):
    old = load_master_keys(store_settings)
    done = keys.rotate(store, ADMINISTRATOR, REASON, store_settings)
    new = load_master_keys(store_settings)
    assert done.dropped_key_ids == (old.current_id,)
    assert (new.current_id, new.is_rotating) == (done.master_key_id, False)
    assert done.n_rewrapped == 5
    assert wrapped_with(store) == {new.current_id}
    assert opens(store_settings, sealed)
    save_master_keys(old, store_settings, replace=True)
    with pytest.raises(WrongKeyError, match=new.current_id):
        Store.open(store_settings)


def test_rotate_leaves_no_older_wrapping_in_the_pages(store, store_settings, sealed):
    """Who has the old master key, and copies the database now, opens nothing with it."""
    file = database_file(store_settings.url)
    with store.reading() as connection:
        before = [bytes(value) for value in connection.execute(select(data_keys.c.wrapped)).scalars()]

    def found():
        places = [file.with_name(path) for path in ("lfr.sqlite", "lfr.sqlite-wal")]
        return sum(wrapped in place.read_bytes() for wrapped in before for place in places)

    assert file is None or found() >= len(before)
    assert keys.rotate(store, ADMINISTRATOR, REASON, store_settings).has_cleaned_pages
    assert file is None or found() == 0


def test_rotate_while_the_store_is_read_says_that_pages_stay(store, store_settings, sealed):
    if database_file(store_settings.url) is None:
        reader = "LOCK TABLE data_keys IN ACCESS SHARE MODE"
        store_settings = store_settings.model_copy(update={"busy_timeout_s": 0.3})
    else:
        reader = "SELECT count(*) FROM data_keys"
    with Store.open(store_settings) as other, other.reading() as connection:
        connection.execute(text(reader))
        with Store.open(store_settings) as rotating_store:
            done = keys.rotate(rotating_store, ADMINISTRATOR, REASON, store_settings)
    assert not done.has_cleaned_pages
    assert opens(store_settings, sealed)


def test_rotate_is_logged_and_the_chain_stays_whole(store, store_settings):
    done = keys.rotate(store, ADMINISTRATOR, REASON, store_settings)
    logged = audit.show(store, AUDITOR, audit.AuditQuestion(action="keys.manage"), justification="test")
    assert [(entry.actor_id, entry.justification) for entry in logged] == [(ADMINISTRATOR.user_id, REASON)] * 2
    assert logged[0].details["to"] == done.master_key_id
    assert logged[1].details["dropped"] == list(done.dropped_key_ids)
    assert audit.verify(store, AUDITOR, justification="test").report.is_whole


@pytest.mark.parametrize("role", [Role.GOLD, Role.AUDITOR, Role.SYSTEM])
def test_rotate_is_for_administrators(store, store_settings, role):
    kept = store_settings.key_file.read_bytes()
    with pytest.raises(PermissionRefusedError, match="administrator"):
        keys.rotate(store, person(role), REASON, store_settings)
    assert store_settings.key_file.read_bytes() == kept


def test_rotate_without_a_reason_changes_nothing(store, store_settings):
    kept = store_settings.key_file.read_bytes()
    with pytest.raises(JustificationError):
        keys.rotate(store, ADMINISTRATOR, " ", store_settings)
    assert store_settings.key_file.read_bytes() == kept


def test_rotate_under_the_environment_is_refused_and_says_how_else(store, store_settings, sealed, monkeypatch):
    monkeypatch.setenv("LFR_MASTER_KEY", store_settings.key_file.read_text())
    chosen = store_settings.model_copy(update={"key_source": "environment"})
    with pytest.raises(VaultError, match="LFR_STORE__KEY_SOURCE=file"):
        keys.rotate(store, ADMINISTRATOR, REASON, chosen)
    assert opens(chosen, sealed)
    assert keys.check(chosen).findings == ()


def test_rotate_with_a_data_key_that_does_not_open_changes_nothing_that_is_sealed(store, store_settings, sealed):
    with store.engine.begin() as connection:
        connection.execute(
            text("UPDATE data_keys SET wrapped = :none WHERE scope = 'ledger'"), {"none": bytes(60)}
        )
    old = wrapped_with(store)
    with pytest.raises(WrongKeyError, match="ledger"):
        keys.rotate(store, ADMINISTRATOR, REASON, store_settings)
    assert wrapped_with(store) == old
    assert opens(store_settings, sealed)
    with pytest.raises(WrongKeyError, match="ledger"):
        keys.check(store_settings)


STEPS = ["before both are kept", "after both are kept", "before the commit", "after the commit", "before the end"]


def interrupt(monkeypatch, step, fail):
    """`fail` is called when the rotation reaches the step."""
    save, rewrap, drop = keys.save_master_keys, Vault.rewrap, keys._drop_older
    n_saved = []

    def saving(*words, **more):
        n_saved.append(1)
        if (step, len(n_saved)) in {(STEPS[0], 1), (STEPS[4], 2)}:
            fail()
        save(*words, **more)
        if (step, len(n_saved)) == (STEPS[1], 1):
            fail()

    def rewrapping(vault, *words):
        done = rewrap(vault, *words)
        if step == STEPS[2]:
            fail()
        return done

    def dropping(*words):
        if step == STEPS[3]:
            fail()
        return drop(*words)

    monkeypatch.setattr(keys, "save_master_keys", saving)
    monkeypatch.setattr(Vault, "rewrap", rewrapping)
    monkeypatch.setattr(keys, "_drop_older", dropping)


@pytest.mark.parametrize("step", STEPS)
def test_rotate_interrupted_at_any_step_leaves_a_store_that_opens_and_is_finished_later(
    store, store_settings, sealed, monkeypatch, step
):
    def fail():
        raise ZeroDivisionError

    old = load_master_keys(store_settings)
    with monkeypatch.context() as patched:
        interrupt(patched, step, fail)
        with pytest.raises(ZeroDivisionError):
            keys.rotate(store, ADMINISTRATOR, REASON, store_settings)
    assert opens(store_settings, sealed)
    report = keys.check(store_settings)
    assert bool(report.findings) == (step != STEPS[0])
    with Store.open(store_settings) as later:
        done = keys.rotate(later, ADMINISTRATOR, REASON, store_settings)
    assert done.dropped_key_ids == (old.current_id,)
    assert wrapped_with(store) == {done.master_key_id}
    assert keys.check(store_settings).findings == ()
    assert opens(store_settings, sealed)


ROTATE = """
import os, signal, sys
from pathlib import Path
import pytest
from governed import person
from lfr_kit.config import StoreSettings
from lfr_kit.governance.roles import Role
from lfr_kit.operations import keys
from lfr_kit.store.store import Store
from operations.test_keys import interrupt
chosen = StoreSettings(url=sys.argv[1], key_file=Path(sys.argv[2]), busy_timeout_s=60)
with pytest.MonkeyPatch.context() as patched, Store.open(chosen) as store:
    interrupt(patched, sys.argv[3], lambda: os.kill(os.getpid(), signal.SIGKILL))
    keys.rotate(store, person(Role.ADMINISTRATOR), "yearly rotation", chosen)
"""


def rotating(settings, killed_at="never"):
    words = [sys.executable, "-c", ROTATE, settings.url, str(settings.key_file), killed_at]
    return subprocess.Popen(words, cwd=Path(__file__).parent.parent, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("step", STEPS[1:4])
def test_rotate_killed_at_any_step_leaves_a_store_that_opens_and_is_finished_later(
    store, store_settings, sealed, step
):
    process = rotating(store_settings, killed_at=step)
    said = process.communicate(timeout=120)[1]
    assert process.returncode == -signal.SIGKILL, said
    assert opens(store_settings, sealed)
    with Store.open(store_settings) as later:
        rotated = keys.rotate(later, ADMINISTRATOR, REASON, store_settings)
        assert audit.verify(later, AUDITOR, justification="test").report.is_whole
    assert wrapped_with(store) == {rotated.master_key_id}
    assert load_master_keys(store_settings).keys.keys() == {rotated.master_key_id}
    assert opens(store_settings, sealed)


def test_rotate_while_another_program_has_the_store_open_loses_nothing(store, store_settings, sealed):
    with Store.open(store_settings) as runner:
        keys.rotate(store, ADMINISTRATOR, REASON, store_settings)
        with runner.act(
            person(Role.LFR_OPERATOR), Action.ALERT_VIEW, Operation.CONSULTATION, subject="x", justification="duty"
        ) as act:
            assert act.key("watchlist:W-1").open(sealed, ABOUT) == b"Erika Mustermann"
            made = runner.vault.new_key(act.connection, "deployment:D-1", act.at).seal(b"probe", ABOUT)
    assert wrapped_with(store) == set(load_master_keys(store_settings).keys)
    with Store.open(store_settings) as later, later.reading() as connection:
        assert later.vault.key(connection, "deployment:D-1").open(made, ABOUT) == b"probe"


def test_rotate_twice_at_once_loses_nothing(store, store_settings, sealed):
    for process in [rotating(store_settings) for _ in range(2)]:
        said = process.communicate(timeout=120)[1]
        assert process.returncode == 0 or "nothing is lost" in said, said
    assert opens(store_settings, sealed)
    assert wrapped_with(store) <= set(load_master_keys(store_settings).keys)


def test_check_tells_what_is_wrapped_with_what_and_no_key(store, store_settings, clock, sealed):
    with store.engine.begin() as connection:
        store.vault.destroy(connection, "watchlist:W-1", clock())
    master = load_master_keys(store_settings)
    report = keys.check(store_settings)
    assert report.n_wrapped == {master.current_id: 4}
    assert (report.n_destroyed, report.findings, report.rotated_at) == (1, (), None)
    assert report.master_key_ids == (master.current_id,)
    assert report.key_place == str(store_settings.key_file)
    assert len(report.store_id) == 32
    assert not any(secret.hex() in repr(report) or repr(secret) in repr(report) for secret in master.keys.values())
    keys.rotate(store, ADMINISTRATOR, REASON, store_settings)
    assert keys.check(store_settings).rotated_at == clock()


def test_check_finds_what_others_may_read(store, store_settings):
    file = database_file(store_settings.url)
    if file is None:
        assert keys.check(store_settings).findings == ()
        return
    file.chmod(0o644)
    file.parent.chmod(0o755)
    found = keys.check(store_settings).findings
    assert [words.partition("run: ")[2] for words in found] == [f"chmod 700 {file.parent}", f"chmod 600 {file}"]


def test_check_with_a_wrong_key_of_the_right_name_is_refused(store, store_settings):
    master = load_master_keys(store_settings)
    forged = MasterKeys(master.current_id, {master.current_id: next(iter(new_master_keys().keys.values()))})
    save_master_keys(forged, store_settings, replace=True)
    with pytest.raises(WrongKeyError, match="does not open"):
        keys.check(store_settings)
